"""Other ways that really differ: what was driven is made dearer until another way comes out."""

from collections.abc import Sequence

import numpy as np

from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Route, Unreachable, describe, route, way
from gis_data.roads.table import Ints
from gis_data.roads.weights import By

PENALTY = 1.4
OVERLAP = 0.6
"""At most this share of an alternative's length may be common with a way given before."""
STRETCH = 1.5
"""An alternative costs at most this many times what the best way costs."""
TRIES = 12


def alternatives(
    network: Network, start: Stop, end: Stop, by: By = "time", count: int = 3
) -> list[Route] | Unreachable:
    """Return the best way and up to `count` - 1 others, the best first, by the bounds above.

    There may be fewer: where one bridge leads across the river there is no second way.
    """
    best = route(network, start, end, by)
    if isinstance(best, Unreachable):
        return best
    found, weights = [best], network.now[by]
    dear, last = weights, best.edges
    for _ in range(TRIES):
        if len(found) >= count:
            break
        on = _both_ways(network, last)
        dear = dear.with_edges(on, dear.of_edges(on) * PENALTY)
        tried = way(network, dear, start, end)
        if tried is None:
            break
        pieces = tried[1]
        last = [piece.edge for piece in pieces]
        share = np.array([piece.end - piece.start for piece in pieces])
        cost = float((weights.of_edges(last) * share).sum())
        if cost <= STRETCH * _cost(best) and _differs(network, last, found):
            found.append(describe(network, by, start, end, pieces))
    return sorted(found, key=_cost)


def _cost(found: Route) -> float:
    return found.length if found.by == "length" else found.time


def _both_ways(network: Network, edges: Sequence[int]) -> Ints:
    other = network.table.twin[np.array(edges, np.int32)]
    both = np.concatenate([np.array(edges, np.int32), other[other >= 0]])
    return np.unique(both).astype(np.int32)


def _differs(network: Network, edges: list[int], found: Sequence[Route]) -> bool:
    """Whether a way of these edges has little in common with every one of those found."""
    metres = network.table.length[edges]
    shared = (metres[np.isin(edges, other.edges)].sum() for other in found)
    return all(common <= OVERLAP * metres.sum() for common in shared)
