"""The hotspots on the map: cells, districts and badges with what each layer says of them."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_leaflet as dl
import shapely
from dash import html
from h3.api import basic_str as h3

from dashboard.views import clock
from dashboard.views.hotspot_query import Asked
from dashboard.views.hotspot_scale import SIDES, Key, edges, legend
from dashboard.views.kit import Child, Words
from dashboard.views.maps import Base, city_map, features, finder, pin, shapes
from gis_data.hotspots.board import Board
from gis_data.hotspots.result import Layer, Period, Row
from gis_data.hotspots.surge import RATIO_LEAST, factor
from gis_data.hotspots.terrain import District

Options = Sequence[tuple[str, str]]


class Step(NamedTuple):
    """One step of the slider: its label, and the two criteria that list exactly its tickets."""

    label: str
    since: str
    until: str


class Compared(NamedTuple):
    """The period to compare with: tickets by cell and by district; `alike` of the same length."""

    period: Period
    cells: Mapping[str, int]
    districts: Mapping[str, int]
    alike: bool


class Shown(NamedTuple):
    """Everything the page shows.

    by_step, by_district : cell, and district -> tickets in each step; names : cell -> where it is.
    """

    asked: Asked
    base: Base
    board: Board
    districts: Sequence[District]
    steps: Sequence[Step]
    by_step: Mapping[str, Sequence[int]]
    by_district: Mapping[str, Sequence[int]]
    names: Mapping[str, str]
    other: Compared | None
    categories: Options
    zone: str
    may_place: bool = False

    @property
    def step(self) -> int:
        """Return the step asked for, -1 for the whole period or one that is not there."""
        return self.asked.step if self.asked.step < len(self.steps) else -1

    def tickets(self, key: str) -> int:
        """Return the tickets of a cell over the whole period."""
        return sum(self.by_step.get(key, ()))


def key_of(shown: Shown, words: Words) -> Key:
    """Return what the legend of this view needs."""
    step = shown.steps[shown.step].label if shown.step >= 0 else ""
    return Key(shown.asked.layer, scales(shown), step, against(shown, words))


def against(shown: Shown, words: Words) -> str:
    """Return which period the present one is compared with, empty for none."""
    if shown.other is None:
        return ""
    period = shown.other.period
    since, until = (
        f"{clock.local(at, shown.zone):%m-%d %H:%M}" for at in (period.since, period.until)
    )
    said = words["hot.against"].format(since=since, until=until)
    return said if shown.other.alike else f"{said} {words['hot.uneven']}"


def hot_map(shown: Shown, words: Words) -> list[Child]:
    """Return the map and, under it where it hides nothing, its legend."""
    look = {"layer": shown.asked.layer, "step": shown.step, "chosen": "", "scales": scales(shown)}
    layers = [
        shapes("hot-districts", districts(shown, words), "district", facts=look, tip="say"),
        shapes("hot-cells", cells(shown, words), "cell", facts=look, tip="say"),
        dl.LayerGroup(badges(shown), id="hot-badges"),
        pin("hot-map"),
    ]
    parts = legend(key_of(shown, words), words)
    canvas = [city_map(shown.base, "hot-map", layers), finder("hot-map", words)]
    return [
        html.Div(canvas, className="hot-canvas"),
        html.Div(parts, id="hot-legend", className="hot-legend"),
    ]  # fmt: skip


def cells(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the cells that hold or held anything, each with what every layer says of it."""
    board = shown.board
    by_layer = [by_key(layer) for layer in (board.density, board.clusters, board.surge)]
    before = shown.other.cells if shown.other else {}
    told = {*shown.by_step, *before, *board.trends}.union(*by_layer)
    found = []
    for key in sorted(told):
        dense, gi, rise = (rows.get(key) for rows in by_layer)
        facts = {
            "k": key, "n": shown.tickets(key), "f": list(shown.by_step.get(key, ())),
            "density": round(dense.value, 2) if dense else 0,
            "c": bool(gi and gi.raised), "s": bool(rise and rise.raised),
            "fading": board.trends.get(key) == "fading",
            "surge": round(rise.value, 2) if rise and rise.expected >= 0 else 0,
            "change": shown.tickets(key) - before.get(key, 0) if shown.other else 0,
            "say": _say(shown, key, gi, rise, words),
        }  # fmt: skip
        found.append((_hexagon(shown.base, key), facts))
    return features(found)


def _hexagon(base: Base, key: str) -> dict[str, Any]:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(key)]
    points = base.shown(ring).round(6).tolist()
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def _say(shown: Shown, key: str, gi: Row | None, rise: Row | None, words: Words) -> list[str]:
    lines = [shown.names.get(key, ""), words["hot.n"].format(n=shown.tickets(key))]
    if rise is not None and rise.expected >= 0:
        lines.append(words["hot.expected"].format(n=usual(rise.expected, words)))
    if gi is not None and gi.raised:
        lines.append(words["hot.clustered"].format(p=sure(gi.p, words)))
    if rise is not None and rise.raised:
        lines.append(f"{surging(rise.value, rise.expected, words)}, {sure(rise.p, words)}")
    if trend := shown.board.trends.get(key):
        lines.append(words[f"hot.trend.{trend}"])
    if shown.other:
        lines.append(words["hot.before"].format(n=shown.other.cells.get(key, 0)))
    return [line for line in lines if line]


def districts(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the districts with their tickets per 10,000 people."""
    rates = {row.key: row for row in shown.board.surge.rows if row.level == "district"}
    found = []
    for each in shown.districts:
        row = rates.get(each.code)
        rate = row.per_10k if row else -1.0
        say = [each.name, words["hot.n"].format(n=int(row.observed) if row else 0)]
        say.append(
            words["hot.rate"].format(n=f"{rate:.2f}") if rate >= 0 else words["hot.no_people"]
        )
        if row and row.raised:
            say.append(f"{surging(row.value, row.expected, words)}, {sure(row.p, words)}")
        shape = shapely.transform(each.shape.simplify(0.0004), shown.base.shown)
        facts = {
            "k": f"district:{each.code}", "rate": round(rate, 3), "s": bool(row and row.raised), "say": say,
            "f": list(shown.by_district.get(each.code, ())),
            "per": 10_000 / each.people if each.people > 0 else -1,
        }  # fmt: skip
        found.append((json.loads(shapely.to_geojson(shape)), facts))
    return features(found)


def badges(shown: Shown) -> list[Child]:
    """Return a mark on every cell that surges, with the ratio where one can be told."""
    marks = []
    for row in shown.board.surge.raised:
        if row.level == "cell":
            lat, lon = h3.cell_to_latlng(row.key)
            ((lon, lat),) = shown.base.shown([(lon, lat)])
            icon = {"html": badge(row), "className": "map-badge", "iconSize": None}
            marks.append(dl.DivMarker(position=[lat, lon], iconOptions=icon, interactive=False))
    return marks


def badge(row: Row) -> str:
    """Return the short mark of a surge."""
    times = factor(row.value, row.expected)
    return f"↑{times:.1f}×" if times else "↑"


def scales(shown: Shown) -> dict[str, list[float]]:
    """Return the scale of each layer, up to its greatest value."""
    board, before = shown.board, shown.other.cells if shown.other else {}
    rates = [row.per_10k for row in board.surge.rows if row.level == "district"]
    moved = [abs(shown.tickets(key) - before.get(key, 0)) for key in {*shown.by_step, *before}]
    times = [row.value for row in board.surge.rows if row.level == "cell" and row.expected >= 0]
    one_step = [number for numbers in shown.by_step.values() for number in numbers]
    of_people = [
        number / each.people * 10_000
        for each in shown.districts if each.people > 0
        for number in shown.by_district.get(each.code, ())
    ]  # fmt: skip
    return {
        "clusters": edges(max(map(shown.tickets, shown.by_step), default=0), whole=True),
        "density": edges(max((row.value for row in board.density.rows), default=0), whole=False),
        "surge": edges(max(times, default=0), whole=False),
        "districts": edges(max(rates, default=0), whole=False, even=True),
        "change": edges(max(moved, default=0), whole=True, classes=SIDES) if shown.other else [],
        "step": edges(max(one_step, default=0), whole=True),
        "district_step": edges(max(of_people, default=0), whole=False, even=True),
    }


def by_key(layer: Layer) -> dict[str, Row]:
    """Return cell -> what a layer says of it."""
    return {row.key: row for row in layer.rows if row.level == "cell"}


def sure(p: float, words: Words) -> str:
    """Return a probability as a person reads it."""
    return words["hot.p_least"] if p < 0.001 else f"p = {p:.3f}"


def usual(expected: float, words: Words) -> str:
    """Return what is usual: a dash where nothing is known, and no more exactly than a ratio is told."""
    if expected < 0:
        return "–"
    return f"{expected:.1f}" if expected >= RATIO_LEAST else words["hot.rare"]


def surging(ratio: float, expected: float, words: Words) -> str:
    """Return how much a place surges; without a factor where too little is usual to tell one."""
    if times := factor(ratio, expected):
        return words["hot.mark.surge"].format(ratio=f"{times:.1f}")
    return words["hot.mark.surge_rare"]
