"""The contract with the bureaus (docs/feeds.md): one closed, versioned message type for each. Pure.

A message is read in two steps, so that one broken item does not cost the rest: the frame first, each item by
itself then. An unknown field is an error in both: a misspelt `wind_form_deg` must not pass for "no wind told".
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
"""ISO 8601 with an offset; a time without one is nobody's."""
Datum = Literal["wgs84", "gcj02", "bd09"]
Level = Literal["", "notice", "warning", "severe"]
Colour = Literal["blue", "yellow", "orange", "red"]
LEVEL_OF: Mapping[Colour, Level] = {
    "blue": "notice", "yellow": "warning", "orange": "severe", "red": "severe",
}  # fmt: skip


class Message(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="contract"
):
    """The frame: when it was said, how long it is good, what its coordinates are in."""

    at: Moment
    until: Moment | None = None
    datum: Datum


class Weather(Message, frozen=True, kw_only=True, tag="weather/1"):
    """气象: what stations measure, warnings in force."""

    stations: list[msgspec.Raw] = []
    warnings: list[msgspec.Raw] = []


class Environment(Message, frozen=True, kw_only=True, tag="environment/1"):
    """生态环境: what stations measure of the air."""

    stations: list[msgspec.Raw] = []


class Traffic(Message, frozen=True, kw_only=True, tag="traffic/1"):
    """交通: speeds of the city's edges, what happens on the roads, cameras."""

    segments: list[msgspec.Raw] = []
    events: list[msgspec.Raw] = []
    cameras: list[msgspec.Raw] = []


class Police(Message, frozen=True, kw_only=True, tag="police/1"):
    """公安: where patrols are, what they deal with, cameras."""

    patrols: list[msgspec.Raw] = []
    events: list[msgspec.Raw] = []
    cameras: list[msgspec.Raw] = []


class Urban(Message, frozen=True, kw_only=True, tag="urban/1"):
    """城管: what the grid reports, cameras."""

    events: list[msgspec.Raw] = []
    cameras: list[msgspec.Raw] = []


AnyMessage = Weather | Environment | Traffic | Police | Urban
BUREAU_OF: Mapping[type[Message], str] = {
    Weather: "weather", Environment: "environment", Traffic: "traffic", Police: "police",
    Urban: "urban",
}  # fmt: skip


class Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An item that stands somewhere; `id` is the bureau's own, `at` its own instant if not the message's."""

    id: str
    name: str
    lon: float
    lat: float
    at: Moment | None = None
    level: Level = ""


class WeatherStation(Place, frozen=True, kw_only=True):
    """What a weather station measures; a wind is named by where it comes from, clockwise from north."""

    temperature_c: float | None = None
    humidity_pct: float | None = None
    rain_mm_h: float | None = None
    wind_from_deg: float | None = None
    wind_m_s: float | None = None
    visibility_m: float | None = None


class Warned(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A warning in force from `begins` until `ends`, drawn at a point of the area it is for."""

    id: str
    name: str
    lon: float
    lat: float
    colour: Colour
    begins: Moment
    ends: Moment


class AirStation(Place, frozen=True, kw_only=True):
    """What an air station measures."""

    aqi: float | None = None
    pm25_ug_m3: float | None = None
    pm10_ug_m3: float | None = None
    so2_ug_m3: float | None = None
    no2_ug_m3: float | None = None
    o3_ug_m3: float | None = None
    co_mg_m3: float | None = None
    voc_mg_m3: float | None = None
    noise_db: float | None = None


class Happening(Place, frozen=True, kw_only=True):
    """Something that happens at a place, as the bureau judges it by `level`."""

    kmh: float | None = None
    queue_m: float | None = None
    depth_cm: float | None = None


class Patrol(Place, frozen=True, kw_only=True):
    """A patrol on its round; `busy` once it is at work."""

    officers: int | None = None
    busy: bool = False


class Segment(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The speed driven on an edge of the city bundle (docs/city.md)."""

    edge: str
    kmh: float


class CameraItem(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A camera and the HLS playlist of what it sees."""

    id: str
    name: str
    lon: float
    lat: float
    url: str


RANGES: Mapping[str, tuple[float, float]] = {
    "temperature_c": (-60, 60), "humidity_pct": (0, 100), "rain_mm_h": (0, 500),
    "wind_from_deg": (0, 360), "wind_m_s": (0, 100), "visibility_m": (0, 100_000),
    "aqi": (0, 500), "pm25_ug_m3": (0, 2000), "pm10_ug_m3": (0, 5000), "so2_ug_m3": (0, 5000),
    "no2_ug_m3": (0, 5000), "o3_ug_m3": (0, 2000), "co_mg_m3": (0, 500), "voc_mg_m3": (0, 1000),
    "noise_db": (0, 150), "kmh": (0, 200), "queue_m": (0, 100_000), "depth_cm": (0, 1000),
    "officers": (0, 100),
}  # fmt: skip
"""What can be, least and most, both included: beyond it an instrument is broken, or a unit mistaken."""
