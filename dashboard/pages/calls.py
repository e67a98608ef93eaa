"""The calls page's callbacks: filters go to the address, rows come from the ledger by block."""

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State

from dashboard.auth import require
from dashboard.door import limits, reading
from dashboard.pages.context import names, place, words
from dashboard.views import calls
from dashboard.views.call_query import CallQuery, read
from dashboard.views.kit import Child
from models.clock import now
from models.errors import HotlineError
from models.store import ledger

BLOCK = 100
EMPTY: dict[str, Any] = {"rowData": [], "rowCount": 0}


def register(app: dash.Dash) -> None:
    """Register the calls page's callbacks."""
    app.callback(
        Output("calls-grid", "getRowsResponse"),
        Output("calls-total", "children"),
        Input("calls-grid", "getRowsRequest"),
        State("url", "search"),
        prevent_initial_call=True,
    )(rows)
    app.callback(
        Output("calls-head", "children"),
        Input("url", "search"),
        State("url", "pathname"),
        State("calls-total", "children"),
        prevent_initial_call=True,
    )(head)
    app.clientside_callback(
        ClientsideFunction("hotline", "refetch"),
        Input("url", "search"),
        Input("toast", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("hotline", "filter"),
        Input("calls-text", "value"),
        Input("calls-date", "date"),
        Input("calls-queue", "value"),
        Input("calls-outcome", "value"),
        prevent_initial_call=True,
    )


def rows(asked: dict[str, Any] | None, search: str | None) -> tuple[Any, Any]:
    """Return one block of rows and the total, exactly those of the address."""
    if not asked:
        return dash.no_update, dash.no_update
    texts = words()
    try:
        require("calls.view")
        found, zone, who = _find(asked, read(search))
    except HotlineError as error:
        return EMPTY, texts.get(f"error.{error.code}", texts["error.error"])
    shown = [calls.row(call, zone=zone, words=texts, names=who) for call in found.rows]
    total = texts["calls.total"].format(n=f"{found.total:,}")
    return {"rowData": shown, "rowCount": found.total}, total


def _find(asked: dict[str, Any], query: CallQuery) -> tuple[ledger.CallPage, str, dict[int, str]]:
    sort = (asked.get("sortModel") or [{"colId": "entered", "sort": "desc"}])[0]
    first = int(asked.get("startRow") or 0)
    with reading() as session:
        here = place(session)
        start, end = query.span(here.zone, now())
        page = ledger.search_calls(
            session,
            start=start,
            end=end,
            **query.filters,
            limits=limits(),
            sort=str(sort["colId"]),
            descending=sort["sort"] == "desc",
            offset=first,
            limit=max(1, min(BLOCK * 5, int(asked.get("endRow") or BLOCK) - first)),
        )
        who = names(session, [call.callback_by for call in page.rows])
    return page, here.zone, who


def head(search: str | None, path: str | None, total: Child) -> Child:
    """Return title, tabs and filters for a changed address."""
    if path != "/calls":
        return dash.no_update
    try:
        require("calls.view")
        with reading() as session:
            here = place(session)
    except HotlineError:
        return dash.no_update  # the list itself says why there is nothing
    return calls.head(read(search), here.queues, words(), total)
