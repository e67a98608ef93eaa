"""The replay page: an incident's film by its address, and what people write beside a moment of it."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ClientsideFunction, Input, Output, State
from sqlalchemy.orm import Session

from command import forces, queries, records, replay
from command.replay import Film
from dashboard.auth import require, viewer
from dashboard.door import doors, ground, map_base, reading, writing
from dashboard.pages.context import actor, map_look, place, told, words
from dashboard.views import replay as views
from dashboard.views import replay_frame as frames
from dashboard.views.ids import id_in
from dashboard.views.kit import Child, Words
from dashboard.views.maps import Look
from models.clock import now
from models.errors import HotlineError, NotFound
from models.store.roster import floor_plan
from tickets.search import unit_names


def register(app: dash.Dash) -> None:
    """Register the page's callbacks."""
    app.clientside_callback(ClientsideFunction("replay", "saved"), Input("replay-saved", "data"))
    app.callback(
        Output("replay-saved", "data"),
        Output("replay-text", "value"),
        Output("toast", "data", allow_duplicate=True),
        Input("replay-note", "n_clicks"),
        State("replay-facts", "data"),
        State("replay-at", "data"),
        State("replay-edit", "data"),
        State("replay-text", "value"),
        prevent_initial_call=True,
    )(note)


def page(search: str) -> Child:
    """Return the page of an address: `id` the incident, `at` the moment it opens on."""
    require("command.view")
    asked = parse_qs(search.lstrip("?"))
    number = asked.get("id", ["0"])[0]
    moment = asked.get("at", [""])[0]
    with reading() as session:
        film = replay.film(session, id_in(number), actor=actor())
        start, end = views.bounds(film)
        given = float(moment) if moment.replace(".", "", 1).isdecimal() else end
        return views.page(film, min(max(given, start), end), _shown(session, words(), map_look()))


def _shown(session: Session, texts: Words, look: Look) -> frames.Shown:
    try:
        base = map_base(ground(), look)
    except NotFound:
        base = None
    return frames.Shown(
        texts, place(session).zone, unit_names(session), queries.labels(session), base,
        "command.act" in viewer().can, forces.capabilities(session),
    )  # fmt: skip


def frame(incident: int, moment: float, texts: Words, look: Look) -> dict[str, Any]:
    """Return what a moment of an incident shows, as the browser paints it."""
    film, seen, facts = moment_of(incident, moment, texts, look)
    return frames.frame(film, seen, facts)


def moment_of(
    incident: int, moment: float, texts: Words, look: Look
) -> tuple[Film, replay.Seen, frames.Shown]:
    """Return an incident's film, one moment of it, and what views need beside it."""
    with reading() as session:
        film = replay.film(session, incident, actor=actor())
        plan = floor_plan(session, doors().settings)
        return film, replay.at(session, film, moment, plan=plan), _shown(session, texts, look)


def note(
    clicks: int | None, facts: dict[str, Any] | None, moment: float | None, edited: int | None,
    text: str | None,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Write an annotation about the moment shown, or correct one; an empty correction takes it out."""
    if not clicks or not facts:  # the button only came onto the screen
        return dash.no_update, dash.no_update, dash.no_update
    try:
        require("command.act")
        with writing() as session:
            incident, said = int(facts["id"]), text or ""
            if edited:
                records.change_remark(
                    session, incident, int(edited), said=said, actor=actor(), now=now()
                )
            else:
                records.remark(
                    session, incident, said=said, about=float(moment or 0), actor=actor(), now=now()
                )
    except HotlineError as error:
        return dash.no_update, dash.no_update, told(error)
    return now(), "", {"text": words()["replay.noted"]}
