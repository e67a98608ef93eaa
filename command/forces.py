"""Response units as they are now: where, since when not heard of, bound to what; and as a recommendation sees them."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
from sqlalchemy import select, true
from sqlalchemy.orm import Session

from command.moving import SYSTEM, sees
from command.plans import policy
from command.queries import may_see
from command.recommend import Candidate, Floor, Why
from gis_data.roads.many import costs_to
from gis_data.roads.network import Ground, Network, Stop
from models.clock import Instant
from models.tables import Assignment, Capability, Incident, Reserve, ResponseUnit
from tickets.moving import Actor

INF = float("inf")


class Bound(NamedTuple):
    """What a unit is bound to: its open assignment, the incident's id, number, title and district, and its step.

    Of an incident the asker may not see there is the step alone: `incident` is 0.
    """

    assignment: int
    incident: int
    no: str
    title: str
    district: str
    progress: str


class UnitLine(NamedTuple):
    """A unit as it is now.

    lon, lat : its last position, its station's before the first; age : seconds since we heard it, None before the
    first; stale : that is longer ago than the tenant relies on.
    """

    row: ResponseUnit
    lon: float
    lat: float
    age: float | None
    stale: bool
    bound: Bound | None

    @property
    def staffed(self) -> bool:
        """True while enough people are there for it to leave."""
        return self.row.staff >= self.row.min_staff


def capabilities(session: Session) -> dict[str, str]:
    """Return code -> label of every capability, in the tenant's order."""
    found = session.execute(
        select(Capability.code, Capability.label).order_by(Capability.position, Capability.code)
    )
    return {row.code: row.label for row in found}


def floors(session: Session) -> list[Floor]:
    """Return what must stay available."""
    found = session.execute(
        select(Reserve.capability, Reserve.district, Reserve.least).order_by(
            Reserve.capability, Reserve.district
        )
    )
    return [Floor(*row) for row in found]


def bound(session: Session, *, actor: Actor) -> dict[str, Bound]:
    """Return unit -> what it is bound to, of all that are; which incident only where the actor sees it."""
    found = session.execute(
        select(
            Assignment.unit, sees(actor), Assignment.id, Incident.id, Incident.no, Incident.title,
            Incident.district, Assignment.progress,
        )
        .join(Incident, Incident.id == Assignment.incident_id)
        .where(Assignment.closed_at.is_(None))
    )  # fmt: skip
    held = ((row[0], row[1], Bound(*row[2:])) for row in found)
    return {
        unit: one if seen else Bound(0, 0, "", "", "", one.progress) for unit, seen, one in held
    }


def units(session: Session, *, actor: Actor, now: Instant, all_: bool = False) -> list[UnitLine]:
    """Return the units of the actor's district and of none, by code; with `all_` those out of use too."""
    may_see(actor)
    lines = everywhere(session, now=now, all_=all_, actor=actor)
    return [line for line in lines if own(actor, line.row.district)]


def own(actor: Actor, district: str) -> bool:
    """Say whether what belongs to a district is the actor's to send or change."""
    return not actor.district or district in ("", actor.district)


def everywhere(
    session: Session, *, now: Instant, all_: bool = False, actor: Actor = SYSTEM
) -> list[UnitLine]:
    """Return the units of the whole city, by code; for services and the live hub, not for a person."""
    rows = session.scalars(
        select(ResponseUnit)
        .where(true() if all_ else ResponseUnit.active)
        .order_by(ResponseUnit.code)
        .execution_options(populate_existing=True)
    )
    held, stale_s = bound(session, actor=actor), policy(session).stale_s
    return [line_of(row, held.get(row.code), stale_s, now) for row in rows]


def line_of(row: ResponseUnit, held: Bound | None, stale_s: float, now: Instant) -> UnitLine:
    """Return a unit with its position and the age of it.

    The age is counted by our clock, from when we heard it: a device's clock may be wrong.
    """
    lon, lat = spot(row)
    age = None if row.heard_at is None else max(0.0, now - row.heard_at.timestamp())
    return UnitLine(row, lon, lat, age, age is not None and age > stale_s, held)


def spot(row: ResponseUnit) -> tuple[float, float]:
    """Return where a unit was last, at its station before its first position."""
    if row.lon is None or row.lat is None:
        return row.station_lon, row.station_lat
    return row.lon, row.lat


# --- what a recommendation asks -------------------------------------------------------------


class Target(NamedTuple):
    """The scene on the network; `problem` says why it is not there: no_place, no_city, outside, off_road."""

    stop: Stop | None
    problem: str = ""


OUTSIDE_M = 5_000.0
"""Further than this from any road of ours a place is outside the city."""


def target(network: Network | None, lon: float | None, lat: float | None) -> Target:
    """Return an incident's place on the roads."""
    if lon is None or lat is None:
        return Target(None, "no_place")
    if network is None:
        return Target(None, "no_city")
    found = network.ground.snap(np.array([[lon, lat]]))[0]
    if isinstance(found, Stop):
        return Target(found)
    return Target(None, "off_road" if found < OUTSIDE_M else "outside")


_KNOWN: "WeakKeyDictionary[Ground, dict[tuple[float, float], Stop | float]]" = WeakKeyDictionary()
_KNOWN_MOST = 5_000
"""Units stand at their stations most of the time: where a place is on the roads is looked up once."""


def _stops(network: Network, places: Sequence[tuple[float, float]]) -> list[Stop | float]:
    """Return each place on the roads; the closures of the moment have no part in it."""
    known = _KNOWN.setdefault(network.ground, {})
    fresh = [place for place in set(places) if place not in known]
    found = dict(zip(fresh, network.ground.snap(np.array(fresh)), strict=True)) if fresh else {}
    stops = [found[place] if place in found else known[place] for place in places]
    if len(known) + len(found) > _KNOWN_MOST:
        known.clear()
    known.update(found)
    return stops


def drives(
    network: Network | None, scene: Target, places: Sequence[tuple[float, float]]
) -> list[float | None]:
    """Return the seconds to drive from each place to the scene, infinite where no way leads there.

    None where the place itself is on no road; infinite for all while the scene is on none.
    """
    if network is None or scene.stop is None or not places:
        return [INF] * len(places)
    stops = _stops(network, places)
    on = [stop for stop in stops if isinstance(stop, Stop)]
    costs = iter(costs_to(network, scene.stop, on).tolist())
    return [next(costs) if isinstance(stop, Stop) else None for stop in stops]


def candidates(
    lines: Sequence[UnitLine], seconds: Sequence[float | None], scene: Target, *, actor: Actor
) -> list[Candidate]:
    """Return the units as the recommendation sees them."""
    return [
        _candidate(line, drive, scene, actor) for line, drive in zip(lines, seconds, strict=True)
    ]


def _candidate(line: UnitLine, drive: float | None, scene: Target, actor: Actor) -> Candidate:
    row = line.row
    spare = row.state == "available" and line.staffed and not line.stale
    checks: Mapping[Why, bool] = {
        "busy": row.state == "committed",
        "out_of_service": row.state == "out_of_service",
        "district": not own(actor, row.district),
        "understaffed": not line.staffed,
        "stale": line.stale,
        "no_place": scene.stop is None,
        "off_road": drive is None,
        "no_way": drive == INF,
    }
    why: Why | Literal[""] = next((reason for reason, holds in checks.items() if holds), "")
    return Candidate(
        row.code, row.label, frozenset(row.capabilities), row.district,
        INF if drive is None else drive, why, spare,
    )  # fmt: skip
