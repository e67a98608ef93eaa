"""The hotspots on the map: cells, districts and badges with what each layer says of them, and the legend."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import dash_leaflet as dl
import shapely
from dash import html
from h3.api import basic_str as h3

from dashboard.views.kit import Child, Words
from dashboard.views.maps import Base, city_map, features, shapes
from dashboard.views.ticket_query import TicketQuery
from gis_data.hotspots.board import Board
from gis_data.hotspots.result import Layer, Row
from gis_data.hotspots.terrain import District

LAYERS = ("clusters", "density", "surge", "districts", "change")
Options = Sequence[tuple[str, str]]


class Asked(NamedTuple):
    """What the address asks for: `tickets` the criteria with the period, `span` its name, `vs` compare or not."""

    tickets: TicketQuery
    span: str
    layer: str
    vs: bool


class Shown(NamedTuple):
    """Everything the page shows.

    steps : labels of the slider's steps; by_step : cell -> tickets in each; names : cell -> where it is;
    earlier : the period before, to compare with, if asked.
    """

    asked: Asked
    base: Base
    board: Board
    districts: Sequence[District]
    steps: Sequence[str]
    by_step: Mapping[str, Sequence[int]]
    names: Mapping[str, str]
    earlier: Board | None
    categories: Options
    zone: str


def hot_map(shown: Shown, words: Words) -> Child:
    """Return the map and its legend."""
    top = most(shown)
    look = {"layer": shown.asked.layer, "step": -1, "chosen": "", "most": top}
    layers = [
        shapes("hot-districts", _districts(shown, words), "district", facts=look, tip="say"),
        shapes("hot-cells", _cells(shown, words), "cell", facts=look, tip="say"),
        dl.LayerGroup(_badges(shown), id="hot-badges"),
    ]
    return html.Div(
        [
            city_map(shown.base, "hot-map", layers),
            html.Div(legend(shown.asked.layer, top, words), id="hot-legend", className="hot-legend"),
        ],
        className="hot-canvas",
    )  # fmt: skip


def _cells(shown: Shown, words: Words) -> dict[str, Any]:
    """Return the cells that hold or held anything, each with what every layer says of it."""
    by_layer = [
        by_key(layer) for layer in (shown.board.density, shown.board.clusters, shown.board.surge)
    ]
    earlier = by_key(shown.earlier.density) if shown.earlier else {}
    told = set(shown.by_step) | {key for rows in by_layer for key in rows} | set(earlier)
    found = []
    for key in sorted(told):
        dense, gi, rise = (rows.get(key) for rows in by_layer)
        number = sum(shown.by_step.get(key, ()))
        before = earlier[key].observed if key in earlier else 0
        facts = {
            "k": key, "n": number, "f": list(shown.by_step.get(key, ())),
            "density": round(dense.value, 2) if dense else 0,
            "c": bool(gi and gi.raised), "s": bool(rise and rise.raised),
            "surge": round(rise.value, 2) if rise and rise.expected >= 0 else 0,
            "change": number - before if shown.earlier else 0,
            "say": _say(shown, key, number, (gi, rise), before, words),
        }  # fmt: skip
        found.append((_hexagon(shown.base, key), facts))
    return features(found)


def _hexagon(base: Base, key: str) -> dict[str, Any]:
    ring = [(lon, lat) for lat, lon in h3.cell_to_boundary(key)]
    points = base.shown(ring).round(6).tolist()
    return {"type": "Polygon", "coordinates": [[*points, points[0]]]}


def _say(
    shown: Shown, key: str, number: int, tested: tuple[Row | None, Row | None], before: float, words: Words
) -> list[str]:  # fmt: skip
    gi, rise = tested
    lines = [shown.names.get(key, ""), words["hot.n"].format(n=number)]
    if rise is not None and rise.expected >= 0:
        lines.append(words["hot.expected"].format(n=f"{rise.expected:.1f}"))
    if gi is not None and gi.raised:
        lines.append(words["hot.clustered"].format(p=sure(gi.p, words)))
    if rise is not None and rise.raised:
        lines.append(words["hot.surging"].format(ratio=f"{rise.value:.1f}", p=sure(rise.p, words)))
    if shown.earlier:
        lines.append(words["hot.before"].format(n=int(before)))
    return [line for line in lines if line]


def _districts(shown: Shown, words: Words) -> dict[str, Any]:
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
            say.append(words["hot.surging"].format(ratio=f"{row.value:.1f}", p=sure(row.p, words)))
        shape = shapely.transform(each.shape.simplify(0.0004), shown.base.shown)
        facts = {
            "k": f"district:{each.code}",
            "rate": round(rate, 3),
            "s": bool(row and row.raised),
            "say": say,
        }
        found.append((json.loads(shapely.to_geojson(shape)), facts))
    return features(found)


def _badges(shown: Shown) -> list[Child]:
    """Return a mark with the ratio on every cell that surges."""
    marks = []
    for row in shown.board.surge.raised:
        if row.level == "cell":
            lat, lon = h3.cell_to_latlng(row.key)
            ((lon, lat),) = shown.base.shown([(lon, lat)])
            icon = {"html": f"↑{row.value:.1f}×", "className": "map-badge", "iconSize": None}
            marks.append(dl.DivMarker(position=[lat, lon], iconOptions=icon, interactive=False))
    return marks


def most(shown: Shown) -> dict[str, float]:
    """Return the greatest value of each layer: what the darkest shade stands for."""
    board = shown.board
    rates = [row.per_10k for row in board.surge.rows if row.level == "district"]
    steps = [number for numbers in shown.by_step.values() for number in numbers]
    before = by_key(shown.earlier.density) if shown.earlier else {}
    told = {key: sum(numbers) for key, numbers in shown.by_step.items()}
    moved = [
        abs(told.get(k, 0) - (before[k].observed if k in before else 0)) for k in {*told, *before}
    ]
    return {
        "density": max((row.value for row in board.density.rows), default=0),
        "clusters": max(told.values(), default=0),
        "surge": max(
            (row.value for row in board.surge.rows if row.level == "cell" and row.expected >= 0), default=0
        ),
        "districts": max(rates, default=0), "change": max(moved, default=0), "step": max(steps, default=0),
    }  # fmt: skip


def by_key(layer: Layer) -> dict[str, Row]:
    """Return cell -> what a layer says of it."""
    return {row.key: row for row in layer.rows if row.level == "cell"}


def legend(layer: str, top: Mapping[str, float], words: Words) -> list[Child]:
    """Return what the shades of a layer mean, up to its greatest value, and what the layer may be used for."""
    steps = [html.I(style={"background": f"var(--hot-{step})"}) for step in range(1, 6)]
    parts: list[Child] = [html.B(words[f"hot.layer.{layer}"])]
    if layer == "change":
        steps = [html.I(style={"background": f"var(--{side})"}) for side in ("less", "more")]
        ends = [words["hot.less"], words["hot.more"]]
    else:
        ends = ["0", f"{top.get(layer, 0):,.1f} {words[f'hot.unit.{layer}']}"]
    parts += [
        html.Div(steps, className="steps"),
        html.Div([html.Span(end) for end in ends], className="ends"),
    ]
    if layer == "clusters":
        parts.append(html.Div([html.I(className="sign"), words["hot.outline"]]))
    parts.append(html.Div(words[f"hot.about.{layer}"], className="muted"))
    return parts


def sure(p: float, words: Words) -> str:
    """Return a probability as a person reads it."""
    return words["hot.p_least"] if p < 0.001 else f"p = {p:.3f}"
