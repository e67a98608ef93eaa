"""A map of the city as every page shows it: our own tiles, scale bar, who is named, what is fictional."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import dash_leaflet as dl
import numpy as np
from dash import dcc, html

from dashboard.views.kit import Child, Words, data
from gis_data.city.manifest import Manifest
from gis_data.coordinates import from_wgs84, to_wgs84
from gis_data.tiles.style import ZOOM_MAX, ZOOM_MIN, Theme


class Look(NamedTuple):
    """Light or dark, and twice as large on a big screen."""

    theme: Theme
    big: bool


class Base(NamedTuple):
    """What a map lies on: the city, and where its tiles come from.

    tiles : address with {z}, {x}, {y} of another source's tiles, empty for our own; datum : what they are drawn in.
    """

    manifest: Manifest
    version: str
    look: Look
    tiles: str = ""
    datum: str = "wgs84"

    def shown(self, lonlat: Any) -> Any:  # noqa: ANN401 - (n, 2) degrees in and out
        """Return WGS-84 points, shape (n, 2), as this map must draw them to lie on its tiles."""
        points = np.asarray(lonlat, dtype=float).reshape(-1, 2)
        return np.column_stack(from_wgs84(points[:, 0], points[:, 1], self.datum))

    def meant(self, lon: float, lat: float) -> tuple[float, float]:
        """Return a point pressed on this map in WGS-84."""
        lons, lats = to_wgs84(np.array([lon]), np.array([lat]), self.datum)
        return float(lons[0]), float(lats[0])


def painter(name: str) -> dict[str, str]:
    """Return the browser's own function of `66-maps.js`, as dash-leaflet names it."""
    return {"variable": f"hotline.maps.{name}"}


def city_map(
    base: Base,
    name: str,
    layers: Sequence[Child],
    *,
    bounds: Sequence[float] = (),
    css: str = "map",
    press: str = "",
) -> Child:
    """Return a map with layers over the city's ground, seen whole or within west, south, east, north.

    press : the function of the browser that hears where the map was pressed.
    """
    heard = {"click": painter(press)} if press else {}
    west, south, east, north = bounds or base.manifest.bbox
    corners = base.shown([(west, south), (east, north)])
    return dl.Map(
        [
            _ground(base, name),
            *layers,
            dl.ScaleControl(imperial=False, position="bottomleft"),
            dl.AttributionControl(position="bottomright", prefix=""),
        ],
        id=name,
        bounds=[[float(lat), float(lon)] for lon, lat in corners],
        minZoom=ZOOM_MIN + (1 if base.look.big else 0),
        maxZoom=ZOOM_MAX,
        preferCanvas=True,
        attributionControl=False,
        zoomSnap=0.5,
        trackViewport=False,  # it would compare with a centre, and a map that begins with bounds has none
        className=f"{css} big" if base.look.big else css,
        eventHandlers=heard,
    )


def finder(name: str, words: Words) -> Child:
    """Return the box that finds a place on the map `name` and marks it; the map needs its `pin`."""
    box = dcc.Input(
        id="place-find", type="text", maxLength=60, autoComplete="off", placeholder=words["place.find_help"],
    )  # fmt: skip
    listed = html.Ul(id="place-list", role="listbox", hidden=True, className="place-list")
    label = html.Label(words["place.find"], htmlFor="place-find")
    return html.Div([label, box, listed], className="suggest place-find", **data(finder=name))


def pin(name: str, at: Sequence[float] | None = None) -> Child:
    """Return the mark of one place on the map `name`, unseen without `at` (lat, lon as drawn); scripts move it."""
    return dl.DivMarker(
        id=f"{name}-pin", position=list(at or (0.0, 0.0)), opacity=1 if at else 0,
        iconOptions={"className": "place-pin", "html": "<i></i>", "iconSize": [22, 22], "iconAnchor": [11, 26]},
        interactive=False, keyboard=False,
    )  # fmt: skip


def _ground(base: Base, name: str) -> Child:
    said = " · ".join(filter(None, (base.manifest.label, base.manifest.attribution)))
    own = (
        f"/tiles/{base.version}/{base.look.theme}/{{z}}/{{x}}/{{y}}@{2 if base.look.big else 1}.png"
    )
    larger: dict[str, Any] = {"tileSize": 512, "zoomOffset": -1} if base.look.big else {}
    return dl.TileLayer(
        id=f"{name}-tiles", url=base.tiles or own, attribution=said,
        minNativeZoom=ZOOM_MIN + (1 if base.look.big else 0), maxNativeZoom=ZOOM_MAX, **larger,
    )  # fmt: skip


def shapes(
    name: str, data: dict[str, Any], paint: str, *, facts: dict[str, Any] | None = None,
    tip: str = "", points: str = "",
) -> Child:  # fmt: skip
    """Return a GeoJSON layer painted in the browser: lines and areas by `paint`, points by `points`.

    `facts` are what the painters may ask.
    """
    more: dict[str, Any] = {"onEachFeature": painter(tip)} if tip else {}
    if paint:
        more["style"] = painter(paint)
    if points:
        more["pointToLayer"] = painter(points)
    return dl.GeoJSON(id=name, data=data, hideout=facts or {}, **more)


def features(shapes_and_facts: Sequence[tuple[dict[str, Any], dict[str, Any]]]) -> dict[str, Any]:
    """Return a GeoJSON collection of (geometry, properties)."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "geometry": shape, "properties": facts}
            for shape, facts in shapes_and_facts
        ],
    }


EMPTY = features([])
"""A layer of nothing."""
