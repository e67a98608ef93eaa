"""What `./hotline tell speeds|state FILE` does: a bureau's table of the moment, for whoever has no feed of its own yet.

speeds : edge, kmh, and for all rows --minutes they are good. state : key, label, lon, lat, value, unit, level, and
at, until (ISO 8601 with offset; now and --minutes where they are empty).
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from gis_data.actor import System
from gis_data.roads import speeds
from gis_data.roads.table import RoadTable
from gis_data.state import PERMISSION, Reading, tell
from models.clock import Instant
from models.errors import BadInput

FEED = System(frozenset({PERMISSION}), ref="system:tell")
_COLUMNS: Mapping[str, tuple[str, ...]] = {
    "speeds": ("edge", "kmh"),
    "state": ("key", "label", "lon", "lat"),
}
SHOWN = 20


def tell_speeds(
    session: Session, table: RoadTable, file: Path, *, source: str, minutes: float, now: Instant
) -> list[str]:
    """Write down a file of speeds; return what to say. BadInput names the line that cannot be read."""
    found = {row["edge"]: _number(row["kmh"], at) for at, row in _rows(file, "speeds")}
    told = speeds.tell(
        session, table, found, source=source, at=now, until=now + minutes * 60, actor=FEED, now=now
    )
    return [f"{told.kept} edges, {len(told.refused)} refused", *_refusals(told.refused)]


def tell_state(
    session: Session, file: Path, *, bureau: str, datum: str, minutes: float, now: Instant
) -> list[str]:
    """Write down a file of readings; return what to say. BadInput names the line that cannot be read."""
    readings = [_reading(row, at, now, minutes * 60) for at, row in _rows(file, "state")]
    told = tell(session, readings, bureau=bureau, actor=FEED, now=now, datum=datum or "wgs84")
    line = f"{told.kept} points, {told.older} known already, {len(told.refused)} refused"
    return [line, *_refusals(told.refused)]


def _refusals(refused: Mapping[str, str]) -> list[str]:
    lines = [f"  {key}: {why}" for key, why in list(refused.items())[:SHOWN]]
    return lines + [f"  and {len(refused) - SHOWN} more"] * (len(refused) > SHOWN)


def _rows(file: Path, what: str) -> Iterator[tuple[int, dict[str, str]]]:
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            lost = [name for name in _COLUMNS[what] if name not in (reader.fieldnames or ())]
            if lost:
                raise BadInput(f"{file}: no column {', '.join(lost)}", field="file")
            for row in reader:
                yield (
                    reader.line_num,
                    {name: (value or "").strip() for name, value in row.items() if name},
                )
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{file}: {error}", field="file") from error


def _reading(row: Mapping[str, str], at: int, now: Instant, good_s: float) -> Reading:
    began = _instant(row.get("at", ""), at) or now
    until = _instant(row.get("until", ""), at) or began + good_s
    value = row.get("value", "")
    return Reading(
        row["key"], row["label"], _number(row["lon"], at), _number(row["lat"], at),
        _number(value, at) if value else None, row.get("unit", ""), row.get("level", ""), began, until,
    )  # fmt: skip


def _number(text: str, at: int) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise BadInput(f"line {at}: no number {text[:40]!r}", field="file") from error


def _instant(text: str, at: int) -> Instant | None:
    if not text:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadInput(f"line {at}: no time {text[:40]!r}", field="file") from error
    if found.tzinfo is None:
        raise BadInput(f"line {at}: {text[:40]!r} has no offset", field="file")
    return found.timestamp()
