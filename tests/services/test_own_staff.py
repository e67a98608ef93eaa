"""Complaints about the hotline's own staff (E-16): for supervisors' eyes, never for the person complained of."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, FORM, VAULT, opened, same_as_history, units

from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.people import PERMISSIONS
from models.tables import Agent, Audit, Ticket
from tickets import assignment, callers, duplicates, identity, intake, queries, search, today
from tickets import workflow as w
from tickets.criteria import Criteria, Desk
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
CHIEF = Actor(9, "质检", PERMISSIONS)
CLERK = Actor(8, "话务员", PERMISSIONS - {"ticket.staff"}, agent_no="1002")
BLAMED = Actor(7, "班长", PERMISSIONS, agent_no="1003")
LEAD = Actor(2, "住建局经办", PERMISSIONS, "zjj")
OF_STAFF = replace(FORM, kind="staff", title="接线员态度生硬", about="1003")


@pytest.fixture
def row(session: Session, tenant: Place) -> Ticket:
    session.add(Agent(tenant_id=tenant.id, agent_no="1003", name="李四"))
    session.flush()
    return intake.open_ticket(session, OF_STAFF, actor=CLERK, now=AT, vault=VAULT)


def listed(session: Session, who: Actor, desk: Desk = "staff", **asked: Any) -> list[str]:
    found = search.find(session, Criteria(desk, **asked), actor=who, now=AT + 9)
    return [line.row.no for line in found.lines]


def test_supervisors_see_and_settle_it(session: Session, row: Ticket) -> None:
    assert listed(session, CHIEF) == [row.no]
    seen = queries.whole(session, row.no, actor=CHIEF, now=AT + 9)
    assert (seen.about, row.confidential) == ("1003 李四", True)
    assert not {"assign", "answer", "merge"} & set(seen.verbs)
    assert "settle" in seen.verbs
    intake.settle(session, row.id, finding="partly", note="已提醒并复训", actor=CHIEF, now=AT + 100)
    seen = queries.whole(session, row.no, actor=CHIEF, now=AT + 101)
    assert (seen.finding, row.result, row.status) == ("partly", "已提醒并复训", "reviewed")
    same_as_history(session, row)
    w.reply(session, row.id, text="已处理", actor=CHIEF, now=AT + 110)
    w.call_back(session, row.id, reached=True, grade="good", actor=CHIEF, now=AT + 120)
    w.archive(session, row.id, actor=CHIEF, now=AT + 130)
    assert (listed(session, CHIEF), listed(session, CHIEF, "all", kind="staff")) == ([], [row.no])
    verbs = session.scalars(
        select(Audit.verb).where(Audit.subject == f"ticket:{row.no}").order_by(Audit.id)
    )
    assert list(verbs) == [
        "staff_open", "staff_settle", "staff_reply", "staff_call_back", "staff_archive"
    ]  # fmt: skip


@pytest.mark.parametrize("who", [CLERK, BLAMED, LEAD], ids=["clerk", "blamed", "unit"])
def test_nobody_else_finds_it_anywhere(session: Session, row: Ticket, who: Actor) -> None:
    questions: tuple[dict[str, Any], ...] = (
        {}, {"words": "态度生硬"}, {"no": row.no}, {"kind": "staff"}, {"words": row.no},
    )  # fmt: skip
    for asked in questions:
        assert listed(session, who, "all", **asked) == []
    assert list(search.stream(session, Criteria(), actor=who, now=AT + 9)) == []
    assert search.tally(session, Criteria(), "kind", actor=who, now=AT + 9) == []
    for ask in (
        lambda: queries.whole(session, row.no, actor=who, now=AT + 9),
        lambda: queries.seen(session, row.id, actor=who),
        lambda: identity.reveal(session, row.id, reason="?", actor=who, now=AT, vault=VAULT),
    ):
        with pytest.raises(NotFound):
            ask()
    alike = duplicates.candidates(
        session, title=row.title, content=row.content, digest=VAULT.digest(FORM.phone), actor=who,
        now=AT + 9,
    )  # fmt: skip
    assert alike == []
    assert callers.tickets_of_call(session, "", actor=who) == []


def test_nobody_else_moves_it(session: Session, row: Ticket) -> None:
    for who, wrong in ((CLERK, Refused), (BLAMED, NotFound)):
        with session.begin_nested() as inner:
            with pytest.raises(wrong):
                intake.settle(session, row.id, finding="upheld", note="x", actor=who, now=AT + 9)
            inner.rollback()
    with session.begin_nested() as inner:
        with pytest.raises(NotFound):
            w.supervise(session, row.id, note="看看", actor=CLERK, now=AT + 9)
        inner.rollback()


def test_it_goes_to_no_unit_and_into_no_other(session: Session, row: Ticket) -> None:
    other = opened(session)
    acts: tuple[Callable[[], object], ...] = (
        lambda: assignment.assign(
            session, row.id, units=["zjj"], mode="assign", actor=CHIEF, now=AT + 9
        ),
        lambda: duplicates.merge(session, row.id, into=other.no, actor=CHIEF, now=AT + 9),
        lambda: duplicates.merge(session, other.id, into=row.no, actor=CHIEF, now=AT + 9),
        lambda: intake.answer(session, row.id, reply="好", actor=CHIEF, now=AT + 9),
    )
    for act in acts:
        with session.begin_nested() as inner:
            with pytest.raises(WrongStatus) as caught:
                act()
            inner.rollback()
        assert caught.value.facts["cap"] == "staff"
    with session.begin_nested() as inner:
        with pytest.raises(WrongStatus):
            intake.settle(session, other.id, finding="upheld", note="x", actor=CHIEF, now=AT + 9)
        inner.rollback()


def test_numbers_stay_as_long_as_their_lists(session: Session, row: Ticket) -> None:
    other = opened(session, at=AT + 1)
    board = today.board(session, AT - 9, AT + 9, now=AT + 9)
    assert (board["opened"], board["kinds"]) == (1, {"complaint": 1})
    for who in (CHIEF, CLERK):
        assert listed(session, who, "all") == listed(session, who, "dispatch") == [other.no]
    assert row.no not in [each["no"] for each in board["newest"]]


def test_the_form_says_what_is_wrong(session: Session, row: Ticket) -> None:
    for form in (replace(OF_STAFF, about="9999"), replace(FORM, about="1003")):
        with pytest.raises(BadInput) as caught:
            intake.open_ticket(session, form, actor=CLERK, now=AT, vault=VAULT)
        assert caught.value.facts["field"] == "about"
    unknown = replace(OF_STAFF, about="")
    assert intake.open_ticket(session, unknown, actor=CENTRE, now=AT, vault=VAULT).kind == "staff"
