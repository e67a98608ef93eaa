"""What devices send, read: lines of the TCP protocol and JSON of the HTTP one (docs/positions.md). Pure."""

from collections.abc import Iterator
from datetime import datetime
from math import isfinite
from typing import get_args

import msgspec

from command.positions.fix import Fix
from gis_data.coordinates import CHINA
from models.clock import Instant
from models.errors import BadInput
from models.events.incident.response import Progress

LINE_MAX = 512
"""Bytes of a line; a whole fix needs about a hundred."""
BATCH_MAX = 1000
BUTTONS: frozenset[str] = frozenset(get_args(Progress)) - {"dispatched", "cancelled"}
"""What a crew tells of itself; sending and calling off is the command's."""
FIELDS = 7
KMH_MAX = 400.0
PAST_S, AHEAD_S = 366 * 86_400.0, 86_400.0
"""How far a device's clock may lie behind ours and before it: what is further off is no time of a position."""
_WEST, _SOUTH, _EAST, _NORTH = CHINA


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One fix as a device says it; `at` is ISO 8601 with an offset."""

    device: str
    at: str
    lon: float
    lat: float
    speed: float | None = None
    heading: float | None = None
    status: str = ""
    incident: str = ""


class _Batch(msgspec.Struct):
    fixes: list[msgspec.Raw]


_batch = msgspec.json.Decoder(_Batch)
_told = msgspec.json.Decoder(Told)


def refused(reason: str, detail: str = "") -> BadInput:
    """Return the error of a fix that cannot be taken; `reason` is what the device is told."""
    return BadInput(detail or reason, reason=reason)


def reason_of(error: BadInput) -> str:
    """Return the word a refused fix is answered with."""
    return str(error.facts.get("reason", "fields"))


def fix_of(told: Told, unit: str, heard: Instant) -> Fix:
    """Return the fix of a unit; BadInput with `reason` time, zone, number, swapped, outside or status."""
    fault = place_fault(told.lon, told.lat)
    if fault:
        raise refused(fault)
    if told.status and told.status not in BUTTONS:
        raise refused("status")
    if len(told.incident) > 40:
        raise refused("fields")
    at = _instant(told.at)
    if not heard - PAST_S <= at <= heard + AHEAD_S:
        raise refused("time")
    return Fix(
        unit, at, heard, told.lon, told.lat, _within(told.speed, KMH_MAX),
        _within(told.heading, 360.0), told.status, told.incident,
    )  # fmt: skip


def place_fault(lon: float, lat: float) -> str:
    """Return why a place cannot be: number, swapped (latitude and longitude), outside; empty when it can."""
    if not (isfinite(lon) and isfinite(lat)):
        return "number"
    if _WEST < lon < _EAST and _SOUTH < lat < _NORTH:
        return ""
    return "swapped" if _WEST < lat < _EAST and _SOUTH < lon < _NORTH else "outside"


def _within(value: float | None, most: float) -> float | None:
    """Return a speed or heading that can be; what cannot is no reason to lose the place."""
    return value if value is not None and 0 <= value <= most else None


def _instant(at: str) -> Instant:
    try:
        read = datetime.fromisoformat(at)
    except ValueError:
        raise refused("time") from None
    if read.tzinfo is None:
        raise refused("zone")
    return read.timestamp()


# --- HTTP -----------------------------------------------------------------------------------


def read_batch(body: bytes) -> list[Told | str]:
    """Return the fixes of a request, each read or the reason why not; BadInput when the whole is none."""
    try:
        raw = _batch.decode(body).fixes
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise refused("fields", str(error)) from error
    return [_read_one(each) for each in raw]


def _read_one(raw: msgspec.Raw) -> Told | str:
    try:
        return _told.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return "fields"


# --- TCP ------------------------------------------------------------------------------------


def read_line(line: bytes) -> Told:
    """Read `device,time,lon,lat,speed_kmh,heading,status[,incident]`; BadInput with `reason` encoding, fields, number.

    speed_kmh, heading and status may be empty.
    """
    try:
        parts = [part.strip() for part in line.decode().split(",")]
    except UnicodeDecodeError:
        raise refused("encoding") from None
    if len(parts) not in (FIELDS, FIELDS + 1):
        raise refused("fields")
    device, at, lon, lat, speed, heading, status = parts[:FIELDS]
    incident = parts[FIELDS] if len(parts) > FIELDS else ""
    return Told(
        device, at, _number(lon), _number(lat), _maybe(speed), _maybe(heading), status, incident
    )


def read_hello(line: bytes) -> tuple[str, str]:
    """Read `HELLO device token`; BadInput with `reason` hello."""
    try:
        words = line.decode().split()
    except UnicodeDecodeError:
        words = []
    if len(words) != 3 or words[0] != "HELLO":
        raise refused("hello")
    return words[1], words[2]


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise refused("number") from None


def _maybe(text: str) -> float | None:
    return _number(text) if text else None


class Lines:
    """Cuts what a socket sends into lines; of a line that is too long nothing is kept."""

    def __init__(self) -> None:
        self._rest = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[bytes | None]:
        """Yield whole lines without their ends, empty ones left out; None for each that is too long."""
        *whole, rest = (self._rest + data).split(b"\n")
        for line in whole:
            too_long = len(line) > LINE_MAX
            if self._skipping:
                self._skipping = False  # the end of a line that was told of already
            elif too_long:
                yield None
            elif line.strip():
                yield line.strip()
        if len(rest) > LINE_MAX and not self._skipping:
            self._skipping = True
            yield None
        self._rest = b"" if self._skipping else rest
