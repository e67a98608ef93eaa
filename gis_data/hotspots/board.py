"""Everything a page of hotspots shows, from counts alone: three layers, trends, a ranking. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from gis_data.hotspots import clusters, surge
from gis_data.hotspots.cells import Floats, Ints, aggregate
from gis_data.hotspots.density import density
from gis_data.hotspots.result import Frame, Layer, LeftOut, Period, Trend
from gis_data.hotspots.surge import Group
from gis_data.hotspots.terrain import Terrain
from gis_data.hotspots.trend import trends
from models.clock import Instant

RANKED = 30
TREND_PERMUTATIONS = 199
"""Enough to know what was raised; the present period has its own."""


@dataclass(frozen=True, slots=True)
class Counts:
    """The tickets of one period.

    h9, number : cells of resolution 9 and their tickets with a true location, shape (m,).
    districts : tickets by district, every one, whatever is known of its place; empty code = none told.
    """

    h9: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    number: Floats = field(default_factory=lambda: np.empty(0))
    districts: Mapping[str, int] = field(default_factory=dict)
    left_out: LeftOut = field(default_factory=LeftOut)

    @property
    def total(self) -> int:
        """Return how many tickets there are."""
        return sum(self.districts.values())


class Hot(msgspec.Struct, frozen=True):
    """A line of the ranking: a cell with what each layer says of it.

    gi, p : of the clusters layer; ratio, surge_p : of the surge layer. 0 and 1 where a layer is silent.
    """

    cell: str
    tickets: int
    expected: float
    gi: float
    p: float
    clustered: bool
    ratio: float
    surge_p: float
    surging: bool
    trend: Trend


class Board(msgspec.Struct, frozen=True):
    """All of one period.

    total : tickets that match, with those no cell shows. ranking : the surest first.
    trends : cell -> how it stands over the last periods, of the cells that were ever a cluster in them.
    bounded : the city's border is known; else cells without any ticket near are missing.
    too_few : below the number any test could find something in.
    """

    period: Period
    resolution: int
    total: int
    left_out: LeftOut
    density: Layer
    clusters: Layer
    surge: Layer
    trends: dict[str, Trend]
    ranking: tuple[Hot, ...]
    bounded: bool
    too_few: bool
    made_at: Instant


def board(
    terrain: Terrain,
    period: Period,
    counts: Mapping[Period, Counts],
    *,
    baseline: Sequence[Period],
    before: Sequence[tuple[Period, Sequence[Period]]] = (),
    made_at: Instant,
    seed: int = clusters.SEED,
) -> Board:
    """Return the board of a period.

    Parameters
    ----------
    counts : the tickets of every period named here; an absent one had none
    baseline : earlier comparable periods, the latest first (`periods.baseline`)
    before : the consecutive periods before this one with their own baselines, the oldest first, for the trends
    """
    now = counts.get(period, Counts())
    observed, outside = aggregate(terrain.grid, now.h9, now.number)
    left = msgspec.structs.replace(now.left_out, outside=int(outside))
    frame = Frame(period, tuple(baseline), left, made_at)
    history = _history(terrain, counts, baseline)
    found = clusters.clusters(terrain.grid, observed, frame, history=history, seed=seed)
    rising = surge.surge(
        [
            _city(now, counts, baseline),
            _districts(terrain, now, counts, baseline),
            Group("cell", terrain.grid.keys, observed, history),
        ],
        terrain.grid, frame,
    )  # fmt: skip
    known = found.baseline == "own history"
    past = [
        _past(terrain, each, own if known else (), counts)
        for each, own in before
        if not known or len(own) >= clusters.HISTORY_LEAST  # else unlike things were compared
    ]
    here = (frozenset(row.key for row in found.raised), _tickets(terrain, observed))
    steps = [*past, here]
    how = trends([raised for raised, _ in steps], [tickets for _, tickets in steps])
    return Board(
        period=period, resolution=terrain.grid.resolution, total=now.total, left_out=left,
        density=density(terrain.grid, observed, frame, people=terrain.people), clusters=found,
        surge=rising, trends=how, ranking=_ranking(found, rising, how, here[1]),
        bounded=terrain.bounded, too_few=bool(observed.sum() < clusters.LEAST), made_at=made_at,
    )  # fmt: skip


def _history(
    terrain: Terrain, counts: Mapping[Period, Counts], periods: Sequence[Period]
) -> Floats:
    found = np.zeros((len(periods), len(terrain.grid)))
    for row, period in zip(found, periods, strict=True):
        told = counts.get(period, Counts())
        row[:], _ = aggregate(terrain.grid, told.h9, told.number)
    return found


def _city(now: Counts, counts: Mapping[Period, Counts], periods: Sequence[Period]) -> Group:
    past = [[float(counts.get(period, Counts()).total)] for period in periods]
    return Group("city", ("",), np.array([float(now.total)]), np.array(past).reshape(-1, 1))


def _districts(
    terrain: Terrain, now: Counts, counts: Mapping[Period, Counts], periods: Sequence[Period]
) -> Group:
    """All districts of the map, and those only tickets name."""
    told = [now.districts, *(counts.get(period, Counts()).districts for period in periods)]
    people = {each.code: float(each.people) for each in terrain.districts}
    codes = sorted({code for each in told for code in each if code} | set(people))
    numbers = np.array([[float(each.get(code, 0)) for code in codes] for each in told])
    residents = np.array([people.get(code, -1.0) for code in codes])
    known = np.where(residents >= 0, residents, np.nan)
    return Group("district", codes, numbers[0], numbers[1:], known)


def _tickets(terrain: Terrain, observed: Floats) -> dict[str, float]:
    some = np.flatnonzero(observed)
    cells = terrain.grid.ids[some].tolist()
    return {f"{c:x}": n for c, n in zip(cells, observed[some].tolist(), strict=True)}


def _past(
    terrain: Terrain, period: Period, baseline: Sequence[Period], counts: Mapping[Period, Counts]
) -> tuple[frozenset[str], dict[str, float]]:
    """Return (cells that were clusters, tickets by cell) of an earlier period."""
    then = counts.get(period, Counts())
    observed, _ = aggregate(terrain.grid, then.h9, then.number)
    found = clusters.clusters(
        terrain.grid, observed, Frame(period, tuple(baseline), LeftOut(), 0.0),
        history=_history(terrain, counts, baseline), permutations=TREND_PERMUTATIONS,
    )  # fmt: skip
    return frozenset(row.key for row in found.raised), _tickets(terrain, observed)


def _ranking(
    found: Layer, rising: Layer, how: Mapping[str, Trend], tickets: Mapping[str, float]
) -> tuple[Hot, ...]:
    """Return the cells a leader looks at first: raised ones, those that fade, then the fullest, to `RANKED` in all."""
    tested = {row.key: row for row in found.rows}
    surging = {row.key: row for row in rising.rows if row.level == "cell"}
    raised = {key for key, row in tested.items() if row.raised}
    raised |= {key for key, row in surging.items() if row.raised}
    fullest = [key for key, _ in Counter(tickets).most_common(RANKED)]
    lines = []
    fading = [key for key, trend in how.items() if trend == "fading"]
    for key in dict.fromkeys([*sorted(raised), *fading, *fullest]):
        one, two = tested.get(key), surging.get(key)
        expected = two.expected if two else one.expected if one else -1.0
        lines.append(
            Hot(
                key, int(tickets.get(key, 0)), expected,
                one.value if one else 0.0, one.p if one else 1.0, bool(one and one.raised),
                two.value if two else 0.0, two.p if two else 1.0, bool(two and two.raised),
                how.get(key, ""),
            )
        )  # fmt: skip
    lines.sort(
        key=lambda hot: (
            not (hot.clustered or hot.surging),
            hot.trend != "fading",
            min(hot.p, hot.surge_p),
            -hot.tickets,
            hot.cell,
        )
    )
    return tuple(lines[: max(RANKED, len(raised.union(fading)))])
