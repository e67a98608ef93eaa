"""The command map's layers: the dossier plotted, depots, what bureaus read, cameras, how fast one drives."""

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State
from sqlalchemy.orm import Session

from command import dossier, moving, queries, sites, supplies
from dashboard import cameras
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import city_layers
from dashboard.views import command_layers as views
from dashboard.views.city_layers import Mark
from dashboard.views.kit import Child
from dashboard.views.maps import EMPTY, Base, features
from gis_data import state as city_state
from gis_data.feeds.cameras import cameras as cameras_of
from gis_data.ground import Ground
from models.clock import now
from models.errors import HotlineError


def register(app: dash.Dash) -> None:
    """Register the layers: they follow their switches, the incident's place and supplies, and the city."""
    app.callback(
        Output("command-traffic", "data"),
        Output("command-signs", "data"),
        Output("command-cameras", "data"),
        Output("command-layers-note", "children"),
        Input("command-layers", "value"),
        Input("command-placed", "data"),
        Input("command-roads-tick", "data"),
        State("command-incident", "data"),
    )(layered)
    app.clientside_callback(
        ClientsideFunction("command", "look"),
        Input("command-look", "data"),
        prevent_initial_call=True,
    )


def layered(
    on: list[str] | None, _placed: object, _roads: object, incident: int | None
) -> tuple[Any, Any, Any, Child]:
    """Return the layers that are switched on, and what is to be said of them."""
    chosen, texts = frozenset(on or ()), words()
    driven, eyes, notes = EMPTY, EMPTY, []
    try:
        queries.may_see(actor())
        here = ground()
        base = map_base(here, map_look())
        with reading() as session:
            marks = _dossier(session, here, incident) if incident and "dossier" in chosen else []
            if "depots" in chosen:
                marks += _depots(session)
            if "state" in chosen:
                known = city_state.current(session, now=now())
                marks += city_layers.states(known, now(), place(session).zone, texts)
                notes.append(city_layers.state_note(known, now(), texts))
            if "traffic" in chosen:
                roads = network(session)
                driven = city_layers.traffic(roads.table, roads.speeds, base, texts)
                notes.append(city_layers.traffic_note(roads.speeds, texts))
            if "cameras" in chosen:
                eyes = _cameras(session, base)
    except HotlineError:
        return EMPTY, EMPTY, EMPTY, []  # no city yet, or no right: the page itself says so
    return driven, city_layers.marks(marks, base, texts), eyes, city_layers.notes(notes)


def _dossier(session: Session, here: Ground, incident: int) -> list[Mark]:
    state = moving.read(session, incident, actor=actor())
    found = dossier.plotted(session, state, here.city, actor=actor(), now=now())
    return views.plotted(*found, words()) if found else []


def _depots(session: Session) -> list[Mark]:
    stocks = supplies.by_depot(supplies.stocks(session, actor=actor()))
    rows = [row for row in sites.depots(session, actor=actor()) if row.active]
    return views.depots(rows, stocks, words())


def _cameras(session: Session, base: Base) -> dict[str, Any]:
    return features([
        (
            {"type": "Point", "coordinates": base.shown([(each.lon, each.lat)]).round(6).tolist()[0]},
            {"label": each.label, "camera": cameras.address(each.bureau, each.key)},
        )
        for each in cameras_of(session)
    ])  # fmt: skip
