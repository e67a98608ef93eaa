"""转移安置 on the command page: who in a drawn buffer or plume goes to which shelter, and the ways there."""

from typing import Any

import dash
import numpy as np
import shapely
from dash import Input, Output, State

from command import evacuation, moving, pictures, queries, ways
from command.plot_shapes import geometry
from dashboard.auth import require
from dashboard.door import ground, map_base, network, reading
from dashboard.pages.context import actor, map_look, place, words
from dashboard.views import clock
from dashboard.views import command_evacuation as views
from dashboard.views.kit import Child, refusal
from dashboard.views.maps import EMPTY, features
from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Route
from gis_data.surroundings import buffer, impact
from models.clock import now
from models.errors import HotlineError
from models.rules.incident.state import Picture

AROUND_M = 500.0
"""Whom one moves where nothing is drawn yet."""
DRAWN_MOST = 25


def register(app: dash.Dash) -> None:
    """Register the button; what it found follows the roads."""
    app.callback(
        Output("command-evacuation", "children"),
        Output("command-moves", "data"),
        Output("command-evacuated", "data"),
        Input("command-evacuate", "n_clicks"),
        Input("command-roads-tick", "data"),
        State("command-incident", "data"),
        State("command-evacuated", "data"),
        prevent_initial_call=True,
    )(planned)


def planned(
    clicks: int | None, _roads: object, incident: int | None, known: dict[str, Any] | None
) -> tuple[Child, Any, Any]:
    """Return who goes where on the roads as they are open now, the ways, and what they were reckoned for.

    Places tell of much besides roads: only another press, or other closures, is a reason to reckon anew.
    """
    if not clicks or not incident:
        return dash.no_update, dash.no_update, dash.no_update
    try:
        require(queries.VIEW)
        here = ground()
        base = map_base(here, map_look())
        crs = here.city.manifest.metric_crs
        with reading() as session:
            moving.read(session, incident, actor=actor())
            roads, zone = network(session), place(session).zone
            reckoned = {"clicks": clicks, "closed": ways.closed_mark(roads)}
            if known == reckoned:
                return dash.no_update, dash.no_update, dash.no_update
            picture = pictures.picture(session, incident)
            area, drawn = area_of(picture, crs)
            if area is None:
                return views.nowhere(words()), EMPTY, reckoned
            spot = area.representative_point()
            groups = evacuation.groups_of(
                impact(area, here.city.places, spot=(spot.x, spot.y), crs=crs)
            )
            havens = evacuation.shelters(session, actor=actor(), outside=area)
            found = evacuation.evacuate(roads, groups, havens)
            lines = _lines(roads, found, groups, havens)
    except HotlineError as error:
        return refusal(error.code, words()), EMPTY, None
    shown = [
        (
            {"type": "LineString", "coordinates": base.shown(way.points).round(6).tolist()},
            {"kind": "shortest", "say": [say]},
        )
        for way, say in lines
    ]
    by_roads = known is not None and known["clicks"] == clicks
    again = clock.time_of(now(), zone) if by_roads else ""
    return views.plan(found, drawn, words(), again), features(shown), reckoned


def area_of(picture: Picture | None, crs: str) -> tuple[shapely.Geometry | None, str]:
    """Return the area people leave, and what drew it: the newest buffer or plume, else a circle round the place."""
    if picture is None:
        return None, ""
    bodies = [(each.at, each.body) for each in picture.drawings.values() if each.body is not None]
    drawn = [(at, body) for at, body in bodies if body.effect in ("buffer", "plume")]
    if drawn:
        _, newest = max(drawn, key=lambda each: each[0])
        return geometry(newest, crs), newest.effect
    place = picture.incident.place
    if place.lon is None or place.lat is None:
        return None, ""
    return buffer(shapely.Point(place.lon, place.lat), AROUND_M, crs=crs), ""


def _lines(
    roads: Network, found: evacuation.Evacuation, groups: list[evacuation.Group],
    havens: list[evacuation.Haven],
) -> list[tuple[Route, str]]:  # fmt: skip
    """Return the ways of the largest groups."""
    where = {group.id: (group.lon, group.lat) for group in groups}
    to = {haven.code: (haven.lon, haven.lat) for haven in havens}
    lines = []
    for move in sorted(found.moves, key=lambda move: -move.people)[:DRAWN_MOST]:
        end = roads.ground.snap(np.array([to[move.shelter]]))[0]
        way = ways.way(roads, where[move.group], end) if isinstance(end, Stop) else None
        if isinstance(way, Route):
            lines.append((way, f"{move.label} → {move.shelter_label}"))
    return lines
