"""Keeping the books: every change of a visit passes `put_call`, which keeps calls and tallies in step."""

from heapq import nlargest

from msgspec.structs import replace

from models.clock import day_of
from models.rules.floor.state import LOST, OPEN, Call, Floor
from models.rules.metrics import Limits, Minute, Tally, counted

KEEP_CLOSED_S = 120.0
"""Closed visits stay this long, so that a late event finds the visit it belongs to ..."""
LOST_KEPT = 30
ASIDE_S = 15.0
"""... but after this they lie aside, so that a change of an open one does not copy them all."""


def limits(floor: Floor, queue: str) -> Limits:
    """Return the limits by which visits to `queue` are judged."""
    plan = floor.plan
    target = plan.service_level.get(queue, plan.default_service_level)
    return Limits(target, plan.standard_s, plan.short_abandon_s)


def put_call(floor: Floor, new: Call) -> Floor:
    """Store a visit and move the day's counts from its old version to the new one."""
    old = visit_of(floor, new.key)
    if old is not None and old == new:
        return floor
    floor = replace(floor, calls={**floor.calls, new.key: new})
    if (new.entered or new.arrived or new.ended) < floor.day[0]:
        return floor
    before = counted(old, limits(floor, old.queue)) if old is not None else Tally()
    after = counted(new, limits(floor, new.queue))
    if old is None or before != after or (old.queue, old.entered) != (new.queue, new.entered):
        floor = _count_queue(floor, old, before, new, after)
        floor = _count_minute(floor, old, before, new, after)
    return _count_seat(floor, old, new)


def _count_queue(floor: Floor, old: Call | None, before: Tally, new: Call, after: Tally) -> Floor:
    tallies = dict(floor.tallies)
    if old is not None:
        tallies[old.queue] = tallies.get(old.queue, Tally()).plus(before, -1)
    tallies[new.queue] = tallies.get(new.queue, Tally()).plus(after)
    return replace(floor, tallies=tallies)


def _count_minute(floor: Floor, old: Call | None, before: Tally, new: Call, after: Tally) -> Floor:
    was, now = _minute(old, before), _minute(new, after)
    if was == now:
        return floor
    minutes = dict(floor.minutes)
    if was is not None:
        _add(minutes, *was, sign=-1)
    if now is not None:
        _add(minutes, *now, sign=1)
    return replace(floor, minutes=minutes)


def _minute(visit: Call | None, tally: Tally) -> tuple[int, Minute] | None:
    if visit is None or not visit.entered:
        return None
    return int(visit.entered // 60 * 60), Minute(
        tally.entered, tally.answered, tally.abandoned, tally.within_standard
    )


def _add(minutes: dict[int, Minute], at: int, what: Minute, *, sign: int) -> None:
    was = minutes.get(at, Minute())
    minutes[at] = Minute(
        was.entered + sign * what.entered,
        was.answered + sign * what.answered,
        was.abandoned + sign * what.abandoned,
        was.within + sign * what.within,
    )


def _count_seat(floor: Floor, old: Call | None, new: Call) -> Floor:
    taken = ("talking", "answered")
    if not new.seat or new.outcome not in taken or (old is not None and old.outcome in taken):
        return floor
    return replace(
        floor,
        answered={**floor.answered, new.seat: floor.answered.get(new.seat, 0) + 1},
        names={**floor.names, new.seat: new.name},
    )


def turn_day(floor: Floor, at: float) -> Floor:
    """Start a new day's counts once `at` is past midnight; open visits stay with their own day."""
    if floor.day[0] <= at < floor.day[1] or at < floor.day[0]:
        return floor
    return replace(
        floor,
        day=day_of(at, floor.plan.zone),
        tallies={},
        minutes={},
        answered={},
        gaps=tuple(gap for gap in floor.gaps if not gap.end),
    )


def drop_closed(floor: Floor, at: float) -> Floor:
    """Put visits closed for `ASIDE_S` aside; forget those closed longer than `KEEP_CLOSED_S` ago.

    The day's last `LOST_KEPT` lost ones stay: a quiet night must not look as if nobody had been lost.
    """
    done = {
        key: call
        for key, call in floor.calls.items()
        if call.outcome not in OPEN and at - call.ended > ASIDE_S
    }
    closed = {**floor.closed, **done}
    old = {key for key, call in closed.items() if at - call.ended > KEEP_CLOSED_S}
    if old:
        today = (c for c in closed.values() if c.outcome in LOST and c.ended >= floor.day[0])
        old -= {call.key for call in nlargest(LOST_KEPT, today, key=lambda call: call.ended)}
    if not done and not old:
        return floor
    calls = {key: call for key, call in floor.calls.items() if key not in done}
    closed = {key: call for key, call in closed.items() if key not in old}
    return _forget_numbers(replace(floor, calls=calls, closed=closed))


def _forget_numbers(floor: Floor) -> Floor:
    """Forget the numbering of calls of which no visit is left."""
    alive = {f"{call.pbx}|{call.call}" for call in (*floor.calls.values(), *floor.closed.values())}
    if alive >= floor.latest.keys():
        return floor
    return replace(floor, latest={key: n for key, n in floor.latest.items() if key in alive})


def visit_of(floor: Floor, key: str) -> Call | None:
    """Return a visit by its key, open or recently closed."""
    return floor.calls.get(key) or floor.closed.get(key)


def changed_visits(old: Floor, new: Floor) -> dict[str, Call]:
    """Return the visits of `new` that `old` lacks or knows otherwise."""
    found = {key: call for key, call in new.calls.items() if visit_of(old, key) is not call}
    if old.closed is not new.closed:
        for key, call in new.closed.items():
            if key not in new.calls and visit_of(old, key) is not call:
                found[key] = call
    return found


def latest_visit(floor: Floor, pbx: str, call: str) -> Call | None:
    """Return the last visit of a call, open or recently closed."""
    number = floor.latest.get(f"{pbx}|{call}")
    return None if number is None else visit_of(floor, visit_key(pbx, call, number))


def visit_in(floor: Floor, pbx: str, call: str, queue: str) -> Call | None:
    """Return the last visit of a call to this very queue."""
    for number in range(floor.latest.get(f"{pbx}|{call}", 0), 0, -1):
        visit = visit_of(floor, visit_key(pbx, call, number))
        if visit is not None and visit.queue == queue:
            return visit
    return None


def new_visit(floor: Floor, visit: Call) -> tuple[Floor, Call]:
    """Give `visit` the call's next number and store it."""
    name = f"{visit.pbx}|{visit.call}"
    number = floor.latest.get(name, 0) + 1
    visit = replace(visit, key=visit_key(visit.pbx, visit.call, number), visit=number)
    floor = replace(floor, latest={**floor.latest, name: number})
    return put_call(floor, visit), visit


def restore_call(floor: Floor, row: Call) -> Floor:
    """Take a ledger row back into an empty floor; an open one must be confirmed by a list."""
    name = f"{row.pbx}|{row.call}"
    number = max(row.visit, floor.latest.get(name, 0))
    floor = replace(floor, latest={**floor.latest, name: number})
    return put_call(floor, replace(row, missing=row.entered) if row.outcome in OPEN else row)


def visit_key(pbx: str, call: str, visit: int) -> str:
    """Return the ledger's key of a visit."""
    return f"{pbx}|{call}|{visit}"
