"""客户资料 (C-17): one citizen's tickets, calls and note, found by number or name; every look is written down."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused
from models.store.chain import audit
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.tables import CallLedger, Customer, Ticket, TicketParty
from tickets.criteria import check_caller_search, scope
from tickets.moving import Actor

PERMISSION = "ticket.open"
SHOWN = 50
NOTE_MAX = 1000


class Record(NamedTuple):
    """What the house knows of one citizen, as far as the viewer may see it; numbers stay masked."""

    digest: str
    masked: str
    tickets: list[Ticket]
    calls: list[CallLedger]
    note: str


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor takes requests at the centre."""
    check_caller_search(actor)
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


def find(session: Session, said: str, *, actor: Actor, now: Instant, vault: Vault) -> list[str]:
    """Return the digests of who has this number or exactly this name, the newest first; BadInput for neither."""
    allowed(actor)
    digits = said.strip().lstrip("+").replace("-", "").replace(" ", "")
    if not digits:
        raise BadInput("nothing to search by", field="phone")
    by_name = not digits.isdigit()
    if by_name:
        found = list(session.scalars(
            select(TicketParty.digest)
            .where(TicketParty.name_digest == vault.digest_name(said), TicketParty.digest != "")
            .order_by(TicketParty.ticket_id.desc())
        ))  # fmt: skip
    else:
        found = [vault.digest(digits)]
    audit(
        session, actor=actor.ref, verb="search_customer", subject="name" if by_name else "number",
        now=now, found=len(set(found)),
    )  # fmt: skip
    return list(dict.fromkeys(found))[:SHOWN]


def masks(session: Session, digests: Sequence[str]) -> dict[str, str]:
    """Return digest -> masked number of those the house knows."""
    parties = select(TicketParty.digest, TicketParty.masked).where(TicketParty.digest.in_(digests))
    calls = select(CallLedger.caller_digest, CallLedger.caller_masked).where(
        CallLedger.caller_digest.in_(digests)
    )
    return {**dict(session.execute(calls).all()), **dict(session.execute(parties).all())}


def record(session: Session, digest: str, *, actor: Actor, now: Instant, vault: Vault) -> Record:
    """Return what is known of one citizen, and write down who looked; NotFound for a stranger."""
    allowed(actor)
    masked = masks(session, [digest]).get(digest)
    if not digest or masked is None:
        raise NotFound("nobody is known by this number")
    tickets = session.scalars(
        select(Ticket)
        .join(TicketParty, TicketParty.ticket_id == Ticket.id)
        .where(TicketParty.digest == digest, *scope(session, actor))
        .order_by(Ticket.opened_at.desc()).limit(SHOWN)
    )  # fmt: skip
    calls = session.scalars(
        select(CallLedger)
        .where(CallLedger.caller_digest == digest)
        .order_by(CallLedger.counted_at.desc()).limit(SHOWN)
    )  # fmt: skip
    note = session.scalar(select(Customer.note_sealed).where(Customer.digest == digest))
    audit(session, actor=actor.ref, verb="view_customer", subject=digest[:12], now=now)
    return Record(
        digest, masked, list(tickets), list(calls) if "calls.view" in actor.can else [],
        vault.open(note) if note else "",
    )  # fmt: skip


def annotate(
    session: Session, digest: str, note: str, *, actor: Actor, now: Instant, vault: Vault
) -> None:
    """Write the note on a citizen, sealed as the name is; BadInput when it is too long."""
    allowed(actor)
    if len(note) > NOTE_MAX or "\0" in note:
        raise BadInput("a note is too long", field="note")
    if not masks(session, [digest]):
        raise NotFound("nobody is known by this number")
    said = {
        "note_sealed": vault.seal_text(note.strip()), "noted_at": to_datetime(now),
        "noted_by": actor.user_id,
    }  # fmt: skip
    row = insert(Customer).values(tenant_id=tenant_of(session), digest=digest, **said)
    session.execute(row.on_conflict_do_update(index_elements=["tenant_id", "digest"], set_=said))
    audit(session, actor=actor.ref, verb="note_customer", subject=digest[:12], now=now)
