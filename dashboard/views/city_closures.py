"""Closed roads: on the map, in a list, the form that closes one, and the press that opens it again."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from dash import dcc, html

from dashboard.views import clock
from dashboard.views.city_ways import km
from dashboard.views.kit import Child, Words, data, empty, status
from dashboard.views.maps import Base, features
from gis_data.roads.lines import lines
from gis_data.roads.table import Ints, RoadTable
from models.tables import Closure

HOURS = (1, 3, 12, 24, 0)
"""How long a closure may be said to last; 0: until it is lifted."""
ROADS_NAMED = 4


class Shut(NamedTuple):
    """A closure that counts: its row, who made it, and the edges it holds in this version."""

    row: Closure
    who: str
    edges: Ints


def drawn(table: RoadTable, shut: Sequence[Shut], base: Base, words: Words) -> dict[str, Any]:
    """Return the closed stretches, and the areas they were closed by."""
    found = []
    for each in shut:
        facts = {"say": [_title(each.row, words), each.row.reason], "closure": each.row.id}
        shape = shapely.from_wkb(each.row.shape)
        if shape.geom_type in ("Polygon", "MultiPolygon"):
            found.append((_geometry(shape, base), {**facts, "kind": "blocked"}))
        roads = shapely.multilinestrings(lines(table, one_way(table, each.edges)))
        if len(each.edges):
            found.append((_geometry(roads, base), {**facts, "kind": "closed"}))
    return features(found)


def _geometry(shape: shapely.Geometry, base: Base) -> dict[str, Any]:
    moved = shapely.transform(shape, lambda points: base.shown(points).round(6))
    return dict(shapely.geometry.mapping(moved))


def one_way(table: RoadTable, edges: Ints) -> Ints:
    """Return the edges without the second direction of a road of which both are there."""
    twin = table.twin[edges]
    return edges[(twin < 0) | (edges < twin) | ~np.isin(twin, edges)]


def metres(table: RoadTable, edges: Ints) -> float:
    """Return the length of road some edges are, both directions counted once."""
    return float(table.length[one_way(table, edges)].sum())


def roads(table: RoadTable, edges: Ints, words: Words) -> str:
    """Return the names of the roads some edges belong to, the longest first."""
    length: dict[str, float] = {}
    for edge in one_way(table, edges).tolist():
        name = table.name_of(edge) or words["map.unnamed"]
        length[name] = length.get(name, 0.0) + float(table.length[edge])
    names = sorted(length, key=lambda name: -length[name])
    said = words["map.comma"].join(names[:ROADS_NAMED])
    left = len(names) - ROADS_NAMED
    return said if left <= 0 else words["map.and_more"].format(names=said, n=left)


# --- the list --------------------------------------------------------------------------------


def listed(
    table: RoadTable, shut: Sequence[Shut], *, zone: str, may: bool, words: Words
) -> list[Child]:
    """Return the closures that count now, each with who, until when, what, and how it is lifted."""
    if not shut:
        return [empty(words["map.open"])]
    return [_entry(table, each, zone, may, words) for each in shut]


def _title(row: Closure, words: Words) -> str:
    return words["map.closure_no"].format(n=row.id)


def _entry(table: RoadTable, each: Shut, zone: str, may: bool, words: Words) -> Child:
    row = each.row
    ends = (
        clock.moment(row.ends_at.timestamp(), zone, words)
        if row.ends_at
        else words["map.unlimited"]
    )
    held = words["map.held"].format(
        n=len(each.edges), length=km(metres(table, each.edges), words), roads=roads(table, each.edges, words)
    )  # fmt: skip
    since = clock.moment(row.closed_at.timestamp(), zone, words)
    parts: list[Child] = [
        html.Header([status("bad", _title(row, words)), html.B(row.reason)]),
        html.P(held) if len(each.edges) else status("warn", words["map.gone"]),
        html.P(words["map.until"].format(until=ends), className="muted"),
        html.P(words["map.by"].format(who=each.who or "—", at=since), className="muted"),
    ]
    if may:
        parts.append(_lift(row.id, words))
    return html.Article(parts, className="city-closure", **data(closure=row.id))


def _lift(number: int, words: Words) -> Child:
    why = dcc.Input(
        id={"city-lift-why": number}, type="text", maxLength=500, placeholder=words["map.lift_why"]
    )
    press = html.Button(
        words["map.lift"], id={"city-lift": number}, type="button", className="button"
    )
    return html.Div([why, press], className="line-form")


# --- the form --------------------------------------------------------------------------------


def form(words: Words) -> Child:
    """Return the form that closes what was drawn."""
    hours = [
        {"label": words["map.hours"].format(n=n) if n else words["map.unlimited"], "value": n}
        for n in HOURS
    ]
    return html.Div(
        [
            html.P(words["map.how"], className="hot-note"),
            html.Div(id="city-proposed", className="city-proposed", role="status"),
            html.Label([
                html.Span(words["map.reason"]),
                dcc.Input(id="city-reason", type="text", maxLength=500, placeholder=words["map.reason_eg"]),
            ]),
            html.Div([
                html.Span(words["map.lasts"]),
                dcc.RadioItems(hours, 3, id="city-hours", inline=True, className="hot-tabs"),
            ]),
            html.Label([
                html.Span(words["map.or_until"]),
                dcc.Input(id="city-until", type="text", maxLength=16, placeholder="2026-01-31 18:00"),
            ]),
            html.Div([
                html.Button(words["map.close"], id="city-close", type="button", className="button primary"),
                html.Button(words["map.undraw"], type="button", className="button", **data(city="undraw")),
            ], className="city-verbs"),
        ],
        className="city-form",
    )  # fmt: skip


def proposed(table: RoadTable, edges: Ints, words: Words) -> Child:
    """Return what the drawn shape would close."""
    said = words["map.would"].format(
        n=len(edges), length=km(metres(table, edges), words), roads=roads(table, edges, words)
    )
    return html.P(said)
