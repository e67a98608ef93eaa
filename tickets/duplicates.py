"""判重: what may be the same matter, said while it is typed; 并案 and its undoing; callers are kept."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, WrongStatus
from models.events import ticket as e
from models.rules.grams import alike, grams, wanted
from models.rules.tickets.choices import STAFF
from models.rules.tickets.moves import OPEN
from models.store.fulltext import holds
from models.tables import Ticket, TicketParty
from tickets.again import ANEW
from tickets.assignment import OVER, end_parts
from tickets.criteria import scope
from tickets.moving import Actor, facts, take, tell

WITHIN_S = 90 * 86_400.0
"""How far back a matter may be the same."""
READ = 60
SHOWN = 8
ALIKE = 0.12
Reason = Literal["caller", "place", "text"]


class Candidate(NamedTuple):
    """An earlier ticket, why it may be the same, and how alike the texts are (0 to 1)."""

    row: Ticket
    why: tuple[Reason, ...]
    alike: float


def candidates(
    session: Session,
    *,
    title: str = "",
    content: str = "",
    address: str = "",
    digest: str = "",
    but: int = 0,
    actor: Actor,
    now: Instant,
) -> list[Candidate]:
    """Return at most `SHOWN` tickets of the last 90 days that may be the same matter, the likeliest first.

    Only those in the actor's scope. digest : HMAC of the caller's number. but : id of the ticket asked about, left out.
    """
    since = Ticket.opened_at >= to_datetime(now - WITHIN_S)
    mine = (since, Ticket.id != but, *scope(session, actor))
    newest = select(Ticket).where(*mine).order_by(Ticket.opened_at.desc())
    found: dict[int, Ticket] = {}
    callers: set[int] = set()
    if digest:
        own = select(TicketParty.ticket_id).where(TicketParty.digest == digest)
        rows = session.scalars(newest.where(Ticket.id.in_(own)).limit(READ)).all()
        callers = {row.id for row in rows}
        found |= {row.id: row for row in rows}
    for words in (_start(title), address):
        if not wanted(words):
            continue
        rows = session.scalars(newest.where(holds(Ticket.grams, words)).limit(READ)).all()
        found |= {row.id: row for row in rows}
    typed = grams(title, content)
    judged = [_judged(row, row.id in callers, typed, address) for row in found.values()]
    likely = [each for each in judged if each.why]
    likely.sort(key=lambda each: (len(each.why), each.alike, each.row.id), reverse=True)
    return likely[:SHOWN]


def _start(title: str) -> str:
    """The first words of a title: who types on says more, and would find less."""
    return " ".join(title.split()[:3])[:8]


def _judged(row: Ticket, caller: bool, typed: Sequence[str], address: str) -> Candidate:
    score = alike(list(typed), grams(row.title, row.content))
    why: list[Reason] = ["caller"] if caller else []
    if address and row.address and alike(grams(address), grams(row.address)) >= 0.5:
        why.append("place")
    if score >= ALIKE:
        why.append("text")
    return Candidate(row, tuple(why), score)


def merge(
    session: Session, ticket_id: int, *, into: str, note: str = "", actor: Actor, now: Instant
) -> None:
    """并案: go on under the ticket with the number `into`; its own caller stays with it for the call-back.

    A duplicate that is noticed late takes its units' parts with it into the past.
    """
    target = session.scalar(select(Ticket.id).where(Ticket.no == into, *scope(session, actor)))
    if target is None:
        raise BadInput(f"no ticket {into!r}", field="into")
    if target == ticket_id:
        raise BadInput("a ticket into itself", field="into")
    # both rows in one order, so that A into B and B into A cannot wait for each other
    session.execute(
        select(Ticket.id).where(Ticket.id.in_((ticket_id, target))).order_by(Ticket.id)
        .with_for_update()
    )  # fmt: skip
    taken = take(session, ticket_id, "merge", actor, merged_into=target, **OVER)
    main = session.get_one(Ticket, target, populate_existing=True)
    if main.kind == STAFF:
        raise WrongStatus("a complaint about our own staff takes no other", cap="staff")
    if main.status not in OPEN:
        raise WrongStatus("the main ticket is no longer open", cap="main")
    carried = session.scalar(select(Ticket.id).where(Ticket.merged_into == ticket_id).limit(1))
    if carried is not None:
        raise WrongStatus("others were merged into it: merge those first", cap="carries")
    end_parts(session, taken, actor, now)
    tell(session, taken, actor, e.TicketMerged(into=target, **facts(taken, actor, now, note)))


def unmerge(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """The merge was a mistake: it waits for a unit of its own again."""
    taken = take(session, ticket_id, "unmerge", actor, merged_into=None, **ANEW)
    tell(session, taken, actor, e.TicketUnmerged(**facts(taken, actor, now, note)))


def merged_into(session: Session, ticket_id: int, *, actor: Actor) -> list[tuple[Ticket, str]]:
    """Return the tickets in the actor's scope that go on under this one, each with its masked caller."""
    rows = session.execute(
        select(Ticket, TicketParty.masked)
        .outerjoin(TicketParty, TicketParty.ticket_id == Ticket.id)
        .where(Ticket.merged_into == ticket_id, *scope(session, actor))
        .order_by(Ticket.id)
    )
    return [(row, masked or "") for row, masked in rows]
