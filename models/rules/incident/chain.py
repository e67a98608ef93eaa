"""The response chain (响应过程): from the call to the last unit home, and how long each part took.

An instant nobody knows is None and never counts as zero: not one of a step that was only inferred from a later one.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from math import ceil
from typing import Literal, NamedTuple, get_args

from models.events.incident.response import Progress
from models.rules.incident.state import Incident

Step = Literal[
    "call", "answer", "ticket", "incident", "dispatch", "acknowledge", "en_route", "on_scene", "controlled", "clear",
]  # fmt: skip
STEPS: tuple[Step, ...] = get_args(Step)
SPANS: tuple[tuple[Step, Step], ...] = (
    *pairwise(STEPS),
    ("call", "on_scene"), ("incident", "on_scene"), ("incident", "controlled"), ("dispatch", "on_scene"),
)  # fmt: skip
"""The parts that are counted: each step to the next, then those a leader asks for."""
_UNITS: Mapping[Step, Progress] = {
    "dispatch": "dispatched", "acknowledge": "acknowledged", "en_route": "en_route", "on_scene": "on_scene",
}  # fmt: skip


class Before(NamedTuple):
    """What came before the incident: its first call's arrival and answer, its first ticket; None = not known."""

    call: float | None = None
    answer: float | None = None
    ticket: float | None = None


UNKNOWN = Before()
Times = Mapping[Step, float | None]


def times(i: Incident, before: Before = UNKNOWN) -> Times:
    """Return the instant of every step, None where nobody knows it.

    Of units the first one counts, seen and not inferred; controlled is the last time it was; clear is when the
    last one that went was home, None while one is out.
    """
    units = i.assignments.values()
    found: dict[Step, float | None] = {**before._asdict(), "incident": i.reported}  # type: ignore[dict-item]
    for step, progress in _UNITS.items():
        seen = [
            unit.times[progress]
            for unit in units
            if progress in unit.times and progress not in unit.implied
        ]
        found[step] = min(seen, default=None)
    found["controlled"] = i.times.get("controlled") if i.status != "responding" else None
    home = [unit.times["clear"] for unit in units if "clear" in unit.times]
    found["clear"] = max(home, default=None) if not any(unit.open for unit in units) else None
    return found


def spans(of: Times) -> dict[tuple[Step, Step], float | None]:
    """Return the seconds of every part, None where an end is not known or the two run backwards."""
    found: dict[tuple[Step, Step], float | None] = {}
    for first, last in SPANS:
        start, end = of.get(first), of.get(last)
        known = start is not None and end is not None and end >= start
        found[first, last] = (
            end - start if known and start is not None and end is not None else None
        )
    return found


class Quantiles(NamedTuple):
    """P50 and P90 of what is known, by nearest rank (each is one that was measured), and of how many of all."""

    p50: float | None
    p90: float | None
    n: int
    of: int


def quantiles(values: Iterable[float | None]) -> Quantiles:
    """Return P50 and P90; None where nothing is known."""
    given = list(values)
    known = sorted(value for value in given if value is not None)
    return Quantiles(_rank(known, 0.5), _rank(known, 0.9), len(known), len(given))


def _rank(known: Sequence[float], share: float) -> float | None:
    return known[max(ceil(share * len(known)) - 1, 0)] if known else None
