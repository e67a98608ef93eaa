"""The administration: its tabs, and the callbacks they share: a press, a file in, a file out."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import dash
from dash import ALL, Input, Output, State
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.export import csv_file
from dashboard.pages.admin import (
    calendar,
    categories,
    command,
    feeds,
    flow,
    intake,
    options,
    parameters,
    people,
    units,
)
from dashboard.pages.admin.answers import Said, Take, Verb, refused
from dashboard.pages.context import pressed_button, shown, words
from dashboard.views.admin import parts
from dashboard.views.admin.parameters import TRIAL
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, Refused


class Tab(NamedTuple):
    """One tab: the permission it needs, its body by the address's search, its verbs."""

    permission: str
    body: Callable[[str], Child]
    verbs: Mapping[str, Verb]


TABS: Mapping[str, Tab] = {
    "/admin/units": Tab("admin.units", units.body, units.VERBS),
    "/admin/people": Tab("admin.people", people.body, people.VERBS),
    "/admin/roles": Tab("admin.people", people.roles, people.ROLE_VERBS),
    "/admin/categories": Tab("admin.parameters", categories.body, categories.VERBS),
    "/admin/options": Tab("admin.parameters", options.body, options.VERBS),
    "/admin/parameters": Tab("admin.parameters", parameters.body, parameters.VERBS),
    "/admin/intake": Tab("admin.parameters", intake.body, intake.VERBS),
    "/admin/calendar": Tab("admin.parameters", calendar.body, calendar.VERBS),
    "/admin/flow": Tab("admin.parameters", flow.body, flow.VERBS),
    "/admin/feeds": Tab("admin.parameters", feeds.body, feeds.VERBS),
    "/admin/command": Tab("admin.parameters", command.body, command.VERBS),
}
TAKES: Mapping[str, tuple[str, Take]] = {
    "units": ("admin.units", units.take),
    "categories": ("admin.parameters", categories.take),
}
"""Name of a list -> (the permission, what takes in its file)."""
Give = Callable[[Session], tuple[str, list[list[str | float]]]]
GIVES: Mapping[str, tuple[str, Give]] = {
    "units": ("admin.units", units.give),
    "categories": ("admin.parameters", categories.give),
}
_FORM_OF = {"units": "unit", "categories": "category"}


def page_of(address: str) -> Callable[[str], Child]:
    """Return the page of a tab by the address's search."""

    def page(search: str) -> Child:
        body = TABS[address].body(search)
        return parts.frame(address, viewer().can, body, words())

    return page


def first(search: str) -> Child:
    """Return the first tab the viewer may open."""
    can = viewer().can
    address = next((each for each, tab in TABS.items() if tab.permission in can), "")
    if not address:
        raise Refused("no part of the administration", permission="admin.units")
    return page_of(address)(search)


PAGES: Mapping[str, tuple[str, Callable[[str], Child]]] = {
    "/admin": ("/admin", first),
    **{address: ("/admin", page_of(address)) for address in TABS},
}
"""Address -> (its entry in the navigation, the page), for `routes`."""


def register(app: dash.Dash) -> None:
    """Register the callbacks of all tabs."""
    body = Output("admin-body", "children", allow_duplicate=True)
    said = Output("admin-said", "children", allow_duplicate=True)
    toast = Output("toast", "data", allow_duplicate=True)
    here = State("url", "pathname"), State("url", "search")
    app.callback(
        output=[body, said, toast],
        inputs={"clicks": Input({"admin-do": ALL, "key": ALL}, "n_clicks")},
        state={
            "values": State({"admin-field": ALL, "form": ALL}, "value"),
            "fields": State({"admin-field": ALL, "form": ALL}, "id"),
            "stores": State({"admin-seen": ALL}, "data"),
            "store_ids": State({"admin-seen": ALL}, "id"),
            "path": here[0],
            "search": here[1],
        },
        prevent_initial_call=True,
    )(press)
    app.callback(
        body, said, toast, Input({"admin-upload": ALL}, "contents"), *here,
        prevent_initial_call=True,
    )(upload)  # fmt: skip
    app.callback(
        Output("admin-download", "data"),
        Input({"admin-export": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )(export)
    for name, listed in (("units", units.listed), ("people", people.listed)):
        app.callback(
            Output(f"{name}-list", "children"), Input(f"{name}-q", "value"),
            State("url", "search"), prevent_initial_call=True,
        )(shown(listed))  # fmt: skip
    feeds.register(app)
    app.callback(
        Output("try-due", "children"),
        *[Input(f"try-{name}", "value") for name in TRIAL],
        Input("admin-body", "children"),
    )(tried)


def tried(*facts: Any) -> Child:  # noqa: ANN401 - what fields hold, and the tab that was drawn anew
    """Return when a ticket as it is tried out would be due."""
    return parameters.tried(*facts[:-1])


def press(
    *,
    clicks: list[int | None],
    values: list[Any],
    fields: list[dict[str, str]],
    stores: list[Any],
    store_ids: list[dict[str, str]],
    path: str | None,
    search: str | None,
) -> tuple[Any, Any, Any]:
    """Carry out the pressed verb and draw the tab anew; refused, what was typed stays as it is."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update, dash.no_update, dash.no_update
    verb, key = str(pressed["admin-do"]), str(pressed["key"])
    form = verb.partition(".")[0]
    given = {
        field["admin-field"]: value
        for field, value in zip(fields, values, strict=True)
        if field["form"] == form
    }
    for store, name in zip(stores, store_ids, strict=True):
        if name["admin-seen"] == form:
            given["seen"] = store
    return _answered(form, path, search, lambda tab: _carried_out(tab, verb, key, given))


def _carried_out(tab: Tab, verb: str, key: str, given: Mapping[str, Any]) -> Said:
    require(tab.permission)
    if verb == "terms.recompute":
        require("admin.parameters")
        return parameters.run(now())
    if verb not in tab.verbs:
        raise NotFound(f"no verb {verb}")
    with writing() as session:
        return tab.verbs[verb](session, key, given, now())


def upload(
    contents: list[str | None], path: str | None, search: str | None
) -> tuple[Any, Any, Any]:
    """Take in a file and draw the tab anew."""
    pressed: Any = pressed_button()
    found = next((each for each in contents if each), None)
    if not pressed or not found:
        return dash.no_update, dash.no_update, dash.no_update
    name = str(pressed["admin-upload"])

    def take(_tab: Tab) -> Said:
        permission, taken = TAKES[name]
        require(permission)
        try:
            raw = base64.b64decode(found.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise BadInput("the file came broken", field="file") from error
        with writing() as session:
            return taken(session, raw, now())

    return _answered(_FORM_OF.get(name, name), path, search, take)


def _answered(
    form: str, path: str | None, search: str | None, act: Callable[[Tab], Said]
) -> tuple[Any, Any, Any]:
    """Do it, and return (the tab anew, what stays, the toast)."""
    try:
        address = next((each for each in TABS if each == path), next(iter(TABS)))
        if path == "/admin":
            address = next(each for each, tab in TABS.items() if tab.permission in viewer().can)
        said = act(TABS[address])
    except HotlineError as error:
        return dash.no_update, dash.no_update, {**refused(error, form), "at": now()}
    body = shown(TABS[address].body)(search or "")
    return body, said.stays, {"text": said.note, "at": now()}


def export(clicks: list[int | None]) -> Any:  # noqa: ANN401 - a file, or Dash's no_update
    """Return a list as a file."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed:
        return dash.no_update
    permission, give = GIVES[str(pressed["admin-export"])]
    require(permission)
    with reading() as session:
        name, (head, *rows) = give(session)
    body = csv_file([str(cell) for cell in head], rows)
    content = base64.b64encode(body).decode()
    return {"content": content, "filename": f"{name}.csv", "type": "text/csv", "base64": True}
