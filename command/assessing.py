"""Who and what a buffer or a plume holds, written down as it was at that moment; the wind a plume begins with."""

import math
from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
from sqlalchemy.orm import Session

from command import moving, plotting
from command.plot_shapes import geometry, wind_from
from gis_data import state, surroundings
from models.clock import Instant
from models.errors import BadInput
from models.events.incident.plotting import AreaAssessed, Drawing
from tickets import around, search
from tickets.criteria import Criteria
from tickets.moving import Actor

TICKETS_MOST = 1_000
"""Open tickets are counted up to here; the list behind the figure has them all."""
WIND_UNITS = frozenset({"°", "度", "deg"})
WIND_WORD = "风向"


class Impact(NamedTuple):
    """What an area holds: places by kind, those at risk first; open tickets, counted up to `TICKETS_MOST`.

    around : the criterion their list is found by.
    """

    kinds: Sequence[surroundings.Kind]
    tickets: int
    more: bool
    around: str

    @property
    def people(self) -> int:
        """Return the people known of."""
        return sum(kind.people for kind in self.kinds)

    @property
    def places(self) -> int:
        """Return how many places lie inside."""
        return sum(kind.total for kind in self.kinds)

    @property
    def unknown(self) -> int:
        """Return of how many places nobody knows the people."""
        return sum(kind.total - kind.known for kind in self.kinds)

    @property
    def protected(self) -> int:
        """Return how many key protected places lie inside."""
        return sum(kind.total for kind in self.kinds if kind.at_risk)


def assess(
    session: Session, incident_id: int, drawing: str, *, places: gpd.GeoDataFrame, crs: str,
    actor: Actor, now: Instant,
) -> Impact:  # fmt: skip
    """Write down what a buffer or plume holds now; BadInput (`drawing`) for a drawing that is neither.

    places : the city's layer of places. The tickets are those the actor may see.
    """
    held = moving.take(session, incident_id, "assess", actor=actor, now=now)
    body = plotting.current(session, incident_id, drawing)
    if body.effect not in ("buffer", "plume"):
        raise BadInput("neither buffer nor plume", field="drawing")
    kinds = surroundings.impact(geometry(body, crs), places, spot=body.points[0], crs=crs)
    where = _around(body)
    found = search.count(
        session, Criteria(around=where, result="open"), actor=actor, now=now, most=TICKETS_MOST + 1
    )
    impact = Impact(kinds, min(found, TICKETS_MOST), found > TICKETS_MOST, where)
    moving.tell(
        session, held,
        AreaAssessed(
            **held.facts(), drawing=drawing, places=impact.places, people=impact.people,
            unknown=impact.unknown, protected=impact.protected, tickets=impact.tickets,
        ),
    )  # fmt: skip
    return impact


def _around(body: Drawing) -> str:
    """Return the criterion of the tickets inside; a sector's wind comes from where it does not lie."""
    (lon, lat), metres = body.points[0], body.metres
    circle = f"{lon:.6f},{lat:.6f},{metres:.0f}"
    return (
        circle if body.effect == "buffer" else f"{circle},{wind_from(body):.0f},{body.spread:.0f}"
    )


class Wind(NamedTuple):
    """Where the wind comes from, degrees, as the nearest station told it at that instant."""

    wind_from: float
    label: str
    at: Instant


def wind_at(session: Session, lon: float, lat: float, *, now: Instant) -> Wind | None:
    """Return the wind the weather service tells of now, at the station nearest by; None: it has to be asked for."""
    told = [
        row
        for row in state.current(session, now=now)
        if row.bureau == "weather" and row.value is not None and math.isfinite(row.value)
        and (row.unit in WIND_UNITS or WIND_WORD in row.label) and row.until.timestamp() > now
    ]  # fmt: skip
    if not told:
        return None
    near = min(told, key=lambda row: around.metres(lon, lat, row.lon, row.lat))
    return Wind((near.value or 0.0) % 360.0, near.label, near.at.timestamp())
