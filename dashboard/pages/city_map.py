"""The map page: the address is the question; a press, a typed name or a switch changes the address."""

import re
from typing import Any

import dash
import shapely
from dash import ClientsideFunction, Input, Output, State

from dashboard.auth import require, viewer
from dashboard.door import ground, map_base
from dashboard.pages import city_around, city_closures, city_layers, city_ways
from dashboard.pages.city_ways import label_of
from dashboard.pages.context import map_look, shown, words
from dashboard.views import city_map as views
from dashboard.views import map_query
from dashboard.views.city_ways import ENDS, candidates
from dashboard.views.kit import Child
from dashboard.views.map_query import Point, point, spell
from gis_data.coordinates import in_china
from gis_data.gazetteer.search import search as look_up
from gis_data.roads import closures
from models.errors import HotlineError

_NUMBERS = re.compile(r"\s*(-?\d{1,3}(?:\.\d+)?)\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*")
_MARGIN = 0.01
"""Degrees left free at least round what the page opens on: a way goes beyond the box of its ends."""


def register(app: dash.Dash) -> None:
    """Register the callbacks of the page and of its parts."""
    app.clientside_callback(
        ClientsideFunction("city", "split"),
        Output("city-way", "data"),
        Output("city-spot", "data"),
        Output("city-on", "data"),
        Input("url", "search"),
        State("city-way", "data"),
        State("city-spot", "data"),
        State("city-on", "data"),
        prevent_initial_call=True,
    )
    for name, part, value in (
        ("more", "city-more", "value"),
        ("layers", "city-layers", "value"),
        ("pane", "city-pane", "value"),
    ):
        app.clientside_callback(
            ClientsideFunction("city", name), Input(part, value), prevent_initial_call=True
        )
    app.clientside_callback(
        ClientsideFunction("city", "draft"),
        Output("city-draft-shape", "data"),
        Input("city-draft", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("city", "switched"),
        Input("city-version", "data"),
        prevent_initial_call=True,
    )
    app.callback(
        Output("url", "search", allow_duplicate=True),
        Input("city-press", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )(pressed)
    for end in ENDS:
        app.callback(
            Output(f"city-{end}-found", "children"),
            Input(f"city-{end}", "value"),
            State("city-way", "data"),
            prevent_initial_call=True,
        )(NAMED[end])
    for pane in (city_ways, city_closures, city_around, city_layers):
        pane.register(app)


def page(search: str) -> Child:
    """Return the page of an address."""
    require("ticket.view")
    here, asked, spot = ground(), map_query.way(search), map_query.spot(search)
    may_close = closures.PERMISSION in viewer().can
    points = [at for at in (asked.start, asked.end, spot.at if spot else None) if at]
    return views.page(
        views.Opened(
            map_base(here, map_look()), search or "", asked, spot, map_query.layers(search),
            (label_of(here, asked.start), label_of(here, asked.end)),
            _bounds(points, spot.metres if spot else 0, here.city.manifest.bbox), may_close,
        ),
        words(),
    )  # fmt: skip


def _bounds(points: list[Point], metres: float, whole: tuple[float, ...]) -> tuple[float, ...]:
    """Return what is to be seen: what was asked for, if it lies in the city, or the city."""
    box = shapely.box(*whole)
    inside = [at for at in points if box.intersects(shapely.Point(at[:2]))]
    if not inside:
        return ()
    west, south, east, north = shapely.MultiPoint([at[:2] for at in inside]).bounds
    margin = _MARGIN + max(0.3 * max(east - west, north - south), metres / 100_000)
    return west - margin, south - margin, east + margin, north + margin


def pressed(press: dict[str, Any] | None, search: str | None) -> Any:  # noqa: ANN401 - an address
    """Put a pressed spot into the address, in WGS-84 whatever the tiles are drawn in."""
    if not press or press.get("what") not in (*ENDS, "at"):
        return dash.no_update
    try:
        require("ticket.view")
        at = point(f"{press.get('lon')},{press.get('lat')}")
        if at is None:
            return dash.no_update
        lon, lat = map_base(ground(), map_look()).meant(at.lon, at.lat)
    except HotlineError:
        return dash.no_update  # the page itself says that there is no city, or no session
    return map_query.href(search, **{press["what"]: spell(Point(lon, lat))})


def _candidates(end: str, text: str | None, way: str | None) -> Child:
    require("ticket.view")
    here, asked = ground(), map_query.way(way)
    typed = (text or "").strip()[:60]
    if not typed or typed == label_of(here, asked.start if end == "from" else asked.end):
        return []
    if numbers := _NUMBERS.fullmatch(typed):
        at = point(f"{numbers[1]},{numbers[2]}")
        known = at is not None and bool(in_china(at.lon, at.lat))
        return candidates(
            end, [(at._replace(name=""), typed)] if at and known else [], typed, words()
        )
    found = look_up(here.gazetteer, typed)
    rows = [(Point(round(f.lon, 6), round(f.lat, 6), f.text), f.note) for f in found]
    return candidates(end, rows, typed, words())


@shown
def from_named(text: str | None, way: str | None) -> Child:
    """Return what a typed start may mean."""
    return _candidates("from", text, way)


@shown
def to_named(text: str | None, way: str | None) -> Child:
    """Return what a typed end may mean."""
    return _candidates("to", text, way)


NAMED = {"from": from_named, "to": to_named}
