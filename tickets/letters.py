"""公函: letters made from a ticket. What one says is settled when it is made and kept as its body.

To units: 交办函 and 办理转送单. To the citizen: the three 告知书. No letter carries a citizen's name or
number, not even where the text of the ticket does: both are blotted out.
"""

from collections.abc import Mapping
from typing import Any, get_args
from zoneinfo import ZoneInfo

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.tickets.moves import OPEN
from models.store.chain import audit
from models.store.crypto import Vault
from models.tables import (
    Category,
    Letter,
    Tenant,
    Ticket,
    TicketHistory,
    Unit,
)
from tickets import identity, letter_words, queries
from tickets.letter_words import Body, Kind, Matter
from tickets.moving import Actor, legs

KINDS: tuple[Kind, ...] = get_args(Kind)
TO_UNITS: frozenset[Kind] = frozenset({"assign", "forward"})
"""What a unit may see of its own tickets; the others carry the citizen's query code."""
PERMISSION: Mapping[Kind, str] = {
    kind: "ticket.assign" if kind in TO_UNITS else "ticket.call_back" for kind in KINDS
}
_SERIES: Mapping[Kind, str] = {
    "assign": "交办",
    "forward": "转办",
    "accept_notice": "受理",
    "reject_notice": "不予受理",
    "reply_notice": "答复",
}
"""The series a letter is counted in, as its number says it."""
_LOCK = 31


def make(
    session: Session, ticket_id: int, kind: Kind, *, actor: Actor, now: Instant, vault: Vault
) -> Letter:
    """Make a letter; the same words again give the letter that is there already.

    WrongStatus when the ticket is not in a state for it; Refused without `PERMISSION[kind]`.
    """
    if kind not in KINDS:
        raise BadInput(f"letter {kind!r}", field="kind")
    if PERMISSION[kind] not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION[kind]}", permission=PERMISSION[kind])
    row = session.scalar(select(Ticket).where(Ticket.id == ticket_id).with_for_update(read=True))
    if row is None:
        raise NotFound(f"no ticket {ticket_id}")
    matter = _matter(session, row, vault)
    if not _may(kind, row, unit=bool(matter.legs), rejected=matter.told("reject") is not None):
        raise WrongStatus(f"{kind} from {row.status}", status=row.status, letter=kind)
    # one maker at a time in a tenant: the next number is not given twice, nor a letter made twice
    session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": row.tenant_id, "b": _LOCK})
    at = to_datetime(now)
    series = (
        f"{matter.centre[:1]}12345〔{at.astimezone(ZoneInfo(matter.zone)).year}〕{_SERIES[kind]}第"
    )
    body = letter_words.body(kind, matter, _next(session, kind, series), matter.day(at))
    same = _last(session, ticket_id, kind)
    if same is not None and _words(same.body) == _words(msgspec.to_builtins(body)):
        return same
    letter = Letter(
        tenant_id=row.tenant_id, ticket_id=ticket_id, kind=kind, no=body.no,
        body=msgspec.to_builtins(body), made_at=at, made_by=actor.user_id,
    )  # fmt: skip
    session.add(letter)
    session.flush()
    audit(
        session, actor=actor.ref, verb="letter_made", subject=f"ticket:{row.no}", now=now,
        kind=kind, no=body.no,
    )  # fmt: skip
    return letter


def possible(session: Session, row: Ticket, *, actor: Actor) -> list[Kind]:
    """Return the kinds the actor may make of a ticket now."""
    found = [kind for kind in KINDS if PERMISSION[kind] in actor.can]
    if not found:
        return []
    unit = bool(legs(session, row.id))
    rejected = any(line.verb == "reject" for line in _history(session, row.id))
    return [kind for kind in found if _may(kind, row, unit=unit, rejected=rejected)]


def made(session: Session, ticket_id: int, *, actor: Actor) -> list[Letter]:
    """Return the ticket's letters the actor may see, the newest first; the ticket is in scope already."""
    kinds = TO_UNITS if actor.unit else KINDS
    return list(
        session.scalars(
            select(Letter)
            .where(Letter.ticket_id == ticket_id, Letter.kind.in_(kinds))
            .order_by(Letter.id.desc())
        )
    )


def one(session: Session, letter_id: int, *, actor: Actor, now: Instant) -> Letter:
    """Return a letter of a ticket in the actor's scope; NotFound for every other."""
    found = session.execute(
        select(Letter, Ticket.no)
        .join(Ticket, Ticket.id == Letter.ticket_id)
        .where(Letter.id == letter_id, Letter.kind.in_(TO_UNITS if actor.unit else KINDS))
    ).first()
    if found is None:
        raise NotFound(f"no letter {letter_id}")
    letter, no = found
    queries.whole(session, no, actor=actor, now=now)  # raises what a page would
    return letter


def body_of(letter: Letter) -> Body:
    """Return what a letter says."""
    return msgspec.convert(letter.body, Body)


# --- when ------------------------------------------------------------------------------------


def _may(kind: Kind, row: Ticket, *, unit: bool, rejected: bool) -> bool:
    """Whether the ticket is in a state for the letter; unit : it has one; rejected : it was 不予受理."""
    match kind:
        case "assign":
            return unit and row.mode == "assign" and row.status in OPEN
        case "forward":
            return unit
        case "accept_notice":
            return row.status in OPEN | {"reviewed"}
        case "reject_notice":
            return rejected and row.status in ("rejected", "archived")
        case "reply_notice":
            return row.replied_at is not None and bool(row.reply)


# --- from the database -----------------------------------------------------------------------


def _matter(session: Session, row: Ticket, vault: Vault) -> Matter:
    city, zone = session.execute(
        select(Tenant.city, Tenant.zone).where(Tenant.id == row.tenant_id)
    ).one()
    label = session.scalar(
        select(Category.label).where(
            Category.code == row.category, Category.version == row.category_version
        )
    )
    return Matter(
        row=row,
        legs=legs(session, row.id),
        history=_history(session, row.id),
        units=dict(session.execute(select(Unit.code, Unit.name)).all()),
        category=label or "",
        centre=city,
        zone=zone,
        secrets=identity.secrets(session, [row.id], vault).get(row.id, ()),
    )


def _history(session: Session, ticket_id: int) -> list[TicketHistory]:
    return list(
        session.scalars(
            select(TicketHistory)
            .where(
                TicketHistory.ticket_id == ticket_id,
                TicketHistory.verb.in_(("assign", "instruct", "reject")),
            )
            .order_by(TicketHistory.id)
        )
    )


def _last(session: Session, ticket_id: int, kind: Kind) -> Letter | None:
    return session.scalar(
        select(Letter)
        .where(Letter.ticket_id == ticket_id, Letter.kind == kind)
        .order_by(Letter.id.desc())
        .limit(1)
    )


def _next(session: Session, kind: Kind, series: str) -> str:
    """Return the next number of a series; under the lock the newest row has the highest."""
    last = session.scalar(
        select(Letter.no)
        .where(Letter.kind == kind, Letter.no.startswith(series, autoescape=True))
        .order_by(Letter.id.desc())
        .limit(1)
    )
    count = int(last.removeprefix(series).removesuffix("号")) if last else 0
    return f"{series}{count + 1:05}号"


def _words(body: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name not in ("no", "date")}
