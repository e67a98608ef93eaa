"""Judges the layers of a city. What can be mended is mended and said; what cannot is an error.

A notice is true of the place and stays: islands and one-way traps are in every real road network, and
routing says "unreachable" there.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any, Literal

import geopandas as gpd
import msgspec
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from gis_data.city.layers import AREA_KINDS, LAYERS, PLACE_KINDS, SPEEDS, conform
from gis_data.coordinates import lengths
from models.errors import BadInput

Severity = Literal["mended", "notice", "error"]
Layers = dict[str, gpd.GeoDataFrame]
SAMPLES = 5
ADCODE = re.compile(r"[1-9]\d{5}")
SPEED_MAX = 150.0
_DEGREE_M = 111_320.0
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
    "elsewhere": ("error", "大半路网在区县范围之外（导入了别处的路网？）"),
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


def check(
    layers: Mapping[str, gpd.GeoDataFrame], changed: Collection[str] | None = None
) -> tuple[Layers, list[Fault]]:
    """Return the layers, mended and as the contract has them, and what is or was wrong with them.

    changed : judge these and what rests on them; the others are as a bundle gave them. BadInput when a
    layer lacks a column or its CRS.
    """
    state = _Check(layers)
    names = [name for name in state.layers if changed is None or _touched(name, changed)]
    for name in names:
        state.layers[name] = conform(name, state.layers[name])
        _shapes(state, name)
        _turned(state, name)
        state.tell("duplicate_id", name, _keys(name, state.layers[name]).duplicated())
    for name, rule in _RULES.items():
        if name in names and len(state.layers[name]):
            rule(state)
    return state.layers, state.faults


def _touched(name: str, changed: Collection[str]) -> bool:
    return name in changed or any(_touched(other, changed) for other in _RESTS_ON.get(name, ()))


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


def _turned(state: _Check, name: str) -> None:
    """Turn swapped coordinates round, and refuse what is no lon and lat at all."""
    frame = state.layers[name]
    bounds = np.abs(frame.geometry.bounds.to_numpy())
    beyond = (bounds > [180, 90, 180, 90]).any(axis=1)
    swapped = beyond & (bounds <= [90, 180, 90, 180]).all(axis=1)
    state.tell("crs", name, beyond & ~swapped)
    if swapped.any():
        state.tell("swapped", name, swapped)
        shapes = frame.geometry.to_numpy().copy()
        shapes[swapped] = shapely.transform(shapes[swapped], lambda points: points[:, ::-1])
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
    state.drop("duplicate_edge", "roads", _twins(frame))
    _ends(state)
    _turns(state)
    _reach(state)


def _twins(frame: gpd.GeoDataFrame) -> Any:  # noqa: ANN401
    """Return which edges (n,) repeat another one between the same nodes, in shape too."""
    twin = np.zeros(len(frame), bool)
    beside = np.flatnonzero(frame.duplicated(["u", "v"], keep=False))
    near = frame.iloc[beside]
    shape = shapely.to_wkb(near.geometry.to_numpy())
    twin[beside] = pd.DataFrame({"u": near["u"], "v": near["v"], "shape": shape}).duplicated()
    return twin


def _ends(state: _Check) -> None:
    """Hold edges against nodes."""
    frame, nodes = state.layers["roads"], state.layers.get("nodes")
    if nodes is None:
        raise BadInput("roads without nodes", reason="layer", layer="nodes")
    known = pd.Index(nodes["id"])
    at = _xy(nodes.geometry.to_numpy())
    strange, torn = np.zeros(len(frame), bool), np.zeros(len(frame), bool)
    for column, end in (("u", 0), ("v", -1)):
        node = known.get_indexer(frame[column])
        strange |= node < 0
        drawn = _xy(shapely.get_point(frame.geometry.to_numpy(), end))
        torn |= (node >= 0) & (_gap(drawn, at[node]) > _SPARE_M)
    state.tell("unknown_node", "roads", strange)
    state.tell("torn", "roads", torn)
    state.drop("lone_node", "nodes", ~(known.isin(frame["u"]) | known.isin(frame["v"])))
    beyond = ~within(state.layers, state.layers["nodes"].geometry.to_numpy())
    if beyond.mean() > 0.5:
        state.tell("elsewhere", "nodes", beyond)


def _xy(points: Any) -> Any:  # noqa: ANN401 - shapely is untyped
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def _gap(one: Any, other: Any) -> Any:  # noqa: ANN401
    """Return metres between lon, lat (n, 2) and others, near enough for a tolerance."""
    east, north = np.abs(one - other).T * _DEGREE_M
    return np.hypot(east * np.cos(np.deg2rad(one[:, 1])), north)


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
    roads, ids = state.layers["roads"], pd.Index(state.layers["nodes"]["id"])
    ends = np.stack([ids.get_indexer(roads[column]) for column in ("u", "v")])
    ends = ends[:, (ends >= 0).all(axis=0)]
    if not ends.size:
        return
    links = csr_array((np.ones(ends.shape[1], np.int8), ends), shape=(len(ids), len(ids)))
    whole = connected_components(links, connection="weak")[1]
    strong = connected_components(links, connection="strong")[1]
    main = whole == np.bincount(whole).argmax()
    _, first = np.unique(whole[~main], return_index=True)
    state.say("islands", "roads", ids[~main][np.sort(first)])
    state.say("traps", "roads", ids[main & (strong != np.bincount(strong).argmax())])


_RULES: Mapping[str, "Callable[[_Check], None]"] = {
    "districts": _districts,
    "streets": _part_of("streets", "adcode", "districts", 9),
    "grids": _part_of("grids", "street", "streets", 12),
    "roads": _roads,
    "places": _points("places"),
    "addresses": _points("addresses"),
    "areas": _areas,
}
_RESTS_ON: Mapping[str, tuple[str, ...]] = {
    "streets": ("districts",), "grids": ("streets",), "roads": ("districts",),
    "places": ("districts",), "addresses": ("districts",),
}  # fmt: skip
"""Layer -> those whose change may make it wrong."""
