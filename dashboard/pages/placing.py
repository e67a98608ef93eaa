"""Choosing a place, on every page that has a form or a map for it: what is typed, what is pressed."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import dash
from dash import ClientsideFunction, Input, Output
from sqlalchemy.orm import Session

from command.queries import VIEW
from dashboard.auth import require, viewer
from dashboard.door import ground, map_base
from dashboard.pages.context import map_look, words
from dashboard.views import placing as views
from dashboard.views.ids import id_in
from dashboard.views.maps import Base
from dashboard.views.placing import Here
from gis_data.gazetteer.search import search
from gis_data.ground import Ground
from models.errors import BadInput, HotlineError
from models.rules.places import Precision
from models.tables import Ticket
from tickets import intake, placing
from tickets.moving import Actor


def register(app: dash.Dash) -> None:
    """Register what forms and maps ask."""
    app.callback(
        Output("place-found", "data"), Input("place-ask", "data"), prevent_initial_call=True
    )(suggest)
    app.callback(
        Output("place-here", "data"), Input(views.MAP, "clickData"), prevent_initial_call=True
    )(pressed)
    app.callback(
        Output("place-here", "data", allow_duplicate=True),
        Input("place-at", "data"),
        prevent_initial_call=True,
    )(typed)
    for name, does in (("place-found", "listed"), ("place-here", "here")):
        app.clientside_callback(ClientsideFunction("places", does), Input(name, "data"))


class Town(NamedTuple):
    """The city as a form needs it, and the map to draw on."""

    ground: Ground
    base: Base


def town() -> Town | None:
    """Return the viewer's city, its names being made ready; None while there is none that can be opened."""
    try:
        here = ground()
    except HotlineError:
        return None  # forms work without a map
    here.warm()
    return Town(here, map_base(here, map_look()))


def suggest(asked: dict[str, Any] | None) -> Any:  # noqa: ANN401 - what the browser lists, or no_update
    """Return what a typed address may mean: names of the city alone, never of a ticket."""
    if not asked:
        return dash.no_update
    if VIEW not in viewer().can:  # the command map has the same search
        require("ticket.view")
    text, texts, city = str(asked.get("text") or ""), words(), town()
    answer: dict[str, Any] = {
        "asked": asked.get("asked"),
        "items": [],
        "note": texts["place.no_city"],
    }
    if city is None:
        return answer
    gazetteer, surface = city.ground.gazetteer, city.ground.surface
    certain = placing.by_address(gazetteer, surface, text) if asked.get("first") else None
    found = search(gazetteer, text)
    if certain is not None:
        found = [certain, *[each for each in found if each.text != certain.text]][: len(found) or 1]
    items = [
        views.suggestion(
            each, surface.at(each.lon, each.lat), city.base, sure=each is certain, words=texts
        )
        for each in found
    ]
    return {**answer, "items": items, "note": texts["place.none"]}


def pressed(click: dict[str, Any] | None) -> Any:  # noqa: ANN401 - what the browser marks, or no_update
    """Return what is where the map was pressed."""
    if not click:
        return dash.no_update
    require("ticket.view")
    city = town()
    if city is None:
        return dash.no_update
    spot = click["latlng"]
    lon, lat = city.base.meant(float(spot["lng"]), float(spot["lat"]))
    return {**_told(city, lon, lat), "pressed": True}


def typed(asked: dict[str, Any] | None) -> Any:  # noqa: ANN401 - what the browser marks, or no_update
    """Return what is at the coordinates that were typed."""
    if not asked:
        return dash.no_update
    require("ticket.view")
    city = town()
    if city is None:
        return dash.no_update
    try:
        lon, lat = point(str(asked.get("point") or ""))
    except BadInput:
        return {"error": words()["place.unreadable"]}
    return dash.no_update if lon is None or lat is None else _told(city, lon, lat)


def _told(city: Town, lon: float, lat: float) -> dict[str, Any]:
    texts = words()
    try:
        at = placing.whereabouts(city.ground.surface, lon, lat)
    except BadInput:
        return {"error": texts["place.outside"]}
    facts = views.point(Here(lon, lat, "point", at), city.base, texts)
    return {**facts, "district": at.district, "near": at.near}


def point(text: str) -> tuple[float | None, float | None]:
    """Read "lon, lat" in degrees WGS-84; both None of nothing, BadInput of anything else."""
    if not text.strip():
        return None, None
    try:
        lon, lat = (float(part) for part in text.replace("，", ",").split(","))
    except ValueError:
        raise BadInput("a point is two numbers", field="point") from None
    return lon, lat


def here_of(row: Ticket, city: Town | None) -> Here | None:
    """Return where a ticket is, as far as its city says."""
    if city is None or row.lon is None or row.lat is None:
        return None
    at = city.ground.surface.at(row.lon, row.lat)
    return Here(row.lon, row.lat, row.precision, at)


def of_form(form: intake.Form) -> intake.Form:
    """Return an intake form with its place as the city knows it; as it is where there is no city."""
    city = town()
    if city is None:
        return form
    return placing.on_ground(form, city.ground.gazetteer, city.ground.surface)


def place(
    session: Session, ticket_id: int, given: Mapping[str, Any], actor: Actor, now: float
) -> None:
    """Place a ticket as a form says: point, precision, address, note, and the version it was drawn for."""
    lon, lat = point(str(given.get("point") or ""))
    if lon is None or lat is None:
        raise BadInput("no point", field="point")
    precision: Precision = given.get("precision") or "point"
    version = str(given.get("version") or "")
    placing.place(
        session, ticket_id, lon=lon, lat=lat, precision=precision,
        version=id_in(version), surface=ground().surface,
        address=str(given.get("address") or ""), note=str(given.get("note") or ""), actor=actor, now=now,
    )  # fmt: skip
