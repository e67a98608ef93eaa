"""Parameters count at once: caps, deadlines, calendar and the table of moves; open legs are recomputed honestly."""

from datetime import date

import pytest
from conftest import Place
from factories import AT, make_user
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, UNIT, assigned, opened, same_as_history

from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.deadlines import TermRule
from models.rules.tickets import MOVES, Move
from models.rules.tickets.policy import OfficeDays, Policy
from models.tables import Audit, TicketHistory, TicketRequest, Unit, User
from tickets import assignment as a
from tickets import moving, parameters, queries, recompute, terms, timing
from tickets import workflow as w
from tickets.moving import Actor, legs
from tickets.parameters import rule_of
from tickets.recompute import Recomputed

ADMIN = Actor(9, "管理员", frozenset({"admin.parameters"}))
PLAIN = Actor(8, "谁", frozenset({"ticket.view"}))


@pytest.fixture(autouse=True)
def units(session: Session, tenant: Place) -> None:
    for code in ("zjj", "jtj"):
        session.add(Unit(tenant_id=tenant.id, code=code, name=code))
    session.flush()
    make_user(session, tenant.id)


def seen(session: Session, name: str) -> float:
    return parameters.settings(session).get(name, parameters.Setting()).at


def put_rule(session: Session, rule: TermRule, now: float = AT) -> TermRule:
    return parameters.put_rule(session, rule, seen=seen(session, "terms"), actor=ADMIN, now=now)


def set_move(session: Session, verb: str, move: Move | None, now: float = AT) -> None:
    parameters.set_move(session, verb, move, seen=seen(session, "moves"), actor=ADMIN, now=now)


def run(session: Session, size: int = 100, now: float = AT) -> Recomputed:
    done = Recomputed()
    while True:
        done = recompute.batch(session, done, actor=ADMIN, now=now, size=size)
        if not done.last:
            return done


# --- caps -----------------------------------------------------------------------------------


def test_a_cap_counts_at_once_and_says_who_set_it(session: Session) -> None:
    parameters.set_policy(session, Policy(bounce_cap=0), seen=0.0, actor=ADMIN, now=AT)
    assert moving.policy(session).bounce_cap == 0
    assert parameters.settings(session)["workflow"] == parameters.Setting(AT, "user:9")
    row = session.scalar(select(Audit).where(Audit.verb == "set_parameter"))
    assert row is not None
    assert row.detail["after"]["bounce_cap"] == 0
    with pytest.raises(WrongStatus):
        parameters.set_policy(session, Policy(), seen=0.0, actor=ADMIN, now=AT + 1)
    parameters.set_policy(session, Policy(), seen=AT, actor=ADMIN, now=AT + 1)
    assert moving.policy(session) == Policy()


@pytest.mark.parametrize("field", ["bounce_cap", "extension_cap", "extension_days", "reopen_cap"])
def test_a_cap_beyond_reason_is_named(session: Session, field: str) -> None:
    for value in (-1, 1000):
        with pytest.raises(BadInput) as caught:
            parameters.set_policy(
                session, replace(Policy(), **{field: value}), seen=0.0, actor=ADMIN, now=AT
            )
        assert caught.value.facts["field"] == field


def test_only_who_may(session: Session) -> None:
    for wrong in (
        lambda: parameters.set_policy(session, Policy(), seen=0.0, actor=PLAIN, now=AT),
        lambda: parameters.default_moves(session, seen=0.0, actor=PLAIN, now=AT),
        lambda: parameters.drop_day(session, "2026-12-01", actor=PLAIN, now=AT),
        lambda: recompute.batch(session, Recomputed(), actor=PLAIN, now=AT),
    ):
        with pytest.raises(Refused):
            wrong()


# --- deadlines ------------------------------------------------------------------------------


def test_a_rule_stands_in_the_place_of_the_default(session: Session) -> None:
    rule = put_rule(
        session, rule_of(stage="handle", amount=3, unit="workday", warn=0.2, kind="complaint")
    )
    assert rule.id == "own.handle.kind=complaint"
    row = assigned(session)
    leg = legs(session, row.id)[0]
    assert leg.due_why is not None
    assert leg.due_why["rule"] == rule.id
    put_rule(
        session,
        rule_of(stage="handle", amount=4, unit="workday", warn=0.2, kind="complaint"),
        AT + 1,
    )
    assert [own.term.amount for own in terms.own_rules(session)] == [4]
    parameters.drop_rule(session, rule.id, seen=seen(session, "terms"), actor=ADMIN, now=AT + 2)
    assert terms.own_rules(session) == ()
    with pytest.raises(NotFound):
        parameters.drop_rule(session, rule.id, seen=seen(session, "terms"), actor=ADMIN, now=AT + 3)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stage": "sleep"}, "stage"), ({"unit": "moon"}, "time_unit"), ({"amount": 0}, "amount"),
        ({"amount": 9999}, "amount"), ({"warn": 2.0}, "warn"), ({"kind": "x"}, "kind"),
        ({"category": "X9"}, "category"), ({"holder": "nowhere"}, "unit"), ({"urgency": "x"}, "urgency"),
    ],
)  # fmt: skip
def test_a_wrong_rule_names_its_field(
    session: Session, wrong: dict[str, object], field: str
) -> None:
    given = {"stage": "handle", "amount": 3, "unit": "workday", "warn": 0.2, **wrong}
    with pytest.raises(BadInput) as caught:
        put_rule(session, rule_of(**given))  # type: ignore[arg-type]
    assert caught.value.facts["field"] == field


# --- calendar and recomputing ---------------------------------------------------------------


def test_a_day_off_moves_open_legs_and_only_those(session: Session) -> None:
    moved, done = assigned(session), assigned(session)
    w.start(session, done.id, actor=UNIT, now=AT + 70)
    w.submit(session, done.id, result="已办", actor=UNIT, now=AT + 80)
    before = {row.id: row.due_at for row in (moved, done)}
    assert run(session) == Recomputed(seen=2)
    parameters.add_days(
        session, date(2026, 11, 24), date(2026, 11, 25), work=False, note="市政府放假",
        actor=ADMIN, now=AT,
    )  # fmt: skip
    found = run(session, now=AT + 100)
    assert (found.seen, found.changed, found.paused) == (2, 1, 0)
    assert moved.due_at is not None
    due = before[moved.id]
    assert due is not None
    assert (moved.due_at - due).days == 4  # two working days, and the weekend they meet
    assert done.due_at == before[done.id]  # its review is due before those days
    same_as_history(session, moved)
    told = session.scalars(
        select(TicketHistory.event).where(TicketHistory.verb == "recompute")
    ).all()
    assert [event["type"] for event in told] == ["DueRecomputed"]
    assert run(session, now=AT + 200).changed == 0
    assert recompute.waiting(session) == 2


def test_the_centres_own_steps_are_recomputed_too(session: Session) -> None:
    row = opened(session)
    before = row.due_at
    parameters.add_days(
        session, date(2026, 11, 23), date(2026, 11, 23), work=False, note="", actor=ADMIN, now=AT
    )
    assert run(session, now=AT + 100).changed == 1
    assert before is not None
    assert row.due_at is not None
    assert (row.due_at - before).days == 1
    (event,) = session.scalars(
        select(TicketHistory.event).where(TicketHistory.verb == "recompute")
    ).all()
    assert event["dues"] == {"0": row.due_at.timestamp()}
    same_as_history(session, row)


def test_timers_follow_a_changed_calendar_once(session: Session) -> None:
    rows = [assigned(session) for _ in range(3)]
    while recompute.follow_calendar(session, now=AT + 50, size=2):
        pass
    assert recompute.followed(session)[1]
    parameters.add_days(
        session,
        date(2026, 11, 24),
        date(2026, 11, 24),
        work=False,
        note="放假",
        actor=ADMIN,
        now=AT,
    )
    assert not recompute.followed(session)[1]
    assert recompute.follow_calendar(session, now=AT + 100, size=2)  # a batch, then the rest
    assert not recompute.follow_calendar(session, now=AT + 101, size=2)
    told, done = recompute.followed(session)
    assert (told.seen, told.changed, done) == (3, 3, True)
    assert not recompute.follow_calendar(session, now=AT + 200)
    events = session.scalars(
        select(TicketHistory.event).where(TicketHistory.verb == "recompute")
    ).all()
    assert len(events) == 3  # one a ticket, and none twice
    assert {event["actor"] for event in events} == {"system"}
    version = terms.calendar(session).version
    assert {event["cause"] for event in events} == {f"calendar:{version}"}
    for row in rows:
        same_as_history(session, row)
    reasons = {
        str(leg.due_why and leg.due_why["calendar"]) for leg in moving.legs(session, rows[0].id)
    }
    assert reasons == {version}


def test_an_extension_and_a_new_start_are_kept(session: Session) -> None:
    row = assigned(session)
    a.ask_extension(session, row.id, days=5, reason="等材料", actor=UNIT, now=AT + 100)
    a.grant_extension(session, row.id, actor=CENTRE, now=AT + 200)
    due = row.due_at
    assert run(session).changed == 0
    w.start(session, row.id, actor=UNIT, now=AT + 300)
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 400)
    w.approve(session, row.id, actor=CENTRE, now=AT + 500)
    w.reopen(session, row.id, note="再办", actor=CENTRE, now=AT + 30 * 86_400)
    again = row.due_at
    assert due is not None
    assert again is not None
    assert again > due
    assert run(session).changed == 0
    assert row.due_at == again
    same_as_history(session, row)


def test_batches_count_every_ticket_once(session: Session) -> None:
    rows = [assigned(session) for _ in range(5)]
    put_rule(session, rule_of(stage="handle", amount=2, unit="workday", warn=0.2, kind="complaint"))
    found = run(session, size=2)
    assert (found.last, found.seen, found.changed) == (0, 5, 5)
    recompute.record(session, found, actor=ADMIN, now=AT)
    written = session.scalar(select(Audit).where(Audit.verb == "recompute"))
    assert written is not None
    assert (written.detail["seen"], written.detail["changed"]) == (5, 5)
    for row in rows:
        same_as_history(session, row)


def test_a_ticket_whose_clock_stands_is_left_alone(session: Session) -> None:
    row = assigned(session)
    row.paused_at = row.opened_at
    session.flush()
    put_rule(session, rule_of(stage="handle", amount=2, unit="workday", warn=0.2, kind="complaint"))
    found = run(session)
    assert (found.seen, found.changed, found.paused) == (1, 0, 1)


def test_the_calendar_has_a_new_version_for_every_change(session: Session) -> None:
    versions = {terms.calendar(session).version}
    for day, work in ((date(2026, 11, 24), False), (date(2026, 11, 28), True)):
        parameters.add_days(session, day, day, work=work, note="", actor=ADMIN, now=AT)
        versions.add(terms.calendar(session).version)
    parameters.drop_day(session, "2026-11-24", actor=ADMIN, now=AT)
    parameters.add_days(
        session, date(2026, 11, 25), date(2026, 11, 25), work=False, note="", actor=ADMIN, now=AT
    )
    versions.add(terms.calendar(session).version)
    assert len(versions) == 4
    office = OfficeDays(published=(2027,), office_end=17 * 60)
    parameters.set_office(session, office, seen=0.0, actor=ADMIN, now=AT)
    calendar = terms.calendar(session)
    assert calendar.office_end == 1020
    assert {2026, 2027} <= calendar.published
    assert [day.day for day in parameters.own_days(session, 2026)] == ["2026-11-25", "2026-11-28"]


@pytest.mark.parametrize("span", [(24, 23), (1, 70)])
def test_a_span_that_is_none_is_refused(session: Session, span: tuple[int, int]) -> None:
    first = date(2026, 11, span[0])
    last = date.fromordinal(date(2026, 11, 1).toordinal() + span[1] - 1)
    with pytest.raises(BadInput):
        parameters.add_days(session, first, last, work=False, note="", actor=ADMIN, now=AT)


# --- the table of moves ---------------------------------------------------------------------


def test_a_lawful_change_counts_at_once(session: Session) -> None:
    row = assigned(session)
    viewer = Actor(UNIT.user_id, UNIT.name, UNIT.can | {"ticket.view"}, UNIT.unit)
    assert "submit" not in queries.whole(session, row.no, actor=viewer, now=AT).verbs
    with pytest.raises(WrongStatus):
        w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 70)
    quick = Move("ticket.handle", frozenset({"assigned", "in_progress"}), "reviewed")
    set_move(session, "submit", quick)
    assert "submit" in queries.whole(session, row.no, actor=viewer, now=AT).verbs
    w.submit(session, row.id, result="已办", actor=UNIT, now=AT + 80)
    assert row.status == "reviewed"
    assert row.closed_at is not None
    same_as_history(session, row)
    set_move(session, "submit", None, AT + 90)
    assert moving.moves(session) == MOVES


def test_a_permission_of_the_table_counts_at_once(session: Session) -> None:
    row = assigned(session)
    set_move(session, "urge", MOVES["urge"]._replace(permission="ticket.review"))
    watcher = Actor(5, "督办员", frozenset({"ticket.supervise"}))
    with pytest.raises(Refused):
        w.urge(session, row.id, actor=watcher, now=AT + 70)
    w.urge(session, row.id, actor=Actor(6, "审核员", frozenset({"ticket.review"})), now=AT + 71)


@pytest.mark.parametrize(
    ("verb", "move", "trap"),
    [
        ("archive", MOVES["archive"]._replace(sources=frozenset()), "stuck"),
        ("unmerge", MOVES["unmerge"]._replace(sources=frozenset()), "stuck"),
        ("reply", MOVES["reply"]._replace(sources=frozenset({"reviewed"})), "unanswered"),
        ("conclude", MOVES["conclude"]._replace(sources=frozenset()), "unanswered"),
        ("submit", MOVES["submit"]._replace(sources=frozenset({"pending_assign"})), "source"),
        ("submit", MOVES["submit"]._replace(target="archived"), "target"),
        ("urge", MOVES["urge"]._replace(permission="ticket.fly"), "nobody"),
        ("expire", MOVES["expire"]._replace(permission="ticket.assign"), "clock"),
        ("urge", MOVES["urge"]._replace(sources=frozenset()), "unanswered"),
    ],
)  # fmt: skip
def test_a_table_that_traps_tickets_is_refused(
    session: Session, verb: str, move: Move, trap: str
) -> None:
    with pytest.raises(BadInput) as caught:
        set_move(session, verb, move)
    assert caught.value.facts["trap"] == trap
    assert moving.moves(session) == MOVES


def test_the_timers_keep_their_rights_whatever_the_table_says(session: Session) -> None:
    row = assigned(session)
    set_move(session, "urge", MOVES["urge"]._replace(permission="ticket.review"))
    assert moving.take(session, row.id, "urge", timing.SYSTEM).row.id == row.id


def test_a_verb_that_nobody_holds_is_refused(session: Session, tenant: Place) -> None:
    for user in session.scalars(select(User)):
        user.active = False
    make_user(session, tenant.id, "few", permissions=frozenset({"ticket.assign"}))
    with pytest.raises(BadInput) as caught:
        set_move(session, "urge", MOVES["urge"]._replace(permission="ticket.review"))
    assert caught.value.facts["trap"] == "nobody"
    with pytest.raises(NotFound):
        set_move(session, "fly", None)


def test_requests_still_open_are_dropped_when_the_centre_takes_back(session: Session) -> None:
    row = assigned(session)
    a.ask_extension(session, row.id, days=3, reason="忙", actor=UNIT, now=AT + 70)
    a.recall(session, row.id, note="改派", actor=CENTRE, now=AT + 80)
    assert session.scalars(select(TicketRequest.granted)).all() == [False]
    same_as_history(session, row)
