"""Random towns of any size: crossings 100 m apart, some streets missing, some one-way, some turns forbidden."""

import dataclasses

import numpy as np

from gis_data.coordinates import metric
from gis_data.roads.table import Ints, RoadTable, twins

CRS = "+proj=tmerc +lat_0=33 +lon_0=112 +ellps=WGS84 +units=m +no_defs"


def grid(
    side: int, *, seed: int = 1, turns: int = 0, one_way: float = 0.1, missing: float = 0.15
) -> RoadTable:
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
    avenue = ((x[u] == x[v]) & (x[u] % 10 == 0)) | ((y[u] == y[v]) & (y[u] % 10 == 0))
    speed = np.where(avenue, 60.0, 30.0) + chance.integers(-5, 6, len(a))[way]
    bend = 1 + 0.2 * chance.random(len(a))[way]
    length = np.hypot(*(xy[u] - xy[v]).T) * bend
    u, v = u.astype(np.int32), v.astype(np.int32)
    width = len(str(len(u)))
    made = RoadTable(
        edge_id=np.char.zfill(np.arange(len(u)).astype(f"S{width}"), width),
        node_id=np.arange(side * side).astype(f"S{width}"),
        lonlat=np.column_stack(metric(CRS).back(*xy.T)), xy=xy, u=u, v=v, length=length, speed=speed.astype(np.float64),
        class_code=np.where(avenue, 4, 10).astype(np.int8), way=way, name=(way % 97).astype(np.int32),
        names=tuple(f"{n}路" for n in range(97)), bridge=np.zeros(len(u), np.bool_),
        bends=np.empty((0, 2)), bend_start=np.zeros(len(u) + 1, np.int32),
        turns=np.empty((0, 2), np.int32), twin=twins(u, v, way, length), crs=CRS,
    )  # fmt: skip
    return dataclasses.replace(made, turns=some_turns(made, turns, seed))


def some_turns(table: RoadTable, count: int, seed: int = 1) -> Ints:
    """Return random forbidden turns, (count, 2) edges that meet."""
    chance = np.random.default_rng(seed)
    first = chance.choice(table.edges, min(3 * count, table.edges), replace=False)
    by_tail = np.argsort(table.u, kind="stable")
    start = np.searchsorted(table.u[by_tail], np.arange(table.nodes + 1))
    out = [by_tail[start[v] : start[v + 1]] for v in table.v[first]]
    pairs = [(a, chance.choice(after)) for a, after in zip(first, out, strict=True) if len(after)]
    return np.array(pairs[:count], np.int32).reshape(-1, 2)
