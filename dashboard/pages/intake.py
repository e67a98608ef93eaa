"""The intake page: a request becomes a ticket."""

from typing import Any
from urllib.parse import parse_qs

import dash
from dash import Input, Output, State, html

from dashboard.auth import require
from dashboard.door import doors, reading, writing
from dashboard.pages.context import actor, told, words
from dashboard.views import intake as views
from dashboard.views.kit import Child, empty, link
from models.clock import now
from models.errors import BadInput, HotlineError
from tickets import intake, queries

FORM = (
    "kind",
    "title",
    "content",
    "category",
    "urgency",
    "address",
    "name",
    "phone",
    "flags",
    "reply",
)


def register(app: dash.Dash) -> None:
    """Register the form's callbacks."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("new-save", "n_clicks"),
        *[State(f"new-{name}", "value") for name in FORM],
        State("new-call", "data"),
        prevent_initial_call=True,
    )(save)
    app.callback(Output("new-alike", "children"), Input("new-title", "value"))(alike)


def page(search: str) -> Child:
    """Return the intake form; `call` in the address links the ticket to a call."""
    require("ticket.open")
    call = parse_qs(search.lstrip("?")).get("call", [""])[0]
    with reading() as session:
        found = queries.categories(session)
    return views.intake(found, call=call, words=words())


def save(clicks: int | None, *typed: Any) -> tuple[Any, Any]:  # noqa: ANN401 - what fields hold
    """Register the ticket, answered at once if an answer was typed; then show it."""
    if not clicks:
        return dash.no_update, dash.no_update
    given = {k: v or "" for k, v in zip((*FORM, "call"), typed, strict=True)}
    flags = given["flags"] or []
    form = intake.Form(
        kind=given["kind"], title=given["title"], content=given["content"],
        category=given["category"], urgency=given["urgency"],
        address=given["address"], name=given["name"], phone=given["phone"],
        anonymous="anonymous" in flags, confidential="confidential" in flags,
        call=given["call"],
    )  # fmt: skip
    reply = given["reply"]
    try:
        require("ticket.open")
        with writing() as session:
            row = intake.open_ticket(session, form, actor=actor(), now=now(), vault=doors().vault)
            if reply.strip():
                intake.answer(session, row.id, reply=reply, actor=actor(), now=now())
            no, code = row.no, row.query_code
    except BadInput as error:
        return dash.no_update, _wrong_field(error)
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}
    note = words()["intake.saved"].format(no=no, code=code)
    return f"/ticket?no={no}", {"text": note, "at": now()}


def _wrong_field(error: BadInput) -> dict[str, object]:
    texts = words()
    label = texts.get(f"intake.{error.facts.get('field', '')}", "")
    text = texts["intake.wrong"].format(field=label) if label else texts["error.bad_input"]
    return {"text": text, "bad": True, "at": now()}


def alike(title: str | None) -> Child:
    """Return earlier tickets that read like the one being typed."""
    texts = words()
    head = html.Header(html.H2(texts["intake.alike"]))
    text = (title or "").strip()
    if len(text) < 2:
        return [head, empty(texts["intake.alike_empty"])]
    try:
        require("ticket.open")
        with reading() as session:
            found = queries.desk(session, "all", actor=actor(), now=now(), words=text)
    except HotlineError as error:
        return [head, empty(texts[f"error.{error.code}"])]
    items = [
        html.Li(
            [link(line.row.no, f"/ticket?no={line.row.no}", className="num"), " ", line.row.title]
        )
        for line in found.lines[:8]
    ]
    return [head, html.Ul(items) if items else empty(texts["intake.alike_none"])]
