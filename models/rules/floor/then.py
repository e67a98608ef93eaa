"""The floor's figures at any moment of a day, from the call ledger: every visit cut where the moment cuts it.

Each visit is counted by `rules.metrics` as the wallboard counts it; sums are kept between its changes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from msgspec.structs import replace

from models.rules.floor.state import Call
from models.rules.metrics import Limits, Tally, counted

_LOST = {"seat": "", "name": "", "wait": -1, "answered": 0.0}
_OPEN = {"ended": 0.0, "talk": -1, "held": 0.0, "transferred": "", "reason": ""}


def cut(call: Call, moment: float) -> Call | None:
    """Return a visit as it was at a moment, None while it had not come.

    What the ledger says only at the end (hold, ring-outs) is not known before it.
    """
    if call.ended and call.ended <= moment:
        return call
    if call.answered and call.answered <= moment:
        return replace(call, outcome="talking", **_OPEN, ring_outs=0)
    if call.entered and call.entered <= moment:
        return replace(call, outcome="waiting", **_OPEN, **_LOST, ring_outs=0)
    if call.arrived and call.arrived <= moment:
        return replace(call, outcome="arrived", **_OPEN, **_LOST, ring_outs=0, entered=0.0)
    return None


@dataclass(frozen=True, slots=True)
class Figures:
    """The floor at a moment: who waits, who talks, and the day's counts up to it."""

    waiting: int
    talking: int
    tally: Tally


@dataclass(frozen=True, slots=True)
class Day:
    """A day's visits as sums after each change; `times` in order, `sums` one more than they."""

    times: tuple[float, ...]
    sums: tuple[Figures, ...]

    def at(self, moment: float) -> Figures:
        """Return the figures at a moment, itself included."""
        return self.sums[bisect_right(self.times, moment)]


def day(visits: Iterable[Call], limits: Mapping[str, Limits], default: Limits) -> Day:
    """Return a day's figures; `limits` by queue."""
    moves: list[tuple[float, Tally, int, int]] = []
    for visit in visits:
        known = limits.get(visit.queue, default)
        before, waiting, talking = Tally(), 0, 0
        for at in sorted({visit.arrived, visit.entered, visit.answered, visit.ended} - {0.0}):
            part = cut(visit, at)
            if part is None:
                continue
            after, now_waits, now_talks = (
                counted(part, known), int(part.outcome == "waiting"), int(part.outcome == "talking"),
            )  # fmt: skip
            moves.append((at, after.plus(before, -1), now_waits - waiting, now_talks - talking))
            before, waiting, talking = after, now_waits, now_talks
    moves.sort(key=lambda move: move[0])
    sums = [Figures(0, 0, Tally())]
    for _, tally, waits, talks in moves:
        last = sums[-1]
        sums.append(Figures(last.waiting + waits, last.talking + talks, last.tally.plus(tally)))
    return Day(tuple(move[0] for move in moves), tuple(sums))
