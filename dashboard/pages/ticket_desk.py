"""The desks: lists of tickets by the work that waits."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import Input, Output, State

from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages.context import actor, place, words
from dashboard.views import ticket_desk as views
from dashboard.views.kit import Child
from models.clock import now
from tickets import queries


def register(app: dash.Dash) -> None:
    """Register the desks' search."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("tickets-text", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )(search_for)


def page(search: str) -> Child:
    """Return the desk of an address: the asked one, else the first the viewer may open."""
    require("ticket.view")
    asked = {name: found[0] for name, found in parse_qs(search.lstrip("?")).items()}
    can = viewer().can
    desks = [name for name, permission in queries.DESKS.items() if permission in can]
    name = asked.get("desk", "")
    chosen = next((each for each in desks if each == name), desks[0])
    number = int(asked["page"]) if asked.get("page", "").isdigit() else 0
    text = asked.get("q", "").strip()[:100]
    with reading() as session:
        here = place(session)
        found = queries.desk(session, chosen, actor=actor(), now=now(), words=text, page=number)
    return views.desk(
        chosen, desks, found, text=text, number=number, zone=here.zone, words=words(),
        may_open="ticket.open" in can,
    )  # fmt: skip


def search_for(text: str | None, search: str | None) -> Any:  # noqa: ANN401 - an address, or Dash's no_update
    """Put the searched words into the address."""
    asked = {name: found[0] for name, found in parse_qs((search or "").lstrip("?")).items()}
    if (text or "") == asked.get("q", ""):
        return dash.no_update
    return views.address(asked.get("desk", ""), q=(text or "").strip())
