"""What a floor looks like: the wallboard's sections as plain data, whole or only what changed.

The JSON shapes are documented in docs/events.md ("The board"). Values are absolute and keyed, so
applying a change twice equals applying it once, and two changes merge by their keys.
"""

from typing import Any

from models.rules import metrics as m
from models.rules.floor.book import changed_visits, visit_of
from models.rules.floor.state import LOST, Alarm, Call, Floor, Seat
from models.rules.metrics import Minute, Ratio, Tally

Section = dict[str, Any]
Board = dict[str, Any]

WORKING = frozenset({"idle", "ring", "talk", "hold", "wrap"})
HOUR_MINUTES = 60
QUARTER_S = 900


def board(floor: Floor, now: float) -> Board:
    """Return every section of the board at `now` (seconds since epoch)."""
    return {
        "seats": {key: _seat(floor, seat) for key, seat in floor.seats.items()},
        "feed": {
            key: _lost(call)
            for key, call in {**floor.closed, **floor.calls}.items()
            if _in_feed(call)
        },
        "alarms": {key: _alarm(alarm) for key, alarm in floor.alarms.items()},
        "links": _links(floor),
        "gaps": [[gap.pbx, gap.start, gap.end] for gap in floor.gaps],
        "day": list(floor.day),
        **_figures(floor),
        **_charts(floor, now),
    }


def changes(old: Floor, new: Floor, now: float) -> Board:
    """Return only what differs between two versions of a floor; a removed entry is None."""
    out: Board = {}
    counts_moved = old.calls is not new.calls or old.answered is not new.answered
    if old.seats is not new.seats or counts_moved:
        _put(out, "seats", _changed_seats(old, new))
    if old.calls is not new.calls or old.closed is not new.closed:
        _put(out, "feed", _changed_feed(old, new))
    if old.alarms is not new.alarms:
        gone = {key: None for key in old.alarms if key not in new.alarms}
        _put(out, "alarms", gone | {key: _alarm(a) for key, a in new.alarms.items()})
    if _links(old) != _links(new):
        out["links"] = _links(new)
    if old.gaps is not new.gaps or old.day != new.day:
        out["gaps"] = [[gap.pbx, gap.start, gap.end] for gap in new.gaps]
        out["day"] = list(new.day)
    if old.seats is not new.seats or old.calls is not new.calls or old.day != new.day:
        before, after = _figures(old), _figures(new)
        for name, section in after.items():
            _put(out, name, {k: v for k, v in section.items() if before[name].get(k) != v})
    if old.minutes is not new.minutes:
        out |= _charts(new, now)
    return out


def merge(first: Board, then: Board) -> Board:
    """Return two changes as one; keyed sections merge by key, lists are replaced."""
    out = dict(first)
    for name, section in then.items():
        was = out.get(name)
        both = isinstance(section, dict) and isinstance(was, dict) and name != "links"
        out[name] = {**was, **section} if both and was is not None else section
    return out


def _put(out: Board, name: str, section: Section) -> None:
    if section:
        out[name] = section


def _changed_seats(old: Floor, new: Floor) -> Section:
    section: Section = {key: None for key in old.seats if key not in new.seats}
    for key, seat in new.seats.items():
        same = old.seats.get(key) is seat and old.answered.get(key) == new.answered.get(key)
        if not same or (seat.call and old.calls.get(seat.call) is not new.calls.get(seat.call)):
            section[key] = _seat(new, seat)
    return section


def _changed_feed(old: Floor, new: Floor) -> Section:
    section: Section = {}
    if old.closed is not new.closed:
        for key, call in (*old.closed.items(), *old.calls.items()):
            if _in_feed(call) and visit_of(new, key) is None:
                section[key] = None
    for key, call in changed_visits(old, new).items():
        before = visit_of(old, key)
        if _in_feed(call):
            section[key] = _lost(call)
        elif before is not None and _in_feed(before):
            section[key] = None
    return section


def _seat(floor: Floor, seat: Seat) -> Section:
    call = visit_of(floor, seat.call or seat.ringing)
    return {
        "name": seat.name,
        "state": seat.state,
        "since": round(seat.since, 3),
        "reason": seat.reason,
        "device": seat.device,
        "queue": call.queue if call else "",
        "caller": call.caller.masked if call else "",
        "call": call.key if call else "",
        "answered": floor.answered.get(seat.key, 0),
        "queues": sorted(seat.memberships),
    }


def _in_feed(call: Call) -> bool:
    return call.outcome in LOST


def _lost(call: Call) -> Section:
    return {
        "outcome": call.outcome,
        "queue": call.queue,
        "caller": call.caller.masked,
        "at": round(call.ended, 3),
        "wait": call.wait,
    }


def _alarm(alarm: Alarm) -> Section:
    return {
        "rule": alarm.rule,
        "subject": alarm.subject,
        "value": alarm.value,
        "threshold": alarm.threshold,
        "since": alarm.since,
        "ack_name": alarm.ack_name,
        "ack_at": alarm.ack_at,
    }


def _links(floor: Floor) -> Section:
    return {
        pbx: {"up": link.up, "since": link.since, "reason": link.reason, "version": link.version}
        for pbx, link in floor.links.items()
    }


def _figures(floor: Floor) -> dict[str, Section]:
    """Return the sections `queues`, `kpi` and `counts`."""
    waiting = [call for call in floor.calls.values() if call.outcome == "waiting"]
    return {
        "counts": seat_counts(floor),
        "kpi": kpi(m.total(floor.tallies), waiting),
        "queues": _queues(floor, waiting),
    }


def seat_counts(floor: Floor) -> dict[str, int]:
    """Return the number of seats in each state; `online` is all but the signed-out ones."""
    counts = dict.fromkeys(
        ("online", "idle", "ring", "talk", "hold", "direct", "wrap", "busy", "rest", "learn"), 0
    )
    counts["offline"] = 0
    for seat in floor.seats.values():
        counts[seat.state] += 1
        if seat.state != "offline":
            counts["online"] += 1
    return counts


def kpi(t: Tally, waiting: list[Call] | None = None) -> Section:
    """Return the day's figures, each with numerator `n` and denominator `d`; counts have no `d`."""
    figures: Section = {
        "arrived": _count(t.arrived),
        "entered": _count(t.entered),
        "answered": _count(t.answered),
        "connect_rate": _ratio(m.connect_rate(t)),
        "within_offered": _ratio(m.within_standard_of_offered(t)),
        "within_answered": _ratio(m.within_standard_of_answered(t)),
        "service_level": _ratio(m.service_level(t)),
        "loss_rate": _ratio(m.loss_rate(t)),
        "quick": _count(t.quick),
        "abandoned": _count(t.abandoned),
        "short": _count(t.short),
        "timeout": _count(t.timeout),
        "overflow": _count(t.overflow),
        "left": _count(t.left),
        "unknown": _count(t.unknown),
        "ring_outs": _count(t.ring_outs),
        "asa": _ratio(m.asa(t)),
        "talk": _ratio(m.average_talk(t)),
    }
    if waiting is not None:
        figures["waiting"] = {"v": len(waiting), "oldest": _oldest(waiting)}
    return figures


def _oldest(waiting: list[Call]) -> float:
    return round(min((call.entered for call in waiting), default=0.0), 3)


def _count(value: int) -> Section:
    return {"v": value}


def _ratio(ratio: Ratio) -> Section:
    value = ratio.value
    return {
        "v": None if value is None else round(value, 6),
        "n": ratio.numerator,
        "d": ratio.denominator,
    }


def _queues(floor: Floor, waiting: list[Call]) -> Section:
    """Return every queue's row; seats and callers are gone through once for all of them."""
    callers: dict[str, list[Call]] = {name: [] for name in floor.queues}
    for call in waiting:
        if call.queue in callers and not call.left:
            callers[call.queue].append(call)
    working = dict.fromkeys(floor.queues, 0)
    idle = dict.fromkeys(floor.queues, 0)
    for seat in floor.seats.values():
        if seat.state not in WORKING:
            continue
        for name in seat.memberships:
            if name in working:
                working[name] += 1
                idle[name] += seat.state == "idle"
    return {
        name: _queue(floor, name, callers[name], working[name], idle[name]) for name in floor.queues
    }


def _queue(floor: Floor, name: str, waiting: list[Call], working: int, idle: int) -> Section:
    tally = floor.tallies.get(name, Tally())
    handle = m.average_talk(tally).value
    expected = m.expected_wait(len(waiting), working, idle, handle)
    return {
        "waiting": len(waiting),
        "oldest": _oldest(waiting),
        "service_level": _ratio(m.service_level(tally)),
        "target": floor.plan.service_level.get(name, floor.plan.default_service_level),
        "entered": tally.entered,
        "answered": tally.answered,
        "abandoned": tally.abandoned,
        "working": working,
        "idle": idle,
        "ewt": None if expected is None else round(expected),
    }


def _charts(floor: Floor, now: float) -> dict[str, list[list[float]]]:
    """Return `hour` (last 60 minutes) and `quarters` (the day by 15 min).

    Each point is [start, entered, answered, abandoned, answered within 15 s].
    """
    first = int(now // 60 * 60) - (HOUR_MINUTES - 1) * 60
    hour = [_point(at, floor.minutes.get(at, Minute())) for at in range(first, first + 3600, 60)]
    quarters: dict[int, Minute] = {}
    for at, minute in floor.minutes.items():
        start = at // QUARTER_S * QUARTER_S
        was = quarters.get(start, Minute())
        quarters[start] = Minute(
            was.entered + minute.entered,
            was.answered + minute.answered,
            was.abandoned + minute.abandoned,
            was.within + minute.within,
        )
    return {"hour": hour, "quarters": [_point(at, quarters[at]) for at in sorted(quarters)]}


def _point(at: int, minute: Minute) -> list[float]:
    return [at, minute.entered, minute.answered, minute.abandoned, minute.within]
