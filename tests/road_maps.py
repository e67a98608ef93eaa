"""Road maps for tests: small ones drawn by hand, a random grid, and Jinan where it lies beside the project."""

from functools import cache
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_data.city import bundle
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


def grid(
    side: int, *, seed: int = 1, turns: int = 0, one_way: float = 0.1, missing: float = 0.15
) -> roads.RoadTable:
    """Return a random town of side x side crossings 100 m apart, as arrays: a million nodes in seconds."""
    chance = np.random.default_rng(seed)
    number = np.arange(side * side).reshape(side, side)
    a = np.concatenate([number[:, :-1].ravel(), number[:-1].ravel()])
    b = np.concatenate([number[:, 1:].ravel(), number[1:].ravel()])
    keep = chance.random(len(a)) >= missing
    a, b = a[keep], b[keep]
    way = np.arange(len(a))
    back = chance.random(len(a)) >= one_way
    u, v = np.concatenate([a, b[back]]), np.concatenate([b, a[back]])
    way = np.concatenate([way, way[back]]).astype(np.int32)
    y, x = np.divmod(np.arange(side * side), side)
    xy = np.column_stack([x, y]) * 100.0 + chance.uniform(-30, 30, (side * side, 2))
    along = np.minimum(x[u] == x[v], x[u] % 10 == 0) | np.minimum(y[u] == y[v], y[u] % 10 == 0)
    speed = np.where(along, 60.0, 30.0) + chance.integers(-5, 6, len(a))[way]
    bend = 1 + 0.2 * chance.random(len(a))[way]
    length = np.hypot(*(xy[u] - xy[v]).T) * bend
    u, v = u.astype(np.int32), v.astype(np.int32)
    width = len(str(len(u)))
    made = roads.RoadTable(
        edge_id=np.char.zfill(np.arange(len(u)).astype(f"S{width}"), width),
        node_id=np.arange(side * side).astype(f"S{width}"),
        lonlat=np.empty((0, 2)), xy=xy, u=u, v=v, length=length, speed=speed.astype(np.float64),
        class_code=np.where(along, 4, 10).astype(np.int8), way=way, name=(way % 97).astype(np.int32),
        names=tuple(f"{n}路" for n in range(97)), bridge=np.zeros(len(u), np.bool_),
        bends=np.empty((0, 2)), bend_start=np.zeros(len(u) + 1, np.int32),
        turns=np.empty((0, 2), np.int32), twin=roads.twins(u, v, way, length), crs=CRS,
    )  # fmt: skip
    object.__setattr__(made, "lonlat", made.degrees(xy))
    object.__setattr__(made, "turns", some_turns(made, turns, seed))
    return made


def some_turns(table: roads.RoadTable, count: int, seed: int = 1) -> Any:
    """Return random forbidden turns, (count, 2) edges that meet."""
    chance = np.random.default_rng(seed)
    first = chance.choice(table.edges, min(3 * count, table.edges), replace=False)
    by_tail = np.argsort(table.u, kind="stable")
    start = np.searchsorted(table.u[by_tail], np.arange(table.nodes + 1))
    out = [by_tail[start[v] : start[v + 1]] for v in table.v[first]]
    pairs = [(a, chance.choice(after)) for a, after in zip(first, out, strict=True) if len(after)]
    return np.array(pairs[:count], np.int32).reshape(-1, 2)


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
