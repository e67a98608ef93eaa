"""The map's surroundings of a spot."""

from typing import Any

import dash
import numpy as np
import shapely
from dash import Input, Output
from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.city_ways import label_of
from dashboard.pages.context import actor, map_look, words
from dashboard.views import city_around as views
from dashboard.views import map_query
from dashboard.views.city_around import DRIVES, MINUTES, Around
from dashboard.views.kit import Child, refusal
from dashboard.views.map_query import Spot
from dashboard.views.maps import EMPTY
from gis_data import surroundings
from gis_data.feeds.weather import wind_at
from gis_data.ground import Ground
from gis_data.roads.many import isochrone
from gis_data.roads.network import Stop
from models.clock import now
from models.errors import BadInput, HotlineError
from tickets import search as tickets
from tickets.criteria import Criteria

COUNTED = 1000


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


def told(search: str | None, _tick: object) -> tuple[Any, Child, Child]:
    """Return the surroundings of the address's spot on the map and in words."""
    asked, texts = map_query.spot(search), words()
    try:
        require("ticket.view")
        here = ground()
        base = map_base(here, map_look())
        found, blows = None, None
        if asked is not None:
            with reading() as session:
                found = around(session, here, asked)
                blows = wind_at(session, asked.at.lon, asked.at.lat, now=now())
    except BadInput as error:
        return EMPTY, views.wrong(error, texts), dash.no_update
    except HotlineError as error:
        return EMPTY, refusal(error.code, texts), dash.no_update
    choices = views.choices(asked, texts, blows)
    return views.drawn(found, base, texts), views.told(found, texts), choices


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
