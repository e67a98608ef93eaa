"""OpenStreetMap, as PBF: drivable roads, turn restrictions, places, addresses, areas, boundaries."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from itertools import groupby, pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import osmium
import pandas as pd
import shapely

from gis_data.city.check import Layers
from gis_data.city.imports.osm_tags import (
    AREAS,
    adcode,
    area_kind,
    driven,
    name_of,
    oneway,
    place_kind,
    speed,
)
from gis_data.city.imports.report import Report
from gis_data.city.layers import SPEEDS, WGS84
from gis_data.coordinates import lengths
from models.errors import BadInput

_ENTITIES = osmium.osm.NODE | osmium.osm.WAY | osmium.osm.AREA | osmium.osm.RELATION


@dataclass(slots=True)
class _Way:
    id: int
    nodes: list[int]
    at: list[tuple[float, float]]
    row: dict[str, Any]
    oneway: int


@dataclass(slots=True)
class _Found:
    """What a file holds, while it is read."""

    ways: list[_Way] = field(default_factory=list)
    restrictions: list[tuple[int, str, dict[str, list[tuple[str, int]]]]] = field(
        default_factory=list
    )
    places: list[dict[str, Any]] = field(default_factory=list)
    addresses: list[dict[str, Any]] = field(default_factory=list)
    areas: list[dict[str, Any]] = field(default_factory=list)
    districts: list[dict[str, Any]] = field(default_factory=list)


def read(path: Path, report: Report) -> Layers:
    """Return the layers the file has rows for; BadInput when it is no OSM file or holds no road."""
    found = _Found()
    factory = osmium.geom.WKBFactory()
    try:
        for thing in osmium.FileProcessor(str(path), _ENTITIES).with_locations().with_areas():
            _take(thing, found, factory, report)
    except (RuntimeError, osmium.InvalidLocationError) as error:
        raise BadInput(f"{path.name}: not readable as OSM: {error}", reason="unreadable") from error
    if not found.ways:
        raise BadInput(f"{path.name}: no road in it", reason="empty", report=report)
    nodes, roads = _network(found.ways)
    layers = {"nodes": nodes, "roads": roads, "turns": _turns(found.restrictions, roads, report)}
    for name in ("places", "addresses", "areas", "districts"):
        rows = getattr(found, name)
        if rows:
            layers[name] = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry", crs=WGS84)
    report.taken = len(found.ways) + sum(
        len(layers[n]) for n in layers if n not in ("nodes", "roads")
    )
    return layers


def _take(thing: Any, found: _Found, factory: Any, report: Report) -> None:  # noqa: ANN401
    tags = dict(thing.tags)
    if not tags:
        return
    if thing.is_way():
        if "highway" in tags:
            report.read += 1
            _way(thing, tags, found, report)
    elif thing.is_relation():
        if tags.get("type") == "restriction":
            report.read += 1
            _restriction(thing, tags, found, report)
    elif thing.is_node():
        _point(f"o{thing.id}", tags, shapely.Point(thing.location.lon, thing.location.lat), found)
    else:
        _area(thing, tags, found, factory, report)


def _way(way: Any, tags: dict[str, str], found: _Found, report: Report) -> None:  # noqa: ANN401
    kind = driven(tags)
    if kind is None:
        report.refuse(f"way {way.id}", "不通汽车的道路")
        return
    runs = _runs(way)
    if not runs:
        report.refuse(f"way {way.id}", "在图幅之外，少于两个点")
        return
    lanes = tags.get("lanes", "0").partition(";")[0]
    row = {
        "name": name_of(tags), "class": kind, "speed": speed(tags) or SPEEDS[kind],
        "lanes": int(lanes) if lanes.isdigit() and len(lanes) < 3 else 0,
        "bridge": tags.get("bridge", "no") != "no", "tunnel": tags.get("tunnel", "no") != "no",
    }  # fmt: skip
    found.ways += [
        _Way(way.id, [ref for ref, _ in run], [at for _, at in run], row, oneway(tags))
        for run in runs
    ]


def _runs(way: Any) -> list[list[tuple[int, tuple[float, float]]]]:  # noqa: ANN401
    """Return the stretches of a way that are in the file: an extract cuts ways at its border."""
    runs: list[list[tuple[int, tuple[float, float]]]] = []
    for known, group in groupby(way.nodes, lambda node: node.location.valid()):
        run = [
            (n.ref, (round(n.location.lon, 7), round(n.location.lat, 7))) for n in group if known
        ]
        run = [node for k, node in enumerate(run) if k == 0 or node[0] != run[k - 1][0]]
        if len(run) > 1:
            runs.append(run)
    return runs


def _restriction(relation: Any, tags: dict[str, str], found: _Found, report: Report) -> None:  # noqa: ANN401
    kind = tags.get("restriction:motorcar") or tags.get("restriction") or ""
    if "motorcar" in tags.get("except", "") or not kind.startswith(("no_", "only_")):
        report.refuse(f"relation {relation.id}", "不限制汽车的转向限制")
        return
    members: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for member in relation.members:
        members[member.role].append((member.type, member.ref))
    found.restrictions.append((relation.id, kind, members))


def _point(key: str, tags: dict[str, str], point: Any, found: _Found) -> None:  # noqa: ANN401
    kind = place_kind(tags)
    street, number = tags.get("addr:street", ""), tags.get("addr:housenumber", "")
    name = name_of(tags)
    if kind and name:
        people = tags.get("capacity", "")
        found.places.append({
            "id": key, "kind": kind, "name": name, "address": f"{street}{number}",
            "phone": tags.get("phone") or tags.get("contact:phone", ""),
            "people": int(people) if people.isdigit() else -1, "note": "", "geometry": point,
        })  # fmt: skip
    if number and street:
        found.addresses.append({
            "id": key, "road": street, "number": number, "name": name, "geometry": point,
            "district": "", "street": "", "grid": "",
        })  # fmt: skip


def _area(area: Any, tags: dict[str, str], found: _Found, factory: Any, report: Report) -> None:  # noqa: ANN401
    border = tags.get("boundary") == "administrative" and tags.get("admin_level") == "6"
    wanted = place_kind(tags) or "addr:housenumber" in tags or border
    if not wanted and not any(key in tags for key in AREAS):
        return
    key = f"o{'w' if area.from_way() else 'r'}{area.orig_id()}"
    try:
        shape = shapely.from_wkb(bytes.fromhex(factory.create_multipolygon(area)))
    except (RuntimeError, osmium.InvalidLocationError, shapely.GEOSException) as error:
        report.refuse(key, f"面不成形（{error}）")
        return
    shape = shape.geoms[0] if len(shape.geoms) == 1 else shape
    _point(key, tags, shape.representative_point(), found)
    kind = area_kind(tags)
    if kind:
        found.areas.append({"id": key, "kind": kind, "name": name_of(tags), "geometry": shape})
    if border:
        code = adcode(tags)
        if code:
            found.districts.append({
                "adcode": code, "name": name_of(tags), "population": -1, "geometry": shape
            })  # fmt: skip
        else:
            report.refuse(key, "区县边界没有区划代码")


# --- the network ----------------------------------------------------------------------------


def _network(ways: list[_Way]) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Cut the ways where they meet; nodes and edges keep OSM's own ids."""
    uses: dict[int, int] = defaultdict(int)
    for way in ways:
        for ref in way.nodes:
            uses[ref] += 1
        uses[way.nodes[0]] += 1
        uses[way.nodes[-1]] += 1
        if way.nodes[0] == way.nodes[-1]:
            uses[way.nodes[len(way.nodes) // 2]] += 1  # an edge has two ends
    at: dict[int, tuple[float, float]] = {}
    rows: list[dict[str, Any]] = []
    shapes: list[list[tuple[float, float]]] = []
    pieces: Counter[int] = Counter()
    for way in ways:
        cuts = [k for k, ref in enumerate(way.nodes) if uses[ref] > 1]
        for start, end in pairwise(cuts):
            u, v = way.nodes[start], way.nodes[end]
            at[u], at[v] = way.at[start], way.at[end]
            name = f"w{way.id}.{pieces[way.id]}"
            pieces[way.id] += 1
            line = way.at[start : end + 1]
            if way.oneway >= 0:
                rows.append({"id": f"{name}+", "u": f"n{u}", "v": f"n{v}", "way": name, **way.row})
                shapes.append(line)
            if way.oneway <= 0:
                rows.append({"id": f"{name}-", "u": f"n{v}", "v": f"n{u}", "way": name, **way.row})
                shapes.append(line[::-1])
    sizes = [len(shape) for shape in shapes]
    lines = shapely.linestrings(np.concatenate(shapes), indices=np.repeat(range(len(sizes)), sizes))
    roads = gpd.GeoDataFrame(pd.DataFrame(rows), geometry=lines, crs=WGS84)
    roads["length"] = lengths(lines)
    nodes = gpd.GeoDataFrame(
        {"id": [f"n{ref}" for ref in at]}, geometry=shapely.points(list(at.values())), crs=WGS84
    )
    return nodes, roads


def _turns(
    restrictions: list[tuple[int, str, dict[str, list[tuple[str, int]]]]],
    roads: gpd.GeoDataFrame,
    report: Report,
) -> gpd.GeoDataFrame:
    """Write restrictions out as forbidden pairs of edges; an "only" forbids every other way on."""
    arriving: dict[str, list[tuple[str, int]]] = defaultdict(list)
    leaving: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for key, u, v, way in zip(*(roads[c] for c in ("id", "u", "v", "way")), strict=True):
        number = int(way[1:].partition(".")[0])
        arriving[v].append((key, number))
        leaving[u].append((key, number))
    rows: set[tuple[str, str, str]] = set()
    for number, kind, members in restrictions:
        via = [ref for type_, ref in members.get("via", []) if type_ == "n"]
        if len(via) != 1:
            report.refuse(f"relation {number}", "经由道路（不是一个点）的转向限制")
            continue
        node = f"n{via[0]}"
        came = _edges(arriving[node], members.get("from", []))
        goes = _edges(leaving[node], members.get("to", []))
        if not came or not goes:
            report.refuse(f"relation {number}", "转向限制所指的道路不在图中")
            continue
        allowed = set(goes)
        out = (
            [key for key, _ in leaving[node] if key not in allowed]
            if kind.startswith("only_")
            else goes
        )
        rows |= {(a, node, b) for a in came for b in out if _turn(kind, a, b)}
    at = dict(zip(roads["u"], shapely.get_point(roads.geometry.to_numpy(), 0), strict=True))
    found = sorted(rows)
    return gpd.GeoDataFrame(
        {
            "from_edge": [a for a, _, _ in found], "node": [n for _, n, _ in found],
            "to_edge": [b for _, _, b in found], "kind": ["no"] * len(found),
        },
        geometry=gpd.GeoSeries([at[n] for _, n, _ in found], crs=WGS84), crs=WGS84,
    )  # fmt: skip


def _edges(near: list[tuple[str, int]], members: list[tuple[str, int]]) -> list[str]:
    """Return the edges at a node that belong to the ways of a restriction."""
    wanted = {ref for type_, ref in members if type_ == "w"}
    return [key for key, way in near if way in wanted]


def _turn(kind: str, came: str, goes: str) -> bool:
    """Return whether a pair is meant: a U-turn goes back on the very piece it came from, others do not."""
    back = came[:-1] == goes[:-1]
    return back if kind == "no_u_turn" else not back or kind.startswith("only_")
