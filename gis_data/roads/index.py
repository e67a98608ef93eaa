"""Where the roads lie: a grid of cells over their straight pieces, for snapping and for closing areas.

An STRtree of a million roads would hold a GEOS object for each; the arrays here take a tenth of that.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from gis_data.roads.lines import lines, points
from gis_data.roads.table import Floats, Ints, RoadTable

Single = npt.NDArray[np.float32]
CELL_M = 200.0
CHUNK = 100_000
"""Edges looked at at once while the index is made, so that making it takes no more memory than having it."""
SNAP_M = 500.0
"""Beyond this distance a place is not on the road network."""


class Near(NamedTuple):
    """The nearest road of each point, (n,) arrays; edge -1 where none is within the limit.

    fraction : how far along the edge, 0 to 1; distance : metres, to the nearest road even if it is too far.
    """

    edge: Ints
    fraction: Floats
    distance: Floats


@dataclass(frozen=True)
class Index:
    """S straight pieces in a grid of `shape` (rows, columns) cells of `CELL_M` metres.

    edge : (S,) the edge of a piece; of the two directions of a road only one is kept.
    ends : (S, 4) float32 metres from `origin`: x and y of both ends. along : (S, 2) their fractions.
    pieces, start : pieces of cell c are pieces[start[c]:start[c + 1]].
    """

    table: RoadTable
    origin: Floats
    shape: tuple[int, int]
    edge: Ints
    ends: Single
    along: Single
    pieces: Ints
    start: Ints

    def nearest(self, lonlat: Floats, limit_m: float = SNAP_M) -> Near:
        """Return the nearest road of each of (n, 2) WGS-84 points within `limit_m` metres."""
        xy = self.table.metric(np.asarray(lonlat, np.float64).reshape(-1, 2)) - self.origin
        near = Near(np.full(len(xy), -1, np.int32), np.zeros(len(xy)), np.full(len(xy), np.inf))
        looked = 0.0
        while looked < limit_m and len(open_ := np.flatnonzero(near.distance > looked)):
            looked = max(CELL_M, 2 * looked)  # what lies within is found for certain
            self._look(xy, open_, looked, near)
        near.edge[near.distance > limit_m] = -1
        return near

    def _look(self, xy: Floats, asked: Ints, reach: float, near: Near) -> None:
        """Write the nearest piece of the points `asked` among the cells within `reach`."""
        for part in np.array_split(asked, max(1, len(asked) // 256)):
            owner, piece = self._around(xy[part], reach)
            if not len(piece):
                continue
            distance, fraction = _project(xy[part][owner], self.ends[piece])
            order = np.lexsort((distance, owner))
            best = order[np.concatenate([[True], np.diff(owner[order]) > 0])]
            at = part[owner[best]]
            low, high = self.along[piece[best]].T
            near.edge[at] = self.edge[piece[best]]
            near.fraction[at] = low + (high - low) * fraction[best]
            near.distance[at] = distance[best]

    def _around(self, xy: Floats, reach: float) -> tuple[Ints, Ints]:
        """Return pairs (point, piece) of all pieces in the cells within `reach` metres of each point."""
        rows, columns = self.shape
        steps = np.arange(-int(reach // CELL_M), int(reach // CELL_M) + 1)
        dy, dx = (part.ravel() for part in np.meshgrid(steps, steps, indexing="ij"))
        y = np.floor(xy[:, 1] / CELL_M).astype(np.int64)[:, None] + dy
        x = np.floor(xy[:, 0] / CELL_M).astype(np.int64)[:, None] + dx
        point, cell = np.nonzero((y >= 0) & (y < rows) & (x >= 0) & (x < columns))
        number = y[point, cell] * columns + x[point, cell]
        count = self.start[number + 1] - self.start[number]
        owner = np.repeat(point, count)
        first = np.repeat(self.start[number] - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
        return owner, self.pieces[np.arange(len(owner)) + first]

    def touching(self, shape: shapely.Geometry, within_m: float = 0.0) -> Ints:
        """Return the edges, both directions, that touch a WGS-84 `shape` or lie within metres of it."""
        area = shapely.transform(shape, self.table.metric)
        area = shapely.buffer(area, within_m) if within_m else area
        west, south, east, north = shapely.bounds(area) - np.tile(self.origin, 2)
        rows, columns = self.shape
        y0, y1 = (int(np.clip(at // CELL_M, -1, rows)) for at in (south, north))
        x0, x1 = (int(np.clip(at // CELL_M, -1, columns)) for at in (west, east))
        y = np.arange(max(y0, 0), min(y1, rows - 1) + 1) * columns
        left, right = max(x0, 0), min(x1, columns - 1) + 1
        if left >= right:
            return np.empty(0, np.int32)
        spans = [self.pieces[self.start[row + left] : self.start[row + right]] for row in y]
        found = np.unique(np.concatenate([*spans, np.empty(0, np.int32)]))
        box = self.ends[found]
        west, south, east, north = (side for side in (west, south, east, north))
        meets = (np.minimum(box[:, 0], box[:, 2]) <= east) & (
            np.maximum(box[:, 0], box[:, 2]) >= west
        )
        meets &= np.minimum(box[:, 1], box[:, 3]) <= north
        meets &= np.maximum(box[:, 1], box[:, 3]) >= south
        edges = np.unique(self.edge[found[meets]])
        shapely.prepare(area)
        edges = edges[shapely.intersects(area, lines(self.table, edges, metric=True))]
        other = self.table.twin[edges]
        return np.unique(np.concatenate([edges, other[other >= 0]])).astype(np.int32)


def build(table: RoadTable) -> Index:
    """Return the index of a table; about two seconds for a million nodes."""
    one = np.flatnonzero((table.twin < 0) | (np.arange(table.edges) < table.twin))
    bends = table.metric(table.bends) if len(table.bends) else table.xy
    low = np.minimum(table.xy.min(axis=0), bends.min(axis=0))
    high = np.maximum(table.xy.max(axis=0), bends.max(axis=0))
    origin = np.floor(low / CELL_M) * CELL_M
    columns, rows = (int(side) + 1 for side in (high - origin) // CELL_M)
    parts = [_pieces(table, one[at : at + CHUNK], origin) for at in range(0, len(one), CHUNK)]
    edge, ends, along = (np.concatenate(column) for column in zip(*parts, strict=True))
    pieces, start = _cells(ends, (rows, columns))
    return Index(table, origin, (rows, columns), edge, ends, along, pieces, start)


def _pieces(table: RoadTable, one: Ints, origin: Floats) -> tuple[Ints, Single, Single]:
    """Return the straight pieces of some edges: edge, ends from the origin, and fractions of the edge."""
    at, owner = points(table, one)
    xy = table.metric(at)
    inside = np.flatnonzero(owner[1:] == owner[:-1])
    mine = owner[inside]
    step = np.hypot(*(xy[inside + 1] - xy[inside]).T)
    total = np.bincount(mine, weights=step, minlength=len(one))
    share = step / np.maximum(total[mine], 1e-9)
    begun = np.cumsum(share) - share
    low = begun - begun[np.searchsorted(mine, np.arange(len(one)))][mine]
    ends = np.hstack([xy[inside] - origin, xy[inside + 1] - origin])
    along = np.clip(np.column_stack([low, low + share]), 0, 1)
    return one[mine].astype(np.int32), ends.astype(np.float32), along.astype(np.float32)


def _cells(ends: Single, shape: tuple[int, int]) -> tuple[Ints, Ints]:
    """Return the pieces by cell: each stands in every cell its bounding box touches."""
    rows, columns = shape
    low = np.floor(np.minimum(ends[:, :2], ends[:, 2:]) / CELL_M).astype(np.int32)
    high = np.floor(np.maximum(ends[:, :2], ends[:, 2:]) / CELL_M).astype(np.int32)
    low, high = np.maximum(low, 0), np.minimum(high, [columns - 1, rows - 1])
    wide, tall = (high - low + 1).T
    count = wide * tall
    piece = np.repeat(np.arange(len(ends), dtype=np.int32), count)
    place = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    x = low[piece, 0] + place % wide[piece]
    y = low[piece, 1] + place // wide[piece]
    cell = y * columns + x
    order = np.argsort(cell, kind="stable")
    start = np.concatenate([[0], np.cumsum(np.bincount(cell, minlength=rows * columns))])
    return piece[order], start.astype(np.int32)


def _project(at: Floats, ends: Single) -> tuple[Floats, Floats]:
    """Return the distance of each point to its piece, and how far along the piece its foot stands."""
    a, b = ends[:, :2].astype(np.float64), ends[:, 2:].astype(np.float64)
    run = b - a
    square = np.maximum((run**2).sum(axis=1), 1e-12)
    fraction = np.clip(((at - a) * run).sum(axis=1) / square, 0, 1)
    return np.hypot(*(at - a - run * fraction[:, None]).T), fraction
