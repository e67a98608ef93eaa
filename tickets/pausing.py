"""暂停: the units' clocks stand while the lead waits for the citizen, for so long and no longer."""

from sqlalchemy import ColumnElement
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import WrongStatus
from models.events import ticket as e
from models.rules.tickets.moves import ALSO_MAY
from models.tables import Ticket
from tickets import terms
from tickets.moving import Actor, Taken, facts, legs, owed, own_leg, policy, take, tell

DAY_S = 86_400.0


def pause_clock(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """Wait for the citizen: the clocks of all parts stand, and why is owed. The lead's word, before it is due."""
    owed(note, "note")
    taken = take(session, ticket_id, "pause_clock", actor)
    _leads(session, ticket_id, actor)
    if not policy(session).pause_allowed:
        raise WrongStatus("clocks never stand here", cap="pause")
    if taken.row.paused_at is not None:
        raise WrongStatus("the clocks stand already", cap="paused")
    parts = legs(session, ticket_id)
    if parts[0].due_at is not None and to_datetime(now) > parts[0].due_at:
        raise WrongStatus("the part is overdue: too late for a pause", cap="pause_due")
    taken.row.paused_at = to_datetime(now)
    for leg in parts:
        leg.timer_at = None
    tell(session, taken, actor, e.ClockPaused(**facts(taken, actor, now, note)))


def resume_clock(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """The citizen answered, or nobody waits any more: every open part gets its new due instant.

    The lead unit's move, and the centre's; the timer's, once the longest pause is over.
    """
    taken = take(session, ticket_id, "resume_clock", actor)
    if actor.unit or ALSO_MAY["resume_clock"].isdisjoint(actor.can):
        _leads(session, ticket_id, actor)
    event = e.ClockResumed(dues=_resumed(session, taken, now), **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def over(session: Session, now: Instant) -> ColumnElement[bool]:
    """True of a ticket whose clocks have stood for as long as they may."""
    return Ticket.paused_at <= to_datetime(now - policy(session).pause_days * DAY_S)


def _leads(session: Session, ticket_id: int, actor: Actor) -> None:
    if own_leg(session, ticket_id, actor).number != 1:
        raise WrongStatus("only the lead unit's wait stops the clocks", cap="lead")


def _resumed(session: Session, taken: Taken, now: Instant) -> dict[str, float]:
    row = taken.row
    if row.paused_at is None:
        raise WrongStatus("the clocks run", cap="running")
    row.pauses = [*row.pauses, (row.paused_at.timestamp(), now)]
    row.paused_at = None
    return {
        str(leg.number): terms.set_clock(session, row, leg, now=now).at
        for leg in legs(session, row.id)
        if leg.handled_at is None
    }
