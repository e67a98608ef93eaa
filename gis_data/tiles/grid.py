"""Web Mercator (EPSG:3857) as tiles count it: the world is a square from 0 to 1, y down."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

PIXELS = 256
LIMIT = 85.0511287798


def to_world(lonlat: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) WGS-84 degrees as (n, 2) world coordinates."""
    lat = np.radians(np.clip(lonlat[:, 1], -LIMIT, LIMIT))
    x = lonlat[:, 0] / 360 + 0.5
    y = 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)
    return np.column_stack([x, y])


def to_lonlat(world: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n, 2) world coordinates as (n, 2) WGS-84 degrees."""
    lat = np.degrees(np.arctan(np.sinh((0.5 - world[:, 1]) * 2 * np.pi)))
    return np.column_stack([(world[:, 0] - 0.5) * 360, lat])


def side(zoom: int) -> int:
    """Return the pixels of the world's side at a zoom."""
    return int(PIXELS * 2**zoom)


def box(zoom: int, x: int, y: int, margin: float = 0) -> tuple[float, float, float, float]:
    """Return a tile's world bounds (left, top, right, bottom), `margin` pixels wider on each side."""
    pad = margin / side(zoom)
    count = 2**zoom
    return x / count - pad, y / count - pad, (x + 1) / count + pad, (y + 1) / count + pad


def tiles_of(bbox: Sequence[float], zoom: int) -> list[tuple[int, int]]:
    """Return the (x, y) of the tiles that cover west, south, east, north in degrees."""
    corners = to_world(np.array([[bbox[0], bbox[3]], [bbox[2], bbox[1]]], dtype=float))
    last = 2**zoom - 1
    (left, top), (right, bottom) = np.clip(np.floor(corners * 2**zoom).astype(int), 0, last)
    return [(x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
