"""Requests that wait for the centre's word: who asks for what and why, and what a yes would change."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.tables import Ticket, TicketLeg, TicketRequest, User
from tickets import terms


@dataclass(frozen=True, slots=True)
class Asked:
    """An open request as the person who decides must see it.

    due : of the part now; then : what it would become, the same for a return; bounces : granted before.
    """

    what: str
    unit: str
    by: str
    at: Instant
    ground: str
    days: int
    reason: str
    due: Instant
    then: Instant
    bounces: int


def asked(
    session: Session,
    row: Ticket,
    parts: Sequence[TicketLeg],
    requests: Iterable[TicketRequest],
    names: Mapping[str, str],
    *,
    now: Instant,
) -> dict[str, Asked]:
    """Return the open requests of a ticket by what they ask for (return, extension)."""
    legs = {leg.number: leg for leg in parts}
    found = {}
    for request in requests:
        leg = legs.get(request.leg)
        if request.decided_at is not None or leg is None:
            continue
        found[request.what] = Asked(
            what=request.what, unit=names.get(leg.unit, leg.unit),
            by=session.scalar(select(User.name).where(User.id == request.asked_by)) or "",
            at=request.asked_at.timestamp(), ground=request.ground, days=request.days,
            reason=request.reason, due=leg.due_at.timestamp() if leg.due_at else 0.0,
            then=_then(session, row, leg, request.days, now), bounces=row.bounces,
        )  # fmt: skip
    return found


def _then(session: Session, row: Ticket, leg: TicketLeg, days: int, now: Instant) -> Instant:
    calendar, rules = terms.calendar(session), terms.rules(session)
    return terms.clock_of(row, leg, calendar, rules, now=now, more=days).at
