"""Which earlier periods a period is compared with: the same hours of the same kind of day, in the tenant's zone."""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from gis_data.hotspots.result import Period
from models.clock import Instant

PERIODS = 8
REACH_WEEKS = 26
"""How far back a like day is looked for."""
DAY_S = 86_400.0
HOUR_S = 3600.0
STEPS = 62
"""Steps of a period at most: two months of days."""


def baseline(
    period: Period,
    zone: str,
    *,
    worked: Callable[[date], bool],
    oldest: Instant = 0.0,
    most: int = PERIODS,
) -> tuple[Period, ...]:
    """Return at most `most` earlier periods of the same local hours, the latest first.

    Up to a day: an ordinary day is compared with the same weekday of weeks before, holidays left out; a holiday
    and a worked weekend with the latest days off, or worked, of any weekday. Longer: the same stretch, shifted
    by whole weeks, without overlap. None that begins before `oldest`, the first ticket there is.

    worked : whether a local day is a working day.
    """
    tz = ZoneInfo(zone)
    start, end = (datetime.fromtimestamp(at, tz) for at in (period.since, period.until))
    length = end - start
    found: list[Period] = []
    for back in _days_back(start.date(), length, worked):
        day = timedelta(days=back)
        # naive arithmetic keeps the local hour over a change of clocks
        since, until = ((at.replace(tzinfo=None) - day).replace(tzinfo=tz) for at in (start, end))
        if since.timestamp() < oldest or len(found) == most:
            break
        found.append(Period(since.timestamp(), until.timestamp()))
    return tuple(found)


def _days_back(day: date, length: timedelta, worked: Callable[[date], bool]) -> list[int]:
    if length > timedelta(days=1, hours=1):
        step = 7 * -(-int(length.total_seconds()) // int(7 * DAY_S))
        return list(range(step, REACH_WEEKS * 7 + 1, step))
    kind = worked(day)
    ordinary = kind == (day.weekday() < 5)
    step = 7 if ordinary else 1
    backs = range(step, REACH_WEEKS * 7 + 1, step)
    return [back for back in backs if worked(day - timedelta(days=back)) == kind]


def hourly(period: Period) -> bool:
    """Return whether a period is short enough to be looked at by hours."""
    return period.until - period.since <= DAY_S + HOUR_S


def steps(period: Period, zone: str) -> tuple[Period, ...]:
    """Return the hours of a period up to a day, the local days of a longer one; the last ends with it."""
    return _cut(period, zone, by_hour=hourly(period))


def led(period: Period, zone: str, number: int, *, oldest: Instant = 0.0) -> tuple[Period, ...]:
    """Return the steps of a period and, before them, those of as many whole days as `number` times its own.

    None that ended before `oldest`, the first ticket there is.
    """
    start = datetime.fromtimestamp(period.since, ZoneInfo(zone))
    days = -(-int(period.until - period.since - HOUR_S) // int(DAY_S))
    back = start.replace(tzinfo=None) - timedelta(days=max(days, 1) * number)
    whole = Period(back.replace(tzinfo=start.tzinfo).timestamp(), period.until)
    cut = _cut(whole, zone, by_hour=hourly(period))
    return tuple(step for step in cut if step.until > min(oldest, period.since))


def _cut(period: Period, zone: str, *, by_hour: bool) -> tuple[Period, ...]:
    start = datetime.fromtimestamp(period.since, ZoneInfo(zone))
    edges = [period.since]
    while edges[-1] < period.until:
        naive = start.replace(tzinfo=None) + timedelta(days=len(edges))
        following = naive.replace(tzinfo=start.tzinfo).timestamp()
        edges.append(edges[-1] + HOUR_S if by_hour else following)
    edges[-1] = max(period.until, period.since)
    return tuple(Period(a, b) for a, b in pairwise(edges))


def shifted(period: Period, zone: str) -> Period:
    """Return what a period is compared with: one of up to a day with that a week before, else the days before it."""
    days = -(-int(period.until - period.since - HOUR_S) // int(DAY_S))
    back = timedelta(days=days if days > 1 else 7)
    tz = ZoneInfo(zone)
    naive = (
        datetime.fromtimestamp(at, tz).replace(tzinfo=None) - back
        for at in (period.since, period.until)
    )
    return Period(*(at.replace(tzinfo=tz).timestamp() for at in naive))


def stretches(wanted: Collection[Period]) -> list[Period]:
    """Return the time these periods cover, cut at every edge of one, the oldest first: each is a sum of some."""
    edges = sorted({edge for period in wanted for edge in (period.since, period.until)})
    cuts = (Period(since, until) for since, until in pairwise(edges))
    return [
        cut for cut in cuts if any(p.since <= cut.since and cut.until <= p.until for p in wanted)
    ]


def before(period: Period, zone: str, number: int) -> tuple[Period, ...]:
    """Return the `number` consecutive periods of the same length before this one, the oldest first.

    Whole local days are shifted by days, so that midnight stays midnight.
    """
    tz = ZoneInfo(zone)
    start, end = (
        datetime.fromtimestamp(at, tz).replace(tzinfo=None) for at in (period.since, period.until)
    )
    length = end - start
    length = max(timedelta(days=1), length)  # the same hours of the days before
    steps = [
        tuple((at - back * length).replace(tzinfo=tz).timestamp() for at in (start, end))
        for back in range(number, 0, -1)
    ]
    return tuple(Period(since, until) for since, until in steps)
