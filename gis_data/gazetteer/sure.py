"""When an address says by itself where it is: no person has to look at the candidates."""

import re
from collections.abc import Iterator

from gis_data.gazetteer.index import PRECISION, Gazetteer, House, Kind
from gis_data.gazetteer.names import bare, number_of
from gis_data.gazetteer.search import Found

_HOUSE = re.compile(r"(?P<road>\D.*?)(?P<number>\d{1,5})(?:号|號|#)(?P<rest>.*)")
_BESIDE = re.compile(
    r"[东西南北对旁边侧米里往向至到与和、]|附近|前|后|路口|交叉|之间|一带|中间|方向|隔壁|斜"
)
"""What follows a number and leads away from it: 12号对面, 12号往东100米."""
_ALONE: frozenset[Kind] = frozenset({"place", "building", "street", "district"})
"""Kinds whose name alone says where. A road's does not: its middle may be kilometres away."""
ONE_PLACE = 0.002
"""Degrees within which the houses of one number belong together: the buildings of a compound."""


def sure(gazetteer: Gazetteer, address: str) -> Found | None:
    """Return the one place an address can mean, None when a person should choose.

    Sure is the whole name of exactly one place, building, street or district, or a number that is known, right
    behind the whole name of its road, with the building named behind it; the city, the district and the street
    may be said before. What leads away from the number (对面, 往东) makes it unsure.
    """
    for said in _readings(gazetteer, bare(address)[:80]):
        found = _named(gazetteer, said)
        house = _HOUSE.fullmatch(said)
        if found is None and house and not _BESIDE.search(house["rest"]):
            found = _house(gazetteer, house["road"], int(house["number"]), house["rest"])
        if found is not None:
            return found
    return None


def _named(gazetteer: Gazetteer, said: str) -> Found | None:
    called = [number for number, text in enumerate(gazetteer.bare) if text == said]
    if len(called) != 1:
        return None
    name = gazetteer.names[called[0]]
    if name.kind not in _ALONE:
        return None
    return Found(name.text, name.kind, name.lon, name.lat, PRECISION[name.kind], 1.0, name.note)


def _house(gazetteer: Gazetteer, road: str, number: int, rest: str) -> Found | None:
    """Return the number of a road, or the building there that is named behind it: 文景街50号翠湖公寓5号楼."""
    roads = [name for name in gazetteer.houses if bare(name) == road]
    if len(roads) != 1:
        return None
    same = [house for house in gazetteer.houses[roads[0]] if number_of(house.text) == number]
    if not same or _spread(same) > ONE_PLACE:
        return None
    text = f"{roads[0]}{same[0].text}"
    named = [
        (len(called), name)
        for called, name in zip(gazetteer.bare, gazetteer.names, strict=True)
        if name.kind == "building" and name.note == text and rest.startswith(called)
    ]
    if named:
        at = max(named)[1]
        return Found(f"{text}{at.text}", at.kind, at.lon, at.lat, "address", 1.0, "", "exact")
    first = same[0]
    return Found(text, "road", first.lon, first.lat, "address", 1.0, "", "exact")


def _spread(houses: list[House]) -> float:
    """Return how far apart houses lie, in degrees."""
    lons, lats = [house.lon for house in houses], [house.lat for house in houses]
    return max(max(lons) - min(lons), max(lats) - min(lats))


def _readings(gazetteer: Gazetteer, said: str) -> Iterator[str]:
    """Yield what is said, then what is left behind the names of the city, a district and a street."""
    yield said
    areas = [bare(name.text) for name in gazetteer.names if name.kind in ("district", "street")]
    for fronts in ([bare(gazetteer.city)], areas, areas):
        front = next((f for f in fronts if f and said.startswith(f) and len(said) > len(f)), "")
        if front:
            said = said.removeprefix(front)
            yield said
