"""A ticket is corrected after it was saved: what it was stays in its history, its clocks and lists follow."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, UNIT, assigned, folded, opened, same_as_history, units

from models.errors import BadInput, Refused, WrongStatus
from models.tables import Category, TicketHistory, TicketLeg
from models.tables import Ticket as Row
from tickets import assignment, pausing, queries, search, steps
from tickets.amending import amend, facts_of
from tickets.criteria import Criteria
from tickets.intake import Form
from tickets.moving import Actor, legs

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
OPENER = Actor(7, "话务员", frozenset({"ticket.open", "ticket.view"}))


def amended(
    session: Session, row: Row, *, actor: Actor = CENTRE, at: float = AT + 300, **new: Any
) -> None:
    said = replace(facts_of(row), **new)
    amend(session, row.id, said=said, version=row.version, actor=actor, now=at)


def last_event(session: Session, row: Row) -> dict[str, Any]:
    line = select(TicketHistory.event).where(TicketHistory.ticket_id == row.id)
    return dict(session.scalars(line.order_by(TicketHistory.id.desc())).first() or {})


def test_it_works(session: Session) -> None:
    row = opened(session)
    amended(session, row, kind="help", title="小区停电", flags=frozenset({"disputed"}))
    assert (row.kind, row.title, row.disputed) == ("help", "小区停电", True)
    assert last_event(session, row)["changed"] == {
        "kind": {"was": "complaint", "now": "help"}, "title": {"was": "小区停水", "now": "小区停电"},
        "disputed": {"was": "", "now": "yes"},
    }  # fmt: skip
    told = folded(session, row.id)
    assert (told.kind, told.flags) == ("help", frozenset({"disputed"}))
    same_as_history(session, row)


def test_what_it_is_called_now_is_what_is_found(session: Session) -> None:
    row = opened(session)
    amended(session, row, title="路灯不亮", content="路口路灯不亮", address="幸福路12号")
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})

    def found(words: str) -> int:
        return search.find(session, Criteria(words=words), actor=viewer, now=AT + 400).total

    assert (found("路灯不亮"), found("幸福路"), found("停水")) == (1, 1, 0)


def test_the_clocks_follow(session: Session) -> None:
    row = assigned(session)
    before = legs(session, row.id)[0].due_at
    amended(session, row, kind="consult")
    lead = legs(session, row.id)[0]
    assert before
    assert lead.due_at
    assert lead.due_at < before
    assert row.due_at == lead.due_at
    assert lead.due_why
    assert lead.due_why["rule"] == "handle.consult"
    same_as_history(session, row)


def test_the_centres_own_clock_follows(session: Session) -> None:
    row = opened(session)
    amended(session, row, urgency="critical")
    step = steps.running(session, [row.id])[row.id]
    assert step.due_at
    assert step.due_at.timestamp() == AT + 3600
    assert row.due_at == step.due_at


def test_clocks_that_stand_wait(session: Session) -> None:
    row = assigned(session)
    pausing.pause_clock(session, row.id, note="等", actor=UNIT, now=AT + 100)
    before = legs(session, row.id)[0].due_at
    amended(session, row, kind="consult")
    assert legs(session, row.id)[0].due_at == before
    pausing.resume_clock(session, row.id, actor=UNIT, now=AT + 400)
    why = session.scalars(select(TicketLeg.due_why).where(TicketLeg.number == 1)).one()
    assert why
    assert why["rule"] == "handle.consult"
    same_as_history(session, row)


def test_the_second_of_two_is_told(session: Session) -> None:
    row = opened(session)
    said, version = facts_of(row), row.version
    amended(session, row, title="先改的")
    with pytest.raises(WrongStatus) as caught:
        amend(session, row.id, said=said, version=version, actor=CENTRE, now=AT + 400)
    assert caught.value.facts["cap"] == "amended"


def test_no_change_is_no_event(session: Session) -> None:
    row = opened(session)
    with pytest.raises(WrongStatus) as caught:
        amended(session, row, title=f" {row.title} ")
    assert caught.value.facts["cap"] == "unchanged"


def test_the_opener_may_until_it_has_a_unit(session: Session) -> None:
    row = opened(session)
    row.opened_by = OPENER.user_id
    session.flush()
    assert "amend" in queries.whole(session, row.no, actor=OPENER, now=AT).verbs
    amended(session, row, actor=OPENER, title="小区停水三天")
    other = replace(OPENER, user_id=8)
    assert "amend" not in queries.whole(session, row.no, actor=other, now=AT).verbs
    with pytest.raises(Refused), session.begin_nested():
        amended(session, row, actor=other, title="别人的")
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 500)
    assert "amend" not in queries.whole(session, row.no, actor=OPENER, now=AT).verbs
    with pytest.raises(WrongStatus):
        amended(session, row, actor=OPENER, title="太晚了")


def test_a_protected_citizens_words_are_not_in_the_event(session: Session) -> None:
    row = opened(session, Form(kind="help", title="求助", content="我叫李女士", confidential=True))
    amended(session, row, content="一位市民求助", urgency="urgent")
    event = last_event(session, row)
    assert event["changed"]["content"] == {"was": "", "now": ""}
    assert event["changed"]["urgency"] == {"was": "normal", "now": "urgent"}
    assert "李女士" not in str(event)
    amended(session, row, title="求助二", flags=frozenset())
    assert last_event(session, row)["changed"]["title"] == {
        "was": "",
        "now": "",
    }  # it was protected


def test_who_reports_stays_protected(session: Session) -> None:
    row = opened(session)
    amended(session, row, kind="report", flags=frozenset())
    assert row.confidential
    with pytest.raises(WrongStatus):
        amended(session, row, flags=frozenset())


def test_a_category_brings_its_version(session: Session, tenant: Place) -> None:
    row = opened(session)
    for version in (1, 2):
        session.add(Category(tenant_id=tenant.id, version=version, code="H01", label="供水"))
    session.flush()
    amended(session, row, category="H01")
    assert (row.category, row.category_version) == ("H01", 2)
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
    assert queries.whole(session, row.no, actor=viewer, now=AT).labels == {"H01": "供水"}


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "nonsense"}, "kind"), ({"kind": "staff"}, "kind"), ({"title": " "}, "title"),
        ({"content": "长" * 5001}, "content"), ({"urgency": "soon"}, "urgency"),
        ({"flags": frozenset({"contested"})}, "flags"), ({"category": "X99"}, "category"),
        ({"address": "长" * 201}, "address"),
    ],
)  # fmt: skip
def test_a_wrong_fact_is_named(session: Session, wrong: dict[str, Any], field: str) -> None:
    row = opened(session)
    with pytest.raises(BadInput) as caught:
        amended(session, row, **wrong)
    assert caught.value.facts["field"] == field


def test_what_is_done_stands(session: Session) -> None:
    row = opened(session)
    assignment.reject(session, row.id, ground="area", note="不属本市", actor=CENTRE, now=AT + 10)
    with pytest.raises(WrongStatus):
        amended(session, row, title="改", at=AT + DAY)
