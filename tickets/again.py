"""Handled once more: the lead's part opened again, or the ticket back among those that wait for a unit."""

from collections.abc import Mapping

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.tables import TicketLeg, Unit
from tickets import terms
from tickets.moving import Taken, legs

ANEW: Mapping[str, object] = {
    "closed_at": None, "replied_at": None, "called_back_at": None, "grade": "", "solved": None,
    "quality": "",
}  # fmt: skip
"""What an open matter has not yet: its citizen gets a new reply, and is called back about it."""


def again(session: Session, taken: Taken, *, now: Instant) -> TicketLeg | None:
    """Open the lead's part once more; None when no active unit led it: it waits for another then."""
    lead = next(iter(legs(session, taken.row.id)), None)
    if lead is not None and _active(session, lead.unit):
        lead.handled_at, lead.started_at, lead.holder = None, None, lead.unit
        return lead
    taken.row.status, taken.row.due_at = "pending_assign", None
    if lead is not None:  # its part is over; what it did stands in the history
        lead.returned_at, lead.timer_at = to_datetime(now), None
    return None


def from_now(session: Session, taken: Taken, lead: TicketLeg | None, *, now: Instant) -> Instant:
    """Start the lead's clock anew, without the time it was granted before; return its due instant, 0 for none."""
    if lead is None:
        return 0.0
    lead.extra = 0
    return terms.set_clock(session, taken.row, lead, now=now, start=now).at


def _active(session: Session, code: str) -> bool:
    # held until the part is written: a unit that closes meanwhile waits, and then finds the part
    found = select(Unit.id).where(Unit.code == code, Unit.active).with_for_update(read=True)
    return session.scalar(found) is not None
