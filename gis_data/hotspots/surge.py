"""Surge: more tickets than the place's own past lets expect, for each cell, each district and the whole city."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from gis_data.hotspots.cells import Floats, Grid
from gis_data.hotspots.result import Frame, Layer, Level, Row

ALPHA = 0.05
LEAST = 3
"""Tickets a place must have to be called surging."""
PRIOR = 0.5
"""Periods' worth of the mean place that a place's own history is mixed with."""
RATIO_LEAST = 0.5
"""Tickets a ratio is drawn against at least, and below which none is told: three of 0.001 are not 3,000 times."""
SUMMED = 2000
"""Up to here the probabilities are added up one by one."""
P_LEAST = 1e-12
DISPERSION_LEAST = 0.01
"""Even a city's total varies by a tenth from week to week for reasons that are no surge."""


class Group(NamedTuple):
    """Places that are tested together: names, observed of shape (n,), history of shape (periods, n).

    people : residents of each place, NaN = unknown, shape (n,), for the rates; None for none.
    """

    level: Level
    keys: Sequence[str]
    observed: Floats
    history: Floats
    people: Floats | None = None


class Judged(NamedTuple):
    """Expected numbers, p adjusted within the group, and p as if the whole city had risen alike; shape (n,)."""

    expected: Floats
    p: Floats
    p_beyond: Floats


def surge(groups: Sequence[Group], grid: Grid, frame: Frame, *, alpha: float = ALPHA) -> Layer:
    """Return the surge layer: the city, the districts, and the cells with more than expected.

    groups : one with the city alone comes first. Without history nothing is tested, the numbers still stand.
    """
    periods = len(frame.periods)
    city = groups[0]
    rise = 1.0
    if periods and city.history.sum():
        rise = max(float(city.observed.sum() / city.history.sum() * periods), 1.0)
    rows: list[Row] = []
    counted = 0.0
    for group in groups:
        if group.level == "cell":
            counted = float(group.observed.sum())
        rows += _rows(group, judge(group.observed, group.history, rise), alpha, bool(periods))
    parameters = {"resolution": float(grid.resolution), "alpha": alpha, "city_rise": round(rise, 4)}
    return Layer(
        "surge", True, frame.period, "own history" if periods else "none", frame.periods,
        parameters, int(counted), frame.left_out, frame.made_at, tuple(rows),
    )  # fmt: skip


def _rows(group: Group, judged: Judged, alpha: float, tested: bool) -> list[Row]:
    rows = []
    for i, key in enumerate(group.keys):
        observed, expected = float(group.observed[i]), float(judged.expected[i])
        if group.level == "cell" and observed <= max(expected, 0.0):
            continue
        residents = float(group.people[i]) if group.people is not None else 0.0
        raised = tested and observed >= LEAST and bool(judged.p[i] <= alpha)
        rows.append(
            Row(
                key, observed, round(observed / max(expected, RATIO_LEAST), 3), group.level,
                expected=round(expected, 4) if tested else -1.0, p=float(f"{judged.p[i]:.3g}"),
                raised=raised,
                per_10k=round(observed / residents * 10_000, 3) if residents > 0 else -1.0,
                beyond_city=raised and group.level != "city" and bool(judged.p_beyond[i] <= alpha),
            )
        )  # fmt: skip
    rows.sort(key=lambda row: (row.p, -row.observed, row.key))
    return rows


def judge(observed: Floats, history: Floats, rise: float = 1.0) -> Judged:
    """Return what is expected and how unlikely the observed numbers are.

    A period's number is negative binomial; its dispersion is that of the group's places between their own
    periods, its mean is known only from the place's own history, drawn towards the mean place: together a
    beta negative binomial. Upper tail, Holm's correction over all places of the group.

    Parameters
    ----------
    observed : shape (n,); history : shape (periods, n)
    rise : how much the whole city rose, for `p_beyond`
    """
    periods = len(history)
    if not periods or not history.sum():
        none = np.ones(len(observed))
        return Judged(-none, none, none)
    mean = float(history.mean())
    past = history.sum(axis=0) + PRIOR * mean
    expected = past / (periods + PRIOR)
    size = 1 / max(dispersion(history), DISPERSION_LEAST)
    known = (periods + PRIOR) * size + 1
    p = holm(upper_tail(observed, size, known, past))
    beyond = holm(upper_tail(observed, size, known, past * rise)) if rise > 1 else p
    return Judged(expected, p, beyond)


def factor(ratio: float, expected: float) -> float:
    """Return a ratio that may be told as so many times the usual; 0 where less than `RATIO_LEAST` is usual."""
    return ratio if expected >= RATIO_LEAST else 0.0


def dispersion(history: Floats) -> float:
    """Return by how much the variance between a place's own periods exceeds Poisson's, as a share of mean squared.

    By moments over all places of the group; the mean squared is freed of the chance in the means.
    """
    if len(history) < 2:
        return 0.0
    mean, variance = history.mean(axis=0), history.var(axis=0, ddof=1)
    square = float((mean**2 - variance / len(history)).sum())
    return max(float((variance - mean).sum()) / square, 0.0) if square > 0 else 0.0


def upper_tail(observed: Floats, size: float, known: float, past: Floats) -> Floats:
    """Return P(X >= observed), shape (n,), of X ~ NB(size, q) with q ~ Beta(known, past); its mean is
    size * past / (known - 1). Numbers at or below the mean are not looked at: 1.
    """
    found = np.ones(len(observed))
    above = (observed >= 1) & (observed > size * past / (known - 1))
    few = np.flatnonzero(above & (observed <= SUMMED))
    if len(few):
        number = np.ceil(observed[few]).astype(np.int64)
        starts = np.concatenate(([0], np.cumsum(number)[:-1]))
        k = np.arange(number.sum()) - np.repeat(starts, number)
        of = np.repeat(past[few], number)
        log = (
            special.gammaln(size + k) - special.gammaln(k + 1) - special.gammaln(size)
            + special.betaln(known + size, of + k) - special.betaln(known, of)
        )  # fmt: skip
        found[few] = np.clip(1 - np.add.reduceat(np.exp(log), starts), P_LEAST, 1)
    many = above & (observed > SUMMED)
    # of so many the share that is Poisson's vanishes: X / past is beta prime
    found[many] = special.betainc(known, size, past[many] / (past[many] + observed[many]))
    return found


def holm(p: NDArray[np.float64]) -> Floats:
    """Return p adjusted for testing all of them (Holm 1979): valid whatever their dependence."""
    order = np.argsort(p, kind="stable")
    steps = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(steps, 1.0)
    return adjusted
