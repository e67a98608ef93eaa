"""One immutable version of the network: the table, what is closed, what is driven. A new one costs what changed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np

from gis_data.roads import csr, index
from gis_data.roads.faults import MAX_KMH
from gis_data.roads.index import SNAP_M, Index
from gis_data.roads.table import Floats, Ints, RoadTable
from gis_data.roads.weights import By, Weights, closed, plain
from models.errors import BadInput, NotFound, WrongStatus

MIN_KMH = 1.0
"""Slower than this is standing: a road nobody can use is closed, not driven at zero."""


class Stop(NamedTuple):
    """A place on the network: the edges it lies on with how far along, both directions of a two-way road.

    distance : metres from the place asked for to the road. node : instead of edges, exactly there.
    """

    lonlat: tuple[float, float]
    on: tuple[tuple[int, float], ...] = ()
    node: int = -1
    distance: float = 0.0


@dataclass(frozen=True, eq=False)
class Ground:
    """What all versions of one city share: table, graph and index, and the weights of free flow.

    pace : metres in one second on an ordinary road of this city.
    """

    table: RoadTable
    graph: csr.RoadGraph
    index: Index
    pace: float

    def snap(self, lonlats: Floats, limit_m: float = SNAP_M) -> list[Stop | float]:
        """Return for each of (n, 2) WGS-84 points its place on the network.

        Beyond `limit_m` metres the answer is the distance to the nearest road instead, infinite when
        none is in sight.
        """
        points = np.asarray(lonlats, np.float64).reshape(-1, 2)
        near = self.index.nearest(points, limit_m)
        return [
            self._stop((lon, lat), edge, fraction, distance) if edge >= 0 else distance
            for (lon, lat), edge, fraction, distance in zip(
                points.tolist(), near.edge.tolist(), near.fraction.tolist(),
                near.distance.tolist(), strict=True,
            )
        ]  # fmt: skip

    def _stop(
        self, lonlat: tuple[float, float], edge: int, fraction: float, distance: float
    ) -> Stop:
        twin = int(self.table.twin[edge])
        both = ((edge, fraction), (twin, 1.0 - fraction))
        return Stop(lonlat, both if twin >= 0 else both[:1], -1, distance)

    def at_node(self, node: int) -> Stop:
        """Return the place of a node."""
        lon, lat = self.table.lonlat[node].tolist()
        return Stop((lon, lat), node=node)


def ground(table: RoadTable) -> Ground:
    """Return the ground of a table: 0.2 s for a city of 20,000 nodes, some seconds for a million."""
    metres, seconds = float(table.length.sum()), float(table.time.sum())
    return Ground(table, csr.build(table), index.build(table), metres / seconds)


@dataclass(frozen=True)
class Network:
    """One version: the ground, open closures and live speeds; every route tells `version`.

    closures : id -> edges; several may hold one edge. count : edge -> how many hold it.
    speeds : edge -> km/h driven now.
    """

    ground: Ground
    version: str = "0"
    closures: Mapping[int, Ints] = field(default_factory=dict)
    count: Mapping[int, int] = field(default_factory=dict)
    speeds: Mapping[int, float] = field(default_factory=dict)

    @property
    def table(self) -> RoadTable:
        """Return the road table."""
        return self.ground.table

    @cached_property
    def free(self) -> dict[By, Weights]:
        """Return the weights as if nothing were closed, live speeds in them."""
        graph = self.ground.graph
        seconds = plain(graph, "time")
        if self.speeds:
            edges = np.fromiter(self.speeds, np.int32, len(self.speeds))
            kmh = np.fromiter(self.speeds.values(), np.float64, len(self.speeds))
            seconds = seconds.with_edges(edges, self.table.length[edges] / (kmh / 3.6))
        return {"length": plain(graph, "length"), "time": seconds}

    @cached_property
    def now(self) -> dict[By, Weights]:
        """Return the weights as the roads are open now."""
        edges = np.fromiter(self.count, np.int32, len(self.count))
        return {by: closed(weights, np.sort(edges)) for by, weights in self.free.items()}

    def holding(self, edges: Iterable[int]) -> tuple[int, ...]:
        """Return the ids of the closures that hold any of some edges, in ascending order."""
        asked = {edge for edge in edges if edge in self.count}
        if not asked:
            return ()
        held = self.closures.items()
        return tuple(sorted(name for name, on in held if not asked.isdisjoint(on.tolist())))

    def close(self, closure: int, edges: Ints, *, version: str) -> "Network":
        """Return a version in which a closure holds some edges; WrongStatus when it holds some already."""
        if closure in self.closures:
            raise WrongStatus(f"closure {closure} is there already", closure=closure)
        held = np.unique(edges).astype(np.int32)
        count = dict(self.count)
        for edge in held.tolist():
            count[edge] = count.get(edge, 0) + 1
        closures = {**self.closures, closure: held}
        return replace(self, version=version, closures=closures, count=count)

    def lift(self, closure: int, *, version: str) -> "Network":
        """Return a version without a closure: an edge another one holds stays closed. NotFound: lifted before."""
        if closure not in self.closures:
            raise NotFound(f"no closure {closure} is open", closure=closure)
        count = dict(self.count)
        for edge in self.closures[closure].tolist():
            count[edge] -= 1
            if not count[edge]:
                del count[edge]
        closures = {name: held for name, held in self.closures.items() if name != closure}
        return replace(self, version=version, closures=closures, count=count)

    def drive(self, speeds: Mapping[int, float], *, version: str) -> "Network":
        """Return a version with these live speeds, km/h by edge, in place of all earlier ones."""
        for edge, kmh in speeds.items():
            if why := impossible(kmh):
                raise BadInput(f"edge {edge}: {why}", field="kmh", edge=edge, kmh=kmh, why=why)
        return replace(self, version=version, speeds=dict(speeds))


def impossible(kmh: float) -> str:
    """Return why a speed cannot be: not_a_number, too_slow, too_fast; empty when it can."""
    if not np.isfinite(kmh):
        return "not_a_number"
    if kmh < MIN_KMH:
        return "too_slow"
    return "too_fast" if kmh > MAX_KMH else ""
