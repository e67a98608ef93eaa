"""The roster, pure: slots of a day, who serves in turn or by a cycle, what is short, what collides."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import msgspec

from models.clock import Instant
from models.errors import BadInput

MINUTES_MAX = 24 * 60
START_MAX = 36 * 60
DAYS_MAX = 93
"""A roster is made a quarter at most at a time."""
OFF = ("休", "-", "off")


class Slot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a day: `start` minutes behind local midnight (1440 = the next one), `minutes` long."""

    code: str
    label: str
    start: int
    minutes: int


class Cell(NamedTuple):
    """One person on one slot of one day."""

    day: date
    slot: str
    person: int


class Gap(NamedTuple):
    """A slot of a day that has fewer people than it needs."""

    day: date
    level: str
    slot: str
    have: int
    least: int


class Stay(NamedTuple):
    """A person's time from start to end."""

    person: int
    start: Instant
    end: Instant


def check(slots: Sequence[Slot]) -> None:
    """Raise BadInput unless the slots of a level can be: named once, within the day, not longer than a day."""
    codes = [slot.code for slot in slots]
    if not slots or len(set(codes)) < len(codes) or any(not c.strip() for c in codes):
        raise BadInput("a level needs slots, each with a code of its own", field="slots")
    for slot in slots:
        if not (0 <= slot.start <= START_MAX and 0 < slot.minutes <= MINUTES_MAX):
            raise BadInput(f"slot {slot.code}: start or length", field="slots")


def span(day: date, slot: Slot, zone: str) -> tuple[Instant, Instant]:
    """Return when a slot of a local day begins and ends, by the clocks on the wall there."""
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - a wall clock, placed below
    tz = ZoneInfo(zone)
    start = midnight + timedelta(minutes=slot.start)
    end = start + timedelta(minutes=slot.minutes)
    return start.replace(tzinfo=tz).timestamp(), end.replace(tzinfo=tz).timestamp()


def days_of(since: date, until: date) -> list[date]:
    """Return the days from `since` to `until`, both counted; BadInput when there are none or too many."""
    count = (until - since).days + 1
    if not 0 < count <= DAYS_MAX:
        raise BadInput(f"a roster of 1 to {DAYS_MAX} days", field="until", most=DAYS_MAX)
    return [since + timedelta(days=number) for number in range(count)]


def in_turn(
    pool: Sequence[int], days: Sequence[date], slots: Sequence[Slot], least: int, first: int = 0
) -> list[Cell]:
    """Return who serves when all serve in turn: each slot takes the next `least` people, `first` begins."""
    _check_pool(pool, least)
    cells, turn = [], first
    for day in days:
        for slot in slots:
            cells += [Cell(day, slot.code, pool[(turn + k) % len(pool)]) for k in range(least)]
            turn += least
    return cells


def by_cycle(
    pool: Sequence[int], days: Sequence[date], slots: Sequence[Slot], pattern: Sequence[str]
) -> list[Cell]:
    """Return who serves by a cycle of days, as 四班三倒 does: `pattern` has a slot's code or "" for each day of it.

    The people stand evenly along the cycle: with 8 days and 4 people each is two days behind the one before.
    BadInput when the people do not divide the cycle, or several share a place unevenly.
    """
    known = {slot.code for slot in slots}
    if not pattern or any(code and code not in known for code in pattern):
        raise BadInput("the cycle names slots of the level", field="pattern")
    length, count = len(pattern), len(pool)
    _check_pool(pool, 1)
    if length % count and count % length:
        raise BadInput("people and cycle do not divide", field="pattern", people=count, days=length)
    places = [k * length // count if count <= length else k % length for k in range(count)]
    return [
        Cell(day, code, person)
        for number, day in enumerate(days)
        for person, place in zip(pool, places, strict=True)
        if (code := pattern[(number - place) % length])
    ]


def _check_pool(pool: Sequence[int], least: int) -> None:
    if len(pool) < max(least, 1) or len(set(pool)) < len(pool):
        raise BadInput("too few people, or one twice", field="people", least=least)


def read_pattern(said: str, slots: Sequence[Slot]) -> list[str]:
    """Read `白 白 夜 夜 休 休 休 休`: labels or codes of slots, and a rest; BadInput for another word."""
    known = {name: slot.code for slot in slots for name in (slot.code, slot.label, slot.label[:1])}
    words = said.replace("，", " ").replace(",", " ").split()
    found = []
    for word in words:
        if word not in known and word.lower() not in OFF:
            raise BadInput(f"no slot {word!r}", field="pattern", said=word)
        found.append("" if word.lower() in OFF else known[word])
    return found


def gaps(
    level: str, least: int, slots: Sequence[Slot], days: Sequence[date], cells: Sequence[Cell]
) -> list[Gap]:
    """Return where a level has fewer people than each slot needs, in the order of time."""
    have: dict[tuple[date, str], set[int]] = {}
    for cell in cells:
        have.setdefault((cell.day, cell.slot), set()).add(cell.person)
    return [
        Gap(day, level, slot.code, count, least)
        for day in days
        for slot in slots
        if (count := len(have.get((day, slot.code), ()))) < least
    ]


def collision(stays: Sequence[Stay]) -> tuple[Stay, Stay] | None:
    """Return the first two stays of one person that share a moment; one that ends as the next begins shares none."""
    last: dict[int, Stay] = {}
    for stay in sorted(stays, key=lambda each: (each.person, each.start, each.end)):
        before = last.get(stay.person)
        if before is not None and stay.start < before.end:
            return before, stay
        last[stay.person] = stay
    return None


def next_first(pool: Sequence[int], last: int | None) -> int:
    """Return where in the pool a rotation goes on: behind who served last, else at its head."""
    return pool.index(last) + 1 if last in pool else 0


def slots_of(rows: Sequence[Mapping[str, object]]) -> tuple[Slot, ...]:
    """Return slots as a level's row keeps them."""
    return tuple(msgspec.convert(row, Slot) for row in rows)
