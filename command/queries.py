"""Lists of incidents, and the log of one: what screens, statistics and replay read."""

from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import BigInteger, Integer, cast, func, or_, select
from sqlalchemy.orm import Session

from command.moving import read, sees
from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.events.incident import AnyIncidentEvent, from_row
from models.rules.incident.moves import OPEN
from models.rules.incident.state import Incident as State
from models.store import streams
from models.store.db import tenant_of
from models.tables import EventLog, Incident, IncidentType, Outbox
from tickets.moving import Actor

VIEW = "command.view"
PAGE = 30
RECENT = 300
"""What a timeline shows; the replay has the rest."""
PASSED = 200
"""Rows of the log by which two copies that keep it may pass each other: a batch of each."""
AT_ONCE = 500
"""Rows of a whole list that are held at a time."""
_SEQ = cast(EventLog.event["seq"].astext, Integer)


class Criteria(NamedTuple):
    """What a list of incidents asks for; [start, end) when they were reported, 0 = without bound."""

    status: str = ""
    kind: str = ""
    type: str = ""
    grade: str = ""
    district: str = ""
    exercise: str = ""
    words: str = ""
    start: Instant = 0.0
    end: Instant = 0.0


class Found(NamedTuple):
    """One page, the newest first, and how many the whole list has."""

    rows: list[State]
    total: int


def may_see(actor: Actor) -> None:
    """Raise Refused unless the actor may see the command centre; units (承办单位) have no part in it."""
    if VIEW not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {VIEW}", permission=VIEW)


def listed(session: Session, criteria: Criteria, *, actor: Actor, page: int = 0) -> Found:
    """Return one page of the incidents an actor may see."""
    may_see(actor)
    asked = [sees(actor), *where(criteria)]
    total = session.scalar(select(func.count()).select_from(Incident).where(*asked)) or 0
    rows = session.scalars(
        select(Incident.picture)
        .where(*asked)
        .order_by(Incident.reported_at.desc(), Incident.id.desc())
        .offset(max(page, 0) * PAGE)
        .limit(PAGE)
    )
    return Found([_state(row) for row in rows], total)


def every(session: Session, criteria: Criteria, *, actor: Actor) -> Iterator[State]:
    """Return all the incidents of a list, of one moment: none twice and none missing, whatever happens meanwhile."""
    may_see(actor)
    rows = session.scalars(
        select(Incident.picture)
        .where(sees(actor), *where(criteria))
        .order_by(Incident.reported_at.desc(), Incident.id.desc())
        .execution_options(yield_per=AT_ONCE)
    )
    return map(_state, rows)


def open_ones(session: Session) -> list[State]:
    """Return every incident of the tenant whose response goes on, or not begun; for the live hub, not for a person."""
    rows = session.scalars(
        select(Incident.picture).where(Incident.status.in_(OPEN)).order_by(Incident.id)
    )
    return [_state(row) for row in rows]


def state_of(session: Session, incident_id: int) -> State | None:
    """Return an incident whoever asks, None if there is none; for the live hub, not for a person."""
    found = session.scalar(select(Incident.picture).where(Incident.id == incident_id))
    return _state(found) if found is not None else None


def log(session: Session, incident_id: int, *, after: int = 0) -> list[AnyIncidentEvent]:
    """Return an incident's events behind the place `after`, in order, as the sealed log keeps them."""
    rows = session.scalars(
        select(EventLog.event).where(EventLog.incident == incident_id, after < _SEQ).order_by(_SEQ)
    )
    return [from_row(row) for row in rows]


def labels(session: Session) -> dict[str, str]:
    """Return code -> label of every incident type, used ones that are inactive too."""
    found = session.execute(select(IncidentType.code, IncidentType.label))
    return {row.code: row.label for row in found}


def types_used(session: Session) -> frozenset[str]:
    """Return the types of which there was an incident."""
    return frozenset(session.scalars(select(Incident.type).distinct()))


def _state(row: dict[str, Any]) -> State:
    return msgspec.convert(row, State, str_keys=True)


def where(c: Criteria) -> Iterable[Any]:
    """Yield the conditions of a list; BadInput for what no list can mean."""
    if c.status == "open":
        yield Incident.status.in_(OPEN)
    elif c.status:
        yield Incident.status == c.status
    for column in ("kind", "type", "grade", "district"):
        if getattr(c, column):
            yield getattr(Incident, column) == getattr(c, column)
    if c.exercise not in ("", "yes", "no"):
        raise BadInput("yes or no", field="exercise")
    if c.exercise:
        yield Incident.exercise.is_(c.exercise == "yes")
    if c.words:
        like = f"%{c.words.replace('%', '')}%"
        yield or_(Incident.title.ilike(like), Incident.no.ilike(like))
    if c.start:
        yield Incident.reported_at >= to_datetime(c.start)
    if c.end:
        yield Incident.reported_at < to_datetime(c.end)


def timeline(
    session: Session, incident_id: int, *, actor: Actor, without: Collection[str] = (), most: int = RECENT
) -> list[AnyIncidentEvent]:  # fmt: skip
    """Return an incident's last events up to its row's own, in order: the sealed log, and what is on its way there.

    without : kinds that are left out. Refused without command.view, NotFound outside the actor's scope.
    """
    state = read(session, incident_id, actor=actor)
    own = EventLog.incident == incident_id
    wanted = select(EventLog.event).where(own, EventLog.kind.not_in(without))
    rows = list(session.scalars(wanted.order_by(EventLog.id.desc()).limit(most + PASSED)))
    rows += [row for row in _on_the_way(session, state, most) if row["type"] not in without]
    by_seq = {row["seq"]: row for row in rows if row["seq"] <= state.seq}
    return [from_row(by_seq[seq]) for seq in sorted(by_seq)[-most:]]


def _on_the_way(session: Session, state: State, most: int) -> list[dict[str, Any]]:
    """Return those of an incident's last events which the log does not hold yet: two copies keep it in any order."""
    logged = select(_SEQ).where(EventLog.incident == state.id).order_by(EventLog.id.desc())
    known = set(session.scalars(logged.limit(most + PASSED)))
    missing = [
        seq for seq in range(max(1, state.seq - most + 1), state.seq + 1) if seq not in known
    ]
    if not missing:
        return []
    incident = cast(Outbox.event["incident"].astext, BigInteger)
    stream = streams.incident_stream(tenant_of(session))
    fresh = session.scalars(
        select(Outbox.event)
        .where(Outbox.stream == stream, incident == state.id)
        .order_by(Outbox.id.desc())
        .limit(state.seq - missing[0] + 1)
    )
    return [row for row in fresh if row["seq"] in missing]
