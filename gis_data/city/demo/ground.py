"""The ground plan of the demo city: a lattice of fine steps (about 125 m), bent by the river and the hills.

Everything is placed by lattice position (i east, j north, whole or between); `metres` bends that into metres
of `METRIC_CRS`, `degrees` into WGS-84. The river flows along j = 0, so whatever keeps to one sign of j keeps
to one bank. A block is 8 x 8 steps, about a square kilometre, named by its south-west corner / 8.
"""

import random
from collections.abc import Iterable
from functools import cache
from typing import Any

import numpy as np
import pyproj

LON, LAT = 114.30, 33.60
METRIC_CRS = (
    f"+proj=tmerc +lat_0={LAT} +lon_0={LON} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 +units=m +no_defs"
)
WIDE, TALL = 224, 176
"""Half the lattice's width and height, in steps."""
BLOCK = 8
BANK = 2
"""Rows of the two embankment roads: j = 2 and j = -2."""
SEED = 990100
_STEP = 125.0
_TURNED = np.deg2rad(7.0)
_GRAIN = 2.0**20
"""Degrees are kept to 1/2^20 (0.1 m): as exact as six decimals, and half as long when packed."""

Array = np.ndarray[Any, Any]
Block = tuple[int, int]


def chance(subject: str) -> random.Random:
    """Return the subject's own luck: what one subject draws changes no other."""
    return random.Random(f"{SEED} {subject}")  # noqa: S311 - the same city every time


@cache
def _axis(half: int, subject: str) -> tuple[Array, Array]:
    """Return lattice indices and their metres: arterials are not a ruler's distance apart."""
    luck = chance(subject)
    stretch = np.repeat([0.84 + 0.32 * luck.random() for _ in range(2 * half // 16)], 16)
    along = np.concatenate([[0.0], np.cumsum(stretch * _STEP)])
    return np.arange(-half, half + 1), along - along[half]


def river(x: Array) -> Array:
    """Return how far the river swings north of its mean course at `x` (metres both)."""
    return 1500.0 * np.sin(x / 5200.0 + 0.5) + 450.0 * np.sin(x / 2400.0 + 1.2)


def metres(i: Any, j: Any) -> tuple[Array, Array]:  # noqa: ANN401 - anything numpy takes
    """Return east and north in metres of lattice positions."""
    x, y = np.interp(i, *_axis(WIDE, "columns")), np.interp(j, *_axis(TALL, "rows"))
    far = 1.0 - np.exp(-((x / 11000.0) ** 2) - (y / 9500.0) ** 2)
    bent_x = x + 260.0 * np.sin(y / 3300.0 + 0.7) + far * 170.0 * np.sin(y / 900.0 + x / 4100.0)
    bent_y = (
        y
        + river(x) * np.exp(-((y / 7500.0) ** 2))
        + far * (170.0 * np.sin(x / 1000.0 + y / 3700.0) + 500.0 * np.sin(x / 6100.0 + 2.0))
    )
    cos, sin = np.cos(_TURNED), np.sin(_TURNED)
    return bent_x * cos - bent_y * sin, bent_x * sin + bent_y * cos


@cache
def _to_degrees() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(METRIC_CRS, "EPSG:4326", always_xy=True)


def degrees(x: Any, y: Any) -> Array:  # noqa: ANN401 - anything numpy takes
    """Return metres as lon, lat (n, 2), rounded to the grain."""
    lon, lat = _to_degrees().transform(np.asarray(x, float), np.asarray(y, float))
    return np.round(np.column_stack([lon, lat]) * _GRAIN) / _GRAIN


def located(points: Iterable[tuple[float, float]]) -> Array:
    """Return lattice positions as lon, lat (n, 2)."""
    i, j = np.array(list(points), float).T
    return degrees(*metres(i, j))


def block_of(i: float, j: float) -> Block:
    """Return the block that holds a lattice position."""
    return int(i // BLOCK), int(j // BLOCK)


@cache
def town_land() -> frozenset[Block]:
    """Return the blocks of the municipality: a blob, not a rectangle."""
    luck = chance("border")
    ragged = {
        (a, b): 0.10 * luck.random()
        for a in range(-WIDE // 16, WIDE // 16)
        for b in range(-TALL // 16, TALL // 16)
    }
    return frozenset(
        (a, b)
        for a in range(-WIDE // BLOCK, WIDE // BLOCK)
        for b in range(-TALL // BLOCK, TALL // BLOCK)
        if abs((a + 0.5) / 28) ** 3 + abs((b + 0.5) / 22) ** 3 < 0.92 - ragged[a // 2, b // 2]
    )


@cache
def built_land() -> frozenset[Block]:
    """Return the blocks with city streets: the core, the county seat and two outer towns."""
    luck = chance("built")
    centres = ((0, 0, 9.6, 8.0), (-17, -12, 2.4, 2.2), (19, 9, 2.0, 1.9), (14, -13, 1.8, 1.8))
    return frozenset(
        (a, b)
        for a, b in sorted(town_land())
        if (noise := 0.16 * luck.random()) is not None
        and any(
            abs((a + 0.5 - x) / wide) ** 2.4 + abs((b + 0.5 - y) / tall) ** 2.4 < 1 - noise
            for x, y, wide, tall in centres
        )
    )


PARKS: dict[Block, str] = {
    (0, 1): "人民公园", (-5, 3): "云岭森林公园", (-5, 4): "云岭森林公园", (-6, 3): "云岭森林公园",
    (-6, 4): "云岭森林公园", (5, 2): "东沙湿地公园", (-2, -4): "滨江中央公园", (4, -5): "南苑公园",
    (1, 5): "北塘植物园", (-17, -12): "清溪公园",
}  # fmt: skip
LAKES: tuple[tuple[str, float, float, float, float], ...] = (
    ("莲湖", 20.0, 20.0, 5.2, 3.4), ("北塘", -18.0, 44.0, 4.0, 3.0), ("东沙湖", 60.0, 28.0, 6.5, 5.0),
    ("镜湖", -44.0, -28.0, 4.4, 3.2), ("清溪水库", -150.0, -120.0, 13.0, 8.0),
    ("云岭水库", -130.0, 70.0, 11.0, 9.0),
)  # fmt: skip
"""Name, centre and half axes in lattice steps."""


def in_lake(i: float, j: float, shore: float = 1.0) -> bool:
    """Return whether a lattice position lies in a lake, or within `shore` times its half axes."""
    return any(
        ((i - x) / wide) ** 2 + ((j - y) / tall) ** 2 < shore**2 for _, x, y, wide, tall in LAKES
    )


@cache
@cache
def block_kind(block: Block) -> str:
    """Return what a block is: home, business, industry, campus, park, or farm."""
    if block in PARKS:
        return "park"
    if block not in built_land():
        return "farm"
    a, b = block
    luck = chance(f"block {a} {b}")
    drawn = luck.random()
    if abs(a) < 3 and -3 <= b < 4 and drawn < 0.5:
        return "business"
    if a >= 5 and drawn < 0.55:
        return "industry"
    if -8 <= a <= -3 and b > 0 and drawn < 0.3:
        return "campus"
    return "industry" if drawn > 0.94 else "home"
