"""Surroundings of a spot: buffers, the sector of a plume, who is inside, and what is near by driving.

Areas are WGS-84 polygons; whoever keeps tickets or units asks his own tables for what lies in them.
"""

from collections.abc import Sequence
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from gis_data.coordinates import metric
from gis_data.roads.many import costs_from, costs_to
from gis_data.roads.network import Network, Stop
from models.errors import BadInput

MAX_M = 100_000.0
AT_RISK = frozenset({"school", "kindergarten", "nursing_home", "hospital", "shelter"})
"""Kinds whose `people` are protected first."""
SIDES = 32
"""Points of a plume's arc; its edge lies within a five-hundredth of its length."""


def buffer(shape: shapely.Geometry, metres: float, *, crs: str) -> shapely.Geometry:
    """Return the WGS-84 area within so many metres of a WGS-84 shape.

    crs : the city's metric system. BadInput (field `metres`) unless 0 < metres <= 100 km.
    """
    _length(metres, "metres")
    system = metric(crs)
    return system.shapes_back(shapely.buffer(system.shapes_to(shape), metres, quad_segs=16))


def plume(
    lon: float, lat: float, *, wind_from: float, spread: float, length: float, crs: str
) -> shapely.Polygon:
    """Return the WGS-84 sector a cloud drifts over from a spot.

    wind_from : degrees clockwise from north the wind comes from, as the weather service says it; the sector
    lies the other way. spread : degrees of its whole angle, up to 360. length : metres.
    BadInput names the field that cannot be.
    """
    _length(length, "length")
    if not np.isfinite(wind_from):
        raise BadInput("where does the wind come from?", field="wind_from")
    if not 0 < spread <= 360:
        raise BadInput("a spread is more than 0 and at most 360 degrees", field="spread")
    system = metric(crs)
    x, y = (float(part) for part in system.to(lon, lat))
    # grid north differs from true north away from the central meridian, at most some tenths of a degree
    north_x, north_y = (float(part) for part in system.back(x, y + 1.0))
    north = np.arctan2((north_x - lon) * np.cos(np.radians(lat)), north_y - lat)
    toward = np.radians(wind_from + 180.0) - north
    if spread == 360:
        return buffer(shapely.Point(lon, lat), length, crs=crs)
    angles = toward + np.radians(spread) * (np.linspace(0, 1, SIDES + 1) - 0.5)
    arc = np.column_stack([x + length * np.sin(angles), y + length * np.cos(angles)])
    return system.shapes_back(shapely.Polygon([(x, y), *arc]))


class Hit(NamedTuple):
    """A place inside an area: people -1 where unknown; metres from the spot."""

    id: str
    kind: str
    name: str
    people: int
    metres: float
    lon: float
    lat: float


class Kind(NamedTuple):
    """The places of one kind inside: people known of `known` places together, the nearest first."""

    kind: str
    total: int
    people: int
    known: int
    at_risk: bool
    places: tuple[Hit, ...]


def impact(
    area: shapely.Geometry, places: gpd.GeoDataFrame, *, spot: tuple[float, float], crs: str
) -> list[Kind]:
    """Return the places inside a WGS-84 area by kind, those with people at risk first, then by people.

    places : layer `places`. spot : lon, lat the distances are measured from. The counts are those of the
    lists. BadInput when the area is broken.
    """
    if shapely.is_empty(area) or not shapely.is_valid(area):
        raise BadInput("the area is broken", field="area")
    inside = places[np.asarray(shapely.intersects(area, places.geometry.to_numpy()))]
    if not len(inside):
        return []
    lonlat = shapely.get_coordinates(inside.geometry.to_numpy())
    system = metric(crs)
    here = np.column_stack(system.to(lonlat[:, 0], lonlat[:, 1]))
    metres = np.hypot(*(here - np.column_stack(system.to([spot[0]], [spot[1]]))).T)
    rows = zip(
        inside["id"], inside["kind"], inside["name"], inside["people"].astype(int).tolist(),
        metres.tolist(), *lonlat.T.tolist(), strict=True,
    )  # fmt: skip
    kinds: dict[str, list[Hit]] = {}
    for hit in sorted((Hit(*row) for row in rows), key=lambda hit: hit.metres):
        kinds.setdefault(hit.kind, []).append(hit)
    found = [_kind(name, hits) for name, hits in kinds.items()]
    return sorted(found, key=lambda kind: (not kind.at_risk, -kind.people, kind.kind))


def _kind(name: str, hits: Sequence[Hit]) -> Kind:
    known = [hit.people for hit in hits if hit.people >= 0]
    return Kind(name, len(hits), sum(known), len(known), name in AT_RISK, tuple(hits))


class Drive(NamedTuple):
    """A place and the seconds to drive; infinite when no way leads there now, or it is far from any road."""

    id: str
    name: str
    seconds: float
    why: str


def nearest(
    network: Network, spot: Stop, places: gpd.GeoDataFrame, kind: str, *, count: int = 5,
    outbound: bool = False,
) -> tuple[list[Drive], list[Drive]]:  # fmt: skip
    """Return the `count` places of a kind from which one is soonest at the spot, and those that cannot come.

    outbound : the other way round, from the spot to the places (to a hospital). The second list says of each
    place why: `no_way` (closed, one-way or an island; ask for the route to know) or `off_road`.
    """
    chosen = places[places["kind"] == kind]
    if not len(chosen):
        return [], []
    stops = network.ground.snap(shapely.get_coordinates(chosen.geometry.to_numpy()))
    on_road = [place for place, stop in enumerate(stops) if isinstance(stop, Stop)]
    costs = np.full(len(stops), np.inf)
    ask = costs_from if outbound else costs_to
    costs[on_road] = ask(network, spot, [stop for stop in stops if isinstance(stop, Stop)])
    drives = [
        Drive(name, label, seconds, _why(seconds, isinstance(stop, Stop)))
        for name, label, seconds, stop in zip(
            chosen["id"], chosen["name"], costs.tolist(), stops, strict=True
        )
    ]
    reached = sorted((drive for drive in drives if not drive.why), key=lambda drive: drive.seconds)
    return reached[:count], [drive for drive in drives if drive.why]


def _why(seconds: float, on_road: bool) -> str:
    if not on_road:
        return "off_road"
    return "" if np.isfinite(seconds) else "no_way"


def _length(metres: float, field: str) -> None:
    if not 0 < metres <= MAX_M:
        raise BadInput(f"{field} is more than 0 and at most {MAX_M:.0f} metres", field=field)
