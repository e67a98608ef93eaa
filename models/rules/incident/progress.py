"""Which step of an assignment may follow which, what a late report implies, and when a unit is expected."""

from collections.abc import Mapping

from models.errors import WrongStatus
from models.events.incident.response import CLOSED, Progress
from models.rules.incident.state import Assignment

WAITING: frozenset[Progress] = frozenset({"dispatched", "acknowledged", "staging"})
"""The unit has not left, or waits on the way: the drive begins whenever it begins."""
DRIVING: frozenset[Progress] = frozenset({"en_route"})
MOVING: frozenset[Progress] = WAITING | DRIVING
"""Steps in which the way to the scene matters."""

_AFTER: Mapping[Progress, tuple[Progress, ...]] = {
    "dispatched": ("acknowledged", "en_route", "staging", "on_scene", "transporting", "at_destination"),
    "acknowledged": ("en_route", "staging", "on_scene", "transporting", "at_destination"),
    "en_route": ("staging", "on_scene", "transporting", "at_destination"),
    "staging": ("en_route", "on_scene", "transporting", "at_destination"),
    "on_scene": ("transporting", "at_destination"),
    "transporting": ("at_destination",),
    "at_destination": ("en_route", "on_scene", "transporting"),  # the next trip
    "returning": ("en_route",),  # called back on its way home
    "clear": (),
    "cancelled": (),
}  # fmt: skip
_BETWEEN: Mapping[Progress, tuple[Progress, ...]] = {
    "en_route": ("acknowledged",),
    "staging": ("acknowledged", "en_route"),
    "on_scene": ("acknowledged", "en_route"),
    "transporting": ("acknowledged", "en_route", "on_scene"),
    "at_destination": ("acknowledged", "en_route", "on_scene", "transporting"),
}
"""What must have been before; who turns back or is let go need not have been anywhere."""


def may_follow(now: Progress) -> tuple[Progress, ...]:
    """Return the steps that may be told in a step; none once it is closed."""
    if now in CLOSED:
        return ()
    home: tuple[Progress, ...] = ("clear",) if now == "returning" else ("returning", "clear")
    return (*_AFTER[now], *home, "cancelled")


def steps(now: Progress, to: Progress, reached: Mapping[Progress, float]) -> tuple[Progress, ...]:
    """Return the steps to tell for `to`, those it implies first; empty when it is told already.

    reached : the steps the assignment has been in. WrongStatus when it cannot follow, with `may`.
    """
    if now == to:
        return ()
    if to not in may_follow(now):
        raise WrongStatus(f"{to} after {now}", progress=now, may=may_follow(now))
    return (*(step for step in _BETWEEN.get(to, ()) if step not in reached), to)


def arrival(assignment: Assignment) -> float:
    """Return the instant a unit on its way is expected, 0 while it has not left, is there, or no way leads there."""
    if assignment.progress not in DRIVING or assignment.seconds < 0:
        return 0.0
    left = max(assignment.routed, assignment.times.get("en_route", 0.0))
    return left + assignment.seconds
