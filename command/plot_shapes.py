"""The shapes of plotting: what can be drawn at all, where it lies on the ground, a line with fewer corners."""

import math
from typing import Any

import numpy as np
import shapely
from msgspec.structs import replace

from gis_data import surroundings
from gis_data.coordinates import Array, in_china, metric, metric_crs_at
from models.errors import BadInput
from models.events.incident.plotting import Drawing, Effect, Shape

VERTICES_FREE = 2_000
"""A drawing with more corners is refused with the offer to simplify it: no screen shows them, all pay for them."""
VERTICES_MOST = 10_000
"""Beyond this it is no drawing but a data set; it is not even simplified."""
TEXT_MOST = 200
WORD_MOST = 40
WIDTH_MOST = 20.0
FEWEST: dict[Shape, int] = {
    "point": 1, "text": 1, "circle": 1, "sector": 1, "line": 2, "arrow": 2, "area": 3,
}  # fmt: skip
SINGLE: frozenset[Shape] = frozenset({"point", "text", "circle", "sector"})
ROUND: frozenset[Shape] = frozenset({"circle", "sector"})
MEANT: dict[Effect, frozenset[Shape]] = {
    "closes": frozenset({"point", "line", "area", "circle", "sector"}),
    "buffer": frozenset({"circle"}),
    "plume": frozenset({"sector"}),
}
"""Which shapes can have an effect."""
HAIR_DEG = 1e-7
"""Corners nearer to each other than a centimetre are one."""


def check(body: Drawing) -> Drawing:
    """Return a drawing that can be; BadInput names `field`, and for points `why`:

    few, many (with `vertices`, `most`, and `offer` True when it may be simplified), swapped, outside, crossing.
    """
    _words(body)
    _measures(body)
    points = np.asarray(body.points, np.float64).reshape(-1, 2)
    if len(points) > VERTICES_FREE:
        raise BadInput(
            f"{len(points)} corners", field="points", why="many", vertices=len(points),
            most=VERTICES_FREE, offer=len(points) <= VERTICES_MOST,
        )  # fmt: skip
    _where(points)
    corners = points if len(points) < 2 else points[_apart(points, closed=body.shape == "area")]
    if len(corners) < FEWEST[body.shape] or (body.shape in SINGLE and len(points) != 1):
        raise _wrong("few")
    if body.shape == "area" and not shapely.is_valid(shapely.Polygon(corners)):
        raise _wrong("crossing")
    return replace(body, points=tuple((x, y) for x, y in corners.round(7).tolist()))


def _words(body: Drawing) -> None:
    for field, most in (
        ("text", TEXT_MOST), ("symbol", WORD_MOST), ("layer", WORD_MOST), ("stroke", WORD_MOST),
        ("fill", WORD_MOST),
    ):  # fmt: skip
        said = getattr(body, field)
        if len(said) > most or "\0" in said:
            raise BadInput(f"{field} is longer than {most}", field=field, most=most)
    if body.shape == "text" and not body.text.strip():
        raise BadInput("a text without words", field="text")
    for field in ("stroke", "fill"):
        if not all(c.isalnum() or c in "#-" for c in getattr(body, field)):
            raise BadInput(f"{field} is no colour", field=field)


def _measures(body: Drawing) -> None:
    numbers = (body.width, body.metres, body.bearing, body.spread)
    if not all(map(math.isfinite, numbers)) or not 0 <= body.width <= WIDTH_MOST:
        raise BadInput("width", field="width")
    if body.shape in ROUND and not 0 < body.metres <= surroundings.MAX_M:
        raise BadInput("metres", field="metres")
    if body.shape == "sector" and not 0 < body.spread <= 360:
        raise BadInput("spread", field="spread")
    if body.effect and body.shape not in MEANT[body.effect]:
        raise BadInput(f"no {body.shape} is a {body.effect}", field="effect")


def _where(points: Array) -> None:
    if not len(points) or not np.isfinite(points).all():
        raise _wrong("few")
    lon, lat = points.T
    if not in_china(lon, lat).all():
        raise _wrong("swapped" if in_china(lat, lon).all() else "outside")


def _apart(points: Array, *, closed: bool) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return which corners lie apart from the one before; of a ring the last also from the first."""
    gaps: np.ndarray[Any, np.dtype[np.bool_]] = (
        np.abs(np.diff(points, axis=0, prepend=points[:1] + 1)).max(axis=1) > HAIR_DEG
    )
    if closed and np.abs(points[-1] - points[0]).max() <= HAIR_DEG:
        gaps[-1] = False
    return gaps


def simplified(body: Drawing) -> Drawing:
    """Return the drawing with corners left out until `VERTICES_FREE` are enough; BadInput beyond `VERTICES_MOST`.

    What is left out lies within as few metres of the new line as can be, from one on.
    """
    if len(body.points) <= VERTICES_FREE:
        return body
    if len(body.points) > VERTICES_MOST:
        raise BadInput(
            f"{len(body.points)} corners", field="points", why="many", vertices=len(body.points),
            most=VERTICES_MOST, offer=False,
        )  # fmt: skip
    points = np.asarray(body.points, np.float64)
    _where(points)
    system = metric(metric_crs_at(*points.mean(axis=0).tolist()))
    ring = body.shape == "area"
    shape = system.shapes_to(shapely.Polygon(points) if ring else shapely.LineString(points))
    metres = 1.0
    while True:
        found = shapely.simplify(shape, metres, preserve_topology=ring)
        corners = shapely.get_coordinates(system.shapes_back(found))
        corners = corners[:-1] if ring else corners
        if len(corners) <= VERTICES_FREE:
            return replace(body, points=tuple((x, y) for x, y in corners.tolist()))
        metres *= 1.5


def geometry(body: Drawing, crs: str) -> shapely.Geometry:
    """Return the ground a drawing lies on, WGS-84; crs : the city's metric system."""
    match body.shape:
        case "circle":
            return surroundings.buffer(shapely.Point(body.points[0]), body.metres, crs=crs)
        case "sector":
            lon, lat = body.points[0]
            return surroundings.plume(
                lon, lat, wind_from=wind_from(body), spread=body.spread, length=body.metres, crs=crs
            )
        case "area":
            return shapely.Polygon(body.points)
        case "line" | "arrow":
            return shapely.LineString(body.points)
        case "point" | "text":
            return shapely.Point(body.points[0])


def wind_from(body: Drawing) -> float:
    """Return where the wind of a sector comes from, degrees: it lies the other way."""
    return (body.bearing + 180.0) % 360.0


def _wrong(why: str) -> BadInput:
    return BadInput(f"points: {why}", field="points", why=why)
