"""A changed calendar or rule reaches the open legs: their due instants anew, in batches, each move told."""

from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.events.ticket import DueRecomputed
from models.rules.deadlines import Calendar, Due, TermRule
from models.rules.tickets.moves import WITH_UNIT
from models.store.chain import audit
from models.tables import Ticket, TicketLeg
from tickets import terms
from tickets.moving import Actor, facts, legs, moves, take, tell

BATCH = 100


class Recomputed(NamedTuple):
    """What recomputing did so far: counts of tickets; `last` is the ticket to go on after, 0 = done."""

    last: int = 0
    seen: int = 0
    changed: int = 0
    paused: int = 0
    """Left alone: their clocks stand, and they are computed anew when they run again."""


def batch(
    session: Session, so_far: Recomputed, *, actor: Actor, now: Instant, size: int = BATCH
) -> Recomputed:
    """Recompute the next tickets with a unit; call it, a transaction each, until `last` is 0.

    A ticket whose legs stay due when they were is not touched. Refused without the verb's permission.
    """
    permission = moves(session)["recompute"].permission
    if permission not in actor.can:
        raise Refused(f"{actor.ref} lacks {permission}", permission=permission)
    rows = list(
        session.scalars(
            select(Ticket).where(_with_open_leg(), Ticket.id > so_far.last)
            .order_by(Ticket.id).limit(size).with_for_update()
        )
    )  # fmt: skip
    calendar, rules = terms.calendar(session), terms.rules(session)
    changed = paused = 0
    for row in rows:
        if row.paused_at is not None:
            paused += 1
        else:
            changed += _ticket(session, row, calendar, rules, actor, now)
    return Recomputed(
        last=rows[-1].id if len(rows) == size else 0,
        seen=so_far.seen + len(rows),
        changed=so_far.changed + changed,
        paused=so_far.paused + paused,
    )


def record(session: Session, done: Recomputed, *, actor: Actor, now: Instant) -> None:
    """Write down what a whole run did."""
    audit(
        session, actor=actor.ref, verb="recompute", subject="open legs", now=now, seen=done.seen,
        changed=done.changed, paused=done.paused,
    )  # fmt: skip


def waiting(session: Session) -> int:
    """Return how many tickets a run would look at."""
    return session.scalar(select(func.count()).select_from(Ticket).where(_with_open_leg())) or 0


def _with_open_leg() -> ColumnElement[bool]:
    open_leg = exists().where(
        TicketLeg.ticket_id == Ticket.id, TicketLeg.handled_at.is_(None),
        TicketLeg.returned_at.is_(None),
    )  # fmt: skip
    return and_(open_leg, Ticket.status.in_(WITH_UNIT))


def _ticket(
    session: Session,
    row: Ticket,
    calendar: Calendar,
    rules: tuple[TermRule, ...],
    actor: Actor,
    now: Instant,
) -> bool:
    """Recompute one ticket, whose row is locked; True if a leg moved."""
    found = moved(session, row, calendar, rules, now=now)
    if not found:
        return False
    taken = take(session, row.id, "recompute", actor)
    event = DueRecomputed(dues=write(row, found), **facts(taken, actor, now))
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
    found = [
        (leg, terms.clock_of(row, leg, calendar, rules, now=now))
        for leg in legs(session, row.id)
        if leg.handled_at is None
    ]
    return [
        (leg, due)
        for leg, due in found
        if leg.due_at != to_datetime(due.at) or leg.warn_at != to_datetime(due.warn_at)
    ]


def write(row: Ticket, found: list[tuple[TicketLeg, Due]]) -> dict[str, float]:
    """Set these clocks, and return the new due instants by leg as events tell them."""
    for leg, due in found:
        terms.write_clock(row, leg, due)
    return {str(leg.number): due.at for leg, due in found}
