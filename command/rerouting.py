"""Ways that follow the roads: every unit on its way is looked at again when a road closes, opens or slows, or it moves.

Only what changes an arrival by more than the tenant's threshold is told, or a way that is lost or found again.
"""

from dataclasses import replace
from itertools import groupby
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import forces, ways
from command.forces import Target, spot
from command.moving import SYSTEM, read, take, tell
from command.plans import policy
from gis_data.roads.network import Network
from gis_data.roads.routes import Route, Unreachable
from models.clock import Instant, to_datetime
from models.errors import NotFound, WrongStatus
from models.events.incident.response import RouteChanged
from models.rules.incident.moves import OPEN
from models.rules.incident.progress import DRIVING, MOVING
from models.tables import Assignment, Incident, ResponseUnit
from tickets.moving import Actor

Cause = Literal["closure", "traffic", "position", "target"]


class OnTheWay(NamedTuple):
    """An assignment whose unit is still to arrive, the unit, and the incident's place now."""

    row: Assignment
    unit: ResponseUnit
    lon: float
    lat: float


class Found(NamedTuple):
    """A way that is not what it was: seconds from `base` on, the cause, seconds left before and now (-1 = none)."""

    seconds: float
    base: Instant
    cause: Cause
    was: float
    left: float


def reroute(session: Session, network: Network, *, now: Instant) -> int:
    """Find the ways of all units that are still to arrive anew; return how many changed and were told."""
    told = 0
    found = _on_the_way(session)
    for incident, group in groupby(found, key=lambda each: each.row.incident_id):
        changed = _changed(list(group), network, policy(session).reroute_s, now)
        for each, way in changed:
            told += _tell(session, incident, each, way, network, now)
    return told


def _on_the_way(session: Session) -> list[OnTheWay]:
    rows = session.execute(
        select(Assignment, ResponseUnit, Incident.lon, Incident.lat)
        .join(ResponseUnit, ResponseUnit.code == Assignment.unit)
        .join(Incident, Incident.id == Assignment.incident_id)
        .where(
            Assignment.closed_at.is_(None), Assignment.progress.in_(MOVING), Incident.status.in_(OPEN),
        )
        .order_by(Assignment.incident_id, Assignment.id)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    return [
        OnTheWay(row, unit, lon, lat)
        for row, unit, lon, lat in rows
        if lon is not None and lat is not None
    ]


def _changed(
    group: list[OnTheWay], network: Network, least_s: float, now: Instant
) -> list[tuple[OnTheWay, Found]]:
    """Return the assignments of one incident whose way changed."""
    scene = forces.target(network, group[0].lon, group[0].lat)
    here = forces.drives(network, scene, [spot(each.unit) for each in group])
    changed = []
    for each, seconds in zip(group, here, strict=True):
        drive = ways.NONE if seconds is None or seconds == forces.INF else seconds
        base = _base(each, now)
        was, left = expected(each.row, now), _left(drive, base, now)
        if (was < 0) != (left < 0) or abs(left - was) > least_s:
            cause = _cause(each, network, scene, least_s)
            changed.append((each, Found(drive, base, cause, was, left)))
    return changed


def _base(each: OnTheWay, now: Instant) -> Instant:
    """Return since when the unit drives from where it was last: from then on the seconds run down."""
    began = each.row.routed_at.timestamp()
    if each.row.progress not in DRIVING:
        return now
    heard = each.unit.heard_at
    return began if heard is None else max(began, min(heard.timestamp(), now))


def expected(row: Assignment, now: Instant) -> float:
    """Return the seconds a unit has still to drive by what was last told of it, -1 where no way led there."""
    base = row.routed_at.timestamp() if row.progress in DRIVING else now
    return _left(row.seconds, base, now)


def _left(seconds: float, base: Instant, now: Instant) -> float:
    return seconds if seconds < 0 else max(0.0, seconds - max(0.0, now - base))


def _cause(each: OnTheWay, network: Network, scene: Target, least_s: float) -> Cause:
    """Return what changed the way: whether from where it was reckoned last it takes longer now, or less."""
    row = each.row
    if (row.to_lon, row.to_lat) != (each.lon, each.lat):
        return "target"
    closed = row.closed != ways.closed_mark(network)
    driven = row.driven != ways.driven_mark(network)
    if not (closed or driven) or row.from_lon is None or row.from_lat is None or scene.stop is None:
        return "position"
    from_there = ways.drive(network, (row.from_lon, row.from_lat), scene.stop).seconds
    if (from_there < 0) == (row.seconds < 0) and abs(from_there - row.seconds) <= least_s:
        return "position"
    if closed and driven:
        # with every closure lifted only the speeds are left to have done it
        unclosed = replace(network, closures={}, count={})
        free = ways.drive(unclosed, (row.from_lon, row.from_lat), scene.stop).seconds
        closed = free < 0 or abs(free - row.seconds) <= least_s or from_there < 0
    return "closure" if closed else "traffic"


def _tell(
    session: Session, incident: int, each: OnTheWay, found: Found, network: Network, now: Instant
) -> bool:
    """Tell a changed way; False when the incident or the assignment moved on meanwhile."""
    try:
        held = take(session, incident, "reroute", actor=SYSTEM, now=now)
    except WrongStatus:
        return False
    row, (lon, lat) = each.row, spot(each.unit)
    session.refresh(row)
    if row.closed_at is not None or row.progress not in MOVING:
        return False
    metres = ways.NONE
    if found.seconds >= 0:
        scene = forces.target(network, each.lon, each.lat).stop
        metres = ways.drive(network, (lon, lat), scene).metres
    row.seconds, row.metres, row.routed_at = found.seconds, metres, to_datetime(found.base)
    row.from_lon, row.from_lat, row.to_lon, row.to_lat = lon, lat, each.lon, each.lat
    row.closed, row.driven = ways.closed_mark(network), ways.driven_mark(network)
    event = RouteChanged(
        assignment=row.id, unit=row.unit, cause=found.cause, was=found.was, seconds=found.left,
        metres=metres, **held.facts(),
    )  # fmt: skip
    tell(session, held, event)
    return True


# --- drawn ----------------------------------------------------------------------------------


def route_of(
    session: Session, network: Network, assignment_id: int, *, actor: Actor
) -> Route | Unreachable | None:
    """Return the way a unit has still before it, to be drawn; None where one of its ends is on no road.

    Refused, NotFound as `moving.read`.
    """
    found = session.execute(
        select(Assignment, ResponseUnit).join(ResponseUnit, ResponseUnit.code == Assignment.unit).where(
            Assignment.id == assignment_id
        )
    ).first()  # fmt: skip
    if found is None:
        raise NotFound(f"no assignment {assignment_id}")
    place = read(session, found[0].incident_id, actor=actor).place
    scene = forces.target(network, place.lon, place.lat).stop
    return None if scene is None else ways.way(network, spot(found[1]), scene)
