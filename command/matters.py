"""信息管理 (J-09, K-04): incidents, tickets and city readings in one list, with how they are handled, by class."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from command import queries
from command.centre import course
from command.display import require
from command.duty.acting import zone
from gis_data import state as city_state
from models.clock import Instant, day_of
from models.errors import BadInput
from models.rules.incident.state import Incident as State
from models.tables import CityState
from tickets import search
from tickets.criteria import Criteria
from tickets.moving import Actor
from tickets.search import TicketLine

CLASSES = ("incident", "ticket", "state")
SORTS = ("newest", "oldest", "status", "kind")
DAYS = (1, 7, 30)
DAY_S = 86_400.0
PAGE = 30


class Asked(NamedTuple):
    """What is asked for; cls empty = every class, of each its first page. kind, status : keys of the class.

    days : today, and so many days before it less one; since, until : first and last day (ISO) instead, either may
    be empty. grade : of incidents alone; district : of incidents and tickets, a city's reading has none.
    """

    cls: str = ""
    kind: str = ""
    status: str = ""
    words: str = ""
    days: int = 1
    sort: str = "newest"
    page: int = 0
    since: str = ""
    until: str = ""
    grade: str = ""
    district: str = ""


class Span(NamedTuple):
    """[start, end) of what is asked for; 0 = without bound."""

    start: Instant
    end: Instant


class Line(NamedTuple):
    """One matter: ref is what the console names it by; level : grade, urgency or warning level.

    holder : the unit, or who tells of it; due, lamp : of a ticket's present part; done, owed : tasks of an incident;
    units, on_scene : response units; last : the latest step of its course, see `command.centre.course`;
    value : what is read there; protected : its title hangs on no wall.
    """

    cls: str
    ref: str
    no: str
    at: Instant
    kind: str
    label: str
    title: str
    status: str
    level: str
    holder: str = ""
    due: Instant = 0.0
    lamp: str = ""
    done: int = 0
    owed: int = 0
    units: int = 0
    on_scene: int = 0
    last: tuple[object, ...] = ()
    value: str = ""
    protected: bool = False
    exercise: bool = False


class Found(NamedTuple):
    """One page, sorted, and how many each class has; counted up to what the tickets' search counts."""

    lines: list[Line]
    totals: dict[str, int]

    def pages(self, cls: str) -> int:
        """Return how many pages a class has."""
        return -(-self.totals.get(cls, 0) // PAGE)


def find(session: Session, asked: Asked, *, actor: Actor, now: Instant) -> Found:
    """Return what is asked for, as far as the actor sees it; Refused for whom the console is not."""
    require(actor)
    span = _span(asked, zone(session), now)
    finders = {"incident": _incidents, "ticket": _tickets, "state": _states}
    lines: list[Line] = []
    totals: dict[str, int] = {}
    for cls in CLASSES if not asked.cls else (asked.cls,):
        found, totals[cls] = finders[cls](session, asked, span, actor, now)
        lines += found
    return Found(_sorted(lines, asked.sort), totals)


def _span(asked: Asked, zone_: str, now: Instant) -> Span:
    if not asked.since and not asked.until:
        start, _ = day_of(now, zone_)
        return Span(start - (asked.days - 1) * DAY_S, 0.0)
    first = _midnight(asked.since, zone_) if asked.since else 0.0
    return Span(first, _midnight(asked.until, zone_, after=1) if asked.until else 0.0)


def _midnight(day: str, zone_: str, after: int = 0) -> Instant:
    """Return when a day of the zone begins, or one that comes `after` so many; BadInput, field `day`, for none."""
    try:
        begun = datetime.combine(date.fromisoformat(day) + timedelta(days=after), time())
        return begun.replace(tzinfo=ZoneInfo(zone_)).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadInput(f"no day {day!r}", field="day") from error


def _sorted(lines: list[Line], sort: str) -> list[Line]:
    newest = sorted(lines, key=lambda line: line.at, reverse=sort != "oldest")
    if sort in ("status", "kind"):
        newest.sort(key=lambda line: (CLASSES.index(line.cls), getattr(line, sort)))
    return newest


_Part = tuple[list[Line], int]


def _incidents(session: Session, asked: Asked, span: Span, actor: Actor, _now: Instant) -> _Part:
    criteria = queries.Criteria(
        status=asked.status, type=asked.kind, words=asked.words, start=span.start, end=span.end,
        grade=asked.grade, district=asked.district,
    )  # fmt: skip
    found = queries.listed(session, criteria, actor=actor, page=asked.page)
    labels = queries.labels(session)
    return [_incident(one, labels.get(one.type, one.type)) for one in found.rows], found.total


def _incident(one: State, label: str) -> Line:
    units = [each for each in one.assignments.values() if each.open]
    tasks = list(one.tasks.values())
    steps = course(one)
    return Line(
        "incident", str(one.id), one.no, one.reported, one.type, label, one.title, one.status,
        one.grade, one.reported_by, done=sum(bool(task.done) for task in tasks),
        owed=sum(task.open for task in tasks), units=len(units),
        on_scene=sum(each.progress == "on_scene" for each in units),
        last=tuple(steps[0]) if steps else (), exercise=one.exercise,
    )  # fmt: skip


def _tickets(session: Session, asked: Asked, span: Span, actor: Actor, now: Instant) -> _Part:
    criteria = Criteria(
        kind=asked.kind, status=asked.status, words=asked.words, since=span.start, until=span.end,
        district=asked.district, rising=asked.sort == "oldest",
    )  # fmt: skip
    size = search.PAGE
    first = asked.page * PAGE
    found = search.find(session, criteria, actor=actor, now=now, page=first // size)
    lines = found.lines[first % size :]
    if len(lines) < PAGE and found.pages > first // size + 1:
        more = search.find(session, criteria, actor=actor, now=now, page=first // size + 1)
        lines = [*lines, *more.lines]
    return [_ticket(line) for line in lines[:PAGE]], found.total


def _ticket(line: TicketLine) -> Line:
    row = line.row
    return Line(
        "ticket", row.no, row.no, row.opened_at.timestamp(), row.kind, "", row.title, row.status,
        "emergency" if row.emergency else row.urgency, line.unit, due=line.due, lamp=line.lamp,
        protected=row.confidential or row.anonymous,
    )  # fmt: skip


def _states(session: Session, asked: Asked, span: Span, _actor: Actor, now: Instant) -> _Part:
    if asked.district:
        return [], 0
    kept = list(_readings(city_state.current(session, now=now), asked, span, now))
    kept.sort(key=lambda line: line.at, reverse=asked.sort != "oldest")
    return kept[asked.page * PAGE : (asked.page + 1) * PAGE], len(kept)


def _readings(known: Sequence[CityState], asked: Asked, span: Span, now: Instant) -> Iterator[Line]:
    for row in known:
        status = "stale" if row.until.timestamp() <= now else "fresh"
        if asked.kind not in ("", row.bureau) or asked.status not in ("", status):
            continue
        if asked.words and asked.words not in row.label:
            continue
        at = row.at.timestamp()
        if at < span.start or (span.end and at >= span.end) or not (asked.cls or row.level):
            continue  # among all matters, only what a bureau warns of
        yield _reading(row, status)


def _reading(row: CityState, status: str) -> Line:
    value = "" if row.value is None else f"{row.value:g} {row.unit}".strip()
    return Line(
        "state", f"{row.bureau}/{row.key}", "", row.at.timestamp(), row.bureau, "", row.label, status,
        row.level, value=value,
    )  # fmt: skip
