"""The symbol library's page: symbols taken in, renamed, ordered, put away; maps have them when they open."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import dash
from dash import ALL, Input, Output, State

from command import symbols
from command.symbols import PERMISSION
from dashboard.auth import require
from dashboard.door import reading, writing
from dashboard.pages.context import actor, pressed_button, words
from dashboard.views import symbols as views
from dashboard.views.kit import Child
from dashboard.views.plotting import refused_text
from models.clock import now
from models.errors import BadInput, HotlineError


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    app.callback(
        Output("symbol-groups", "children"),
        Output("toast", "data", allow_duplicate=True),
        Output("symbol-label", "value"),
        Output("symbol-paste", "value"),
        Output("symbol-file", "contents"),
        Input("symbol-save", "n_clicks"),
        State("symbol-category", "value"),
        State("symbol-label", "value"),
        State("symbol-paste", "value"),
        State("symbol-file", "contents"),
        prevent_initial_call=True,
    )(add)
    app.callback(
        Output("symbol-groups", "children", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input({"symbol-do": ALL, "code": ALL, "rev": ALL}, "n_clicks"),
        State({"symbol-name": ALL}, "value"),
        State({"symbol-name": ALL}, "id"),
        prevent_initial_call=True,
    )(change)


def page(_search: str) -> Child:
    """Return the page."""
    require(PERMISSION)
    with reading() as session:
        return views.page(symbols.library(session), words())


def add(
    clicks: int | None, category: str | None, label: str | None, pasted: str | None, file: str | None
) -> tuple[Any, ...]:  # fmt: skip
    """Take a symbol in: the file if one was chosen, else what was pasted."""
    same = dash.no_update
    if not clicks:
        return same, same, same, same, same
    try:
        require(PERMISSION)
        with writing() as session:
            symbols.add(
                session, category=category or "", label=label or "", drawing=_drawing(file, pasted),
                actor=actor(), now=now(),
            )  # fmt: skip
            shown = views.groups(symbols.library(session), words())
    except HotlineError as error:
        return same, _refused(error), same, same, same
    return shown, _said("symbols.added", label=(label or "").strip()), "", "", None


def _drawing(file: str | None, pasted: str | None) -> bytes:
    if not file:
        return (pasted or "").encode()
    try:
        return base64.b64decode(file.partition(",")[2], validate=True)
    except binascii.Error as error:
        raise BadInput("no file", field="svg", why="not_svg") from error


def change(
    clicks: Sequence[int | None], names: Sequence[str | None], fields: Sequence[dict[str, str]]
) -> tuple[Any, Any]:
    """Rename, move, put away or take out the pressed symbol."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update, dash.no_update
    verb, code, rev = pressed["symbol-do"], str(pressed["code"]), int(pressed["rev"])
    told: dict[str, object]
    try:
        require(PERMISSION)
        with writing() as session:
            who, at = actor(), now()
            if verb in ("up", "down"):
                symbols.move(session, code, rev, up=verb == "up", actor=who, now=at)
            elif verb == "rename":
                said = next(
                    (
                        name
                        for name, f in zip(names, fields, strict=True)
                        if f["symbol-name"] == code
                    ),
                    "",
                )
                symbols.change(session, code, rev, label=said or "", actor=who, now=at)
            else:
                symbols.change(session, code, rev, active=verb == "on", actor=who, now=at)
        told = _said("symbols.saved")
    except HotlineError as error:
        told = _refused(error)
        if error.code in ("refused", "bad_input"):
            return dash.no_update, told
    with reading() as session:
        return views.groups(symbols.library(session), words()), told


def _said(key: str, **facts: str) -> dict[str, object]:
    return {"text": words()[key].format(**facts), "at": now()}


def _refused(error: HotlineError) -> dict[str, object]:
    if error.code == "wrong_status":
        return {"text": words()["error.wrong_status"], "bad": True, "at": now()}
    return {"text": refused_text(error, words()), "bad": True, "at": now()}
