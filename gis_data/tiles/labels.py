"""Which names stand where at a zoom, decided once for the whole city: tiles that meet agree."""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import shapely

from gis_data.tiles.grid import PIXELS, side
from gis_data.tiles.sheet import Named, Sheet
from gis_data.tiles.style import PLACES, ROADS

GAP = 4
"""Pixels kept free around a name."""
ROAD_EVERY = 420
"""Pixels between two names of one road."""
CELL = 128


class Label(NamedTuple):
    """A name at a point of the zoom's pixels; turned by `angle` degrees; wide and high as it will be drawn."""

    text: str
    kind: str
    x: float
    y: float
    angle: float
    size: float
    width: float
    height: float


class Look(NamedTuple):
    """From which zoom to which a kind's names are shown, and their size in pixels."""

    since: int
    until: int
    size: float


LOOKS: dict[str, Look] = {
    "city": Look(8, 9, 18),
    "district": Look(9, 14, 16),
    "street": Look(12, 15, 13),
    "water": Look(11, 18, 12),
    "park": Look(13, 18, 12),
    "industry": Look(14, 18, 12),
    "building": Look(16, 18, 12),
    "number": Look(18, 18, 11),
}


def labels_of(sheet: Sheet, zoom: int) -> list[Label]:
    """Return the names shown at a zoom; none overlaps another, what ranks higher stays."""
    taken: dict[tuple[int, int], list[Label]] = defaultdict(list)
    found = []
    for named in sorted(sheet.named, key=lambda one: (one.rank, one.text)):
        look = _look(named.kind)
        if look is None or not look.since <= zoom <= look.until:
            continue
        for label in _places_for(named, look.size, zoom):
            cells = list(_cells(label))
            if any(_meet(label, other) for cell in cells for other in taken[cell]):
                continue
            for cell in cells:
                taken[cell].append(label)
            found.append(label)
    return found


def by_tile(labels: Iterable[Label]) -> dict[tuple[int, int], list[Label]]:
    """Return the labels by the tiles (x, y) that show a part of them."""
    found: dict[tuple[int, int], list[Label]] = defaultdict(list)
    for label in labels:
        for tile in _cells(label, PIXELS):
            found[tile].append(label)
    return dict(found)


def _look(kind: str) -> Look | None:
    what, _, of = kind.partition(":")
    if what == "road":
        road = ROADS.get(of)
        return Look(road.named, 18, 12) if road else None
    if what == "place":
        return Look(PLACES[of], 18, 12) if of in PLACES else None
    return LOOKS.get(kind)


def _width(text: str, size: float) -> float:
    return size * sum(0.58 if ord(sign) < 0x2E80 else 1.0 for sign in text)


def _places_for(named: Named, size: float, zoom: int) -> Iterator[Label]:
    pixels = side(zoom)
    wide = _width(named.text, size)
    if named.kind.startswith("road:"):
        yield from _along(named, size, wide, pixels)
        return
    at = named.shape
    if at.geom_type != "Point":
        left, top, right, bottom = (bound * pixels for bound in at.bounds)
        if right - left < wide * 0.8 or bottom - top < size:
            return  # the area is too small for its name
        at = shapely.point_on_surface(at)
    below = (
        size * 0.9 if named.kind.startswith("place:") else 0.0
    )  # a dot stands at the point itself
    yield Label(named.text, named.kind, at.x * pixels, at.y * pixels + below, 0, size, wide, size)


def _along(named: Named, size: float, wide: float, pixels: int) -> Iterator[Label]:
    """Names along a road, where it is straight enough and long enough to carry them."""
    line = named.shape
    length = line.length * pixels
    if length < wide * 1.3:
        return
    count = max(int(length // ROAD_EVERY), 1)
    for number in range(count):
        middle = length * (number + 0.5) / count
        a = line.interpolate((middle - wide / 2) / pixels)
        b = line.interpolate((middle + wide / 2) / pixels)
        chord = shapely.distance(a, b) * pixels
        if chord < wide * 0.97:
            continue
        if (a.x, a.y) > (b.x, b.y):
            a, b = b, a
        turn = math.atan2(b.y - a.y, b.x - a.x)
        yield Label(
            named.text, named.kind, (a.x + b.x) / 2 * pixels, (a.y + b.y) / 2 * pixels,
            round(math.degrees(turn), 1), size,
            width=abs(wide * math.cos(turn)) + abs(size * math.sin(turn)),
            height=abs(wide * math.sin(turn)) + abs(size * math.cos(turn)),
        )  # fmt: skip


def _cells(label: Label, wide: int = CELL) -> Iterator[tuple[int, int]]:
    """Squares of `wide` pixels that a label, with the space kept free around it, touches."""
    left, right = label.x - label.width / 2 - GAP, label.x + label.width / 2 + GAP
    top, bottom = label.y - label.height / 2 - GAP, label.y + label.height / 2 + GAP
    for column in range(int(left // wide), int(right // wide) + 1):
        for row in range(int(top // wide), int(bottom // wide) + 1):
            yield column, row


def _meet(one: Label, other: Label) -> bool:
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 + GAP
        and abs(one.y - other.y) < (one.height + other.height) / 2 + GAP
    )
