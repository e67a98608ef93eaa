"""Significant clusters: neighbouring cells that together hold more than expected, by Gi* and a max-statistic test.

The textbook's normal approximation, even with a false-discovery correction, finds hot spots in most random
maps of skewed counts. Here the map is shuffled and the largest Gi* of each shuffled map is kept: a cell is
significant when its Gi* beats those maxima, so the chance that a map without clusters shows any is alpha
(family-wise). Formulas and limits: docs/hotspots.md.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from gis_data.hotspots.cells import Floats, Grid, Ints, neighbours
from gis_data.hotspots.result import Frame, Layer, Row

ALPHA = 0.05
PERMUTATIONS = 999
SEED = 12345
CAP = 5.0
"""One cell's deviation counts for no more (in standard deviations), unless `CAP_CELLS` cells reach more."""
CAP_CELLS = 7
LEAST = 3
"""Tickets a cell and its neighbours must hold to be called a cluster."""
STRATA, STRATUM_LEAST = 8, 60
BORROWED = 2.0
HISTORY_LEAST = 4
"""Periods; what fewer say of a cell is chance, and would be found as clusters."""
_CHUNK = 4_000_000
"""Numbers shuffled at once: 16 MB."""


class Tested(NamedTuple):
    """Gi* and its adjusted p of each cell, shape (n,)."""

    gi: Floats
    p: Floats


def clusters(
    grid: Grid,
    observed: Floats,
    frame: Frame,
    *,
    history: Floats | None = None,
    distance: int = 1,
    permutations: int = PERMUTATIONS,
    alpha: float = ALPHA,
    seed: int = SEED,
) -> Layer:
    """Return the clusters layer: cells whose Gi* is positive, the raised ones marked.

    Parameters
    ----------
    observed : tickets a cell, shape (n,), piles of one coordinate set apart before
    history : tickets a cell in earlier comparable periods, shape (periods, n); without it every cell is
        expected to hold as much as any other
    distance : cells around that count as neighbours
    seed : the same seed and numbers give the same p
    """
    known = history is not None and len(history) >= HISTORY_LEAST and bool(history.sum())
    expected = expect(grid, history, observed) if history is not None and known else None
    weights = neighbours(grid, distance)
    flat = np.full(len(grid), observed.mean())
    residual = deviations(observed, flat if expected is None else expected)
    strata = stratify(expected) if expected is not None else np.zeros(len(grid), np.int64)
    gi, p = gi_star(weights, residual, strata, permutations=permutations, seed=seed)
    held = weights @ observed
    raised = (p <= alpha) & (held >= LEAST)
    shown = np.flatnonzero((gi > 0) & (held > 0) | raised)
    lets = flat if expected is None else expected
    rows = [
        Row(f"{grid.ids[i]:x}", float(observed[i]), round(float(gi[i]), 4), expected=round(float(lets[i]), 4),
            p=round(float(p[i]), 4), raised=bool(raised[i]))
        for i in shown.tolist()
    ]  # fmt: skip
    rows.sort(key=lambda row: (row.p, -row.value, row.key))
    parameters = {
        "resolution": float(grid.resolution), "distance": float(distance), "alpha": alpha,
        "permutations": float(permutations), "seed": float(seed), "cells": float(len(grid)),
    }  # fmt: skip
    return Layer(
        "clusters", True, frame.period, "own history" if known else "city mean",
        frame.periods if known else (), parameters, int(observed.sum()), frame.left_out,
        frame.made_at, tuple(rows),
    )  # fmt: skip


def expect(grid: Grid, history: Floats, observed: Floats) -> Floats:
    """Return the tickets each cell lets expect, shape (n,): its history, at the level the whole city has now.

    A cell that had none in some weeks is not a cell that can have none: its own history is mixed with the mean
    of the cells within two rings, which weighs as much as `BORROWED` tickets. The level is found without the
    `CAP_CELLS` cells that deviate most: a pile must not raise what is expected of all others.
    """
    own = history.sum(axis=0)
    near = neighbours(grid, 2)
    local = (near @ own) / np.asarray(near.sum(axis=1)).ravel() / len(history)
    local += 0.001 * local.mean()
    rate = (own + BORROWED) / (len(history) + BORROWED / local)
    expected: Floats = rate * (observed.sum() / rate.sum())
    if len(rate) > CAP_CELLS:
        others = np.argsort(_deviates(observed, expected))[:-CAP_CELLS]
        expected = rate * (observed[others].sum() / rate[others].sum())
    return expected


def deviations(observed: Floats, expected: Floats) -> Floats:
    """Return Freeman-Tukey deviates, about standard normal for a Poisson count, capped.

    No cell counts for more than `CAP`, or than what `CAP_CELLS` cells reach, if that is more: one pile cannot
    carry its neighbours, nor hide the others by being in every shuffled map.
    """
    found = _deviates(observed, expected)
    place = max(len(found) - CAP_CELLS, 0)
    capped: Floats = np.minimum(found, max(CAP, float(np.partition(found, place)[place])))
    return capped


def _deviates(observed: Floats, expected: Floats) -> Floats:
    found: Floats = np.sqrt(observed) + np.sqrt(observed + 1) - np.sqrt(4 * expected + 1)
    return found


def stratify(expected: Floats) -> Ints:
    """Return the stratum of each cell, shape (n,): cells of like expectation are shuffled among themselves.

    Busy and empty quarters differ in how far chance carries them; shuffled together they would find each other.
    """
    number = max(min(STRATA, len(expected) // STRATUM_LEAST), 1)
    order = np.argsort(expected, kind="stable")
    strata = np.empty(len(expected), np.int64)
    strata[order] = np.arange(len(expected)) * number // len(expected)
    return strata


def gi_star(
    weights: sparse.csr_matrix,
    values: Floats,
    strata: Ints,
    *,
    permutations: int = PERMUTATIONS,
    seed: int = SEED,
) -> Tested:
    """Return Gi* and p adjusted for all cells (max statistic of shuffles within strata).

    With one stratum it is Getis and Ord's Gi* of 1995; with several, mean and variance are those of the
    shuffle within them. Cells that cannot vary have Gi* 0 and p 1.
    """
    names, counts = np.unique(strata, return_counts=True)
    onehot = sparse.csr_matrix(
        (np.ones(len(values)), (np.arange(len(values)), np.searchsorted(names, strata)))
    )
    mean = (onehot.T @ values) / counts
    spread = (onehot.T @ values**2) / counts - mean**2
    reach = (weights @ onehot).toarray()
    squares = (weights.multiply(weights) @ onehot).toarray()
    free = np.where(counts > 1, spread / np.maximum(counts - 1, 1), 0.0)
    variance = ((counts * squares - reach**2) * free).sum(axis=1)
    movable = variance > 1e-12
    scale = np.where(movable, 1 / np.sqrt(np.where(movable, variance, 1.0)), 0.0)
    centre = reach @ mean
    gi = (weights @ values - centre) * scale
    chance = np.random.default_rng(seed)
    maps = _shuffled(weights, values, strata, permutations, chance)
    low, size = centre.astype(np.float32)[:, None], scale.astype(np.float32)[:, None]
    maxima = np.concatenate([((sums - low) * size).max(axis=0) for sums in maps])
    # a shuffle that only moves equal numbers repeats the very value: what differs by rounding is as much
    larger = permutations - np.searchsorted(np.sort(maxima), gi - 1e-3, side="left")
    p = np.where(movable, (1 + larger) / (permutations + 1), 1.0)
    return Tested(gi, p)


def _shuffled(
    weights: sparse.csr_matrix,
    values: Floats,
    strata: Ints,
    permutations: int,
    chance: np.random.Generator,
) -> Iterator[NDArray[np.float32]]:
    """Yield the neighbourhood sums of shuffled maps, some at a time, shape (n, maps)."""
    order = np.argsort(strata, kind="stable")
    in_order = values[order].astype(np.float32)
    bounds = np.flatnonzero(np.diff(strata[order])) + 1
    # columns in the order of the strata: each stratum is shuffled where it lies
    matrix = weights.astype(np.float32)[:, order]
    step = max(_CHUNK // max(len(values), 1), 1)
    for first in range(0, permutations, step):
        maps = np.tile(in_order, (min(step, permutations - first), 1))
        for block in np.split(maps, bounds, axis=1):
            chance.permuted(block, axis=1, out=block)
        yield matrix @ maps.T
