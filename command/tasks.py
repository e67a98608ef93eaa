"""Tasks (任务): of a plan's cards or added by hand, each after those it depends on."""

from math import isfinite

from sqlalchemy import cast, func, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlalchemy.orm import Session

from command.moving import SYSTEM, TITLE_MAX, Held, take, tell, text
from models.clock import Instant
from models.errors import BadInput, NotFound, WrongStatus
from models.events.incident.response import (
    TaskAdded,
    TaskDone,
    TaskDropped,
    TaskLate,
    TaskProgressed,
    TaskStarted,
)
from models.rules.incident.moves import OPEN
from models.rules.incident.state import Incident as State
from models.rules.incident.state import Task
from models.tables import Incident
from tickets.moving import Actor

_LATE = "$.tasks.* ? (@.due > 0 && @.due <= $now && @.done == 0 && @.dropped == 0 && !(@.late > 0))"
"""Tasks kept before there was `late` lack it."""


def add_task(
    session: Session, incident_id: int, *, title: str, role: str, due: Instant = 0.0, after: tuple[int, ...] = (),
    said: str = "", actor: Actor, now: Instant,
) -> int:  # fmt: skip
    """Add a task; return its number. BadInput names title, role, due or after."""
    held = take(session, incident_id, "add_task", actor=actor, now=now)
    if due and not (isfinite(due) and due > now):
        raise BadInput("due in the past", field="due")
    if not set(after) <= set(held.state.tasks):
        raise BadInput("after a task that is not there", field="after")
    number = max(held.state.tasks, default=0) + 1
    event = TaskAdded(
        task=number, title=text(title, "title", most=TITLE_MAX), role=text(role, "role", most=TITLE_MAX),
        due=due, after=tuple(sorted(set(after))), text=text(said, "text", owed=False), **held.facts(),
    )  # fmt: skip
    tell(session, held, event)
    return number


def start_task(
    session: Session, incident_id: int, number: int, *, actor: Actor, now: Instant
) -> None:
    """Take a task on; WrongStatus, with `waits`, while one before it is open."""
    held, task = _of(session, incident_id, number, actor, now)
    _ready(held.state, task)
    if task.started:
        raise WrongStatus(f"task {number} is begun", cap="moved")
    tell(session, held, TaskStarted(task=number, **held.facts()))


def progress_task(
    session: Session, incident_id: int, number: int, percent: int, *, note: str = "", actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Say how far a task is, 1 to 99; it counts as begun from then on."""
    held, task = _of(session, incident_id, number, actor, now)
    _ready(held.state, task)
    if not 0 < percent < 100:
        raise BadInput("1 to 99", field="percent")
    if not task.started:
        tell(session, held, TaskStarted(task=number, **held.facts()))
    tell(session, held, TaskProgressed(task=number, percent=percent, **held.facts(note)))


def finish_task(
    session: Session, incident_id: int, number: int, *, note: str = "", actor: Actor, now: Instant
) -> None:  # fmt: skip
    """A task is done; WrongStatus, with `waits`, while one before it is open."""
    held, task = _of(session, incident_id, number, actor, now)
    _ready(held.state, task)
    tell(session, held, TaskDone(task=number, **held.facts(note)))


def drop_task(
    session: Session, incident_id: int, number: int, *, note: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """A task is not needed; why is owed."""
    held, _ = _of(session, incident_id, number, actor, now)
    tell(session, held, TaskDropped(task=number, **held.facts(text(note, "note"))))


def waits(state: State, task: Task) -> tuple[int, ...]:
    """Return the numbers of the open tasks that come first."""
    return tuple(number for number in task.after if state.tasks[number].open)


def _of(
    session: Session, incident_id: int, number: int, actor: Actor, now: Instant
) -> tuple[Held, Task]:
    held = take(session, incident_id, "move_task", actor=actor, now=now)
    task = held.state.tasks.get(number)
    if task is None:
        raise NotFound(f"no task {number}")
    if not task.open:
        raise WrongStatus(f"task {number} is over", cap="moved")
    return held, task


def _ready(state: State, task: Task) -> None:
    before = waits(state, task)
    if before:
        raise WrongStatus(f"task {task.task} waits for {before}", cap="waits", waits=before)


def note_late(session: Session, *, now: Instant) -> list[tuple[int, int]]:
    """Tell of every task whose time has come while it was open, each once; return (incident, task) of them."""
    at = func.jsonb_build_object("now", now)
    owed = func.jsonb_path_exists(Incident.picture, cast(_LATE, JSONPATH), at)
    rows = session.scalars(select(Incident.id).where(Incident.status.in_(OPEN), owed))
    found = []
    for incident_id in list(rows):
        try:
            held = take(session, incident_id, "note_late", actor=SYSTEM, now=now)
        except WrongStatus:  # it came to its end meanwhile
            continue
        late = [t for t in held.state.tasks.values() if t.open and not t.late and 0 < t.due <= now]
        for task in late:
            tell(session, held, TaskLate(task=task.task, due=task.due, **held.facts()))
            found.append((incident_id, task.task))
    return found
