"""The map's layers: their switches, their marks, what each sign and line means."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from dash import dcc, html

from dashboard.views.clock import duration, moment
from dashboard.views.kit import Child, Words, data, status
from dashboard.views.map_query import LAYERS
from dashboard.views.maps import Base, features
from gis_data.roads.lines import lines
from gis_data.roads.table import RoadTable
from gis_data.state import BUREAUS
from models.clock import Instant
from models.tables import CityState

OWN_WORDS = frozenset({"districts", "tickets", "state", "traffic"})
"""Layers that are no kind of place."""
SLOW = ((0.4, "jam"), (0.7, "slow"))
"""Shares of the free speed below which one drives badly."""
LINES = ("best", "shortest", "other", "shut", "reach", "jam", "slow", "free")


def switches(on: Sequence[str], words: Words) -> Child:
    """Return the layers to choose from, those `on` chosen."""
    options = [
        {"label": html.Span([html.I(_sign(name, words), className=f"city-sign {name}"), _layer(name, words)]),
         "value": name}
        for name in LAYERS
    ]  # fmt: skip
    return dcc.Checklist(options, list(on), id="city-layers", className="city-switches")


def legend(words: Words) -> Child:
    """Return what the lines and areas of the map mean."""
    rows = [
        html.Li([html.I(className=f"city-line {name}"), words[f"map.legend.{name}"]])
        for name in LINES
    ]
    return html.Div([html.H3(words["map.legend"]), html.Ul(rows)], className="city-legend")


def notes(said: Sequence[str]) -> Child:
    """Return what is to be said of the layers that are on."""
    return [html.P(text, className="muted") for text in said if text]


def _layer(name: str, words: Words) -> str:
    return words[f"map.layer.{name}"] if name in OWN_WORDS else words[f"place.{name}"]


def _sign(name: str, words: Words) -> str:
    return words[f"map.sign.{name}"]


# --- marks --------------------------------------------------------------------------------------


class Mark(NamedTuple):
    """A place or a ticket as the map shows it: layer, WGS-84, what it says, where a press leads.

    sign, css : instead of the layer's own.
    """

    layer: str
    lon: float
    lat: float
    say: Sequence[str]
    href: str = ""
    sign: str = ""
    css: str = ""


def marks(found: Sequence[Mark], base: Base, words: Words) -> dict[str, Any]:
    """Return marks as points with their sign."""
    at = base.shown([(mark.lon, mark.lat) for mark in found]).round(6).tolist() if found else []
    return features([
        ({"type": "Point", "coordinates": place},
         {"kind": mark.css or mark.layer, "label": mark.sign or _sign(mark.layer, words), "say": list(mark.say),
          "href": mark.href})
        for mark, place in zip(found, at, strict=True)
    ])  # fmt: skip


def borders(districts: Sequence[tuple[str, shapely.Geometry]], base: Base) -> dict[str, Any]:
    """Return the districts' borders."""
    found = []
    for name, shape in districts:
        moved = shapely.transform(
            shape.simplify(0.0002), lambda points: base.shown(points).round(6)
        )
        found.append((dict(shapely.geometry.mapping(moved)), {"say": [name]}))
    return features(found)


# --- what bureaus tell ----------------------------------------------------------------------------


def states(known: Sequence[CityState], now: Instant, zone: str, words: Words) -> list[Mark]:
    """Return the bureaus' points: what is read there, since when, and whether that is stale."""
    return [
        Mark(
            "state", row.lon, row.lat,
            [
                row.label, f"{words[f'bureau.{row.bureau}']} {_reading(row, words)}", *_facts(row, words),
                words["map.state.old" if _stale(row, now) else "map.state.at"].format(
                    at=moment(row.at.timestamp(), zone, words)
                ),
            ],
            sign=f"{words[f'bureau.sign.{row.bureau}']} {_reading(row, words)}".strip(),
            css=f"state {'stale' if _stale(row, now) else row.level}",
        )
        for row in known
    ]  # fmt: skip


def state_note(known: Sequence[CityState], now: Instant, words: Words) -> str:
    """Return how much is known, and how much of it is stale; what would fill it where there is nothing."""
    if not known:
        return words["map.state.none"]
    old = sum(_stale(row, now) for row in known)
    return words["map.state.known"].format(n=len(known), old=old)


def bureaus(
    known: Sequence[CityState],
    driven: tuple[Instant, Instant] | None,
    silent: Sequence[str],
    now: Instant,
    words: Words,
) -> list[Child]:
    """Return for each bureau how old its newest word is, and how much of it is stale: a strip on the map's edge.

    driven : when the newest speeds of roads were measured and until when they are good; they are of the traffic.
    """
    spans: dict[str, list[tuple[Instant, Instant]]] = {name: [] for name in BUREAUS}
    for row in known:
        spans[row.bureau].append((row.at.timestamp(), row.until.timestamp()))
    spans["traffic"] += [driven] if driven else []
    parts: list[Child] = [_bureau(name, spans[name], now, words) for name in BUREAUS]
    if silent:
        parts.append(status("bad", words["map.silent"].format(names="、".join(silent))))
    return parts


def _bureau(
    name: str, spans: Sequence[tuple[Instant, Instant]], now: Instant, words: Words
) -> Child:
    label = html.B(words[f"bureau.{name}"])
    if not spans:
        return html.Span([status("off", ""), label, words["map.bureau.none"]])
    newest = max(at for at, _ in spans)
    old = sum(until <= now for _, until in spans)
    age = words["map.ago"].format(age=duration(max(now - newest, 0), words))
    count = words["map.bureau.points"].format(n=len(spans))
    if old:
        count += f" ({words['map.bureau.old'].format(n=old)})"
    mark = status("bad" if old == len(spans) else "ok", "")
    told = html.Span(age, className="num", **data(since=f"{newest:.0f}"))
    gone = [words["map.bureau.stale"]] if old == len(spans) else []
    return html.Span([mark, label, told, *gone], title=count)


def _facts(row: CityState, words: Words) -> list[str]:
    said = [
        words[f"fact.{name}"].format(n=f"{value:g}") for name, value in row.facts.items()
        if f"fact.{name}" in words
    ]  # fmt: skip
    return ["，".join(said)] if said else []


def _stale(row: CityState, now: Instant) -> bool:
    return row.until.timestamp() <= now


def _reading(row: CityState, words: Words) -> str:
    value = "" if row.value is None else f"{row.value:g} {row.unit}".strip()
    level = words[f"map.level.{row.level}"] if row.level else ""
    return " ".join(filter(None, (value, level)))


# --- how fast one drives --------------------------------------------------------------------------


def traffic(
    table: RoadTable, speeds: Mapping[int, float], base: Base, words: Words
) -> dict[str, Any]:
    """Return the edges whose speed is told, with how it compares to free flow."""
    edges = np.fromiter(speeds, np.int64, len(speeds))
    found = []
    for edge, line in zip(edges.tolist(), lines(table, edges), strict=True):
        kmh, free = speeds[edge], float(table.speed[edge])
        kind = next((name for share, name in SLOW if kmh < share * free), "free")
        moved = shapely.transform(line, lambda points: base.shown(points).round(6))
        said = words["map.traffic.say"].format(
            how=words[f"map.legend.{kind}"], kmh=f"{kmh:.0f}", free=f"{free:.0f}"
        )
        facts = {"kind": kind, "say": list(filter(None, (table.name_of(edge), said)))}
        found.append((dict(shapely.geometry.mapping(moved)), facts))
    return features(found)


def traffic_note(speeds: Mapping[int, float], words: Words) -> str:
    """Return how many edges' speeds are told; what would fill it where there are none."""
    return words["map.traffic.known"].format(n=len(speeds)) if speeds else words["map.traffic.none"]
