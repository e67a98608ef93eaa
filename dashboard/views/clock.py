"""Instants and durations as a person reads them, in the tenant's zone."""

from datetime import datetime
from zoneinfo import ZoneInfo

from dashboard.views.kit import Words
from models.errors import BadInput

MINUTE, HOUR = 60, 3600


def local(at: float, zone: str) -> datetime:
    """Return an instant as a wall-clock time of the zone."""
    return datetime.fromtimestamp(at, ZoneInfo(zone))


def time_of(at: float | None, zone: str) -> str:
    """Return `14:05:32`, or a dash for an instant nobody knows."""
    return local(at, zone).strftime("%H:%M:%S") if at else "—"


def moment(at: float | None, zone: str, words: Words) -> str:
    """Return `2026-11-21 周六 14:05:32`."""
    if not at:
        return "—"
    when = local(at, zone)
    day = words[f"week.{(when.weekday() + 1) % 7}"]
    return f"{when:%Y-%m-%d} {day} {when:%H:%M:%S}"


def instant(text: str, zone: str, field: str) -> float:
    """Read a typed `2026-01-31 08:30` of the zone; 0 when empty, BadInput naming `field` when it is none."""
    if not text.strip():
        return 0.0
    try:
        return datetime.fromisoformat(text.strip()).replace(tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, OverflowError):
        raise BadInput("no moment", field=field) from None


def timer(seconds: float | None) -> str:
    """Return `02:31` or `1:02:31`; a dash where a gap hides the figure."""
    if seconds is None or seconds < 0:
        return "—"
    whole = int(seconds)
    hours, minutes, rest = whole // HOUR, whole % HOUR // MINUTE, whole % MINUTE
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes:02}:{rest:02}"


def duration(seconds: float | None, words: Words) -> str:
    """Return `3 分 12 秒`, hours and minutes above an hour."""
    if seconds is None or seconds < 0:
        return "—"
    whole = round(seconds)
    hours, minutes, rest = whole // HOUR, whole % HOUR // MINUTE, whole % MINUTE
    parts = [(hours, "unit.hour"), (minutes, "unit.minute"), (rest, "unit.second")]
    if hours:
        parts = parts[:2]
    shown = [f"{value} {words[unit]}" for value, unit in parts if value]
    return " ".join(shown) or f"0 {words['unit.second']}"
