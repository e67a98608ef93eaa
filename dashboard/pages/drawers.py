"""The drawer beside a page: a seat's day or a call's course, and the call-back mark."""

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx, html

from dashboard.auth import require, viewer
from dashboard.door import doors, reading, writing
from dashboard.pages.context import actor, names, person, place, shown, told, visit, words
from dashboard.views import calls, seat
from dashboard.views.kit import Child
from models.clock import day_of, now
from models.errors import HotlineError
from models.store import ledger
from tickets import callers

Request = dict[str, Any] | None
MARK = {"callback-mark": ALL}
NOTE = {"callback-note": ALL}
SHOW = {"reveal-show": ALL}
REASON = {"reveal-reason": ALL}


def register(app: dash.Dash) -> None:
    """Register the drawer's callbacks."""
    app.callback(
        Output("drawer", "children"),
        Input("seat-request", "data"),
        Input("call-request", "data"),
        Input("drawer-close", "data"),
        Input("url", "pathname"),
        prevent_initial_call=True,
    )(open_drawer)
    app.callback(
        Output("drawer", "children", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input(MARK, "n_clicks"),
        State(MARK, "id"),
        State(NOTE, "value"),
        prevent_initial_call=True,
    )(mark_callback)
    app.callback(
        Output({"reveal-box": ALL}, "children"),
        Output("toast", "data", allow_duplicate=True),
        Input(SHOW, "n_clicks"),
        State(SHOW, "id"),
        State(REASON, "value"),
        prevent_initial_call=True,
    )(reveal_caller)


@shown
def open_drawer(seat_asked: Request, call_asked: Request, _closed: object, _path: object) -> Child:
    """Return the drawer's content for what was pressed last; closing empties it."""
    if ctx.triggered_id == "seat-request" and seat_asked:
        return seat_view(str(seat_asked["key"]))
    if ctx.triggered_id == "call-request" and call_asked:
        return call_view(str(call_asked["key"]))
    return None


def seat_view(key: str, *, closable: bool = True) -> Child:
    """Return a seat's day; its calls only to those who may see calls."""
    require("floor.view")
    texts = words()
    with reading() as session:
        here = place(session)
        who = person(session, key)
        span = day_of(now(), here.zone)
        day = ledger.seat_day(session, key, *span)
    title = seat.title(who, texts)
    head = calls.drawer_head(title, texts) if closable else html.Header(title)
    shown_until = (span[0], min(span[1], now()))
    may_see = "calls.view" in viewer().can
    body = seat.seat(who, day, span=shown_until, zone=here.zone, words=texts, with_calls=may_see)
    return [head, *body]


def call_view(key: str) -> Child:
    """Return one call's course: to those who may see calls, and to the agent who registered a ticket of it."""
    texts, me = words(), viewer()
    with reading() as session:
        here = place(session)
        call = visit(session, key)
        who = names(session, [call.callback_by])
        steps = ledger.call_timeline(session, key)
        tickets = callers.tickets_of_call(session, key, actor=actor())
        if all(row.opened_by != me.user_id for row in tickets):
            require("calls.view")
    can = viewer().can
    return calls.drawer(
        call, steps, zone=here.zone, words=texts, names=who,
        may_mark="calls.mark" in can, may_reveal="caller.reveal" in can,
        tickets=tickets, may_open="ticket.open" in can,
    )  # fmt: skip


def mark_callback(clicks: list[int | None], ids: list[dict[str, str]], notes: list[str]) -> Child:
    """Mark a missed call as called back; whoever was first stays."""
    if not any(clicks):
        return dash.no_update, dash.no_update
    try:
        require("calls.mark")
        key = ids[0]["callback-mark"]
        with writing() as session:
            ledger.mark_callback(
                session, key, user_id=viewer().user_id, note=(notes or [""])[0] or "", now=now()
            )
        note: dict[str, object] = {"text": words()["calls.callback.saved"], "at": now()}
    except HotlineError as error:
        if not ids:
            return dash.no_update, told(error)
        note = {**told(error), "at": now()}
    return shown(call_view)(ids[0]["callback-mark"]), note


def reveal_caller(
    clicks: list[int | None], ids: list[dict[str, str]], reasons: list[str | None]
) -> Child:
    """Show a caller's whole number to who may see it and says why; the audit keeps both."""
    if not any(clicks):
        return [dash.no_update] * len(ids), dash.no_update
    texts = words()
    try:
        require("caller.reveal")
        reason = (reasons[0] or "").strip()
        if not reason:
            note = {"text": texts["calls.reveal.needs_reason"], "bad": True, "at": now()}
            return [dash.no_update], note
        with writing() as session:
            number = ledger.reveal_caller(
                session, ids[0]["reveal-show"], vault=doors().vault,
                user_id=viewer().user_id, reason=reason, now=now(),
            )  # fmt: skip
    except HotlineError as error:
        return [dash.no_update], {**told(error), "at": now()}
    return [calls.revealed(number, texts)], dash.no_update
