"""A changed calendar or rule reaches what is owed: due instants anew, in batches, each move told.

A person starts it for rules; for a calendar the timers do it by themselves, once a version (`follow_calendar`).
"""

from typing import NamedTuple

import msgspec
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.events.ticket import DueRecomputed
from models.rules.deadlines import Calendar, Due, TermRule
from models.rules.tickets.moves import CLOCKED
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Parameter, Ticket, TicketLeg
from tickets import steps, terms
from tickets.moving import Actor, facts, legs, moves, take, tell

BATCH = 100
RULES = "rules"
"""The cause of what a person had recomputed."""
SYSTEM = Actor(0, "", frozenset({"admin.parameters"}))
FOLLOWED = "followed"
"""The parameter that says up to which calendar open due dates were brought; nobody sets it by hand."""


class Recomputed(NamedTuple):
    """What recomputing did so far: counts of tickets; `last` is the ticket to go on after, 0 = done."""

    last: int = 0
    seen: int = 0
    changed: int = 0
    paused: int = 0
    """Left alone: their clocks stand, and they are computed anew when they run again."""


class Followed(msgspec.Struct, frozen=True):
    """How far the calendar was followed: its version, when, and what was done; still at work while `last`."""

    calendar: str = ""
    at: Instant = 0.0
    last: int = 0
    seen: int = 0
    changed: int = 0
    paused: int = 0


def batch(
    session: Session,
    so_far: Recomputed,
    *,
    actor: Actor,
    now: Instant,
    size: int = BATCH,
    cause: str = RULES,
    calendar: str = "",
) -> Recomputed:
    """Recompute the next tickets on which something is owed; call it, a transaction each, until `last` is 0.

    calendar : only those of which a clock rests on another version of it.
    A ticket whose clocks end when they did is not touched. Refused without the verb's permission.
    """
    permission = moves(session)["recompute"].permission
    if permission not in actor.can:
        raise Refused(f"{actor.ref} lacks {permission}", permission=permission)
    rows = list(
        session.scalars(
            select(Ticket).where(_with_open_leg(calendar), Ticket.id > so_far.last)
            .order_by(Ticket.id).limit(size).with_for_update()
        )
    )  # fmt: skip
    days, rules = terms.calendar(session), terms.rules(session)
    changed = paused = 0
    for row in rows:
        if row.paused_at is not None:
            paused += 1
        else:
            changed += _ticket(session, row, days, rules, actor, now=now, cause=cause)
    return Recomputed(
        last=rows[-1].id if len(rows) == size else 0,
        seen=so_far.seen + len(rows),
        changed=so_far.changed + changed,
        paused=so_far.paused + paused,
    )


def record(
    session: Session, done: Recomputed, *, actor: Actor, now: Instant, cause: str = RULES
) -> None:
    """Write down what a whole run did."""
    audit(
        session, actor=actor.ref, verb="recompute", subject="open legs", now=now, seen=done.seen,
        changed=done.changed, paused=done.paused, cause=cause,
    )  # fmt: skip


def follow_calendar(session: Session, *, now: Instant, size: int = BATCH) -> bool:
    """Bring the next tickets to the calendar as it is now; False when all rest on it, or another timer is at it."""
    version = terms.calendar(session).version
    start = insert(Parameter).values(
        tenant_id=tenant_of(session), name=FOLLOWED, value=msgspec.to_builtins(Followed()),
        set_at=to_datetime(now), set_by=SYSTEM.ref,
    )  # fmt: skip
    session.execute(start.on_conflict_do_nothing())
    row = session.scalar(
        select(Parameter).where(Parameter.name == FOLLOWED).with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is None:
        return False
    told = msgspec.convert(row.value, Followed)
    if told.calendar == version and not told.last:
        return False
    so_far = (
        Recomputed(told.last, told.seen, told.changed, told.paused)
        if told.calendar == version
        else Recomputed()
    )
    cause = f"calendar:{version}"
    done = batch(session, so_far, actor=SYSTEM, now=now, size=size, cause=cause, calendar=version)
    row.value = msgspec.to_builtins(Followed(version, now, *done))
    row.set_at = to_datetime(now)
    if not done.last:
        record(session, done, actor=SYSTEM, now=now, cause=cause)
    return bool(done.last)


def followed(session: Session) -> tuple[Followed, bool]:
    """Return how far the calendar was followed, and whether all open due dates rest on it now."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == FOLLOWED))
    told = msgspec.convert(value, Followed) if value is not None else Followed()
    return told, told.calendar == terms.calendar(session).version and not told.last


def waiting(session: Session) -> int:
    """Return how many tickets a run would look at."""
    return session.scalar(select(func.count()).select_from(Ticket).where(_with_open_leg())) or 0


def _with_open_leg(calendar: str = "") -> ColumnElement[bool]:
    open_leg = exists().where(
        TicketLeg.ticket_id == Ticket.id, TicketLeg.handled_at.is_(None),
        TicketLeg.returned_at.is_(None),
    )  # fmt: skip
    if calendar:
        open_leg = open_leg.where(TicketLeg.due_why["calendar"].as_string() != calendar)
    return and_(open_leg, or_(Ticket.status.in_(CLOCKED), Ticket.contested))


def _ticket(
    session: Session,
    row: Ticket,
    calendar: Calendar,
    rules: tuple[TermRule, ...],
    actor: Actor,
    *,
    now: Instant,
    cause: str,
) -> bool:
    """Recompute one ticket, whose row is locked; True if a clock moved."""
    found = moved(session, row, calendar, rules, now=now)
    step, stage = steps.running(session, [row.id]).get(row.id), steps.owed(row)
    if step is not None and stage is not None:
        began = step.assigned_at.timestamp()
        found += _differing([(step, terms.step_clock(row, stage, began, calendar, rules))])
    if not found:
        return False
    taken = take(session, row.id, "recompute", actor)
    event = DueRecomputed(dues=write(row, found), cause=cause, **facts(taken, actor, now))
    tell(session, taken, actor, event)
    return True


def moved(
    session: Session,
    row: Ticket,
    calendar: Calendar,
    rules: tuple[TermRule, ...],
    *,
    now: Instant,
) -> list[tuple[TicketLeg, Due]]:
    """Return the open parts of a ticket that are due at another time than they were, with their new clocks."""
    return _differing(
        [
            (leg, terms.clock_of(row, leg, calendar, rules, now=now))
            for leg in legs(session, row.id)
            if leg.handled_at is None
        ]
    )


def _differing(found: list[tuple[TicketLeg, Due]]) -> list[tuple[TicketLeg, Due]]:
    """Return the clocks that end elsewhere; the others take the new reasons for the same instant."""
    elsewhere = []
    for leg, due in found:
        if leg.due_at != to_datetime(due.at) or leg.warn_at != to_datetime(due.warn_at):
            elsewhere.append((leg, due))
        else:
            leg.due_why = msgspec.to_builtins(due)
    return elsewhere


def write(row: Ticket, found: list[tuple[TicketLeg, Due]]) -> dict[str, float]:
    """Set these clocks, and return the new due instants by leg as events tell them."""
    for leg, due in found:
        terms.write_clock(row, leg, due)
        if leg.number <= 0:
            row.due_at = leg.due_at  # what is owed now is the centre's
    return {str(leg.number): due.at for leg, due in found}
