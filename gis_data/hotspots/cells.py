"""The city as H3 cells: which there are, who neighbours whom, and counts of points in them.

All cells of the city's polygon are there, those without a ticket too: an empty cell is a zero, not a gap.
Coordinates are WGS-84 (EPSG:4326), lon before lat in shapely.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import sparse

from models.errors import BadInput
from models.rules.places import RESOLUTION, coarser

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
COARSEST = 5
CELLS_MOST = 60_000


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """The cells of a city.

    ids : H3 numbers of one resolution, shape (n,), ascending; area_km2 : of each, geodesic, shape (n,).
    """

    resolution: int
    ids: Ints
    area_km2: Floats

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def keys(self) -> list[str]:
        """Return the cells as hex text."""
        return [f"{cell:x}" for cell in self.ids.tolist()]

    def places_of(self, h9: Ints) -> Ints:
        """Return each cell's place in `ids`, -1 outside the city; `h9` of resolution 9, shape (m,)."""
        cells = parents(np.asarray(h9, np.int64), self.resolution)
        at = np.minimum(np.searchsorted(self.ids, cells), len(self.ids) - 1)
        found: Ints = np.where(self.ids[at] == cells, at, -1)
        return found


def parents(cells: Ints, resolution: int) -> Ints:
    """Return the cells of a coarser resolution that hold `cells` (resolution 9), shape (m,)."""
    kept, put = coarser(resolution)
    found: Ints = cells & np.int64(kept) | np.int64(put)
    return found


def grid_of(shape: Any, resolution: int) -> Grid:  # noqa: ANN401 - a shapely geometry
    """Return the cells that the city's polygon touches.

    Parameters
    ----------
    shape : shapely Polygon or MultiPolygon, WGS-84; one that crosses itself is mended
    resolution : 5 (250 km2 a cell) to 9 (0.1 km2)

    Raises
    ------
    BadInput for a resolution beyond these, no area, or more than `CELLS_MOST` cells.
    """
    if not COARSEST <= resolution <= RESOLUTION:
        raise BadInput(f"resolution {resolution}: {COARSEST} to {RESOLUTION}", field="resolution")
    whole = shape if shape.is_valid else shapely.make_valid(shape)
    polygons = [part for part in shapely.get_parts([whole]) if part.geom_type == "Polygon"]
    polygons = polygons or [
        part
        for part in shapely.get_parts(shapely.get_parts([whole]))
        if part.geom_type == "Polygon"
    ]
    # half the square degrees at the equator's size: refused before a province fills the memory
    if sum(p.area for p in polygons) * 9_000 / h3.average_hexagon_area(resolution) > CELLS_MOST * 2:
        raise BadInput("too many cells: a coarser resolution", field="resolution")
    found: set[int] = set()
    for polygon in polygons:
        part = h3.geo_to_h3shape(shapely.geometry.mapping(polygon))
        found.update(h3.h3shape_to_cells_experimental(part, resolution, "overlap"))
    return grid_from(np.fromiter(found, np.int64, len(found)), resolution)


def grid_around(h9: Ints, resolution: int) -> Grid:
    """Return the cells that hold points, with a ring around each: a city whose border nobody has given."""
    seen = np.unique(parents(np.asarray(h9, np.int64), resolution)).tolist()
    found = {near for cell in seen for near in h3.grid_disk(cell, 1)}
    return grid_from(np.fromiter(found, np.int64, len(found)), resolution)


def grid_from(cells: Ints, resolution: int) -> Grid:
    """Return the grid of just these cells; BadInput for none or too many."""
    ids = np.unique(np.asarray(cells, np.int64))
    if not len(ids):
        raise BadInput("a city without cells", field="city")
    if len(ids) > CELLS_MOST:
        raise BadInput(f"{len(ids)} cells: a coarser resolution", field="resolution")
    area = np.array([h3.cell_area(cell, "km^2") for cell in ids.tolist()])
    return Grid(resolution, ids, area)


def aggregate(grid: Grid, h9: Ints, counts: Floats | None = None) -> tuple[Floats, float]:
    """Return (tickets a cell, shape (n,); tickets outside the city).

    Parameters
    ----------
    h9 : cells of resolution 9, shape (m,); counts : tickets in each, ones by default, shape (m,)
    """
    number = np.ones(len(h9)) if counts is None else np.asarray(counts, np.float64)
    at = grid.places_of(h9)
    inside = at >= 0
    total = np.bincount(at[inside], number[inside], minlength=len(grid)).astype(np.float64)
    return total, float(number[~inside].sum())


@lru_cache(maxsize=8)
def ring(grid: Grid, distance: int) -> sparse.csr_matrix:
    """Return who stands exactly `distance` cells away, as 0/1, CSR of shape (n, n); 0 is the cell itself."""
    if distance == 0:
        return sparse.identity(len(grid), dtype=np.float32, format="csr")
    cells = [h3.grid_disk(cell, distance) for cell in grid.ids.tolist()]
    lengths = np.fromiter(map(len, cells), np.int64, len(cells))
    flat = np.fromiter((n for near in cells for n in near), np.int64, int(lengths.sum()))
    rows = np.repeat(np.arange(len(grid)), lengths)
    at = np.minimum(np.searchsorted(grid.ids, flat), len(grid) - 1)
    inside = grid.ids[at] == flat
    ones = np.ones(int(inside.sum()), np.float32)
    disk = sparse.csr_matrix((ones, (rows[inside], at[inside])), shape=(len(grid), len(grid)))
    within = neighbours(grid, distance - 1)
    outer = (disk - within).tocsr()
    outer.eliminate_zeros()
    return outer


@lru_cache(maxsize=8)
def neighbours(grid: Grid, distance: int = 1) -> sparse.csr_matrix:
    """Return the weights of Gi*: 1 for a cell itself and all within `distance` cells, CSR of shape (n, n)."""
    found = ring(grid, 0)
    for step in range(1, distance + 1):
        found = found + ring(grid, step)
    return found.tocsr()


def people(
    grid: Grid, areas: Sequence[tuple[Any, int]], homes: NDArray[Any] | None = None
) -> Floats:
    """Return the population of each cell, shape (n,), NaN where none is known.

    Parameters
    ----------
    areas : (polygon WGS-84, people; negative = unknown) of districts or streets that do not overlap
    homes : addresses as (lon, lat), shape (m, 2): an area's people live where its addresses are, evenly over
        its cells where it has none. Without any all areas are even.
    """
    centres = np.array([h3.cell_to_latlng(cell) for cell in grid.ids.tolist()])[:, ::-1]
    points = shapely.points(centres)
    share = np.zeros(len(grid))
    if homes is not None and len(homes):
        cells = np.array([h3.latlng_to_cell(lat, lon, RESOLUTION) for lon, lat in homes], np.int64)
        share, _ = aggregate(grid, cells)
    found = np.full(len(grid), np.nan)
    for polygon, number in areas:
        if number < 0:
            continue
        inside = shapely.contains(polygon, points)
        weight = share[inside] if share[inside].sum() else np.ones(int(inside.sum()))
        if len(weight):
            found[inside] = number * weight / weight.sum()
    return found
