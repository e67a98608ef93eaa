"""能力评估: how fast response units come, by type and district; whether plans are used and tasks keep their time."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.chain import chosen
from command.queries import Criteria
from models.events.incident.response import Progress
from models.rules.incident.chain import Quantiles, quantiles
from models.rules.incident.state import Assignment
from models.rules.incident.state import Incident as State
from models.tables import ResponseUnit
from tickets.moving import Actor

STEPS: tuple[Progress, ...] = ("acknowledged", "en_route", "on_scene")


class Force(NamedTuple):
    """Response of the units of a type in a district, seconds: from dispatch to acknowledging, leaving, arriving.

    n counts assignments; cancelled ones before arrival have no arrival, and are counted in `of` alone.
    """

    type: str
    district: str
    exercise: bool
    assignments: int
    acknowledged: Quantiles
    left: Quantiles
    arrived: Quantiles


class Readiness(NamedTuple):
    """Incidents of a type: how many used a plan, and of their tasks with a due instant how many were done by it."""

    type: str
    exercise: bool
    incidents: int
    planned: int
    tasks: int
    in_time: int
    late: int
    open: int


class Capability(NamedTuple):
    """What a period's incidents show of the city's emergency capability."""

    forces: tuple[Force, ...]
    readiness: tuple[Readiness, ...]
    incidents: int
    exercises: int


def capability(session: Session, criteria: Criteria, *, actor: Actor) -> Capability:
    """Return the capability shown by the incidents that meet the criteria, exercises apart from real ones."""
    states = chosen(session, criteria, actor=actor)
    known = {
        row.code: (row.type, row.district)
        for row in session.execute(
            select(ResponseUnit.code, ResponseUnit.type, ResponseUnit.district)
        )
    }
    exercises = sum(state.exercise for state in states)
    return Capability(
        _forces(states, known), _readiness(states), len(states) - exercises, exercises
    )


def _forces(states: Sequence[State], known: Mapping[str, tuple[str, str]]) -> tuple[Force, ...]:
    groups: dict[tuple[bool, str, str], list[Assignment]] = defaultdict(list)
    for state in states:
        for unit in state.assignments.values():
            groups[(state.exercise, *known.get(unit.unit, ("", "")))].append(unit)
    return tuple(
        Force(
            type_, district, exercise, len(units),
            *(quantiles(_took(unit, step) for unit in units) for step in STEPS),
        )
        for (exercise, type_, district), units in sorted(groups.items())
    )  # fmt: skip


def _took(unit: Assignment, step: Progress) -> float | None:
    """Return the seconds from dispatch to a step, None where one of them was not seen."""
    times = unit.times
    if step not in times or "dispatched" in unit.implied or step in unit.implied:
        return None
    return times[step] - times["dispatched"]


def _readiness(states: Sequence[State]) -> tuple[Readiness, ...]:
    groups: dict[tuple[bool, str], list[State]] = defaultdict(list)
    for state in states:
        groups[state.exercise, state.type].append(state)
    found = []
    for (exercise, type_), all_ in sorted(groups.items()):
        owed = [t for state in all_ for t in state.tasks.values() if t.due and not t.dropped]
        in_time = sum(0 < task.done <= task.due for task in owed)
        late = sum(task.done > task.due for task in owed)
        found.append(
            Readiness(
                type_, exercise, len(all_), sum(bool(state.plans) for state in all_), len(owed), in_time,
                late, len(owed) - in_time - late,
            )
        )  # fmt: skip
    return tuple(found)
