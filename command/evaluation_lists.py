"""Evaluation reports as lists, side by side and summed up."""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from command.evaluation import rows_of
from command.moving import sees
from command.queries import may_see
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound
from models.rules.incident.measures import Scored
from models.rules.incident.state import Incident as State
from models.tables import Evaluation, Incident
from tickets.moving import Actor

PAGE = 30
COMPARED_MOST = 6
MOST = 5_000
"""Reports one file may hold; a longer period is asked for in parts."""


class Asked(NamedTuple):
    """What a list of reports asks for; [start, end) when they were last written, 0 = without bound."""

    state: str = ""
    type: str = ""
    kind: str = ""
    exercise: str = ""
    words: str = ""
    start: Instant = 0.0
    end: Instant = 0.0


class Report(NamedTuple):
    """A report and the incident it is of, as it is now."""

    row: Evaluation
    incident: State


class Found(NamedTuple):
    """One page, the newest first, and how many the whole list has."""

    rows: list[Report]
    total: int


def one(session: Session, number: int, *, actor: Actor) -> Report:
    """Return a report; NotFound also for one outside the actor's scope."""
    may_see(actor)
    found = _reports(session, _with_incident(actor).where(Evaluation.id == number))
    if not found:
        raise NotFound(f"no report {number}")
    return found[0]


def listed(
    session: Session, asked: Asked, *, actor: Actor, page: int = 0, size: int = PAGE
) -> Found:  # fmt: skip
    """Return one page of the reports an actor may see."""
    may_see(actor)
    query = _with_incident(actor).where(*_where(asked))
    count = session.scalar(select(func.count()).select_from(query.subquery())) or 0
    order = query.order_by(Evaluation.written_at.desc(), Evaluation.id.desc())
    return Found(_reports(session, order.offset(max(page, 0) * size).limit(size)), count)


def every(session: Session, asked: Asked, *, actor: Actor) -> list[Report]:
    """Return the whole list in its order; BadInput, field `period`, for more than `MOST`."""
    found = listed(session, asked, actor=actor, size=MOST)
    if found.total > MOST:
        raise BadInput(f"more than {MOST} reports", field="period")
    return found.rows


def compared(session: Session, numbers: Sequence[int], *, actor: Actor) -> list[Report]:
    """Return reports to lay side by side, in the order asked for; BadInput unless they are of one type of incident."""
    may_see(actor)
    if len(set(numbers)) > COMPARED_MOST:
        raise BadInput(f"at most {COMPARED_MOST}", field="many")
    found = _reports(session, _with_incident(actor).where(Evaluation.id.in_(numbers)))
    if len({each.incident.type for each in found}) > 1:
        raise BadInput("not of one type", field="type")
    place = {number: at for at, number in enumerate(numbers)}
    return sorted(found, key=lambda each: place[each.row.id])


class Average(NamedTuple):
    """An indicator over many reports, or (code "") their scores: mean, lowest, highest, and of how many known."""

    code: str
    label: str
    measure: str
    mean: float
    low: float
    high: float
    n: int
    of: int


class Summary(NamedTuple):
    """What the approved reports of one type of incident came to, exercises apart."""

    type: str
    exercise: bool
    reports: int
    score: Average | None
    rows: tuple[Average, ...]


def summary(session: Session, asked: Asked, *, actor: Actor) -> list[Summary]:
    """Return the statistics of the approved reports that meet the criteria; an incident counts by its newest one."""
    may_see(actor)
    query = _with_incident(actor).where(*_where(asked._replace(state="approved")))
    newest: dict[int, Report] = {}
    for each in _reports(session, query.order_by(Evaluation.incident_id, Evaluation.version)):
        newest[each.row.incident_id] = each
    groups: dict[tuple[str, bool], list[Report]] = {}
    for each in newest.values():
        groups.setdefault((each.incident.type, each.incident.exercise), []).append(each)
    return [
        Summary(type_, exercise, len(all_), _average("", "", "", [e.row.score for e in all_]), _rows(all_))
        for (type_, exercise), all_ in sorted(groups.items(), key=lambda item: (item[0][1], item[0][0]))
    ]  # fmt: skip


def _rows(reports: Sequence[Report]) -> tuple[Average, ...]:
    by_code: dict[tuple[str, str], list[Scored]] = {}
    for report in reports:
        for each in rows_of(report.row):
            by_code.setdefault((each.code, each.measure), []).append(each)
    averages = (
        _average(code, all_[-1].label, measure, [each.score for each in all_])
        for (code, measure), all_ in by_code.items()
    )
    return tuple(average for average in averages if average is not None)


def _average(code: str, label: str, measure: str, scores: Sequence[float | None]) -> Average | None:
    known = [mark for mark in scores if mark is not None]
    if not known:
        return None
    mean = round(sum(known) / len(known), 1)
    return Average(code, label, measure, mean, min(known), max(known), len(known), len(scores))


def _with_incident(actor: Actor) -> Select[tuple[Evaluation, dict[str, Any]]]:
    return (
        select(Evaluation, Incident.picture)
        .join(Incident, Incident.id == Evaluation.incident_id)
        .where(sees(actor))
    )


def _reports(session: Session, query: Select[tuple[Evaluation, dict[str, Any]]]) -> list[Report]:
    return [
        Report(row, msgspec.convert(picture, State, str_keys=True))
        for row, picture in session.execute(query)
    ]


def _where(asked: Asked) -> Iterable[ColumnElement[bool]]:
    if asked.exercise not in ("", "yes", "no"):
        raise BadInput("yes or no", field="exercise")
    if asked.state:
        yield Evaluation.state == asked.state
    if asked.type:
        yield Incident.type == asked.type
    if asked.kind:
        yield Incident.kind == asked.kind
    if asked.exercise:
        yield Incident.exercise.is_(asked.exercise == "yes")
    if asked.words:
        said = asked.words.strip()
        named = Incident.title.icontains(said, autoescape=True)
        yield named | Incident.no.icontains(said, autoescape=True)
    if asked.start:
        yield Evaluation.written_at >= to_datetime(asked.start)
    if asked.end:
        yield Evaluation.written_at < to_datetime(asked.end)


def unreported(session: Session, *, actor: Actor) -> list[State]:
    """Return the incidents that are over and have no report yet, the newest first, at most `PAGE`."""
    may_see(actor)
    rows = session.scalars(
        select(Incident.picture)
        .where(sees(actor), Incident.status.in_(("ended", "closed")))
        .where(~select(Evaluation.id).where(Evaluation.incident_id == Incident.id).exists())
        .order_by(Incident.reported_at.desc())
        .limit(PAGE)
    )
    return [msgspec.convert(row, State, str_keys=True) for row in rows]
