"""首次自动派单 (N-08, X-24): where the tenant says so, the system sends a new ticket to the unit the rule proposes."""

from collections.abc import Collection

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.rules.tickets.choices import STAFF
from models.rules.tickets.policy import AutoAssign
from models.tables import Parameter, Ticket
from tickets import steps
from tickets.assignment import assign, propose
from tickets.moving import Actor

PARAMETER = "auto_assign"
SYSTEM = Actor(0, "", frozenset({"ticket.assign"}))
BATCH = 50


def rule(session: Session) -> AutoAssign:
    """Return what the tenant lets the system assign by itself; nothing by default."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == PARAMETER))
    return msgspec.convert(value, AutoAssign) if value is not None else AutoAssign()


def next_one(session: Session, *, skip: Collection[int] = ()) -> Ticket | None:
    """Return a ticket that waits for its first unit and is the system's to assign, its row held.

    One that came back, that nobody accepted yet, or that is an emergency waits for a person.
    """
    taken = rule(session)
    if not taken.kinds:
        return None
    rows = session.scalars(
        select(Ticket)
        .where(
            Ticket.status == "pending_assign", Ticket.kind.in_(taken.kinds), Ticket.kind != STAFF,
            Ticket.mode == "", ~Ticket.emergency, Ticket.id.not_in(skip),
        )
        .order_by(Ticket.id).limit(BATCH).with_for_update(skip_locked=True)
    )  # fmt: skip
    return next(
        (
            row
            for row in rows
            if taken.takes(row.kind, row.category) and steps.owed(row) != "accept"
        ),
        None,
    )


def send(session: Session, row: Ticket, *, now: Instant) -> bool:
    """Assign a held ticket to the unit that category or duties propose; False when they propose none."""
    unit, why = propose(session, row)
    if not unit:
        return False
    assign(session, row.id, units=[unit], mode="assign", why=why, actor=SYSTEM, now=now)
    return True
