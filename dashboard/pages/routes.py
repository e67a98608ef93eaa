"""Which page an address shows; language and theme; links between them stay in the browser."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qs

import dash
from dash import ALL, ClientsideFunction, Input, Output, ctx, html

from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages import (
    admin,
    alerts_cap,
    centre,
    centre_console,
    city_map,
    command,
    customers,
    duty,
    hotspots,
    incidents,
    intake,
    knowledge,
    knowledge_item,
    notices,
    places,
    plans,
    replay,
    resources,
    reviews,
    symbols,
    tasks,
    ticket,
    ticket_desk,
)
from dashboard.pages.context import place, shown, words
from dashboard.pages.drawers import seat_view
from dashboard.views import alarms, calls, shell, system, wall
from dashboard.views.call_query import read
from dashboard.views.kit import Child, empty
from models.clock import now
from models.store import watch

DESK_PAGES: Mapping[str, tuple[str, Callable[[str], Child]]] = {
    "/tickets": ("/tickets", ticket_desk.page),
    "/tickets/new": ("/tickets", intake.page),
    "/ticket": ("/tickets", ticket.page),
    "/customers": ("/customers", customers.page),
    "/hotspots": ("/hotspots", hotspots.page),
    "/places": ("/places", places.page),
    "/map": ("/map", city_map.page),
    "/command": ("/command", command.page),
    "/command/incidents": ("/command", incidents.page),
    "/command/tasks": ("/command", tasks.page),
    "/command/plans": ("/command", plans.library),
    "/command/plan": ("/command", plans.page),
    "/command/alerts": ("/command", alerts_cap.page),
    "/command/resources": ("/command", resources.page),
    "/knowledge": ("/knowledge", knowledge.page),
    "/knowledge/item": ("/knowledge", knowledge_item.page),
    "/centre/console": ("/centre", centre_console.page),
    **duty.PAGES,
    "/command/symbols": ("/command", symbols.page),
    "/command/replay": ("/command", replay.page),
    "/command/reviews": ("/command", reviews.page),
    "/command/review": ("/command", reviews.report),
    **admin.PAGES,
}
"""Address -> (its entry in the navigation, the page by the address's search)."""
BELOW = {"/command/plan": "/command/plans", "/command/review": "/command/reviews"}
"""Page of one thing -> the page of command that lists them."""
FOLLOWING = ("/calls", "/map", "/hotspots", "/centre/console")
"""Pages that follow a change of their address by themselves."""
MAX_ROTATE_S = 600
ALARMS_SHOWN = 500


def register(app: dash.Dash) -> None:
    """Register the routing callbacks."""
    app.callback(
        Output("page", "children"),
        Input("url", "pathname"),
        Input("url", "search"),
        Input("prefs", "data"),
    )(show)
    for name in ("language", "theme"):
        app.clientside_callback(
            ClientsideFunction("hotline", name),
            Output("prefs", "data", allow_duplicate=True),
            Input({"switch": name, "n": ALL}, "n_clicks"),
            prevent_initial_call=True,
        )
    app.clientside_callback(
        ClientsideFunction("hotline", "dress"),
        Input("url", "pathname"),
        Input("page", "children"),
    )
    app.clientside_callback(ClientsideFunction("hotline", "toast"), Input("toast", "data"))


def show(path: str | None, search: str | None, _prefs: object) -> Child:
    """Return the page of an address, with the words its scripts need."""
    if path in FOLLOWING and set(ctx.triggered_prop_ids) == {"url.search"}:
        return dash.no_update
    skip = html.A(words()["app.skip"], href="#main", className="skip")
    return [skip, shell.words_node(words()), html.Div(page(path or "/", search or ""))]


@shown
def page(path: str, search: str) -> Child:
    """Return the component of one page; a refusal stands under the header, so that there is a way on."""
    asked = path.rstrip("/") or home()
    if asked == "/wall" and "floor.view" in viewer().can:
        return _wall(search)
    if asked == "/centre" and "command.view" in viewer().can and not viewer().unit:
        return centre.page(search)
    here = DESK_PAGES[asked][0] if asked in DESK_PAGES else asked
    me = viewer()
    body = _body(asked, search)
    rooms = shell.rooms(words(), BELOW.get(asked, asked)) if "command.view" in me.can else None
    whole = [rooms, body] if rooms else body
    return shell.desk(
        words(), here, me.can, me.name, whole, agent_no=me.agent_no, user_id=me.user_id
    )


@shown
def _body(asked: str, search: str) -> Child:
    match asked:
        case "/wall":
            return _wall(search)  # refused
        case "/centre":
            return centre.page(search)  # refused
        case "/calls":
            return _calls(search)
        case "/alarms":
            return _alarms(search)
        case "/seat":
            return _seat(search)
        case "/system":
            require("system.view")
            return system.page(words())
        case _ if asked in DESK_PAGES:
            return DESK_PAGES[asked][1](search)
        case _:
            return _unknown()


def home() -> str:
    """Return the first page of who is asking: units begin with their tickets."""
    return "/wall" if "floor.view" in viewer().can else "/tickets"


def _unknown() -> Child:
    texts = words()
    return html.Div(
        [html.H1(texts["page.unknown"]), html.P(texts["page.unknown_help"])], className="refusal"
    )


def _wall(search: str) -> Child:
    require("floor.view")
    asked = parse_qs(search.lstrip("?"))
    kiosk = asked.get("kiosk", ["0"])[0] == "1"
    turns = asked.get("rotate", ["0"])[0]
    rotate = min(int(turns), MAX_ROTATE_S) if turns.isdigit() and kiosk else 0
    can = viewer().can
    return wall.wall(
        words(),
        nav=shell.nav(words(), "/wall", can, wall=True),
        kiosk=kiosk,
        rotate=rotate,
        may_ack="alarms.ack" in can,
        may_open="calls.view" in can,
        may_see_tickets="ticket.view" in can,
        today=not viewer().unit,
    )


def _calls(search: str) -> Child:
    require("calls.view")
    with reading() as session:
        here = place(session)
    return calls.page(read(search), here.queues, words())


def _alarms(search: str) -> Child:
    require("floor.view")
    query = read(search)
    with reading() as session:
        here = place(session)
        start, end = query.span(here.zone, now())
        rows = watch.alarm_history(session, start=start, end=end, limit=ALARMS_SHOWN)
    return alarms.page(
        query.day,
        rows,
        zone=here.zone,
        words=words(),
        labels=here.labels,
        may_ack="alarms.ack" in viewer().can,
        console=notices.console(),
    )


def _seat(search: str) -> Child:
    require("floor.view")
    key = parse_qs(search.lstrip("?")).get("key", [""])[0]
    if not key:
        return empty(words()["seat.unknown"])
    return html.Div(seat_view(key, closable=False), className="page seat-page")
