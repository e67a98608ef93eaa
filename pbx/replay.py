"""Replay: a recorded AMI session folded at once, for its figures."""

import gzip
from pathlib import Path
from typing import Any

from models.errors import BadInput
from models.events.floor import AnyFloorEvent, Caller
from models.rules.floor import Floor, FloorPlan, empty_floor, reduce
from models.rules.metrics import Tally, total
from models.store.crypto import mask
from pbx.frames import BANNER, Framer
from pbx.translate import Translator


def read_bytes(path: Path) -> bytes:
    """Return a recording's bytes, gzip or plain; BadInput when it is not an AMI session."""
    try:
        raw = path.read_bytes()
        data = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
    except (OSError, EOFError, gzip.BadGzipFile) as error:
        raise BadInput(f"cannot read {path.name}: {error}") from error
    if not data.startswith(BANNER):
        raise BadInput(f"{path.name} is not an AMI recording: no greeting")
    return data


def events_of(data: bytes, *, pbx: str = "recording", chunk: int = 65536) -> list[AnyFloorEvent]:
    """Return the floor events of a recorded session, read in chunks of `chunk` bytes."""
    framer = Framer()
    translator = Translator(pbx, 1, lambda number: Caller(masked=mask(number)))
    events: list[AnyFloorEvent] = []
    at = 0.0
    for start in range(0, len(data), chunk):
        for frame in framer.feed(data[start : start + chunk]):
            stamp = frame.find(b"\r\nTimestamp: ")
            if stamp >= 0:
                at = float(frame[stamp + 13 : frame.find(b"\r\n", stamp + 13)])
            events += translator.feed(frame, at)
    return events


def fold(events: list[AnyFloorEvent], plan: FloorPlan) -> Floor:
    """Return the floor after all events, on the day of the first one."""
    floor = empty_floor(plan, next((event.at for event in events if event.at), 0.0))
    for event in events:
        floor = reduce(floor, event)
    return floor


def figures(path: Path, levels: dict[str, int]) -> dict[str, Any]:
    """Return totals, figures by queue and answered calls by member of a recording.

    levels : queue -> service level in seconds; `default` for those not named (10).
    """
    targets = {name: seconds for name, seconds in levels.items() if name != "default"}
    plan = FloorPlan(service_level=targets, default_service_level=levels.get("default", 10))
    floor = fold(events_of(read_bytes(path)), plan)
    return {
        "total": _row(total(floor.tallies)),
        "queues": {name: _row(floor.tallies.get(name, Tally())) for name in floor.queues},
        "seats": {floor.names[key]: count for key, count in sorted(floor.answered.items())},
    }


def _row(tally: Tally) -> dict[str, int]:
    return {
        "entered": tally.entered,
        "answered": tally.answered,
        "abandoned": tally.abandoned,
        "timeout": tally.timeout,
        "within_sl": tally.within_sl,
    }
