"""Road maps for tests: small ones drawn by hand, a random grid, and Jinan where it lies beside the project."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_data.city import bundle
from gis_data.coordinates import metric_crs_at
from gis_data.roads import network as net
from gis_data.roads import table as roads

CENTRE = (112.0, 33.0)
CRS = f"+proj=tmerc +lat_0={CENTRE[1]} +lon_0={CENTRE[0]} +ellps=WGS84 +units=m +no_defs"
JINAN_ZIP = Path(__file__).parents[2] / "shared/data/jinan_roads/jinan_roads_shp.zip"
JINAN_CRS = "+proj=tmerc +lat_0=36.85 +lon_0=117.1 +ellps=WGS84 +units=m +no_defs"
SHIPPED = Path(__file__).parents[1] / "gis_data/city/yunzhou.zip"
SPEED = {
    "motorway": 110, "trunk": 80, "primary": 60, "secondary": 50, "tertiary": 40, "residential": 30,
    "service": 20,
}  # fmt: skip


def lonlat(x: float, y: float) -> tuple[float, float]:
    """Return a place some metres east and north of the centre, near enough."""
    return CENTRE[0] + x / 93_500, CENTRE[1] + y / 110_900


def frames(
    nodes: dict[str, tuple[float, float]], edges: list[dict[str, Any]],
    turns: tuple[tuple[str, str], ...] = (),
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:  # fmt: skip
    """Return layers of a map drawn by hand: nodes in metres; an edge needs `id`, `u`, `v`, all else has a default."""
    at = {name: lonlat(*place) for name, place in nodes.items()}
    points = gpd.GeoDataFrame(
        {"id": list(at)}, geometry=shapely.points(list(at.values())), crs="EPSG:4326"
    )
    rows = []
    for edge in edges:
        line = shapely.LineString([at[edge["u"]], at[edge["v"]]])
        metres = float(np.hypot(*np.subtract(nodes[edge["u"]], nodes[edge["v"]])))
        rows.append({
            "way": edge["id"].removesuffix("-"), "name": "", "class": "residential", "speed": 36.0,
            "bridge": False, "length": metres, "geometry": line, **edge,
        })  # fmt: skip
    lines = gpd.GeoDataFrame(rows, geometry="geometry", crs="EPSG:4326")
    return points, lines, pd.DataFrame(turns, columns=["from_edge", "to_edge"])


def both(edge: str, u: str, v: str, **more: Any) -> list[dict[str, Any]]:
    """Return the two directions of a two-way road, `edge` and `edge-`."""
    return [{"id": edge, "u": u, "v": v, **more}, {"id": f"{edge}-", "u": v, "v": u, **more}]


def city(*args: Any) -> net.Network:
    """Return the network of a map drawn by hand."""
    return net.Network(net.ground(roads.from_frames(*frames(*args), crs=CRS)))


@cache
def yunzhou() -> roads.RoadTable:
    """Return the roads of the demo city."""
    return roads.of_city(bundle.read(SHIPPED))


@cache
def jinan() -> roads.RoadTable | None:
    """Return the drive network of Jinan (OpenStreetMap, ODbL), None where it is not beside the project."""
    if not JINAN_ZIP.exists():
        return None
    edges = gpd.read_file(f"zip://{JINAN_ZIP}!edges.shp").set_crs("EPSG:4326")
    points = gpd.read_file(f"zip://{JINAN_ZIP}!nodes.shp").set_crs("EPSG:4326")
    at = {
        place: str(row)
        for row, place in enumerate(map(tuple, shapely.get_coordinates(points.geometry)))
    }
    lines = edges.geometry.to_numpy()
    for end, place in (("u", 0), ("v", -1)):
        stands = shapely.get_coordinates(shapely.get_point(lines, place))
        edges[end] = [at[tuple(point)] for point in stands]
    edges["id"], edges["way"] = edges["eid"].astype(str), edges["raw_eid"].astype(str)
    edges["class"] = edges["highway"].str.replace("unclassified", "residential").str.replace(
        "living_street", "service"
    )  # fmt: skip
    edges["speed"] = [float(SPEED.get(kind.removesuffix("_link"), 30)) for kind in edges["class"]]
    edges["name"], edges["bridge"] = "", False
    edges["length"] = edges.to_crs(JINAN_CRS).length
    edges = edges[edges["length"] > 0]  # one is a point
    nodes = gpd.GeoDataFrame(
        {"id": list(at.values())}, geometry=shapely.points(list(at)), crs="EPSG:4326"
    )
    return roads.from_frames(nodes, edges, None, crs=JINAN_CRS)


@cache
def pyrosm_extract() -> roads.RoadTable | None:
    """Return the roads of the extract that the package pyrosm carries, imported as any other, None without it."""
    from gis_data.city.imports import osm
    from gis_data.city.imports.report import Report

    found = find_spec("pyrosm")
    if found is None or found.origin is None:
        return None
    extract = Path(found.origin).parent / "data/test.osm.pbf"
    if not extract.exists():
        return None
    layers = osm.read(extract, Report("osm", extract.name))
    west, south, _, _ = layers["roads"].total_bounds
    crs = metric_crs_at(west, south)
    return roads.from_frames(layers["nodes"], layers["roads"], layers.get("turns"), crs=crs)
