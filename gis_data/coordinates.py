"""Coordinates: WGS-84 inside, GCJ-02 and BD-09 at the edge, metres for lengths and buffers.

All arrays are lon, lat in degrees; functions are vectorised and take scalars, too. GCJ-02 is the shift
most Chinese maps carry (天地图 does not), BD-09 is Baidu's shift upon it. Neither has a published inverse:
it is found by iteration, far below a millimetre (1e-8 degrees).
"""

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, Literal, get_args

import numpy as np
import pyproj
import shapely

from models.errors import BadInput

Source = Literal["wgs84", "gcj02", "bd09"]
SOURCES: tuple[str, ...] = get_args(Source)
Array = np.ndarray[Any, np.dtype[np.float64]]
Pair = tuple[Array, Array]

CHINA = (73.0, 3.0, 136.0, 54.5)
"""West, south, east, north of the box GCJ-02 is applied in; outside it is the identity."""
_A = 6378245.0
_EE = 0.00669342162296594323
"""Krasovsky's ellipsoid, as the published shift has it."""
_BD = np.pi * 3000.0 / 180.0
_ROUNDS = 8
"""Each round divides the error by about a thousand; three would do."""


def in_china(lon: Any, lat: Any) -> np.ndarray[Any, np.dtype[np.bool_]]:  # noqa: ANN401
    """Return where the shift applies, (n,) bool."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    west, south, east, north = CHINA
    inside: np.ndarray[Any, np.dtype[np.bool_]] = (
        (lon > west) & (lon < east) & (lat > south) & (lat < north)
    )
    return inside


def wgs84_to_gcj02(lon: Any, lat: Any) -> Pair:  # noqa: ANN401
    """Return GCJ-02 lon, lat of WGS-84 ones; the same outside China."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    east, north = _shift(lon, lat)
    inside = in_china(lon, lat)
    return np.where(inside, lon + east, lon), np.where(inside, lat + north, lat)


def gcj02_to_wgs84(lon: Any, lat: Any) -> Pair:  # noqa: ANN401
    """Return WGS-84 lon, lat of GCJ-02 ones, by iteration."""
    return _inverse(wgs84_to_gcj02, lon, lat)


def gcj02_to_bd09(lon: Any, lat: Any) -> Pair:  # noqa: ANN401
    """Return BD-09 lon, lat of GCJ-02 ones; the same outside China."""
    lon, lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    radius = np.hypot(lon, lat) + 0.00002 * np.sin(lat * _BD)
    angle = np.arctan2(lat, lon) + 0.000003 * np.cos(lon * _BD)
    inside = in_china(lon, lat)
    return (
        np.where(inside, radius * np.cos(angle) + 0.0065, lon),
        np.where(inside, radius * np.sin(angle) + 0.006, lat),
    )


def bd09_to_gcj02(lon: Any, lat: Any) -> Pair:  # noqa: ANN401
    """Return GCJ-02 lon, lat of BD-09 ones, by iteration."""
    return _inverse(gcj02_to_bd09, lon, lat)


def to_wgs84(lon: Any, lat: Any, source: str) -> Pair:  # noqa: ANN401
    """Return WGS-84 lon, lat of a source's; BadInput for a source not of `SOURCES`."""
    if source == "gcj02":
        return gcj02_to_wgs84(lon, lat)
    if source == "bd09":
        return gcj02_to_wgs84(*bd09_to_gcj02(lon, lat))
    _known(source)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def from_wgs84(lon: Any, lat: Any, target: str) -> Pair:  # noqa: ANN401
    """Return a target's lon, lat of WGS-84 ones; BadInput for a target not of `SOURCES`."""
    if target == "gcj02":
        return wgs84_to_gcj02(lon, lat)
    if target == "bd09":
        return gcj02_to_bd09(*wgs84_to_gcj02(lon, lat))
    _known(target)
    return np.asarray(lon, np.float64), np.asarray(lat, np.float64)


def shapes_to_wgs84(shapes: Any, source: str) -> Any:  # noqa: ANN401 - shapely is untyped
    """Return a geometry or an array of them with every vertex brought to WGS-84."""
    return _moved(shapes, lambda lon, lat: to_wgs84(lon, lat, source))


def shapes_from_wgs84(shapes: Any, target: str) -> Any:  # noqa: ANN401
    """Return a geometry or an array of them with every vertex brought from WGS-84."""
    return _moved(shapes, lambda lon, lat: from_wgs84(lon, lat, target))


class Metric:
    """A metric system of a city: `to` metres (east, north), `back` to WGS-84, each for arrays or shapes."""

    def __init__(self, crs: str) -> None:
        try:
            self._to = pyproj.Transformer.from_crs("EPSG:4326", crs, always_xy=True)
            metric = pyproj.CRS(crs)
        except pyproj.exceptions.CRSError as error:
            raise BadInput(f"no coordinate system {crs!r}", reason="crs") from error
        if metric.is_geographic or any(axis.unit_name != "metre" for axis in metric.axis_info):
            raise BadInput(f"{crs!r} is not in metres", reason="crs")
        self._back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)

    def to(self, lon: Any, lat: Any) -> Pair:  # noqa: ANN401
        """Return metres east and north of lon, lat."""
        x, y = self._to.transform(np.asarray(lon, np.float64), np.asarray(lat, np.float64))
        return x, y

    def back(self, x: Any, y: Any) -> Pair:  # noqa: ANN401
        """Return lon, lat of metres east and north."""
        lon, lat = self._back.transform(np.asarray(x, np.float64), np.asarray(y, np.float64))
        return lon, lat

    def shapes_to(self, shapes: Any) -> Any:  # noqa: ANN401
        """Return WGS-84 shapes in metres."""
        return _moved(shapes, self.to)

    def shapes_back(self, shapes: Any) -> Any:  # noqa: ANN401
        """Return metric shapes in WGS-84."""
        return _moved(shapes, self.back)


@cache
def metric(crs: str) -> Metric:
    """Return the metric system of a PROJ string or code, made once; BadInput when it is not in metres."""
    return Metric(crs)


def metric_crs_at(lon: float, lat: float) -> str:
    """Return the PROJ string of a transverse Mercator of one's own round a place."""
    return (
        f"+proj=tmerc +lat_0={lat:.4g} +lon_0={lon:.5g} +k=1 +x_0=0 +y_0=0 +ellps=WGS84 "
        "+units=m +no_defs"
    )


def lengths(lines: Any) -> Array:  # noqa: ANN401
    """Return the geodesic lengths of WGS-84 LineStrings (n,) in metres, (n,) float."""
    points, owner = shapely.get_coordinates(lines, return_index=True)
    _, _, gaps = _geod().inv(*points[:-1].T, *points[1:].T)
    within = owner[:-1] == owner[1:]
    return np.bincount(owner[:-1][within], gaps[within], minlength=len(lines)).astype(np.float64)


MEASURED_MOST = 10_000


def measured(points: Sequence[tuple[float, float]], *, closed: bool) -> tuple[float, float]:
    """Return the geodesic length (of a closed one the circumference) in metres and the area in square metres.

    points : WGS-84 lon, lat. BadInput (field `points`) for what is no place on earth.
    """
    track = np.asarray(points, np.float64).reshape(-1, 2)
    lon, lat = track.T
    if len(track) > MEASURED_MOST or not (np.isfinite(track).all() and (np.abs(lat) <= 90).all()):
        raise BadInput("no line to measure", field="points")
    if len(track) < 2:
        return 0.0, 0.0
    if not closed:
        return float(_geod().line_length(lon, lat)), 0.0
    area, around = _geod().polygon_area_perimeter(lon, lat)
    return float(around), abs(float(area))


@cache
def _geod() -> pyproj.Geod:
    return pyproj.Geod(ellps="WGS84")


def _shift(lon: Array, lat: Array) -> Pair:
    """Return how far GCJ-02 lies east and north of WGS-84, in degrees."""
    x, y = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(x))
    common = 20.0 * np.sin(6.0 * x * np.pi) + 20.0 * np.sin(2.0 * x * np.pi)
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root
    north += (common + 20.0 * np.sin(y * np.pi) + 40.0 * np.sin(y / 3.0 * np.pi)) * 2.0 / 3.0
    north += (160.0 * np.sin(y / 12.0 * np.pi) + 320.0 * np.sin(y * np.pi / 30.0)) * 2.0 / 3.0
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root
    east += (common + 20.0 * np.sin(x * np.pi) + 40.0 * np.sin(x / 3.0 * np.pi)) * 2.0 / 3.0
    east += (150.0 * np.sin(x / 12.0 * np.pi) + 300.0 * np.sin(x / 30.0 * np.pi)) * 2.0 / 3.0
    radians = np.deg2rad(lat)
    magic = 1.0 - _EE * np.sin(radians) ** 2
    meridian = _A * (1.0 - _EE) / (magic * np.sqrt(magic))
    parallel = _A / np.sqrt(magic) * np.cos(radians)
    return np.rad2deg(east / parallel), np.rad2deg(north / meridian)


def _inverse(forward: Callable[[Any, Any], Pair], lon: Any, lat: Any) -> Pair:  # noqa: ANN401
    """Solve forward(x) = (lon, lat) by taking away, round by round, what is still amiss."""
    aim_lon, aim_lat = np.asarray(lon, np.float64), np.asarray(lat, np.float64)
    found_lon, found_lat = aim_lon, aim_lat
    for _ in range(_ROUNDS):
        got_lon, got_lat = forward(found_lon, found_lat)
        found_lon, found_lat = found_lon + aim_lon - got_lon, found_lat + aim_lat - got_lat
    return found_lon, found_lat


def _moved(shapes: Any, move: Callable[[Any, Any], Pair]) -> Any:  # noqa: ANN401
    return shapely.transform(
        shapes, lambda points: np.column_stack(move(points[:, 0], points[:, 1]))
    )


def _known(source: str) -> None:
    if source not in SOURCES:
        raise BadInput(
            f"coordinates {source!r}: one of {', '.join(SOURCES)}", reason="source", source=source
        )
