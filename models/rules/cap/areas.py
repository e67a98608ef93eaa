"""Outlines for a warning out of shapes on the map: closed, simple, not more points than receivers take."""

import shapely

from models.rules.cap.message import Ring
from models.rules.cap.wrong import VERTICES, WRITTEN

POLYGONS_MAX = 10
"""A district of many islands is told by its largest ones."""
_FIRST_TOLERANCE = 0.00002
_ROUNDS = 20


def rings(shape: shapely.Geometry) -> tuple[Ring, ...]:
    """Return the outlines of a WGS-84 shape, the largest first; empty for one without an area.

    Holes are left out, for CAP has none: who is in one is warned, too. A ring of too many points is drawn
    coarser until it fits; one that then crosses itself becomes its hull, so that nobody inside is left out.
    """
    sound = shapely.make_valid(shape)
    parts = [part for part in shapely.get_parts(sound) if isinstance(part, shapely.Polygon)]
    parts += [
        inner
        for part in shapely.get_parts(sound) if isinstance(part, shapely.MultiPolygon)
        for inner in part.geoms
    ]  # fmt: skip
    parts.sort(key=lambda part: -part.area)
    found = [_ring(shapely.Polygon(part.exterior)) for part in parts[:POLYGONS_MAX]]
    return tuple(ring for ring in found if ring)


def _ring(part: shapely.Polygon) -> Ring:
    coarse, tolerance = part, _FIRST_TOLERANCE
    for _ in range(_ROUNDS):
        written = _written(coarse)
        if len(written) in VERTICES and shapely.Polygon(written).is_valid:
            return written
        coarse = part.simplify(tolerance)
        tolerance *= 2
    hull = part.convex_hull
    written = _written(hull) if isinstance(hull, shapely.Polygon) else ()
    return written if len(written) in VERTICES and shapely.Polygon(written).is_valid else ()


def _written(part: shapely.Polygon) -> Ring:
    """Return the points as the file will have them, without those that fall together."""
    points = [(round(lon, WRITTEN), round(lat, WRITTEN)) for lon, lat in part.exterior.coords]
    return tuple(
        point for place, point in enumerate(points) if place == 0 or point != points[place - 1]
    )
