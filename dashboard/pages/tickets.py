"""The tickets' pages: desks, intake, one ticket, and the moves pressed on it."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qs

import dash
from dash import ALL, Input, Output, State, ctx, html
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import doors, reading, writing
from dashboard.pages.context import place, shown, told, words
from dashboard.views import tickets as views
from dashboard.views.kit import Child, empty, link
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound
from tickets import assignment, intake, queries, workflow
from tickets.moving import Actor

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
Values = Mapping[str, Any]
Move = Callable[[Session, int, Values, Actor, float], object]


def _text(values: Values, name: str) -> str:
    return str(values.get(name) or "")


def _yes(values: Values, name: str) -> bool | None:
    return {"yes": True, "no": False}.get(_text(values, name))


def _choice(values: Values, name: str) -> Any:  # noqa: ANN401 - one of a list, the service judges which
    return _text(values, name)


def _days(values: Values) -> int:
    days = values.get("days")
    return days if isinstance(days, int) else 0  # the service says how many it takes


def _noted(verb: Callable[..., object]) -> Move:
    return lambda s, t, v, who, at: verb(s, t, note=_text(v, "note"), actor=who, now=at)


MOVES: Mapping[str, Move] = {
    "answer": lambda s, t, v, who, at: intake.answer(
        s, t, reply=_text(v, "reply"), actor=who, now=at
    ),
    "assign": lambda s, t, v, who, at: assignment.assign(
        s, t, units=v.get("units") or [], mode=_choice(v, "mode"), note=_text(v, "note"), actor=who, now=at
    ),
    "reject": lambda s, t, v, who, at: assignment.reject(
        s, t, ground=_text(v, "ground"), note=_text(v, "note"), actor=who, now=at
    ),
    "start": lambda s, t, v, who, at: workflow.start(s, t, actor=who, now=at),
    "sub_assign": lambda s, t, v, who, at: assignment.sub_assign(
        s, t, unit=_text(v, "unit"), note=_text(v, "note"), actor=who, now=at
    ),
    "finish_part": lambda s, t, v, who, at: workflow.finish_part(
        s, t, result=_text(v, "result"), actor=who, now=at
    ),
    "submit": lambda s, t, v, who, at: workflow.submit(
        s, t, result=_text(v, "result"), actor=who, now=at
    ),
    "approve": _noted(workflow.approve),
    "send_back": _noted(workflow.send_back),
    "ask_return": lambda s, t, v, who, at: assignment.ask_return(
        s, t, ground=_choice(v, "ground"), reason=_text(v, "reason"), actor=who, now=at
    ),
    "grant_return": _noted(assignment.grant_return),
    "deny_return": _noted(assignment.deny_return),
    "ask_extension": lambda s, t, v, who, at: assignment.ask_extension(
        s, t, days=_days(v), reason=_text(v, "reason"), actor=who, now=at
    ),
    "grant_extension": _noted(assignment.grant_extension),
    "deny_extension": _noted(assignment.deny_extension),
    "urge": _noted(workflow.urge),
    "supervise": _noted(workflow.supervise),
    "instruct": _noted(workflow.instruct),
    "reply": lambda s, t, v, who, at: workflow.reply(
        s, t, text=_text(v, "text"), actor=who, now=at
    ),
    "call_back": lambda s, t, v, who, at: workflow.call_back(
        s, t, reached=_yes(v, "reached") is True, grade=_choice(v, "grade"), solved=_yes(v, "solved"),
        note=_text(v, "note"), actor=who, now=at,
    ),
    "reopen": _noted(workflow.reopen),
    "contest": _noted(workflow.contest),
    "conclude": lambda s, t, v, who, at: workflow.conclude(
        s, t, upheld=_yes(v, "upheld") is True, note=_text(v, "note"), actor=who, now=at
    ),
    "archive": _noted(workflow.archive),
}  # fmt: skip


def register(app: dash.Dash) -> None:
    """Register the tickets' callbacks."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("new-save", "n_clicks"),
        *[State(f"new-{name}", "value") for name in FORM],
        State("new-call", "data"),
        prevent_initial_call=True,
    )(save)
    app.callback(Output("new-alike", "children"), Input("new-title", "value"))(alike)
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("tickets-text", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )(search_for)
    app.callback(
        Output("ticket-body", "children"),
        Output("toast", "data", allow_duplicate=True),
        Input({"ticket-do": ALL, "ticket": ALL}, "n_clicks"),
        State({"ticket-field": ALL, "verb": ALL}, "value"),
        State({"ticket-field": ALL, "verb": ALL}, "id"),
        State("ticket-no", "data"),
        prevent_initial_call=True,
    )(press)


def actor() -> Actor:
    """Return who is asking, as the services know people."""
    who = viewer()
    return Actor(who.user_id, who.name, who.can, who.unit)


# --- pages ----------------------------------------------------------------------------------


def desk_page(search: str) -> Child:
    """Return the desk of an address: the asked one, else the first the viewer may open."""
    require("ticket.view")
    asked = {name: found[0] for name, found in parse_qs(search.lstrip("?")).items()}
    can = viewer().can
    desks = [name for name, permission in queries.DESKS.items() if permission in can]
    name = asked.get("desk", "")
    chosen = next((each for each in desks if each == name), desks[0])
    number = int(asked["page"]) if asked.get("page", "").isdigit() else 0
    text = asked.get("q", "").strip()[:100]
    with reading() as session:
        here = place(session)
        found = queries.desk(session, chosen, actor=actor(), now=now(), words=text, page=number)
    return views.desk(
        chosen, desks, found, text=text, number=number, zone=here.zone, words=words(),
        may_open="ticket.open" in can,
    )  # fmt: skip


def new_page(search: str) -> Child:
    """Return the intake form; `call` in the address links the ticket to a call."""
    require("ticket.open")
    call = parse_qs(search.lstrip("?")).get("call", [""])[0]
    with reading() as session:
        found = queries.categories(session)
    return views.intake(found, call=call, words=words())


def ticket_page(search: str) -> Child:
    """Return one ticket by its public number."""
    require("ticket.view")
    no = parse_qs(search.lstrip("?")).get("no", [""])[0]
    return html.Div(_ticket(no), id="ticket-body")


def _ticket(no: str) -> Child:
    with reading() as session:
        return _whole(session, no)


def _whole(session: Session, no: str) -> Child:
    who = actor()
    whole = queries.whole(session, no, actor=who, now=now())
    proposed = assignment.propose(session, whole.row) if "assign" in whole.verbs else ("", "")
    lists = {
        "units": queries.units(session),
        "below": queries.units(session, below=who.unit) if who.unit else [],
    }
    zone = place(session).zone
    return views.ticket(whole, lists=lists, proposed=proposed, zone=zone, words=words())


PAGES: Mapping[str, Callable[[str], Child]] = {
    "/tickets": desk_page,
    "/tickets/new": new_page,
    "/ticket": ticket_page,
}


# --- what is pressed ------------------------------------------------------------------------


def save(clicks: int | None, *typed: Any) -> tuple[Any, Any]:  # noqa: ANN401 - what fields hold
    """Register the ticket, answered at once if an answer was typed; then show it."""
    if not clicks:
        return dash.no_update, dash.no_update
    given = dict(zip((*FORM, "call"), typed, strict=True))
    flags = given["flags"] or []
    form = intake.Form(
        kind=_text(given, "kind"), title=_text(given, "title"), content=_text(given, "content"),
        category=_text(given, "category"), urgency=_text(given, "urgency"),
        address=_text(given, "address"), name=_text(given, "name"), phone=_text(given, "phone"),
        anonymous="anonymous" in flags, confidential="confidential" in flags,
        call=_text(given, "call"),
    )  # fmt: skip
    reply = _text(given, "reply")
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


def search_for(text: str | None, search: str | None) -> Any:  # noqa: ANN401 - an address, or Dash's no_update
    """Put the searched words into the address."""
    asked = {name: found[0] for name, found in parse_qs((search or "").lstrip("?")).items()}
    if (text or "") == asked.get("q", ""):
        return dash.no_update
    return views.address(asked.get("desk", ""), q=(text or "").strip())


def press(
    clicks: list[int | None],
    values: list[Any],
    fields: list[dict[str, str]],
    no: str | None,
) -> tuple[Any, Any]:
    """Carry out the pressed move and show the ticket as it is afterwards, or why not."""
    pressed: Any = ctx.triggered_id
    if not any(clicks) or not pressed or not no:
        return dash.no_update, dash.no_update
    verb, ticket_id = pressed["ticket-do"], int(pressed["ticket"])
    given = {
        field["ticket-field"]: value
        for field, value in zip(fields, values, strict=True)
        if field["verb"] == verb
    }
    try:
        require("ticket.view")
        if verb not in MOVES:
            raise NotFound(f"no move {verb}")
        with writing() as session:
            whole = queries.whole(session, no, actor=actor(), now=now())
            if whole.row.id != ticket_id:
                raise NotFound(f"ticket {ticket_id} is not {no}")
            MOVES[verb](session, ticket_id, given, actor(), now())
        note: dict[str, object] = {"text": words()["ticket.done"].format(
            verb=words()[f"verb.{verb}"]
        ), "at": now()}  # fmt: skip
    except HotlineError as error:
        return dash.no_update, {**_refused(error), "at": now()}
    return shown(_ticket)(no), note


def _refused(error: HotlineError) -> dict[str, object]:
    """Return why a move was refused in the words of the trade: the cap, the owing units, the state."""
    texts = words()
    cap = error.facts.get("cap")
    if cap and f"cap.{cap}" in texts:
        return {"text": texts[f"cap.{cap}"], "bad": True}
    if "owing" in error.facts:
        return {"text": texts["cap.owing"], "bad": True}
    if "status" in error.facts:
        state = texts.get(f"ticket_status.{error.facts['status']}", "")
        return {"text": texts["ticket.wrong_status"].format(state=state), "bad": True}
    if "field" in error.facts:
        return {"text": texts["ticket.wrong_field"].format(
            field=texts.get(f"field.{error.facts['field']}", "")
        ), "bad": True}  # fmt: skip
    return told(error)
