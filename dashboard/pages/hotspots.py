"""The leaders' hotspot page: what the address asks for, counted and drawn; a cell pressed says why."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

import dash
import numpy as np
from dash import ClientsideFunction, Input, Output, State
from h3.api import basic_str as h3
from sqlalchemy.orm import Session

from dashboard.auth import require, viewer
from dashboard.door import ground, map_base, reading
from dashboard.pages.context import actor, map_look, place, shown, words
from dashboard.views import clock, hotspot_map, hotspot_side
from dashboard.views import hotspots as views
from dashboard.views.hotspot_map import Compared, Shown, Step
from dashboard.views.hotspot_query import LAYERS, Asked, read
from dashboard.views.hotspot_scale import Key
from dashboard.views.hotspot_scale import legend as key_to
from dashboard.views.hotspot_why import why as told
from dashboard.views.kit import Child
from dashboard.views.maps import Look
from dashboard.views.ticket_query import TicketQuery
from gis_data.ground import Ground
from gis_data.hotspots import periods
from gis_data.hotspots.board import Counts
from gis_data.hotspots.cells import aggregate
from gis_data.hotspots.result import Period
from gis_data.hotspots.terrain import Terrain
from gis_data.hotspots.why import Why
from models.clock import Instant, now
from models.errors import BadInput, HotlineError
from tickets import hotspots, queries
from tickets.hotspot_why import why as reasons

MERGED_MOST = 20
"""Tickets that look like one matter, as reports of an incident begun from a cell."""
REDRAWN = (
    ("hot-title", "children"), ("hot-cells", "data"), ("hot-districts", "data"), ("hot-badges", "children"),
    ("hot-city", "children"), ("hot-ranking", "children"), ("hot-areas", "children"),
    *((name, "data") for name in views.FACTS),
)  # fmt: skip
"""What follows the day: all but the form, the layer, the step, what was chosen, and the map's window."""


def register(app: dash.Dash) -> None:
    """Register the page's callbacks."""
    _register_browser(app)
    app.callback(
        Output("hot-all", "children"),
        Input("hot-asked", "data"), prevent_initial_call=True,
    )(whole)  # fmt: skip
    app.callback(
        Output("hot-redrawn", "data"),
        Input("hot-tick", "data"), State("hot-asked", "data"), prevent_initial_call=True,
    )(redrawn)  # fmt: skip
    app.callback(
        Output("hot-legend", "children"),
        Input("hot-layer", "value"), Input("hot-step", "data"), Input("hot-scales", "data"),
        State("hot-steps", "data"), prevent_initial_call=True,
    )(legend)  # fmt: skip
    app.callback(
        Output("hot-why", "children"),
        Input("hot-cell", "data"), Input("hot-step", "data"), Input("hot-fresh", "data"),
        State("hot-asked", "data"), State("hot-trends", "data"), prevent_initial_call=True,
    )(why)  # fmt: skip


def _register_browser(app: dash.Dash) -> None:
    """Register what the browser does by itself: looks, the address, the slider."""
    app.clientside_callback(
        ClientsideFunction("hotspots", "dress"),
        Output("hot-cells", "hideout"),
        Output("hot-districts", "hideout"),
        Input("hot-layer", "value"),
        Input("hot-step-now", "data"),
        Input("hot-cell", "data"),
        Input("hot-scales", "data"),
    )
    app.clientside_callback(
        ClientsideFunction("hotspots", "follow"),
        Output("hot-asked", "data"),
        Input("url", "search"),
        State("hot-asked", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(
        ClientsideFunction("hotspots", "put"),
        *[Output(name, what) for name, what in REDRAWN],
        Input("hot-redrawn", "data"),
        State("hot-asked", "data"),
        prevent_initial_call=True,
    )
    app.clientside_callback(ClientsideFunction("hotspots", "steps"), Input("hot-steps", "data"))
    for name in ("hot-cells", "hot-districts"):
        app.clientside_callback(
            ClientsideFunction("hotspots", "choose"),
            Output("hot-cell", "data", allow_duplicate=True),
            Input(name, "clickData"),
            prevent_initial_call=True,
        )


# --- the page --------------------------------------------------------------------------------


def page(search: str) -> Child:
    """Return the page of an address."""
    require("ticket.view")
    return views.page(_drawn(search), search or "")


@shown
def whole(search: str | None) -> Child:
    """Return everything another address asks for."""
    require("ticket.view")
    return _drawn(search or "")


def _drawn(search: str) -> Child:
    with reading() as session:
        asked = _asked(session, search)
        if asked.wrong:
            areas = [(d.code, d.name) for d in ground().terrain(hotspots.RESOLUTION).districts]
            return views.unread(asked, queries.categories(session), areas, words())
        drawn = _seen(session, asked, map_look())
    return views.whole(drawn, words())


def redrawn(_tick: object, search: str | None) -> dict[str, Any]:
    """Return the figures of the same view as they are now; what cannot be counted leaves what is there.

    The browser puts them in place (`REDRAWN`), unless another address was asked for meanwhile.
    """
    try:
        require("ticket.view")
        drawn = seen(search or "", map_look())
    except HotlineError:
        raise dash.exceptions.PreventUpdate from None
    texts = words()
    parts = [
        views.title(drawn, texts), hotspot_map.cells(drawn, texts), hotspot_map.districts(drawn, texts),
        hotspot_map.badges(drawn), hotspot_side.city(drawn, texts), hotspot_side.ranking(drawn, texts),
        hotspot_side.areas(drawn, texts), *views.facts(drawn, texts).values(),
    ]  # fmt: skip
    return {"asked": search or "", "parts": parts}


def seen(search: str, look: Look) -> Shown:
    """Return everything an address asks for, to be drawn in this look; BadInput for a period nobody can read."""
    with reading() as session:
        asked = _asked(session, search)
        if asked.wrong:
            raise BadInput("a hotspot query nobody can read", field=next(iter(asked.wrong)))
        return _seen(session, asked, look)


def _asked(session: Session, search: str | None) -> Asked:
    return read(search, clock.local(now(), place(session).zone).date())


def _seen(session: Session, asked: Asked, look: Look) -> Shown:
    here, at, whose = ground(), now(), actor()
    zone = place(session).zone
    criteria = asked.tickets.criteria(zone)
    period = Period(criteria.since, min(criteria.until, at))
    spans = periods.steps(period, zone)
    other = _other(asked, period, zone, at)
    wanted = {period, *spans} | ({other} if other else set())
    counts = hotspots.counted(session, criteria, wanted, actor=whose, now=at)
    board = hotspots.board(
        session, criteria, city=here.city, actor=whose, now=at, zone=zone, present=counts[period]
    )
    area = here.terrain(board.resolution)
    by_step = _table([_cells(area, counts[span]) for span in spans])
    compared = _compared(area, other, period, counts[other]) if other else None
    named = {*by_step, *board.trends, *(hot.cell for hot in board.ranking)}
    return Shown(
        asked, map_base(here, look), board, area.districts, _steps(spans, zone), by_step,
        _table([counts[span].districts for span in spans]),
        {cell: name_of(here, cell) for cell in named}, compared, queries.categories(session), zone,
        may_place="ticket.assign" in viewer().can,
    )  # fmt: skip


def _other(asked: Asked, period: Period, zone: str, at: Instant) -> Period | None:
    """Return the period to compare with: days chosen, or what comes by itself."""
    if asked.vs == "prev":
        return periods.shifted(period, zone)
    if asked.other is None:
        return None
    first, last = (
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)) for day in asked.other
    )
    until = last.replace(tzinfo=None) + timedelta(days=1)
    return Period(first.timestamp(), min(until.replace(tzinfo=last.tzinfo).timestamp(), at))


def _compared(area: Terrain, other: Period, period: Period, counts: Counts) -> Compared:
    lengths = other.until - other.since, period.until - period.since
    alike = abs(lengths[0] - lengths[1]) < 2 * periods.HOUR_S  # a change of clocks apart
    return Compared(other, _cells(area, counts), counts.districts, alike)


def _cells(area: Terrain, counts: Counts) -> dict[str, int]:
    observed, _ = aggregate(area.grid, counts.h9, counts.number)
    return {f"{int(area.grid.ids[i]):x}": int(observed[i]) for i in np.flatnonzero(observed)}


def _table(by_step: Sequence[Mapping[str, int]]) -> dict[str, list[int]]:
    """Return key -> its number in each step, from the numbers of each step."""
    found: dict[str, list[int]] = defaultdict(lambda: [0] * len(by_step))
    for at, numbers in enumerate(by_step):
        for key, number in numbers.items():
            found[key][at] = number
    return dict(found)


def _steps(spans: Sequence[Period], zone: str) -> list[Step]:
    """Return the slider's steps: hours or days, each with the criteria that list its tickets."""
    if not spans:
        return []
    by_hour = spans[0].until - spans[0].since <= periods.HOUR_S
    found = []
    for span in spans:
        start = clock.local(span.since, zone)
        if by_hour:
            ends = clock.local(span.since + periods.HOUR_S, zone)
            found.append(
                Step(f"{start:%m-%d %H:00}", f"{start:%Y-%m-%dT%H:%M}", f"{ends:%Y-%m-%dT%H:%M}")
            )
        else:
            found.append(Step(f"{start:%m-%d}", f"{start:%Y-%m-%d}", f"{start:%Y-%m-%d}"))
    return found  # fmt: skip


def name_of(here: Ground, cell: str) -> str:
    """Return where a cell is, as people call it."""
    lat, lon = h3.cell_to_latlng(cell)
    return here.surface.at(lon, lat).name or cell


# --- beside the map --------------------------------------------------------------------------


@shown
def why(
    chosen: dict[str, Any] | None, step: int | None, _fresh: object, search: str | None,
    trends: Mapping[str, Any] | None,
) -> Child:  # fmt: skip
    """Return why a cell or a district is hot, over the period or in one step of it."""
    require("ticket.view")
    key = str((chosen or {}).get("key", ""))
    if not key:
        return dash.no_update
    with reading() as session:
        here, at = ground(), now()
        zone = place(session).zone
        asked = _asked(session, search)
        criteria = asked.tickets.criteria(zone)
        period = Period(criteria.since, min(criteria.until, at))
        steps = _steps(periods.steps(period, zone), zone)
        one = steps[step] if step is not None and 0 <= step < len(steps) else None
        district = key.removeprefix("district:") if key.startswith("district:") else ""
        more = {"district": district} if district else {"cells": key, "located": "yes"}
        days = {"since": one.since, "until": one.until} if one else {}
        tickets = TicketQuery({**asked.tickets.given, **more, **days})
        area = here.terrain(hotspots.RESOLUTION)
        found = reasons(
            session, tickets.criteria(zone), actor=actor(), now=at, zone=zone, period=period, ground=area
        )  # fmt: skip
        labels = dict([*queries.categories(session), *queries.units(session)])
        names = {each.code: each.name for each in area.districts}
    name = names.get(district, district) if district else name_of(here, key)
    trend = str((trends or {}).get(key, ""))
    known = f"hot.trend.{trend}" in words()
    return told(
        found, name, tickets, labels, words(), trend=trend if known else "", step=one,
        incident=_incident(name, key, asked.layer, found) if "command.report" in viewer().can else "",
    )  # fmt: skip


def _incident(name: str, key: str, layer: str, found: Why) -> str:
    """Return the address that begins an incident from a cell, with what looks like one matter as its reports."""
    if key.startswith("district:"):
        return ""
    lat, lon = h3.cell_to_latlng(key)
    asked = {
        "new": "1", "source": "surge" if layer == "surge" else "hotspot", "title": name,
        "point": f"{lon:.6f},{lat:.6f}",
        "tickets": ",".join(found.groups[0][:MERGED_MOST]) if found.groups else "",
    }  # fmt: skip
    return f"/command?{urlencode(asked)}"


@shown
def legend(
    layer: str | None, step: int | None, scales: Mapping[str, Any] | None, labels: Sequence[str] | None
) -> Child:  # fmt: skip
    """Return the legend of the layer chosen, of one step of time if one is."""
    require("ticket.view")
    of = dict(scales or {})
    other = str(of.pop("other", ""))
    label = labels[step] if labels and step is not None and 0 <= step < len(labels) else ""
    return key_to(Key(layer if layer in LAYERS else LAYERS[0], of, label, other), words())
