"""A ticket's caller by name and number: for a reason, to who may see it, written down."""

from typing import Any

import dash
from dash import ALL, Input, Output, State

from dashboard.auth import require
from dashboard.door import doors, writing
from dashboard.pages.context import actor, pressed_button, told, words
from dashboard.views import identity as views
from models.clock import now
from models.errors import BadInput, HotlineError
from tickets import identity, queries


def register(app: dash.Dash) -> None:
    """Register the callback."""
    app.callback(
        Output({"identity": ALL}, "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"identity-show": ALL}, "n_clicks"),
        State({"identity-reason": ALL}, "value"),
        prevent_initial_call=True,
    )(show)
    app.callback(
        Output({"code": ALL}, "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"code-show": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(show_code)


def show(clicks: list[int | None], reasons: list[str | None]) -> tuple[Any, Any]:
    """Show who asked to who may see it and says why; the audit keeps both."""
    pressed: Any = pressed_button()
    same = [dash.no_update] * len(clicks)
    if not any(clicks) or not pressed:
        return same, dash.no_update
    try:
        require("caller.reveal")
        with writing() as session:
            whole = queries.whole(session, pressed["identity-show"], actor=actor(), now=now())
            who = identity.reveal(
                session, whole.row.id, reason=(reasons or [""])[0] or "", actor=actor(), now=now(),
                vault=doors().vault,
            )  # fmt: skip
    except BadInput:
        note = {"text": words()["calls.reveal.needs_reason"], "bad": True, "at": now()}
        return same, note
    except HotlineError as error:
        return same, {**told(error), "at": now()}
    return [views.answer(who, words())], dash.no_update


def show_code(clicks: list[int | None]) -> tuple[Any, Any]:
    """Show a ticket's query code again, to be told to its citizen."""
    pressed: Any = pressed_button()
    same = [dash.no_update] * len(clicks)
    if not any(clicks) or not pressed:
        return same, dash.no_update
    try:
        require("ticket.view")
        with writing() as session:
            whole = queries.whole(session, pressed["code-show"], actor=actor(), now=now())
            said = identity.query_code(session, whole.row.id, actor=actor(), now=now())
    except HotlineError as error:
        return same, {**told(error), "at": now()}
    return [views.code_shown(said, words())], dash.no_update
