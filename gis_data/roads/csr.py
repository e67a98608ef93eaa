"""The road table as compressed sparse rows, so that a part of it can be cut out and searched in C.

Turn restrictions are exact without a full line graph (which has an arc for every pair of edges, three times
the memory and the time): only a node at which something is forbidden is split. An edge that has forbidden
turns leads into a state of its own, from which all edges of the node go on but the forbidden ones.

States are numbered by square tiles, row by row, so that a rectangle of the map is a few runs of rows.
Cutting one out costs what it holds and not what the network holds: scipy touches every node it is given.
"""

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csgraph, csr_array

from gis_data.roads.table import Floats, Ints, RoadTable

TILE_NODES = 64
"""States in a tile, on average."""


@dataclass(frozen=True)
class Arcs:
    """One direction of the graph: arc a of state s, start[s] <= a < start[s + 1], leads to the state to[a]."""

    start: Ints
    to: Ints


@dataclass(frozen=True)
class Tiles:
    """States by tile: those of tile (row, column) begin at first[row * columns + column]."""

    origin: Floats
    size: float
    rows: int
    columns: int
    first: Ints

    def place(self, xy: Floats) -> tuple[Ints, Ints]:
        """Return (row, column) of points in metres."""
        column, row = np.floor((xy - self.origin) / self.size).astype(np.int64).T
        return np.clip(row, 0, self.rows - 1), np.clip(column, 0, self.columns - 1)


@dataclass(frozen=True)
class RoadGraph:
    """S states and A arcs made of a `RoadTable`.

    node : (S,) the node a state stands for. own : (N,) the state of a node from which nothing is forbidden.
    head : (E,) the state an edge leads into.
    forward, backward : the arcs out of, and into, a state. edge : (A,) the edge of a forward arc.
    arc : (E,) the arc of an edge out of its node's own state; other_arcs : those it has besides, out of split
    states. forth : (A,) the forward arc of a backward one; back : (A,) the reverse of that.
    length, time : (A,) metres and seconds in free flow.
    weak, strong : (S,) which part of the network a state belongs to, by roads and by driving.
    """

    table: RoadTable
    node: Ints
    own: Ints
    head: Ints
    forward: Arcs
    backward: Arcs
    edge: Ints
    arc: Ints
    other_arcs: dict[int, list[int]]
    forth: Ints
    back: Ints
    length: Floats
    time: Floats
    tiles: Tiles
    weak: Ints
    strong: Ints

    def arcs_of(self, edges: Ints) -> Ints:
        """Return all arcs of some edges, in ascending order."""
        split = self.other_arcs
        more = [a for e in edges.tolist() for a in split.get(e, ())] if split else []
        return np.sort(np.concatenate([self.arc[edges], np.array(more, np.int32)]))

    def tails(self, edge: int) -> Ints:
        """Return the states from which an edge can be entered."""
        arcs = self.arcs_of(np.array([edge]))
        return np.asarray(np.searchsorted(self.forward.start, arcs, "right") - 1)


def build(table: RoadTable) -> RoadGraph:
    """Return the graph of a table; about two seconds for a million nodes."""
    banned = _banned(table)
    node = np.concatenate([np.arange(table.nodes), table.v[list(banned)]]).astype(np.int32)
    tiles, order = _tiles(table.xy[node])
    node = node[order]
    number = np.empty(len(order), np.int32)  # of a state as it was made -> of a state in tiles
    number[order] = np.arange(len(order), dtype=np.int32)
    head = number[table.v]
    head[list(banned)] = number[table.nodes :]
    tail, edge = _arcs(table, number, banned)
    by_tail = np.argsort(tail, kind="stable")
    tail, edge = tail[by_tail], edge[by_tail]
    to = head[edge]
    forth = np.argsort(to, kind="stable").astype(np.int32)
    back = np.empty(len(forth), np.int32)
    back[forth] = np.arange(len(forth), dtype=np.int32)
    own = tail == number[table.u[edge]]
    arc = np.empty(table.edges, np.int32)
    arc[edge[own]] = np.flatnonzero(own)
    others: dict[int, list[int]] = {}
    for place in np.flatnonzero(~own).tolist():
        others.setdefault(int(edge[place]), []).append(place)
    forward = Arcs(_starts(tail, len(node)), to)
    weak, strong = _parts(forward)
    return RoadGraph(
        table, node, number[: table.nodes], head, forward, Arcs(_starts(to, len(node)), tail[forth]), edge, arc, others,
        forth, back, table.length[edge], table.time[edge], tiles, weak, strong,
    )  # fmt: skip


def _banned(table: RoadTable) -> dict[int, set[int]]:
    """Return what may not follow an edge, for the edges after which something is forbidden."""
    banned: dict[int, set[int]] = {}
    for first, second in table.turns.tolist():
        banned.setdefault(first, set()).add(second)
    return banned


def _arcs(table: RoadTable, number: Ints, banned: dict[int, set[int]]) -> tuple[Ints, Ints]:
    """Return the tail state and the edge of every arc."""
    out: dict[int, list[int]] = {}
    for edge in np.flatnonzero(np.isin(table.u, table.v[list(banned)])).tolist():
        out.setdefault(int(table.u[edge]), []).append(edge)
    tails: list[int] = []
    edges: list[int] = []
    for state, (first, forbidden) in enumerate(banned.items(), start=table.nodes):
        for after in out.get(int(table.v[first]), ()):
            if after not in forbidden:
                tails.append(int(number[state]))
                edges.append(after)
    own = np.arange(table.edges, dtype=np.int32)
    return (
        np.concatenate([number[table.u], np.array(tails, np.int32)]),
        np.concatenate([own, np.array(edges, np.int32)]),
    )


def _tiles(xy: Floats) -> tuple[Tiles, Ints]:
    """Return the tiles of states at `xy`, and the order that puts the states into them."""
    origin, far = xy.min(axis=0), xy.max(axis=0)
    width, height = np.maximum(far - origin, 1.0)
    size = float(np.sqrt(width * height * TILE_NODES / len(xy)))
    rows, columns = int(height // size) + 1, int(width // size) + 1
    tiles = Tiles(origin, size, rows, columns, np.empty(0, np.int32))
    row, column = tiles.place(xy)
    tile = row * columns + column
    order = np.argsort(tile, kind="stable")
    return Tiles(origin, size, rows, columns, _starts(tile, rows * columns)), order


def _starts(number: Ints, count: int) -> Ints:
    return np.concatenate([[0], np.cumsum(np.bincount(number, minlength=count))]).astype(np.int32)


def _parts(forward: Arcs) -> tuple[Ints, Ints]:
    states = len(forward.start) - 1
    ones = np.ones(len(forward.to), np.int8)
    matrix = csr_array((ones, forward.to, forward.start), shape=(states, states))
    found = [
        csgraph.connected_components(matrix, connection=kind)[1].astype(np.int32)
        for kind in ("weak", "strong")
    ]
    return found[0], found[1]
