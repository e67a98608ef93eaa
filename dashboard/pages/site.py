"""The site page (现场): a rescue unit's crew before the one incident their unit is bound to.

Ids: site-tick (the live stream says that the crew sees something else now), site-head, site-map, site-list and
site-tools (drawn here), site-keys (what stands in the parts that are drawn anew only when they must be).
"""

import hashlib
from typing import Any

import dash
from dash import Input, Output, State
from msgspec import json
from sqlalchemy.orm import Session

from command import queries, site
from dashboard.auth import require, viewer
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import site as views
from dashboard.views.kit import Child, refusal
from gis_data.roads.routes import Route
from models.clock import now
from models.errors import HotlineError, NotFound
from models.rules.incident.progress import MOVING
from models.rules.incident.site import Sheet


def register(app: dash.Dash) -> None:
    """Register the page's one callback."""
    app.callback(
        Output("site-head", "children"),
        Output("site-map", "children"),
        Output("site-list", "children"),
        Output("site-tools", "children"),
        Output("site-keys", "data"),
        Input("site-tick", "data"),
        State("site-keys", "data"),
    )(drawn)


def page(_search: str) -> Child:
    """Return the page's frame."""
    require(site.ACT)
    with reading() as session:
        unit = site.unit_of(session, actor=actor())
        return views.page(unit.label, unit.code, words())


def drawn(_tick: object, keys: dict[str, str] | None) -> tuple[Any, Any, Any, Any, Any]:
    """Return the parts as things are now; all but the head stay as long as they would say the same: who types there
    is not disturbed."""
    known = keys or {}
    try:
        require(site.ACT)
        with reading() as session:
            found = site.present(session, actor=actor())
            if found is None:
                return views.idle(words()), [], [], [], {}
            fresh = {"map": _of_map(found), "list": _of_list(found), "tools": _of_tools(found)}
            seen = views.Seen(
                found, queries.labels(session).get(found.type, found.type), site.LEAD in viewer().can,
                place(session).zone, now(),
            )  # fmt: skip
            chart = dash.no_update if known.get("map") == fresh["map"] else _map(session, found)
    except HotlineError as error:
        return refusal(error.code, words()), [], [], [], {}
    told = dash.no_update if known.get("list") == fresh["list"] else views.listed(seen, words())
    boxes = dash.no_update if known.get("tools") == fresh["tools"] else views.tools(seen, words())
    return views.head(seen, words()), chart, told, boxes, fresh


def _of_map(found: Sheet) -> str:
    own = found.assignment
    way = own.routed if own.progress in MOVING else 0
    return f"{found.incident} {found.place.lon} {found.place.lat} {way}"


def _of_list(found: Sheet) -> str:
    said = (found.incident, found.orders, found.tasks, found.waits, found.reports)
    return hashlib.sha256(json.encode(said)).hexdigest()[:12]


def _of_tools(found: Sheet) -> str:
    return f"{found.incident} {[(each.unit, each.progress) for each in found.others]}"


def _map(session: Session, found: Sheet) -> Child:
    try:
        base = map_base(ground(), map_look())
        way = None
        if found.assignment.progress in MOVING:
            way = site.way(session, network(session), actor=actor())
    except NotFound:
        return []  # no city yet
    return views.drawn(base, found, way if isinstance(way, Route) else None, words())
