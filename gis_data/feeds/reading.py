"""What is made of a bureau's message: readings, speeds, cameras, and per item why it was refused. Pure."""

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from gis_data.coordinates import in_china
from gis_data.feeds import contract as c
from gis_data.state import Reading
from models.clock import Instant
from models.errors import BadInput

ITEMS_MOST = 20_000
AHEAD_S = 60.0
"""How far a bureau's clock may be before ours."""
URL_MOST = 500

T = TypeVar("T")
_BROKEN = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError)
"""Bytes that are no text are a ValueError, a hundred thousand brackets a RecursionError."""
_decoder = msgspec.json.Decoder(c.AnyMessage)
_HEADLINE = {
    "rain_mm_h": "mm/h", "temperature_c": "°C", "aqi": "AQI", "pm25_ug_m3": "μg/m³",
    "noise_db": "dB", "kmh": "km/h", "depth_cm": "cm", "queue_m": "m",
}  # fmt: skip
"""Of what a point measures, the first that is there stands on the map; no rain is no headline."""


class Unreadable(BadInput):
    """The whole message cannot be read; nothing of it was used."""


class CameraTold(NamedTuple):
    """A camera as a bureau names it: coordinates in the message's datum."""

    key: str
    label: str
    lon: float
    lat: float
    url: str


class Content(NamedTuple):
    """What a message says.

    datum : what all coordinates in it are in; speeds : km/h by edge id; refused : item -> reason;
    broken : items that do not keep the contract, each with the fault, for the dead letters.
    """

    at: Instant
    until: Instant
    datum: str
    readings: list[Reading]
    speeds: dict[str, float]
    cameras: list[CameraTold]
    refused: dict[str, str]
    broken: list[str]


def read(raw: bytes, *, bureau: str, datum: str, good_s: float, now: Instant) -> Content:
    """Return what a bureau's message says; Unreadable when its frame does not keep the contract.

    good_s : how long a reading is good where the message does not say. Reasons of a refused item:
    contract (it does not keep it), range (a value that cannot be), future, url.
    """
    message = _frame(raw)
    told = c.BUREAU_OF[type(message)]
    if told != bureau:
        raise Unreadable(f"this is a message of {told}, not of {bureau}")
    if message.datum != datum:
        raise Unreadable(f"datum {message.datum}, agreed is {datum}")
    at = message.at.timestamp()
    until = message.until.timestamp() if message.until else at + good_s
    content = Content(at, until, datum, [], {}, [], {}, [])
    match message:
        case c.Weather():
            _stations(content, "station", message.stations, c.WeatherStation, now)
            _warnings(content, message.warnings, now)
        case c.Environment():
            _stations(content, "station", message.stations, c.AirStation, now)
        case c.Traffic():
            _segments(content, message.segments, now)
            _stations(content, "event", message.events, c.Happening, now)
            _cameras(content, message.cameras, now)
        case c.Police():
            _stations(content, "patrol", message.patrols, c.Patrol, now)
            _stations(content, "event", message.events, c.Happening, now)
            _cameras(content, message.cameras, now)
        case c.Urban():
            _stations(content, "event", message.events, c.Happening, now)
            _cameras(content, message.cameras, now)
    return content


def _frame(raw: bytes) -> c.AnyMessage:
    try:
        message: c.AnyMessage = _decoder.decode(raw)
    except _BROKEN as error:
        raise Unreadable(str(error)[:300]) from error
    lists = (getattr(message, name) for name in message.__struct_fields__)
    if sum(len(each) for each in lists if isinstance(each, list)) > ITEMS_MOST:
        raise Unreadable(f"more than {ITEMS_MOST} items")
    return message


def _items(
    content: Content, name: str, raws: Sequence[msgspec.Raw], kind: type[T]
) -> Iterator[tuple[str, T]]:
    """Yield the items that keep the contract with their keys; note the others."""
    for number, raw in enumerate(raws, 1):
        try:
            item = msgspec.json.decode(raw, type=kind)
        except _BROKEN as error:
            content.refused[f"{name}#{number}"] = "contract"
            content.broken.append(f"{name} {number}: {str(error)[:200]}")
            continue
        own = str(getattr(item, "id", "")).strip()
        yield f"{name}/{own}" if own else "", item


def _stations(
    content: Content, name: str, raws: Sequence[msgspec.Raw], kind: type[c.Place], now: Instant
) -> None:
    good_s = content.until - content.at
    for number, (key, item) in enumerate(_items(content, name, raws, kind), 1):
        at = item.at.timestamp() if item.at else content.at
        facts = {
            field: float(value) for field in kind.__struct_fields__
            if field in c.RANGES and (value := getattr(item, field)) is not None
        }  # fmt: skip
        why = "future" if at > now + AHEAD_S else "range" if not _possible(facts) else ""
        if why:
            content.refused[key or f"{name}#{number}"] = why
            continue
        value, unit = _headline(facts)
        content.readings.append(
            Reading(
                key, item.name, item.lon, item.lat, value, unit, item.level, at, at + good_s, facts
            )
        )


def _possible(facts: dict[str, float]) -> bool:
    return all(c.RANGES[name][0] <= value <= c.RANGES[name][1] for name, value in facts.items())


def _headline(facts: dict[str, float]) -> tuple[float | None, str]:
    for name, unit in _HEADLINE.items():
        if name in facts and (facts[name] or name != "rain_mm_h"):
            return facts[name], unit
    return None, ""


def _warnings(content: Content, raws: Sequence[msgspec.Raw], now: Instant) -> None:
    for key, item in _items(content, "warning", raws, c.Warned):
        begins, ends = item.begins.timestamp(), item.ends.timestamp()
        if content.at > now + AHEAD_S:
            content.refused[key] = "future"
        elif begins <= content.at:  # one that is not in force yet is told again when it is
            until = min(ends, content.until)  # taken back, it is told no more
            content.readings.append(
                Reading(
                    key, item.name, item.lon, item.lat, None, "", c.LEVEL_OF[item.colour],
                    content.at, until,
                )
            )  # fmt: skip


def _segments(content: Content, raws: Sequence[msgspec.Raw], now: Instant) -> None:
    late = content.at > now + AHEAD_S
    for _, item in _items(content, "segment", raws, c.Segment):
        key = f"segment/{item.edge}"
        if late:
            content.refused[key] = "future"
        elif item.edge in content.speeds:
            content.refused[key] = "twice"
        else:
            content.speeds[item.edge] = item.kmh


def _cameras(content: Content, raws: Sequence[msgspec.Raw], now: Instant) -> None:
    for key, item in _items(content, "camera", raws, c.CameraItem):
        why = "future" if content.at > now + AHEAD_S else _camera_fault(item)
        if why:
            content.refused[key or "camera"] = why
        else:
            content.cameras.append(CameraTold(item.id, item.name, item.lon, item.lat, item.url))


def _camera_fault(item: c.CameraItem) -> str:
    checks = {
        "no_key": not item.id.strip(),
        "no_label": not item.name.strip(),
        "too_long": max(len(item.id), len(item.name)) > 200 or "\0" in item.id + item.name,
        "not_a_number": not (math.isfinite(item.lon) and math.isfinite(item.lat)),
        "swapped": bool(in_china(item.lat, item.lon)) and not in_china(item.lon, item.lat),
        "outside": not in_china(item.lon, item.lat),
        "url": not plain_url(item.url),
    }
    return next((why for why, fails in checks.items() if fails), "")


def plain_url(url: str) -> bool:
    """Whether this is an http(s) address of a host, in plain characters, that carries no user and no password."""
    if len(url) > URL_MOST or any(ord(sign) <= 32 or ord(sign) > 126 for sign in url):
        return False
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    whole = parts.scheme in ("http", "https") and bool(parts.hostname)
    return whole and "@" not in parts.netloc and not parts.fragment
