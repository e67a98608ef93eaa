"""The console of what scrolls on the walls."""

from typing import Any

import dash
from dash import Input, Output, State

from dashboard.auth import viewer
from dashboard.door import reading, writing
from dashboard.pages.context import actor, place, told, words
from dashboard.views import notices as views
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError
from tickets import notices

HOUR_S = 3600.0


def register(app: dash.Dash) -> None:
    """Register the console's buttons."""
    app.callback(
        Output("notice-now", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input("notice-write", "n_clicks"),
        Input("notice-end", "n_clicks"),
        State("notice-text", "value"),
        State("notice-hours", "value"),
        prevent_initial_call=True,
    )(write)


def console() -> Child:
    """Return the console for those who may write; nothing for the others."""
    if notices.PERMISSIONS.isdisjoint(viewer().can) or viewer().unit:
        return None
    return views.console(_now(), words())


def _now() -> Child:
    with reading() as session:
        return views.scrolling(notices.present(session, now=now()), place(session).zone, words())


def write(
    go: int | None, end: int | None, text: str | None, hours: float | None
) -> tuple[Any, Any]:
    """Let the line scroll, or end what scrolls."""
    if not go and not end:
        return dash.no_update, dash.no_update
    said = (text or "") if dash.ctx.triggered_id == "notice-write" else ""
    try:
        with writing() as session:
            until = now() + float(hours or 0) * HOUR_S
            notices.write(session, said, until, actor=actor(), now=now())
    except BadInput:
        return dash.no_update, {"text": words()["notice.wrong"], "bad": True, "at": now()}
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}
    return _now(), {"text": words()["notice.done"], "at": now()}
