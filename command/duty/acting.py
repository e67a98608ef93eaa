"""What every verb of the duty shares: who may, the envelope of its event, and the outbox."""

from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, NotFound, Refused
from models.events.duty import AnyDutyEvent
from models.store import outbox, streams
from models.store.db import tenant_of
from models.tables import DutyContact, Tenant
from tickets.moving import Actor

VIEW, EDIT, APPROVE = "duty.view", "duty.edit", "command.approve"
ROSTER_LOCK = 41
"""Whoever changes the roster takes the tenant's turn: two changes never see half of each other."""


def require(actor: Actor, permission: str) -> None:
    """Raise Refused unless the actor holds the permission at the centre."""
    if permission not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {permission}", permission=permission)


def envelope(actor: Actor, now: Instant, event_id: str) -> dict[str, Any]:
    """Return the fields every duty event has."""
    return {"id": f"duty-{event_id}", "at": now, "actor": actor.ref, "by": actor.name}


def tell(session: Session, event: AnyDutyEvent) -> None:
    """Put the event into the outbox."""
    outbox.record(session, streams.duty_stream(tenant_of(session)), event)


def owed(said: str, field: str, most: int) -> str:
    """Return a text without the space around it; BadInput when it is empty or too long."""
    if not said.strip():
        raise BadInput(f"{field} is empty", field=field)
    return short(said, field, most)


def short(said: str, field: str, most: int) -> str:
    """Return a text that may be empty, without the space around it; BadInput when it is too long."""
    if len(said) > most or "\0" in said:
        raise BadInput(f"{field} is too long", field=field, most=most)
    return said.strip()


def contact(session: Session, contact_id: int) -> DutyContact:
    """Return an active contact; NotFound for another."""
    row = session.get(DutyContact, contact_id)
    if row is None or not row.active:
        raise NotFound(f"no contact {contact_id}")
    return row


def mine(session: Session, actor: Actor) -> DutyContact | None:
    """Return the actor's own entry in the phone book, None without one."""
    if not actor.user_id:
        return None
    return session.scalar(
        select(DutyContact).where(DutyContact.user_id == actor.user_id, DutyContact.active)
    )


def zone(session: Session) -> str:
    """Return the tenant's zone."""
    return session.scalar(select(Tenant.zone).where(Tenant.id == tenant_of(session))) or "UTC"


def take_turn(session: Session) -> None:
    """Wait until nobody else changes the roster; the turn ends with the transaction."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": tenant_of(session), "b": ROSTER_LOCK}
    )


def count(session: Session, what: Any) -> int:  # noqa: ANN401 - a select
    """Return how many rows a select finds."""
    return session.scalar(select(func.count()).select_from(what.subquery())) or 0
