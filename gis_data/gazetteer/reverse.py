"""From a point to what is there: district, street, grid, the nearest number and road."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer

NEAR_NUMBER_M = 120.0
NEAR_ROAD_M = 400.0


class Whereabouts(NamedTuple):
    """What a point is in and near; empty where nothing is known. `metres` to what `near` names.

    inside : whether the point lies in one of the city's districts.
    """

    district: str
    district_name: str
    street: str
    street_name: str
    grid: str
    near: str
    metres: float
    inside: bool

    @property
    def name(self) -> str:
        """Return where it is, as people call it; empty where nothing is known."""
        return "·".join(filter(None, (self.street_name or self.district_name, self.near)))


class Surface:
    """A city's areas and lines, found by a point (WGS-84); lengths in its metric system."""

    def __init__(self, layers: Mapping[str, Any], metric_crs: str) -> None:
        self._metric = Transformer.from_crs("EPSG:4326", metric_crs, always_xy=True)
        self._districts = _Areas(layers.get("districts"), "adcode")
        self._streets = _Areas(layers.get("streets"), "code")
        self._grids = _Areas(layers.get("grids"), "code")
        addresses, roads = layers.get("addresses"), layers.get("roads")
        self._numbers = self._nearest(addresses)
        self._number_texts = [] if addresses is None else _texts(addresses, "road", "number")
        named = None if roads is None else roads[roads["name"] != ""].drop_duplicates("way")
        self._roads = self._nearest(named)
        self._road_texts = [] if named is None else _texts(named, "name")

    def _nearest(self, layer: Any) -> shapely.STRtree:  # noqa: ANN401 - a GeoDataFrame or None
        shapes = [] if layer is None else layer.geometry.to_numpy()
        return shapely.STRtree(shapely.transform(np.asarray(shapes, dtype=object), self._metres))

    def _metres(self, lonlat: Any) -> Any:  # noqa: ANN401 - (n, 2) degrees in, metres out
        return np.column_stack(self._metric.transform(lonlat[:, 0], lonlat[:, 1]))

    def at(self, lon: float, lat: float) -> Whereabouts:
        """Return what is at a point in degrees (WGS-84)."""
        district, district_name = self._districts.of(lon, lat)
        street, street_name = self._streets.of(lon, lat)
        here = shapely.transform(shapely.Point(lon, lat), self._metres)
        near, metres = _closest(self._numbers, self._number_texts, here, NEAR_NUMBER_M)
        if not near:
            near, metres = _closest(self._roads, self._road_texts, here, NEAR_ROAD_M)
        grid = self._grids.of(lon, lat)[0]
        return Whereabouts(
            district, district_name, street, street_name, grid, near, metres, bool(district)
        )


class _Areas:
    """Polygons with a code and a name; a point on a border belongs to the first of them."""

    def __init__(self, layer: Any, code: str) -> None:  # noqa: ANN401 - a GeoDataFrame or None
        self._tree = shapely.STRtree([] if layer is None else layer.geometry.to_numpy())
        self._codes = [] if layer is None else [str(text) for text in layer[code]]
        self._names = [] if layer is None else [str(text) for text in layer["name"]]

    def of(self, lon: float, lat: float) -> tuple[str, str]:
        found = self._tree.query(shapely.Point(lon, lat), predicate="intersects")
        if not len(found):
            return "", ""
        first = int(found.min())
        return self._codes[first], self._names[first]


def _texts(layer: Any, *columns: str) -> list[str]:  # noqa: ANN401 - a GeoDataFrame
    rows = zip(*(layer[column] for column in columns), strict=True)
    return ["".join(str(word) for word in row) for row in rows]


def _closest(
    tree: shapely.STRtree,
    texts: list[str],
    here: Any,  # noqa: ANN401 - a point
    within: float,
) -> tuple[str, float]:
    if not texts:
        return "", 0.0
    index, distance = tree.query_nearest(here, max_distance=within, return_distance=True)
    if not len(index):
        return "", 0.0
    return texts[int(index[0])], round(float(distance[0]), 1)
