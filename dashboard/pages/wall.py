"""The wall's callbacks: yesterday's line, and taking an alarm on."""

from typing import Any

import dash
from dash import ClientsideFunction, Input, Output, State, ctx

from dashboard.auth import require, viewer
from dashboard.door import limits, reading, writing
from dashboard.pages.context import place, shown, told, words
from dashboard.views import alarms, wall
from dashboard.views.call_query import read
from dashboard.views.kit import Child
from models.clock import day_of, now
from models.errors import HotlineError
from models.store import ledger, watch

ALARMS_SHOWN = 500


def register(app: dash.Dash) -> None:
    """Register the callbacks of the wall and of the alarms."""
    app.callback(Output("yesterday", "data"), Input("day-request", "data"))(yesterday)
    app.callback(Output("plotly-slot", "children"), Input("day-request", "data"))(plotly)
    app.clientside_callback(
        ClientsideFunction("hotline", "yesterday"),
        Input("yesterday", "data"),
    )
    app.callback(
        Output("toast", "data", allow_duplicate=True),
        Input("ack-request", "data"),
        prevent_initial_call=True,
    )(acknowledge)
    app.callback(
        Output("alarm-history", "children"),
        Input("alarms-changed", "data"),
        State("url", "search"),
        prevent_initial_call=True,
    )(history)


def yesterday(day_start: float | None) -> Any:  # noqa: ANN401 - a series, or Dash's no_update
    """Return the quarters of the day before the one that starts at `day_start`."""
    if not day_start:
        return dash.no_update
    try:
        require("floor.view")
        with reading() as session:
            start, end = day_of(day_start - 1, place(session).zone)
            return [list(point) for point in ledger.series(session, start, end, limits())]
    except HotlineError:
        return []  # the comparison is left out; today's figures do not depend on it


def plotly(day_start: float | None) -> Child:
    """Bring plotly's library once the first figures are on the screen."""
    return wall.plotly() if day_start else dash.no_update


def acknowledge(asked: dict[str, Any] | None) -> Any:  # noqa: ANN401 - a note, or Dash's no_update
    """Write the viewer's name on an alarm; whoever was first stays."""
    if not asked or ctx.triggered_id != "ack-request":
        return dash.no_update
    try:
        require("alarms.ack")
        me = viewer()
        with writing() as session:
            watch.acknowledge(
                session, str(asked["key"]), user_id=me.user_id, name=me.name, now=now()
            )
    except HotlineError as error:
        return {**told(error), "at": now()}
    return {"text": words()["alarm.done"], "at": now()}


@shown
def history(_changed: object, search: str | None) -> Child:
    """Return the alarm history again after an alarm moved."""
    require("floor.view")
    query = read(search)
    with reading() as session:
        here = place(session)
        start, end = query.span(here.zone, now())
        rows = watch.alarm_history(session, start=start, end=end, limit=ALARMS_SHOWN)
    return alarms.history(rows, zone=here.zone, words=words(), labels=here.labels)
