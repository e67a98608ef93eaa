"""Closing and opening roads: rows of `Closure`, audited, told to the outbox. Two who lift at once: one does."""

import shapely
from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.orm import Session

from gis_data.actor import Actor
from gis_data.coordinates import CHINA
from gis_data.roads.network import Ground
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.place import RoadClosed, RoadOpened
from models.store import outbox, streams
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import City, Closure

PERMISSION = "roads.close"
CLOCK = "system:timers"
REASON_MAX = 500
UNDER_M = 15.0
"""A point or a line closes the edges within so many metres: the finger is broader than the road."""
MAX_EDGES = 20_000
"""More than this at once is a slip of the hand, not a closure."""


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor may close and open roads."""
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def close(
    session: Session,
    ground: Ground,
    shape: shapely.Geometry,
    *,
    reason: str,
    ends_at: Instant | None,
    actor: Actor,
    now: Instant,
    within_m: float = UNDER_M,
) -> Closure:
    """Close every edge of the active city that an area touches, or those under a line or a point.

    shape : WGS-84. within_m : metres, for lines and points. BadInput names the field, and for `shape` the
    fact `why`: empty, crossing (the outline crosses itself), swapped, outside, no_road, too_large.
    """
    allowed(actor)
    if not reason.strip() or len(reason) > REASON_MAX or "\0" in reason:
        raise BadInput("a reason is owed, and not a long one", field="reason")
    if ends_at is not None and ends_at <= now:
        raise BadInput("it would end before it begins", field="ends_at")
    city = session.scalar(select(City.id).where(City.active))
    if city is None:
        raise NotFound("no city is active")
    edges = find(ground, shape, within_m)
    row = Closure(
        tenant_id=tenant_of(session), city_id=city, reason=reason.strip(),
        shape=shapely.to_wkb(shape), edges=edges, closed_at=to_datetime(now),
        closed_by=actor.user_id, ends_at=None if ends_at is None else to_datetime(ends_at),
    )  # fmt: skip
    session.add(row)
    session.flush()
    event = RoadClosed(
        id=f"closure-{row.id}-closed", at=now, actor=actor.ref, closure=row.id, city=city,
        reason=row.reason, edges=len(edges), ends=ends_at or 0.0,
    )  # fmt: skip
    _tell(session, event, "road_closed", reason=row.reason, edges=len(edges), ends=ends_at)
    return row


def find(ground: Ground, shape: shapely.Geometry, within_m: float = UNDER_M) -> list[str]:
    """Return the ids of the edges a WGS-84 shape closes; BadInput with `why` as `close` says."""
    _sound(shape)
    area = shape.geom_type in ("Polygon", "MultiPolygon")
    touched = ground.index.touching(shape, 0.0 if area else within_m)
    if not len(touched):
        raise _wrong("no_road")
    if len(touched) > MAX_EDGES:
        raise _wrong("too_large")
    return ground.table.ids(touched)


def lift(
    session: Session, closure_id: int, *, actor: Actor, now: Instant, reason: str = ""
) -> Closure:
    """Open a closure again; what another closure holds stays closed. The audit keeps the reason.

    NotFound for an unknown one, WrongStatus with `lifted_by` and `lifted_at`, or `ends_at`, when it is open
    already.
    """
    allowed(actor)
    if len(reason) > REASON_MAX or "\0" in reason:
        raise BadInput("not a long reason", field="reason")
    row = session.scalar(
        update(Closure)
        .where(Closure.id == closure_id, _open_at(now))
        .values(lifted_at=to_datetime(now), lifted_by=actor.user_id)
        .returning(Closure)
        .execution_options(populate_existing=True)
    )
    if row is None:
        before = session.get(Closure, closure_id, populate_existing=True)
        if before is None:
            raise NotFound(f"no closure {closure_id}")
        raise WrongStatus(
            f"closure {closure_id} is open already", lifted_by=before.lifted_by,
            lifted_at=before.lifted_at, ends_at=before.ends_at,
        )  # fmt: skip
    event = RoadOpened(id=f"closure-{row.id}-opened", at=now, actor=actor.ref, closure=row.id)
    _tell(session, event, "road_opened", **({"reason": reason} if reason else {}))
    return row


def end_due(session: Session, *, now: Instant) -> list[int]:
    """Write down the end of the closures whose time has come, and tell it; each once, however many ask at once.

    They count no more from that instant on whether this has run or not; open maps learn it from the event.
    """
    found = session.execute(
        update(Closure)
        .where(Closure.lifted_at.is_(None), Closure.ends_at <= to_datetime(now))
        .values(lifted_at=Closure.ends_at, lifted_by=0)
        .returning(Closure.id)
    )
    ended = sorted(found.scalars())
    for number in ended:
        event = RoadOpened(id=f"closure-{number}-opened", at=now, actor=CLOCK, closure=number)
        _tell(session, event, "road_opened", reason="ended")
    return ended


def current(session: Session, *, now: Instant) -> list[Closure]:
    """Return the closures that count now, the newest first: not lifted, and their end not come."""
    rows = select(Closure).where(_open_at(now)).order_by(Closure.id.desc())
    return list(session.scalars(rows))


def current_ids(session: Session, *, now: Instant) -> frozenset[int]:
    """Return the ids of the closures that count now: a few numbers out of a partial index."""
    return frozenset(session.scalars(select(Closure.id).where(_open_at(now))))


def edges_in(ground: Ground, row: Closure) -> list[str]:
    """Return the ids of the edges a closure of another city version holds in this one."""
    try:
        return find(ground, shapely.from_wkb(row.shape))
    except BadInput:
        return []


def _open_at(now: Instant) -> ColumnElement[bool]:
    going_on = or_(Closure.ends_at.is_(None), Closure.ends_at > to_datetime(now))
    return Closure.lifted_at.is_(None) & going_on


def _sound(shape: shapely.Geometry) -> None:
    """Raise BadInput when a shape is none, crosses itself, or lies where no city of ours is."""
    if shape is None or shapely.is_empty(shape):
        raise _wrong("empty")
    if shape.geom_type not in ("Point", "LineString", "Polygon", "MultiPolygon"):
        raise _wrong("empty")
    west, south, east, north = shapely.bounds(shape)
    if not _in_china(west, south, east, north):
        raise _wrong("swapped" if _in_china(south, west, north, east) else "outside")
    if not shapely.is_valid(shape):
        raise _wrong("crossing")


def _in_china(west: float, south: float, east: float, north: float) -> bool:
    return CHINA[0] <= west <= east <= CHINA[2] and CHINA[1] <= south <= north <= CHINA[3]


def _wrong(why: str) -> BadInput:
    return BadInput(f"shape: {why}", field="shape", why=why)


def _tell(session: Session, event: RoadClosed | RoadOpened, verb: str, **detail: object) -> None:
    subject = f"closure:{event.closure}"
    audit(session, actor=event.actor, verb=verb, subject=subject, now=event.at, **detail)
    outbox.record(session, streams.place_stream(tenant_of(session)), event)
