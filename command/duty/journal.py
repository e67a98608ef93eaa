"""值班日志 (L-04): written by itself from the sealed event log and the audit, with the officers' short remarks between.

Nothing of it is kept twice: a line is an event's own words (`rules.duty.lines`), read when somebody looks.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ColumnElement, and_, case, cast, exists, func, or_, select, true
from sqlalchemy.orm import Session

from command.duty.acting import VIEW, envelope, require, short, tell
from command.moving import sees
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound
from models.events.duty import DutyRemarked
from models.rules.duty.lines import (
    AUDITED,
    KEY,
    OF_INCIDENTS,
    OF_SCREENS,
    OF_TICKETS,
    SAID,
    Class,
    Saying,
)
from models.rules.tickets.choices import STAFF
from models.store.db import tenant_of
from models.tables import Audit, DutyRemark, EventLog, Incident, Ticket, User
from tickets.blotting import blotted
from tickets.criteria import scope
from tickets.moving import Actor

REMARK_MAX = 300
SHOWN = 2000
"""A log is read by so many lines at once."""
MOST = 50_000
"""So many lines are looked through for words or a person, and stand in one file."""


class Which(NamedTuple):
    """Which lines are asked for: of these classes (none: of all), of one incident (0: of all and of none).

    exercise : "" both, "no" without those of exercises, "yes" of exercises alone; key : those a report may name.
    """

    classes: frozenset[str] = frozenset()
    incident: int = 0
    exercise: str = ""
    key: bool = False

    def names(self, sayings: Mapping[str, Saying]) -> set[str]:
        """Return the sentences that are asked for."""
        return {
            name for name, saying in sayings.items()
            if (not self.classes or saying.cls in self.classes) and (not self.key or name in KEY)
        }  # fmt: skip

    @property
    def loose(self) -> bool:
        """Whether a line that is of no incident may be among them."""
        return not self.incident and self.exercise != "yes"

    @property
    def remarks(self) -> bool:
        """Whether the officers' remarks are among them."""
        return self.loose and (not self.classes or "remark" in self.classes)


EVERY = Which()


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
    session: Session, since: Instant, until: Instant, *, actor: Actor, which: Which = EVERY,
    first: int = 0, skip: int = 0, most: int = SHOWN,
) -> list[Entry]:  # fmt: skip
    """Return the lines of [since, until), the newest first, no more than `most` behind the first `skip`.

    first : so many, the earliest, in their order. Of tickets and incidents those the actor may see.
    """
    require(actor, VIEW)
    span = (to_datetime(since), to_datetime(until))
    reach = first or skip + most

    def ordered(*columns: Any) -> list[Any]:  # noqa: ANN401 - columns
        return [each.asc() if first else each.desc() for each in columns]

    logged = session.execute(
        select(EventLog.event_id, EventLog.kind, EventLog.event)
        .where(*_logged(session, span, which, actor))
        .order_by(*ordered(EventLog.at, EventLog.id))
        .limit(reach)
    )
    found = _lines(session, [(kind, SAID[kind], event, key) for key, kind, event in logged])
    audited = select(Audit).where(*_audited(span, which)).order_by(*ordered(Audit.id)).limit(reach)
    found += _audit_lines(session, session.scalars(audited).all())
    if which.remarks:
        remarks = select(DutyRemark).where(*_remarked(span))
        rows = session.scalars(remarks.order_by(*ordered(DutyRemark.id)).limit(reach))
        found += _remark_lines(rows)
    return sorted(found, key=lambda line: line.at, reverse=not first)[skip:reach]


def tally(
    session: Session, since: Instant, until: Instant, *, actor: Actor, which: Which = EVERY
) -> dict[str, int]:
    """Return how many lines of each sentence [since, until) has, all of them."""
    require(actor, VIEW)
    span = (to_datetime(since), to_datetime(until))
    number = func.count()
    of_events = (
        select(EventLog.kind, number)
        .where(*_logged(session, span, which, actor))
        .group_by(EventLog.kind)
    )
    of_audit = select(Audit.verb, number).where(*_audited(span, which)).group_by(Audit.verb)
    found = [*session.execute(of_events), *session.execute(of_audit)]
    if which.remarks:
        name = case((DutyRemark.corrects.is_(None), "remark"), else_="correction")
        found += session.execute(select(name, number).where(*_remarked(span)).group_by(name))
    return {str(name): int(many) for name, many in found}


def incident_of(session: Session, no: str, *, actor: Actor) -> int:
    """Return the incident of a number for `Which`; -1, of which there is no line, for none the actor may see."""
    found = None
    if sees_incidents(actor):
        found = session.scalar(select(Incident.id).where(Incident.no == no, sees(actor)))
    return found or -1


def class_of(name: str) -> Class:
    """Return the class of a sentence."""
    saying = SAID.get(name) or AUDITED.get(name)
    return saying.cls if saying else "remark"


Span = tuple[datetime, datetime]
Spoken = tuple[str, Saying, Mapping[str, Any], str]


def _logged(session: Session, span: Span, which: Which, actor: Actor) -> list[ColumnElement[bool]]:
    """Return which events are lines: those that have something to say, of what the actor may see."""
    kinds = which.names(SAID)
    if not sees_incidents(actor):
        kinds -= OF_INCIDENTS | OF_SCREENS
    if not which.loose:
        kinds &= OF_INCIDENTS
    number = cast(EventLog.event["ticket"].astext, BigInteger)
    mine = (Ticket.kind != STAFF, *scope(session, actor))
    ticket = exists().where(Ticket.id == number, *mine)
    drill = {"no": ~Incident.exercise, "yes": Incident.exercise}.get(which.exercise, true())
    incident = exists().where(Incident.id == EventLog.incident, sees(actor), drill)
    return [
        EventLog.kind.in_(kinds), EventLog.at >= span[0], EventLog.at < span[1],
        *(
            or_(EventLog.kind != kind, EventLog.event.contains(SAID[kind].holds))
            for kind in sorted(kinds) if SAID[kind].holds
        ),
        or_(EventLog.kind.not_in(OF_TICKETS), ticket),
        or_(EventLog.kind.not_in(OF_INCIDENTS), incident),
        or_(EventLog.kind.not_in(OF_SCREENS), _shown(actor, mine)),
        *([EventLog.incident == which.incident] if which.incident else []),
    ]  # fmt: skip


def _shown(actor: Actor, mine: Iterable[ColumnElement[bool]]) -> ColumnElement[bool]:
    """What was put on a screen: words and readings for everybody, an incident or a ticket for who may see that."""
    kind, ref = func.coalesce(EventLog.event["kind"].astext, ""), EventLog.event["ref"].astext
    return or_(
        kind.not_in(("incident", "ticket")),
        and_(kind == "incident", exists().where(Incident.id == _number(ref), sees(actor))),
        and_(kind == "ticket", exists().where(Ticket.no == ref, *mine)),
    )


def _number(ref: ColumnElement[str]) -> ColumnElement[int]:
    """Return a text as a number where it is one; a condition beside it does not keep the database from reading it."""
    return case((ref.regexp_match("^[0-9]{1,18}$"), cast(ref, BigInteger)))


def sees_incidents(actor: Actor) -> bool:
    """Whether the lines of incidents are for an actor: for who may see the command centre."""
    return "command.view" in actor.can and not actor.unit


def _audited(span: Span, which: Which) -> list[ColumnElement[bool]]:
    verbs = which.names(AUDITED) if which.loose else set()
    return [
        Audit.verb.in_(verbs), Audit.at >= span[0], Audit.at < span[1],
        *(
            or_(Audit.verb != verb, Audit.detail.contains(AUDITED[verb].holds))
            for verb in sorted(verbs) if AUDITED[verb].holds
        ),
    ]  # fmt: skip


def _remarked(span: Span) -> list[ColumnElement[bool]]:
    return [DutyRemark.at >= span[0], DutyRemark.at < span[1]]


def _lines(session: Session, spoken: Sequence[Spoken]) -> list[Entry]:
    """Read events as lines: tickets by their number, people by their names, what is of an exercise marked."""
    tickets = _tickets(
        session, {int(e["ticket"]) for kind, _, e, _ in spoken if kind in OF_TICKETS}
    )
    told = _incidents(session, spoken)
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
        if kind in OF_INCIDENTS:
            facts |= told[int(event["incident"])].facts(saying, event)
        if kind in OF_SCREENS and event.get("kind") == "incident":
            facts["ref"] = told[int(event["ref"])].no
        by = event.get("by") or names.get(event["actor"], "")
        drill = kind in OF_INCIDENTS and told[int(event["incident"])].exercise
        found.append(Entry(event["at"], saying.cls, kind, facts, by, about, key, exercise=drill))
    return found


class _Of(NamedTuple):
    """What lines say of their incident; `parts` of its picture, as far as lines ask for them."""

    no: str
    title: str
    exercise: bool
    parts: Mapping[str, Mapping[str, Any]]

    def facts(self, saying: Saying, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return the facts a line has from its incident: its title as `of`, and those its saying names."""
        found = {"of": self.title}
        for told in saying.told:
            held = self.parts[told.part].get(str(event[told.key]), {})
            found[told.fact] = held.get(told.fact, "")
        return found


def _incidents(session: Session, spoken: Sequence[Spoken]) -> dict[int, _Of]:
    """Return the incidents lines are of, or show, by their ids."""
    of = {int(event["incident"]) for kind, _, event, _ in spoken if kind in OF_INCIDENTS}
    of |= {
        int(event["ref"]) for kind, _, event, _ in spoken
        if kind in OF_SCREENS and event.get("kind") == "incident"
    }  # fmt: skip
    parts = sorted({told.part for _, saying, _, _ in spoken for told in saying.told})
    rows = session.execute(
        select(
            Incident.id, Incident.no, Incident.title, Incident.exercise,
            *(Incident.picture[part] for part in parts),
        ).where(Incident.id.in_(of))
    )  # fmt: skip
    return {
        number: _Of(no, title, exercise, dict(zip(parts, held, strict=True)))
        for number, no, title, exercise, *held in rows
    }


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
