"""Clocks: warned and expired once each, however many timers run; they stand while the citizen is awaited."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import Engine, delete, func, select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, OTHER, UNIT, VAULT, assigned, opened, same_as_history, units

from models.clock import to_datetime
from models.errors import BadInput, WrongStatus
from models.rules.deadlines import AGREED
from models.store import db
from models.tables import Outbox, Parameter, TicketHistory, TicketLeg, Unit
from tickets import assignment as a
from tickets import pausing, queries, search, steps, terms, timing
from tickets import workflow as w
from tickets.criteria import Criteria
from tickets.intake import Form, answer, open_ticket
from tickets.moving import Actor, legs

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")


def fire(session: Session, now: float) -> list[str]:
    """Let a timer look at everything due; return the verbs told."""
    before = session.scalar(select(func.max(TicketHistory.id))) or 0
    while (ticket := timing.next_due(session, now=now)) is not None:
        timing.tell(session, ticket, now=now)
    told = select(TicketHistory.verb).where(TicketHistory.id > before).order_by(TicketHistory.id)
    return list(session.scalars(told))


def test_a_part_is_warned_then_expires_and_is_told_once(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")
    warn, due = (at.timestamp() for at in (legs(session, row.id)[0].warn_at, row.due_at) if at)
    assert fire(session, warn - 1) == []
    assert fire(session, warn + 1) == ["warn", "warn"]
    assert fire(session, warn + 2) == []
    assert fire(session, due + 1) == ["expire", "expire"]
    assert fire(session, due + 900 * DAY) == []
    same_as_history(session, row)


def test_timers_that_slept_say_only_the_worse(session: Session) -> None:
    row = assigned(session)
    assert row.due_at is not None
    assert fire(session, row.due_at.timestamp() + DAY) == ["expire"]


def test_a_finished_part_has_no_clock(session: Session) -> None:
    row = assigned(session)
    w.start(session, row.id, actor=UNIT, now=AT + 100)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 200)
    assert legs(session, row.id)[0].timer_at is None
    w.send_back(session, row.id, note="不实", actor=CENTRE, now=AT + 300)
    assert fire(session, AT + 90 * DAY) == ["expire"]


def test_a_returned_ticket_has_no_clock(session: Session) -> None:
    row = assigned(session)
    a.ask_return(session, row.id, ground="area", reason="不在辖区", actor=UNIT, now=AT + 99)
    a.grant_return(session, row.id, actor=CENTRE, now=AT + 100)
    assert fire(session, AT + 90 * DAY) == ["expire"]  # the centre's, which must assign it anew
    assert row.due_at is not None
    assert row.due_at.timestamp() < AT + 5 * DAY


def test_clocks_stand_while_the_citizen_is_awaited(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")
    before = [leg.due_at for leg in legs(session, row.id)]
    pausing.pause_clock(session, row.id, note="等照片", actor=UNIT, now=AT + 100)
    assert fire(session, AT + 14 * DAY) == []
    with session.begin_nested() as inner:
        with pytest.raises(WrongStatus) as caught:
            pausing.pause_clock(session, row.id, note="再等", actor=UNIT, now=AT + 110)
        inner.rollback()
    assert caught.value.facts["cap"] == "paused"
    pausing.resume_clock(session, row.id, actor=UNIT, now=AT + 14 * DAY)
    after = [leg.due_at for leg in legs(session, row.id)]
    for old, new in zip(before, after, strict=True):
        assert old is not None
        assert new is not None
        assert new.timestamp() - old.timestamp() >= 13 * DAY
    trace = (legs(session, row.id)[0].due_why or {})["trace"]
    assert any(step["kind"] == "pause" for step in trace)
    assert fire(session, AT + 90 * DAY) == ["expire", "expire"]
    same_as_history(session, row)


def test_a_second_extension_and_a_pause_keep_the_first(session: Session) -> None:
    row = assigned(session)
    a.ask_extension(session, row.id, days=3, reason="忙", actor=UNIT, now=AT + 100)
    a.grant_extension(session, row.id, actor=CENTRE, now=AT + 110)
    longer = legs(session, row.id)[0].due_at
    pausing.pause_clock(session, row.id, note="等", actor=UNIT, now=AT + 120)
    pausing.resume_clock(session, row.id, actor=UNIT, now=AT + 130)
    assert legs(session, row.id)[0].due_at == longer


def test_the_planned_urge_comes_by_itself_and_stays_on_the_desk(session: Session) -> None:
    row = assigned(session)
    who = Actor(1, "林值班", frozenset({"ticket.view", "ticket.supervise"}))

    def on_desk(now: float) -> int:
        return search.find(session, Criteria("urge"), actor=who, now=now).total

    with pytest.raises(BadInput):
        w.plan_urge(session, row.id, on=AT, actor=CENTRE, now=AT + 1)
    w.plan_urge(session, row.id, on=AT + 900, actor=CENTRE, now=AT + 100)
    assert (fire(session, AT + 899), on_desk(AT + 899)) == ([], 0)
    assert on_desk(AT + 901) == 1  # at once, before any timer
    assert (fire(session, AT + 901), on_desk(AT + 902)) == (["urge"], 1)
    assert fire(session, AT + 903) == []
    same_as_history(session, row)
    w.urge(session, row.id, note="电话催办", actor=CENTRE, now=AT + 1000)
    assert on_desk(AT + 1001) == 0
    same_as_history(session, row)


def test_several_timers_tell_every_clock_once(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        session.add(Unit(tenant_id=tenant.id, code="zjj2", name="住建局"))
        session.flush()
        for _ in range(30):
            row = opened(session)
            a.assign(session, row.id, units=["zjj2"], mode="assign", actor=CENTRE, now=AT)
    ready = threading.Barrier(4)

    def timer() -> None:
        ready.wait()
        while True:
            with db.transaction(engine, tenant.id) as own:
                ticket = timing.next_due(own, now=AT + 90 * DAY)
                if ticket is None:
                    return
                timing.tell(own, ticket, now=AT + 90 * DAY)

    threads = [threading.Thread(target=timer) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with db.transaction(engine, tenant.id) as session:
        count = select(func.count()).select_from
        told = session.scalar(count(TicketHistory).where(TicketHistory.verb == "expire"))
        events = session.scalar(
            count(Outbox).where(Outbox.event["type"].as_string() == "LegExpired")
        )
        assert (told, events) == (30, 30)


def test_the_centre_has_a_clock_too(session: Session) -> None:
    row = opened(session)
    who = Actor(1, "林值班", CENTRE.can | {"ticket.view"})

    def lamp(now: float) -> tuple[str, float]:
        (line,) = search.find(session, Criteria(), actor=who, now=now).lines
        return line.lamp, line.due

    green, due = lamp(AT + 60)
    assert (green, AT < due < AT + 4 * DAY) == ("green", True)
    assert lamp(due + 1) == ("red", due)  # not dispatched within a working day
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=due + 60)
    part, unit_due = lamp(due + 61)
    assert (part, unit_due > due) == ("green", True)
    w.start(session, row.id, actor=UNIT, now=due + 70)
    w.submit(session, row.id, result="已办", actor=UNIT, now=due + 80)
    assert lamp(due + 81)[1] < unit_due  # the review's own
    assert lamp(due + 9 * DAY)[0] == "red"
    w.approve(session, row.id, actor=CENTRE, now=due + 90)
    assert lamp(due + 91)[0] == "green"


def test_the_centre_s_clock_is_told_once_and_it_is_late_itself(session: Session) -> None:
    row = opened(session)
    who = Actor(1, "林值班", CENTRE.can | {"ticket.view"})

    def late(now: float, whose: str = "yes") -> int:
        return search.find(session, Criteria(late=whose), actor=who, now=now).total

    assert row.due_at is not None
    due = row.due_at.timestamp()
    assert fire(session, due - 60) == ["warn"]
    assert (fire(session, due - 50), late(due)) == ([], 0)
    assert (late(due + 1), late(due + 1, "centre"), late(due + 1, "unit")) == (1, 1, 0)
    assert fire(session, due + 1) == ["expire"]
    assert fire(session, due + 2) == []
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=due + 60)
    later = due + 3600
    assert (late(later), late(later, "centre"), late(later, "unit")) == (1, 1, 0)
    assert row.expired_at is not None
    assert row.expired_at.timestamp() == due  # and stays so when the unit is late, too
    same_as_history(session, row)
    assert fire(session, due + 90 * DAY) == ["expire"]
    assert late(due + 90 * DAY, "unit") == 1
    with pytest.raises(BadInput):
        late(due, "nobody")


def test_lateness_does_not_hang_on_a_timer(session: Session) -> None:
    row = opened(session)
    assert row.due_at is not None
    due = row.due_at
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=due.timestamp() + DAY)
    assert row.expired_at == due  # no timer was awake
    w.start(session, row.id, actor=UNIT, now=due.timestamp() + DAY + 1)
    w.submit(session, row.id, result="已办", actor=UNIT, now=due.timestamp() + DAY + 2)
    assert fire(session, due.timestamp() + 30 * DAY) == ["expire"]  # the review, not the dispatch


def test_the_due_instant_is_of_what_is_owed_now(session: Session) -> None:
    row = assigned(session)
    lead = legs(session, row.id)[0].due_at
    w.start(session, row.id, actor=UNIT, now=AT + 100)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 200)
    assert row.due_at != lead
    w.send_back(session, row.id, note="不实", actor=CENTRE, now=AT + 300)
    assert row.due_at == lead
    w.start(session, row.id, actor=UNIT, now=AT + 400)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 9 * DAY)
    w.approve(session, row.id, actor=CENTRE, now=AT + 9 * DAY + 60)
    w.reply(session, row.id, text="已办", actor=CENTRE, now=AT + 9 * DAY + 120)
    w.call_back(session, row.id, reached=True, actor=CENTRE, now=AT + 9 * DAY + 180)
    assert row.due_at == lead  # nothing is owed: the unit's own stands
    assert fire(session, AT + 90 * DAY) == []
    same_as_history(session, row)


def test_what_was_answered_at_the_desk_owes_no_call_back(session: Session) -> None:
    row = opened(session)
    answer(session, row.id, reply="可以", actor=CENTRE, now=AT + 60)
    assert (row.due_at, fire(session, AT + 90 * DAY)) == (None, [])


def test_a_ticket_without_a_clock_gets_one_from_its_last_move(session: Session) -> None:
    row = opened(session)
    due = row.due_at
    session.execute(delete(TicketLeg))
    row.due_at = None
    session.flush()
    assert steps.adopt(session, now=AT + 900, most=10) == 1
    assert row.due_at == due
    assert steps.adopt(session, now=AT + 901, most=10) == 0


def test_a_unit_s_signature_has_a_lamp(session: Session) -> None:
    row = assigned(session)
    who = Actor(1, "林值班", CENTRE.can | {"ticket.view"})

    def sign(now: float) -> str:
        (line,) = search.find(session, Criteria(), actor=who, now=now).lines
        return line.sign[1] if line.sign else ""

    assert [sign(AT + 61), sign(AT + 9 * DAY)] == ["green", "red"]
    shown = queries.whole(session, row.no, actor=who, now=AT + 9 * DAY)
    assert [lamp for _, lamp in shown.signs.values()] == ["red"]
    w.start(session, row.id, actor=UNIT, now=AT + 9 * DAY)
    assert sign(AT + 9 * DAY + 1) == ""


# --- coordination ---------------------------------------------------------------------------


def test_units_agree_on_what_each_owes_and_when(session: Session) -> None:
    row = assigned(session)
    by = AT + 2 * DAY
    a.coordinate(
        session, row.id, units=["zjj", "jtj"], what="共同查看路面", by=by, note="现场会", actor=CENTRE,
        now=AT + 100,
    )  # fmt: skip
    lead, co = legs(session, row.id)
    assert [(leg.unit, leg.due_at.timestamp()) for leg in (lead, co) if leg.due_at] == [
        ("zjj", by), ("jtj", by),
    ]  # fmt: skip
    same_as_history(session, row)
    other = Actor(4, "交通局经办", frozenset({"ticket.handle", "ticket.view"}), "jtj")
    shown = queries.whole(session, row.no, actor=other, now=AT + 200)  # now the co-unit sees it
    assert shown.duties == {1: "共同查看路面", 2: "共同查看路面"}
    assert fire(session, by + 1) == ["expire", "expire"]
    w.finish_part(session, row.id, result="已看", actor=other, now=by + 60)
    a.coordinate(session, row.id, units=["jtj"], what="补标线", actor=CENTRE, now=by + 90)
    assert [leg.number for leg in legs(session, row.id)] == [1, 2, 3]  # a duty of its own
    same_as_history(session, row)


def test_an_agreed_date_outlives_pauses_extensions_and_rules(session: Session) -> None:
    row = assigned(session)
    by = AT + 10 * DAY
    a.coordinate(session, row.id, units=["zjj"], what="查", by=by, actor=CENTRE, now=AT + 100)
    pausing.pause_clock(session, row.id, note="等", actor=UNIT, now=AT + DAY)
    pausing.resume_clock(session, row.id, actor=UNIT, now=AT + 3 * DAY)
    assert row.due_at is not None
    assert row.due_at.timestamp() == by + 2 * DAY
    terms.set_clock(session, row, legs(session, row.id)[0], now=AT + 4 * DAY)
    assert row.due_at.timestamp() == by + 2 * DAY  # counted once
    a.ask_extension(session, row.id, days=1, reason="忙", actor=UNIT, now=AT + 4 * DAY)
    a.grant_extension(session, row.id, actor=CENTRE, now=AT + 4 * DAY)
    assert row.due_at.timestamp() >= by + 3 * DAY
    same_as_history(session, row)


def test_a_coordination_says_what_is_missing(session: Session) -> None:
    row = assigned(session)
    for asked, field in (
        ({"units": ["zjj"], "what": " "}, "what"), ({"units": [], "what": "查"}, "units"),
        ({"units": ["zjj"], "what": "查", "by": AT}, "by"),
        ({"units": ["nobody"], "what": "查"}, "units"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as caught:
            a.coordinate(session, row.id, **dict[str, Any](asked), actor=CENTRE, now=AT + 100)
        assert caught.value.facts["field"] == field


# --- a limit of its own, and acceptance ------------------------------------------------------


def test_a_dispatcher_sets_a_date_for_one_ticket(session: Session) -> None:
    row = opened(session)
    by = AT + 2 * DAY
    a.assign(session, row.id, units=["zjj", "jtj"], mode="assign", by=by, actor=CENTRE, now=AT + 60)
    for leg in legs(session, row.id):
        assert leg.due_at is not None
        assert leg.due_at.timestamp() == by
        assert leg.due_why is not None
        assert leg.due_why["rule"] == AGREED
    assert row.due_at is not None
    assert row.due_at.timestamp() == by
    told = session.scalar(select(TicketHistory.event).where(TicketHistory.verb == "assign"))
    assert told is not None
    assert [part["due"] for part in told["parts"]] == [by, by]
    terms.set_clock(session, row, legs(session, row.id)[0], now=AT + DAY)
    assert row.due_at.timestamp() == by  # a recomputation leaves it
    assert fire(session, by - 0.1 * DAY) == ["warn", "warn"]
    assert fire(session, by + 1) == ["expire", "expire"]
    same_as_history(session, row)


def test_a_date_later_than_the_rule_needs_a_reason(session: Session) -> None:
    row = opened(session)
    send = {"units": ["zjj"], "mode": "assign", "actor": CENTRE, "now": AT + 60}
    for by, field in ((AT, "by"), (AT + 90 * DAY, "note")):
        with pytest.raises(BadInput) as caught, session.begin_nested():
            a.assign(session, row.id, by=by, **dict[str, Any](send))
        assert caught.value.facts["field"] == field
    a.assign(session, row.id, by=AT + 90 * DAY, note="分期施工", **dict[str, Any](send))
    session.refresh(row)
    assert row.due_at is not None
    assert row.due_at.timestamp() == AT + 90 * DAY


def test_what_came_in_without_a_person_waits_to_be_accepted(session: Session) -> None:
    nobody = Actor(0, "", CENTRE.can)
    form = Form(kind="help", title="路灯不亮", content="两盏", channel="web")
    row = open_ticket(session, form, actor=nobody, now=AT, vault=VAULT)
    step = steps.running(session, [row.id])[row.id]
    assert step.number == steps.NUMBERS["accept"]
    assert step.due_why is not None
    assert step.due_why["rule"] == "accept.default"  # within one working day (D-16)
    assert row.due_at == step.due_at
    assert fire(session, AT + 3 * DAY) == ["expire"]
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 3 * DAY)
    assert steps.running(session, [row.id]) == {}
    same_as_history(session, row)


def test_who_answers_the_phone_has_accepted(session: Session) -> None:
    step = steps.running(session, [opened(session).id])
    assert [leg.number for leg in step.values()] == [steps.NUMBERS["dispatch"]]


# --- pauses ---------------------------------------------------------------------------------


def cap(session: Session, act: Callable[[], object]) -> str:
    """Return the cap that stands against a move."""
    with session.begin_nested() as inner:
        with pytest.raises(WrongStatus) as caught:
            act()
        inner.rollback()
    return str(caught.value.facts["cap"])


def test_a_pause_is_the_lead_s_and_comes_before_it_is_due(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")

    def pause(who: Actor, now: float) -> None:
        pausing.pause_clock(session, row.id, note="等", actor=who, now=now)

    assert row.due_at is not None
    due = row.due_at.timestamp()
    assert cap(session, lambda: pause(OTHER, AT + 70)) == "lead"
    assert cap(session, lambda: pause(UNIT, due + 1)) == "pause_due"
    pause(UNIT, AT + 80)
    assert (
        cap(session, lambda: pausing.resume_clock(session, row.id, actor=OTHER, now=AT + 90))
        == "lead"
    )
    pausing.resume_clock(session, row.id, actor=CENTRE, now=AT + 100)  # the centre may, too
    assert row.paused_at is None
    same_as_history(session, row)


def test_the_longest_pause_ends_by_itself(session: Session, tenant: Place) -> None:
    row = assigned(session)
    assert row.due_at is not None
    due = row.due_at.timestamp()
    who = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
    pausing.pause_clock(session, row.id, note="等", actor=UNIT, now=due - 10)
    assert search.find(session, Criteria("urge"), actor=who, now=due - 5).total == 0
    assert search.find(session, Criteria("urge"), actor=who, now=due + 5).total == 1
    assert fire(session, due + 5 * DAY) == []
    session.add(
        Parameter(
            tenant_id=tenant.id, name="workflow", value={"pause_days": 4}, set_by="user:1",
            set_at=to_datetime(AT),
        )
    )  # fmt: skip
    session.flush()  # effective at once
    assert fire(session, due + 5 * DAY)[0] == "resume_clock"
    assert (row.paused_at, row.due_at.timestamp() > due) == (None, True)
    same_as_history(session, row)
