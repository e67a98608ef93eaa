"""The files' panels on tickets, knowledge items, answers and incidents."""

from typing import Any

import dash
from dash import ALL, MATCH, Input, Output, State

from dashboard.auth import viewer
from dashboard.door import HOLDERS, reading, writing
from dashboard.pages.context import actor, names, place, pressed_button, shown, words
from dashboard.views import files as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Child
from models.clock import now
from models.errors import HotlineError
from tickets import attachments


def register(app: dash.Dash) -> None:
    """Register the panels' callbacks."""
    app.callback(
        Output({"files": MATCH, "part": "list"}, "children"),
        Input({"files": MATCH, "part": "changed"}, "data"),
        State({"files": MATCH, "part": "changed"}, "id"),
    )(shown(listing))
    app.callback(
        Output({"files": ALL, "part": "changed"}, "data"),
        Output("toast", "data", allow_duplicate=True),
        Input({"file-remove": ALL, "of": ALL}, "n_clicks"),
        State({"file-reason": ALL}, "value"),
        State({"file-reason": ALL}, "id"),
        State({"files": ALL, "part": "changed"}, "id"),
        prevent_initial_call=True,
    )(remove)


def listing(_changed: object, place_id: dict[str, str]) -> Child:
    """Return the files of one subject; the service says who may see them."""
    viewer()
    key = place_id["files"]
    subject, _, number = key.partition(":")
    row, who = id_in(number), actor()
    with reading() as session:
        kept = attachments.listed(session, subject, row, HOLDERS, actor=who, now=now())
        may_add = attachments.may_add(session, subject, row, HOLDERS, actor=who, now=now())
        known = names(session, {each.row.added_by for each in kept})
        zone = place(session).zone
    return views.listing(key, kept, known, may_add=may_add, zone=zone, words=words())


def remove(
    clicks: list[int | None],
    reasons: list[str | None],
    fields: list[dict[str, int]],
    places: list[dict[str, str]],
) -> tuple[Any, Any]:
    """Take a file away for a reason, or say why not."""
    pressed: Any = pressed_button()
    still = [dash.no_update] * len(places)
    if not any(clicks) or not pressed:
        return still, dash.no_update
    number = int(pressed["file-remove"])
    given = {f["file-reason"]: text or "" for f, text in zip(fields, reasons, strict=True)}
    try:
        with writing() as session:
            attachments.remove(
                session, number, HOLDERS, reason=given.get(number, ""), actor=actor(), now=now()
            )
    except HotlineError as error:
        return still, {"text": views.refused_text(error, words()), "bad": True, "at": now()}
    changed = [now() if p["files"] == pressed["of"] else dash.no_update for p in places]
    return changed, {"text": words()["files.removed"], "at": now()}
