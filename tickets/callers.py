"""来电弹屏: who calls, how often, and what of theirs is open; earlier answers to the same kind of matter."""

from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import NotFound
from models.rules.tickets.choices import STAFF
from models.rules.tickets.moves import OPEN
from models.tables import CallLedger, Category, Ticket, TicketParty
from tickets.criteria import scope
from tickets.moving import Actor

SHOWN = 6
REPEAT_S = 90 * 86_400.0
ANSWERS, ANSWERS_S = 5, 180 * 86_400.0
"""How many earlier answers are offered, and how old those of the categories above may be."""


class CallerCard(NamedTuple):
    """One call's caller. `calls` and `tickets` are the newest others of the same number; all is theirs alone.

    times : calls of this number within 90 days, this one included; had, open : how many tickets they have had
    in that time, and how many tickets of theirs are open.
    """

    key: str
    queue: str
    masked: str
    digest: str
    at: Instant
    times: int
    calls: list[CallLedger]
    tickets: list[Ticket]
    of_call: list[Ticket]
    had: int
    open: int

    @property
    def repeat(self) -> bool:
        """重复来电: they called before, or a ticket of theirs is open or that young."""
        return self.times > 1 or self.had > 0 or self.open > 0


def card(session: Session, key: str, *, actor: Actor, now: Instant) -> CallerCard:
    """Return what an agent must see when this call rings, of the tickets those in the actor's scope.

    NotFound until the ledger knows the call.
    """
    call = session.scalar(select(CallLedger).where(CallLedger.key == key))
    if call is None:
        raise NotFound(f"no call {key}")
    since = to_datetime(now - REPEAT_S)
    same = [CallLedger.caller_digest == call.caller_digest, CallLedger.counted_at >= since]
    known = call.caller_digest != ""
    times = session.scalar(select(func.count(func.distinct(CallLedger.call))).where(*same))
    calls = session.scalars(
        select(CallLedger).where(*same, CallLedger.call != call.call)
        .order_by(CallLedger.counted_at.desc()).limit(SHOWN)
    ).all()  # fmt: skip
    of_caller = (
        Ticket.id.in_(
            select(TicketParty.ticket_id).where(TicketParty.digest == call.caller_digest)
        ),
        Ticket.call_key != key,
        *scope(session, actor),
    )
    is_open = Ticket.status.in_(OPEN)
    had, still_open = session.execute(
        select(func.count().filter(Ticket.opened_at >= since), func.count().filter(is_open)).where(
            *of_caller
        )
    ).one()
    tickets = session.scalars(
        select(Ticket)
        .where(*of_caller)
        .order_by(Ticket.status.in_(OPEN).desc(), Ticket.opened_at.desc()).limit(SHOWN)
    ).all()  # fmt: skip
    return CallerCard(
        key=key, queue=call.queue, masked=call.caller_masked, digest=call.caller_digest,
        at=call.counted_at.timestamp(), times=(times or 1) if known else 1,
        calls=list(calls) if known else [], tickets=list(tickets) if known else [],
        of_call=tickets_of_call(session, key, actor=actor),
        had=had if known else 0, open=still_open if known else 0,
    )  # fmt: skip


def tickets_of_call(session: Session, key: str, *, actor: Actor) -> list[Ticket]:
    """Return the tickets that were opened from a visit of a call, as far as the actor may see them."""
    if "ticket.view" not in actor.can:
        return []
    found = select(Ticket).where(Ticket.call_key == key, *scope(session, actor))
    return list(session.scalars(found.order_by(Ticket.id)))


def earlier_answers(
    session: Session, category: str, *, actor: Actor, now: Instant
) -> list[tuple[str, str, str]]:
    """Return (number, title, reply) of answered tickets: templates for an answer (C-04), the nearest category first.

    Of the category itself and those below it at any time, then of those above it within `ANSWERS_S`, the newest
    first. Confidential ones are left out: their answers are about one person.
    """
    found: dict[str, tuple[str, str, str]] = {}
    codes = [category[:end] for end in range(len(category), 0, -1)]
    known = set(session.scalars(select(Category.code).where(Category.code.in_(codes))))
    for code in (each for each in codes if each in known):
        rows = session.execute(
            select(Ticket.no, Ticket.title, Ticket.reply)
            .where(
                Ticket.category.between(code, code + "\uffff"),
                Ticket.opened_at >= to_datetime(0.0 if code == category else now - ANSWERS_S),
                Ticket.no.not_in(found),
                Ticket.reply != "",
                Ticket.kind != STAFF,
                ~Ticket.confidential,
                ~Ticket.anonymous,
                *scope(session, actor),
            )
            .order_by(Ticket.opened_at.desc())
            .limit(ANSWERS - len(found))
        )
        found |= {row.no: (row.no, row.title, row.reply) for row in rows}
        if len(found) == ANSWERS:
            break
    return list(found.values())
