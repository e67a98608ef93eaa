"""A ticket becomes an incident with one press."""

from typing import Any

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from command import incidents
from dashboard.auth import require, viewer
from dashboard.door import city, writing
from dashboard.pages.command_moves import refusal
from dashboard.pages.context import actor, pressed_button, words
from dashboard.views import escalate as views
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError
from models.rules.tickets.moves import OPEN
from models.tables import Ticket


def register(app: dash.Dash) -> None:
    """Register the press."""
    app.callback(
        Output("escalate-note", "children"),
        Output("toast", "data", allow_duplicate=True),
        Output("url", "href", allow_duplicate=True),
        Input({"escalate": ALL}, "n_clicks"),
        State("escalate-type", "value"),
        State("escalate-exercise", "value"),
        prevent_initial_call=True,
    )(press)


def of_ticket(session: Session, row: Ticket) -> Child:
    """Return what a ticket's page says of incidents; nothing for who may not report one."""
    can = viewer().can
    if "command.report" not in can:
        return None
    found = incidents.of_ticket(session, row.id, actor=actor())
    if found is not None:
        return views.known(*found, words(), may_see="command.view" in can)
    if row.status not in OPEN:
        return None
    types = [(kind.code, kind.label) for kind in incidents.types(session)]
    return views.form(row.id, types, words(), urgent=row.emergency) if types else None


def press(
    clicks: list[int | None], type_: str | None, exercise: list[str] | None
) -> tuple[Any, Any, Any]:
    """Make a ticket an incident; who may see the command centre goes there."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update, dash.no_update, dash.no_update
    try:
        require("command.report")
        if not type_:
            raise BadInput("which type?", field="type")
        with writing() as session:
            state = incidents.escalate(
                session, int(pressed["escalate"]), type_, exercise=bool(exercise), city=city(session),
                actor=actor(), now=now(),
            )  # fmt: skip
    except HotlineError as error:
        return refusal(error), dash.no_update, dash.no_update
    texts = words()
    told = {"text": texts["escalate.done"].format(no=state.no), "at": now()}
    href = f"/command?id={state.id}" if "command.view" in viewer().can else dash.no_update
    return texts["escalate.done"].format(no=state.no), told, href
