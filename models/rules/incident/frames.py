"""An incident's log cut at any moment: pictures kept every so many events, so that seeking folds a few of them.

The fold is the one live screens use. A log that cannot be folded to its end says where it stops and why.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from models.errors import WrongStatus
from models.events.incident import AnyIncidentEvent
from models.rules.incident import reduce
from models.rules.incident.state import Picture

EVERY = 100
"""Events between two kept pictures: a seek folds fewer than these."""

What = Literal["gap", "order", "unreadable", "changed", "link", "late", "missing", "differs"]
"""What is wrong with a log: an event missing before this one, a time that runs back, an event nobody can fold, a row
that was changed, a broken chain; its last events on their way, or gone; the row that says something else."""


class Fault(NamedTuple):
    """What is wrong, and at which event of the incident; 0 = at none of its own."""

    what: What
    seq: int


@dataclass(frozen=True, slots=True)
class Reel:
    """The events that can be folded, in order, the instant of each, every `EVERY`th picture, and the last."""

    events: tuple[AnyIncidentEvent, ...] = ()
    times: tuple[float, ...] = ()
    kept: tuple[Picture, ...] = ()
    last: Picture | None = None
    fault: Fault | None = None

    def number(self, moment: float) -> int:
        """Return how many events had happened at a moment, itself included."""
        return bisect_right(self.times, moment)

    def after(self, number: int) -> Picture | None:
        """Return the picture after so many events; None before the first."""
        mark = min(number, len(self.events)) // EVERY
        picture = self.kept[mark - 1] if mark else None
        for event in self.events[mark * EVERY : number]:
            picture = reduce(picture, event)
        return picture

    def at(self, moment: float) -> Picture | None:
        """Return the picture at a moment, None before the incident was reported."""
        return self.after(self.number(moment))


def reel(events: Sequence[AnyIncidentEvent]) -> Reel:
    """Return the reel of a log; it ends before the first event that cannot be folded, and `fault` says why."""
    picture: Picture | None = None
    kept: list[Picture] = []
    times: list[float] = []
    fault: Fault | None = None
    for number, event in enumerate(events, start=1):
        fault = _wrong(number, event, times)
        if fault is None:
            try:
                picture = reduce(picture, event)
            except (WrongStatus, KeyError):
                fault = Fault("unreadable", event.seq)
        if fault is not None or picture is None:
            break
        times.append(event.at)
        if number % EVERY == 0:
            kept.append(picture)
    return Reel(tuple(events[: len(times)]), tuple(times), tuple(kept), picture, fault)


def _wrong(number: int, event: AnyIncidentEvent, times: Sequence[float]) -> Fault | None:
    if event.seq != number:
        return Fault("gap", number)
    if times and event.at < times[-1]:
        return Fault("order", number)
    return None
