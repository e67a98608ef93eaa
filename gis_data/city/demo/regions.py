"""Districts, streets and grids of the demo city, each a union of blocks, so that they nest without a gap."""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from gis_data.city.demo.ground import (
    BLOCK,
    Block,
    block_kind,
    built_land,
    chance,
    located,
    town_land,
)
from gis_data.city.demo.names import ANCHORS, DISTRICTS, STREETS
from gis_data.city.layers import WGS84

_PER_KM2 = {
    "home": 16500,
    "business": 9500,
    "campus": 6000,
    "industry": 3200,
    "park": 150,
    "farm": 330,
}
_URBAN_STREETS = {"990101": 6, "990102": 4, "990103": 5, "990104": 4, "990105": 3, "990121": 1}
"""How many of a district's streets lie on built land."""


@dataclass(frozen=True)
class Regions:
    """The three layers, and by block the codes it belongs to."""

    districts: gpd.GeoDataFrame
    streets: gpd.GeoDataFrame
    grids: gpd.GeoDataFrame
    street_of: dict[Block, str]
    grid_of: dict[Block, str]


@cache
def district_of(block: Block) -> str:
    """Return the adcode of a block: the river, the old town's edges and the county line decide."""
    a, b = block
    if -2 <= a < 5 and 0 <= b < 5:
        return "990101"
    if b < 0 and ((a < -8 and b < -4) or b < -15):
        return "990121"
    if a >= (5 if b >= 0 else 7):
        return "990104"
    if b < 0:
        return "990103"
    return "990102" if a < -2 and b < 12 - abs(a + 14) // 4 else "990105"


@cache
def block_shape(block: Block) -> Any:  # noqa: ANN401 - shapely is untyped
    """Return a block's polygon in WGS-84; neighbours share their corners to the last bit."""
    west, south = block[0] * BLOCK, block[1] * BLOCK
    steps = range(0, BLOCK, 2)
    ring = [(west + k, south) for k in steps]
    ring += [(west + BLOCK, south + k) for k in steps]
    ring += [(west + BLOCK - k, south + BLOCK) for k in steps]
    ring += [(west, south + BLOCK - k) for k in steps]
    return shapely.Polygon(located(ring))


def regions() -> Regions:
    """Return the administrative layers with their people."""
    street_of = _streets()
    grid_of = _grids(street_of)
    people = _people()
    names = {
        f"{adcode}{number:03}": name
        for adcode in DISTRICTS
        for number, name in enumerate(STREETS[adcode], 1)
    }
    streets = _union(street_of, "code")
    streets["adcode"] = streets["code"].str[:6]
    streets["name"] = streets["code"].map(names)
    streets["population"] = streets["code"].map(_summed(people, street_of))
    districts = _union({block: code[:6] for block, code in street_of.items()}, "adcode")
    districts["name"] = districts["adcode"].map(DISTRICTS)
    districts["population"] = districts["adcode"].map(streets.groupby("adcode")["population"].sum())
    grids = _union(grid_of, "code")
    grids["street"] = grids["code"].str[:9]
    grids["name"] = [f"{names[code[:9]]}第{int(code[9:])}网格" for code in grids["code"]]
    return Regions(districts, streets, grids, street_of, grid_of)


def _union(owner: dict[Block, str], column: str) -> gpd.GeoDataFrame:
    members = defaultdict(list)
    for block in sorted(owner):
        members[owner[block]].append(block_shape(block))
    codes = sorted(members)
    shapes = [shapely.coverage_union_all(members[code]) for code in codes]
    shapes = [
        s.geoms[0] if s.geom_type == "MultiPolygon" and len(s.geoms) == 1 else s for s in shapes
    ]
    return gpd.GeoDataFrame({column: codes}, geometry=shapes, crs=WGS84)


def _streets() -> dict[Block, str]:
    """Deal the blocks of a district to seeds, built land and country apart, each street in one piece."""
    owner: dict[Block, str] = {}
    parts: dict[tuple[str, bool], list[Block]] = defaultdict(list)
    for block in sorted(town_land()):
        parts[district_of(block), block in built_land()].append(block)
    for adcode in DISTRICTS:
        urban = _URBAN_STREETS[adcode]
        total = len(STREETS[adcode])
        numbers = {True: range(urban), False: range(urban, total)}
        for built, blocks in ((True, parts[adcode, True]), (False, parts[adcode, False])):
            wanted = numbers[built] if len(numbers[built]) else numbers[True]
            if not blocks:
                continue
            placed = [ANCHORS[STREETS[adcode][k]] for k in wanted] if built else []
            seeds = placed or _seeds(blocks, len(wanted))
            for a, b in blocks:
                near = min(
                    range(len(seeds)), key=lambda k: (a - seeds[k][0]) ** 2 + (b - seeds[k][1]) ** 2
                )
                owner[a, b] = f"{adcode}{wanted[near] + 1:03}"
    return _whole(owner)


def _seeds(blocks: list[Block], count: int) -> list[tuple[float, float]]:
    """Return `count` centres spread over the blocks (Lloyd's rounds from the farthest points)."""
    spots = np.array(blocks, float)
    chosen = [spots[0]]
    while len(chosen) < count:
        gap = np.min([np.hypot(*(spots - c).T) for c in chosen], axis=0)
        chosen.append(spots[gap.argmax()])
    seeds = np.array(chosen)
    for _ in range(12):
        near = np.argmin([np.hypot(*(spots - s).T) for s in seeds], axis=0)
        seeds = np.array(
            [spots[near == k].mean(axis=0) if (near == k).any() else seeds[k] for k in range(count)]
        )
    return [(float(a), float(b)) for a, b in seeds]


def _whole(owner: dict[Block, str]) -> dict[Block, str]:
    """Give every piece cut off from its street to the neighbour it touches most, in its district if it can."""
    while True:
        graph: nx.Graph = nx.Graph()
        graph.add_nodes_from(owner)
        graph.add_edges_from(
            (block, other)
            for block in owner
            for other in _beside(block)
            if owner.get(other) == owner[block]
        )
        parts: dict[str, list[set[Block]]] = defaultdict(list)
        for part in nx.connected_components(graph):
            parts[owner[min(part)]].append(part)
        stray = [
            p
            for group in parts.values()
            for p in sorted(group, key=lambda p: (-len(p), min(p)))[1:]
        ]
        if not stray:
            return owner
        for part in sorted(stray, key=min):
            beside = [
                owner[o]
                for block in sorted(part)
                for o in _beside(block)
                if o in owner and o not in part
            ]
            home = [code for code in beside if code[:6] == owner[min(part)][:6]] or beside
            best = max(sorted(set(home)), key=home.count)
            owner.update(dict.fromkeys(part, best))


def _beside(block: Block) -> list[Block]:
    a, b = block
    return [(a + 1, b), (a - 1, b), (a, b + 1), (a, b - 1)]


def _grids(street_of: dict[Block, str]) -> dict[Block, str]:
    """Return the grid of every block: one on built land, up to four together in the country."""
    groups: dict[tuple[str, Block], list[Block]] = defaultdict(list)
    for (a, b), street in sorted(street_of.items()):
        key = (a, b) if (a, b) in built_land() else (1000 + a // 2, b // 2)
        groups[street, key].append((a, b))
    count: dict[str, int] = defaultdict(int)
    grid_of = {}
    for (street, _), blocks in sorted(groups.items()):
        count[street] += 1
        grid_of.update(dict.fromkeys(blocks, f"{street}{count[street]:03}"))
    return grid_of


def _people() -> dict[Block, int]:
    luck = chance("people")
    return {
        (a, b): int(
            _PER_KM2[block_kind((a, b))]
            * (0.75 + 0.5 * luck.random())
            * (1.0 if (a, b) not in built_land() else float(np.exp(-np.hypot(a, b) / 14)) + 0.25)
        )
        for a, b in sorted(town_land())
    }


def _summed(people: dict[Block, int], owner: dict[Block, str]) -> dict[str, int]:
    total: dict[str, int] = defaultdict(int)
    for block, code in owner.items():
        total[code] += people[block]
    return {code: round(count, -2) for code, count in total.items()}
