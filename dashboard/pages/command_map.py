"""What the command map shows beside drawings and vehicles: the ways of units and supplies under way, closed roads."""

from typing import Any

import dash
from dash import Input, Output, State

from command import moving, queries
from command.deliveries import deliveries
from command.rerouting import route_of
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.city_closures import shut
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import city_closures, clock
from dashboard.views.maps import EMPTY, features
from gis_data.roads.routes import Route
from models.clock import now
from models.errors import HotlineError
from models.rules.incident.progress import MOVING


def register(app: dash.Dash) -> None:
    """Register the layers: both follow the incident, and the roads of the city."""
    app.callback(
        Output("command-routes", "data"),
        Output("command-closures", "data"),
        Input("command-tick", "data"),
        Input("command-roads-tick", "data"),
        State("command-incident", "data"),
    )(drawn)


def drawn(_tick: object, _roads: object, incident: int | None) -> tuple[Any, Any]:
    """Return the ways as lines with unit and time left, or supplies and when they arrive, and the closures."""
    try:
        queries.may_see(actor())
        base = map_base(ground(), map_look())
        with reading() as session:
            roads = network(session)
            state = moving.read(session, incident, actor=actor()) if incident else None
            under_way = (
                [a for a in state.assignments.values() if a.progress in MOVING] if state else []
            )
            ways = [(a, route_of(session, roads, a.assignment, actor=actor())) for a in under_way]
            sent = deliveries(session, roads, state, now=now()) if state else []
            zone = place(session).zone
            closed = city_closures.drawn(roads.table, shut(session, roads), base, words())
    except HotlineError:
        return EMPTY, EMPTY  # no city yet, or no right: the page itself says so
    said: list[tuple[Route, str, str]] = []
    for assignment, found in ways:
        if isinstance(found, Route):
            left = clock.duration(found.time, words())
            said.append((found, "best", f"{assignment.label} {left} · {_km(found)}"))
    for each in sent:
        row, at = each.transfer, clock.time_of(each.arrives, zone)
        what = f"{row.label} {row.amount:g} {row.measure}"
        text = words()["command.delivery"].format(what=what, depot=each.depot, at=at)
        said.append((each.way, "supply", f"{text} · {_km(each.way)}"))
    lines: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for way, kind, text in said:
        line = {"type": "LineString", "coordinates": base.shown(way.points).round(6).tolist()}
        facts = {"kind": kind, "say": [text]}
        lines += [(line, {**facts, "casing": True}), (line, facts)]
    return features(lines), closed


def _km(way: Route) -> str:
    return f"{way.length / 1000:.1f} km"
