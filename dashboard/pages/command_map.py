"""What the command map shows beside drawings and vehicles: the ways of units under way, closed roads, cameras."""

from typing import Any

import dash
from dash import Input, Output, State

from command import moving, queries
from command.rerouting import route_of
from dashboard import cameras
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.city_closures import shut
from dashboard.pages.context import actor, map_look, words
from dashboard.views import city_closures, clock
from dashboard.views.maps import EMPTY, features
from gis_data.feeds.cameras import cameras as cameras_of
from gis_data.roads.routes import Route
from models.errors import HotlineError
from models.rules.incident.progress import MOVING


def register(app: dash.Dash) -> None:
    """Register the layers: both follow the incident, and the roads of the city."""
    app.callback(
        Output("command-routes", "data"),
        Output("command-closures", "data"),
        Output("command-cameras", "data"),
        Input("command-tick", "data"),
        Input("command-roads-tick", "data"),
        State("command-incident", "data"),
    )(drawn)


def drawn(_tick: object, _roads: object, incident: int | None) -> tuple[Any, Any, Any]:
    """Return the ways as lines with unit and time left, the closures, and the cameras, as they are now."""
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
            seen = cameras_of(session)
            closed = city_closures.drawn(roads.table, shut(session, roads), base, words())
    except HotlineError:
        return EMPTY, EMPTY, EMPTY  # no city yet, or no right: the page itself says so
    lines: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for assignment, found in ways:
        if isinstance(found, Route):
            say = f"{assignment.label} {clock.duration(found.time, words())} · {found.length / 1000:.1f} km"
            line = {"type": "LineString", "coordinates": base.shown(found.points).round(6).tolist()}
            facts = {"kind": "best", "say": [say]}
            lines += [(line, {**facts, "casing": True}), (line, facts)]
    eyes = [
        (
            {"type": "Point", "coordinates": base.shown([(each.lon, each.lat)]).round(6).tolist()[0]},
            {"label": each.label, "camera": cameras.address(each.bureau, each.key)},
        )
        for each in seen
    ]  # fmt: skip
    return features(lines), closed, features(eyes)
