"""What a rescue unit's crew may know of the incident they are on: their own part of it, and nothing else."""

import hashlib

from msgspec import Struct, json

from models.events.incident.course import Place
from models.events.incident.response import Progress
from models.rules.incident.state import Assignment, Incident, Order, Remark, Status, Task

SAYS = " · "
"""Stands between a unit's name and the person's in what a crew writes."""


class Other(Struct, frozen=True):
    """Another unit that is bound to the same incident, as whoever leads on site sees it."""

    unit: str
    label: str
    progress: Progress


class Sheet(Struct, frozen=True):
    """The crew's part of an incident; `plans` titles of the plans that hold, `waits` task -> open tasks before it."""

    incident: int
    no: str
    title: str
    type: str
    status: Status
    level: str
    exercise: bool
    place: Place
    plans: tuple[str, ...]
    assignment: Assignment
    orders: tuple[Order, ...]
    tasks: tuple[Task, ...]
    waits: dict[int, int]
    reports: tuple[Remark, ...]
    others: tuple[Other, ...]


def sheet(i: Incident, unit: str) -> Sheet | None:
    """Return what a unit's crew may know of an incident; None unless the unit is bound to it now."""
    bound = next((a for a in i.assignments.values() if a.open and a.unit == unit), None)
    if bound is None:
        return None
    tasks = tuple(task for task in i.tasks.values() if task.unit == unit and not task.dropped)
    return Sheet(
        i.id, i.no, i.title, i.type, i.status, i.level, i.exercise, i.place,
        tuple(plan.title for plan in i.plans.values()), bound,
        tuple(order for order in i.orders.values() if order.unit == unit), tasks,
        {task.task: sum(i.tasks[before].open for before in task.after) for task in tasks},
        tuple(r for r in i.remarks.values() if r.text and r.by.startswith(bound.label + SAYS)),
        tuple(
            Other(a.unit, a.label, a.progress)
            for a in i.assignments.values()
            if a.open and a.unit != unit
        ),
    )  # fmt: skip


def mark(found: Sheet | None) -> str:
    """Return what is the same as long as a crew sees the same; empty while there is nothing to see."""
    return hashlib.sha256(json.encode(found)).hexdigest()[:12] if found else ""
