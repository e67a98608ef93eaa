"""The part of the demo city the course plays in, read from its bundle once."""

from pathlib import Path

import shapely

from gis_data.city import bundle
from gis_data.city.manifest import SHIPPED
from gis_data.feeds.samples.course import FREE, JAMMED, WORKS, Edge, Town

BEATS = ("长江东路", "东风南一路", "解放西路", "中山南路", "会展东路")
CAMERAS = 11


def town(path: Path = SHIPPED) -> Town:
    """Return the roads, beats and cameras of the demo city."""
    city = bundle.read(path)
    roads = city.layer("roads")
    told = roads[roads["name"].isin((*JAMMED, *FREE))]
    edges = [
        Edge(str(edge), str(road), float(kmh))
        for edge, road, kmh in zip(told["id"], told["name"], told["speed"], strict=True)
    ]
    named = {*BEATS, *JAMMED}
    lines = {name: _longest(roads[roads["name"] == name].geometry.to_numpy()) for name in named}
    beats = [(name, line) for name in BEATS if (line := lines[name]) is not None]
    middles = {
        name: tuple(line.interpolate(0.5, normalized=True).coords[0])
        for name in JAMMED
        if (line := lines[name]) is not None
    }
    places = city.places
    seen = places[places["kind"] == "camera"]
    # those nearest to the works first: they are looked at when the smoke rises
    order = shapely.distance(seen.geometry.to_numpy(), shapely.Point(WORKS)).argsort()
    rows = seen.iloc[order[:CAMERAS]]
    at = shapely.get_coordinates(rows.geometry.to_numpy()).round(6).tolist()
    cameras = [(str(name), lon, lat) for name, (lon, lat) in zip(rows["name"], at, strict=True)]
    return Town(edges, beats, middles, cameras)


def _longest(lines: object) -> shapely.LineString | None:
    merged = shapely.line_merge(
        shapely.multilinestrings(shapely.get_parts(shapely.union_all(lines)))
    )
    parts = [part for part in shapely.get_parts(merged) if isinstance(part, shapely.LineString)]
    return max(parts, key=lambda part: part.length, default=None)
