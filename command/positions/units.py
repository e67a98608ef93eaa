"""Response units as screens and the tracker need them: who each is, how it stands, where it was last."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import forces
from command.forces import UnitLine
from command.plans import Policy, policy
from command.positions.fix import Fix
from command.positions.judge import Judged, Known, Scene
from models.clock import Instant
from models.tables import Assignment, Incident, ResponseUnit
from tickets.around import metres

GOING = ("dispatched", "acknowledged", "en_route")
"""Steps from which a unit arrives by being there; one that waits at a staging place says itself when it goes on."""


def live(session: Session, *, now: Instant) -> dict[str, dict[str, Any]]:
    """Return unit code -> all that a screen shows of it, of the whole city; for the live hub, not for a person."""
    rules = policy(session)
    return {
        line.row.code: {**facts(line, rules), **position(line)}
        for line in forces.everywhere(session, now=now)
    }


def standing(session: Session, *, now: Instant) -> dict[str, dict[str, Any]]:
    """Return unit code -> how it stands, without where it is."""
    rules = policy(session)
    return {line.row.code: facts(line, rules) for line in forces.everywhere(session, now=now)}


def facts(line: UnitLine, rules: Policy) -> dict[str, Any]:
    """Return how a unit stands, without where it is.

    stale_s : after so long unheard it is shown as lost; bound_in : the district of its incident, whose id and number
    only those get who see that district.
    """
    row, bound = line.row, line.bound
    return {
        "label": row.label, "type": row.type, "state": row.state, "reason": row.reason,
        "district": row.district, "organisation": row.organisation, "phone": row.phone,
        "capabilities": list(row.capabilities), "staff": row.staff, "staffed": line.staffed,
        "stale_s": rules.stale_s, "assignment": bound.assignment if bound else 0,
        "incident": bound.incident if bound else 0, "no": bound.no if bound else "",
        "bound_in": bound.district if bound else "", "progress": bound.progress if bound else "",
    }  # fmt: skip


def position(line: UnitLine) -> dict[str, Any]:
    """Return where a unit was last, at its station before its first position: then `heard` is 0."""
    row = line.row
    return {
        "lon": line.lon, "lat": line.lat, "speed": row.speed, "heading": row.heading,
        "at": row.fixed_at.timestamp() if row.fixed_at else 0.0,
        "heard": row.heard_at.timestamp() if row.heard_at else 0.0, "skewed": False,
    }  # fmt: skip


def moved(fix: Fix, judged: Judged) -> dict[str, Any]:
    """Return what a believed fix changes on screens."""
    return {
        "lon": round(fix.lon, 6), "lat": round(fix.lat, 6), "speed": fix.speed, "heading": fix.heading,
        "at": round(judged.at, 3), "heard": round(fix.heard, 3), "skewed": judged.skewed,
    }  # fmt: skip


def known(session: Session) -> dict[str, Known]:
    """Return unit code -> what its row knows of its last position, to judge the next by."""
    rows = session.scalars(select(ResponseUnit).where(ResponseUnit.fixed_at.is_not(None)))
    return {row.code: found for row in rows if (found := _known(row)) is not None}


def _known(row: ResponseUnit) -> Known | None:
    if row.fixed_at is None or row.heard_at is None or row.lon is None or row.lat is None:
        return None
    at = row.fixed_at.timestamp()
    return Known(at, at, row.heard_at.timestamp(), row.lon, row.lat)


def scenes(session: Session) -> dict[str, Scene]:
    """Return unit code -> where it arrives by being there, of those on their way.

    A unit that was there already when it was sent arrives when it says so, or once it is under way.
    """
    near_m = policy(session).arrival_m
    found = session.execute(
        select(Assignment, Incident.lon, Incident.lat)
        .join(Incident, Incident.id == Assignment.incident_id)
        .where(Assignment.closed_at.is_(None), Assignment.progress.in_(GOING))
    )
    return {
        row.unit: Scene(row.id, lon, lat, near_m)
        for row, lon, lat in found
        if lon is not None and lat is not None
        and (row.progress == "en_route" or _came(row, lon, lat, near_m))
    }  # fmt: skip


def orders(session: Session) -> dict[str, tuple[int, str, float, float]]:
    """Return unit code -> its assignment, the step it stands at and where to go, of all that are bound to a place."""
    found = session.execute(
        select(Assignment.unit, Assignment.id, Assignment.progress, Incident.lon, Incident.lat)
        .join(Incident, Incident.id == Assignment.incident_id)
        .where(Assignment.closed_at.is_(None))
    )
    return {
        unit: (assignment, progress, lon, lat)
        for unit, assignment, progress, lon, lat in found
        if lon is not None and lat is not None
    }


def _came(row: Assignment, lon: float, lat: float, near_m: float) -> bool:
    if row.from_lon is None or row.from_lat is None:
        return True
    return metres(row.from_lon, row.from_lat, lon, lat) > near_m


def changed(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, Any] | None]:
    """Return what differs between two looks at the units' facts; None for a unit that is gone."""
    told: dict[str, dict[str, Any] | None] = {code: None for code in before if code not in after}
    for code, now in after.items():
        was = before.get(code, {})
        different = {name: value for name, value in now.items() if was.get(name, ...) != value}
        if different:
            told[code] = different
    return told
