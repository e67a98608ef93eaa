"""What is pressed for: 催办, 督办 and 批示 on open tickets, and the order in which work desks show theirs."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import Session

from models.rules.tickets.moves import OPEN
from models.tables import Supervision, Ticket, TicketHistory, TicketLeg
from tickets.criteria import WORK, Criteria


class Press(NamedTuple):
    """How a ticket is pressed for: urges of its open parts, a supervision that runs, a leader's instruction."""

    urges: int = 0
    supervised: bool = False
    instructed: bool = False


UNPRESSED = Press()
_URGED = (
    TicketLeg.urges > 0, TicketLeg.handled_at.is_(None), TicketLeg.returned_at.is_(None),
)  # fmt: skip
_WATCHED = Supervision.ended_at.is_(None)
_TOLD = TicketHistory.verb == "instruct"


def of(session: Session, ids: Sequence[int]) -> dict[int, Press]:
    """Return how tickets are pressed for: id -> what; those that are not are left out."""
    urges = dict(
        session.execute(
            select(TicketLeg.ticket_id, func.max(TicketLeg.urges))
            .where(TicketLeg.ticket_id.in_(ids), *_URGED)
            .group_by(TicketLeg.ticket_id)
        ).all()
    )
    watched = set(
        session.scalars(
            select(Supervision.ticket_id).where(Supervision.ticket_id.in_(ids), _WATCHED)
        )
    )
    told = set(
        session.scalars(
            select(TicketHistory.ticket_id)
            .join(Ticket, Ticket.id == TicketHistory.ticket_id)
            .where(TicketHistory.ticket_id.in_(ids), _TOLD, Ticket.status.in_(OPEN))
        )
    )
    return {
        number: Press(urges.get(number, 0), number in watched, number in told)
        for number in {*urges, *watched, *told}
    }


def orders(criteria: Criteria) -> bool:
    """True of a work desk in its own order."""
    return criteria.desk in WORK and not criteria.sort


def order() -> tuple[ColumnElement[Any], ...]:
    """Return the order of work: emergencies, then by urgency, what is pressed for, the first due, the oldest.

    What is pressed for is a handful, found once by its own indexes, not looked for with every row.
    """
    urged = select(TicketLeg.ticket_id).where(*_URGED)
    watched = select(Supervision.ticket_id).where(_WATCHED)
    told = select(TicketHistory.ticket_id).where(_TOLD)
    pressed = or_(Ticket.id.in_(urged), Ticket.id.in_(watched), Ticket.id.in_(told))
    urgency = case((Ticket.urgency == "critical", 0), (Ticket.urgency == "urgent", 1), else_=2)
    return (
        Ticket.emergency.desc(), urgency.asc(), pressed.desc(), Ticket.due_at.asc().nulls_last(),
        Ticket.id.asc(),
    )  # fmt: skip
