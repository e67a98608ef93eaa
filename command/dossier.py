"""事件专题信息: what is known of an incident's place, assembled by itself: premises, hazards, people, tickets, cameras,
weather, units, supplies, shelters. Every figure is asked of the room that has it.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeVar

import shapely
from sqlalchemy.orm import Session

from command import forces, sites, supplies
from command.forces import UnitLine
from gis_data import state as city_state
from gis_data.city.bundle import City
from gis_data.feeds.cameras import cameras as cameras_of
from gis_data.surroundings import Hit, Kind, buffer, impact
from models.clock import Instant
from models.rules.incident.plans import Around
from models.rules.incident.state import Incident
from models.tables import Camera, CityState, Depot, Shelter, Supply
from tickets import search
from tickets.around import metres
from tickets.criteria import Criteria
from tickets.moving import Actor

REACH_M = 1500.0
"""How far one looks for hazards and people at risk."""
NEAR_M = 3000.0
"""How far one looks for readings."""
NEAREST = 4
"""How many of each there is to help with."""
COUNTED = 1000


Thing = TypeVar("Thing", Camera, UnitLine, Depot, Shelter)


class Means(NamedTuple):
    """What there is to see and help with: the `NEAREST` of each, with its metres from the scene as the crow flies.

    units : of the asker's district and of none, whatever they are at; depots : his, too;
    stocks : depot -> what it has; shelters : of the whole city.
    """

    cameras: Sequence[tuple[float, Camera]]
    units: Sequence[tuple[float, UnitLine]]
    depots: Sequence[tuple[float, Depot]]
    stocks: Mapping[str, Sequence[Supply]]
    shelters: Sequence[tuple[float, Shelter]]


class Dossier(NamedTuple):
    """What lies round an incident.

    kinds : places within `REACH_M`, those at risk first; premises : the nearest place of all; people : known to be
    in places at risk, `unknown` of them do not say; tickets : open ones within `REACH_M`, at most `COUNTED`
    counted, -1 for who may see none;
    readings : what the bureaus told within `NEAR_M`, weather from anywhere, the nearest first; area : WGS-84.
    """

    area: shapely.Geometry
    kinds: Sequence[Kind]
    premises: Hit | None
    people: int
    unknown: int
    tickets: int
    readings: Sequence[tuple[float, CityState]]
    means: Means

    @property
    def around(self) -> Around:
        """Return what the rules of plans ask."""
        return Around({kind.kind: kind.places[0].metres for kind in self.kinds}, self.people)


def inside(incident: Incident, city: City) -> bool:
    """True when the incident has a place, and it lies within the city's box."""
    lon, lat = incident.place.lon, incident.place.lat
    if lon is None or lat is None:
        return False
    return bool(shapely.box(*city.manifest.bbox).intersects(shapely.Point(lon, lat)))


def around(incident: Incident, city: City) -> Around:
    """Return what the rules of plans ask; nothing where the incident has no place in the city."""
    lon, lat = incident.place.lon, incident.place.lat
    if lon is None or lat is None or not inside(incident, city):
        return Around()
    _, kinds = _places(lon, lat, city)
    people, _ = _at_risk(kinds)
    return Around({kind.kind: kind.places[0].metres for kind in kinds}, people)


def dossier(
    session: Session, incident: Incident, city: City, *, actor: Actor, now: Instant
) -> Dossier | None:
    """Return what lies round an incident, None where it has no place in the city."""
    lon, lat = incident.place.lon, incident.place.lat
    if lon is None or lat is None or not inside(incident, city):
        return None
    area, kinds = _places(lon, lat, city)
    people, unknown = _at_risk(kinds)
    hits = [hit for kind in kinds for hit in kind.places[:1]]
    near = Criteria(around=f"{lon},{lat},{REACH_M:.0f}", result="open")
    told = [
        (metres(lon, lat, row.lon, row.lat), row) for row in city_state.current(session, now=now)
    ]
    readings = [
        (far, row) for far, row in told if far <= NEAR_M or (row.bureau == "weather" and row.value is not None)
    ]  # fmt: skip
    return Dossier(
        area, kinds, min(hits, key=lambda hit: hit.metres, default=None), people, unknown,
        search.count(session, near, actor=actor, now=now, most=COUNTED) if "ticket.view" in actor.can else -1,
        sorted(readings, key=lambda reading: reading[0]),
        _means(session, lon, lat, actor, now),
    )  # fmt: skip


def plotted(
    session: Session, incident: Incident, city: City, *, actor: Actor, now: Instant
) -> tuple[Sequence[Kind], Means] | None:
    """Return what of a dossier is drawn on a map, None where the incident has no place in the city."""
    lon, lat = incident.place.lon, incident.place.lat
    if lon is None or lat is None or not inside(incident, city):
        return None
    return _places(lon, lat, city)[1], _means(session, lon, lat, actor, now)


def _means(session: Session, lon: float, lat: float, actor: Actor, now: Instant) -> Means:
    stocks = supplies.by_depot(supplies.stocks(session, actor=actor))
    depots = [row for row in sites.depots(session, actor=actor) if row.active]
    shelters = [row for row in sites.shelters(session, actor=actor) if row.active]
    return Means(
        _nearest(lon, lat, cameras_of(session)),
        _nearest(lon, lat, forces.units(session, actor=actor, now=now)),
        _nearest(lon, lat, depots), stocks, _nearest(lon, lat, shelters),
    )  # fmt: skip


def _nearest(lon: float, lat: float, rows: Iterable[Thing]) -> list[tuple[float, Thing]]:
    far = [(metres(lon, lat, row.lon, row.lat), row) for row in rows]
    return sorted(far, key=lambda each: each[0])[:NEAREST]


def _places(lon: float, lat: float, city: City) -> tuple[shapely.Geometry, list[Kind]]:
    crs = city.manifest.metric_crs
    area = buffer(shapely.Point(lon, lat), REACH_M, crs=crs)
    return area, impact(area, city.places, spot=(lon, lat), crs=crs)


def _at_risk(kinds: Sequence[Kind]) -> tuple[int, int]:
    """Return the people known of in places at risk, and how many of those places do not say."""
    risk = [kind for kind in kinds if kind.at_risk]
    return sum(kind.people for kind in risk), sum(kind.total - kind.known for kind in risk)
