"""The gazetteer of a city: every name once, with its pinyin, and the numbers of each road."""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from gis_data.gazetteer.names import bare, number_of
from models.rules.grams import grams

_FIGURES = re.compile(r"(\d+)")
"""Names that differ in a figure are spelled once."""
Kind = Literal["district", "street", "road", "junction", "place", "building"]
PRECISION: Mapping[Kind, str] = {
    "district": "district", "street": "street", "road": "road", "junction": "point",
    "place": "place", "building": "address",
}  # fmt: skip
"""Kind of a name -> how exactly its point says where it is, see `models.rules.places`."""


class Name(NamedTuple):
    """One name of the city; `lon`, `lat` WGS-84; `note` tells apart what is called alike."""

    text: str
    kind: Kind
    lon: float
    lat: float
    note: str = ""


class House(NamedTuple):
    """A number of a road; `number` as a figure, `text` as written; WGS-84."""

    number: int
    text: str
    lon: float
    lat: float


class Gazetteer:
    """Names of a city, found by their characters, their pinyin or its first letters."""

    def __init__(self, city: str, names: Iterable[Name], houses: Mapping[str, list[House]]) -> None:
        self.city = city
        self.names = list(names)
        self.houses = {road: sorted(found) for road, found in houses.items()}
        self.bare = [bare(name.text) for name in self.names]
        self.lengths = np.array([max(len(text) - 1, 1) for text in self.bare], dtype=float)
        self.pairs = _postings(self.bare)
        self.characters = _Lines(self.bare)
        spelled = [_spelled(name) for name in self.names]
        self.pinyin = _Lines("".join(word) for word in spelled)
        self.initials = _Lines("".join(part[0] for part in word) for word in spelled)

    def house(self, road: str, number: int) -> tuple[House, bool] | None:
        """Return the house of a road, or the nearest on the same side; True when it is that very one."""
        houses = self.houses.get(road, [])
        same = [one for one in houses if one.number % 2 == number % 2] or houses
        if not same:
            return None
        at = bisect_left([one.number for one in same], number)
        near = min(same[max(at - 1, 0) : at + 1], key=lambda one: abs(one.number - number))
        return near, near.number == number


class _Lines:
    """Many short texts as one, so that a part of any is found at the speed of one search."""

    def __init__(self, texts: Iterable[str]) -> None:
        kept = list(texts)
        self._whole = "\n" + "\n".join(kept) + "\n"
        lengths = np.array([len(text) + 1 for text in kept], dtype=np.int64)
        self._starts = np.concatenate([[1], 1 + np.cumsum(lengths)])

    def having(self, part: str, most: int) -> list[int]:
        """Return the numbers of the texts that hold `part`, those that begin with it first."""
        if not part or "\n" in part:
            return []
        return list(dict.fromkeys([*self._hits("\n" + part, most), *self._hits(part, most)]))[:most]

    def _hits(self, part: str, most: int) -> list[int]:
        found: list[int] = []
        at = self._whole.find(part)
        while at >= 0 and len(found) < most:
            number = int(np.searchsorted(self._starts, at + (part[0] == "\n"), side="right")) - 1
            found.append(number)
            at = self._whole.find(part, int(self._starts[number + 1]) - 1)
        return found


def _spelled(name: Name) -> list[str]:
    """Return a name's syllables and figures; a crossing has none, its roads have theirs."""
    if name.kind == "junction":
        return []
    return [part for piece in _FIGURES.split(bare(name.text)) for part in _syllables(piece)]


@lru_cache(maxsize=100_000)
def _syllables(text: str) -> list[str]:
    # its dictionary takes a second to load, and a process that shows only the wall never needs it
    from pypinyin import lazy_pinyin

    return [part for part in lazy_pinyin(text) if part]


def _postings(texts: list[str]) -> dict[str, NDArray[np.int64]]:
    """Return pair of characters -> numbers of the names that hold it."""
    found: dict[str, list[int]] = defaultdict(list)
    for number, text in enumerate(texts):
        for pair in grams(text):
            found[pair].append(number)
    return {pair: np.array(numbers) for pair, numbers in found.items()}


def gazetteer_of(layers: Mapping[str, Any], city: str) -> Gazetteer:
    """Read a gazetteer out of a city's layers (docs/city.md, GeoDataFrames in EPSG:4326); any may be absent."""
    names: list[Name] = []
    districts, streets = layers.get("districts"), layers.get("streets")
    labels: dict[str, str] = {}
    if districts is not None:
        labels = dict(zip(districts["adcode"], districts["name"], strict=True))
        names += _names("district", districts["name"], _inside(districts), [""] * len(districts))
    if streets is not None:
        names += _names("street", streets["name"], _inside(streets), _of(streets["adcode"], labels))
    names += _roads(layers)
    places, addresses = layers.get("places"), layers.get("addresses")
    if places is not None:
        names += _names("place", places["name"], _points(places), places["address"])
    houses: dict[str, list[House]] = defaultdict(list)
    if addresses is not None:
        called = addresses[addresses["name"] != ""].drop_duplicates(["name", "district"])
        where = called["road"] + called["number"]
        names += _names("building", called["name"], _points(called), where)
        rows = zip(addresses["road"], addresses["number"], _points(addresses), strict=True)
        for road, text, (lon, lat) in rows:
            houses[road].append(House(number_of(text), text, lon, lat))
    return Gazetteer(city, names, houses)


def _of(codes: Iterable[str], labels: Mapping[str, str]) -> list[str]:
    return [labels.get(code, "") for code in codes]


def _inside(layer: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - a GeoDataFrame
    return [(point.x, point.y) for point in layer.geometry.representative_point()]


def _points(layer: Any) -> list[tuple[float, float]]:  # noqa: ANN401 - a GeoDataFrame
    return [(x, y) for x, y in shapely.get_coordinates(layer.geometry.to_numpy()).tolist()]


def _names(
    kind: Kind, texts: Iterable[str], points: list[tuple[float, float]], notes: Iterable[str]
) -> list[Name]:
    rows = zip(texts, points, notes, strict=True)
    return [Name(str(text), kind, lon, lat, str(note)) for text, (lon, lat), note in rows if text]


def _roads(layers: Mapping[str, Any]) -> list[Name]:
    """Return every named road at its middle, and every crossing of two named roads."""
    roads, nodes = layers.get("roads"), layers.get("nodes")
    if roads is None:
        return []
    named = roads[roads["name"] != ""].drop_duplicates("way")
    found = []
    by_length = named.sort_values("length", ascending=False, kind="stable")
    longest = by_length.drop_duplicates("name").sort_values("name")
    middles = shapely.line_interpolate_point(longest.geometry.to_numpy(), 0.5, normalized=True)
    for text, middle in zip(longest["name"], middles, strict=True):
        found.append(Name(str(text), "road", middle.x, middle.y))
    if nodes is None:
        return found
    meeting: dict[str, set[str]] = defaultdict(set)
    for end in ("u", "v"):
        for node, text in zip(named[end], named["name"], strict=True):
            meeting[node].add(str(text))
    where = dict(zip(nodes["id"], _points(nodes), strict=True))
    seen: set[str] = set()
    for node, texts in meeting.items():
        if len(texts) < 2 or node not in where:
            continue
        first, second = sorted(texts)[:2]
        text = f"{first}与{second}交叉口"
        if text not in seen:
            seen.add(text)
            found.append(Name(text, "junction", *where[node]))
    return found
