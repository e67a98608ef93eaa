"""The only place that reads the time. An `Instant` is seconds since 1970-01-01 UTC."""

import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Instant = float


def now() -> Instant:
    """Return the present instant."""
    return time.time()


def to_datetime(at: Instant) -> datetime:
    """Return `at` as an aware UTC datetime, the form the database stores."""
    return datetime.fromtimestamp(at, UTC)


def day_of(at: Instant, zone: str) -> tuple[Instant, Instant]:
    """Return [start, end) of the calendar day in `zone` that holds `at` (23 or 25 h on a clock change)."""
    tz = ZoneInfo(zone)
    local = datetime.fromtimestamp(at, tz)
    start = datetime(local.year, local.month, local.day, tzinfo=tz)
    tomorrow = local.date() + timedelta(days=1)
    end = datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=tz)
    return start.timestamp(), end.timestamp()
