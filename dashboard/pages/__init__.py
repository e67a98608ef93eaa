"""The pages: one Dash application, its shell, and the callbacks; every callback asks `require` first."""

from collections.abc import Callable
from typing import Any

import dash
from dash import dcc, html
from dash.development.base_component import Component

from dashboard.pages import (
    admin,
    alerts_cap,
    calls,
    centre_console,
    city_map,
    command,
    customers,
    dispatch,
    drawers,
    duty,
    escalate,
    files,
    hotspots,
    identity,
    incidents,
    intake,
    knowledge,
    knowledge_item,
    letters,
    notices,
    places,
    placing,
    plans,
    replay,
    resources,
    reviews,
    routes,
    site,
    symbols,
    system,
    ticket,
    ticket_desk,
    wall,
)
from dashboard.pages.context import aside
from dashboard.texts import DEFAULT, t

INDEX = """<!DOCTYPE html>
<html lang="zh-CN">
  <head>
    {%metas%}
    <title>{%title%}</title>
    <link rel="icon" type="image/svg+xml" href="/assets/favicon.svg">
    {%css%}
  </head>
  <body>
    {%app_entry%}
    <footer>{%config%}{%scripts%}{%renderer%}</footer>
  </body>
</html>
"""

STORES = (
    "draft-tick",
    "alike-tick",
    "pop-request",
    "bar-request",
    "roster",
    "seat-request",
    "call-request",
    "ack-request",
    "drawer-close",
    "toast",
    "place-ask",
    "place-found",
    "place-at",
    "place-here",
)


def shell() -> Component:
    """Return the layout: address, stores, and the places for page, drawer and toasts."""
    texts = t(DEFAULT)
    return html.Div(
        [
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="prefs"),
            *[dcc.Store(id=name) for name in STORES],
            html.Div(html.Div(texts["app.loading"], className="_dash-loading"), id="page"),
            html.Aside(id="drawer", className="drawer"),
            html.Div(id="toasts", className="toasts"),
        ]
    )


def register(app: dash.Dash) -> None:
    """Give the application its page frame and all callbacks."""
    app.title = t(DEFAULT)["app.title"]
    app.index_string = INDEX
    # Pages come and go: a callback's parts need not be on the page when the application starts.
    app.config.suppress_callback_exceptions = True
    desks = (
        ticket_desk,
        intake,
        ticket,
        identity,
        customers,
        notices,
        files,
        letters,
        hotspots,
        placing,
        places,
        city_map,
        centre_console,
        command,
        escalate,
        incidents,
        plans,
        alerts_cap,
        dispatch,
        resources,
        knowledge,
        knowledge_item,
        duty,
        replay,
        reviews,
        site,
        admin,
        symbols,
    )
    _work_aside(app)
    for page in (routes, wall, calls, *desks, drawers, system):
        page.register(app)
    # Dash collects the assets on the first request, under FastAPI only after that page was made:
    # the first screen after every start would come without them.
    app._setup_server()


def _work_aside(app: dash.Dash) -> None:
    """Let every callback work in a thread: Dash on FastAPI would run it in the loop that feeds the live screens."""
    plain = app.callback

    def callback(*spec: Any, **more: Any) -> Callable[[Callable[..., Any]], Any]:  # noqa: ANN401 - Dash's own
        return lambda work: plain(*spec, **more)(aside(work))

    app.callback = callback  # type: ignore[method-assign]
