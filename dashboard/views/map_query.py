"""What the map is asked, as its address says it: two ends, a spot with its radius or plume, the layers on."""

import math
from collections.abc import Mapping
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

LAYERS = (
    "districts", "hazard", "hospital", "fire_station", "police", "school", "shelter", "camera", "tickets",
    "state", "traffic",
)  # fmt: skip
"""What can be shown, in the order of the switches."""
LAYERS_FIRST = ("state", "traffic")
"""On where the address says nothing: how the city is. Who wants none of it says `on=none`."""
RADII = (200, 500, 1000, 2000, 3000, 5000)
LENGTHS = (500, 1000, 2000, 3000, 5000, 10_000)
SPREADS = (30, 45, 60, 90, 120)
RADIUS, LENGTH, SPREAD = 500, 2000, 60
NAME_MOST = 60


class Point(NamedTuple):
    """A WGS-84 point and what it was called when it was chosen."""

    lon: float
    lat: float
    name: str = ""


class Way(NamedTuple):
    """From where to where, and whether other ways are asked for, too."""

    start: Point | None
    end: Point | None
    more: bool


class Spot(NamedTuple):
    """The middle of the surroundings: within `metres`, or a plume if `wind` (degrees it comes from) is known."""

    at: Point
    metres: int
    wind: float | None
    spread: int
    far: bool


def point(text: str) -> Point | None:
    """Read `lon,lat` or `lon,lat,name`; None when it is none."""
    lon, _, rest = text.partition(",")
    lat, _, name = rest.partition(",")
    try:
        x, y = float(lon), float(lat)
    except ValueError:
        return None
    if not (math.isfinite(x) and math.isfinite(y) and abs(x) <= 180 and abs(y) <= 90):
        return None
    return Point(round(x, 6), round(y, 6), name.replace("\0", "")[:NAME_MOST])


def spell(at: Point) -> str:
    """Return a point as an address has it."""
    return ",".join(filter(None, (f"{at.lon:.6f}", f"{at.lat:.6f}", at.name)))


def given(search: str | None) -> dict[str, str]:
    """Return what an address says, the first of each."""
    return {key: each[0] for key, each in parse_qs((search or "").lstrip("?")).items()}


def way(search: str | None) -> Way:
    """Read the question for a way."""
    said = given(search)
    return Way(point(said.get("from", "")), point(said.get("to", "")), said.get("k") == "3")


def spot(search: str | None) -> Spot | None:
    """Read the question for the surroundings; None without a spot. What cannot be is as if it were not said."""
    said = given(search)
    at = point(said.get("at", ""))
    if at is None:
        return None
    wind = said.get("wind", "")
    blows = wind.isdecimal() and int(wind) < 360
    metres = _one_of(said.get("r", ""), LENGTHS if blows else RADII, LENGTH if blows else RADIUS)
    spread = _one_of(said.get("spread", ""), SPREADS, SPREAD)
    return Spot(at, metres, float(wind) if blows else None, spread, said.get("far") == "1")


def layers(search: str | None) -> tuple[str, ...]:
    """Read which layers are on."""
    said = given(search).get("on", ",".join(LAYERS_FIRST)).split(",")
    return tuple(layer for layer in LAYERS if layer in said)


def href(search: str | None, path: str = "", **changes: str) -> str:
    """Return an address with some of it changed; an empty value takes it away."""
    facts: Mapping[str, str] = {**given(search), **changes}
    left = {key: value for key, value in facts.items() if value}
    return f"{path}?{urlencode(left, safe=',')}" if left else path


def around(of: Spot) -> str:
    """Return the criterion `around` of the tickets inside."""
    parts = [f"{of.at.lon:.6f}", f"{of.at.lat:.6f}", str(of.metres)]
    if of.wind is not None:
        parts += [f"{of.wind:g}", str(of.spread)]
    return ",".join(parts)


def _one_of(text: str, known: tuple[int, ...], default: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 7 and int(text) in known else default
