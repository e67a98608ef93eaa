"""Nodes and directed edges out of lines: split where lines meet, joined by equal coordinates."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_data.city.layers import WGS84
from gis_data.coordinates import lengths

Array = np.ndarray[Any, Any]
_DIGITS = 7
"""Coordinates of one junction are equal to this many decimals of a degree (1 cm)."""


@dataclass(slots=True)
class Lines:
    """Roads as read: all vertices in a row, line k owning offsets[k]:offsets[k + 1].

    points : (m, 2) WGS-84 degrees; offsets : (n + 1,); table : n rows of id, class, name, speed, lanes,
    bridge, tunnel and oneway (1 as drawn, -1 against, 0 both).
    """

    points: Array
    offsets: Array
    table: pd.DataFrame


def network(lines: Lines) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the layers `nodes` and `roads`."""
    points = np.round(lines.points, _DIGITS)
    spot = _spots(points)
    cuts, owner = _cuts(lines.offsets, spot)
    starts, ends = cuts[:-1], cuts[1:]
    good = owner[starts] == owner[np.maximum(ends - 1, starts)]
    good &= owner[starts] == owner[np.minimum(ends, len(owner) - 1)]
    starts, ends, of = starts[good], ends[good], owner[starts[good]]
    sizes = ends - starts + 1
    index = np.repeat(np.arange(len(starts)), sizes)
    within = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    shapes = shapely.linestrings(points[np.repeat(starts, sizes) + within], indices=index)
    nodes, (u, v) = _nodes(points, spot, starts, ends)
    return nodes, _roads(lines.table, shapes, of, u, v)


def _spots(points: Array) -> Array:
    """Return a number for each vertex (m,), the same where they lie on each other."""
    whole = np.round(points * 10**_DIGITS).astype(np.int64)
    key = (whole[:, 0] << 32) ^ (whole[:, 1] & 0xFFFFFFFF)
    found: Array = np.unique(key, return_inverse=True)[1]
    return found


def _cuts(offsets: Array, spot: Array) -> tuple[Array, Array]:
    """Return the vertices where pieces begin and end, and the line each vertex belongs to.

    A vertex inside a line is a junction when its neighbours over all lines are not just two: a line
    drawn a second time the other way round is no junction.
    """
    owner = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    inner = owner[:-1] == owner[1:]
    a, b = spot[:-1][inner], spot[1:][inner]
    count = int(spot.max()) + 1
    pairs = np.unique(np.concatenate([a * count + b, b * count + a]))
    arms = np.bincount(pairs // count, minlength=count)
    junction = arms[spot] != 2
    junction[offsets[:-1]] = junction[offsets[1:] - 1] = True
    _open_loops(offsets, spot, junction)
    return np.flatnonzero(junction), owner


def _open_loops(offsets: Array, spot: Array, junction: Array) -> None:
    """Cut a line that ends where it began in its middle: an edge has two ends."""
    closed = np.flatnonzero(spot[offsets[:-1]] == spot[offsets[1:] - 1])
    junction[(offsets[closed] + offsets[closed + 1]) // 2] = True


def _nodes(
    points: Array, spot: Array, starts: Array, ends: Array
) -> tuple[gpd.GeoDataFrame, tuple[Array, Array]]:
    used, first = np.unique(np.concatenate([spot[starts], spot[ends]]), return_index=True)
    at = np.concatenate([starts, ends])[first]
    # named by where they are, so that a node keeps its name over versions
    ids = np.array([f"n{lon:.7f},{lat:.7f}" for lon, lat in points[at]], dtype=object)
    nodes = gpd.GeoDataFrame({"id": ids}, geometry=shapely.points(points[at]), crs=WGS84)
    u, v = (ids[np.searchsorted(used, spot[ends_of])] for ends_of in (starts, ends))
    return nodes, (u, v)


def _roads(table: pd.DataFrame, shapes: Array, of: Array, u: Array, v: Array) -> gpd.GeoDataFrame:
    piece = (
        np.arange(len(of))
        - np.concatenate([[0], np.flatnonzero(np.diff(of)) + 1])[
            np.cumsum(np.concatenate([[0], np.diff(of) != 0]))
        ]
    )
    way = np.array([
        f"{name}.{number}" if number else name
        for name, number in zip(table["id"].to_numpy()[of], piece, strict=True)
    ], dtype=object)  # fmt: skip
    rows = table.iloc[of].drop(columns=["id", "oneway"]).reset_index(drop=True)
    rows["way"], rows["length"] = way, lengths(shapes)
    oneway = table["oneway"].to_numpy()[of]
    forth, back = np.flatnonzero(oneway >= 0), np.flatnonzero(oneway <= 0)
    both = np.concatenate([forth, back])
    edges = rows.iloc[both].reset_index(drop=True)
    edges["id"] = [f"{way[k]}+" for k in forth] + [f"{way[k]}-" for k in back]
    edges["u"], edges["v"] = (
        np.concatenate([one[forth], other[back]]) for one, other in ((u, v), (v, u))
    )
    drawn = np.concatenate([shapes[forth], shapely.reverse(shapes[back])])
    return gpd.GeoDataFrame(edges, geometry=drawn, crs=WGS84)
