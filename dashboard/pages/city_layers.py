"""The map's layers: districts, kinds of places, today's tickets, what bureaus tell, and how fast one drives."""

from collections.abc import Sequence
from typing import Any

import dash
import shapely
from dash import Input, Output
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import city_layers as views
from dashboard.views import map_query
from dashboard.views.city_layers import Mark
from dashboard.views.kit import Child, refusal
from dashboard.views.maps import EMPTY
from gis_data import state
from gis_data.feeds import silence
from gis_data.ground import Ground
from gis_data.roads import speeds
from models.clock import day_of, now
from models.errors import HotlineError
from models.rules.tickets.moves import OPEN
from models.tables import Ticket
from tickets.criteria import Criteria, where

MARKED = 1000
"""Tickets drawn at most; the list has them all."""


def register(app: dash.Dash) -> None:
    """Register the callback."""
    app.callback(
        Output("city-districts", "data"),
        Output("city-places", "data"),
        Output("city-traffic", "data"),
        Output("city-layers-note", "children"),
        Output("city-bureaus", "children"),
        Input("city-on", "data"),
        Input("city-tick", "data"),
    )(marked)


def marked(search: str | None, _tick: object) -> tuple[Any, Any, Any, Child, Child]:
    """Return the layers that are switched on, and what is to be said of them and of who tells."""
    on, texts = map_query.layers(search), words()
    try:
        require("ticket.view")
        here, at = ground(), now()
        base = map_base(here, map_look())
        found, notes, driven = _places(here, on), [], EMPTY
        told: list[Child] = []
        with reading() as session:
            if "tickets" in on:
                today, more = _today(session)
                found += today
                notes += [texts["map.tickets_more"].format(n=MARKED)] if more else []
            if "state" in on:
                known = state.current(session, now=at)
                found += views.states(known, at, place(session).zone, texts)
                notes.append(views.state_note(known, at, texts))
                driving = speeds.newest(session, now=at)
                told = views.bureaus(known, driving, silence.silent(session), at, texts)
            if "traffic" in on:
                roads = network(session)
                driven = views.traffic(roads.table, roads.speeds, base, texts)
                notes.append(views.traffic_note(roads.speeds, texts))
    except HotlineError as error:
        return EMPTY, EMPTY, EMPTY, refusal(error.code, texts), []
    districts = here.city.districts if "districts" in on else here.city.districts.iloc[:0]
    borders = zip(districts["name"].astype(str), districts.geometry, strict=True)
    return (
        views.borders(list(borders), base), views.marks(found, base, texts), driven,
        views.notes(notes), told,
    )  # fmt: skip


def _places(here: Ground, on: Sequence[str]) -> list[Mark]:
    places, texts = here.city.places, words()
    chosen = places[places["kind"].isin(on)]
    at = shapely.get_coordinates(chosen.geometry.to_numpy()).tolist()
    rows = zip(chosen["kind"], chosen["name"], chosen["people"], chosen["phone"], at, strict=True)
    found = []
    for kind, name, people, phone, (lon, lat) in rows:
        say = [str(name), texts[f"place.{kind}"]]
        if people >= 0:
            say.append(texts["map.hit_people"].format(n=f"{people:,}"))
        found.append(Mark(kind, lon, lat, [*say, *([str(phone)] if phone else [])]))
    return found


def _today(session: Session) -> tuple[list[Mark], bool]:
    """Return the open tickets of today that have a true location and the viewer may see."""
    at = now()
    start, _ = day_of(at, place(session).zone)
    asked = Criteria(since=start, located="yes")
    query = (
        select(Ticket.no, Ticket.title, Ticket.kind, Ticket.lon, Ticket.lat)
        .where(*where(session, asked, actor(), at), Ticket.status.in_(OPEN))
        .order_by(Ticket.id.desc()).limit(MARKED + 1)
    )  # fmt: skip
    rows = session.execute(query).all()
    marks = [
        Mark("tickets", row.lon, row.lat, [row.title, f"{words()[f'kind.{row.kind}']} {row.no}"],
             f"/ticket?no={row.no}")
        for row in rows[:MARKED]
    ]  # fmt: skip
    return marks, len(rows) > MARKED
