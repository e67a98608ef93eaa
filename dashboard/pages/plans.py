"""The plan library: reading a version, writing the next, letting it hold."""

import re
from typing import Any, get_args
from urllib.parse import parse_qs

import dash
import msgspec
from dash import ALL, Input, Output, State

from command import capabilities, forces, incidents, plans
from dashboard.auth import require, viewer
from dashboard.door import reading, writing
from dashboard.pages.command_moves import refusal
from dashboard.pages.context import actor, districts, names, place, pressed_button, words
from dashboard.views import plans as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Child
from dashboard.views.plans import LISTS, SHAPES, STAGES
from gis_data.city.layers import PLACE_KINDS
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound
from models.events.incident.course import Kind
from models.rules.incident.plans import Body

EDIT = plans.EDIT
_NUMBERS = {"metres": float, "people": int, "minutes": float, "count": int}
_MANY = {"types", "kinds", "grades", "districts", "hazards", "words", "after"}


def register(app: dash.Dash) -> None:
    """Register the library's callbacks."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("plan-new-note", "children"),
        Input("plan-new", "n_clicks"),
        State("plan-code", "value"),
        prevent_initial_call=True,
    )(create)
    app.clientside_callback(
        "function (n) { return n ? { add: [{}] } : window.dash_clientside.no_update; }",
        Output({"plan-grid": dash.MATCH}, "rowTransaction"),
        Input({"plan-add": dash.MATCH}, "n_clicks"),
        prevent_initial_call=True,
    )
    app.callback(
        Output("plan-note", "children"),
        Output("toast", "data", allow_duplicate=True),
        Output("url", "href", allow_duplicate=True),
        Input({"plan-do": ALL}, "n_clicks"),
        State("plan-of", "data"), State("plan-rev", "data"), State("plan-title", "value"),
        State("plan-automatic", "value"),
        State({"plan-grid": ALL}, "virtualRowData"), State({"plan-grid": ALL}, "id"),
        State({"plan-template": ALL}, "value"), State({"plan-template": ALL}, "id"),
        prevent_initial_call=True,
    )(press)  # fmt: skip


def library(_search: str) -> Child:
    """Return every plan."""
    require("command.view")
    with reading() as session:
        rows, zone = plans.versions(session, actor=actor()), place(session).zone
    return views.library(rows, zone, words(), may_edit=EDIT in viewer().can)


def page(search: str) -> Child:
    """Return one version."""
    require("command.view")
    number, texts = parse_qs(search.lstrip("?")).get("id", ["0"])[0], words()
    with reading() as session:
        row = plans.version(session, id_in(number), actor=actor())
        others = [each for each in plans.versions(session, actor=actor()) if each.code == row.code]
        try:
            named = districts(session)
        except NotFound:  # no city yet
            named = {}
        body = plans.body_of(row)
        offered, asked = capabilities.offered(session), {need.capability for need in body.needs}
        labels = {
            "types": {kind.code: kind.label for kind in incidents.types(session)},
            "kinds": {kind: texts[f"incident_kind.{kind}"] for kind in get_args(Kind)},
            "hazards": {kind: texts[f"place.{kind}"] for kind in PLACE_KINDS},
            "districts": named, "capability": {
                code: label for code, label in forces.capabilities(session).items()
                if code in offered or code in asked
            },
        }  # fmt: skip
        shown = views.Shown(
            row, body, others, names(session, [each.written_by for each in others]),
            place(session).zone, EDIT in viewer().can, labels,
        )  # fmt: skip
    return views.one(shown, texts)


def create(clicks: int | None, code: str | None) -> tuple[Any, Any]:
    """Begin a plan with an empty draft."""
    if not clicks:
        return dash.no_update, dash.no_update
    try:
        require(EDIT)
        if not re.fullmatch(r"[a-z][a-z0-9_]{1,39}", code or ""):
            raise BadInput("wrong code", field="code")
        with writing() as session:
            row = plans.save_draft(
                session, code or "", title=words()["plan.untitled"], body=Body(), rev=0, actor=actor(), now=now()
            )  # fmt: skip
    except HotlineError as error:
        return dash.no_update, refusal(error)
    return f"/command/plan?id={row.id}", ""


def press(  # noqa: PLR0917 - as the callback gives them
    clicks: list[int | None], of: dict[str, Any] | None, rev: int | None, title: str | None,
    automatic: list[str] | None, rows: list[Any], grids: list[dict[str, str]], said: list[str],
    stages: list[dict[str, str]],
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Save the draft, let it hold, or retire the version."""
    pressed: Any = pressed_button()
    if not any(clicks) or not pressed or not of:
        return dash.no_update, dash.no_update, dash.no_update
    verb, who, at = pressed["plan-do"], actor(), now()
    try:
        require(EDIT)
        with writing() as session:
            if verb == "retire":
                plans.retire(session, of["id"], actor=who, now=at)
                target = of["id"]
            else:
                lists = {
                    grid["plan-grid"]: found or [] for grid, found in zip(grids, rows, strict=True)
                }
                templates = {
                    stage["plan-template"]: text for stage, text in zip(stages, said, strict=True)
                }
                body = read(lists, templates, automatic=bool(automatic))
                draft = plans.save_draft(
                    session,
                    of["code"],
                    title=title or "",
                    body=body,
                    rev=rev or 0,
                    actor=who,
                    now=at,
                )
                target = draft.id
                if verb == "publish":
                    plans.publish(session, draft.id, rev=draft.rev, actor=who, now=at)
    except HotlineError as error:
        return refusal(error), dash.no_update, dash.no_update
    texts = words()
    note = {"text": texts["command.saved"].format(verb=texts[f"plan.{verb}"]), "at": at}
    return "", note, f"/command/plan?id={target}&at={at:.0f}"


def read(
    lists: dict[str, list[dict[str, Any]]], templates: dict[str, str], *, automatic: bool
) -> Body:
    """Return what the editor's grids say; BadInput names the list that cannot be read. Empty rows are left out."""
    found: dict[str, Any] = {"automatic": automatic}
    for name in LISTS:
        rows = [
            _row(row, name)
            for row in lists.get(name, [])
            if any(str(v or "").strip() for v in row.values())
        ]
        if name == "sections":
            found[name] = tuple((row["title"], row["text"]) for row in rows)
            continue
        try:
            found[name] = tuple(msgspec.convert(row, SHAPES[name]) for row in rows)
        except msgspec.ValidationError as error:
            raise BadInput(f"{name}: {error}", field=name) from error
    kept = {stage: templates.get(stage, "").strip() for stage in STAGES}
    return Body(templates={stage: text for stage, text in kept.items() if text}, **found)


def _row(row: dict[str, Any], name: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for column in LISTS[name]:
        value = row.get(column)
        if column in _NUMBERS:
            if value in ("", None):
                continue
            try:
                out[column] = _NUMBERS[column](value)
            except (TypeError, ValueError) as error:
                raise BadInput(f"{name}: {column}", field=name) from error
        elif column in _MANY:
            out[column] = tuple(filter(None, re.split(r"[,，、\s]+", str(value or ""))))
        else:
            out[column] = str(value or "").strip()
    return out
