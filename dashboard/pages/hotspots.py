"""The leaders' hotspot page: what the address asks for, counted and drawn; a cell pressed says why."""

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qs
from zoneinfo import ZoneInfo

import dash
import msgspec
import numpy as np
from dash import ClientsideFunction, Input, Output, State
from h3.api import basic_str as h3
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import ground, map_base, reading
from dashboard.pages.context import actor, map_look, place, shown, words
from dashboard.views import clock, hotspot_map, ticket_query
from dashboard.views import hotspots as views
from dashboard.views.hotspot_map import LAYERS, Asked, Shown
from dashboard.views.hotspots import SPANS
from dashboard.views.kit import Child
from dashboard.views.maps import Look
from dashboard.views.ticket_query import TicketQuery
from gis_data.ground import Ground
from gis_data.hotspots.board import Board
from gis_data.hotspots.cells import aggregate
from gis_data.hotspots.result import Period
from models.clock import Instant, now
from tickets import hotspots, queries
from tickets.criteria import Criteria

HOUR_S = 3600.0
STEPS = 62
"""The slider's most: two months of days."""
_BACK = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "30d": (29, 0)}
"""Span -> its first and last day, days ago."""


def register(app: dash.Dash) -> None:
    """Register the page's callbacks."""
    app.clientside_callback(
        ClientsideFunction("hotspots", "dress"),
        Output("hot-cells", "hideout"),
        Output("hot-districts", "hideout"),
        Input("hot-layer", "value"),
        Input("hot-step-now", "data"),
        Input("hot-cell", "data"),
        State("hot-most", "data"),
    )
    for name in ("hot-cells", "hot-districts"):
        app.clientside_callback(
            ClientsideFunction("hotspots", "choose"),
            Output("hot-cell", "data", allow_duplicate=True),
            Input(name, "clickData"),
            prevent_initial_call=True,
        )
    app.callback(
        Output("hot-legend", "children"),
        Input("hot-layer", "value"),
        State("hot-asked", "data"),
        State("hot-most", "data"),
        prevent_initial_call=True,
    )(legend)
    app.callback(
        Output("hot-why", "children"),
        Input("hot-cell", "data"),
        State("hot-asked", "data"),
        prevent_initial_call=True,
    )(why)


def page(search: str) -> Child:
    """Return the page of an address."""
    require("ticket.view")
    with reading() as session:
        return views.page(seen(session, search, map_look()), words())


def seen(session: Session, search: str, look: Look) -> Shown:
    """Return everything an address asks for, to be drawn in this look."""
    here, at, whose = ground(), now(), actor()
    zone = place(session).zone
    asked = read(search, zone, at)
    criteria = asked.tickets.criteria(zone)
    board = hotspots.board(session, criteria, city=here.city, actor=whose, now=at, zone=zone)
    earlier = None
    if asked.vs:
        length = board.period.until - board.period.since
        days = timedelta(days=-(-length // (24 * HOUR_S)))
        since, until = (
            (datetime.fromtimestamp(t, ZoneInfo(zone)).replace(tzinfo=None) - days)
            .replace(tzinfo=ZoneInfo(zone)).timestamp()
            for t in (board.period.since, board.period.until)
        )  # fmt: skip
        before = msgspec.structs.replace(criteria, since=since, until=until)
        earlier = hotspots.board(session, before, city=here.city, actor=whose, now=at, zone=zone)
    steps, by_step = _steps(session, criteria, board, here, zone, at)
    named = {hot.cell for hot in board.ranking} | set(by_step)
    return Shown(
        asked, map_base(here, look), board, here.terrain(board.resolution).districts, steps, by_step,
        {cell: name_of(here, cell) for cell in named}, earlier, queries.categories(session), zone,
    )  # fmt: skip


def read(search: str, zone: str, at: Instant) -> Asked:
    """Read an address; without a span it is the last seven days, which hold enough to test."""
    asked = {key: values[0] for key, values in parse_qs((search or "").lstrip("?")).items()}
    span = asked.get("span", "")
    given = ticket_query.read(search).given
    if span not in SPANS:
        span = "days" if given.get("since") else "7d"
    today = clock.local(at, zone).date()
    if span in _BACK:
        first, last = (today - timedelta(days=back) for back in _BACK[span])
    else:
        first, last = (_day(given.get(name, ""), today) for name in ("since", "until"))
        last = min(max(first, last), first + timedelta(days=STEPS - 1))
    kept = {
        name: given[name]
        for name in ("kind", "category", "district", "unit", "words")
        if name in given
    }
    tickets = TicketQuery({"desk": "all", "since": str(first), "until": str(last), **kept})
    layer = asked.get("layer", "")
    return Asked(tickets, span, layer if layer in LAYERS else "clusters", asked.get("vs") == "prev")


def _day(text: str, today: date) -> date:
    return date.fromisoformat(text[:10]) if text else today


def _steps(
    session: Session, criteria: Criteria, board: Board, here: Ground, zone: str, at: Instant
) -> tuple[list[str], dict[str, list[int]]]:
    """Return the slider's labels and each cell's tickets in each step: hours of a day, days of a longer period."""
    whole = board.period.until - board.period.since
    hourly = whole <= 25 * HOUR_S
    start = clock.local(board.period.since, zone)
    edges: list[Instant] = [board.period.since]
    while edges[-1] < board.period.until and len(edges) <= STEPS:
        naive = start.replace(tzinfo=None) + timedelta(days=len(edges))
        following = naive.replace(tzinfo=start.tzinfo).timestamp()
        edges.append(edges[-1] + HOUR_S if hourly else following)
    edges[-1] = board.period.until
    spans = [Period(a, b) for a, b in pairwise(edges)]
    told = hotspots.counted(session, criteria, spans, actor=actor(), now=at)
    grid = here.terrain(board.resolution).grid
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(spans))
    for number, span in enumerate(spans):
        counts = told.get(span)
        if counts is None:
            continue
        observed, _ = aggregate(grid, counts.h9, counts.number)
        for index in np.flatnonzero(observed):
            found[f"{int(grid.ids[index]):x}"][number] = int(observed[index])
    form = "%m-%d %H:00" if hourly else "%m-%d"
    return [clock.local(span.since, zone).strftime(form) for span in spans], dict(found)


def name_of(here: Ground, cell: str) -> str:
    """Return where a cell is, as people call it."""
    lat, lon = h3.cell_to_latlng(cell)
    return here.surface.at(lon, lat).name or cell


@shown
def why(chosen: dict[str, Any] | None, query: str | None) -> Child:
    """Return why a cell or a district is hot."""
    require("ticket.view")
    key = str((chosen or {}).get("key", ""))
    if not key:
        return dash.no_update
    with reading() as session:
        here, at = ground(), now()
        zone = place(session).zone
        asked = read(query or "", zone, at)
        district = key.removeprefix("district:") if key.startswith("district:") else ""
        more = {"district": district} if district else {"cells": key, "located": "yes"}
        tickets = TicketQuery({**asked.tickets.given, **more})
        area = here.terrain(hotspots.RESOLUTION)
        found = hotspots.why(
            session, tickets.criteria(zone), actor=actor(), now=at, zone=zone, ground=area
        )
        labels = dict([*queries.categories(session), *queries.units(session)])
        names = {each.code: each.name for each in area.districts}
    name = names.get(district, district) if district else name_of(here, key)
    return views.why(found, name, tickets, labels, words())


@shown
def legend(layer: str | None, _query: str | None, most: dict[str, float] | None) -> Child:
    """Return the legend of the layer chosen."""
    require("ticket.view")
    return hotspot_map.legend(layer if layer in LAYERS else "clusters", most or {}, words())
