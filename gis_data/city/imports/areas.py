"""District, street or grid polygons from GeoJSON, a shapefile or anything else GDAL reads."""

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from gis_data.city.check import ADCODE, Layers
from gis_data.city.imports.cells import one_table, text_of
from gis_data.city.imports.mapping import Plan, by_own_names, require_columns, shifted
from gis_data.city.imports.report import Report
from gis_data.city.layers import WGS84
from gis_data.coordinates import shapes_to_wgs84
from models.errors import BadInput

_OWED = {
    "districts": ("adcode", "name"), "streets": ("code", "name"), "grids": ("code", "name"),
}  # fmt: skip
_DIGITS = {"streets": 9, "grids": 12}
_NEVER_MERGED = "编码重复"


def read(path: Path, plan: Plan, report: Report) -> Layers:
    """Return the plan's layer; BadInput when the file or its CRS cannot be read."""
    plan = one_table(path, plan)
    frame = pyogrio.read_dataframe(
        path, layer=plan.table, encoding=None if plan.encoding == "utf-8-sig" else plan.encoding
    )
    if not isinstance(frame, gpd.GeoDataFrame):
        raise BadInput(f"{path.name}: no shapes in it", reason="empty")
    plan = by_own_names(plan, list(frame.columns), "districts")
    require_columns(plan, list(frame.columns), _OWED[plan.layer])
    report.read = len(frame)
    table = _table(frame, plan)
    table["geometry"] = _shapes(frame, plan, path.name)
    kept = [
        row for place, row in enumerate(table.to_dict("records"), 1)
        if _good(place, row, plan.layer, report)
    ]  # fmt: skip
    if not kept:
        raise BadInput(f"{path.name}: no area of it can be taken", reason="empty", report=report)
    key = "adcode" if plan.layer == "districts" else "code"
    taken: dict[str, dict[str, Any]] = {}
    for row in kept:
        if taken.setdefault(row[key], row) is not row:
            report.refuse(row[key], _NEVER_MERGED)
    report.taken = len(taken)
    made = gpd.GeoDataFrame(pd.DataFrame(list(taken.values())), geometry="geometry", crs=WGS84)
    return {plan.layer: made}


def _shapes(frame: gpd.GeoDataFrame, plan: Plan, name: str) -> Any:  # noqa: ANN401
    """Return the shapes in WGS-84, swapped ones left as they are for the check to turn round."""
    said, shift = shifted(plan.crs)
    if said:
        frame = frame.set_crs(said, allow_override=True)
    if frame.crs is None:
        raise BadInput(
            f"{name} does not say its coordinates (no .prj): name them by --crs "
            "(wgs84, gcj02, bd09, EPSG:...)",
            reason="crs",
        )
    return shapes_to_wgs84(shapely.force_2d(frame.geometry.to_crs(WGS84).to_numpy()), shift)


def _table(frame: gpd.GeoDataFrame, plan: Plan) -> pd.DataFrame:
    def words(field: str) -> pd.Series:
        column = plan.columns.get(field)
        said = frame[column].map(text_of) if column else pd.Series("", index=frame.index)
        return said.map(lambda word: plan.word(field, word)).astype(object)

    people = pd.to_numeric(words("population"), errors="coerce").fillna(-1).clip(-1, 10**8)
    code = words("adcode") if plan.layer == "districts" else words("code")
    columns: dict[str, Any] = {"name": words("name")}
    if plan.layer == "districts":
        # statistics write twelve digits, an old file a float: the first six say the district
        columns["adcode"] = code.where(~code.str.fullmatch(r"\d{6}0{6}"), code.str[:6])
    elif plan.layer == "streets":
        columns["code"] = code.where(~code.str.fullmatch(r"\d{9}0{3}"), code.str[:9])
        columns["adcode"] = columns["code"].str[:6]
    else:
        columns["code"], columns["street"] = code, code.str[:9]
    if plan.layer != "grids":
        columns["population"] = people.astype("int32")
    return pd.DataFrame(columns)


def _good(place: int, row: dict[str, Any], layer: str, report: Report) -> bool:
    code = row["adcode"] if layer == "districts" else row["code"]
    shape = row["geometry"]
    digits = _DIGITS.get(layer)
    if digits is None and not ADCODE.fullmatch(code):
        report.refuse(f"第 {place} 条 {code!r}", "区划代码不是六位数字")
    elif digits and not (len(code) == digits and code.isdigit()):
        report.refuse(f"第 {place} 条 {code!r}", f"编码不是 {digits} 位数字")
    elif not row["name"]:
        report.refuse(f"第 {place} 条 {code}", "没有名称")
    elif shape is None or shape.is_empty:
        report.refuse(f"第 {place} 条 {code}", "没有图形")
    elif shape.geom_type not in ("Polygon", "MultiPolygon"):
        report.refuse(f"第 {place} 条 {code}", "不是面")
    else:
        return True
    return False
