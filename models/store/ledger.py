"""Reading the call ledger: lists, sums, one call's timeline, one seat's day. Sums use the same limits as the fold."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, now, to_datetime
from models.errors import NotFound, WrongStatus
from models.events.floor import Caller
from models.rules.floor.state import Call
from models.rules.metrics import STANDARD, Limits, Tally, counted
from models.store.chain import audit
from models.store.crypto import Vault
from models.store.people import desk_state
from models.tables import CallerIdentity, CallLedger, Queue, Seat, SeatInterval

MISSED = ("abandoned", "timeout", "quick", "overflow")
SINGLE = ("waiting", "quick", "abandoned", "timeout", "overflow")
"""Outcomes that are a figure each."""
TAKEN = ("talking", "answered")
MAX_ROWS = 5000
_SORTABLE = (
    "entered",
    "arrived",
    "answered",
    "ended",
    "wait",
    "talk",
    "queue",
    "outcome",
    "agent_name",
)


def behind(figure: str, limits: Limits = STANDARD) -> ColumnElement[bool] | None:
    """Return which visits a figure or a part of one counts, as `rules.metrics` does; None for another word."""
    row = CallLedger
    taken = row.outcome.in_(TAKEN)
    refused = (row.outcome == "overflow") & row.entered_at.is_(None)
    decided = row.outcome.in_((*TAKEN, "abandoned", "timeout", "overflow", "left")) & ~refused
    short = (row.outcome == "abandoned") & row.wait.between(0, limits.short_abandon_s - 1)
    waited = taken & (row.wait >= 0)
    return {
        "arrived": (row.visit == 1) & row.arrived_at.is_not(None),
        "entered": row.entered_at.is_not(None),
        "taken": taken,
        "decided": decided,
        "not_short": decided & ~short,
        "judged": decided & ~(taken & (row.wait < 0)),
        "within": waited & (row.wait <= limits.standard_s),
        "waited": waited,
        "talked": row.talk >= 0,
        "lost": row.outcome.in_(MISSED),
        "offered": decided | (row.outcome == "quick") | refused,
        "ring_outs": row.ring_outs > 0,
        **{name: row.outcome == name for name in SINGLE},
    }.get(figure)


@dataclass(frozen=True, slots=True)
class CallRow:
    """A ledger row as lists and exports show it; instants are seconds since epoch, 0 = none."""

    key: str
    pbx: str
    call: str
    visit: int
    outcome: str
    queue: str
    queue_label: str
    caller: str
    arrived: float
    entered: float
    answered: float
    ended: float
    seat: str
    agent_name: str
    agent_no: str
    wait: int
    talk: int
    held: float
    ring_outs: int
    transferred: str
    reason: str
    gap: bool
    callback_at: float
    callback_by: int
    callback_note: str


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of a list and how many rows the whole list has."""

    rows: list[CallRow]
    total: int


@dataclass(frozen=True, slots=True)
class TimelineStep:
    """One thing that happened to a call; `what` is a text key, `detail` is data to show."""

    at: float
    what: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Interval:
    """A seat's stay in a state; `end` is 0 while it lasts."""

    state: str
    reason: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class SeatDay:
    """A seat's day: its states, its calls, seconds by state, and whether its desk is signed in."""

    intervals: list[Interval]
    calls: list[CallRow]
    sums: dict[str, float] = field(default_factory=dict)
    desk: str = ""


def search_calls(
    session: Session,
    *,
    start: Instant,
    end: Instant,
    queue: str = "",
    outcome: str = "",
    seat: str = "",
    text: str = "",
    missed_only: bool = False,
    callback: str = "",
    figure: str = "",
    limits: Limits = STANDARD,
    sort: str = "entered",
    descending: bool = True,
    offset: int = 0,
    limit: int = 100,
) -> CallPage:
    """Return the visits that count to [start, end), filtered; `outcome` may be a comma list.

    `figure` names a figure of the wallboard or a part of one: exactly the visits it counts (`behind`).
    """
    where = [CallLedger.counted_at >= to_datetime(start), CallLedger.counted_at < to_datetime(end)]
    if queue:
        where.append(CallLedger.queue == queue)
    if outcome:
        where.append(CallLedger.outcome.in_(outcome.split(",")))
    if missed_only:
        where.append(CallLedger.outcome.in_(MISSED))
    if seat:
        where.append(CallLedger.seat == seat)
    if callback == "todo":
        where += [CallLedger.callback_at.is_(None), CallLedger.outcome.in_(MISSED)]
    elif callback == "done":
        where.append(CallLedger.callback_at.is_not(None))
    if text:
        where.append(_matches(text))
    counted_rows = behind(figure, limits)
    if counted_rows is not None:
        where.append(counted_rows)
    total = session.scalar(_joined(select(func.count())).where(*where)) or 0
    order = _order(sort, descending)
    statement = _rows().where(*where).order_by(order, CallLedger.key)
    found = session.execute(statement.offset(offset).limit(min(limit, MAX_ROWS)))
    return CallPage([_row(*line) for line in found], total)


def _matches(text: str) -> ColumnElement[bool]:
    like = "%" + text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return or_(
        CallLedger.caller_masked.like(like),
        CallLedger.agent_name.like(like),
        CallLedger.call.like(like),
        Seat.agent_no == text,
        Seat.extension == text,
    )


def _order(sort: str, descending: bool) -> Any:  # noqa: ANN401 - SQLAlchemy's ordering
    name = sort if sort in _SORTABLE else "entered"
    column = {
        "entered": CallLedger.counted_at,
        "arrived": CallLedger.arrived_at,
        "answered": CallLedger.answered_at,
        "ended": CallLedger.ended_at,
    }.get(name)
    if column is None:
        column = getattr(CallLedger, name)
    return column.desc().nulls_last() if descending else column.asc().nulls_last()


def _joined(statement: Any) -> Any:  # noqa: ANN401 - any select over the ledger
    same_queue = and_(Queue.tenant_id == CallLedger.tenant_id, Queue.name == CallLedger.queue)
    same_seat = and_(Seat.tenant_id == CallLedger.tenant_id, Seat.key == CallLedger.seat)
    return statement.select_from(CallLedger).outerjoin(Queue, same_queue).outerjoin(Seat, same_seat)


def _rows() -> Any:  # noqa: ANN401 - see _joined
    return _joined(select(CallLedger, Queue.label, Seat.agent_no))


def _row(row: CallLedger, label: str | None, agent_no: str | None) -> CallRow:
    return CallRow(
        key=row.key, pbx=row.pbx, call=row.call, visit=row.visit, outcome=row.outcome,
        queue=row.queue, queue_label=label or row.queue, caller=row.caller_masked,
        arrived=_instant(row.arrived_at), entered=_instant(row.entered_at),
        answered=_instant(row.answered_at), ended=_instant(row.ended_at), seat=row.seat,
        agent_name=row.agent_name, agent_no=agent_no or "", wait=row.wait, talk=row.talk,
        held=row.held, ring_outs=row.ring_outs, transferred=row.transferred, reason=row.reason,
        gap=row.gap, callback_at=_instant(row.callback_at), callback_by=row.callback_by or 0,
        callback_note=row.callback_note,
    )  # fmt: skip


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


_L = CallLedger
_VISIT = (
    _L.key, _L.pbx, _L.call, _L.visit, _L.outcome, _L.caller_masked, _L.caller_digest, _L.queue, _L.arrived_at,
    _L.entered_at, _L.answered_at, _L.ended_at, _L.seat, _L.agent_name, _L.wait, _L.talk, _L.held, _L.ring_outs,
    _L.transferred, _L.reason, _L.gap,
)  # fmt: skip
"""What a visit is made of: as columns, thousands of them come in two thirds of the time of whole rows."""


def visits(session: Session, start: Instant, end: Instant) -> list[Call]:
    """Return the ledger rows that count to [start, end) as the fold's visits (callers stay sealed)."""
    found = session.execute(
        select(*_VISIT)
        .where(
            CallLedger.counted_at >= to_datetime(start), CallLedger.counted_at < to_datetime(end)
        )
        .order_by(CallLedger.counted_at)
    )
    return [_visit(row) for row in found]


def visits_of(session: Session, keys: Iterable[str]) -> list[Call]:
    """Return every visit of the calls that the ledger's `keys` belong to, in order."""
    chosen = (
        select(CallLedger.pbx, CallLedger.call).where(CallLedger.key.in_(list(keys))).subquery()
    )
    found = session.execute(
        select(*_VISIT, CallLedger.counted_at)
        .join(chosen, and_(CallLedger.pbx == chosen.c.pbx, CallLedger.call == chosen.c.call))
        .distinct()
        .order_by(CallLedger.counted_at, CallLedger.key)
    )
    return [_visit(row) for row in found]


def mark_of(session: Session, start: Instant, end: Instant) -> tuple[int, int]:
    """Return how many visits count to [start, end), and a sum that moves with every change of one."""
    found = session.execute(
        select(
            func.count(),
            func.coalesce(func.sum(func.hashtext(CallLedger.key) + CallLedger.version), 0),
        ).where(
            CallLedger.counted_at >= to_datetime(start), CallLedger.counted_at < to_datetime(end)
        )
    ).one()
    return int(found[0]), int(found[1])


def _visit(row: Any) -> Call:  # noqa: ANN401 - a row of `_VISIT`
    key, pbx, call, visit, outcome, masked, digest, queue, arrived, entered, answered, ended = row[
        :12
    ]
    seat, name, wait, talk, held, ring_outs, transferred, reason, gap = row[12:21]
    return Call(
        key=key, pbx=pbx, call=call, visit=visit, outcome=outcome, caller=Caller(masked, digest),
        queue=queue, arrived=_instant(arrived), entered=_instant(entered),
        answered=_instant(answered), ended=_instant(ended), seat=seat, name=name, wait=wait,
        talk=talk, held=held, ring_outs=ring_outs, transferred=transferred, reason=reason, gap=gap,
    )  # fmt: skip


def day_tally(
    session: Session, start: Instant, end: Instant, limits: dict[str, Limits], default: Limits
) -> dict[str, Tally]:
    """Return the tallies by queue of [start, end), counted by the very rule the wallboard counts by."""
    tallies: dict[str, Tally] = {}
    for visit in visits(session, start, end):
        tally = counted(visit, limits.get(visit.queue, default))
        tallies[visit.queue] = tallies.get(visit.queue, Tally()).plus(tally)
    return tallies


def series(
    session: Session, start: Instant, end: Instant, limits: Limits = STANDARD
) -> list[list[float]]:
    """Return [quarter start, entered, answered, abandoned, within the standard] of [start, end)."""
    quarter = func.floor(func.extract("epoch", CallLedger.entered_at) / 900) * 900
    taken = CallLedger.outcome.in_(TAKEN)
    found = session.execute(
        select(
            quarter,
            func.count(),
            func.count().filter(taken),
            func.count().filter(CallLedger.outcome == "abandoned"),
            func.count().filter(taken & CallLedger.wait.between(0, limits.standard_s)),
        )
        .where(
            CallLedger.entered_at >= to_datetime(start), CallLedger.entered_at < to_datetime(end)
        )
        .group_by(quarter)
        .order_by(quarter)
    )
    return [[float(value) for value in line] for line in found]


def call_timeline(session: Session, key: str) -> list[TimelineStep]:
    """Return what happened to the call of the visit `key`, over all its visits, in order."""
    chosen = session.scalar(select(CallLedger).where(CallLedger.key == key))
    if chosen is None:
        raise NotFound(f"no call {key}")
    rows = session.execute(
        _rows()
        .where(CallLedger.pbx == chosen.pbx, CallLedger.call == chosen.call)
        .order_by(CallLedger.visit)
    )
    steps = [step for line in rows for step in _steps(_row(*line))]
    return sorted(steps, key=lambda step: step.at)


def _steps(row: CallRow) -> Iterable[TimelineStep]:
    if row.visit == 1 and row.arrived:
        yield TimelineStep(row.arrived, "arrived", row.caller)
    if row.entered:
        yield TimelineStep(row.entered, "entered", row.queue_label)
    if row.ring_outs:
        yield TimelineStep(row.answered or row.ended or row.entered, "rang_out", str(row.ring_outs))
    if row.answered:
        yield TimelineStep(row.answered, "answered", f"{row.agent_no} {row.agent_name}".strip())
    if row.held:
        yield TimelineStep(row.answered, "held", f"{row.held:.0f}")
    if row.transferred:
        yield TimelineStep(row.ended or row.answered, "transferred", row.transferred)
    if row.ended:
        yield TimelineStep(row.ended, f"end_{row.outcome}", row.reason)
    if row.callback_at:
        yield TimelineStep(row.callback_at, "called_back", row.callback_note)


def mark_callback(session: Session, key: str, *, user_id: int, note: str, now: Instant) -> None:
    """Mark a missed call as called back; WrongStatus when it is not missed or somebody was first."""
    done = session.execute(
        update(CallLedger)
        .where(
            CallLedger.key == key,
            CallLedger.outcome.in_(MISSED),
            CallLedger.callback_at.is_(None),
        )
        .values(callback_at=to_datetime(now), callback_by=user_id, callback_note=note[:500])
        .returning(CallLedger.key)
    )
    if done.first() is None:
        raise WrongStatus(f"{key} is not waiting for a call-back")
    audit(session, actor=f"user:{user_id}", verb="mark_callback", subject=key, now=now, note=note)


def reveal_caller(
    session: Session, key: str, *, vault: Vault, user_id: int, reason: str, now: Instant
) -> str:
    """Return the caller's full number, and write down who saw it and why; NotFound without one."""
    sealed = session.scalar(
        select(CallerIdentity.sealed)
        .join(CallLedger, CallLedger.caller_digest == CallerIdentity.digest)
        .where(CallLedger.key == key, CallLedger.caller_digest != "")
    )
    if sealed is None:
        raise NotFound(f"no number is kept for {key}")
    audit(
        session, actor=f"user:{user_id}", verb="reveal_caller", subject=key, now=now, reason=reason
    )
    return vault.open(sealed)


def seat_day(session: Session, seat: str, start: Instant, end: Instant) -> SeatDay:
    """Return a seat's intervals that touch [start, end), cut to it, and its calls of that time."""
    first, last = to_datetime(start), to_datetime(end)
    rows = session.scalars(
        select(SeatInterval)
        .where(
            SeatInterval.seat == seat,
            SeatInterval.start_at < last,
            or_(SeatInterval.end_at.is_(None), SeatInterval.end_at > first),
        )
        .order_by(SeatInterval.start_at)
    )
    intervals = [
        Interval(
            row.state, row.reason, max(row.start_at.timestamp(), start),
            min(_instant(row.end_at), end) if row.end_at else 0.0,
        )
        for row in rows
    ]  # fmt: skip
    sums: dict[str, float] = {}
    for stay in intervals:
        if stay.end:
            sums[stay.state] = sums.get(stay.state, 0.0) + stay.end - stay.start
    calls = search_calls(session, start=start, end=end, seat=seat, limit=500)
    agent_no = session.scalar(select(Seat.agent_no).where(Seat.key == seat)) or ""
    return SeatDay(intervals, calls.rows, sums, desk_state(session, agent_no, now=now()))
