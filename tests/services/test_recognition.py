"""What a citizen's words give away: emergencies and disputes are marked, clocks follow, the agent has the last word."""

from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, FORM, VAULT, folded, opened, same_as_history, units

from models.errors import BadInput, Refused, WrongStatus
from models.rules.tickets.recognition import IntakePolicy
from models.tables import Category, TicketParty
from tickets import assignment, dictionary, identity, parameters, queries, search, steps
from tickets.callers import earlier_answers
from tickets.criteria import Criteria
from tickets.intake import Form, answer
from tickets.moving import Actor, legs

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
VIEWER = Actor(1, "林值班", CENTRE.can | {"ticket.view", "caller.reveal"})
FIRE = Form(kind="help", title="楼下着火", content="邻里纠纷引起", phone="13812345678")


def setting(session: Session, policy: IntakePolicy, seen: float = 0.0) -> None:
    parameters.set_intake(session, policy, seen=seen, actor=CENTRE, now=AT)


# --- emergencies ----------------------------------------------------------------------------


def test_it_works(session: Session) -> None:
    row = opened(session, FIRE)
    assert (row.emergency, row.disputed, row.urgency) == (True, True, "critical")
    step = steps.running(session, [row.id])[row.id]
    assert step.due_at
    assert step.due_at.timestamp() == AT + 3600
    assert folded(session, row.id).flags == frozenset({"emergency", "disputed"})
    same_as_history(session, row)


def test_the_unit_has_hours_not_days(session: Session) -> None:
    row = opened(session, FIRE)
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 60)
    lead = legs(session, row.id)[0]
    assert lead.due_at
    assert lead.due_at.timestamp() == AT + 60 + 24 * 3600
    assert lead.due_why
    assert lead.due_why["rule"] == "handle.critical"


def test_an_emergency_is_critical_to_the_clocks_whatever_was_chosen(session: Session) -> None:
    row = opened(session, Form(kind="help", title="求助", content="漏水", emergency=True))
    assert (row.emergency, row.urgency) == (True, "normal")
    step = steps.running(session, [row.id])[row.id]
    assert step.due_why
    assert step.due_why["rule"] == "dispatch.critical"


def test_what_the_agent_saw_and_unticked_is_not_marked(session: Session) -> None:
    waved = Form(
        kind="help", title="着火演练", content="询问演练时间", waved=("着火",), urgency="normal"
    )
    row = opened(session, waved)
    assert (row.emergency, row.urgency) == (False, "normal")
    typed_after = Form(kind="help", title="着火", content="有人被困", waved=("着火",))
    assert opened(session, typed_after).emergency


def test_the_words_are_the_tenants_own_and_count_at_once(session: Session) -> None:
    setting(session, IntakePolicy(emergency=("决堤",), dispute=("械斗",)))
    assert not opened(session, FIRE).emergency
    row = opened(session, Form(kind="help", title="决堤", content="械斗"))
    assert (row.emergency, row.disputed) == (True, True)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"emergency": ("火",)}, "emergency"), ({"dispute": ("长" * 21,)}, "dispute"),
        ({"alike_days": 0}, "alike_days"), ({"alike_m": 9_999}, "alike_m"),
        ({"at_once": ("staff",)}, "at_once"),
    ],
)  # fmt: skip
def test_a_wrong_parameter_is_named(session: Session, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(BadInput) as caught:
        setting(session, IntakePolicy(**wrong))
    assert caught.value.facts["field"] == field


def test_who_may_set_them(session: Session) -> None:
    agent = Actor(3, "话务员", frozenset({"ticket.open"}))
    with pytest.raises(Refused):
        parameters.set_intake(session, IntakePolicy(), seen=0.0, actor=agent, now=AT)
    setting(session, IntakePolicy())
    with pytest.raises(WrongStatus):
        setting(session, IntakePolicy(alike_days=3))


# --- answered at once, answered later ---------------------------------------------------------


def test_a_report_is_not_answered_at_once(session: Session) -> None:
    row = opened(session, Form(kind="report", title="举报", content="违建"))
    with pytest.raises(WrongStatus) as caught, session.begin_nested():
        answer(session, row.id, reply="知道了", actor=CENTRE, now=AT + 9)
    assert caught.value.facts["cap"] == "at_once"
    assert "answer" not in queries.whole(session, row.no, actor=VIEWER, now=AT).verbs
    setting(session, IntakePolicy(at_once=("report",)))
    assert "answer" in queries.whole(session, row.no, actor=VIEWER, now=AT).verbs
    answer(session, row.id, reply="知道了", actor=CENTRE, now=AT + 9)
    assert row.status == "reviewed"


def later(session: Session) -> int:
    return search.find(session, Criteria("later"), actor=VIEWER, now=AT + 100).total


def test_what_cannot_be_answered_now_waits_on_its_desk(session: Session) -> None:
    form = Form(
        kind="consult", title="社保", content="补缴", phone="13812345678", later=True,
        contact="王先生", contact_phone="13900002222", contact_on=AT + 7200,
    )  # fmt: skip
    row = opened(session, form)
    told = folded(session, row.id)
    assert (told.later, told.later_on, later(session)) == (True, AT + 7200, 1)
    party = session.get_one(TicketParty, row.id)
    assert "13900002222" not in party.contact_sealed
    who = identity.reveal(session, row.id, reason="回复", actor=VIEWER, now=AT + 50, vault=VAULT)
    assert who.contact == "王先生 13900002222"
    assert set(identity.secrets(session, [row.id], VAULT)[row.id]) == {
        "13812345678", "王先生", "13900002222",
    }  # fmt: skip
    answer(session, row.id, reply="可以补缴", actor=CENTRE, now=AT + 60)
    assert later(session) == 0
    same_as_history(session, row)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"phone": ""}, "phone"), ({"contact_phone": "隔壁"}, "contact_phone"),
        ({"contact_on": AT - 60}, "contact_on"), ({"contact": "长" * 201}, "contact"),
    ],
)  # fmt: skip
def test_a_call_back_needs_somebody(session: Session, wrong: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {
        "kind": "consult", "title": "社保", "content": "补缴", "phone": "13812345678", "later": True,
        **wrong,
    }  # fmt: skip
    with pytest.raises(BadInput) as caught:
        opened(session, Form(**given))
    assert caught.value.facts["field"] == field


# --- categories -----------------------------------------------------------------------------


@pytest.fixture
def categories(session: Session, tenant: Place) -> None:
    for code, parent, label, unit, words in (
        ("H", "", "住建水电", "", ""), ("H01", "H", "供水", "zjj", "停水 水压"),
        ("H0101", "H01", "水质", "", "水质 发黄"), ("T", "", "交通", "jtj", "公交"),
    ):  # fmt: skip
        session.add(
            Category(
                tenant_id=tenant.id, version=1, code=code, parent=parent, label=label, unit=unit,
                keywords=words,
            )
        )  # fmt: skip
    session.flush()


@pytest.mark.usefixtures("categories")
def test_keywords_propose_a_category_and_its_unit(session: Session) -> None:
    assert dictionary.propose(session, "自来水发黄") == ("H0101", ("发黄",))
    assert dictionary.propose(session, "没有词") == ("", ())
    assert dictionary.path_of(session, "H0101", 1) == "住建水电 / 供水 / 水质"
    row = opened(session, Form(kind="help", title="自来水发黄", content="三天了"))
    assert assignment.propose(session, row) == ("zjj", "keywords:发黄")
    row = opened(session, FORM)
    assert assignment.propose(session, row) == ("zjj", "keywords:停水")


@pytest.mark.usefixtures("categories")
def test_answers_of_the_nearest_category_come_first(session: Session) -> None:
    for title, code in (("公交", "T"), ("水压", "H01"), ("水质", "H0101"), ("总", "H")):
        row = opened(session, Form(kind="consult", title=title, content="问", category=code))
        answer(session, row.id, reply=f"答{title}", actor=CENTRE, now=AT + 9)

    def titles(code: str) -> list[str]:
        found = earlier_answers(session, code, actor=VIEWER, now=AT + 100)
        return [title for _, title, _ in found]

    assert titles("H0101") == ["水质", "水压", "总"]
    assert titles("T") == ["公交"]
    assert set(titles("H")) == {"总", "水质", "水压"}
    assert titles("") == []


def test_the_centre_proposes_as_before_without_keywords(session: Session) -> None:
    assert assignment.propose(session, opened(session)) == ("zjj", "duties:停水")
    assert session.scalar(select(Category.id)) is None
