"""Water, parks, built-up land, industry and farmland of the demo city."""

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from gis_data.city.demo.ground import (
    BLOCK,
    LAKES,
    PARKS,
    WIDE,
    block_kind,
    degrees,
    in_lake,
    metres,
    town_land,
)
from gis_data.city.demo.regions import Regions, block_shape
from gis_data.city.layers import WGS84

_INSET = 0.16
"""How far built-up land keeps from the arterial beside it, in steps."""
_KIND = {"home": "built", "business": "built", "campus": "built", "industry": "industry"}


def areas(regions: Regions) -> gpd.GeoDataFrame:
    """Return the layer `areas`; water lies over nothing else."""
    water = [("云水", _river(regions)), *((name, _lake(name)) for name, *_ in LAKES)]
    wet = shapely.union_all([shape for _, shape in water])
    rows = [("water", name, shape) for name, shape in water]
    rows += [("park", name, _dry(shape, wet)) for name, shape in _parks()]
    for block in sorted(town_land()):
        kind = _KIND.get(block_kind(block))
        if kind:
            rows += [(kind, "", _dry(shape, wet)) for shape in _quarters(block)]
    for street in regions.streets.itertuples():
        fields = [
            block_shape(block)
            for block, code in sorted(regions.street_of.items())
            if code == street.code and block_kind(block) == "farm"
        ]
        if fields:
            rows.append(("farmland", "", _dry(shapely.coverage_union_all(fields), wet)))
    rows = [row for row in rows if not row[2].is_empty]
    return gpd.GeoDataFrame(
        {
            "id": [f"a{number:04}" for number in range(1, len(rows) + 1)],
            "kind": [kind for kind, _, _ in rows], "name": [name for _, name, _ in rows],
        },
        geometry=[_rounded(shape) for _, _, shape in rows], crs=WGS84,
    )  # fmt: skip


def _river(regions: Regions) -> Any:  # noqa: ANN401 - shapely is untyped
    """Return the river within the city: about 300 m wide, a little wider in its bends."""
    i = np.arange(-WIDE, WIDE + 1, 2.0)
    half = 1.15 + 0.2 * np.sin(i / 17.0) + 0.12 * np.sin(i / 6.0 + 1.0)
    north, south = degrees(*metres(i, half)), degrees(*metres(i, -half))
    band = shapely.Polygon(np.concatenate([north, south[::-1]]))
    return shapely.intersection(band, shapely.union_all(regions.districts.geometry.to_numpy()))


def _lake(name: str) -> Any:  # noqa: ANN401
    _, x, y, wide, tall = next(lake for lake in LAKES if lake[0] == name)
    turn = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    shore = 0.86 + 0.07 * np.sin(3 * turn + x) + 0.04 * np.sin(5 * turn + y)
    return shapely.Polygon(
        degrees(*metres(x + wide * shore * np.cos(turn), y + tall * shore * np.sin(turn)))
    )


def _parks() -> list[tuple[str, Any]]:
    names = sorted(set(PARKS.values()))
    return [
        (name, shapely.union_all([block_shape(b) for b in sorted(PARKS) if PARKS[b] == name]))
        for name in names
    ]


def _quarters(block: tuple[int, int]) -> list[Any]:
    """Return the four quarters of a block, apart by the width of the roads between them."""
    i, j = block[0] * BLOCK, block[1] * BLOCK
    quarters = []
    for x in (i, i + 4):
        for y in (j, j + 4):
            if in_lake(x + 2, y + 2):
                continue
            low, high = _INSET, 4 - _INSET
            south = low if y not in (0, 4) or y == 4 else 2.2
            north = high if y != -4 else 1.8
            edge = np.array([
                (low, south), (2, south), (high, south), (high, north), (2, north), (low, north)
            ])  # fmt: skip
            quarters.append(shapely.Polygon(degrees(*metres(x + edge[:, 0], y + edge[:, 1]))))
    return quarters


def _dry(shape: Any, wet: Any) -> Any:  # noqa: ANN401
    """Return the land of a shape, without the crumbs of a point or line."""
    land = shapely.difference(shape, wet)
    parts = [part for part in shapely.get_parts(land) if part.geom_type == "Polygon"]
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _rounded(shape: Any) -> Any:  # noqa: ANN401
    """Return the shape on the grain of the ground plan, still valid."""
    return shapely.set_precision(shape, 2.0**-20)
