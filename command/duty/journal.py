"""值班日志 (L-04): written by itself from the sealed event log and the audit, with the officers' short remarks between.

Nothing of it is kept twice: a line is an event's own words (`rules.duty.lines`), read when somebody looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, case, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from command.duty.acting import VIEW, envelope, require, short, tell
from command.moving import sees
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound
from models.events.duty import DutyRemarked
from models.rules.duty.lines import AUDITED, OF_INCIDENTS, OF_TICKETS, SAID, Class, Saying
from models.rules.tickets.choices import STAFF
from models.store.db import tenant_of
from models.tables import Audit, DutyRemark, EventLog, Incident, Ticket, User
from tickets.blotting import blotted
from tickets.criteria import scope
from tickets.moving import Actor

REMARK_MAX = 300
SHOWN = 2000
"""A log holds no more lines at once; the page says so."""


class Entry(NamedTuple):
    """A line of the log: its class, the name of its sentence, the facts of it, who did it, what it is about.

    key : of the event, the audit's line or the remark; about : `kind:key` to follow; remark : id of an own remark;
    exercise : it is of an incident that is none (演练).
    """

    at: Instant
    cls: Class
    name: str
    facts: Mapping[str, Any]
    actor: str
    about: str
    key: str
    remark: int = 0
    exercise: bool = False


def entries(
    session: Session,
    since: Instant,
    until: Instant,
    *,
    actor: Actor,
    classes: Iterable[str] = (),
    real: bool = False,
    first: int = 0,
) -> list[Entry]:
    """Return the lines of [since, until), the newest first: of the classes named, or of all, no more than SHOWN.

    real : without those of exercises; first : so many, the earliest, in their order. Of tickets and incidents those
    the actor may see.
    """
    require(actor, VIEW)
    wanted, span = frozenset(classes), (to_datetime(since), to_datetime(until))
    most = first or SHOWN

    def ordered(*columns: Any) -> list[Any]:  # noqa: ANN401 - columns
        return [each.asc() if first else each.desc() for each in columns]

    logged = session.execute(
        select(EventLog.event_id, EventLog.kind, EventLog.event)
        .where(*_logged(session, span, wanted, actor, real=real))
        .order_by(*ordered(EventLog.at, EventLog.id))
        .limit(most)
    )
    found = _lines(session, [(kind, SAID[kind], event, key) for key, kind, event in logged])
    audited = select(Audit).where(*_audited(span, wanted)).order_by(*ordered(Audit.id)).limit(most)
    found += _audit_lines(session, session.scalars(audited).all())
    if not wanted or "remark" in wanted:
        remarks = select(DutyRemark).where(*_remarked(span))
        rows = session.scalars(remarks.order_by(*ordered(DutyRemark.id)).limit(most))
        found += _remark_lines(rows)
    return sorted(found, key=lambda line: line.at, reverse=not first)[:most]


def tally(
    session: Session,
    since: Instant,
    until: Instant,
    *,
    actor: Actor,
    classes: Iterable[str] = (),
    real: bool = False,
) -> dict[str, int]:
    """Return how many lines of each sentence [since, until) has, all of them; `real` without those of exercises."""
    require(actor, VIEW)
    wanted, span = frozenset(classes), (to_datetime(since), to_datetime(until))
    number = func.count()
    of_events = (
        select(EventLog.kind, number)
        .where(*_logged(session, span, wanted, actor, real=real))
        .group_by(EventLog.kind)
    )
    of_audit = select(Audit.verb, number).where(*_audited(span, wanted)).group_by(Audit.verb)
    found = [*session.execute(of_events), *session.execute(of_audit)]
    if not wanted or "remark" in wanted:
        name = case((DutyRemark.corrects.is_(None), "remark"), else_="correction")
        found += session.execute(select(name, number).where(*_remarked(span)).group_by(name))
    return {str(name): int(many) for name, many in found}


def class_of(name: str) -> Class:
    """Return the class of a sentence."""
    saying = SAID.get(name) or AUDITED.get(name)
    return saying.cls if saying else "remark"


Span = tuple[datetime, datetime]
Spoken = tuple[str, Saying, Mapping[str, Any], str]


def _logged(
    session: Session, span: Span, wanted: frozenset[str], actor: Actor, *, real: bool
) -> list[ColumnElement[bool]]:
    """Return which events are lines: those that have something to say, of what the actor may see."""
    kinds = {kind for kind, saying in SAID.items() if not wanted or saying.cls in wanted}
    if not sees_incidents(actor):
        kinds -= OF_INCIDENTS
    number = cast(EventLog.event["ticket"].astext, BigInteger)
    ticket = exists().where(Ticket.id == number, Ticket.kind != STAFF, *scope(session, actor))
    incident = exists().where(
        Incident.id == EventLog.incident, sees(actor), *([~Incident.exercise] if real else ())
    )
    return [
        EventLog.kind.in_(kinds), EventLog.at >= span[0], EventLog.at < span[1],
        *(
            or_(EventLog.kind != kind, EventLog.event.contains(SAID[kind].holds))
            for kind in sorted(kinds) if SAID[kind].holds
        ),
        or_(EventLog.kind.not_in(OF_TICKETS), ticket),
        or_(EventLog.kind.not_in(OF_INCIDENTS), incident),
    ]  # fmt: skip


def sees_incidents(actor: Actor) -> bool:
    """Whether the lines of incidents are for an actor: for who may see the command centre."""
    return "command.view" in actor.can and not actor.unit


def _audited(span: Span, wanted: frozenset[str]) -> list[ColumnElement[bool]]:
    verbs = [verb for verb, saying in AUDITED.items() if not wanted or saying.cls in wanted]
    return [Audit.verb.in_(verbs), Audit.at >= span[0], Audit.at < span[1]]


def _remarked(span: Span) -> list[ColumnElement[bool]]:
    return [DutyRemark.at >= span[0], DutyRemark.at < span[1]]


def _lines(session: Session, spoken: Sequence[Spoken]) -> list[Entry]:
    """Read events as lines: tickets by their number, people by their names, what is of an exercise marked."""
    tickets = _tickets(
        session, {int(e["ticket"]) for kind, _, e, _ in spoken if kind in OF_TICKETS}
    )
    told = {int(e["incident"]) for kind, _, e, _ in spoken if kind in OF_INCIDENTS}
    exercises = set(
        session.scalars(select(Incident.id).where(Incident.id.in_(told), Incident.exercise))
    )
    names = _names(session, {str(e["actor"]) for _, _, e, _ in spoken})
    found = []
    for kind, saying, event, key in spoken:
        facts, about = dict(saying.facts(event)), saying.about(event)
        if kind in OF_TICKETS:
            no, title, protected = tickets[int(event["ticket"])]
            facts |= {"no": no, "title": title}
            if protected:
                facts["note"] = ""  # what was written of a protected citizen stays on the ticket
            about = f"ticket:{no}"
        by = event.get("by") or names.get(event["actor"], "")
        drill = kind in OF_INCIDENTS and int(event["incident"]) in exercises
        found.append(Entry(event["at"], saying.cls, kind, facts, by, about, key, exercise=drill))
    return found


def _tickets(session: Session, ids: set[int]) -> dict[int, tuple[str, str, bool]]:
    """Return id -> (number, title, protected)."""
    rows = session.execute(
        select(Ticket.id, Ticket.no, Ticket.title, Ticket.confidential, Ticket.anonymous).where(
            Ticket.id.in_(ids)
        )
    )
    return {
        number: (no, "" if hidden or anonymous else blotted(title, (), everything=True),
                 hidden or anonymous)
        for number, no, title, hidden, anonymous in rows
    }  # fmt: skip


def _names(session: Session, refs: Iterable[str]) -> dict[str, str]:
    ids = [int(ref.removeprefix("user:")) for ref in refs if ref.startswith("user:")]
    rows = session.execute(select(User.id, User.name).where(User.id.in_(ids)))
    return {f"user:{number}": name for number, name in rows}


def _audit_lines(session: Session, rows: Sequence[Audit]) -> list[Entry]:
    names = _names(session, {row.actor for row in rows})
    return [
        Entry(
            row.at.timestamp(), saying.cls, row.verb, saying.facts(row.detail),
            names.get(row.actor, ""), saying.about(row.detail), f"audit-{row.id}",
        )
        for row in rows if (saying := AUDITED[row.verb])
    ]  # fmt: skip


def _remark_lines(rows: Iterable[DutyRemark]) -> list[Entry]:
    return [
        Entry(
            row.at.timestamp(), "remark", "correction" if row.corrects else "remark",
            {"text": row.text, "corrects": row.corrects or ""}, row.name, "", f"remark-{row.id}",
            row.id,
        )
        for row in rows
    ]  # fmt: skip


def remark(
    session: Session, text: str, *, corrects: int = 0, actor: Actor, now: Instant
) -> DutyRemark:
    """Write a remark under one's own name; a correction names the remark it corrects, which stays."""
    require(actor, VIEW)
    said = short(text, "remark", REMARK_MAX)
    if not said:
        raise BadInput("an empty remark", field="remark")
    if corrects and session.get(DutyRemark, corrects) is None:
        raise NotFound(f"no remark {corrects}")
    row = DutyRemark(
        tenant_id=tenant_of(session), at=to_datetime(now), user_id=actor.user_id, name=actor.name,
        text=said, corrects=corrects or None,
    )  # fmt: skip
    session.add(row)
    session.flush()
    told = envelope(actor, now, f"remark-{row.id}")
    tell(session, DutyRemarked(**told, remark=row.id, text=said, corrects=corrects))
    return row
