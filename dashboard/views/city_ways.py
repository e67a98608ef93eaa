"""The ways between two points: on the map, and beside it with length, time, steps and what changed them."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import shapely
from dash import dcc, html

from dashboard.views import clock
from dashboard.views.kit import Child, Words, aria, data, empty, status
from dashboard.views.map_query import Point, Way, href, spell
from dashboard.views.maps import Base, features
from gis_data.roads.routes import Route, Step, Unreachable
from gis_data.roads.table import Floats

ENDS = ("from", "to")
_LAYERS = ("other", "best", "both", "shortest")


class Ways(NamedTuple):
    """The answer to a question for a way.

    labels : of both ends; off : metres to the nearest road of an end that is too far from any, infinite when
    none is in sight; found : (how it is told apart, way), the best first; reasons : closure -> its reason.
    """

    asked: Way
    labels: tuple[str, str]
    off: Mapping[str, float]
    found: Sequence[tuple[str, Route]]
    none: Unreachable | None
    reasons: Mapping[int, str]


# --- the question ----------------------------------------------------------------------------


def ask(asked: Way, labels: tuple[str, str], words: Words) -> Child:
    """Return the form: two ends to type or to press, swap, clear, other ways."""
    boxes = [
        html.Div(
            [
                html.Label(words[f"map.{end}"], htmlFor=f"city-{end}"),
                dcc.Input(
                    id=f"city-{end}", type="search", value=label, maxLength=60, autoComplete="off",
                    placeholder=words["map.find"],
                ),
                html.Div(id=f"city-{end}-found", className="city-found", role="listbox"),
            ],
            className="city-end", **data(end=end),
        )
        for end, label in zip(ENDS, labels, strict=True)
    ]  # fmt: skip
    options = [{"label": words["map.more"], "value": "3"}]
    verbs = [
        html.Button(words["map.swap"], type="button", className="button", **data(city="swap")),
        html.Button(words["map.clear"], type="button", className="button", **data(city="clear")),
        dcc.Checklist(options, ["3"] if asked.more else [], id="city-more"),
    ]
    return html.Div([*boxes, html.Div(verbs, className="city-verbs")], className="city-ask")


def candidates(
    end: str, found: Sequence[tuple[Point, str]], asked: str, words: Words
) -> list[Child]:
    """Return what a typed name may mean, as (point, where it lies)."""
    if not found:
        return [empty(words["map.unfound"])] if asked else []
    return [
        html.Button(
            [html.B(at.name), html.Span(note, className="muted")], type="button", role="option",
            **data(city_pick=end, at=spell(at), asked=asked),
        )
        for at, note in found
    ]  # fmt: skip


# --- the map ---------------------------------------------------------------------------------


def lines(ways: Ways, base: Base, words: Words) -> dict[str, Any]:
    """Return the ways as lines, the shortest on top as its dashes hide nothing, each labelled where it is alone."""
    drawn: list[tuple[dict[str, Any], dict[str, Any]]] = []
    marks: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for kind, found in sorted(ways.found, key=lambda way: _LAYERS.index(way[0].partition("-")[0])):
        points = base.shown(found.points).round(6)
        say = _named(kind, words) + f" {km(found.length, words)} · {lasts(found.time, words)}"
        facts = {"kind": kind, "say": [say]}
        line = {"type": "LineString", "coordinates": points.tolist()}
        drawn += [(line, {**facts, "casing": True}), (line, facts)]
        others = [base.shown(other.points) for name, other in ways.found if name != kind]
        apart = points[_apart(points, others)].tolist()
        marks.append(({"type": "Point", "coordinates": apart}, {**facts, "label": say}))
    for end, at in zip(ENDS, ways.asked[:2], strict=True):
        if at is not None:
            ((lon, lat),) = base.shown([(at.lon, at.lat)]).round(6).tolist()
            facts = {"kind": end, "label": words[f"map.{end}.sign"], "say": []}
            marks.append(({"type": "Point", "coordinates": [lon, lat]}, facts))
    return features([*drawn, *marks])


def _apart(points: Floats, others: Sequence[Floats]) -> int:
    """Return which point of a way is the farthest from the other ways; the middle one where there is none."""
    if not others:
        return len(points) // 2
    rest = shapely.union_all([shapely.linestrings(other) for other in others])
    return int(np.argmax(shapely.distance(shapely.points(points), rest)))


# --- beside it -------------------------------------------------------------------------------


def told(ways: Ways, query: str, words: Words) -> list[Child]:
    """Return the answer in words."""
    if ways.asked.start is None or ways.asked.end is None:
        return [empty(words["map.ask"])]
    if ways.off:
        return [html.Div(_off(ways.off, words), className="city-none", role="alert")]
    if ways.none is not None:
        return [html.Div(_why(ways.none, ways.reasons, words), className="city-none", role="alert")]
    if all(found.length < 1 for _, found in ways.found):
        return [empty(words["map.same"])]
    cards = [_card(kind, found, ways, words) for kind, found in ways.found]
    export = html.A(
        words["map.geojson"],
        href=href(query, "/api/route.geojson"),
        className="button",
        download="",
    )
    press = html.Button(words["hot.print"], type="button", className="button", **data(city="print"))
    return [_compared(ways, words), *cards, html.Div([export, press], className="city-verbs")]


def _compared(ways: Ways, words: Words) -> Child:
    """Say what the best way costs in length and saves in time against the shortest."""
    by = dict(ways.found)
    if "both" in by:
        return html.P(words["map.both_about"], className="hot-note")
    more = by["best"].length - by["shortest"].length
    less = by["shortest"].time - by["best"].time
    said = words["map.compared"].format(more=km(more, words), less=lasts(less, words))
    return html.P(said, className="hot-note")


def _card(kind: str, found: Route, ways: Ways, words: Words) -> Child:
    head = [
        html.I(className=f"city-line {kind.partition('-')[0]}", **aria(hidden="true")),
        html.H3(_named(kind, words)),
        html.Span(km(found.length, words), className="figure"),
        html.Span(lasts(found.time, words), className="figure"),
    ]
    facts: list[Child] = [html.Li(text) for text in _facts(found, ways.reasons, words)]
    driven = _driven(found.steps)
    steps = html.Details(
        [
            html.Summary(words["map.steps"].format(n=len(driven))),
            html.Ol([_step(step, words) for step in driven], className="city-steps"),
        ]
    )
    return html.Section(
        [html.Header(head), html.Ul(facts, className="city-facts"), steps], className="city-card",
        **data(way=kind),
    )  # fmt: skip


def _facts(found: Route, reasons: Mapping[int, str], words: Words) -> Iterator[str]:
    roads: dict[str, float] = {}
    for step in found.steps:
        if step.road:
            roads[step.road] = roads.get(step.road, 0) + step.length
    longest = sorted(roads, key=lambda road: -roads[road])[:3]
    if longest:
        kept = [road for road in roads if road in longest]
        yield words["map.via"].format(roads=words["map.comma"].join(kept))
    if found.closures:
        names = words["map.comma"].join(_closure(each, reasons, words) for each in found.closures)
        yield words["map.round"].format(closures=names)
    near = [round(stop.distance) for stop in (found.start, found.end)]
    if max(near) > 0:
        yield words["map.to_road"].format(start=near[0], end=near[1])


def _driven(steps: Sequence[Step]) -> list[Step]:
    """Return the steps somebody drives: an end that lies on a junction touches another road for no length."""
    left = [step for step in steps if round(step.length) > 0]
    return [step._replace(turn="depart") if step is left[0] else step for step in left]


def _step(step: Step, words: Words) -> Child:
    road = step.road or words["map.unnamed"]
    said = words[f"turn.{step.turn}"].format(road=road)
    return html.Li([html.Span(said), html.Span(km(step.length, words), className="muted num")])


def _off(off: Mapping[str, float], words: Words) -> list[Child]:
    lines = []
    for end, metres in off.items():
        near = metres != float("inf")
        key = "map.off" if near else "map.off_far"
        lines.append(
            html.P(
                words[key].format(end=words[f"map.{end}"], far=km(metres, words) if near else "")
            )
        )
    return lines


def _why(none: Unreachable, reasons: Mapping[int, str], words: Words) -> list[Child]:
    why = f"{none.cause}.{none.trap}" if none.trap else none.cause
    names = words["map.comma"].join(_closure(each, reasons, words) for each in none.closures)
    return [
        status("bad", words["map.none"]),
        html.P(words[f"map.none.{why}"].format(closures=names)),
    ]


def _closure(number: int, reasons: Mapping[int, str], words: Words) -> str:
    return words["map.closure"].format(n=number, reason=reasons.get(number, ""))


def _named(kind: str, words: Words) -> str:
    name, _, number = kind.partition("-")
    return words[f"map.way.{name}"].format(n=number)


def km(metres: float, words: Words) -> str:
    """Return a length as people say it: metres below a kilometre."""
    if metres < 1000:
        return f"{round(metres):,} {words['map.m']}"
    return f"{metres / 1000:,.1f} {words['map.km']}"


def lasts(seconds: float, words: Words) -> str:
    """Return how long something takes."""
    return clock.duration(max(0.0, round(seconds)), words)
