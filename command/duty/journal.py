"""值班日志 (L-04): written by itself from the sealed event log and the audit, with the officers' short remarks between.

Nothing of it is kept twice: a line is an event's own words (`rules.duty.lines`), read when somebody looks.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.duty.acting import VIEW, count, envelope, require, short, tell
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound
from models.events.duty import DutyRemarked
from models.rules.duty.lines import AUDITED, SAID, Class, Saying
from models.rules.tickets.choices import STAFF
from models.store.db import tenant_of
from models.tables import Audit, DutyRemark, EventLog, Ticket, User
from tickets.blotting import blotted
from tickets.criteria import scope
from tickets.moving import Actor

REMARK_MAX = 300
SHOWN = 2000
"""A log holds no more lines at once; the page says so."""


class Entry(NamedTuple):
    """A line of the log: its class, the name of its sentence, the facts of it, who did it, what it is about.

    key : of the event, the audit's line or the remark; about : `kind:key` to follow; remark : id of an own remark.
    """

    at: Instant
    cls: Class
    name: str
    facts: Mapping[str, Any]
    actor: str
    about: str
    key: str
    remark: int = 0


def entries(
    session: Session,
    since: Instant,
    until: Instant,
    *,
    actor: Actor,
    classes: Iterable[str] = (),
) -> list[Entry]:
    """Return the lines of [since, until), the newest first: of the classes named, or of all."""
    require(actor, VIEW)
    wanted = frozenset(classes)
    span = to_datetime(since), to_datetime(until)
    kinds = [kind for kind, saying in SAID.items() if not wanted or saying.cls in wanted]
    logged = session.execute(
        select(EventLog.event_id, EventLog.kind, EventLog.event)
        .where(EventLog.kind.in_(kinds), EventLog.at >= span[0], EventLog.at < span[1])
        .order_by(EventLog.at.desc(), EventLog.id.desc())
        .limit(SHOWN * 4)
    )
    spoken = [
        (kind, SAID[kind], event, event_id)
        for event_id, kind, event in logged
        if SAID[kind].when(event)
    ][:SHOWN]
    found = _lines(session, spoken, actor)
    found += _audited(session, span, wanted)
    if not wanted or "remark" in wanted:
        found += _remarks(session, span)
    return sorted(found, key=lambda line: line.at, reverse=True)[:SHOWN]


Spoken = tuple[str, Saying, Mapping[str, Any], str]


def _lines(session: Session, spoken: Sequence[Spoken], actor: Actor) -> list[Entry]:
    """Read events as lines: tickets by their number, if the actor may see them; people by their names."""
    tickets = _tickets(
        session,
        {int(e["ticket"]) for _, s, e, _ in spoken if s.about(e).startswith("ticket:")},
        actor,
    )
    names = _names(session, {str(e["actor"]) for _, _, e, _ in spoken})
    found = []
    for kind, saying, event, key in spoken:
        facts, about = dict(saying.facts(event)), saying.about(event)
        if about.startswith("ticket:"):
            ticket = tickets.get(int(event["ticket"]))
            if ticket is None:
                continue
            facts |= {"no": ticket[0], "title": ticket[1]}
            if ticket[2]:
                facts["note"] = ""  # what was written of a protected citizen stays on the ticket
            about = f"ticket:{ticket[0]}"
        by = event.get("by") or names.get(event["actor"], "")
        found.append(Entry(event["at"], saying.cls, kind, facts, by, about, key))
    return found


def _tickets(session: Session, ids: set[int], actor: Actor) -> dict[int, tuple[str, str, bool]]:
    """Return id -> (number, title, protected) of those the actor may see, none against our own staff."""
    rows = session.execute(
        select(Ticket.id, Ticket.no, Ticket.title, Ticket.confidential, Ticket.anonymous).where(
            Ticket.id.in_(ids), Ticket.kind != STAFF, *scope(session, actor)
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


def _audited(session: Session, span: tuple[Any, Any], wanted: frozenset[str]) -> list[Entry]:
    verbs = [verb for verb, saying in AUDITED.items() if not wanted or saying.cls in wanted]
    rows = session.scalars(
        select(Audit)
        .where(Audit.verb.in_(verbs), Audit.at >= span[0], Audit.at < span[1])
        .order_by(Audit.id.desc())
        .limit(SHOWN)
    ).all()
    names = _names(session, {row.actor for row in rows})
    return [
        Entry(
            row.at.timestamp(), saying.cls, row.verb, saying.facts(row.detail),
            names.get(row.actor, ""), saying.about(row.detail), f"audit-{row.id}",
        )
        for row in rows if (saying := AUDITED[row.verb])
    ]  # fmt: skip


def _remarks(session: Session, span: tuple[Any, Any]) -> list[Entry]:
    rows = session.scalars(
        select(DutyRemark)
        .where(DutyRemark.at >= span[0], DutyRemark.at < span[1])
        .order_by(DutyRemark.id.desc())
        .limit(SHOWN)
    )
    return [
        Entry(
            row.at.timestamp(), "remark", "correction" if row.corrects else "remark",
            {"text": row.text, "corrects": row.corrects or ""}, row.name, "", f"remark-{row.id}",
            row.id,
        )
        for row in rows
    ]  # fmt: skip


def counts(lines: Iterable[Entry]) -> dict[str, int]:
    """Return how many lines there are of each sentence."""
    return dict(Counter(line.name for line in lines))


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


def whole(session: Session, since: Instant, until: Instant) -> bool:
    """Whether a span's events are few enough to be shown all."""
    span = to_datetime(since), to_datetime(until)
    rows = select(EventLog.id).where(
        EventLog.kind.in_(SAID), EventLog.at >= span[0], EventLog.at < span[1]
    )
    return count(session, rows.limit(SHOWN + 1)) <= SHOWN
