"""Which lattice edges are roads: arterials, neighbourhood webs, country roads, towns and villages.

The result is a dict of undirected lattice edges; `network` makes directed, simplified edges of it.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import NamedTuple

from gis_data.city.demo.ground import (
    BANK,
    BLOCK,
    LAKES,
    TALL,
    WIDE,
    Block,
    block_kind,
    block_of,
    built_land,
    chance,
    in_lake,
    town_land,
)
from gis_data.city.demo.names import Names, arterial, country_road

Spot = tuple[int, int]
Luck = Callable[[], float]
BRIDGES: dict[int, str] = {
    0: "云州大桥", 16: "湖滨大桥", -16: "胜利大桥", 40: "东风大桥", -40: "云岭大桥", 64: "东沙大桥",
    -72: "西山大桥", 128: "港口特大桥", -144: "清溪渡大桥",
}  # fmt: skip
"""Columns that cross the river."""


class Road(NamedTuple):
    """What lies on a lattice edge; `oneway` 1 along growing index, -1 against, 0 both."""

    kind: str
    name: str
    oneway: int = 0


@dataclass
class Plan:
    """The lattice's roads and the settlements found on the way."""

    edges: dict[tuple[Spot, Spot], Road] = field(default_factory=dict)
    villages: list[tuple[str, int, int]] = field(default_factory=list)
    towns: list[Spot] = field(default_factory=list)

    def lay(self, a: Spot, b: Spot, road: Road) -> None:
        """Put a road on an edge, unless a better one is there."""
        self.edges.setdefault((a, b), road)

    def line(self, start: Spot, *, column: bool, steps: int, road: Road) -> None:
        """Put a road on `steps` edges from `start` along its row or column."""
        i, j = start
        for k in range(steps):
            a = (i, j + k) if column else (i + k, j)
            b = (i, j + k + 1) if column else (i + k + 1, j)
            self.lay(a, b, road)


def plan() -> Plan:
    """Return the roads of the city, before they are simplified."""
    made, names = Plan(), Names()
    for column in BRIDGES:
        _bridge(made, column)
    _arterials(made)
    _banks(made)
    for block in sorted(built_land()):
        _neighbourhood(made, names, block)
    _country(made)
    _settlements(made, names)
    wet = [edge for edge in made.edges if _drowned(*edge)]
    for edge in wet:
        del made.edges[edge]
    return made


def _kind(index: int) -> str:
    if index % 16 == 0:
        return "primary"
    return "secondary" if index % 8 == 0 else "tertiary"


def _arterials(made: Plan) -> None:
    """Lay the grid of a kilometre and less over the built land."""
    for a, b in sorted(built_land()):
        sparse = block_kind((a, b)) in ("park", "industry")
        for column in (True, False):
            for offset in (0, 4, 8):
                if offset == 4 and sparse and (a + b) % 2:
                    continue
                index = (a if column else b) * BLOCK + offset
                if not column and index == 0:
                    continue  # the river
                start = (index, b * BLOCK) if column else (a * BLOCK, index)
                along = start[1] if column else start[0]
                name = arterial(column=column, index=index, along=along)
                name = name or _lesser(column=column, index=index, along=along)
                oneway = _paired(index, along) if column else 0
                made.line(start, column=column, steps=BLOCK, road=Road(_kind(index), name, oneway))


def _bridge(made: Plan, column: int) -> None:
    """Lay the bridge of a column, from embankment to embankment under its own name."""
    kind = "primary" if column % 16 == 0 else "secondary"
    road = Road(kind, BRIDGES[column])
    made.line((column, -BANK), column=True, steps=2 * BANK, road=road)


def _paired(index: int, along: int) -> int:
    """Return the direction of the old town's two one-way streets."""
    return {-4: -1, 4: 1}.get(index, 0) if 0 <= along < 40 else 0


def _lesser(*, column: bool, index: int, along: int) -> str:
    """Name a tertiary street after the two arterials it runs between."""
    near = arterial(column=column, index=index - 4, along=along)
    return f"{near[:-1]}{'一' if column else '二'}{near[-1]}" if near else ""


def _banks(made: Plan) -> None:
    """Lay the embankment roads along the whole built-up river."""
    reach = [a for a, b in built_land() if b in (-1, 0) and -12 < a < 12]
    for row in (BANK, -BANK):
        for a in range(min(reach), max(reach) + 1):
            for i in range(a * BLOCK, (a + 1) * BLOCK):
                name = arterial(column=False, index=row, along=i)
                made.edges[(i, row), (i + 1, row)] = Road("secondary", name)


def _neighbourhood(made: Plan, names: Names, block: Block) -> None:
    """Lay the small streets of a block: whole, half or missing, some of them one-way."""
    a, b = block
    luck = chance(f"lanes {a} {b}")
    keep = {"home": 0.88, "business": 0.92, "campus": 0.4, "industry": 0.22, "park": 0.06}
    drawn = [
        (column, offset, luck.random(), luck.random(), luck.random())
        for column in (True, False)
        for offset in (1, 2, 3, 5, 6, 7)
    ]
    kept = [line for line in drawn if line[2] < keep[block_kind(block)]]
    for (column, offset, _, part, way), name in zip(kept, names.lanes(len(kept)), strict=True):
        start, steps = (0, 8) if part < 0.62 else ((0, 4) if part < 0.81 else (4, 4))
        i, j = a * BLOCK, b * BLOCK
        first = (i + offset, j + start) if column else (i + start, j + offset)
        oneway = 0 if way > 0.16 else (1 if offset % 2 else -1)
        made.line(first, column=column, steps=steps, road=Road("residential", name, oneway))


def _country(made: Plan) -> None:
    """Lay the roads between the towns: every two kilometres, the great ones every four."""
    luck = chance("country")
    land, built = town_land(), built_land()
    for column, length, across in ((True, TALL, WIDE), (False, WIDE, TALL)):
        for index in range(-across, across + 1, 16):
            great = index % 32 == 0
            if not column and index == 0:
                continue
            name = country_road(column=column, index=index)
            for along in range(-length, length, BLOCK):
                spot = (index, along) if column else (along, index)
                block = block_of(*spot)
                gone = luck.random() > (0.98 if great else 0.84)
                if block not in land or block in built or (gone and along % 16 == 0):
                    continue
                road = Road("primary" if great else "tertiary", name)
                made.line(spot, column=column, steps=BLOCK, road=road)


def _settlements(made: Plan, names: Names) -> None:
    """Put towns on crossings of country roads, villages along them."""
    luck = chance("settlements")
    land, built = town_land(), built_land()
    for a, b in sorted(land - built):
        near_city = any((a + x, b + y) in built for x in (-1, 0, 1) for y in (-1, 0, 1))
        i, j = a * BLOCK, b * BLOCK
        drawn, shift = luck.random(), luck.randrange(2, 7)
        if i % 16 == 0 and j % 16 == 0 and not near_city and abs(j) > 8:
            if (a // 2 + 3 * (b // 2)) % 7 == 0:
                _web(made, (i, j), 5, names.village()[:1] + "集", luck.random)
                made.towns.append((i, j))
            elif drawn < 0.35:
                _village(made, names, (i, j), luck.random)
        elif (i % 16 == 0) != (j % 16 == 0) and drawn < 0.33 and abs(j) > 8:
            _village(made, names, (i, j + shift) if i % 16 == 0 else (i + shift, j), luck.random)


def _village(made: Plan, names: Names, centre: Spot, luck: Luck) -> None:
    name = names.village()
    _web(made, centre, 2, name, luck)
    made.villages.append((name, *centre))


def _web(made: Plan, centre: Spot, reach: int, name: str, luck: Luck) -> None:
    """Lay a settlement's streets round a crossing or a point of a country road."""
    i, j = centre
    for k in range(-reach, reach + 1):
        for column in (True, False):
            if k and luck() < 0.26:
                continue
            start = (i + k, j - reach) if column else (i - reach, j + k)
            kind = "tertiary" if k == 0 and reach > 3 else "residential"
            street = f"{name}{'街' if column else '路'}" if k == 0 else name
            road = Road(kind, street)
            for step in range(2 * reach):
                a = (start[0], start[1] + step) if column else (start[0] + step, start[1])
                if block_of(*a) in town_land():
                    made.line(a, column=column, steps=1, road=road)


def _drowned(a: Spot, b: Spot) -> bool:
    """Return whether an edge lies in water or crosses the river where no bridge is."""
    (i, j), (k, m) = a, b
    if i == k and i in BRIDGES:
        return False
    doubled = {(2 * i, 2 * j), (2 * k, 2 * m), (i + k, j + m)}
    return abs(j) < BANK or abs(m) < BANK or not _lakes().isdisjoint(doubled)


@cache
def _lakes() -> frozenset[Spot]:
    """Return the half-step positions that lie in a lake, doubled."""
    return frozenset(
        (i, j)
        for _, x, y, wide, tall in LAKES
        for i in range(int(2 * (x - wide)), int(2 * (x + wide)) + 1)
        for j in range(int(2 * (y - tall)), int(2 * (y + tall)) + 1)
        if in_lake(i / 2, j / 2)
    )
