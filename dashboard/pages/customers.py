"""客户资料: look somebody up by number or name, see what was asked and called, keep a note."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import Input, Output, State

from dashboard.auth import require
from dashboard.door import doors, writing
from dashboard.pages.context import actor, place, told, words
from dashboard.views import customers as views
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError
from tickets import customers


def register(app: dash.Dash) -> None:
    """Register the search and the note."""
    app.callback(
        Output("customer-found", "children"),
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("customer-find", "n_clicks"),
        State("customer-said", "value"),
        prevent_initial_call=True,
    )(find)
    app.callback(
        Output("toast", "data", allow_duplicate=True),
        Input("customer-save", "n_clicks"),
        State("customer-note", "value"),
        State("customer-who", "data"),
        prevent_initial_call=True,
    )(save)


def page(search: str) -> Child:
    """Return the search, and the citizen whose keyed hash the address carries."""
    require(customers.PERMISSION)
    customers.allowed(actor())
    who = parse_qs(search.lstrip("?")).get("who", [""])[0]
    if not who:
        return views.page(None, "", words())
    with writing() as session:  # a look is written down
        zone = place(session).zone
        found = customers.record(session, who, actor=actor(), now=now(), vault=doors().vault)
    return views.page(found, zone, words())


def find(clicks: int | None, said: str | None) -> tuple[Any, Any, Any]:
    """Open the citizen, list several of one name, or say that nobody is known."""
    same = dash.no_update
    if not clicks:
        return same, same, same
    try:
        require(customers.PERMISSION)
        with writing() as session:
            digests = customers.find(
                session, said or "", actor=actor(), now=now(), vault=doors().vault
            )
            known = customers.masks(session, digests)
    except BadInput:
        return same, same, {"text": words()["customer.wrong"], "bad": True, "at": now()}
    except HotlineError as error:
        return same, same, {**told(error), "at": now()}
    if len(known) == 1:
        return same, f"/customers?who={next(iter(known))}", same
    return views.several(known, words()), same, same


def save(clicks: int | None, note: str | None, who: str | None) -> Any:  # noqa: ANN401 - a toast
    """Keep the note."""
    if not clicks:
        return dash.no_update
    try:
        require(customers.PERMISSION)
        with writing() as session:
            customers.annotate(
                session, who or "", note or "", actor=actor(), now=now(), vault=doors().vault
            )
    except HotlineError as error:
        return {**told(error), "at": now()}
    return {"text": words()["customer.saved"], "at": now()}
