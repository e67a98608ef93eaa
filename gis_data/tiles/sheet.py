"""A city laid out for drawing: every shape in world coordinates (`grid`), found by where it lies."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_data.tiles.grid import to_world

Shapes = NDArray[Any]
"""An object array of shapely geometries."""


class Layer(NamedTuple):
    """Shapes of one look; `tree` finds them by world bounds."""

    shapes: Shapes
    tree: shapely.STRtree

    def within(self, bounds: tuple[float, float, float, float]) -> Shapes:
        """Return the shapes cut to world bounds, the empty ones left out."""
        near = self.shapes[np.sort(self.tree.query(shapely.box(*bounds)))]
        cut = shapely.clip_by_rect(near, *bounds)
        return cut[~shapely.is_empty(cut)]  # type: ignore[no-any-return]


class Named(NamedTuple):
    """What may get a name on the map: `rank` small first; `shape` a point, an area or a road in world units."""

    text: str
    kind: str
    shape: Any
    rank: float


class Sheet(NamedTuple):
    """A city's areas, roads and borders by kind, and everything that has a name."""

    areas: Mapping[str, Layer]
    roads: Mapping[str, Layer]
    bridges: Mapping[str, Layer]
    borders: Layer
    named: tuple[Named, ...]


def sheet_of(layers: Mapping[str, Any], name: str) -> Sheet:
    """Lay a city out.

    Parameters
    ----------
    layers : name -> GeoDataFrame (EPSG:4326), as docs/city.md has them; any may be absent
    name : the city's own name
    """
    areas, roads, districts = layers.get("areas"), layers.get("roads"), layers.get("districts")
    by_kind: dict[str, Layer] = {}
    by_class: dict[str, Layer] = {}
    bridges: dict[str, Layer] = {}
    if areas is not None:
        by_kind = {str(kind): _layer(part.geometry) for kind, part in areas.groupby("kind")}
    if roads is not None:
        pieces = roads.drop_duplicates("way")  # both directions of a street are one line
        kinds = pieces["class"].str.removesuffix("_link")
        by_class = {str(kind): _layer(part.geometry) for kind, part in pieces.groupby(kinds)}
        over = pieces[pieces["bridge"].astype(bool)]
        bridges = {
            str(kind): _layer(part.geometry) for kind, part in over.groupby(kinds.loc[over.index])
        }
    lines = [] if districts is None else list(districts.geometry.boundary)
    return Sheet(by_kind, by_class, bridges, _layer(lines), tuple(_named(layers, name)))


def world(shapes: Any) -> Shapes:  # noqa: ANN401 - a GeoSeries, a list or an array
    """Return WGS-84 shapes in world coordinates."""
    array = np.asarray(shapes, dtype=object)
    return shapely.transform(array, to_world)  # type: ignore[no-any-return]


def _layer(shapes: Any) -> Layer:  # noqa: ANN401 - a GeoSeries or a list
    there = world(shapes)
    return Layer(there, shapely.STRtree(there))


def _named(layers: Mapping[str, Any], name: str) -> list[Named]:
    found: list[Named] = []
    districts = layers.get("districts")
    if districts is not None and len(districts):
        middle = shapely.point_on_surface(shapely.union_all(world(districts.geometry)))
        found.append(Named(name, "city", middle, 0))
        inside = districts.geometry.representative_point()
        found += _at(districts["name"], ["district"] * len(districts), inside, 1)
    for layer, kind, rank in (("streets", "street", 3), ("areas", "", 4)):
        rows = layers.get(layer)
        if rows is None:
            continue
        rows = rows[rows["name"] != ""]
        kinds = [kind] * len(rows) if kind else list(rows["kind"])
        found += _at(rows["name"], kinds, rows.geometry, rank)
    return found + _roads(layers.get("roads")) + _points(layers)


def _roads(roads: Any) -> list[Named]:  # noqa: ANN401 - a GeoDataFrame or None
    """Every named road once, its pieces joined."""
    if roads is None:
        return []
    named = roads[roads["name"] != ""].drop_duplicates("way")
    kinds = named["class"].str.removesuffix("_link")
    found = []
    for (text, kind), part in named.groupby([named["name"], kinds]):
        joined = shapely.line_merge(shapely.union_all(world(part.geometry)))
        for line in shapely.get_parts(joined):
            found.append(Named(str(text), f"road:{kind}", line, 5 - min(line.length * 1e4, 1)))
    return found


def _points(layers: Mapping[str, Any]) -> list[Named]:
    found: list[Named] = []
    places, addresses = layers.get("places"), layers.get("addresses")
    if places is not None:
        kinds = [f"place:{kind}" for kind in places["kind"]]
        found += _at(places["name"], kinds, places.geometry, 6)
    if addresses is not None:
        called = addresses[addresses["name"] != ""].drop_duplicates(["name", "road"])
        found += _at(called["name"], ["building"] * len(called), called.geometry, 7)
        numbered = addresses[addresses["number"] != ""]
        found += _at(numbered["number"], ["number"] * len(numbered), numbered.geometry, 8)
    return found


def _at(texts: Any, kinds: list[str], points: Any, rank: float) -> list[Named]:  # noqa: ANN401 - pandas columns
    return [
        Named(str(text), kind, at, rank)
        for text, kind, at in zip(texts, kinds, world(points), strict=True)
    ]
