"""The road network of the demo city: lattice roads and ring expressways made into nodes, edges and turns."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis_data.city.demo.ground import BANK, LAT, chance, degrees, metres
from gis_data.city.demo.rings import rings
from gis_data.city.demo.streets import Plan, Road, Spot
from gis_data.city.layers import SPEEDS, WGS84
from gis_data.coordinates import lengths

_LANES = {"motorway": 3, "trunk": 3, "primary": 3, "secondary": 2}
_COUNTRY_SPEED = {"primary": 70.0, "tertiary": 50.0}
_GREAT = ("primary", "secondary")
_JITTER_M = 14.0
Place = tuple[float, float]
"""A node by its lattice position; whole for lattice nodes."""


@dataclass
class Piece:
    """A stretch of road between two junctions: its lattice positions in order."""

    path: list[Place]
    road: Road
    bridge: bool = False


@dataclass
class Network:
    """The layers `nodes`, `roads` and `turns`, and the pieces they were made of."""

    nodes: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    turns: gpd.GeoDataFrame
    pieces: list[Piece]

    def __post_init__(self) -> None:
        named = [p for p in self.pieces if p.road.name and not p.road.kind.endswith("_link")]
        flat = {place: place for piece in named for place in piece.path}
        self._names = [piece.road.name for piece in named]
        self._roads = np.array(_lines(named, flat))
        self._tree = shapely.STRtree(self._roads)

    def nearest(self, places: Sequence[Place]) -> list[str]:
        """Return the names of the roads nearest to lattice positions."""
        return [self._names[index] for index in self._tree.nearest(shapely.points(places))]

    def beside(self, place: Place, steps: float) -> Place:
        """Return a lattice position, brought so near to its nearest road if it is farther from it."""
        at = shapely.Point(place)
        near = shapely.shortest_line(self._roads[self._tree.nearest(at)], at)
        if near.length <= steps:
            return place
        moved = near.interpolate(steps)
        return moved.x, moved.y


def network(plan: Plan) -> Network:
    """Return the network, strongly connected: from every node one may drive to every other."""
    ring_pieces, landings = rings(plan)
    pieces = _simplified(plan, landings)
    pieces += [Piece(list(path), road, bridge=_crosses(path)) for path, road in ring_pieces]
    pieces = _connected(pieces)
    _untrap(pieces)
    places = sorted({end for piece in pieces for end in (piece.path[0], piece.path[-1])})
    ids = {place: f"n{number}" for number, place in enumerate(places, 1)}
    shifted = _shifted(pieces)
    lines = _lines(pieces, shifted)
    nodes = gpd.GeoDataFrame(
        {"id": [ids[place] for place in places]},
        geometry=shapely.points(np.array([shifted[place] for place in places])), crs=WGS84,
    )  # fmt: skip
    roads = _directed(pieces, lines, ids)
    return Network(nodes, roads, _turns(roads, nodes), pieces)


def _simplified(plan: Plan, kept: set[Spot]) -> list[Piece]:
    """Return the lattice edges joined where nothing happens: two edges of one road meet, no ramp lands."""
    arms: dict[Spot, list[Spot]] = defaultdict(list)
    for a, b in plan.edges:
        arms[a].append(b)
        arms[b].append(a)
    through = {
        spot
        for spot, (one, *more) in arms.items()
        if len(more) == 1
        and spot not in kept
        and abs(spot[1]) != BANK
        and _road(plan, spot, one) == _road(plan, spot, more[0])
    }
    pieces: list[Piece] = []
    seen: set[tuple[Spot, Spot]] = set()
    for start in sorted(set(arms) - through):
        for step in sorted(arms[start]):
            path = [start, step]
            while path[-1] in through:
                one, two = arms[path[-1]]
                path.append(two if one == path[-2] else one)
            if (start, step) in seen or path[0] == path[-1]:
                continue
            seen.add((path[-1], path[-2]))
            path = path if (path[0], path[1]) in plan.edges else path[::-1]
            pieces.append(Piece(list(path), _road(plan, path[0], path[1]), _crosses(path)))
    return pieces


def _road(plan: Plan, a: Spot, b: Spot) -> Road:
    return plan.edges.get((a, b)) or plan.edges[b, a]


def _crosses(path: Sequence[Place]) -> bool:
    rows = [row for _, row in path]
    return min(rows) < 0 < max(rows)


def _connected(pieces: list[Piece]) -> list[Piece]:
    """Leave out what cannot be reached at all."""
    graph: nx.Graph = nx.Graph((piece.path[0], piece.path[-1]) for piece in pieces)
    main = max(nx.connected_components(graph), key=len)
    return [piece for piece in pieces if piece.path[0] in main]


def _lines(pieces: list[Piece], at: Mapping[Place, Any]) -> Any:  # noqa: ANN401 - shapely is untyped
    """Return the pieces' LineStrings (n,), each position drawn where `at` has it."""
    points = np.array([at[place] for piece in pieces for place in piece.path], float)
    owner = np.repeat(np.arange(len(pieces)), [len(piece.path) for piece in pieces])
    return shapely.linestrings(points, indices=owner)


def _untrap(pieces: list[Piece]) -> None:
    """Open a one-way road to both sides where one could drive in but not out."""
    number: dict[Place, int] = {}
    ends = np.array([
        [number.setdefault(place, len(number)) for place in (piece.path[0], piece.path[-1])]
        for piece in pieces
    ])  # fmt: skip
    while True:
        oneway = np.array([piece.road.oneway for piece in pieces])
        edges = np.concatenate([ends[oneway >= 0], ends[oneway <= 0][:, ::-1]])
        links = csr_array((np.ones(len(edges)), edges.T), shape=(len(number), len(number)))
        part = connected_components(links, connection="strong")[1]
        torn = np.flatnonzero(part[ends[:, 0]] != part[ends[:, 1]])
        if not len(torn):
            return
        for index in torn:
            pieces[index].road = pieces[index].road._replace(oneway=0)


def _shifted(pieces: list[Piece]) -> dict[Place, np.ndarray]:
    """Return lon, lat of every position; those of small streets a little off the ruler."""
    places = sorted({place for piece in pieces for place in piece.path})
    great = {p for piece in pieces if piece.road.kind != "residential" for p in piece.path}
    luck = chance("jitter")
    x, y = metres(*np.array(places, float).T)
    off = np.array([
        (0.0, 0.0) if place in great
        else ((luck.random() - 0.5) * 2 * _JITTER_M, (luck.random() - 0.5) * 2 * _JITTER_M)
        for place in places
    ])  # fmt: skip
    return dict(zip(places, degrees(x + off[:, 0], y + off[:, 1]), strict=True))


def _directed(
    pieces: list[Piece],
    lines: Any,  # noqa: ANN401 - shapely is untyped
    ids: dict[Place, str],
) -> gpd.GeoDataFrame:
    rows: list[dict[str, object]] = []
    shapes: list[object] = []
    metres_of, back = np.round(lengths(lines) * 64) / 64, shapely.reverse(lines)
    for number, (piece, line) in enumerate(zip(pieces, lines, strict=True), 1):
        kind, name, oneway = piece.road
        country = name[-2:] in ("国道", "省道", "县道")
        common = {
            "way": f"w{number}", "name": name, "class": kind,
            "speed": _COUNTRY_SPEED[kind] if country else SPEEDS[kind],
            "lanes": _LANES.get(kind, 1), "bridge": piece.bridge, "tunnel": False,
            "length": float(metres_of[number - 1]),
        }  # fmt: skip
        u, v = ids[piece.path[0]], ids[piece.path[-1]]
        if oneway >= 0:
            rows.append({"id": f"w{number}+", "u": u, "v": v, **common})
            shapes.append(line)
        if oneway <= 0:
            rows.append({"id": f"w{number}-", "u": v, "v": u, **common})
            shapes.append(back[number - 1])
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=WGS84)


class _Edge(NamedTuple):
    id: str
    way: str
    kind: str
    u: str
    v: str
    begins: float
    ends: float
    """Bearings of its first and last stretch in degrees, against the clock from east."""


def _edges(roads: gpd.GeoDataFrame) -> list[_Edge]:
    def bearing(here: int, there: int) -> list[float]:
        lines = roads.geometry.to_numpy()
        a, b = shapely.get_point(lines, here), shapely.get_point(lines, there)
        east = (shapely.get_x(b) - shapely.get_x(a)) * np.cos(np.deg2rad(LAT))
        found: list[float] = np.degrees(
            np.arctan2(shapely.get_y(b) - shapely.get_y(a), east)
        ).tolist()
        return found

    columns = [roads[name].tolist() for name in ("id", "way", "class", "u", "v")]
    return list(map(_Edge, *columns, bearing(0, 1), bearing(-2, -1)))


def _turns(roads: gpd.GeoDataFrame, nodes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Forbid turning back at great junctions, and at some of them the turns to the left."""
    luck = chance("turns")
    arriving: dict[str, list[_Edge]] = defaultdict(list)
    leaving: dict[str, list[_Edge]] = defaultdict(list)
    for edge in _edges(roads):
        arriving[edge.v].append(edge)
        leaving[edge.u].append(edge)
    found: list[tuple[str, str, str, object]] = []
    for node, point in zip(nodes["id"], nodes.geometry, strict=True):
        great = [edge for edge in arriving[node] if edge.kind in _GREAT]
        if len(great) < 3 or len(leaving[node]) < 3:
            continue
        no_left = luck.random() < 0.3
        for edge in great:
            for out in leaving[node]:
                bend = (out.begins - edge.ends + 180) % 360 - 180
                if out.way == edge.way or (no_left and edge.kind == "primary" and 45 < bend < 135):
                    found.append((edge.id, node, out.id, point))
    return gpd.GeoDataFrame(
        {
            "from_edge": [row[0] for row in found], "node": [row[1] for row in found],
            "to_edge": [row[2] for row in found], "kind": "no",
        },
        geometry=[row[3] for row in found], crs=WGS84,
    )  # fmt: skip
