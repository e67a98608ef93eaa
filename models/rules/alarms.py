"""When to raise and when to clear an alarm: threshold, duration and hysteresis. Pure."""

from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

from models.rules import metrics as m
from models.rules.board import seat_counts
from models.rules.floor.state import Floor


class AlarmRule(NamedTuple):
    """A figure is bad when beyond `threshold` for `duration_s`; good again when past `release`.

    Between release and threshold an alarm stays as it is, so that it does not flutter.
    """

    name: str
    side: Literal["above", "below"]
    threshold: float
    release: float
    duration_s: float


RULES: tuple[AlarmRule, ...] = (
    AlarmRule("source_silent", "above", 3, 1, 0),  # seconds without a sign of life
    AlarmRule("longest_wait", "above", 60, 20, 3),  # seconds, by queue
    AlarmRule("queue_length", "above", 9, 4, 5),  # callers waiting, by queue
    AlarmRule("connect_rate", "below", 0.95, 0.96, 30),  # of the day, GB/T 33358
    AlarmRule("no_idle_seat", "below", 1, 2, 30),  # idle seats while somebody waits
    AlarmRule("unstaffed", "below", 1, 1, 5),  # working seats, by queue with callers
)
MIN_OFFERED = 20
"""Rates over fewer calls than this say nothing and raise nothing."""

Reading = tuple[str, str, float]
"""(rule, subject, value)."""


class Watched(NamedTuple):
    """Since when a reading has been beyond its threshold."""

    since: float
    value: float


def readings(floor: Floor, silences: Mapping[str, float], now: float) -> list[Reading]:
    """Return every watched figure that has a value now; `silences` is seconds of silence by source."""
    found: list[Reading] = [("source_silent", pbx, age) for pbx, age in silences.items()]
    waiting: dict[str, list[float]] = {queue: [] for queue in floor.queues}
    for call in floor.calls.values():
        if call.outcome == "waiting" and not call.left:
            waiting.setdefault(call.queue, []).append(now - call.entered)
    for queue, ages in waiting.items():
        found += [
            ("longest_wait", queue, max(ages, default=0.0)),
            ("queue_length", queue, len(ages)),
            ("unstaffed", queue, _staff(floor, queue) if ages else 1),
        ]
    tally = m.total(floor.tallies)
    rate = m.connect_rate(tally).value
    if rate is not None and m.decided(tally) >= MIN_OFFERED:
        found.append(("connect_rate", "", rate))
    somebody_waits = any(waiting.values())
    found.append(("no_idle_seat", "", seat_counts(floor)["idle"] if somebody_waits else 2))
    return found


def _staff(floor: Floor, queue: str) -> float:
    return sum(
        queue in seat.memberships and seat.state not in ("offline", "busy", "rest", "learn")
        for seat in floor.seats.values()
    )


class Verdict(NamedTuple):
    """What changed: readings to raise an alarm for, keys of alarms to clear with their value."""

    raised: list[tuple[AlarmRule, Reading]]
    cleared: list[tuple[str, float]]


def judge(
    floor: Floor, found: Iterable[Reading], watched: dict[tuple[str, str], Watched], now: float
) -> Verdict:
    """Compare readings with the rules; `watched` (kept by the caller between calls) is brought up to date."""
    verdict = Verdict([], [])
    open_alarms = {(alarm.rule, alarm.subject): alarm.key for alarm in floor.alarms.values()}
    rules = {rule.name: rule for rule in RULES}
    for rule_name, subject, value in found:
        rule, key = rules[rule_name], (rule_name, subject)
        if key in open_alarms:
            if _good(rule, value):
                verdict.cleared.append((open_alarms[key], value))
        elif not _bad(rule, value):
            watched.pop(key, None)
        else:
            since = watched.setdefault(key, Watched(now, value)).since
            if now - since >= rule.duration_s:
                watched.pop(key)
                verdict.raised.append((rule, (rule_name, subject, value)))
    return verdict


def _bad(rule: AlarmRule, value: float) -> bool:
    return value > rule.threshold if rule.side == "above" else value < rule.threshold


def _good(rule: AlarmRule, value: float) -> bool:
    return value <= rule.release if rule.side == "above" else value >= rule.release
