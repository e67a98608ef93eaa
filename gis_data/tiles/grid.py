"""Web Mercator (EPSG:3857) as tiles count it: the world is a square from 0 to 1, y down."""

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


def side(zoom: int) -> int:
    """Return the pixels of the world's side at a zoom."""
    return int(PIXELS * 2**zoom)


def box(zoom: int, x: int, y: int, margin: float = 0) -> tuple[float, float, float, float]:
    """Return a tile's world bounds (left, top, right, bottom), `margin` pixels wider on each side."""
    pad = margin / side(zoom)
    count = 2**zoom
    return x / count - pad, y / count - pad, (x + 1) / count + pad, (y + 1) / count + pad
