"""The lists of tickets: desks, combined query, saved queries, ledgers."""

from typing import Any

import dash
from dash import ALL, Input, Output, State, ctx

from dashboard.auth import require, viewer
from dashboard.door import doors, reading, writing
from dashboard.pages.context import actor, districts, place, pressed_button, told, words
from dashboard.views import ticket_desk as views
from dashboard.views.kit import Child
from dashboard.views.ticket_query import TicketQuery, read
from models.clock import now
from models.errors import BadInput, HotlineError
from models.store import people
from tickets import queries, saved, search
from tickets.criteria import DESKS, UNCOUNTED, Criteria, check_caller_search, may_open


def register(app: dash.Dash) -> None:
    """Register the lists' callbacks."""
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("caller-find", "n_clicks"),
        State("caller-number", "value"),
        prevent_initial_call=True,
    )(find_caller)
    app.callback(
        Output("url", "href", allow_duplicate=True),
        Output("toast", "data", allow_duplicate=True),
        Input("query-keep", "n_clicks"),
        Input({"query-drop": ALL}, "n_clicks"),
        State("query-name", "value"),
        State("url", "search"),
        prevent_initial_call=True,
    )(keep_query)


def page(address: str) -> Child:
    """Return the list of an address; without one the first desk the viewer may open."""
    require("ticket.view")
    query = read(address)
    who, can = actor(), viewer().can
    desks = [name for name in DESKS if may_open(name, can)]
    if not query.given:
        query = TicketQuery({"desk": desks[0]}, query.page, query.wrong)
    if query.desk == "statistics" and not query.tally:
        query = TicketQuery({**query.given, "tally": "unit"}, query.page, query.wrong)
    with reading() as session:
        here = place(session)
        criteria = query.criteria(here.zone)
        found = search.find(session, criteria, actor=who, now=now(), page=query.page)
        counts: dict[str, int] = {
            name: search.count(session, Criteria(name), actor=who, now=now(), most=views.MANY + 1)
            if name not in UNCOUNTED else 0
            for name in desks
        }  # fmt: skip
        tally = (
            search.tally(session, criteria, query.tally, actor=who, now=now())
            if query.tally
            else []
        )
        named = districts(session)
        if query.tally == "district":
            tally = [each._replace(label=named.get(each.key, "")) for each in tally]
        lists = views.Lists(
            queries.units(session), queries.categories(session), people.names(session),
            list(named.items()),
        )  # fmt: skip
        kept = saved.of(session, who.user_id)
    return views.desk(
        query, found, counts=counts, lists=lists, saved=kept, tally=tally, zone=here.zone,
        words=words(), may_open="ticket.open" in can,
    )  # fmt: skip


def find_caller(clicks: int | None, number: str | None) -> tuple[Any, Any]:
    """Show the tickets of a caller's number; the address carries its HMAC only."""
    if not clicks:
        return dash.no_update, dash.no_update
    try:
        require("ticket.view")
        check_caller_search(actor())
        digits = (number or "").strip()
        if not digits.lstrip("+").replace("-", "").isdigit():
            raise BadInput("phone", field="phone")
        return TicketQuery({"caller": doors().vault.digest(digits)}).href(), dash.no_update
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}


def keep_query(
    _keep: int | None, _drops: list[int | None], name: str | None, address: str | None
) -> tuple[Any, Any]:
    """Keep the query of the address under a name, or drop one."""
    if not any(fact["value"] for fact in ctx.triggered):
        return dash.no_update, dash.no_update
    pressed: Any = pressed_button()
    here = f"/tickets{address or ''}"
    try:
        who = require("ticket.view").user_id
        with writing() as session:
            if isinstance(pressed, dict):
                saved.drop(session, who, int(pressed["query-drop"]))
            else:
                query = read(address).href("").lstrip("?")
                saved.keep(session, who, name or "", query, now=now())
    except HotlineError as error:
        return dash.no_update, {**told(error), "at": now()}
    return here, {"text": words()["query.done"], "at": now()}
