"""The map's surroundings of a spot, and its layers."""

from collections.abc import Sequence
from typing import Any

import dash
import numpy as np
import shapely
from dash import Input, Output
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.city_ways import label_of
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import city_around as views
from dashboard.views import city_map, map_query
from dashboard.views.city_around import DRIVES, MINUTES, Around
from dashboard.views.city_map import EMPTY, Mark
from dashboard.views.kit import Child, refusal
from dashboard.views.map_query import Spot
from gis_data import surroundings
from gis_data.ground import Ground
from gis_data.roads.many import isochrone
from gis_data.roads.network import Stop
from models.clock import day_of, now
from models.errors import BadInput, HotlineError
from models.rules.tickets.moves import OPEN
from models.tables import Ticket
from tickets import search as tickets
from tickets.criteria import Criteria, where

COUNTED = 1000
MARKED = 1000
"""Tickets drawn at most; the list has them all."""


def register(app: dash.Dash) -> None:
    """Register the callbacks."""
    app.callback(
        Output("city-area", "data"),
        Output("city-inside", "children"),
        Output("city-choices", "children"),
        Input("city-spot", "data"),
        Input("city-tick", "data"),
        running=[(Output("city-busy", "hidden"), False, True)],
    )(told)
    app.callback(
        Output("city-districts", "data"),
        Output("city-places", "data"),
        Output("city-layers-note", "children"),
        Input("city-on", "data"),
    )(marked)


def told(search: str | None, _tick: object) -> tuple[Any, Child, Child]:
    """Return the surroundings of the address's spot on the map and in words."""
    asked, texts = map_query.spot(search), words()
    try:
        require("ticket.view")
        here = ground()
        base = map_base(here, map_look())
        found = None
        if asked is not None:
            with reading() as session:
                found = around(session, here, asked)
    except BadInput as error:
        return EMPTY, views.wrong(error, texts), dash.no_update
    except HotlineError as error:
        return EMPTY, refusal(error.code, texts), dash.no_update
    return views.drawn(found, base, texts), views.told(found, texts), views.choices(asked, texts)


def around(session: Session, here: Ground, asked: Spot) -> Around:
    """Return what lies around a spot; BadInput (`why` outside) when it is not in the city."""
    lon, lat, _ = asked.at
    if not shapely.box(*here.city.manifest.bbox).intersects(shapely.Point(lon, lat)):
        raise BadInput("outside the city", field="shape", why="outside")
    crs, places = here.city.manifest.metric_crs, here.city.places
    if asked.wind is None:
        area = surroundings.buffer(shapely.Point(lon, lat), asked.metres, crs=crs)
    else:
        area = surroundings.plume(
            lon, lat, wind_from=asked.wind, spread=asked.spread, length=asked.metres, crs=crs
        )
    kinds = surroundings.impact(area, places, spot=(lon, lat), crs=crs)
    inside = Criteria(around=map_query.around(asked), result="open")
    number = tickets.count(session, inside, actor=actor(), now=now(), most=COUNTED + 1)
    roads = network(session)
    stop = roads.ground.snap(np.array([[lon, lat]]))[0]
    drives, reach = None, {}
    if isinstance(stop, Stop):
        drives = {
            kind: surroundings.nearest(roads, stop, places, kind, outbound=outbound)
            for kind, outbound in DRIVES
        }
        if asked.far:
            reach = {minutes: isochrone(roads, stop, minutes)[0] for minutes in MINUTES}
    return Around(
        asked, label_of(here, asked.at), area, kinds, min(number, COUNTED), number > COUNTED, drives,
        reach,
    )  # fmt: skip


def marked(search: str | None) -> tuple[Any, Any, Child]:
    """Return the layers that are switched on."""
    on, texts = map_query.layers(search), words()
    try:
        require("ticket.view")
        here = ground()
        base = map_base(here, map_look())
        found = _places(here, on)
        note: Child = None
        if "tickets" in on:
            with reading() as session:
                today, more = _today(session)
            found += today
            note = texts["map.tickets_more"].format(n=MARKED) if more else None
    except HotlineError as error:
        return EMPTY, EMPTY, refusal(error.code, texts)
    districts = here.city.districts if "districts" in on else here.city.districts.iloc[:0]
    borders = zip(districts["name"].astype(str), districts.geometry, strict=True)
    return city_map.borders(list(borders), base), city_map.marks(found, base, texts), note


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
