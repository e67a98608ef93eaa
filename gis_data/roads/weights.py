"""What an arc costs in one version of the network: shared arrays in free flow, and what is different now."""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from gis_data.roads.csr import RoadGraph
from gis_data.roads.table import Floats, Ints

By = Literal["length", "time"]
NEVER = np.inf


@dataclass(frozen=True)
class Weights:
    """The cost of every arc: `base` (A,), shared by all versions, but `values` at the sorted `arcs`.

    A closure of five hundred edges is five hundred numbers, not a copy of four million.
    by_edge : (E,) the same base by edge. edges, edge_values : the same differences by edge, sorted.
    """

    graph: RoadGraph
    base: Floats
    by_edge: Floats
    edges: Ints
    edge_values: Floats

    @cached_property
    def arcs(self) -> tuple[Ints, Floats]:
        """Return the differing forward arcs, ascending, and what they cost."""
        arcs = self.graph.arcs_of(self.edges)
        return arcs, self._of(self.graph.edge[arcs])

    @cached_property
    def back_arcs(self) -> tuple[Ints, Floats]:
        """Return the differing backward arcs, ascending, and what they cost."""
        arcs, values = self.arcs
        back = self.graph.back[arcs]
        order = np.argsort(back)
        return back[order], values[order]

    def _of(self, edges: Ints) -> Floats:
        return self.edge_values[np.searchsorted(self.edges, edges)]

    def of_edges(self, edges: Ints | list[int]) -> Floats:
        """Return what some edges cost now, infinite when closed."""
        edges = np.asarray(edges, np.int32)
        cost = self.by_edge[edges].copy()
        if len(self.edges):
            place = np.minimum(np.searchsorted(self.edges, edges), len(self.edges) - 1)
            other = self.edges[place] == edges
            cost[other] = self.edge_values[place[other]]
        return np.asarray(cost)

    def with_edges(self, edges: Ints, values: Floats) -> "Weights":
        """Return weights in which some edges cost something else, over and above what differs already."""
        keep = ~np.isin(self.edges, edges)
        merged = np.concatenate([self.edges[keep], edges]).astype(np.int32)
        order = np.argsort(merged, kind="stable")
        told = np.concatenate([self.edge_values[keep], values])[order]
        return Weights(self.graph, self.base, self.by_edge, merged[order], told)


def plain(graph: RoadGraph, by: By) -> Weights:
    """Return the weights of free flow on open roads."""
    table = graph.table
    base, by_edge = (graph.length, table.length) if by == "length" else (graph.time, table.time)
    return Weights(graph, base, by_edge, np.empty(0, np.int32), np.empty(0))


def closed(weights: Weights, edges: Ints) -> Weights:
    """Return the weights with some edges closed."""
    return weights.with_edges(edges, np.full(len(edges), NEVER)) if len(edges) else weights
