"""The road table: every directed edge of a city version as arrays, checked once at the door."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from gis_data import coordinates
from gis_data.city.bundle import City
from gis_data.roads.faults import CLASSES, check

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float64]
Text = npt.NDArray[np.bytes_]


@dataclass(frozen=True)
class RoadTable:
    """The directed edges of one city version, E edges between N nodes, in the order they came.

    Attributes
    ----------
    edge_id : (E,) bytes, UTF-8. node_id : (N,) bytes, UTF-8.
    lonlat : (N, 2) degrees, WGS-84. xy : (N, 2) metres in `crs`.
    u, v : (E,) dense indexes of the nodes an edge leads from and to.
    length : (E,) metres, geodesic. speed : (E,) km/h, free flow.
    class_code : (E,) index into `faults.CLASSES`. name : (E,) index into `names`.
    way : (E,) the same number for both directions of one piece of road.
    bridge : (E,) bool.
    bends, bend_start : (B, 2) WGS-84 points between an edge's ends, those of edge i from
        bend_start[i] to bend_start[i + 1]. A million straight edges cost nothing; geometry is made
        by `gis_data.roads.lines` for the edges that are asked for.
    turns : (T, 2) edges: nobody may go from the first into the second.
    twin : (E,) the same piece of road the other way round, -1 on a one-way.
    crs : the city's metric system, a PROJ string.
    """

    edge_id: Text
    node_id: Text
    lonlat: Floats
    xy: Floats
    u: Ints
    v: Ints
    length: Floats
    speed: Floats
    class_code: npt.NDArray[np.int8]
    way: Ints
    name: Ints
    names: tuple[str, ...]
    bridge: npt.NDArray[np.bool_]
    bends: Floats
    bend_start: Ints
    turns: Ints
    twin: Ints
    crs: str

    @property
    def edges(self) -> int:
        """Return how many directed edges there are."""
        return len(self.u)

    @property
    def nodes(self) -> int:
        """Return how many nodes there are."""
        return len(self.node_id)

    @cached_property
    def time(self) -> Floats:
        """Return the seconds an edge takes in free flow, (E,)."""
        return np.asarray(self.length / (self.speed / 3.6))

    def metric(self, lonlat: Floats) -> Floats:
        """Return (n, 2) WGS-84 points in metres of `crs`."""
        return np.column_stack(coordinates.metric(self.crs).to(lonlat[:, 0], lonlat[:, 1]))

    def degrees(self, xy: Floats) -> Floats:
        """Return (n, 2) points in metres of `crs` as WGS-84."""
        return np.column_stack(coordinates.metric(self.crs).back(xy[:, 0], xy[:, 1]))

    @cached_property
    def _order(self) -> Ints:
        return np.argsort(self.edge_id, kind="stable").astype(np.int32)

    def find(self, ids: Sequence[str]) -> Ints:
        """Return the indexes of edges by their ids, -1 for an id that is not in this version."""
        if not len(ids):
            return np.empty(0, np.int32)
        asked = encode(ids)
        place = np.searchsorted(self.edge_id, asked, sorter=self._order)
        found = self._order[np.minimum(place, self.edges - 1)]
        return np.where(self.edge_id[found] == asked, found, -1).astype(np.int32)

    def ids(self, edges: Ints) -> list[str]:
        """Return the ids of edges by their indexes."""
        return [raw.decode() for raw in self.edge_id[edges].tolist()]

    def name_of(self, edge: int) -> str:
        """Return the name of an edge's road, empty if it has none."""
        return self.names[int(self.name[edge])]


def from_frames(
    nodes: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, turns: pd.DataFrame | None, *, crs: str
) -> RoadTable:
    """Return the table of a city's layers `nodes`, `roads`, `turns` (docs/city.md), all in WGS-84.

    turns : a frame with `from_edge`, `to_edge`, or None where the city knows none.
    crs : PROJ string of the city's metric system.

    Raises
    ------
    BadInput
        Something in them cannot be driven on; the fact `faults` lists every kind with its first ids.
    """
    check(nodes, roads, turns)
    node_id, edge_id = encode(nodes["id"]), encode(roads["id"])
    u, v = (_places(node_id, encode(roads[end])) for end in "uv")
    way = np.unique(encode(roads["way"]), return_inverse=True)[1].astype(np.int32)
    names, name = _names(roads["name"])
    bends, start = _bends(np.asarray(roads.geometry.values))
    known = {kind: code for code, kind in enumerate(CLASSES)}
    lonlat = shapely.get_coordinates(np.asarray(nodes.geometry.values))
    pairs = [] if turns is None else [turns["from_edge"], turns["to_edge"]]
    banned = [_places(edge_id, encode(ends)) for ends in pairs]
    return RoadTable(
        edge_id=edge_id, node_id=node_id, lonlat=lonlat,
        xy=np.column_stack(coordinates.metric(crs).to(lonlat[:, 0], lonlat[:, 1])),
        u=u, v=v, length=np.asarray(roads["length"], np.float64),
        speed=np.asarray(roads["speed"], np.float64),
        class_code=np.array([known[kind] for kind in roads["class"]], np.int8),
        way=way, name=name, names=names, bridge=np.asarray(roads["bridge"], np.bool_),
        bends=bends, bend_start=start, twin=twins(u, v, way, np.asarray(roads["length"])),
        turns=np.column_stack(banned) if banned else np.empty((0, 2), np.int32), crs=crs,
    )  # fmt: skip


def of_city(city: City) -> RoadTable:
    """Return the road table of a city bundle."""
    return from_frames(city.nodes, city.roads, city.turns, crs=city.manifest.metric_crs)


def encode(texts: Sequence[str]) -> Text:
    """Return texts as UTF-8 bytes: a quarter of what Python's own strings take, and they sort in C."""
    return np.array([str(text).encode() for text in texts], np.bytes_)


def twins(u: Ints, v: Ints, way: Ints, length: Floats) -> Ints:
    """Return for every edge the other direction of the same piece of road, -1 if there is none."""
    low, high = np.minimum(u, v), np.maximum(u, v)
    order = np.lexsort((u, way, high, low))
    first, second = order[:-1], order[1:]
    same = (low[first] == low[second]) & (high[first] == high[second])
    same &= (way[first] == way[second]) & (u[first] != u[second])
    same &= np.isclose(length[first], length[second], rtol=1e-3)
    found = np.full(len(u), -1, np.int32)
    found[first[same]], found[second[same]] = second[same], first[same]
    return found


def _places(known: Text, asked: Text) -> Ints:
    """Return where each of `asked` stands in `known`, which holds it."""
    order = np.argsort(known, kind="stable")
    return order[np.searchsorted(known, asked, sorter=order)].astype(np.int32)


def _names(column: pd.Series) -> tuple[tuple[str, ...], Ints]:
    said = ["" if pd.isna(name) else str(name) for name in column]
    codes: dict[str, int] = {}
    places = [codes.setdefault(name, len(codes)) for name in said]
    return tuple(codes), np.array(places, np.int32)


def _bends(lines: npt.NDArray[np.object_]) -> tuple[Floats, Ints]:
    points, line = shapely.get_coordinates(lines, return_index=True)
    inner = np.zeros(len(points), np.bool_)
    inner[1:-1] = (line[1:-1] == line[:-2]) & (line[1:-1] == line[2:])
    count = np.bincount(line[inner], minlength=len(lines))
    return points[inner], np.concatenate([[0], np.cumsum(count)]).astype(np.int32)
