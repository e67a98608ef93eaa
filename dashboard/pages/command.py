"""The command page: its parts are drawn anew when the live stream says that something in them changed."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import Input, Output, State
from sqlalchemy.orm import Session

from command import advice, dossier, forces, incidents, moving, plans, queries
from dashboard import cameras
from dashboard.auth import require, viewer
from dashboard.door import ground, map_base, reading
from dashboard.pages import (
    alerts_cap,
    command_evacuation,
    command_layers,
    command_map,
    command_moves,
)
from dashboard.pages.context import actor, districts, map_look, place, shown, words
from dashboard.views import command as views
from dashboard.views import command_dossier, dispatch
from dashboard.views import command_evacuation as evacuation_view
from dashboard.views import command_panes as panes
from dashboard.views.command_log import DRAWN, Known, line, quiet
from dashboard.views.ids import id_in
from dashboard.views.kit import Child, Words
from models.clock import now
from models.errors import HotlineError, NotFound, Refused
from models.rules.incident.state import Incident
from tickets import queries as ticket_queries

VIEW = "command.view"
_SEEN_DEG = 0.02


def register(app: dash.Dash) -> None:
    """Register the page's callbacks and those of its forms."""
    tick, list_tick, incident = (
        Input("command-tick", "data"),
        Input("command-list-tick", "data"),
        State("command-incident", "data"),
    )
    app.callback(Output("command-list", "children"), list_tick, incident)(listed)
    app.callback(Output("command-head", "children"), tick, incident)(head)
    app.callback(Output("command-time", "children"), tick, incident)(timeline)
    pane = Input("command-pane", "value")
    for name, draw in PANES.items():
        app.callback(Output(f"command-{name}", "children"), tick, pane, incident)(draw)
    app.clientside_callback(
        "function (name) { const side = document.getElementById('command-right');"
        " if (side) side.dataset.pane = name; return window.dash_clientside.no_update; }",
        Output("command-right", "title"),
        pane,
    )
    command_moves.register(app)
    command_map.register(app)
    command_layers.register(app)
    command_evacuation.register(app)


def page(search: str) -> Child:
    """Return the page, with the incident of its address if there is one."""
    require(VIEW)
    if viewer().unit:
        raise Refused("units have no part in command", permission=VIEW)
    asked = parse_qs(search.lstrip("?"))
    number = asked.get("id", ["0"])[0]
    pane = asked.get("pane", ["overview"])[0]
    with reading() as session:
        chosen = moving.read(session, id_in(number), actor=actor()) if id_in(number) else None
    base, bounds = _base(chosen)
    pane = pane if pane in views.PANES else "overview"
    begun = (
        {name: values[0] for name, values in asked.items()}
        if "new" in asked and chosen is None
        else {}
    )
    fixed = {
        "units": dispatch.frame(words()), "alerts": alerts_cap.pane(),
        # news of the roads ask for it on every command page
        "around": evacuation_view.frame(words(), hidden=chosen is None),
    }  # fmt: skip
    if chosen is not None:
        fixed["records"] = panes.evidence(chosen, words())
    fixed["form"] = command_moves.begun(begun) if begun else []
    return views.page(
        views.Opened(base, chosen, pane, bounds, viewer().can, actor().ref), fixed, words()
    )


def _base(chosen: Incident | None) -> tuple[Any, tuple[float, ...]]:
    try:
        base = map_base(ground(), map_look())
    except NotFound:
        return None, ()
    if chosen is None or chosen.place.lon is None or chosen.place.lat is None:
        return base, ()
    lon, lat = chosen.place.lon, chosen.place.lat
    return base, (lon - _SEEN_DEG, lat - _SEEN_DEG, lon + _SEEN_DEG, lat + _SEEN_DEG)


# --- parts ----------------------------------------------------------------------------------


@shown
def listed(_tick: object, incident: int | None) -> Child:
    """Return the incidents that go on, and those that ended but still owe something: nobody forgets to close them."""
    require(VIEW)
    with reading() as session:
        rows = [
            row
            for status in ("open", "ended")
            for row in queries.listed(session, queries.Criteria(status=status), actor=actor()).rows
        ]
        types = queries.labels(session)
    return views.brief_list(rows, incident or 0, types, words())


@shown
def head(_tick: object, incident: int | None) -> Child:
    """Return the top bar."""
    require(VIEW)
    if not incident:
        return []
    with reading() as session:
        state, types = moving.read(session, incident, actor=actor()), queries.labels(session)
    return views.head(state, viewer().can, types, words())


@shown
def timeline(_tick: object, incident: int | None) -> Child:
    """Return what happened so far."""
    require(VIEW)
    if not incident:
        return []
    with reading() as session:
        events = queries.timeline(session, incident, actor=actor(), without=DRAWN)
        known = Known(moving.read(session, incident, actor=actor()), forces.capabilities(session))
        zone = place(session).zone
    lines = [line(event, known, words()) for event in events if not quiet(event)]
    more = len(events) == queries.RECENT
    return views.timeline(lines, f"/command/replay?id={incident}", zone, words(), more=more)


def seen_in(session: Session, texts: Words) -> panes.Seen:
    """Return what panes need beside an incident: the viewer's rights, the names of codes."""
    kinds = {
        key.removeprefix("place."): said for key, said in texts.items() if key.startswith("place.")
    }
    return panes.Seen(
        viewer().can, place(session).zone, queries.labels(session), districts(session), kinds, now()
    )


@shown
def overview(_tick: object, pane: str, incident: int | None) -> Child:
    """Return the pane of facts, levels and merged reports."""
    require(VIEW)
    if pane != "overview" or not incident:
        return dash.no_update
    with reading() as session:
        state = moving.read(session, incident, actor=actor())
        told = []
        for ticket in incidents.tickets_of(session, incident):
            try:
                ticket_queries.seen(session, ticket.id, actor=actor())
                hidden = ticket.confidential or ticket.anonymous
                told.append((ticket.id, ticket.no, "" if hidden else ticket.title))
            except HotlineError:
                told.append((ticket.id, ticket.no, ""))
        return panes.overview(
            state,
            told,
            incidents.owing(session, state, now=now()),
            seen_in(session, words()),
            words(),
        )


@shown
def plan(_tick: object, pane: str, incident: int | None) -> Child:
    """Return the pane of plans and tasks."""
    require(VIEW)
    if pane != "plan" or not incident:
        return dash.no_update
    with reading() as session:
        state = moving.read(session, incident, actor=actor())
        fitting = plans.suggest(session, state, command_moves.around(state)) if state.open else []
        known = advice.advice(session, state, actor=actor(), now=now())
        return panes.plan(state, fitting, known, seen_in(session, words()), words())


@shown
def records(_tick: object, pane: str, incident: int | None) -> Child:
    """Return the pane of reports, orders, decisions and process records."""
    require(VIEW)
    if pane != "records" or not incident:
        return dash.no_update
    with reading() as session:
        state = moving.read(session, incident, actor=actor())
        return panes.records(state, seen_in(session, words()), words())


@shown
def talk(_tick: object, pane: str, incident: int | None) -> Child:
    """Return the pane of conferences."""
    require(VIEW)
    if pane != "talk" or not incident:
        return dash.no_update
    with reading() as session:
        state = moving.read(session, incident, actor=actor())
        return panes.talk(state, seen_in(session, words()), words())


PANES = {"overview": overview, "plan": plan, "records": records, "talk": talk}


@shown
def analysis(_tick: object, pane: str, incident: int | None) -> Child:
    """Return the dossier: what lies round the incident."""
    require(VIEW)
    if pane != "around" or not incident:
        return dash.no_update
    here = ground()
    with reading() as session:
        state = moving.read(session, incident, actor=actor())
        found = dossier.dossier(session, state, here.city, actor=actor(), now=now())
        base = map_base(here, map_look())
        seen = seen_in(session, words())
        return command_dossier.pane(state, found, base, cameras.address, seen, words())


PANES = {
    "overview": overview, "plan": plan, "around": analysis, "records": records, "talk": talk,
}  # fmt: skip
