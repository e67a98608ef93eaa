"""过程再现: the whole picture of an incident at any moment, folded from the sealed log by the fold live screens use.

Reels of the incidents looked at last are kept in memory. Every seek compares the log with the one that was folded, so
a row that is changed afterwards is found as well; what is wrong stands in `Film.faults`, and no screen leaves it out.
"""

import threading
from bisect import bisect_left
from collections import OrderedDict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import BigInteger, Text, cast, func, literal, literal_column, select, text
from sqlalchemy.dialects.postgresql import ARRAY, aggregate_order_by
from sqlalchemy.orm import Session

from command import queries
from command.moving import read
from models.clock import Instant, day_of, to_datetime
from models.errors import HotlineError
from models.events.incident import AnyIncidentEvent, decode
from models.events.ticket import AnyTicketEvent
from models.events.ticket import decode as decode_ticket
from models.rules.floor import Call, FloorPlan
from models.rules.floor.then import Day, Figures, cut, day
from models.rules.incident.frames import Fault, Reel, reel
from models.rules.incident.state import Incident as State
from models.rules.incident.state import Picture
from models.rules.metrics import Limits
from models.rules.tickets import Ticket as TicketState
from models.rules.tickets import reduce as ticket_after
from models.store import chain, ledger, streams
from models.store.db import tenant_of
from models.tables import EventLog, Outbox, Ticket, TicketHistory, UnitTrack
from tickets.moving import Actor

EVENTS_MOST = 30_000
"""Events kept folded in one process, of all incidents together: some 60 MB."""
VISITS_MOST = 100_000
V = TypeVar("V")


class Film(NamedTuple):
    """An incident as it can be replayed: its row now, its reel, and all that is wrong with its log."""

    state: State
    reel: Reel
    faults: tuple[Fault, ...]

    @property
    def start(self) -> Instant:
        """The first instant there is anything to see."""
        return self.reel.times[0] if self.reel.times else self.state.reported

    @property
    def end(self) -> Instant:
        """The instant of the last event."""
        return self.reel.times[-1] if self.reel.times else self.state.at


class Fix(NamedTuple):
    """Where a response unit was, as its device last said before the moment."""

    unit: str
    at: Instant
    lon: float
    lat: float
    speed: float | None
    heading: float | None


class TicketThen(NamedTuple):
    """A ticket of the incident at the moment; state None while it was not open, or where its log does not fold.

    whole : False when a row of its log is missing or was changed.
    """

    ticket: int
    no: str
    state: TicketState | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """All there was to see at a moment. picture : None before the incident was reported; number : events so far."""

    at: Instant
    number: int
    picture: Picture | None
    units: tuple[Fix, ...]
    tickets: tuple[TicketThen, ...]
    calls: tuple[Call, ...]
    floor: Figures


class _Kept(NamedTuple):
    mark: object
    value: Any
    size: int


class _Shelf(Generic[V]):
    """What was made last, by key and mark, at most so much of it; safe between threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, mark: object) -> V | None:
        with self._lock:
            found = self._kept.get(key)
            if found is None or found.mark != mark:
                return None
            self._kept.move_to_end(key)
            value: V = found.value
            return value

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()

    def put(self, key: Hashable, mark: object, value: V, size: int) -> V:
        with self._lock:
            self._kept[key] = _Kept(mark, value, size)
            self._kept.move_to_end(key)
            while (
                sum(kept.size for kept in self._kept.values()) > self._most and len(self._kept) > 1
            ):
                self._kept.popitem(last=False)
        return value


_reels: _Shelf[tuple[Reel, tuple[Fault, ...]]] = _Shelf(EVENTS_MOST)
_days: _Shelf[Day] = _Shelf(VISITS_MOST)


def forget() -> None:
    """Let the next look read everything anew."""
    _reels.clear()
    _days.clear()


# --- the log --------------------------------------------------------------------------------


def film(session: Session, incident_id: int, *, actor: Actor) -> Film:
    """Return an incident's film; Refused without command.view, NotFound outside the actor's scope."""
    queries.may_see(actor)
    state = read(session, incident_id, actor=actor)  # the row first: the log can only be longer
    mark = _mark(session, incident_id)
    key = (tenant_of(session), incident_id)
    found = _reels.get(key, mark)
    if found is None:
        made = _folded(session, incident_id)
        found = _reels.put(key, mark, made, len(made[0].events))
    folded, faults = found
    return Film(state, folded, (*faults, *_ending(session, state, folded)))


def _mark(session: Session, incident_id: int) -> tuple[Any, ...]:
    """Return what changes with every row of the incident's log that is written, changed or taken out.

    PostgreSQL itself says which transaction wrote a row, and where it lies: no row need be read for that.
    """
    row = func.concat(literal_column("event_log.xmin"), literal_column("event_log.ctid"))
    of_all = func.md5(func.string_agg(row, aggregate_order_by(literal(""), EventLog.id)))
    return tuple(
        session.execute(select(func.count(), of_all).where(EventLog.incident == incident_id)).one()
    )


def _folded(session: Session, incident_id: int) -> tuple[Reel, tuple[Fault, ...]]:
    """Read the log in one query, look at every seal and at the links of the chain it lies in, and fold it."""
    events: list[AnyIncidentEvent] = []
    numbers: list[int] = []
    places: list[int] = []
    faults: list[Fault] = []
    for row in chain.sealed(session, decode, EventLog.incident == incident_id):
        place = row.event.seq if row.event else len(places) + 1
        numbers.append(row.id)
        places.append(place)
        if not row.whole:
            faults.append(Fault("changed", place))
        if row.event:
            events.append(row.event)
        else:
            faults.append(Fault("unreadable", place))
    if numbers:
        for broken in chain.broken_links(session, numbers[0], numbers[-1]):
            behind = bisect_left(numbers, broken)
            faults.append(Fault("link", places[behind] if behind < len(places) else 0))
    made = reel(sorted(events, key=lambda event: event.seq))
    return made, (*faults, made.fault) if made.fault else tuple(faults)


def _ending(session: Session, state: State, folded: Reel) -> tuple[Fault, ...]:
    """Return whether the log ends where the row does, and says what the row says."""
    if folded.fault is not None:
        return ()
    have = len(folded.events)
    if have < state.seq:
        number = cast(Outbox.event["incident"].astext, BigInteger)
        stream = streams.incident_stream(tenant_of(session))
        on_the_way = session.scalars(
            select(Outbox.event["seq"].as_integer())
            .where(Outbox.stream == stream, number == state.id)
            .order_by(Outbox.id.desc())
            .limit(state.seq - have)
        ).all()
        whole = set(on_the_way) >= set(range(have + 1, state.seq + 1))
        return (Fault("late" if whole else "missing", have + 1),)
    told = folded.last if have == state.seq else folded.after(state.seq)
    same = told is not None and told.incident == state
    return () if same else (Fault("differs", state.seq),)


# --- a moment -------------------------------------------------------------------------------


def at(session: Session, found: Film, moment: Instant, *, plan: FloorPlan) -> Seen:
    """Return all there was to see at a moment; plan : the floor's zone and targets."""
    number = found.reel.number(moment)
    picture = found.reel.after(number)
    incident = picture.incident if picture else None
    merged = sorted(incident.merged) if incident else []
    rows = _tickets(session, merged)
    return Seen(
        moment, number, picture,
        _positions(session, [a.unit for a in incident.assignments.values()] if incident else [], moment),
        _tickets_then(session, rows, moment),
        _calls(session, [row.call_key for row in rows if row.call_key], moment),
        _floor(session, moment, plan),
    )  # fmt: skip


def _positions(session: Session, units: Sequence[str], moment: Instant) -> tuple[Fix, ...]:
    if not units:
        return ()
    asked = select(func.unnest(literal(sorted(set(units)), ARRAY(Text))).label("unit")).subquery()
    last = (
        select(UnitTrack)
        .where(UnitTrack.tenant_id == tenant_of(session), UnitTrack.unit == asked.c.unit)
        .where(UnitTrack.at <= to_datetime(moment))
        .order_by(UnitTrack.at.desc())
        .limit(1)
        .lateral()
    )
    rows = session.execute(select(asked.c.unit, last).join(last, text("true")))
    return tuple(
        Fix(row[0], row.at.timestamp(), row.lon, row.lat, row.speed, row.heading) for row in rows
    )


class _Row(NamedTuple):
    id: int
    no: str
    call_key: str
    opened_at: datetime


def _tickets(session: Session, ids: Sequence[int]) -> list[_Row]:
    if not ids:
        return []
    found = session.execute(
        select(Ticket.id, Ticket.no, Ticket.call_key, Ticket.opened_at)
        .where(Ticket.id.in_(ids))
        .order_by(Ticket.opened_at, Ticket.id)
    )
    return [_Row(*row) for row in found]


def _tickets_then(
    session: Session, rows: Sequence[_Row], moment: Instant
) -> tuple[TicketThen, ...]:
    if not rows:
        return ()
    told: dict[int, list[str]] = {row.id: [] for row in rows}
    lines = session.execute(
        select(TicketHistory.ticket_id, TicketHistory.event["id"].as_string())
        .where(TicketHistory.ticket_id.in_(told), TicketHistory.at <= to_datetime(moment))
        .order_by(TicketHistory.id)
    )
    for ticket, event in lines:
        told[ticket].append(event)
    wanted = [event for events in told.values() for event in events]
    log = chain.sealed(session, decode_ticket, EventLog.event_id.in_(wanted))
    kept = {row.event_id: row for row in log}
    return tuple(_ticket_then(row, [kept.get(event) for event in told[row.id]]) for row in rows)


def _ticket_then(row: _Row, log: Sequence[chain.Sealed[AnyTicketEvent] | None]) -> TicketThen:
    state: TicketState | None = None
    for entry in log:
        if entry is None or entry.event is None or not entry.whole:
            return TicketThen(row.id, row.no, state, whole=False)
        try:
            state = ticket_after(state, entry.event)
        except (HotlineError, KeyError):
            return TicketThen(row.id, row.no, state, whole=False)
    return TicketThen(row.id, row.no, state, whole=True)


def _calls(session: Session, keys: Sequence[str], moment: Instant) -> tuple[Call, ...]:
    if not keys:
        return ()
    parts = (cut(visit, moment) for visit in ledger.visits_of(session, keys))
    return tuple(part for part in parts if part is not None)


def _floor(session: Session, moment: Instant, plan: FloorPlan) -> Figures:
    """Return the floor's figures out of the ledger of the moment's day, counted as the wallboard counts."""
    start, end = day_of(moment, plan.zone)
    default = Limits(plan.default_service_level, plan.standard_s, plan.short_abandon_s)
    targets = {name: default._replace(target_s=s) for name, s in plan.service_level.items()}
    mark = (ledger.mark_of(session, start, end), default, tuple(sorted(targets.items())))
    key = (tenant_of(session), start)
    found = _days.get(key, mark)
    if found is None:
        made = day(ledger.visits(session, start, end), targets, default)
        found = _days.put(key, mark, made, len(made.visits))
    return found.at(moment)
