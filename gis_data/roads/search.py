"""Dijkstra in C on a part of the network that is cut out for it, and the proof that the part was large enough.

Arcs that leave the part lead into a sink. If the sink lies beyond the limit, no path within the limit left
the part, so what was found in it is exact; if not, a larger part is taken.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy.sparse import csgraph, csr_array

from gis_data.roads.csr import RoadGraph
from gis_data.roads.table import Floats, Ints
from gis_data.roads.weights import Weights

FAR = 1e300
"""No limit at all, yet less than the cost of a closed edge."""
LOOK = 1.5
"""Main roads lead further than ordinary ones."""
GROW = 1.6
"""How much larger the next part is, when one was too small."""
TRIES = 4
PROBE_M = 1500.0


class Ends(NamedTuple):
    """Where a search begins or ends: states, what is owed already there, and the edge this was owed on."""

    state: Ints
    cost: Floats
    edge: Ints


@dataclass(frozen=True)
class Part:
    """The states of a rectangle of tiles, n of them, as a graph of n + 2: the sink is n, the source n + 1.

    local : (S,) number of a state here, n outside. first : global numbers of the runs of states;
    arc_first, arc_start : where each run's arcs stand globally and here.
    """

    graph: RoadGraph
    backward: bool
    local: Ints
    first: Ints
    run_start: Ints
    arc_first: Ints
    arc_start: Ints
    matrix: csr_array
    whole: bool

    def arcs(self, places: Ints) -> Ints:
        """Return the forward arcs, in the whole graph, that stand at some places of this part's arcs."""
        run = np.searchsorted(self.arc_start, places, "right") - 1
        there = self.arc_first[run] + places - self.arc_start[run]
        return self.graph.forth[there] if self.backward else there

    def states(self) -> Ints:
        """Return the global numbers of all states here, (n,)."""
        count = np.diff(self.run_start)
        return np.repeat(self.first - self.run_start[:-1], count) + np.arange(self.run_start[-1])


@dataclass(frozen=True)
class Ball:
    """Everything within `limit` of the ends, exact: `distance` and `before` by local state."""

    part: Part
    ends: Ends
    limit: float
    distance: Floats
    before: Ints

    def of(self, states: Ints) -> Floats:
        """Return the cost of some states, infinite beyond the limit."""
        local = self.part.local[states]
        found = self.distance[local]
        return np.where(local < len(self.distance) - 2, found, np.inf)

    def path(self, state: int) -> tuple[int, list[int]]:
        """Return which of the ends `state` is reached from, and the edges between them, in search order."""
        at, source = int(self.part.local[state]), len(self.distance) - 1
        chain = [at]
        while at != source:
            at = int(self.before[at])
            chain.append(at)
        matrix = self.part.matrix
        tails, heads = np.array(chain[1:]), np.array(chain[:-1])
        first = matrix.indptr[tails]
        owner, inside = spread(matrix.indptr[tails + 1] - first)
        place = first[owner] + inside
        fits = matrix.indices[place] == heads[owner]
        owner, place = owner[fits], place[fits]
        order = np.lexsort((matrix.data[place], owner))  # of parallel arcs the best was taken
        taken = place[order][np.concatenate([[True], np.diff(owner[order]) > 0])]
        edges = self.part.graph.edge[self.part.arcs(taken[:-1])]
        return int(taken[-1]) - int(matrix.indptr[source]), edges.tolist()


Window = tuple[int, int, int, int]
"""Rows and columns of tiles: first row, last row, first column, last column."""


def cut_out(weights: Weights, window: Window, ends: Ends, *, backward: bool) -> Part:
    """Return the part of the network in a window, with a source that leads to the ends."""
    graph = weights.graph
    arcs = graph.backward if backward else graph.forward
    tiles = graph.tiles
    row0, row1, column0, column1 = window
    rows = np.arange(row0, row1 + 1) * tiles.columns
    first, last = tiles.first[rows + column0], tiles.first[rows + column1 + 1]
    whole = (row0, column0) == (0, 0) and (row1, column1) == (tiles.rows - 1, tiles.columns - 1)
    if whole:
        first, last = first[:1], last[-1:]
    run_start = np.concatenate([[0], np.cumsum(last - first)])
    count = int(run_start[-1])
    local = np.full(len(graph.node), count, np.int32)
    for begin, end, here in zip(first.tolist(), last.tolist(), run_start.tolist(), strict=False):
        local[begin:end] = np.arange(here, here + end - begin, dtype=np.int32)
    arc_first, arc_last = arcs.start[first], arcs.start[last]
    arc_start = np.concatenate([[0], np.cumsum(arc_last - arc_first)])
    spans = [slice(a, b) for a, b in zip(arc_first.tolist(), arc_last.tolist(), strict=True)]
    to = np.concatenate([arcs.to[span] for span in spans])
    cost = _costs(weights, spans, arc_first, arc_start, backward=backward)
    start = np.concatenate(
        [arcs.start[a:b] + shift for a, b, shift in zip(
            first.tolist(), last.tolist(), (arc_start[:-1] - arc_first).tolist(), strict=True
        )]
    )  # fmt: skip
    total = int(arc_start[-1])
    matrix = csr_array(
        (
            np.concatenate([cost, ends.cost]),
            np.concatenate([local[to], local[ends.state]]),
            np.concatenate([start, [total, total, total + len(ends.cost)]]).astype(np.int32),
        ),
        shape=(count + 2, count + 2),
    )
    return Part(
        graph, backward, local, first, run_start, arc_first, arc_start, matrix, whole
    )  # fmt: skip


def _costs(
    weights: Weights, spans: list[slice], arc_first: Ints, arc_start: Ints, *, backward: bool
) -> Floats:
    """Return the present cost of the arcs in some spans, one after the other."""
    if backward:
        forth = weights.graph.forth
        cost = weights.base[np.concatenate([forth[span] for span in spans])]
    else:
        cost = np.concatenate([weights.base[span] for span in spans])
    arcs, values = weights.back_arcs if backward else weights.arcs
    if len(arcs):
        low, high = np.searchsorted(arcs, [spans[0].start, spans[-1].stop])
        arcs, values = arcs[low:high], values[low:high]
        run = np.searchsorted(arc_first, arcs, "right") - 1
        place = arcs - arc_first[run] + arc_start[run]
        inside = place < arc_start[run + 1]
        cost[place[inside]] = values[inside]
    return np.asarray(cost)


def ball(weights: Weights, ends: Ends, limit: float, *, backward: bool, pace: float) -> Ball:
    """Return everything within `limit` of the ends.

    pace : metres an ordinary road leads for one unit of cost, a guess how far to look at first; the answer
    does not depend on it.
    """
    tiles = weights.graph.tiles
    xy = weights.graph.table.xy[weights.graph.node[ends.state]]
    radius = LOOK * limit * pace if limit < FAR else FAR
    while True:
        window = _window(weights.graph, xy, radius)
        found = _within(weights, ends, limit, window, backward=backward)
        if found.part.whole or not np.isfinite(found.distance[-2]):
            return found
        radius = GROW * max(radius, tiles.size)


def enclosed(weights: Weights, ends: Ends, *, backward: bool) -> Ball | None:
    """Return all that can be reached where this lies within `PROBE_M`: an island, a trap, a closed block.

    None where it goes on beyond. It keeps a search for what cannot be reached from going over the whole.
    """
    graph = weights.graph
    window = _window(graph, graph.table.xy[graph.node[ends.state]], PROBE_M)
    found = _within(weights, ends, FAR, window, backward=backward)
    return found if found.part.whole or not np.isfinite(found.distance[-2]) else None


def _within(weights: Weights, ends: Ends, limit: float, window: Window, *, backward: bool) -> Ball:
    """Return the ball as far as it lies in a window."""
    part = cut_out(weights, window, ends, backward=backward)
    source = part.matrix.shape[0] - 1
    distance, before = csgraph.dijkstra(
        part.matrix, indices=source, limit=min(limit, FAR), return_predecessors=True
    )
    return Ball(part, ends, limit, distance, before)


def _window(graph: RoadGraph, xy: Floats, radius: float) -> Window:
    tiles = graph.tiles
    if radius >= FAR:
        return 0, tiles.rows - 1, 0, tiles.columns - 1
    corners = np.array([xy.min(axis=0) - radius, xy.max(axis=0) + radius])
    rows, columns = tiles.place(corners)
    window = int(rows[0]), int(rows[1]), int(columns[0]), int(columns[1])
    tall, wide = window[1] - window[0] + 1, window[3] - window[2] + 1
    if 2 * tall * wide > tiles.rows * tiles.columns:  # cutting out most of it is dearer than all
        return 0, tiles.rows - 1, 0, tiles.columns - 1
    return window


class Found(NamedTuple):
    """The best way between two ends: cost, which of each was taken, and the whole edges in between."""

    cost: float
    start: int
    end: int
    edges: list[int]


def best(weights: Weights, start: Ends, end: Ends, *, pace: float) -> Found | None:
    """Return the best way from one of `start` to one of `end`, None if there is none.

    Two balls of half the way are smaller than one of all of it. pace : as in `ball`.
    """
    graph = weights.graph
    if not len(start.state) or not len(end.state):
        return None
    if not np.isin(graph.weak[start.state], graph.weak[end.state]).any():
        return None
    a, b = (graph.table.xy[graph.node[ends.state]].mean(axis=0) for ends in (start, end))
    # never less than what is owed at an end: the halves must meet on an arc, not inside the ends
    owed = float(max(start.cost.max(), end.cost.max()))
    limit = (0.65 * float(np.hypot(*(a - b))) + 200.0) / pace + owed
    for _ in range(TRIES):
        there = ball(weights, start, limit, backward=False, pace=pace)
        back = ball(weights, end, limit, backward=True, pace=pace)
        found = _meet(there, back)
        if found and found.cost <= 2 * limit:
            return found
        if found is None and (shut := enclosed(weights, start, backward=False)):
            return _at(shut, end)
        if found is None and (shut := enclosed(weights, end, backward=True)):
            return _at(shut, start)
        limit = found.cost / 2 * (1 + 1e-12) if found else 2.5 * limit
    everything = ball(weights, start, FAR, backward=False, pace=pace)
    return _at(everything, end)


def _meet(there: Ball, back: Ball) -> Found | None:
    """Return the best way that goes in one ball, over one arc, and on in the other; or None."""
    graph, matrix = there.part.graph, there.part.matrix
    near = np.flatnonzero(np.isfinite(there.distance[:-2]))
    states = there.part.states()[near]
    first = matrix.indptr[near]
    owner, inside = spread(matrix.indptr[near + 1] - first)
    head = graph.forward.to[graph.forward.start[states][owner] + inside]
    over = there.distance[near][owner] + matrix.data[first[owner] + inside] + back.of(head)
    at_once = there.distance[near] + back.of(states)  # a way of no arc at all
    arc, state = _least(over), _least(at_once)
    if state >= 0 and (arc < 0 or at_once[state] <= over[arc]):
        return _joined(there, int(states[state]), [], int(states[state]), back, at_once[state])
    if arc < 0:
        return None
    edge = int(graph.edge[graph.forward.start[states[owner[arc]]] + inside[arc]])
    return _joined(there, int(states[owner[arc]]), [edge], int(head[arc]), back, over[arc])


def _joined(there: Ball, tail: int, middle: list[int], head: int, back: Ball, cost: float) -> Found:
    start, before = there.path(tail)
    end, after = back.path(head)
    return Found(float(cost), start, end, [*before[::-1], *middle, *after])


def _at(everything: Ball, other: Ends) -> Found | None:
    """Return the best way to, or from, one of the other ends, where all that can be reached is known."""
    total = everything.of(other.state) + other.cost
    chosen = _least(total)
    if chosen < 0:
        return None
    first, edges = everything.path(int(other.state[chosen]))
    cost = float(total[chosen])
    if everything.part.backward:
        return Found(cost, chosen, first, edges)
    return Found(cost, first, chosen, edges[::-1])


def _least(cost: Floats) -> int:
    """Return where the least cost stands, -1 if none is finite."""
    place = int(np.argmin(cost)) if len(cost) else 0
    return place if len(cost) and np.isfinite(cost[place]) else -1


def spread(count: Ints) -> tuple[Ints, Ints]:
    """Return for every one of `count` things of each owner the owner and its number within it."""
    owner = np.repeat(np.arange(len(count)), count)
    return owner, np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
