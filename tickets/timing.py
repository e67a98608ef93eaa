"""The clock's own verbs: warn, expire, urge at the planned time, end the longest pause; each is told once.

Several timers may run at once: `next_due` holds the ticket's row, skipping one that somebody else has
in hand, and `tell` looks again at what is due once the row is held.
"""

from collections.abc import Collection

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.events import ticket as e
from models.rules.tickets.moves import CLOCK
from models.tables import Ticket, TicketLeg
from tickets import pausing, steps
from tickets.moving import Actor, facts, legs, take
from tickets.moving import tell as record
from tickets.workflow import remind

BATCH = 50
SYSTEM = Actor(0, "", frozenset({CLOCK, "ticket.supervise"}))


def next_due(session: Session, *, now: Instant, skip: Collection[int] = ()) -> int | None:
    """Return a ticket with an overdue clock, its row held; None when nothing is due.

    skip : tickets to leave alone, because telling their clocks failed a moment ago.
    """
    at = to_datetime(now)
    due_leg = select(TicketLeg.ticket_id).where(TicketLeg.timer_at <= at)
    due_urge = select(Ticket.id).where(Ticket.urge_at <= at, ~Ticket.urge_told)
    stood = select(Ticket.id).where(pausing.over(session, now))
    found: int | None = session.scalar(
        select(Ticket.id)
        .where(or_(
            Ticket.id.in_(due_leg.order_by(TicketLeg.timer_at).limit(BATCH + len(skip))),
            Ticket.id.in_(due_urge.order_by(Ticket.urge_at).limit(BATCH + len(skip))),
            Ticket.id.in_(stood.order_by(Ticket.paused_at).limit(BATCH + len(skip))),
        ), Ticket.id.not_in(skip))
        .limit(1)
        .with_for_update(skip_locked=True)
    )  # fmt: skip
    return found


def tell(session: Session, ticket_id: int, *, now: Instant) -> int:
    """Tell the overdue clocks of a held ticket; return how many were told."""
    at = to_datetime(now)
    told = _end_pause(session, ticket_id, now)
    told += _tell_legs(session, ticket_id, now) + _tell_urge(session, ticket_id, now)
    session.flush()
    stale = update(TicketLeg).where(TicketLeg.ticket_id == ticket_id, TicketLeg.timer_at <= at)
    session.execute(stale.values(timer_at=None))  # of a past assignment: nobody waits for it
    return told


def _tell_legs(session: Session, ticket_id: int, now: Instant) -> int:
    told = 0
    for leg in (*legs(session, ticket_id), *steps.running(session, [ticket_id]).values()):
        if leg.timer_at is None or leg.timer_at.timestamp() > now or leg.due_at is None:
            continue
        due = leg.due_at.timestamp()
        if now > due:
            first = {"expired_at": func.coalesce(Ticket.expired_at, leg.due_at)}
            taken = take(session, ticket_id, "expire", SYSTEM, **first if leg.number <= 1 else {})
            event: e.AnyTicketEvent = e.LegExpired(
                leg=leg.number, due=due, **facts(taken, SYSTEM, now)
            )
            leg.timer_at = None
        else:
            taken = take(session, ticket_id, "warn", SYSTEM)
            event = e.LegWarned(leg=leg.number, due=due, **facts(taken, SYSTEM, now))
            leg.timer_at = leg.due_at
        record(session, taken, SYSTEM, event)
        told += 1
    return told


def _tell_urge(session: Session, ticket_id: int, now: Instant) -> int:
    row = session.get_one(Ticket, ticket_id, populate_existing=True)
    if row.urge_at is None or row.urge_at.timestamp() > now or row.urge_told:
        return 0
    taken = take(session, ticket_id, "urge", SYSTEM, urge_told=True)
    parts = remind(session, ticket_id)
    event = e.TicketUrged(leg=parts[0], legs=parts, **facts(taken, SYSTEM, now))
    record(session, taken, SYSTEM, event)
    return 1


def _end_pause(session: Session, ticket_id: int, now: Instant) -> int:
    stands = select(Ticket.id).where(Ticket.id == ticket_id, pausing.over(session, now))
    if session.scalar(stands) is None:
        return 0
    pausing.resume_clock(session, ticket_id, actor=SYSTEM, now=now)
    session.flush()
    return 1
