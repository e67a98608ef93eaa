"""What each layer of a bundle holds: its geometry, columns and key (docs/city.md). No files, no stores."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from models.errors import BadInput

WGS84 = "EPSG:4326"
_POLYGONS = ("Polygon", "MultiPolygon")


class Layer(NamedTuple):
    """One layer's contract: `columns` name -> str, int, float or bool; `key` is unique in the layer."""

    geometry: tuple[str, ...]
    columns: Mapping[str, type]
    key: tuple[str, ...] = ("id",)


LAYERS: Mapping[str, Layer] = {
    "districts": Layer(
        _POLYGONS, {"adcode": str, "name": str, "population": int}, ("adcode",)
    ),
    "streets": Layer(
        _POLYGONS, {"code": str, "adcode": str, "name": str, "population": int}, ("code",)
    ),
    "grids": Layer(_POLYGONS, {"code": str, "street": str, "name": str}, ("code",)),
    "nodes": Layer(("Point",), {"id": str}),
    "roads": Layer(
        ("LineString",),
        {
            "id": str, "u": str, "v": str, "way": str, "name": str, "class": str, "speed": float,
            "lanes": int, "bridge": bool, "tunnel": bool, "length": float,
        },
    ),
    "turns": Layer(
        ("Point",), {"from_edge": str, "node": str, "to_edge": str, "kind": str},
        ("from_edge", "node", "to_edge"),
    ),
    "places": Layer(
        ("Point",),
        {
            "id": str, "kind": str, "name": str, "address": str, "phone": str, "people": int,
            "note": str,
        },
    ),
    "addresses": Layer(
        ("Point",),
        {
            "id": str, "road": str, "number": str, "name": str, "district": str, "street": str,
            "grid": str,
        },
    ),
    "areas": Layer(_POLYGONS, {"id": str, "kind": str, "name": str}),
}  # fmt: skip
PLACE_KINDS = (
    "hospital", "fire_station", "police", "school", "kindergarten", "nursing_home", "shelter",
    "hazard", "camera", "government", "metro", "mall", "park", "bridge", "utility",
)  # fmt: skip
AREA_KINDS = ("water", "park", "built", "industry", "farmland")
SPEEDS: Mapping[str, float] = {
    "motorway": 100.0, "trunk": 80.0, "primary": 60.0, "secondary": 50.0, "tertiary": 40.0,
    "residential": 30.0, "service": 15.0, "motorway_link": 50.0, "trunk_link": 40.0,
    "primary_link": 40.0, "secondary_link": 35.0, "tertiary_link": 30.0,
}  # fmt: skip
"""Road class -> free-flow speed in km/h where the source tells none."""

_DTYPES: Mapping[type, Any] = {str: "str", int: np.int32, float: np.float64, bool: np.bool_}


def empty(name: str) -> gpd.GeoDataFrame:
    """Return the layer without rows, with the columns and types of the contract."""
    columns = {
        column: pd.Series([], dtype=_DTYPES[kind]) for column, kind in LAYERS[name].columns.items()
    }
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries([], crs=WGS84), crs=WGS84)


def conform(name: str, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame as the contract has it: its columns only, its types, WGS-84, sorted by key.

    BadInput when the layer, a column or the CRS is missing, or a cell is not of its type.
    """
    layer = LAYERS.get(name)
    if layer is None:
        raise BadInput(f"no layer {name!r}", reason="layer", layer=name)
    missing = sorted(set(layer.columns) - set(frame.columns))
    if missing:
        raise BadInput(f"{name}: no column {', '.join(missing)}", reason="column", layer=name)
    if frame.crs is None:
        raise BadInput(f"{name}: no CRS", reason="crs", layer=name)
    if frame.crs != WGS84:
        frame = frame.to_crs(WGS84)
    columns = {}
    for column, kind in layer.columns.items():
        cells = frame[column].fillna("") if kind is str else frame[column]
        try:
            columns[column] = cells.astype(_DTYPES[kind])
        except (ValueError, TypeError) as error:
            raise BadInput(
                f"{name}.{column}: {error}", reason="type", layer=name, column=column
            ) from error
    geometry = frame.geometry.to_numpy()
    if shapely.has_z(geometry).any():  # a copy only when there is need: layers are large
        geometry = shapely.force_2d(geometry)
    tidy = gpd.GeoDataFrame(columns, geometry=geometry, crs=WGS84)
    return tidy.sort_values(list(layer.key), kind="stable", ignore_index=True)
