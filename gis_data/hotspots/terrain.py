"""What the layers are drawn on: the city's cells, its districts, and who lives where."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_data.city.bundle import City
from gis_data.hotspots.cells import Floats, Grid, Ints, grid_around, grid_of, people


class District(NamedTuple):
    """A district: GB/T 2260 code, name, people (-1 = unknown) and polygon (WGS-84)."""

    code: str
    name: str
    people: int
    shape: Any


@dataclass(frozen=True, slots=True, eq=False)
class Terrain:
    """A city at one resolution.

    people : residents a cell, shape (n,), NaN = unknown; bounded : the city's border is known, not guessed.
    """

    grid: Grid
    districts: tuple[District, ...]
    people: Floats
    bounded: bool = True


def terrain_of(
    districts: Sequence[District],
    resolution: int,
    *,
    quarters: Sequence[tuple[Any, int]] = (),
    homes: NDArray[np.float64] | None = None,
) -> Terrain:
    """Return the cells of the districts together.

    Parameters
    ----------
    quarters : (polygon, people) of smaller areas, streets, whose population is known; districts' without them
    homes : addresses as (lon, lat), shape (m, 2), where the people of an area live
    """
    whole = shapely.union_all([shapely.make_valid(each.shape) for each in districts])
    grid = grid_of(whole, resolution)
    areas = [area for area in quarters if area[1] >= 0]
    return Terrain(
        grid, tuple(districts), people(grid, areas or [(d.shape, d.people) for d in districts], homes)
    )  # fmt: skip


def terrain_around(h9: Ints, resolution: int) -> Terrain:
    """Return the cells around tickets, for a city whose map nobody has given."""
    grid = grid_around(h9, resolution)
    return Terrain(grid, (), np.full(len(grid), np.nan), bounded=False)


@lru_cache(maxsize=6)
def terrain_of_city(city: City, resolution: int) -> Terrain:
    """Return a city version's cells; its people live where its addresses are. BadInput without districts."""
    districts = [
        District(row.adcode, row.name, int(row.population), row.geometry)
        for row in city.districts.itertuples()
    ]
    quarters = [(row.geometry, int(row.population)) for row in city.streets.itertuples()]
    points = city.addresses.geometry
    homes = np.column_stack((points.x.to_numpy(), points.y.to_numpy())) if len(points) else None
    return terrain_of(districts, resolution, quarters=quarters, homes=homes)
