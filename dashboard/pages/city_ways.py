"""The map's ways: the shortest and the best between two points, as the roads are open now."""

from typing import Any

import dash
import numpy as np
from dash import Input, Output
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.context import map_look, words
from dashboard.views import city_ways as views
from dashboard.views import map_query
from dashboard.views.city_ways import ENDS, Ways
from dashboard.views.kit import Child, refusal
from dashboard.views.map_query import Point, Way
from dashboard.views.maps import EMPTY
from gis_data.ground import Ground
from gis_data.roads import closures
from gis_data.roads.alternatives import alternatives
from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Route, Unreachable, route
from models.clock import now
from models.errors import HotlineError

COUNT = 3


def register(app: dash.Dash) -> None:
    """Register the callback."""
    app.callback(
        Output("city-lines", "data"),
        Output("city-told", "children"),
        Output("city-from", "value"),
        Output("city-to", "value"),
        Input("city-way", "data"),
        Input("city-tick", "data"),
        running=[(Output("city-busy", "hidden"), False, True)],
    )(answered)


def answered(search: str | None, _tick: object) -> tuple[Any, Child, Any, Any]:
    """Return the ways on the map and in words, and what the ends are called."""
    try:
        require("ticket.view")
        here = ground()
        with reading() as session:
            ways = found(session, here, map_query.way(search))
    except HotlineError as error:
        return EMPTY, refusal(error.code, words()), dash.no_update, dash.no_update
    # what is being typed is not taken away
    first, second = (
        label if at else dash.no_update
        for label, at in zip(ways.labels, ways.asked[:2], strict=True)
    )
    lines = views.lines(ways, map_base(here, map_look()), words())
    return lines, views.told(ways, search or "", words()), first, second


def found(session: Session, here: Ground, asked: Way) -> Ways:
    """Return the ways between two points, or why there is none."""
    labels = (label_of(here, asked.start), label_of(here, asked.end))
    if asked.start is None or asked.end is None:
        return Ways(asked, labels, {}, [], None, {})
    roads = network(session)
    stops = roads.ground.snap(np.array([asked.start[:2], asked.end[:2]]))
    off = {end: at for end, at in zip(ENDS, stops, strict=True) if not isinstance(at, Stop)}
    ways, none = ([], None) if off else _ways(roads, *stops, more=asked.more)  # type: ignore[arg-type]
    reasons = {row.id: row.reason for row in closures.current(session, now=now())}
    return Ways(asked, labels, off, ways, none, reasons)


def _ways(
    roads: Network, start: Stop, end: Stop, *, more: bool
) -> tuple[list[tuple[str, Route]], Unreachable | None]:
    best, shortest = route(roads, start, end, "time"), route(roads, start, end, "length")
    if isinstance(best, Unreachable) or isinstance(shortest, Unreachable):
        return [], best if isinstance(best, Unreachable) else None
    ways = [("best", best), ("shortest", shortest)]
    if best.edges == shortest.edges:
        ways = [("both", best)]
    if more:
        others = alternatives(roads, start, end, "time", COUNT)
        known = [way.edges for _, way in ways]
        if not isinstance(others, Unreachable):
            left = [way for way in others if way.edges not in known]
            ways += [(f"other-{number}", way) for number, way in enumerate(left, start=1)]
    return ways, None


def label_of(here: Ground, at: Point | None) -> str:
    """Return what a point is called: as it was chosen, or by what it lies near."""
    if at is None:
        return ""
    if at.name:
        return at.name
    there = here.surface.at(at.lon, at.lat)
    named = "·".join(filter(None, (there.street_name or there.district_name, there.near)))
    return named or f"{at.lon:.5f}, {at.lat:.5f}"
