"""Geometry of edges, made for those that are asked for: lines, cut lines, their bearings."""

import numpy as np
import numpy.typing as npt
import shapely

from gis_data.roads.table import Floats, Ints, RoadTable


def points(table: RoadTable, edges: Ints) -> tuple[Floats, Ints]:
    """Return all points of some edges, (P, 2) WGS-84, and the edge each belongs to as a place in `edges`."""
    edges = np.asarray(edges, np.int64)
    first, last = table.bend_start[edges], table.bend_start[edges + 1]
    count = last - first + 2
    start = np.concatenate([[0], np.cumsum(count)])
    owner = np.repeat(np.arange(len(edges), dtype=np.int32), count)
    found = np.empty((start[-1], 2))
    inside = np.arange(start[-1]) - start[owner]
    bend = (inside > 0) & (inside < count[owner] - 1)
    found[start[:-1]] = table.lonlat[table.u[edges]]
    found[start[1:] - 1] = table.lonlat[table.v[edges]]
    found[bend] = table.bends[(first[owner] + inside - 1)[bend]]
    return found, owner


def lines(table: RoadTable, edges: Ints, *, metric: bool = False) -> npt.NDArray[np.object_]:
    """Return shapely LineStrings of some edges, WGS-84, or metres of the city's system."""
    at, owner = points(table, edges)
    made = shapely.linestrings(table.metric(at) if metric and len(at) else at, indices=owner)
    return np.asarray(made)


def cut(table: RoadTable, at: Floats, start: float, end: float) -> Floats:
    """Return the part of a line, (n, 2) WGS-84 points, between two fractions of it; at least two points."""
    if (start, end) == (0.0, 1.0):
        return at
    along = fractions(table.metric(at))
    inner = (along > start) & (along < end)
    ends = [[np.interp(f, along, at[:, axis]) for axis in (0, 1)] for f in (start, end)]
    return np.vstack([ends[0], at[inner], ends[1]])


def fractions(xy: Floats) -> Floats:
    """Return how far along its line each point stands, 0 to 1, (n,)."""
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    return np.asarray(along / along[-1]) if along[-1] else np.linspace(0.0, 1.0, len(xy))


def bearings(a: Floats, b: Floats) -> Floats:
    """Return the direction from each of `a` to `b`, (n, 2) WGS-84: degrees clockwise from north, (n,)."""
    east = (b[:, 0] - a[:, 0]) * np.cos(np.radians((a[:, 1] + b[:, 1]) / 2))
    return np.asarray(np.degrees(np.arctan2(east, b[:, 1] - a[:, 1])) % 360)
