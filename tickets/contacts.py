"""联系市民: who handles a matter speaks with the citizen (D-05); the answer remains the platform's (X-04)."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput
from models.events import ticket as e
from models.rules.tickets.choices import HOWS
from models.tables import TicketHistory
from tickets.moving import Actor, facts, owed, own_leg, take, tell


class Contact(NamedTuple):
    """When, how and by whom the citizen was first spoken with."""

    at: Instant
    how: str
    by: str


def contact(
    session: Session,
    ticket_id: int,
    *,
    how: e.How,
    reached: bool,
    note: str,
    actor: Actor,
    now: Instant,
) -> None:
    """Note a contact with the citizen, or that nobody was reached; the ticket stays as it is."""
    if how not in HOWS:
        raise BadInput(f"how {how!r}", field="how")
    owed(note, "note")
    taken = take(session, ticket_id, "contact", actor)
    if actor.unit:
        own_leg(session, ticket_id, actor)
    event = e.CitizenContacted(how=how, reached=reached, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def first(history: Iterable[TicketHistory]) -> Contact | None:
    """Return the first contact that reached the citizen: what a rate of response (响应率) counts."""
    for line in history:
        if line.verb == "contact" and line.event["reached"]:
            return Contact(line.at.timestamp(), line.event["how"], line.actor_name)
    return None
