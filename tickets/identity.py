"""Who asked, opened: a ticket's caller by name and number, and every look is written down."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import NotFound, Refused
from models.store.chain import audit
from models.store.crypto import Vault
from models.tables import Ticket, TicketParty
from tickets import queries
from tickets.moving import Actor, owed


class Identity(NamedTuple):
    """A caller's name and whole number, and whom to call back instead; any may be empty, not all."""

    name: str
    phone: str
    contact: str = ""


def secrets(session: Session, ids: Sequence[int], vault: Vault) -> dict[int, tuple[str, ...]]:
    """Return the names and numbers of tickets' callers, by ticket: to be blotted out of texts, never to be shown."""
    found = session.execute(
        select(
            TicketParty.ticket_id, TicketParty.name_sealed, TicketParty.phone_sealed,
            TicketParty.contact_sealed,
        ).where(TicketParty.ticket_id.in_(ids))
    )  # fmt: skip
    return {
        ticket: tuple(
            line for each in sealed if each for line in vault.open(each).split("\n") if line
        )
        for ticket, *sealed in found
    }


def may_reveal(session: Session, row: Ticket, actor: Actor) -> bool:
    """Whether there is somebody to reveal to the actor."""
    return _allowed(row, actor) and any(_sealed(session, row.id))


def _allowed(row: Ticket, actor: Actor) -> bool:
    """A protected caller is never shown to a unit, whatever its role."""
    protected = row.anonymous or row.confidential
    return "caller.reveal" in actor.can and not (actor.unit and protected)


def _sealed(session: Session, ticket_id: int) -> tuple[str, ...]:
    party = session.get(TicketParty, ticket_id)
    return (party.name_sealed, party.phone_sealed, party.contact_sealed) if party else ()


def may_show_code(actor: Actor) -> bool:
    """Whether the actor may tell a citizen the query code again: the centre's, not a unit's, business."""
    return not actor.unit and not actor.can.isdisjoint({"ticket.open", "ticket.call_back"})


def query_code(session: Session, ticket_id: int, *, actor: Actor, now: Instant) -> str:
    """Return a ticket's query code, to be told again, and write down who looked."""
    row = queries.seen(session, ticket_id, actor=actor)
    if not may_show_code(actor):
        raise Refused(f"{actor.ref} may not see a query code", permission="ticket.open")
    audit(
        session, actor=actor.ref, verb="show_query_code", subject=f"ticket:{row.no}", now=now
    )  # fmt: skip
    return row.query_code


def reveal(
    session: Session, ticket_id: int, *, reason: str, actor: Actor, now: Instant, vault: Vault
) -> Identity:
    """Return who asked, and write down who looked and why; NotFound when nobody left a name or number."""
    row = queries.seen(session, ticket_id, actor=actor)
    if not _allowed(row, actor):
        raise Refused(f"{actor.ref} may not reveal a caller", permission="caller.reveal")
    owed(reason, "reason")
    sealed = _sealed(session, ticket_id)
    if not any(sealed):
        raise NotFound(f"nobody is known of ticket {ticket_id}")
    audit(
        session, actor=actor.ref, verb="reveal_caller", subject=f"ticket:{row.no}", now=now,
        reason=reason.strip(),
    )  # fmt: skip
    name, phone, contact = (vault.open(each) if each else "" for each in sealed)
    return Identity(name, phone, " ".join(contact.split("\n")).strip())
