"""Density: tickets per km2, smoothed. A picture of where tickets are, mostly where people are. Not a test."""

import numpy as np

from gis_data.hotspots.cells import Floats, Grid, Ints, ring
from gis_data.hotspots.result import Frame, Layer, Row

PEOPLE_LEAST = 200.0
"""Smoothed residents below which a rate would only be noise."""
_WEIGHTS = {0: 1.0, 1: 0.5, 2: 0.125}
"""By distance in cells: about a quartic kernel of two and a half cells."""


def density(
    grid: Grid, observed: Floats, frame: Frame, *, people: Floats | None = None, smooth: bool = True
) -> Layer:
    """Return the density layer; cells without a ticket near are left out.

    Parameters
    ----------
    observed : tickets a cell, shape (n,)
    people : residents a cell, shape (n,), NaN = unknown
    smooth : spread each cell's tickets over two rings; what would fall outside the city stays inside
    """
    near = _spread(grid, observed, smooth)
    per_km2 = near / grid.area_km2
    rate = np.full(len(grid), -1.0)
    if people is not None:
        known = np.isfinite(people)
        residents = _spread(grid, np.where(known, people, 0.0), smooth)
        of_known = _spread(grid, np.where(known, observed, 0.0), smooth)
        enough = residents >= PEOPLE_LEAST
        rate[enough] = of_known[enough] / residents[enough] * 10_000
    shown = np.flatnonzero(per_km2 > 1e-9)
    rows = [
        Row(key, float(observed[i]), float(per_km2[i]), per_10k=float(rate[i]))
        for i, key in zip(shown, _keys(grid, shown), strict=True)
    ]
    rows.sort(key=lambda row: (-row.value, row.key))
    parameters = {"resolution": float(grid.resolution), "rings": 2.0 if smooth else 0.0}
    return Layer(
        "density", False, frame.period, "none", (), parameters, int(observed.sum()), frame.left_out,
        frame.made_at, tuple(rows),
    )  # fmt: skip


def _keys(grid: Grid, at: Ints) -> list[str]:
    return [f"{cell:x}" for cell in grid.ids[at].tolist()]


def _spread(grid: Grid, values: Floats, smooth: bool) -> Floats:
    """Return values spread by the kernel; every cell gives away just what it has, at the city's edge too."""
    if not smooth:
        return values
    kernel = sum(weight * ring(grid, step) for step, weight in _WEIGHTS.items())
    mass = np.asarray(kernel.sum(axis=0)).ravel()
    spread: Floats = kernel @ (values / mass)
    return spread
