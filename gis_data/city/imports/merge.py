"""The new version: the present city with what a file brought, judged as a whole."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from gis_data.city import bundle
from gis_data.city.check import Layers, check, within
from gis_data.city.imports import areas, mapping, osm, places, roads
from gis_data.city.imports.report import Report
from gis_data.city.layers import LAYERS, conform
from gis_data.city.manifest import About, Source
from gis_data.coordinates import metric_crs_at
from models.errors import BadInput

KINDS = ("roads", "osm", "districts", "places")
_NETWORK = ("nodes", "roads", "turns")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What would become of the city; `write` makes the bundle when `report.good`."""

    about: About
    layers: Layers
    report: Report

    def write(self, path: Path) -> str:
        """Write the new version and return its SHA-256; BadInput with the report when it is not good."""
        if not self.report.good:
            raise BadInput(f"{self.report.source}: no version made of it", report=self.report)
        return bundle.write(path, self.about, self.layers)


def bring(what: str, path: Path, plan: mapping.Plan, base: bundle.City | None) -> Outcome:
    """Read a file as `what` (of KINDS) and return the present city with it.

    base : the present city, None when there is none; a plan with [city] begins a new one. BadInput
    (`report` among its facts where rows were read) when nothing can be taken.
    """
    old: Layers = {}
    if plan.city is None and base is not None:
        old = {name: base.layer(name) for name in base.manifest.layers}
    elif plan.city is None:
        raise BadInput("there is no city yet: begin one by [city] in the mapping", reason="city")
    report = Report(what, path.name, plan.crs or "file")
    if not path.exists():
        raise BadInput(f"{path}: no such file", reason="unreadable")
    match what:
        case "roads":
            brought = roads.read(path, plan, report)
        case "osm":
            brought = osm.read(path, report)
        case "districts":
            brought = areas.read(path, plan, report)
        case _:
            brought = places.read(path, plan, report, old)
    layers = _merged(old, brought, plan)
    _left_outside(layers, brought, report)
    if not brought.keys().isdisjoint(("districts", "streets", "grids", "addresses")):
        _settle(layers)
    layers, report.faults = check(layers, brought)
    report.layers = {
        name: (len(old.get(name, ())), len(layers.get(name, ())))
        for name in LAYERS
        if name in brought or len(old.get(name, ())) != len(layers.get(name, ()))
    }
    return Outcome(_about(plan, base, brought, layers, path), layers, report)


def _merged(old: Layers, brought: Layers, plan: mapping.Plan) -> Layers:
    """Put the new rows beside the old ones, over those of the same key; a network is replaced whole."""
    layers = dict(old)
    if "roads" in brought:
        for name in _NETWORK:
            layers.pop(name, None)
    for name, frame in brought.items():
        if name in layers and not plan.replace:
            key = list(LAYERS[name].key)
            both = pd.concat([layers[name], conform(name, frame)], ignore_index=True)
            layers[name] = both.drop_duplicates(key, keep="last").reset_index(drop=True)
        else:
            layers[name] = frame
    if "districts" in brought and plan.replace:
        known = set(layers["districts"]["adcode"])
        for name in ("streets", "grids"):
            if name in layers:
                layers[name] = layers[name][layers[name]["code"].str[:6].isin(known)]
    return layers


def _left_outside(layers: Layers, brought: Layers, report: Report) -> None:
    """Leave out points of the file that lie in no district; what was in the city stays to be judged."""
    for name in ("places", "addresses"):
        if name not in brought or report.what == "places":
            continue
        frame = layers[name]
        new = frame["id"].isin(brought[name]["id"]).to_numpy()
        out = new & ~within(layers, frame.geometry.to_numpy())
        if out.any():
            report.refuse(frame.loc[out, "id"].iloc[0], "在区县范围之外", int(out.sum()))
            report.taken -= int(out.sum())
            layers[name] = frame[~out].reset_index(drop=True)


def _settle(layers: Layers) -> None:
    """Tell every address the district, street and grid it lies in."""
    frame = layers.get("addresses")
    if frame is None or not len(frame):
        return
    frame = frame.copy()
    points = frame.geometry.to_numpy()
    for column, layer in (("district", "districts"), ("street", "streets"), ("grid", "grids")):
        frame[column] = codes_at(layers.get(layer), points)
    layers["addresses"] = frame


def codes_at(frame: gpd.GeoDataFrame | None, points: Any) -> Any:  # noqa: ANN401
    """Return the key of the area each point (n,) lies in, the smallest key on a border, '' for none."""
    codes = np.full(len(points), "", dtype=object)
    if frame is None or not len(frame):
        return codes
    key = "adcode" if "street" not in frame and "code" not in frame else "code"
    at, of = shapely.STRtree(frame.geometry.to_numpy()).query(points, predicate="intersects")
    order = np.argsort(frame[key].to_numpy()[of], kind="stable")[::-1]
    codes[at[order]] = frame[key].to_numpy()[of[order]]
    return codes


def _about(
    plan: mapping.Plan, base: bundle.City | None, brought: Layers, layers: Layers, path: Path
) -> About:
    sources = tuple(
        Source(layer=name, source=path.name, crs=plan.crs or "file", taken_at=plan.taken_at,
               rows=len(brought[name]))
        for name in sorted(brought)
    )  # fmt: skip
    if plan.city is not None:
        west, south, east, north = _bounds(layers)
        return About(
            id=plan.city.id, name=plan.city.name, adcode=plan.city.adcode, label=plan.city.label,
            attribution=plan.city.attribution or plan.attribution, sources=sources,
            metric_crs=metric_crs_at((west + east) / 2, (south + north) / 2),
        )  # fmt: skip
    if base is None:
        raise BadInput("there is no city yet", reason="city")
    about = base.manifest.about
    stays = [s for s in about.sources if s.layer not in brought or not _whole(s.layer, plan)]
    thanks = [about.attribution, plan.attribution]
    named = "；".join(dict.fromkeys(word for word in thanks if word))
    fields = {name: getattr(about, name) for name in About.__struct_fields__}
    return About(**{**fields, "attribution": named, "sources": (*stays, *sources)})


def _whole(layer: str, plan: mapping.Plan) -> bool:
    return plan.replace or layer in _NETWORK


def _bounds(layers: Layers) -> tuple[float, float, float, float]:
    boxes = np.array([frame.total_bounds for frame in layers.values() if len(frame)])
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    return float(west), float(south), float(east), float(north)
