"""值班管理: its pages, and the callbacks they share: a press, and a file that comes in."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

import dash
from dash import ALL, Input, Output, State

from dashboard.auth import require
from dashboard.door import writing
from dashboard.pages.context import pressed_button, told, words
from dashboard.pages.context import shown as guarded
from dashboard.pages.duty import contacts, log, notices, now, reports, roster, shifts
from dashboard.pages.duty.answers import Pressed, Said, Verb, refused
from dashboard.views.duty.parts import frame
from dashboard.views.kit import Child
from models import clock
from models.errors import BadInput, HotlineError, NotFound

BODIES: Mapping[str, Callable[[str], Child]] = {
    "/duty": now.body,
    "/duty/roster": roster.body,
    "/duty/shifts": shifts.body,
    "/duty/contacts": contacts.body,
    "/duty/log": log.body,
    "/duty/reports": reports.body,
    "/duty/report": reports.one,
    "/duty/notices": notices.body,
}
VERBS: Mapping[str, Verb] = {
    **contacts.VERBS, **roster.VERBS, **shifts.VERBS, **log.VERBS, **reports.VERBS, **notices.VERBS,
}  # fmt: skip


def page_of(address: str) -> Callable[[str], Child]:
    """Return the page of an address by its search."""

    def page(search: str) -> Child:
        require("duty.view")
        tab = "/duty/reports" if address == "/duty/report" else address
        return frame(tab, BODIES[address](search), words())

    return page


PAGES: Mapping[str, tuple[str, Callable[[str], Child]]] = {
    address: ("/duty", page_of(address)) for address in BODIES
}
"""Address -> (its entry in the navigation, the page), for `routes`."""


def register(app: dash.Dash) -> None:
    """Register the callbacks of all pages."""
    outputs = [
        Output("duty-body", "children", allow_duplicate=True),
        Output("duty-said", "children", allow_duplicate=True),
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
    ]
    here = {"path": State("url", "pathname"), "search": State("url", "search")}
    app.callback(
        output=outputs,
        inputs={
            "clicks": Input({"duty-do": ALL, "key": ALL, "version": ALL}, "n_clicks"),
        },
        state={
            "values": State({"duty-field": ALL, "form": ALL}, "value"),
            "fields": State({"duty-field": ALL, "form": ALL}, "id"),
            **here,
        },
        prevent_initial_call=True,
    )(press)
    app.callback(
        output=outputs,
        inputs={"content": Input("duty-upload", "contents")},
        state={"name": State("duty-upload", "filename"), **here},
        prevent_initial_call=True,
    )(upload)


Answer = tuple[Any, Any, Any, Any]
"""(the body anew, what stays, another address, a toast)."""
SAME = dash.no_update


def press(
    *,
    clicks: list[int | None],
    values: list[Any],
    fields: list[dict[str, str]],
    path: str | None,
    search: str | None,
) -> Answer:
    """Carry out the pressed verb and draw the page anew; refused, what was typed stays as it is."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return SAME, SAME, SAME, SAME
    verb, key = str(pressed["duty-do"]), str(pressed["key"])
    forms: dict[str, dict[str, Any]] = {}
    for field, value in zip(fields, values, strict=True):
        forms.setdefault(field["form"], {})[field["duty-field"]] = value

    def act() -> Said:
        if verb not in VERBS:
            raise NotFound(f"no verb {verb}")
        given = Pressed(key, int(pressed["version"] or 0), forms, clock.now())
        with writing() as session:
            return VERBS[verb](session, given)

    return _answered(path, search, act)


def upload(
    *, content: str | None, name: str | None, path: str | None, search: str | None
) -> Answer:
    """Take in a file of contacts."""
    if not content:
        return SAME, SAME, SAME, SAME

    def act() -> Said:
        require("duty.edit")
        try:
            raw = base64.b64decode(content.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInput("the file came broken", field="file") from error
        with writing() as session:
            return contacts.take(session, raw, name or "", clock.now())

    return _answered(path, search, act)


def _answered(path: str | None, search: str | None, act: Callable[[], Said]) -> Answer:
    try:
        require("duty.view")
        said = act()
    except HotlineError as error:
        return SAME, SAME, SAME, {**(refused(error) or told(error)), "at": clock.now()}
    toast = {"text": said.note, "at": clock.now()} if said.note else SAME
    if said.href:
        return SAME, said.stays, said.href, toast
    body = guarded(BODIES.get(path or "", now.body))(search or "")
    return body, said.stays, SAME, toast
