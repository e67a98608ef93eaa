"""Tasks over all incidents (K-15): what a list of them asks for, one page of it and the whole, by deadline."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Select, and_, column, func, not_, or_, select, true
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from command.moving import sees
from command.queries import AT_ONCE, may_see
from models.clock import Instant
from models.errors import BadInput
from models.rules.incident.moves import MOVES
from models.rules.incident.state import Task
from models.tables import Incident
from tickets.moving import Actor

PAGE = 50
STATES = ("open", "late", "done", "dropped")
"""Owed, owed and overdue, done, not needed any more."""
OWED = MOVES["move_task"].sources
"""In these states of its incident somebody still owes an open task."""


class TaskCriteria(NamedTuple):
    """What a list asks for. words : in title, role and who took it on or did it; incident : in number and title of its
    incident; [start, end) of the deadline, 0 = without bound."""

    state: str = ""
    words: str = ""
    incident: str = ""
    start: Instant = 0.0
    end: Instant = 0.0


class TaskLine(NamedTuple):
    """A task and the incident it is of; owed : somebody still has to do it."""

    incident: int
    no: str
    title: str
    exercise: bool
    owed: bool
    task: Task

    def late(self, now: Instant) -> bool:
        """True while it is owed though its time has come, and for good once it was done late."""
        due, done = self.task.due, self.task.done
        return due > 0 and (done > due if done else self.owed and due <= now)


class FoundTasks(NamedTuple):
    """One page, the soonest deadline first, and how many the whole list has."""

    rows: list[TaskLine]
    total: int


_EACH = func.jsonb_each(Incident.picture["tasks"]).table_valued(column("value", JSONB), name="each")
_TASK = _EACH.c.value
_DUE = _TASK["due"].as_float()


def listed(
    session: Session, criteria: TaskCriteria, *, actor: Actor, now: Instant, page: int = 0
) -> FoundTasks:
    """Return one page of the tasks of the incidents an actor may see."""
    may_see(actor)
    asked = _asked(criteria, actor, now)
    total = session.scalar(select(func.count()).select_from(asked.subquery())) or 0
    rows = session.execute(_ordered(asked).offset(max(page, 0) * PAGE).limit(PAGE))
    return FoundTasks([_line(row) for row in rows], total)


def every(
    session: Session, criteria: TaskCriteria, *, actor: Actor, now: Instant
) -> Iterator[TaskLine]:
    """Return the whole list, of one moment."""
    may_see(actor)
    asked = _ordered(_asked(criteria, actor, now)).execution_options(yield_per=AT_ONCE)
    return (_line(row) for row in session.execute(asked))


def _ordered(asked: Select[Any]) -> Select[Any]:
    """Without a deadline comes last."""
    return asked.order_by(_DUE == 0, _DUE, Incident.id.desc(), _TASK["task"].as_integer())


def _asked(c: TaskCriteria, actor: Actor, now: Instant) -> Select[Any]:
    owed = Incident.status.in_(OWED)
    asked = (
        select(Incident.id, Incident.no, Incident.title, Incident.exercise, owed, _TASK)
        .join(_EACH, true())
        .where(sees(actor))
    )
    done, dropped = _TASK["done"].as_float() > 0, _TASK["dropped"].as_float() > 0
    open_ = and_(not_(done), not_(dropped), owed)
    match c.state:
        case "":
            pass
        case "open":
            asked = asked.where(open_)
        case "late":
            asked = asked.where(open_, _DUE > 0, now >= _DUE)
        case "done":
            asked = asked.where(done)
        case "dropped":
            asked = asked.where(dropped)
        case _:
            raise BadInput(f"no state {c.state!r}", field="state")
    if c.words:
        told = ("title", "role", "started_by", "done_by")
        asked = asked.where(or_(*(_TASK[name].astext.ilike(_like(c.words)) for name in told)))
    if c.incident:
        like = _like(c.incident)
        asked = asked.where(or_(Incident.no.ilike(like), Incident.title.ilike(like)))
    if c.start or c.end:
        asked = asked.where(_DUE > 0, c.start <= _DUE, *([c.end > _DUE] if c.end else []))
    return asked


def _like(words: str) -> str:
    return f"%{words.replace('%', '')}%"


def _line(row: Any) -> TaskLine:  # noqa: ANN401 - a row of several columns
    number, no, title, exercise, owed, told = row
    task = msgspec.convert(told, Task)
    return TaskLine(number, no, title, exercise, owed and task.open, task)
