"""Judges the layers of a city. What can be mended is mended and said; what cannot is an error.

A notice is true of the place and stays: islands and one-way traps are in every real road network, and
routing says "unreachable" there.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal

import geopandas as gpd
import msgspec
import networkx as nx
import numpy as np
import pandas as pd
import shapely

from gis_data.city.layers import AREA_KINDS, LAYERS, PLACE_KINDS, SPEEDS, conform
from gis_data.coordinates import lengths
from models.errors import BadInput

Severity = Literal["mended", "notice", "error"]
Layers = dict[str, gpd.GeoDataFrame]
SAMPLES = 5
ADCODE = re.compile(r"[1-9]\d{5}")
SPEED_MAX = 150.0
_SPARE_M = 2.0
"""How far an edge may end from its node."""

TEXTS: Mapping[str, tuple[Severity, str]] = {
    "swapped": ("mended", "经纬度颠倒，已对调"),
    "crs": ("error", "坐标不是经纬度（可能是投影坐标，或坐标系未声明）"),
    "no_shape": ("mended", "没有图形，已略去"),
    "self_crossing": ("mended", "面自相交，已修复"),
    "no_area": ("error", "面自相交且无法修复"),
    "duplicate_id": ("error", "编号重复"),
    "adcode": ("error", "区划代码不是六位数字"),
    "code": ("error", "街道或网格编码不以上级编码开头"),
    "unknown_parent": ("error", "上级区划不存在"),
    "overlap": ("notice", "区县互相重叠"),
    "outside": ("error", "在区县范围之外"),
    "kind": ("error", "类别不在规定之列"),
    "zero_length": ("mended", "长度为零的路段，已略去"),
    "duplicate_edge": ("mended", "重复的路段，已略去"),
    "speed": ("mended", "车速不合理，已改为该等级道路的默认值"),
    "length": ("mended", "长度与图形不符，已重新量算"),
    "class": ("error", "道路等级不在规定之列"),
    "unknown_node": ("error", "路段的端点不存在"),
    "torn": ("error", "路段两端不在其端点上"),
    "lone_node": ("mended", "没有路段的端点，已略去"),
    "turn": ("mended", "转向限制所指的路段不存在，已略去"),
    "islands": ("notice", "与主路网不连通的路网"),
    "traps": ("notice", "能进不能出或能出不能进的路段端点（单行所致）"),
}
"""Code -> what is done about it, and the words."""


class Fault(msgspec.Struct, frozen=True):
    """What is wrong with `count` rows of a layer; `samples` are some of their keys."""

    code: str
    layer: str
    count: int
    samples: tuple[str, ...] = ()

    @property
    def severity(self) -> Severity:
        """Return whether it was mended, only noticed, or is an error."""
        return TEXTS[self.code][0]

    @property
    def text(self) -> str:
        """Return it in plain words."""
        where = f"（{'、'.join(self.samples)}{' 等' * (self.count > len(self.samples))}）"
        return f"{self.layer}：{TEXTS[self.code][1]}，{self.count} 条{where * bool(self.samples)}"


class _Check:
    """The layers while they are judged."""

    def __init__(self, layers: Mapping[str, gpd.GeoDataFrame]) -> None:
        self.layers: Layers = dict(layers)
        self.faults: list[Fault] = []

    def say(self, code: str, layer: str, keys: Iterable[object], count: int = 0) -> None:
        found = [str(key) for key in keys]
        if found or count:
            self.faults.append(Fault(code, layer, count or len(found), tuple(found[:SAMPLES])))

    def drop(self, code: str, layer: str, bad: Any) -> None:  # noqa: ANN401 - a bool mask (n,)
        """Say it and leave the rows out."""
        frame = self.layers[layer]
        bad = np.asarray(bad, bool)
        if bad.any():
            self.say(code, layer, _keys(layer, frame)[bad])
            self.layers[layer] = frame[~bad].reset_index(drop=True)

    def tell(self, code: str, layer: str, bad: Any) -> None:  # noqa: ANN401 - a bool mask (n,)
        """Say it of the rows of a mask."""
        self.say(code, layer, _keys(layer, self.layers[layer])[np.asarray(bad, bool)])


def check(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[Layers, list[Fault]]:
    """Return the layers, mended and as the contract has them, and what is or was wrong with them.

    BadInput when a layer lacks a column or its CRS.
    """
    state = _Check(layers)
    for name in state.layers:
        state.layers[name] = conform(name, state.layers[name])
        _shapes(state, name)
    _box(state)
    for name in state.layers:
        state.tell("duplicate_id", name, _keys(name, state.layers[name]).duplicated())
    for name, rule in _RULES.items():
        if name in state.layers and len(state.layers[name]):
            rule(state)
    return state.layers, state.faults


def errors(faults: Iterable[Fault]) -> list[Fault]:
    """Return those that keep a bundle from being made."""
    return [fault for fault in faults if fault.severity == "error"]


def require(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[Layers, list[Fault]]:
    """Return as `check` does; BadInput with every error's words when there is one."""
    mended, faults = check(layers)
    wrong = errors(faults)
    if wrong:
        raise BadInput(
            "；".join(fault.text for fault in wrong), reason=wrong[0].code, faults=faults
        )
    return mended, faults


def _keys(name: str, frame: gpd.GeoDataFrame) -> pd.Series:
    columns = [frame[column] for column in LAYERS[name].key]
    joined = columns[0]
    for column in columns[1:]:
        joined = joined + ">" + column
    return joined


# --- shapes ---------------------------------------------------------------------------------


def _shapes(state: _Check, name: str) -> None:
    frame = state.layers[name]
    shapes = frame.geometry.to_numpy()
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    state.drop("no_shape", name, shapely.is_missing(shapes) | shapely.is_empty(shapes) | ~finite)
    if "Polygon" not in LAYERS[name].geometry:
        return
    frame = state.layers[name]
    shapes = frame.geometry.to_numpy()
    broken = ~shapely.is_valid(shapes)
    if not broken.any():
        return
    mended = np.array([_polygons(shape) for shape in shapely.make_valid(shapes[broken])])
    shapes = shapes.copy()
    shapes[broken] = mended
    state.layers[name] = frame.set_geometry(gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs))
    flat = np.zeros(len(shapes), bool)
    flat[broken] = shapely.is_empty(mended)
    state.tell("self_crossing", name, broken & ~flat)
    state.tell("no_area", name, flat)


def _polygons(shape: Any) -> Any:  # noqa: ANN401 - shapely is untyped
    """Return the areas of what make_valid gave; it may leave lines and points beside them."""
    parts = [p for p in shapely.get_parts(shape) if p.geom_type in ("Polygon", "MultiPolygon")]
    flat = list(shapely.get_parts(np.array(parts))) if parts else []
    return flat[0] if len(flat) == 1 else shapely.MultiPolygon(flat)


def _box(state: _Check) -> None:
    """Turn swapped coordinates round, and refuse what is no lon and lat at all."""
    for name, frame in state.layers.items():
        if not len(frame):
            continue
        bounds = frame.geometry.bounds.to_numpy()
        beyond = (np.abs(bounds[:, [0, 2]]) > 180).any(1) | (np.abs(bounds[:, [1, 3]]) > 90).any(1)
        turned = beyond & (np.abs(bounds[:, [1, 3]]) <= 180).all(1) & (np.abs(bounds) <= 180).all(1)
        turned &= (np.abs(bounds[:, [0, 2]]) <= 90).all(1)
        state.tell("crs", name, beyond & ~turned)
        if turned.any():
            state.tell("swapped", name, turned)
            shapes = frame.geometry.to_numpy().copy()
            shapes[turned] = shapely.transform(shapes[turned], lambda points: points[:, ::-1])
            series = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
            state.layers[name] = frame.set_geometry(series)


# --- administration -------------------------------------------------------------------------


def _districts(state: _Check) -> None:
    frame = state.layers["districts"]
    state.tell("adcode", "districts", ~frame["adcode"].str.fullmatch(ADCODE.pattern))
    shapes = frame.geometry.to_numpy()
    one, other = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    one, other = one[one < other], other[one < other]
    shared = shapely.area(shapely.intersection(shapes[one], shapes[other]))
    much = shared > 0.001 * np.minimum(shapely.area(shapes[one]), shapely.area(shapes[other]))
    names = frame["name"].to_numpy()
    state.say(
        "overlap",
        "districts",
        [f"{names[a]}/{names[b]}" for a, b in zip(one[much], other[much], strict=True)],
    )


def _part_of(layer: str, column: str, outer: str, digits: int) -> "Callable[[_Check], None]":
    def judge(state: _Check) -> None:
        frame = state.layers[layer]
        code = frame["code"]
        good = code.str.fullmatch(rf"\d{{{digits}}}") & (code.str[: digits - 3] == frame[column])
        state.tell("code", layer, ~good)
        parents = state.layers.get(outer)
        if parents is not None and len(parents):
            state.tell("unknown_parent", layer, ~frame[column].isin(parents[LAYERS[outer].key[0]]))

    return judge


def _points(layer: str) -> "Callable[[_Check], None]":
    def judge(state: _Check) -> None:
        if layer == "places":
            state.tell("kind", layer, ~state.layers[layer]["kind"].isin(PLACE_KINDS))
        state.tell("outside", layer, ~within(state.layers, state.layers[layer].geometry.to_numpy()))

    return judge


def within(layers: Mapping[str, gpd.GeoDataFrame], points: Any) -> Any:  # noqa: ANN401
    """Return which points (n,) lie in a district, (n,) bool; all of them where there are no districts."""
    districts = layers.get("districts")
    if districts is None or not len(districts):
        return np.ones(len(points), bool)
    inside = np.zeros(len(points), bool)
    hits = shapely.STRtree(districts.geometry.to_numpy()).query(points, predicate="intersects")
    inside[hits[0]] = True
    return inside


def _areas(state: _Check) -> None:
    state.tell("kind", "areas", ~state.layers["areas"]["kind"].isin(AREA_KINDS))


# --- roads ----------------------------------------------------------------------------------


def _roads(state: _Check) -> None:
    frame = state.layers["roads"]
    state.tell("class", "roads", ~frame["class"].isin(list(SPEEDS)))
    measured = lengths(frame.geometry.to_numpy())
    state.drop("zero_length", "roads", measured <= 0.0)
    frame, measured = state.layers["roads"], measured[measured > 0.0]
    told = frame["length"].to_numpy()
    wrong = ~(np.abs(told - measured) <= np.maximum(0.02 * measured, 0.5))
    if wrong.any():
        state.tell("length", "roads", wrong)
        frame = frame.assign(length=np.where(wrong, measured, told))
    mad = ~frame["speed"].between(1.0, SPEED_MAX)
    if mad.any():
        state.tell("speed", "roads", mad)
        usual = frame["class"].map(SPEEDS).fillna(SPEEDS["residential"])
        frame = frame.assign(speed=frame["speed"].where(~mad, usual))
    state.layers["roads"] = frame
    shape = pd.Series(shapely.to_wkb(frame.geometry.to_numpy()), index=frame.index)
    twin = pd.DataFrame({"u": frame["u"], "v": frame["v"], "shape": shape}).duplicated()
    state.drop("duplicate_edge", "roads", twin)
    _ends(state)
    _turns(state)
    _reach(state)


def _ends(state: _Check) -> None:
    """Hold edges against nodes."""
    frame, nodes = state.layers["roads"], state.layers.get("nodes")
    if nodes is None:
        raise BadInput("roads without nodes", reason="layer", layer="nodes")
    at = dict(zip(nodes["id"], nodes.geometry.to_numpy(), strict=True))
    strange = ~(frame["u"].isin(at) & frame["v"].isin(at))
    state.tell("unknown_node", "roads", strange)
    lines = frame.geometry.to_numpy()[~strange]
    gaps = [
        lengths(
            shapely.linestrings(np.stack([_xy(nodes_at), _xy(shapely.get_point(lines, end))], 1))
        )
        for column, end in (("u", 0), ("v", -1))
        if len(nodes_at := np.array([at[node] for node in frame.loc[~strange, column]]))
    ]
    torn = np.zeros(len(frame), bool)
    for gap in gaps:
        torn[np.flatnonzero(~strange)[gap > _SPARE_M]] = True
    state.tell("torn", "roads", torn)
    used = set(frame["u"]) | set(frame["v"])
    state.drop("lone_node", "nodes", ~nodes["id"].isin(used))


def _xy(points: Any) -> Any:  # noqa: ANN401 - shapely is untyped
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _turns(state: _Check) -> None:
    """Leave out turns of edges that are not there or do not meet at the node."""
    if "turns" not in state.layers:
        return
    roads, turns = state.layers["roads"], state.layers["turns"]
    ends = dict(zip(roads["id"], roads["v"], strict=True))
    begins = dict(zip(roads["id"], roads["u"], strict=True))
    bad = (turns["from_edge"].map(ends) != turns["node"]) | (
        turns["to_edge"].map(begins) != turns["node"]
    )
    state.drop("turn", "turns", bad | (turns["kind"] != "no"))


def _reach(state: _Check) -> None:
    """Notice what cannot be reached from the main network, or not be left for it."""
    roads = state.layers["roads"]
    graph: nx.DiGraph = nx.DiGraph(zip(roads["u"], roads["v"], strict=True))
    if not len(graph):
        return
    whole = sorted(nx.weakly_connected_components(graph), key=len, reverse=True)
    state.say("islands", "roads", [min(part) for part in whole[1:]])
    main = max(nx.strongly_connected_components(graph), key=len)
    state.say("traps", "roads", sorted(whole[0] - main))


_RULES: Mapping[str, "Callable[[_Check], None]"] = {
    "districts": _districts,
    "streets": _part_of("streets", "adcode", "districts", 9),
    "grids": _part_of("grids", "street", "streets", 12),
    "roads": _roads,
    "places": _points("places"),
    "addresses": _points("addresses"),
    "areas": _areas,
}
