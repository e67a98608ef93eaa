"""The floor's figures at any moment of a day, from the call ledger: every visit cut where the moment cuts it.

Each visit is counted by `rules.metrics` as the wallboard counts it. Those that were over by the moment stand in one
sum; only those that were not are cut and counted anew.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import accumulate
from math import inf

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
    """A day's visits in the order of their ends, those without one last; `sums[n]` counts the first n of them."""

    visits: tuple[Call, ...]
    ends: tuple[float, ...]
    sums: tuple[Tally, ...]
    limits: Mapping[str, Limits]
    default: Limits

    def at(self, moment: float) -> Figures:
        """Return the figures at a moment, itself included."""
        over = bisect_right(self.ends, moment)
        waiting, talking, tally = 0, 0, self.sums[over]
        for visit in self.visits[over:]:
            part = cut(visit, moment)
            if part is not None:
                tally = tally.plus(counted(part, self.limits.get(part.queue, self.default)))
                waiting += part.outcome == "waiting"
                talking += part.outcome == "talking"
        return Figures(waiting, talking, tally)


def day(visits: Iterable[Call], limits: Mapping[str, Limits], default: Limits) -> Day:
    """Return a day's figures; `limits` by queue."""
    ordered = tuple(sorted(visits, key=_end))
    tallies = (counted(visit, limits.get(visit.queue, default)) for visit in ordered)
    sums = tuple(accumulate(tallies, Tally.plus, initial=Tally()))
    return Day(ordered, tuple(_end(visit) for visit in ordered), sums, limits, default)


def _end(visit: Call) -> float:
    return visit.ended or inf
