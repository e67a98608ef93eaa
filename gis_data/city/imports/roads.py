"""Roads from a shapefile, GeoPackage or anything else GDAL reads, in parts, so that a gigabyte passes.

Lines are cut where they meet; the direction of a line is that of travel when `oneway` says so.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyogrio
import shapely

from gis_data.city.check import SPEED_MAX, Layers
from gis_data.city.imports.cells import one_table, text_of
from gis_data.city.imports.mapping import YES, Plan, by_own_names, require_columns, shifted
from gis_data.city.imports.network import Lines, network
from gis_data.city.imports.report import Report
from gis_data.city.layers import SPEEDS
from gis_data.coordinates import shapes_to_wgs84
from models.errors import BadInput

PART = 50_000
"""Rows in memory at a time, before they are packed."""
CLASSES = {
    "unclassified": "tertiary", "living_street": "residential", "road": "residential",
    "track": "service",
}  # fmt: skip
"""Words for roads that are near one of ours."""
_BACK = frozenset({"-1", "b", "tf", "reverse"})
_FORTH = YES | {"f", "ft", "forward"}
Array = np.ndarray[Any, Any]


def read(path: Path, plan: Plan, report: Report) -> Layers:
    """Return `nodes`, `roads` and an empty `turns`; BadInput when the file or its CRS cannot be read."""
    plan, crs = _opened(path, plan)
    points, sizes, tables = [], [], []
    for frame in _parts(path, plan):
        part = _lines(frame, plan, report, crs)
        if part is not None:
            points.append(part[0])
            sizes.append(part[1])
            tables.append(part[2])
    if not tables:
        raise BadInput(f"{path.name}: no road in it", reason="empty", report=report)
    offsets = np.concatenate([[0], np.cumsum(np.concatenate(sizes))])
    table = pd.concat(tables, ignore_index=True)
    if not plan.columns.get("id"):
        table["id"] = [f"r{number}" for number in range(1, len(table) + 1)]
    twice = table["id"].duplicated()
    if twice.any():
        report.refuse(table.loc[twice, "id"].iloc[0], "编号重复，已加序号", int(twice.sum()))
        table["id"] = table["id"] + np.where(
            twice, "~" + table.groupby("id").cumcount().astype(str), ""
        )
    nodes, roads = network(Lines(np.concatenate(points), offsets, table))
    if plan.directed:
        _pair(roads)
    report.taken = len(table)
    return {"nodes": nodes, "roads": roads}


def _pair(roads: Any) -> None:  # noqa: ANN401 - geopandas is untyped
    """Give both directions of one piece of road the same `way`, when each came as a row of its own."""
    middle = np.round(shapely.get_coordinates(shapely.centroid(roads.geometry.to_numpy())), 6)
    u, v = pd.factorize(pd.concat([roads["u"], roads["v"]]))[0].reshape(2, -1)
    key = pd.DataFrame(
        {"a": np.minimum(u, v), "b": np.maximum(u, v), "x": middle[:, 0], "y": middle[:, 1]}
    )
    roads["way"] = (
        roads["way"].groupby(key.groupby(list(key)).ngroup().to_numpy()).transform("first")
    )


def _opened(path: Path, plan: Plan) -> tuple[Plan, tuple[str, str]]:
    """Return the plan for this very file, the CRS its numbers are in and the shift upon it."""
    plan = one_table(path, plan)
    info = pyogrio.read_info(path, layer=plan.table)
    plan = by_own_names(plan, list(info["fields"]), "roads")
    require_columns(plan, list(info["fields"]), ["class"])
    said, shift = shifted(plan.crs)
    crs = said or info["crs"]
    if crs is None:
        raise BadInput(
            f"{path.name} does not say its coordinates (no .prj): name them by --crs "
            "(wgs84, gcj02, bd09, EPSG:...)",
            reason="crs",
        )
    return plan, (str(crs), shift)


def _parts(path: Path, plan: Plan) -> Iterator[pd.DataFrame]:
    wanted = [column for column in plan.columns.values() if column]
    start = 0
    while True:
        frame = pyogrio.read_dataframe(
            path, layer=plan.table, columns=wanted, skip_features=start, max_features=PART,
            encoding=None if plan.encoding == "utf-8-sig" else plan.encoding,
        )  # fmt: skip
        if not len(frame):
            return
        frame.index = pd.RangeIndex(start + 1, start + 1 + len(frame))
        yield frame
        start += len(frame)


def _lines(
    frame: Any,  # noqa: ANN401 - geopandas is untyped
    plan: Plan,
    report: Report,
    crs: tuple[str, str],
) -> tuple[Array, Array, pd.DataFrame] | None:
    """Return the good rows of a part packed: vertices, vertices a line, table."""
    report.read += len(frame)
    table = _table(frame, plan)
    shapes = frame.geometry
    if frame.crs is None or str(frame.crs) != crs[0]:
        shapes = shapes.set_crs(crs[0], allow_override=True)
    lines = shapes_to_wgs84(shapes.to_crs("EPSG:4326").to_numpy(), crs[1])
    lines = shapely.force_2d(lines)
    bad = _judge(lines, table, report)
    lines, table = lines[~bad], table[~bad]
    if not len(lines):
        return None
    parts, of = shapely.get_parts(lines, return_index=True)
    points, owner = shapely.get_coordinates(parts, return_index=True)
    return points, np.bincount(owner, minlength=len(parts)), table.iloc[of]


def _judge(lines: Array, table: pd.DataFrame, report: Report) -> Array:
    """Refuse rows, each for the first reason that holds."""
    kinds = shapely.get_type_id(lines)
    box = shapely.bounds(lines)
    with np.errstate(invalid="ignore"):
        beyond = ~(np.abs(box) <= [180, 90, 180, 90]).all(axis=1)
        swapped = beyond & (np.abs(box) <= [90, 180, 90, 180]).all(axis=1)
    reasons = (
        ("没有图形", shapely.is_missing(lines) | shapely.is_empty(lines)),
        ("不是线", ~np.isin(kinds, (1, 5))),
        ("经纬度颠倒", swapped),
        ("坐标不是经纬度（坐标系不对？）", beyond),
        ("长度为零", shapely.length(lines) == 0),
        ("道路等级不明", ~table["class"].isin(list(SPEEDS)).to_numpy()),
    )
    bad = np.zeros(len(lines), bool)
    for reason, found in reasons:
        fresh = found & ~bad
        if fresh.any():
            report.refuse(f"第 {table.index[fresh][0]} 条", reason, int(fresh.sum()))
        bad |= found
    return bad


def _table(frame: pd.DataFrame, plan: Plan) -> pd.DataFrame:
    """Return our columns of a part."""

    def words(field: str) -> pd.Series:
        column = plan.columns.get(field)
        if not column:
            return pd.Series(plan.defaults.get(field, ""), index=frame.index, dtype=object)
        said = frame[column]
        known = {value: plan.word(field, text_of(value)) for value in said.unique()}
        return said.map(known).astype(object)

    kinds = words("class").map(lambda word: CLASSES.get(word, word))
    oneway = words("oneway").str.lower()
    usual = kinds.map(SPEEDS).astype(float)
    speed = pd.to_numeric(words("speed"), errors="coerce")
    way = np.where(oneway.isin(_BACK), -1, np.where(oneway.isin(_FORTH), 1, 0))
    lanes = pd.to_numeric(words("lanes"), errors="coerce").fillna(0).clip(0, 20)
    return pd.DataFrame(
        {
            "id": words("id"), "class": kinds, "name": words("name"),
            "speed": speed.where(speed.between(1, SPEED_MAX), usual),
            "lanes": lanes.astype(np.int32),
            "bridge": words("bridge").str.lower().isin(YES).to_numpy(bool),
            "tunnel": words("tunnel").str.lower().isin(YES).to_numpy(bool),
            "oneway": np.int8(1) if plan.directed else way.astype(np.int8),
        },
        index=frame.index,
    )  # fmt: skip
