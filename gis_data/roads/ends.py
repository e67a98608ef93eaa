"""Where searches begin and end: places on the network as states, with the part of their edges that is driven."""

from collections.abc import Sequence

import numpy as np

from gis_data.roads.network import Stop
from gis_data.roads.search import Ends
from gis_data.roads.table import Floats, Ints
from gis_data.roads.weights import Weights

NONE = np.empty(0, np.int32)


def leaving(weights: Weights, stops: Sequence[Stop]) -> tuple[Ends, Ints]:
    """Return how the network is entered from places, over the rest of their edges, and whose end each is.

    A closed edge is no way in. The second is the place in `stops` of each end.
    """
    graph = weights.graph
    edge, fraction, cost, owner = _on(weights, stops)
    node, at = _at(stops)
    return _joined(
        Ends(graph.head[edge], (1.0 - fraction) * cost, edge), graph.own[node]
    ), np.concatenate([owner, at])


def arriving(weights: Weights, stops: Sequence[Stop]) -> tuple[Ends, Ints]:
    """Return how places are reached from the network, over the first part of their edges; as `leaving`."""
    graph = weights.graph
    edge, fraction, cost, owner = _on(weights, stops)
    node, at = _at(stops)
    states = [np.flatnonzero(graph.node == one) for one in node.tolist()]
    at = np.repeat(at, [len(found) for found in states])
    if not graph.other_arcs:
        ends = Ends(graph.own[graph.table.u[edge]], fraction * cost, edge)
    else:
        tails = [graph.tails(one) for one in edge.tolist()]
        count = [len(found) for found in tails]
        owner = np.repeat(owner, count)
        part = np.repeat(fraction * cost, count)
        ends = Ends(np.concatenate([NONE, *tails]), part, np.repeat(edge, count))
    return _joined(ends, np.concatenate([NONE, *states])), np.concatenate([owner, at])


def direct(weights: Weights, start: Stop, end: Stop) -> tuple[float, int, float, float]:
    """Return the way along one edge: cost, edge, from and to fraction; an infinite cost if there is none."""
    least = (np.inf, -1, 0.0, 0.0)
    for edge, fraction in start.on:
        for other, further in end.on:
            if edge == other and further >= fraction:
                cost = float(weights.of_edges([edge])[0])
                if np.isfinite(cost):
                    least = min(least, (cost * (further - fraction), edge, fraction, further))
    return least


def _on(weights: Weights, stops: Sequence[Stop]) -> tuple[Ints, Floats, Floats, Ints]:
    """Return the open edges the places lie on: edge, fraction, cost of the whole edge, place in `stops`."""
    rows = [(edge, part, owner) for owner, stop in enumerate(stops) for edge, part in stop.on]
    edge = np.array([row[0] for row in rows], np.int32)
    fraction = np.array([row[1] for row in rows], np.float64)
    owner = np.array([row[2] for row in rows], np.int32)
    cost = weights.of_edges(edge)
    open_ = np.isfinite(cost)
    return edge[open_], fraction[open_], cost[open_], owner[open_]


def _at(stops: Sequence[Stop]) -> tuple[Ints, Ints]:
    rows = [(stop.node, owner) for owner, stop in enumerate(stops) if stop.node >= 0]
    return np.array([row[0] for row in rows], np.int32), np.array(
        [row[1] for row in rows], np.int32
    )


def _joined(ends: Ends, states: Ints) -> Ends:
    """Return ends with states added that cost nothing."""
    return Ends(
        np.concatenate([ends.state, states]),
        np.concatenate([ends.cost, np.zeros(len(states))]),
        np.concatenate([ends.edge, np.full(len(states), -1, np.int32)]),
    )
