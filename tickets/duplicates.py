"""判重: what may be the same matter, said while it is typed; 并案 and its undoing; callers are kept."""

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, get_args

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, WrongStatus
from models.events import ticket as e
from models.rules.grams import alike, grams, wanted
from models.rules.places import located
from models.rules.tickets.choices import STAFF
from models.rules.tickets.moves import OPEN
from models.store.fulltext import holds
from models.tables import Ticket, TicketParty
from tickets import around
from tickets.again import ANEW
from tickets.assignment import OVER, end_parts
from tickets.criteria import located_is, scope
from tickets.moving import Actor, facts, intake_policy, take, tell

WITHIN_S = 90 * 86_400.0
"""How far back a matter may be the same."""
READ = 60
SHOWN = 8
RESERVED = 2
"""Places that every reason has: a caller's many own tickets do not crowd out those of neighbours."""
ALIKE = 0.12
Reason = Literal["caller", "place", "text", "near"]
REASONS: tuple[Reason, ...] = get_args(Reason)


Spot = tuple[float, float]


class Candidate(NamedTuple):
    """An earlier ticket, why it may be the same, how alike the texts are (0 to 1), and how far it lies, if known.

    why : same caller, same address, alike in words, or of one category, near and recent.
    """

    row: Ticket
    why: tuple[Reason, ...]
    alike: float
    metres: float | None = None


def candidates(
    session: Session,
    *,
    title: str = "",
    content: str = "",
    address: str = "",
    digest: str = "",
    category: str = "",
    spot: Spot | None = None,
    but: int = 0,
    actor: Actor,
    now: Instant,
) -> list[Candidate]:
    """Return at most `SHOWN` tickets of the last 90 days that may be the same matter, the likeliest first.

    Only those in the actor's scope. digest : HMAC of the caller's number; spot : (lon, lat) WGS-84.
    but : id of the ticket asked about, left out.
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
    near: set[int] = set()
    if category and spot:
        rows = session.scalars(newest.where(*_near(session, category, spot, now)).limit(READ)).all()
        near = {row.id for row in rows}
        found |= {row.id: row for row in rows}
    typed = grams(title, content)
    judged = [
        _judged(row, {"caller": row.id in callers, "near": row.id in near}, typed, address, spot)
        for row in found.values()
    ]
    return _shared([each for each in judged if each.why])


def _near(session: Session, category: str, spot: Spot, now: Instant) -> list[ColumnElement[bool]]:
    """Return the conditions of what is of one category, near and recent, by the tenant's own measures."""
    rule = intake_policy(session)
    return [
        Ticket.category == category,
        Ticket.opened_at >= to_datetime(now - rule.alike_days * 86_400.0),
        around.inside(around.Around(*spot, rule.alike_m)),
        located_is("yes"),
    ]


def _shared(likely: list[Candidate]) -> list[Candidate]:
    """Return what is shown, the likeliest first: of every reason `RESERVED`, then whatever is likeliest."""
    likely.sort(key=lambda each: (len(each.why), each.alike, each.row.id), reverse=True)
    first = [each for reason in REASONS for each in _of(likely, reason)[:RESERVED]]
    kept = set(list(dict.fromkeys(each.row.id for each in [*first, *likely]))[:SHOWN])
    return [each for each in likely if each.row.id in kept]


def _of(likely: list[Candidate], reason: Reason) -> list[Candidate]:
    return [each for each in likely if reason in each.why]


def _start(title: str) -> str:
    """The first words of a title: who types on says more, and would find less."""
    return " ".join(title.split()[:3])[:8]


def _judged(
    row: Ticket,
    known: Mapping[Reason, bool],
    typed: Sequence[str],
    address: str,
    spot: Spot | None,
) -> Candidate:
    score = alike(list(typed), grams(row.title, row.content))
    same = bool(address and row.address) and alike(grams(address), grams(row.address)) >= 0.5
    true: dict[Reason, bool] = {**known, "place": same, "text": score >= ALIKE}
    far = None
    if spot and located(row.precision) == "yes" and row.lon is not None and row.lat is not None:
        far = around.metres(*spot, row.lon, row.lat)
    return Candidate(row, tuple(reason for reason in REASONS if true[reason]), score, far)


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
