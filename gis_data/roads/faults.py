"""What is wrong with road layers before anything drives on them."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from models.errors import BadInput

CLASSES = tuple(
    name + link
    for name in ("motorway", "trunk", "primary", "secondary", "tertiary", "residential", "service")
    for link in ("", "_link")
)
"""Road classes; an edge keeps the place of its class in this tuple."""
MAX_KMH = 150.0
"""Nobody plans a faster road; a told speed above it is a broken feed."""
APART_DEG = 2e-5
"""An edge's line must end at its nodes: within two metres."""
TOLD = 5


class Fault(NamedTuple):
    """One kind of fault: how many rows have it, and the ids of the first ones."""

    kind: str
    rows: int
    ids: tuple[str, ...]


def check(nodes: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, turns: pd.DataFrame | None) -> None:
    """Raise BadInput with the fact `faults` when the layers hold what cannot be driven on."""
    found = faults(nodes, roads, turns)
    if found:
        said = "; ".join(f"{f.kind} x {f.rows} ({', '.join(f.ids)})" for f in found)
        raise BadInput(f"roads: {said}", field="roads", faults=found)


def faults(
    nodes: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, turns: pd.DataFrame | None
) -> list[Fault]:
    """Return every kind of fault in the layers `nodes`, `roads`, `turns`, empty when all is well.

    Kinds: duplicate_node, duplicate_edge, unknown_node, zero_length, impossible_speed, unknown_class,
    not_a_line, off_the_nodes, unknown_turn.
    """
    if not len(nodes) or not len(roads):
        return [Fault("empty", 0, ())]
    found = [
        _fault("duplicate_node", nodes["id"].duplicated(), nodes["id"]),
        *(_fault(kind, wrong, roads["id"]) for kind, wrong in _edge_faults(nodes, roads)),
    ]
    if turns is not None and len(turns):
        found.append(_fault("unknown_turn", _unknown_turns(roads, turns), turns["from_edge"]))
    return [fault for fault in found if fault.rows]


def _edge_faults(nodes: gpd.GeoDataFrame, roads: gpd.GeoDataFrame) -> Iterator[tuple[str, Any]]:
    known = set(nodes["id"])
    unknown = ~(roads["u"].isin(known) & roads["v"].isin(known))
    lines = np.asarray(roads.geometry.values)
    is_line = (shapely.get_type_id(lines) == 1) & ~shapely.is_empty(lines)
    length, speed = (np.asarray(roads[name], np.float64) for name in ("length", "speed"))
    yield "duplicate_edge", roads["id"].duplicated()
    yield "unknown_node", unknown
    yield "zero_length", ~(np.isfinite(length) & (length > 0))
    yield "impossible_speed", ~((speed > 0) & (speed <= MAX_KMH))
    yield "unknown_class", ~roads["class"].isin(CLASSES)
    yield "not_a_line", ~is_line
    sound = np.asarray(~unknown) & is_line & ~nodes["id"].duplicated().any()
    yield "off_the_nodes", _off_the_nodes(nodes, roads, sound)


def _off_the_nodes(
    nodes: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, sound: npt.NDArray[np.bool_]
) -> npt.NDArray[np.bool_]:
    """Return which lines do not begin at `u` or do not end at `v`."""
    at = dict(
        zip(nodes["id"], shapely.get_coordinates(np.asarray(nodes.geometry.values)), strict=True)
    )
    off = np.zeros(len(roads), np.bool_)
    lines = np.asarray(roads.geometry.values)[sound]
    for end, place in (("u", 0), ("v", -1)):
        stands = shapely.get_coordinates(shapely.get_point(lines, place))
        if len(lines):
            node = np.array([at[name] for name in roads[end].to_numpy()[sound]])
            off[sound] |= np.abs(stands - node).max(axis=1) > APART_DEG
    return off


def _unknown_turns(roads: gpd.GeoDataFrame, turns: pd.DataFrame) -> npt.NDArray[np.bool_]:
    """Return which turns name an edge that is not there, or two that do not meet."""
    head = dict(zip(roads["id"], roads["v"], strict=True))
    tail = dict(zip(roads["id"], roads["u"], strict=True))
    ends = zip(turns["from_edge"], turns["to_edge"], strict=True)
    return np.array([a not in head or b not in tail or head[a] != tail[b] for a, b in ends])


def _fault(kind: str, wrong: npt.ArrayLike, ids: pd.Series) -> Fault:
    rows = np.flatnonzero(np.asarray(wrong))
    return Fault(kind, len(rows), tuple(str(ids.iloc[row]) for row in rows[:TOLD]))
