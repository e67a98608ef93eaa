"""Places or addresses from a CSV file with a mapping."""

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_data.city.check import Layers, within
from gis_data.city.imports.mapping import ENCODINGS, Plan, by_own_names, require_columns, shifted
from gis_data.city.imports.report import Report
from gis_data.city.layers import PLACE_KINDS, WGS84
from gis_data.coordinates import to_wgs84
from models.errors import BadInput

_LINE_MAX = 1 << 20
_TEXTS = {
    "places": ("name", "address", "phone", "note"), "addresses": ("road", "number", "name"),
}  # fmt: skip
_TEXT_MAX = 200
Row = tuple[int, dict[str, Any], float, float]


def read(path: Path, plan: Plan, report: Report, base: Layers) -> Layers:
    """Return the plan's layer; `base` gives the districts a point must lie in. BadInput as the others."""
    rows: list[Row] = []
    seen: set[str] = set()
    for number, cells in _cells(path, plan):
        report.read += 1
        row = _row(number, cells, by_own_names(plan, list(cells), "places"), report)
        if row is None:
            continue
        if row[1]["id"] in seen:
            report.refuse(f"第 {number} 行", "编号重复")
            continue
        seen.add(row[1]["id"])
        rows.append(row)
    if not rows:
        raise BadInput(f"{path.name}: no row of it can be taken", reason="empty", report=report)
    crs, shift = shifted(plan.crs or "wgs84")
    points = shapely.points(np.array([row[2:] for row in rows]))
    frame = gpd.GeoSeries(points, crs=crs).to_crs(WGS84)
    lon, lat = to_wgs84(frame.x, frame.y, shift)
    points = shapely.points(lon, lat)
    inside = within(base, points)
    for (number, *_), good in zip(rows, inside, strict=True):
        if not good:
            report.refuse(f"第 {number} 行", "在区县范围之外（坐标系不对？）")
    if not inside.any():
        raise BadInput(f"{path.name}: no row lies in the city", reason="outside", report=report)
    table = pd.DataFrame([row[1] for row, good in zip(rows, inside, strict=True) if good])
    report.taken = len(table)
    return {plan.layer: gpd.GeoDataFrame(table, geometry=points[inside], crs=WGS84)}


def _cells(path: Path, plan: Plan) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and cells of every row that holds anything."""
    try:
        file = path.open(
            encoding=ENCODINGS[plan.encoding.lower()], errors="surrogateescape", newline=""
        )
    except OSError as error:
        raise BadInput(f"{path.name}: {error.strerror}", reason="unreadable") from error
    with file:
        lines = csv.reader(iter(lambda: file.readline(_LINE_MAX), ""), delimiter=plan.delimiter)
        header = [name.strip() for name in next(lines, [])]
        if any("\udc80" <= char <= "\udcff" for name in header for char in name):
            raise BadInput(
                f"the header is not {plan.encoding}: another encoding? (utf-8-sig, gb18030)",
                reason="encoding",
            )
        owed = ["lon", "lat", *(("kind", "name") if plan.layer == "places" else ("road",))]
        require_columns(by_own_names(plan, header, "places"), header, owed)
        try:
            for cells in lines:
                if any(cells):
                    padded = [*cells, *[""] * (len(header) - len(cells))]
                    yield lines.line_num, dict(zip(header, padded, strict=False))
        except csv.Error as error:
            raise BadInput(
                f"{path.name}: line {lines.line_num}: {error}", reason="unreadable"
            ) from error


def _row(number: int, cells: dict[str, str], plan: Plan, report: Report) -> Row | None:
    """Return a good row; one that is not is told and left out."""
    said = {
        field: plan.word(field, cells.get(column, "")) for field, column in plan.columns.items()
    }
    said = {**plan.defaults, **{field: word for field, word in said.items() if word}}
    point = _number(said.get("lon", "")), _number(said.get("lat", ""))
    texts = {field: said.get(field, "") for field in _TEXTS[plan.layer]}
    people = said.get("people", "")
    reason = _reason(said, texts, point, plan)
    if reason:
        report.refuse(f"第 {number} 行", reason)
        return None
    row: dict[str, Any] = {"id": said.get("id") or f"{plan.layer[0]}{number:06}", **texts}
    if plan.layer == "places":
        row |= {"kind": said.get("kind", ""), "people": int(people) if people.isdigit() else -1}
    else:
        row |= {"district": "", "street": "", "grid": ""}
    lon, lat = point
    return None if lon is None or lat is None else (number, row, lon, lat)


def _reason(
    said: dict[str, str],
    texts: dict[str, str],
    point: tuple[float | None, float | None],
    plan: Plan,
) -> str:
    """Return why a row cannot be taken, empty when it can."""
    lon, lat = point
    degrees = plan.crs in ("", "wgs84", "gcj02", "bd09")
    if any("\udc80" <= char <= "\udcff" for word in said.values() for char in word):
        return "编码错误，有无法识别的字节"
    if lon is None or lat is None:
        return "没有经纬度"
    if degrees and not (abs(lon) <= 180 and abs(lat) <= 90):
        return "经纬度颠倒" if abs(lon) <= 90 and abs(lat) <= 180 else "不是经纬度"
    if plan.layer == "places" and said.get("kind") not in PLACE_KINDS:
        return f"没有对应的类别“{said.get('kind', '')[:20]}”"
    if not texts.get("name") and not texts.get("road"):
        return "没有名称"
    if any(len(word) > _TEXT_MAX or "\0" in word for word in texts.values()):
        return f"文字超过 {_TEXT_MAX} 字或含有空字符"
    return ""


def _number(said: str) -> float | None:
    try:
        value = float(said)
    except ValueError:
        return None
    return value if np.isfinite(value) else None
