"""Hotspots by the numbers: honest on random maps, true to planted ones, calm at every edge."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import h3.api.basic_int as h3
import msgspec
import numpy as np
import pytest
from shapely.geometry import MultiPolygon, Polygon, box

from gis_data.hotspots import clusters as c
from gis_data.hotspots import periods, surge
from gis_data.hotspots.board import Board, Counts, board
from gis_data.hotspots.cells import (
    Floats,
    Grid,
    aggregate,
    grid_around,
    grid_from,
    grid_of,
    neighbours,
    parents,
    people,
)
from gis_data.hotspots.groups import Said, groups
from gis_data.hotspots.result import Frame, LeftOut, Period
from gis_data.hotspots.terrain import District, Terrain, terrain_around, terrain_of
from gis_data.hotspots.trend import trend, trends
from gis_data.hotspots.why import why
from models.errors import BadInput
from models.rules import places
from models.rules.deadlines import chinese_calendar
from models.rules.grams import grams

ZONE = "Asia/Shanghai"
CITY = box(108.9, 34.05, 109.1, 34.25)
FRAME = Frame(Period(0, 1), (), LeftOut(), 0.0)
WEEKS = tuple(Period(-n, -n + 1) for n in range(1, 9))
HISTORY = Frame(Period(0, 1), WEEKS, LeftOut(), 0.0)


@pytest.fixture(scope="module")
def grid() -> Grid:
    return grid_of(CITY, 8)


@pytest.fixture(scope="module")
def lives(grid: Grid) -> Floats:
    """Where people live: a few dense quarters, much that is nearly empty; sums to 1."""
    field = np.random.default_rng(7).normal(size=len(grid))
    near = neighbours(grid, 2)
    for _ in range(4):
        field = near @ field / np.asarray(near.sum(axis=1)).ravel()
    dense = np.exp(1.2 * field / field.std())
    found: Floats = dense / dense.sum()
    return found


def draw(chance: np.random.Generator, mean: Floats, excess: float = 1.0) -> Floats:
    """Overdispersed counts: one matter brings several calls."""
    return chance.poisson(chance.gamma(1 / excess, mean * excess)).astype(float)


def plant(grid: Grid, at: int, tickets: float, into: Floats) -> str:
    """Put a cluster around a cell; return the cell."""
    into[np.flatnonzero(neighbours(grid)[at].toarray().ravel())] += tickets
    return f"{grid.ids[at]:x}"


def raised(layer: Any, level: str = "cell") -> set[str]:
    return {row.key for row in layer.raised if row.level == level}


# --- honest on random maps ------------------------------------------------------------------


def test_of_200_shuffled_maps_few_show_anything(grid: Grid, lives: Floats) -> None:
    chance = np.random.default_rng(1)
    real = draw(chance, lives * 3000)
    shown = sum(
        bool(c.clusters(grid, chance.permutation(real), FRAME, permutations=199).raised)
        for _ in range(200)
    )
    assert shown <= 20, shown


@pytest.mark.parametrize("tickets", [100, 3000])
def test_ordinary_weeks_show_few_clusters_and_few_surges(
    grid: Grid, lives: Floats, tickets: int
) -> None:
    """The city has dense quarters, its weeks differ by chance only: it must not flag where people live."""
    chance = np.random.default_rng(2)
    found = surges = 0
    for _ in range(60):
        past = np.array([draw(chance, lives * tickets) for _ in range(8)])
        now = draw(chance, lives * tickets)
        found += bool(c.clusters(grid, now, HISTORY, history=past, permutations=199).raised)
        surges += bool((surge.judge(now, past).p <= 0.05).any())
    assert found <= 6, found
    assert surges <= 6, surges


def test_the_textbook_test_would_flag_most_of_them(grid: Grid, lives: Floats) -> None:
    """Why it is not used: normal p with a false-discovery correction, on the same shuffled maps."""
    chance = np.random.default_rng(1)
    real = draw(chance, lives * 3000, 3.0)
    weights, one = neighbours(grid), np.zeros(len(grid), np.int64)
    flagged = 0
    for _ in range(40):
        gi = c.gi_star(weights, chance.permutation(real), one, permutations=1).gi
        p = np.sort([0.5 * float(e) for e in _erfc(gi / np.sqrt(2))])
        flagged += bool((p <= 0.05 * np.arange(1, len(p) + 1) / len(p)).any())
    assert flagged > 20


def _erfc(values: Floats) -> Floats:
    from scipy.special import erfc

    found: Floats = erfc(values)
    return found


def test_gi_star_is_the_textbooks(grid: Grid) -> None:
    chance = np.random.default_rng(3)
    x = chance.poisson(2.0, len(grid)).astype(float)
    w = neighbours(grid)
    n, size, square = len(x), np.asarray(w.sum(axis=1)).ravel(), x.std()
    expected = (w @ x - size * x.mean()) / (square * np.sqrt((n * size - size**2) / (n - 1)))
    got = c.gi_star(w, x, np.zeros(n, np.int64), permutations=99)
    np.testing.assert_allclose(got.gi, expected, rtol=1e-5, atol=1e-6)
    again = c.gi_star(w, x, np.zeros(n, np.int64), permutations=99)
    np.testing.assert_array_equal(got.p, again.p)
    assert ((got.p >= 0.01) & (got.p <= 1)).all()


# --- true to planted ones -------------------------------------------------------------------


@pytest.mark.parametrize("known", [True, False])
def test_planted_clusters_are_found_beside_a_pile(grid: Grid, lives: Floats, known: bool) -> None:
    chance = np.random.default_rng(4)
    mean = lives * 500 if known else np.full(len(grid), 500 / len(grid))
    past = np.array([draw(chance, mean) for _ in range(8)]) if known else None
    now = draw(chance, mean)
    hidden = {plant(grid, 150, 6, now), plant(grid, 500, 6, now)}
    now[300] += 5000  # a default point nobody has set apart
    layer = c.clusters(grid, now, HISTORY, history=past)
    assert hidden <= raised(layer)
    assert len(raised(layer)) <= 30  # and what lies around them
    alone = np.zeros(len(grid))
    alone[300] = 5000
    assert not raised(c.clusters(grid, alone, HISTORY, history=past))


def test_a_city_wide_surge_is_the_citys_and_no_cluster(grid: Grid, lives: Floats) -> None:
    chance = np.random.default_rng(5)
    shown = beyond = 0
    for _ in range(20):
        past = np.array([draw(chance, lives * 2000, 0.2) for _ in range(8)])
        now = draw(chance, lives * 8000, 0.2)
        shown += bool(raised(c.clusters(grid, now, HISTORY, history=past, permutations=199)))
        city = surge.Group("city", ("",), now.sum(keepdims=True), past.sum(axis=1, keepdims=True))
        cells = surge.Group("cell", grid.keys, now, past)
        layer = surge.surge([city, cells], grid, HISTORY)
        assert raised(layer, "city") == {""}
        assert layer.parameters["city_rise"] == pytest.approx(4, rel=0.1)
        beyond += any(row.beyond_city for row in layer.rows)
    assert max(shown, beyond) <= 3


def test_one_cell_that_bursts_is_a_surge(grid: Grid, lives: Floats) -> None:
    chance = np.random.default_rng(6)
    past = np.array([draw(chance, lives * 1000) for _ in range(8)])
    now = draw(chance, lives * 1000)
    now[500] += 40
    city = surge.Group("city", ("",), now.sum(keepdims=True), past.sum(axis=1, keepdims=True))
    layer = surge.surge([city, surge.Group("cell", grid.keys, now, past)], grid, HISTORY)
    assert raised(layer) == {f"{grid.ids[500]:x}"}
    assert not raised(layer, "city")


def test_holm_and_the_tail() -> None:
    np.testing.assert_allclose(surge.holm(np.array([0.01, 0.04, 0.03])), [0.03, 0.06, 0.06])
    # without excess, and a long history, it is nearly Poisson: P(X >= 5 | 1) = 0.00366
    tail = surge.upper_tail(np.array([0.0, 5.0]), 1e6, 1e9, np.array([1e3, 1e3]))
    np.testing.assert_allclose(tail, [1, 0.003660], rtol=1e-2)
    close = surge.upper_tail(np.array([2000.0, 2001.0]), 100.0, 850.0, np.array([1.5e4, 1.5e4]))
    assert close[0] == pytest.approx(close[1], rel=0.1)
    chance = np.random.default_rng(9)
    drawn = chance.negative_binomial(5, chance.beta(41, 37, 400_000))
    (p,) = surge.upper_tail(np.array([10.0]), 5.0, 41.0, np.array([37.0]))
    assert p == pytest.approx(float((drawn >= 10).mean()), rel=0.03)


# --- calm at every edge ---------------------------------------------------------------------


def whole(terrain: Terrain, h9: Sequence[int], **more: Any) -> Board:
    now = Counts(np.array(h9, np.int64), np.ones(len(h9)), {"990101": len(h9)})
    return board(
        terrain, Period(0, 1), {Period(0, 1): now}, made_at=9.0, **{"baseline": (), **more}
    )


@pytest.fixture(scope="module")
def terrain() -> Terrain:
    west, east = box(108.9, 34.1, 109.0, 34.2), box(109.0, 34.1, 109.1, 34.2)
    return terrain_of(
        [District("990101", "莲湖区", 50_000, west), District("990102", "云岭区", -1, east)], 8
    )


def test_what_fades_is_ranked_after_what_is_raised(terrain: Terrain) -> None:
    """A place that was a cluster and is none now comes before places that are merely full."""
    here = terrain.grid.ids[len(terrain.grid) // 2]
    plume = [h3.cell_to_center_child(cell, 9) for cell in h3.grid_disk(int(here), 1)]
    then = Counts(np.array(plume, np.int64), np.full(len(plume), 9.0))
    crowd = [places.cell_of(108.91 + n % 6 * 0.03, 34.11 + n // 6 * 0.015) for n in range(36)]
    before = [(Period(-2, -1), ()), (Period(-1, 0), ())]
    counts = dict.fromkeys((period for period, _ in before), then)
    counts[Period(0, 1)] = Counts(np.array(crowd * 2, np.int64), np.ones(72))
    shown = board(terrain, Period(0, 1), counts, baseline=(), before=before, made_at=9.0)
    fading = [key for key, how in shown.trends.items() if how == "fading"]
    ranked = [hot.cell for hot in shown.ranking]
    raised = sum(hot.clustered or hot.surging for hot in shown.ranking)
    assert fading
    assert set(ranked[raised : raised + len(fading)]) == set(fading)
    assert board(terrain, Period(0, 1), counts, baseline=(), made_at=9.0).trends == {}


def test_little_that_is_usual_gives_no_factor() -> None:
    assert surge.factor(24.0, 0.0) == surge.factor(24.0, 0.49) == surge.factor(3.0, -1.0) == 0
    assert surge.factor(4.0, 0.5) == 4.0


def test_nothing_one_and_all_at_one_point(terrain: Terrain) -> None:
    point = places.cell_of(108.95, 34.15)
    for tickets in (0, 1, 2, 500):
        shown = whole(terrain, [point] * tickets)
        assert not shown.clusters.raised
        assert shown.total == tickets == shown.density.counted == shown.clusters.counted
        assert shown.too_few == (tickets < 3)
        assert len(shown.ranking) == bool(tickets)
        districts = [row for row in shown.surge.rows if row.level == "district"]
        assert {row.key: row.observed for row in districts} == {"990101": tickets, "990102": 0}
        msgspec.json.decode(msgspec.json.encode(shown), type=Board)  # no NaN, no infinity
    assert whole(terrain, [point] * 500).density.rows[0].value > 100
    history = {period: Counts() for period in WEEKS}
    shown = board(terrain, Period(0, 1), history, baseline=WEEKS, made_at=9.0)
    assert (shown.total, shown.clusters.raised, shown.surge.raised) == (0, (), ())


def test_every_layer_says_what_it_is(terrain: Terrain) -> None:
    shown = whole(terrain, [places.cell_of(108.95, 34.15)] * 5 + [places.cell_of(110.0, 34.0)])
    layers = (shown.density, shown.clusters, shown.surge)
    assert [layer.test for layer in layers] == [False, True, True]
    assert [layer.baseline for layer in layers] == ["none", "city mean", "none"]
    for layer in layers:
        assert layer.left_out.outside == 1
        assert layer.counted == 5
        assert layer.age(12.0) == 3.0
    area = sum(row.value for row in shown.density.rows) * float(terrain.grid.area_km2.mean())
    assert area == pytest.approx(5, rel=0.01)  # smoothed away from a cell, not away


def test_rates_need_people(terrain: Terrain) -> None:
    west, east = (places.cell_of(lon, 34.15) for lon in (108.95, 109.05))
    rows = {row.key: row for row in whole(terrain, [west] * 10 + [east] * 10).density.rows}
    of_west, of_east = (f"{parents(np.array([h9]), 8)[0]:x}" for h9 in (west, east))
    assert rows[of_west].per_10k > 0
    assert rows[of_east].per_10k == -1
    assert np.nansum(terrain.people) == pytest.approx(50_000)
    homes = np.array([(108.95, 34.15)] * 3)
    found = people(terrain.grid, [(CITY, 900)], homes)
    assert np.nanmax(found) == 900


def test_polygons_that_are_broken_and_resolutions_that_are_too_fine() -> None:
    bow = Polygon([(108.9, 34.1), (109.0, 34.2), (109.0, 34.1), (108.9, 34.2)])
    assert len(grid_of(bow, 8)) > 30
    two = MultiPolygon([box(108.9, 34.1, 108.92, 34.12), box(109.1, 34.1, 109.12, 34.12)])
    assert len(grid_of(two, 8)) > 8
    for resolution in (4, 10):
        with pytest.raises(BadInput):
            grid_of(CITY, resolution)
    with pytest.raises(BadInput):
        grid_of(box(100, 30, 110, 40), 9)
    with pytest.raises(BadInput):
        grid_from(np.empty(0, np.int64), 8)
    tiny = grid_around(np.array([places.cell_of(109.0, 34.1)]), 8)
    assert len(tiny) == 7
    assert not c.clusters(tiny, np.array([9.0, 0, 0, 0, 0, 0, 0]), FRAME).raised
    assert not terrain_around(np.array([places.cell_of(109.0, 34.1)]), 9).bounded


def test_every_point_of_the_city_has_its_cell(grid: Grid) -> None:
    chance = np.random.default_rng(8)
    lon, lat = chance.uniform(108.9, 109.1, 3000), chance.uniform(34.05, 34.25, 3000)
    h9 = np.array([places.cell_of(*each) for each in zip(lon, lat, strict=True)], np.int64)
    counted, outside = aggregate(grid, h9)
    assert counted.sum() == 3000 - outside
    assert outside <= 5  # a parent does not cover its children to the metre
    assert [h3.cell_to_parent(cell, 6) for cell in h9.tolist()] == parents(h9, 6).tolist()


# --- time -----------------------------------------------------------------------------------


def at(*when: int) -> float:
    return datetime(*when, tzinfo=ZoneInfo(ZONE)).timestamp()  # type: ignore[misc,arg-type]


def days(period: Period, **more: Any) -> list[date]:
    worked = chinese_calendar().is_workday
    found = periods.baseline(period, ZONE, worked=worked, **more)
    for each in found:
        assert each.until - each.since == period.until - period.since
        assert datetime.fromtimestamp(each.since, ZoneInfo(ZONE)).hour == 0
    return [datetime.fromtimestamp(each.since, ZoneInfo(ZONE)).date() for each in found]


def test_a_day_is_compared_with_days_of_its_kind() -> None:
    tuesday = days(Period(at(2025, 10, 14), at(2025, 10, 14, 9, 30)))
    assert all(day.weekday() == 1 for day in tuesday)
    assert date(2025, 10, 7) not in tuesday  # National Day
    assert len(tuesday) == 8
    holiday = days(Period(at(2025, 10, 2), at(2025, 10, 3)))
    assert holiday[:3] == [date(2025, 10, 1), date(2025, 9, 27), date(2025, 9, 21)]
    worked_sunday = days(Period(at(2025, 9, 28), at(2025, 9, 29)))
    assert worked_sunday[0] == date(2025, 9, 26)
    assert days(Period(at(2025, 10, 14), at(2025, 10, 15)), oldest=at(2025, 9, 10)) == [
        date(2025, 9, 30), date(2025, 9, 23), date(2025, 9, 16),
    ]  # fmt: skip
    assert days(Period(at(2025, 10, 1), at(2025, 10, 11)))[0] == date(2025, 9, 17)


def test_consecutive_periods_begin_at_midnight() -> None:
    found = periods.before(Period(at(2025, 3, 2), at(2025, 3, 2, 8)), ZONE, 2)
    assert found == (
        Period(at(2025, 2, 28), at(2025, 2, 28, 8)), Period(at(2025, 3, 1), at(2025, 3, 1, 8)),
    )  # fmt: skip
    berlin = ZoneInfo("Europe/Berlin")
    day = [datetime(2025, 3, n, tzinfo=berlin).timestamp() for n in (31, 32 - 31)]
    (earlier,) = periods.before(Period(day[0], day[0] + 3600), "Europe/Berlin", 1)
    assert earlier.since == datetime(2025, 3, 30, tzinfo=berlin).timestamp()


def test_steps_are_hours_of_a_day_and_days_of_more() -> None:
    day = Period(at(2025, 10, 14), at(2025, 10, 14, 9, 30))
    hours = periods.steps(day, ZONE)
    assert (len(hours), hours[0].since, hours[-1]) == (
        10,
        day.since,
        Period(at(2025, 10, 14, 9), day.until),
    )
    week = Period(at(2025, 10, 8), at(2025, 10, 14, 9, 30))
    assert [step.since for step in periods.steps(week, ZONE)] == [
        at(2025, 10, n) for n in range(8, 15)
    ]
    assert periods.steps(Period(5, 5), ZONE) == ()
    led = periods.led(week, ZONE, 3)
    assert (len(led), led[0].since, led[-7:]) == (28, at(2025, 9, 17), periods.steps(week, ZONE))
    assert periods.led(week, ZONE, 3, oldest=at(2025, 10, 6))[0].since == at(2025, 10, 6)
    assert len(periods.led(day, ZONE, 3)) == 3 * 24 + 10


def test_what_a_period_is_compared_with() -> None:
    """A day with the same weekday; a week with the week before it; one chosen says so itself."""
    today = Period(at(2025, 10, 14), at(2025, 10, 14, 9, 30))
    assert periods.shifted(today, ZONE) == Period(at(2025, 10, 7), at(2025, 10, 7, 9, 30))
    week = Period(at(2025, 10, 8), at(2025, 10, 14, 9, 30))
    assert periods.shifted(week, ZONE) == Period(at(2025, 10, 1), at(2025, 10, 7, 9, 30))
    month = Period(at(2025, 9, 15), at(2025, 10, 15))
    assert periods.shifted(month, ZONE) == Period(at(2025, 8, 16), at(2025, 9, 15))


def test_trends() -> None:
    assert trend([], []) == ""
    # without an earlier period nothing is known to be new: it may always have been there
    assert trend([True], [5]) == ""
    assert trends([frozenset("a")], [{"a": 5}]) == {}
    assert trend([False, True], [1, 5]) == "new"
    assert trend([False, False, True], [1, 1, 5]) == "new"
    assert trend([False, False, True, True], [1, 1, 5, 9]) == "emerging"
    assert trend([False, False, True, True], [9, 9, 9, 2]) == "recurring"
    assert trend([True, False, False, True], [9, 1, 1, 5]) == "recurring"
    assert trend([True, True, True, True], [9, 9, 9, 9]) == "persistent"
    assert trend([False, True, False], [1, 9, 2]) == "fading"
    assert trend([True, False, False, False], [9, 1, 1, 1]) == ""
    assert trends([frozenset("a"), frozenset("b")], [{"a": 4}, {"b": 9}]) == {
        "a": "fading", "b": "new",
    }  # fmt: skip


# --- why, and what is one matter ------------------------------------------------------------


def said(no: str, text: str, **more: Any) -> Said:
    facts = {"category": "H01", "at": 0.0, "lon": 109.0, "lat": 34.1, **more}
    return Said(no, facts["category"], facts["at"], facts["lon"], facts["lat"], grams(text))


def test_tickets_of_one_matter_hang_together() -> None:
    water = "望江街自来水管爆裂停水"
    found = groups(
        [
            said("1", water), said("2", water + "请抢修", at=3600), said("3", "望江街停水自来水管爆", lon=109.001),
            said("4", water, category="H02"), said("5", water, lon=109.1), said("6", water, at=9e6),
            said("7", "公交车不来"),
        ]
    )  # fmt: skip
    assert found == [["1", "3", "2"]]
    assert groups([]) == groups([said("1", water)]) == []
    pile = [said(str(n), f"{water}{n % 7}号楼") for n in range(1200)]
    assert sum(map(len, groups(pile))) == 1000


def test_why_here() -> None:
    here = {"category": {"H01": 8, "C02": 1}, "unit": {"zjj": 9}}
    city = {"category": {"H01": 10, "C02": 80, "T01": 10}, "unit": {"zjj": 50, "jtj": 50}}
    told = why(here, city, hours=[0] * 24, samples=(), population=3000)
    assert (told.total, told.city, told.per_10k) == (9, 100, 30.0)
    assert [(s.key, s.here, s.lift) for s in told.categories] == [("H01", 8, 8.89), ("C02", 1, 0.0)]
    here = {"category": {"H01": 2, "": 7}, "unit": {"": 9}}
    told = why(here, city, hours=[0] * 24, samples=(), series=[1, 2, 9], earlier=2)
    assert ([s.key for s in told.categories], told.units, told.unfilled) == (["H01"], (), (7, 9))
    assert (told.total, told.series, told.earlier) == (9, (1, 2, 9), 2)
    nothing = why({"category": {}, "unit": {}}, city, hours=[0] * 24, samples=())
    assert (nothing.total, nothing.categories, nothing.per_10k) == (0, (), -1.0)


# --- how well a place is known --------------------------------------------------------------


def test_a_geocoders_default_is_no_place() -> None:
    assert [places.located(p) for p in ("point", "road", "street", "default", "", "odd")] == [
        "yes", "yes", "area", "default", "no", "no",
    ]  # fmt: skip
    sit = places.Sitting
    hall = sit(109.0, 34.1, 30, 28, 0)
    silent = sit(109.1, 34.1, 25, 1, 20)
    tower = sit(109.2, 34.1, 40, 1, 3)
    few = sit(109.3, 34.1, 5, 5, 0)
    assert places.default_points([hall, silent, tower, few]) == [hall, silent]
    assert places.default_points([few], pile=5) == [few]
    assert places.stem("幸福小区3栋502室") == places.stem("幸福小区12号") == "幸福小区"


def test_a_cell_is_a_range_of_the_kept_ones() -> None:
    kept = places.cell_of(108.94, 34.26)
    for resolution in range(10):
        first, last = places.cell_range(f"{h3.cell_to_parent(kept, resolution):x}")
        assert first <= kept <= last
        if resolution > 6:
            inside = h3.cell_to_children(h3.cell_to_parent(kept, resolution), 9)
            assert (min(inside), max(inside)) == (first, last)
            beside = h3.grid_ring(h3.cell_to_parent(kept, resolution), 1)[0]
            assert not first <= h3.cell_to_center_child(beside, 9) <= last
    for wrong in ("", "zz", "-1", "ffffffffffffffff", f"{h3.latlng_to_cell(34.26, 108.94, 10):x}"):
        with pytest.raises(BadInput):
            places.cell_range(wrong)
