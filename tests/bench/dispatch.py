"""Part of `hotline bench command`: a recommendation over 500 units on a network of 200 thousand nodes.

Measured is what a coordinator waits for besides the tables: snapping the units that moved, a tenth each time, the
drive of every one of them on a
network with closures, and the choice for several needs with floors that matter.
"""

import statistics
import time
from typing import Any

import numpy as np

from command.forces import INF, Target, drives
from command.recommend import Candidate, Floor, recommend
from gis_data.roads.network import Network, Stop, ground
from tests.bench.grids import grid

SIDE, UNITS, CLOSED, SPAN_M = 450, 500, 500, 20_000.0
NEEDS = {"fire": 4, "medical": 3, "police": 3, "gas": 2, "pump": 2}
"""Fourteen units at once: a grave incident."""


def recommend_ms(*, times: int = 100) -> dict[str, float]:
    """Return p50 and p95 of a recommendation in milliseconds, each for another scene."""
    network, places, units = _city()
    chance = np.random.default_rng(11)
    near = np.flatnonzero(_from_middle(network) < SPAN_M / 2)
    took = []
    for node in chance.choice(near, times).tolist():
        scene = network.ground.at_node(node)
        _drive_on(places, chance)
        began = time.perf_counter()
        _once(network, scene, places, units)
        took.append(1000 * (time.perf_counter() - began))
    return {
        "p50": round(statistics.median(took), 1),
        "p95": round(float(np.quantile(took, 0.95)), 1),
    }


def _drive_on(places: list[tuple[float, float]], chance: np.random.Generator) -> None:
    """Let a tenth of the units be somewhere else than at the question before."""
    for unit in chance.choice(UNITS, UNITS // 10, replace=False).tolist():
        lon, lat = places[unit]
        places[unit] = (lon + float(chance.normal(0, 2e-4)), lat + float(chance.normal(0, 2e-4)))


def _once(
    network: Network, scene: Stop, places: list[tuple[float, float]], units: list[dict[str, Any]]
) -> None:
    seconds = drives(network, Target(scene), places)
    candidates = [
        Candidate(**unit, seconds=INF if drive is None else drive, why="no_way" if drive in (None, INF) else "")
        for unit, drive in zip(units, seconds, strict=True)
    ]  # fmt: skip
    floors = [Floor(kind, str(district), 12) for kind in NEEDS for district in range(4)]
    recommend(NEEDS, candidates, floors)


def _from_middle(network: Network) -> Any:
    xy = network.table.xy
    return np.hypot(*(xy - xy.mean(axis=0)).T)


def _city() -> tuple[Network, list[tuple[float, float]], list[dict[str, Any]]]:
    """Return a town with closed roads, and its units: somewhere in it, with one to three capabilities each."""
    network = Network(ground(grid(SIDE, turns=SIDE)))
    chance = np.random.default_rng(7)
    shut = chance.choice(network.table.edges, CLOSED, replace=False)
    network = network.close(1, shut, version="1")
    near = np.flatnonzero(_from_middle(network) < SPAN_M / 2)
    where = network.table.lonlat[chance.choice(near, UNITS)] + chance.normal(0, 2e-4, (UNITS, 2))
    kinds = [*NEEDS, "boat"]
    units = [
        {
            "code": f"u{number:03}", "label": f"{number}队", "district": str(number % 4),
            "capabilities": frozenset(chance.choice(kinds, chance.integers(1, 4), replace=False).tolist()),
        }
        for number in range(UNITS)
    ]  # fmt: skip
    return network, [(lon, lat) for lon, lat in where.tolist()], units
