"""Outcomes: contested and overturned, called back or not, decided, rated; what is merged follows its main ticket."""

import pytest
from conftest import Place
from factories import AT
from sqlalchemy.orm import Session
from test_ticket_clocks import cap, fire
from test_tickets import CENTRE, DAY, OTHER, UNIT, assigned, closed, opened, same_as_history, units

from models.clock import to_datetime
from models.errors import BadInput, Refused
from models.rules.tickets.policy import Policy
from models.store.people import PERMISSIONS
from models.store.seed import PERMISSIONS_OF
from models.tables import Parameter, Ticket, TicketHistory
from tickets import assignment as a
from tickets import contacts, duplicates, parameters, queries, recount, reexamination, search
from tickets import units as unit_tree
from tickets import workflow as w
from tickets.criteria import Criteria, Desk
from tickets.intake import answer
from tickets.moving import Actor, legs

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
CHIEF = Actor(CENTRE.user_id, "值班", PERMISSIONS)
LEADER = Actor(8, "局领导", PERMISSIONS_OF["leader"])
AT_UNIT = Actor(2, "住建局经办", frozenset({"ticket.handle", "ticket.view"}), "zjj")


def handled(session: Session, *units: str) -> Ticket:
    row = assigned(session, *units)
    w.start(session, row.id, actor=UNIT, now=AT + 100)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 200)
    return row


def replied(session: Session) -> Ticket:
    row = handled(session)
    w.approve(session, row.id, actor=CENTRE, now=AT + 300)
    w.reply(session, row.id, text="已办结", actor=CENTRE, now=AT + 400)
    return row


def graded(session: Session, grade: str = "bad") -> Ticket:
    row = replied(session)
    called(session, row, grade)
    return row


def called(session: Session, row: Ticket, grade: str = "", now: float = AT + 500) -> None:
    """Call back: a grade, "again" for one who gives none, or empty for nobody reached."""
    more: dict[str, object] = {} if grade in ("", "again") else {"grade": grade, "solved": False}
    w.call_back(session, row.id, reached=bool(grade), actor=CENTRE, now=now, **more)  # type: ignore[arg-type]


def shown(session: Session, desk: Desk, who: Actor = CHIEF, now: float = AT + 900) -> list[str]:
    found = search.find(session, Criteria(desk), actor=who, now=now)
    assert search.count(session, Criteria(desk), actor=who, now=now, most=99) == found.total
    return [line.row.no for line in found.lines]


def agrees(session: Session, *rows: Ticket) -> None:
    """Rows are as their histories tell, for the replay and for `verify`."""
    for row in rows:
        same_as_history(session, row)
    kept = list(session)
    assert [fault for faults in recount.tickets(session) for fault in faults] == []
    session.add_all(kept)  # a recount lets go of what it read


# --- 复查复核 ---------------------------------------------------------------------------------


def test_an_open_re_examination_has_its_desks_and_its_clock(session: Session) -> None:
    row = graded(session, "good")
    w.archive(session, row.id, actor=CENTRE, now=AT + 600)
    reexamination.contest(session, row.id, note="不服", actor=CENTRE, now=AT + 700)
    assert [row.no] == shown(session, "review") == shown(session, "management")
    assert row.due_at is not None
    step = queries.whole(session, row.no, actor=CHIEF, now=AT + 800).step
    assert step is not None
    assert (step[0].number, step[1]) == (-3, "green")
    due = row.due_at.timestamp()
    assert fire(session, due - DAY) == ["warn"]
    assert fire(session, due + 1) == ["expire"]
    assert fire(session, due + 90 * DAY) == []
    late = Criteria(late="centre")
    assert search.find(session, late, actor=CHIEF, now=due + 2).total == 1
    reexamination.conclude(session, row.id, upheld=True, note="维持", actor=CENTRE, now=due + 60)
    assert (row.status, row.grade) == ("archived", "good")
    assert shown(session, "review") == []
    agrees(session, row)


def test_an_outcome_not_upheld_is_handled_again(session: Session) -> None:
    row = graded(session, "good")
    w.archive(session, row.id, actor=CENTRE, now=AT + 600)
    reexamination.contest(session, row.id, note="不服", actor=CENTRE, now=AT + 20 * DAY)
    reexamination.conclude(
        session, row.id, upheld=False, note="事实不清", actor=CENTRE, now=AT + 21 * DAY
    )
    assert (row.status, row.replied_at, row.called_back_at, row.grade) == (
        "assigned",
        None,
        None,
        "",
    )
    (lead,) = legs(session, row.id)
    assert lead.due_at is not None
    assert lead.due_at == row.due_at
    assert lead.due_at.timestamp() > AT + 30 * DAY
    agrees(session, row)
    w.start(session, row.id, actor=UNIT, now=AT + 22 * DAY)
    w.submit(session, row.id, result="重新查清", actor=UNIT, now=AT + 22 * DAY + 60)
    w.approve(session, row.id, actor=CENTRE, now=AT + 22 * DAY + 120)
    assert (
        cap(session, lambda: w.archive(session, row.id, actor=CENTRE, now=AT + 23 * DAY)) == "reply"
    )


def test_what_was_wrongly_not_accepted_waits_for_a_unit(session: Session) -> None:
    row = opened(session)
    a.reject(session, row.id, ground="court", note="涉诉", actor=CENTRE, now=AT + 60)
    reexamination.contest(session, row.id, note="没有起诉", actor=CENTRE, now=AT + 70)
    assert cap(session, lambda: w.archive(session, row.id, actor=CENTRE, now=AT + 75)) == "reply"
    reexamination.conclude(
        session, row.id, upheld=False, note="应予受理", actor=CENTRE, now=AT + 80
    )
    assert (row.status, shown(session, "dispatch")) == ("pending_assign", [row.no])
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 90)
    w.start(session, row.id, actor=UNIT, now=AT + 100)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 110)
    w.approve(session, row.id, actor=CENTRE, now=AT + 120)
    results = [Criteria(result=name) for name in ("handled", "rejected")]
    assert [search.count(session, c, actor=CHIEF, now=AT, most=9) for c in results] == [1, 0]
    agrees(session, row)


@pytest.mark.parametrize("how", ["conclude", "reopen", "send_back"])
def test_a_closed_unit_s_ticket_waits_for_another(session: Session, how: str) -> None:
    row = handled(session) if how == "send_back" else graded(session)
    closed(session, "zjj")
    if how == "conclude":
        reexamination.contest(session, row.id, note="不服", actor=CENTRE, now=AT + 600)
        reexamination.conclude(
            session, row.id, upheld=False, note="再办", actor=CENTRE, now=AT + 700
        )
    else:
        getattr(w, how)(session, row.id, note="再办", actor=CENTRE, now=AT + 700)
    assert (row.status, legs(session, row.id)) == ("pending_assign", [])
    assert row.due_at is not None  # the dispatch's
    agrees(session, row)
    a.assign(session, row.id, units=["jtj"], mode="assign", actor=CENTRE, now=AT + 800)
    agrees(session, row)


def test_what_was_answered_at_the_desk_and_overturned_waits_for_a_unit(session: Session) -> None:
    row = opened(session)
    answer(session, row.id, reply="可以", actor=CENTRE, now=AT + 60)
    reexamination.contest(session, row.id, note="不对", actor=CENTRE, now=AT + 70)
    assert (
        cap(session, lambda: w.reopen(session, row.id, note="再办", actor=CENTRE, now=AT + 75))
        == "contest"
    )
    reexamination.conclude(session, row.id, upheld=False, note="错", actor=CENTRE, now=AT + 80)
    assert row.status == "pending_assign"
    agrees(session, row)


# --- 回访 -------------------------------------------------------------------------------------


def test_nobody_reached_leaves_the_call_back_owed(session: Session, tenant: Place) -> None:
    row = replied(session)
    due = row.due_at
    for attempt in range(2):
        called(session, row, now=AT + 500 + attempt)
    assert (row.called_back_at, row.grade, row.due_at) == (None, "", due)
    assert row.no in shown(session, "call_back")

    def archive(now: float) -> None:
        w.archive(session, row.id, actor=CENTRE, now=now)

    assert cap(session, lambda: archive(AT + 600)) == "call_back"
    session.add(
        Parameter(
            tenant_id=tenant.id, name="workflow", value={"call_back_tries": 2}, set_by="user:1",
            set_at=to_datetime(AT),
        )
    )  # fmt: skip
    session.flush()  # effective at once
    archive(AT + 700)
    told = session.query(TicketHistory.event).order_by(TicketHistory.id.desc()).first()
    assert told is not None
    assert (row.status, told[0]["closing"]) == ("archived", "unreached")
    agrees(session, row)


def test_a_later_call_back_erases_no_grade(session: Session) -> None:
    row = graded(session, "good")
    called(session, row, now=AT + 600)
    called(session, row, "again", now=AT + 700)
    assert (row.grade, row.solved) == ("good", False)
    agrees(session, row)
    called(session, row, "very_bad", now=AT + 800)
    assert row.grade == "very_bad"
    agrees(session, row)


def test_the_discontent_are_decided_upon(session: Session) -> None:
    row = graded(session, "bad")
    content = graded(session, "good")
    for who in (CHIEF, LEADER, AT_UNIT):  # its unit is told, too
        assert shown(session, "decide", who) == [row.no]
    assert row.no in shown(session, "management")
    assert content.no not in shown(session, "management")
    with pytest.raises(Refused):
        shown(session, "decide", Actor(7, "话务员", PERMISSIONS_OF["agent"]))
    with session.begin_nested() as inner:
        with pytest.raises(BadInput):
            w.archive(session, row.id, actor=CENTRE, now=AT + 600)
        inner.rollback()
    assert "reopen" in queries.whole(session, row.no, actor=LEADER, now=AT).verbs
    w.reopen(session, row.id, note="重新办理", actor=LEADER, now=AT + 700)
    assert (row.status, shown(session, "decide")) == ("assigned", [])
    agrees(session, row)


# --- 催办, 督办, 批示 --------------------------------------------------------------------------


def test_what_is_pressed_for_comes_first_with_its_chips(session: Session) -> None:
    plain, told, watched, urged = (assigned(session, "zjj", "jtj") for _ in range(4))
    w.urge(session, urged.id, actor=CENTRE, now=AT + 200)
    w.urge(session, urged.id, actor=CENTRE, now=AT + 210)
    w.supervise(session, watched.id, note="跟踪", actor=CENTRE, now=AT + 220)
    w.instruct(session, told.id, note="速办", actor=CENTRE, now=AT + 230)
    for who in (AT_UNIT, Actor(4, "交通局", AT_UNIT.can, "jtj")):  # co-units are told as well
        lines = search.find(session, Criteria("handle"), actor=who, now=AT + 300).lines
        assert [line.row.no for line in lines] == [told.no, watched.no, urged.no, plain.no]
        assert [tuple(line.press) for line in lines] == [
            (0, False, True), (0, True, False), (2, False, False), (0, False, False),
        ]  # fmt: skip
    assert [leg.urges for leg in legs(session, urged.id)] == [2, 2]
    agrees(session, urged)


def test_work_is_done_from_the_top(session: Session) -> None:
    later, sooner = opened(session, at=AT + 5 * DAY), opened(session)
    urgent, burning = opened(session, at=AT + 6 * DAY), opened(session, at=AT + 7 * DAY)
    urgent.urgency, burning.emergency = "urgent", True
    session.flush()
    order = [burning.no, urgent.no, sooner.no, later.no]
    assert shown(session, "dispatch", now=AT + 8 * DAY) == order
    newest = Criteria("dispatch", sort="opened")
    lines = search.find(session, newest, actor=CHIEF, now=AT + 8 * DAY).lines
    assert [line.row.no for line in lines] == [burning.no, urgent.no, later.no, sooner.no]


def test_pages_of_work_neither_repeat_nor_lose(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "PAGE", 3)
    made = {opened(session).no for _ in range(8)}
    pages = [
        [
            line.row.no
            for line in search.find(
                session, Criteria("dispatch"), actor=CHIEF, now=AT + 9, page=page
            ).lines
        ]
        for page in range(3)
    ]
    assert [len(page) for page in pages] == [3, 3, 2]
    assert {no for page in pages for no in page} == made


# --- a co-unit's part, the days of a review ---------------------------------------------------


def test_a_co_unit_s_return_ends_its_part_alone(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")
    co = Actor(4, "交通局", AT_UNIT.can, "jtj")
    a.ask_return(session, row.id, ground="function", reason="不属我局", actor=OTHER, now=AT + 70)
    a.grant_return(session, row.id, actor=CENTRE, now=AT + 80)
    assert (row.status, row.bounces) == ("assigned", 0)
    assert [leg.unit for leg in legs(session, row.id)] == ["zjj"]
    assert (shown(session, "handle", co), shown(session, "all", co)) == ([], [row.no])
    agrees(session, row)
    a.coordinate(session, row.id, units=["jtj"], what="协助", actor=CENTRE, now=AT + 90)
    assert [(leg.number, leg.unit) for leg in legs(session, row.id)] == [(1, "zjj"), (3, "jtj")]
    agrees(session, row)


def test_the_days_of_a_review_are_not_the_unit_s(session: Session) -> None:
    row = assigned(session)
    before = legs(session, row.id)[0].due_at
    w.start(session, row.id, actor=UNIT, now=AT + 100)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 2 * DAY)
    w.send_back(session, row.id, note="不实", actor=CENTRE, now=AT + 9 * DAY)
    (lead,) = legs(session, row.id)
    assert before is not None
    assert lead.due_at is not None
    assert (lead.due_at - before).days == 7  # five working days and their weekend
    assert row.due_at == lead.due_at
    assert any(step["kind"] == "pause" for step in (lead.due_why or {})["trace"])
    agrees(session, row)


def test_a_closing_unit_is_told_what_may_come_back(session: Session) -> None:
    graded(session)
    admin = Actor(9, "管理员", frozenset({"admin.units"}))
    assert unit_tree.one(session, "zjj", actor=admin).later == 1
    assert unit_tree.one(session, "jtj", actor=admin).later == 0


# --- 审核评级 ---------------------------------------------------------------------------------


def test_a_review_rates_point_by_point(session: Session) -> None:
    row = handled(session)
    for wrong in (
        {"quality": "splendid"},
        {"points": ["real"]},
        {"quality": "good", "points": ["x"]},
    ):
        with pytest.raises(BadInput):
            w.approve(session, row.id, actor=CENTRE, now=AT + 250, **wrong)
    w.send_back(
        session, row.id, quality="poor", points=["patient"], note="没有查清", actor=CENTRE,
        now=AT + 300,
    )  # fmt: skip
    assert row.quality == "poor"
    agrees(session, row)
    w.start(session, row.id, actor=UNIT, now=AT + 400)
    w.submit(session, row.id, result="查清", actor=UNIT, now=AT + 500)
    w.approve(
        session, row.id, quality="excellent", points=["checked", "real"], actor=CENTRE, now=AT + 600
    )
    told = [line.event for line in queries.whole(session, row.no, actor=CHIEF, now=AT).history]
    assert told[-1]["points"] == {
        "checked": True, "clear": False, "lawful": False, "real": True, "patient": False,
    }  # fmt: skip
    found = search.tally(session, Criteria(), "quality", actor=CHIEF, now=AT)
    assert [(each.key, each.number) for each in found] == [("excellent", 1)]
    agrees(session, row)


# --- 联系市民 ---------------------------------------------------------------------------------


def test_contacts_are_noted_and_the_first_is_known(session: Session) -> None:
    row = assigned(session)

    def contact(who: Actor, reached: bool, now: float) -> None:
        contacts.contact(
            session, row.id, how="phone", reached=reached, note="约好上门", actor=who, now=now
        )

    contact(UNIT, False, AT + 70)
    assert queries.whole(session, row.no, actor=CHIEF, now=AT + 75).contacted is None
    contact(UNIT, True, AT + 80)
    contact(CENTRE, True, AT + 90)
    first = queries.whole(session, row.no, actor=CHIEF, now=AT + 95).contacted
    assert first == contacts.Contact(AT + 80, "phone", "住建局经办")
    assert (row.status, row.reply) == ("assigned", "")
    with session.begin_nested() as inner:
        with pytest.raises(Refused):
            contact(OTHER, True, AT + 100)
        inner.rollback()
    with pytest.raises(BadInput):
        contacts.contact(
            session, row.id, how="dream", reached=True, note="x", actor=UNIT, now=AT  # type: ignore[arg-type]
        )  # fmt: skip
    agrees(session, row)


# --- 并案 -------------------------------------------------------------------------------------


def test_what_is_merged_is_answered_and_archived_with_its_main(session: Session) -> None:
    late = assigned(session, "jtj")
    w.start(session, late.id, actor=OTHER, now=AT + 65)
    main = assigned(session)
    duplicates.merge(session, late.id, into=main.no, note="同一件事", actor=CENTRE, now=AT + 70)
    assert (late.status, late.due_at, legs(session, late.id)) == ("merged", None, [])
    assert fire(session, AT + 80) == []
    agrees(session, late)

    def reply(now: float) -> None:
        w.reply(session, late.id, text="已修好", actor=CENTRE, now=now)

    assert cap(session, lambda: reply(AT + 90)) == "main_reply"
    w.start(session, main.id, actor=UNIT, now=AT + 100)
    w.submit(session, main.id, result="已修", actor=UNIT, now=AT + 200)
    w.approve(session, main.id, actor=CENTRE, now=AT + 300)
    w.reply(session, main.id, text="已修好", actor=CENTRE, now=AT + 400)
    reply(AT + 410)
    called(session, main, "good", now=AT + 500)
    called(session, late, "fair", now=AT + 510)
    assert cap(session, lambda: w.archive(session, late.id, actor=CENTRE, now=AT + 520)) == "merged"
    w.archive(session, main.id, actor=CENTRE, now=AT + 600)
    session.refresh(late)
    assert (late.status, late.grade, main.status) == ("archived", "fair", "archived")
    assert search.count(session, Criteria(result="merged"), actor=CHIEF, now=AT, most=9) == 1
    agrees(session, late, main)


def test_limits_of_the_new_parameters_are_kept(session: Session) -> None:
    admin = Actor(9, "管理员", frozenset({"admin.parameters"}))
    for policy in (Policy(call_back_tries=0), Policy(pause_days=0)):
        with pytest.raises(BadInput):
            parameters.set_policy(session, policy, seen=0.0, actor=admin, now=AT)
