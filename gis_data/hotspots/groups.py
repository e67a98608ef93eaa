"""Near-duplicate groups: tickets of one category, near in place and time, that say about the same."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from gis_data.hotspots.cells import Floats, Ints
from models.clock import Instant

NEAR_M = 300.0
WITHIN_S = 48 * 3600.0
ALIKE = 0.3
MOST = 1000
"""Tickets looked at, the newest ones: a pile of more is one group anyhow."""
_PAIRS = 200_000
_METRES = 111_320.0


class Said(NamedTuple):
    """A ticket to compare: WGS-84 place, instant in seconds, category, and its text's pairs (`rules.grams`)."""

    no: str
    category: str
    at: Instant
    lon: float
    lat: float
    grams: Sequence[str]


def groups(
    tickets: Sequence[Said],
    *,
    near_m: float = NEAR_M,
    within_s: float = WITHIN_S,
    alike: float = ALIKE,
) -> list[list[str]]:
    """Return the groups of two or more, largest first, each with its numbers by time.

    Two belong together when they are of one category, at most `near_m` metres and `within_s` seconds apart, and
    their texts share at least `alike` of their pairs (Jaccard); a group is all that hang together so.
    """
    newest = sorted(tickets, key=lambda each: each.at)[-MOST:]
    if len(newest) < 2:
        return []
    one, two = _close(newest, near_m, within_s)
    kept = [np.empty((0, 2), np.int64)]
    pairs = _pairs(newest)
    sizes = np.asarray(pairs.sum(axis=1)).ravel()
    for first in range(0, len(one), _PAIRS):
        a, b = one[first : first + _PAIRS], two[first : first + _PAIRS]
        common = np.asarray(pairs[a].multiply(pairs[b]).sum(axis=1)).ravel()
        both = sizes[a] + sizes[b] - common
        kept.append(np.column_stack((a, b))[common >= alike * np.maximum(both, 1)])
    linked = np.concatenate(kept)
    n = len(newest)
    graph = sparse.csr_matrix((np.ones(len(linked)), (linked[:, 0], linked[:, 1])), shape=(n, n))
    _, label = csgraph.connected_components(graph, directed=False)
    found: dict[int, list[str]] = {}
    for ticket, group in zip(newest, label.tolist(), strict=True):
        found.setdefault(group, []).append(ticket.no)
    return sorted((g for g in found.values() if len(g) > 1), key=lambda g: (-len(g), g))


def _close(tickets: Sequence[Said], near_m: float, within_s: float) -> tuple[Ints, Ints]:
    """Return the pairs that are of one category, near and soon after each other, as two index arrays."""
    points = metres(np.array([(each.lon, each.lat) for each in tickets]))
    when = np.array([each.at for each in tickets])
    names = np.unique([each.category for each in tickets], return_inverse=True)[1]
    found = cKDTree(points).query_pairs(near_m, output_type="ndarray")
    one, two = found[:, 0], found[:, 1]
    good = (names[one] == names[two]) & (np.abs(when[one] - when[two]) <= within_s)
    return one[good], two[good]


def metres(points: Floats) -> Floats:
    """Return WGS-84 (lon, lat), shape (n, 2), as metres about their mean: good to 0.1 % within a city."""
    middle = points.mean(axis=0)
    scale = np.array([_METRES * np.cos(np.radians(middle[1])), _METRES])
    flat: Floats = (points - middle) * scale
    return flat


def _pairs(tickets: Sequence[Said]) -> sparse.csr_matrix:
    """Return which ticket holds which pair of characters, 0/1, shape (n, pairs)."""
    known: dict[str, int] = {}
    columns: list[int] = []
    starts = [0]
    for ticket in tickets:
        columns += [known.setdefault(pair, len(known)) for pair in dict.fromkeys(ticket.grams)]
        starts.append(len(columns))
    ones: NDArray[np.float32] = np.ones(len(columns), np.float32)
    return sparse.csr_matrix((ones, columns, starts), shape=(len(tickets), max(len(known), 1)))
