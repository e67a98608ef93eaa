"""`hotline bench routing`: the engine against networkx on the demo city and on towns of up to a million nodes.

Both answer the same questions in the same run. networkx is told the cutoff our answer had, which it could
not know, and is not asked for geometry. Trips are those of a city, up to `SPAN_M` apart, however large the
network round them is; `p2p_across` are random pairs of the whole. Nothing is asserted.
"""

import gc
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import shapely

from gis_data.city import bundle
from gis_data.roads import graph, many, routes, table
from gis_data.roads.network import Network, Stop, ground
from gis_data.roads.table import Floats, RoadTable
from models.process import give_back, rss_mb
from tests.bench.grids import grid
from tests.bench.stage import say

SHIPPED = Path(__file__).parents[2] / "gis_data/city/yunzhou.zip"
SPAN_M = 10_000.0
UNITS, INCIDENTS = 100, 20
MINUTES = 15
CLOSED = 500


def run(*, quick: bool) -> dict[str, Any]:
    """Measure at 20 thousand, 200 thousand and a million nodes; `quick` leaves the million out."""
    runs = [_measure("yunzhou", lambda: table.of_city(bundle.read(SHIPPED)), quick=quick)]
    for side in (450,) if quick else (450, 1000):
        runs.append(_measure(f"grid {side}", lambda side=side: grid(side, turns=side), quick=quick))  # type: ignore[misc]
    return {"runs": runs, "span_km": SPAN_M / 1000, "quick": quick}


def _measure(name: str, make: Callable[[], RoadTable], *, quick: bool) -> dict[str, Any]:
    gc.collect()
    give_back()
    before = rss_mb()
    made = make()
    began = time.perf_counter()
    network = Network(ground(made))
    network.now["time"].arcs  # noqa: B018 - made when first asked for
    ready = time.perf_counter() - began
    gc.collect()
    give_back()
    memory = rss_mb() - before
    say(
        f"{name}: {made.nodes:,} nodes, {made.edges:,} edges, ready in {ready:.1f} s, {memory:.0f} MB"
    )
    ours = Ours(network)
    found = ours.run(20 if quick else 100)
    say(f"{name}: ours {found['ours_ms']}")
    theirs = Theirs(ours).run(3 if made.nodes > 100_000 else 10)
    say(f"{name}: networkx {theirs}")
    ratio = {key: round(theirs[key] / max(ms, 1e-3), 1) for key, ms in found["ours_ms"].items()}
    facts = {"name": name, "nodes": made.nodes, "edges": made.edges, "ready_s": round(ready, 2)}
    return {**facts, "engine_mb": round(memory), **found, "networkx_ms": theirs, "ratio": ratio}


class Ours:
    """The questions, and our answers: `Network` as the product uses it, routes with steps and geometry."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.chance = np.random.default_rng(7)
        middle = network.table.xy.mean(axis=0)
        self.near = np.flatnonzero(np.hypot(*(network.table.xy - middle).T) < SPAN_M / 2)
        self.incidents = self._stops(INCIDENTS)
        self.units = self._stops(UNITS)
        self.shut = self.chance.choice(network.table.edges, CLOSED, replace=False)
        corners = middle + 750.0 * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        self.block = shapely.Polygon(network.table.degrees(corners))
        self.across = self._across()
        self.cutoff = 0.0

    def _across(self) -> list[tuple[Stop, Stop]]:
        """Return pairs from anywhere to anywhere between which there is a way."""
        ground_, strong = self.network.ground, self.network.ground.graph.strong
        core = np.flatnonzero(strong[ground_.graph.own] == np.bincount(strong).argmax())
        pairs = self.chance.choice(core, (10, 2)).tolist()
        return [(ground_.at_node(a), ground_.at_node(b)) for a, b in pairs]

    def _stops(self, count: int) -> list[Stop]:
        chosen = self.chance.choice(self.near, count).tolist()
        return [self.network.ground.at_node(node) for node in chosen]

    def run(self, trips: int) -> dict[str, Any]:
        """Return the medians in milliseconds, and the spread of single routes."""
        network = self.network
        one = self.incidents[0]
        near = self._trips(self._stops(trips), self._stops(trips))
        far = self._trips(*zip(*self.across, strict=True))
        costs = many.costs_to(network, one, self.units)
        self.cutoff = float(costs[np.isfinite(costs)].max())
        found = {
            "p2p": statistics.median(near),
            "p2p_across": statistics.median(far),
            "many_to_one": _median(lambda: many.costs_to(network, one, self.units), 15),
            "matrix": _median(lambda: many.matrix(network, self.units, self.incidents), 3),
            "isochrone": _median(lambda: many.isochrone(network, one, MINUTES), 3),
            "close_500": _median(self._close, 15),
            "block_polygon": _median(self._block, 15),
        }
        within = round(float(np.quantile(near, 0.95)), 2)
        return {"ours_ms": {k: round(ms, 2) for k, ms in found.items()}, "p2p_p95_ms": within}

    def _trips(self, starts: Sequence[Stop], ends: Sequence[Stop]) -> list[float]:
        return [
            _ms(lambda a=a, b=b: routes.route(self.network, a, b, "time"))  # type: ignore[misc]
            for a, b in zip(starts, ends, strict=True)
        ]

    def _close(self) -> None:
        """Make the version in which 500 edges are closed, ready for the next search."""
        closed = self.network.close(1, self.shut, version="1")
        closed.now["time"].arcs  # noqa: B018

    def _block(self) -> None:
        """Find what a square of 1.5 km touches, and close it."""
        edges = self.network.ground.index.touching(self.block)
        closed = self.network.close(1, edges, version="1")
        closed.now["time"].arcs  # noqa: B018


class Theirs:
    """The same questions to networkx. It has no index of places: a block is found by its nodes, vectorised."""

    def __init__(self, ours: Ours) -> None:
        self.ours = ours
        self.graph = graph.digraph(ours.network)
        self.lonlat: Floats = ours.network.table.lonlat

    def run(self, trips: int) -> dict[str, float]:
        """Return the medians in milliseconds."""
        ours = self.ours
        near = [(a.node, b.node) for a, b in zip(ours.units, ours.incidents[:trips], strict=False)]
        far = [(a.node, b.node) for a, b in ours.across[:trips]]
        one = ours.incidents[0].node
        many_to_one = _median(lambda: self._around(one, ours.cutoff), 3)
        found = {
            "p2p": statistics.median(self._trip(*pair) for pair in near),
            "p2p_across": statistics.median(self._trip(*pair) for pair in far),
            "many_to_one": many_to_one,
            "matrix": many_to_one * INCIDENTS,
            "isochrone": _median(lambda: self._around(one, MINUTES * 60.0), 2),
            "close_500": _ms(self._close),
            "block_polygon": _ms(self._block),
        }
        return {key: round(ms, 2) for key, ms in found.items()}

    def _trip(self, start: int, end: int) -> float:
        def search() -> None:
            try:
                nx.bidirectional_dijkstra(self.graph, start, end, weight="time")
            except nx.NetworkXNoPath:
                return

        return _ms(search)

    def _around(self, node: int, cutoff: float) -> None:
        nx.single_source_dijkstra_path_length(self.graph, node, cutoff=cutoff, weight="time")

    def _close(self) -> None:
        table = self.ours.network.table
        shut = self.ours.shut
        self.graph.remove_edges_from(
            zip(table.u[shut].tolist(), table.v[shut].tolist(), strict=True)
        )

    def _block(self) -> None:
        inside = np.flatnonzero(shapely.contains_xy(self.ours.block, *self.lonlat.T)).tolist()
        self.graph.remove_edges_from([*self.graph.in_edges(inside), *self.graph.out_edges(inside)])


def _ms(call: Callable[[], Any]) -> float:
    began = time.perf_counter()
    call()
    return 1000 * (time.perf_counter() - began)


def _median(call: Callable[[], Any], times: int) -> float:
    return statistics.median(_ms(call) for _ in range(times))
