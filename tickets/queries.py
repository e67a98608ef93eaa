"""Reading tickets: each desk's list, and one ticket whole. A unit sees only what it has or had."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import NotFound, Refused
from models.rules.deadlines import Lamp, lamp
from models.rules.tickets import MOVES
from models.rules.tickets.moves import OPEN, WITH_UNIT
from models.tables import (
    Category,
    Supervision,
    Ticket,
    TicketHistory,
    TicketLeg,
    TicketParty,
    TicketRequest,
    Unit,
)  # fmt: skip
from tickets.moving import Actor, legs, moves, units_below

Desk = Literal["all", "dispatch", "handle", "review", "call_back", "supervise", "archive"]
DESKS: Mapping[Desk, str] = {
    "all": "ticket.view",
    "dispatch": "ticket.assign",
    "handle": "ticket.handle",
    "review": "ticket.review",
    "call_back": "ticket.call_back",
    "supervise": "ticket.supervise",
    "archive": "ticket.view",
}
"""Desk -> the permission it needs."""
PAGE = 50


class TicketLine(NamedTuple):
    """A ticket as lists show it; `unit` is the name of the lead unit's present holder."""

    row: Ticket
    unit: str
    lamp: Lamp | Literal[""]
    asked: str


class TicketPage(NamedTuple):
    """One page of a desk and how many tickets the whole desk has."""

    lines: list[TicketLine]
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages the desk has."""
        return -(-self.total // PAGE)


@dataclass(frozen=True, slots=True)
class Whole:
    """One ticket with everything the viewer may see of it; `verbs` are the moves open to the viewer."""

    row: Ticket
    caller: str
    category: str
    legs: list[tuple[TicketLeg, str, Lamp | Literal[""]]]
    history: list[TicketHistory]
    requests: list[TicketRequest]
    supervisions: list[Supervision]
    verbs: tuple[str, ...]


def desk(
    session: Session, name: Desk, *, actor: Actor, now: Instant, words: str = "", page: int = 0
) -> TicketPage:
    """Return one page of a desk's tickets, the most pressing first; Refused without its permission."""
    if DESKS[name] not in actor.can or "ticket.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks {DESKS[name]}", permission=DESKS[name])
    where = [*_of_desk(name, now), *_scope(session, actor)]
    if words:
        where.append(_matches(words))
    total = session.scalar(select(func.count()).select_from(Ticket).where(*where)) or 0
    order = Ticket.opened_at.desc() if name in ("all", "archive") else Ticket.due_at.asc()
    rows = list(
        session.scalars(
            select(Ticket).where(*where).order_by(order.nulls_first(), Ticket.id.desc())
            .offset(page * PAGE).limit(PAGE)
        )
    )  # fmt: skip
    return TicketPage(_lines(session, rows, now), total)


def _of_desk(name: Desk, now: Instant) -> list[ColumnElement[bool]]:
    asked = exists().where(TicketRequest.ticket_id == Ticket.id, TicketRequest.decided_at.is_(None))
    watched = exists().where(Supervision.ticket_id == Ticket.id, Supervision.ended_at.is_(None))
    found: dict[Desk, list[ColumnElement[bool]]] = {
        "all": [],
        "dispatch": [or_(Ticket.status == "pending_assign", asked)],
        "handle": [Ticket.status.in_(WITH_UNIT)],
        "review": [Ticket.status == "pending_review"],
        "call_back": [Ticket.status.in_(("reviewed", "rejected"))],
        "supervise": [
            or_(watched, and_(Ticket.status.in_(OPEN), Ticket.due_at < to_datetime(now)))
        ],
        "archive": [Ticket.status == "archived"],
    }
    return found[name]


def _scope(session: Session, actor: Actor) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if actor.district:
        where.append(Ticket.district == actor.district)
    if actor.unit:
        own = units_below(session, actor.unit)
        has = or_(TicketLeg.holder.in_(own), TicketLeg.unit.in_(own))
        where.append(exists().where(TicketLeg.ticket_id == Ticket.id, has))
    return where


def _matches(words: str) -> ColumnElement[bool]:
    like = "%" + words.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_") + "%"
    return or_(Ticket.no == words, Ticket.title.like(like), Ticket.content.like(like))


def _lines(session: Session, rows: list[Ticket], now: Instant) -> list[TicketLine]:
    ids = [row.id for row in rows]
    last = (
        select(TicketLeg)
        .where(TicketLeg.ticket_id.in_(ids), TicketLeg.number == 1, TicketLeg.returned_at.is_(None))
        .order_by(TicketLeg.ticket_id, TicketLeg.turn)
    )
    leads = {leg.ticket_id: leg for leg in session.scalars(last)}
    names = _unit_names(session)
    requests = session.execute(
        select(TicketRequest.ticket_id, TicketRequest.what).where(
            TicketRequest.ticket_id.in_(ids), TicketRequest.decided_at.is_(None)
        )
    )
    asked = dict(requests.all())
    return [
        TicketLine(
            row,
            names.get(leads[row.id].holder, leads[row.id].holder) if row.id in leads else "",
            _lamp(leads.get(row.id), now),
            asked.get(row.id, ""),
        )
        for row in rows
    ]


def _lamp(leg: TicketLeg | None, now: Instant) -> Lamp | Literal[""]:
    if leg is None or leg.due_at is None or leg.warn_at is None:
        return ""
    done = leg.handled_at.timestamp() if leg.handled_at else 0.0
    return lamp(leg.due_at.timestamp(), leg.warn_at.timestamp(), now, done_at=done)


def _unit_names(session: Session) -> dict[str, str]:
    return dict(session.execute(select(Unit.code, Unit.name)).all())


def whole(session: Session, no: str, *, actor: Actor, now: Instant) -> Whole:
    """Return one ticket by its public number; NotFound also for one outside the actor's scope."""
    if "ticket.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks ticket.view", permission="ticket.view")
    row = session.scalar(select(Ticket).where(Ticket.no == no, *_scope(session, actor)))
    if row is None:
        raise NotFound(f"no ticket {no}")
    names = _unit_names(session)
    parts = legs(session, row.id)
    hidden = actor.unit and (row.confidential or row.anonymous)
    party = session.get(TicketParty, row.id)
    requests = _of_ticket(session, TicketRequest, row.id)
    return Whole(
        row=row,
        caller=party.masked if party and not hidden else "",
        category=session.scalar(
            select(Category.label).where(
                Category.code == row.category, Category.version == row.category_version
            )
        )
        or "",
        legs=[(leg, names.get(leg.holder, leg.holder), _lamp(leg, now)) for leg in parts],
        history=_of_ticket(session, TicketHistory, row.id),
        requests=requests,
        supervisions=_of_ticket(session, Supervision, row.id),
        verbs=_verbs(session, row, parts, requests, actor),
    )


R = TypeVar("R", TicketHistory, TicketRequest, Supervision)


def _of_ticket(session: Session, table: type[R], ticket_id: int) -> list[R]:
    return list(
        session.scalars(select(table).where(table.ticket_id == ticket_id).order_by(table.id))
    )


def _verbs(
    session: Session,
    row: Ticket,
    parts: list[TicketLeg],
    requests: list[TicketRequest],
    actor: Actor,
) -> tuple[str, ...]:
    """Return what the actor may do now: lawful, permitted, with the part in hand and the request open."""
    own = set(units_below(session, actor.unit)) if actor.unit else set()
    mine = [p for p in parts if p.handled_at is None and (p.holder in own or p.unit in own)]
    open_requests = {request.what for request in requests if request.decided_at is None}
    found = []
    for verb, move in moves(session).items():
        if row.status not in move.sources or move.permission not in actor.can:
            continue
        if MOVES[verb].permission == "ticket.handle" and not mine:
            continue
        act, _, what = verb.partition("_")
        if act in ("grant", "deny") and what not in open_requests:
            continue
        if act == "ask" and what in open_requests:
            continue
        found.append(verb)
    return tuple(found)


def units(session: Session, *, below: str = "") -> list[tuple[str, str]]:
    """Return (code, name) of the active units of the first level, or of those below one."""
    where = [Unit.parent == below] if below else [Unit.level == 1]
    found = session.execute(
        select(Unit.code, Unit.name).where(Unit.active, *where).order_by(Unit.id)
    )
    return [(code, label) for code, label in found]


def categories(session: Session) -> list[tuple[str, str]]:
    """Return (code, label) of the newest version's categories."""
    newest = select(func.max(Category.version)).scalar_subquery()
    found = session.execute(
        select(Category.code, Category.label)
        .where(Category.version == newest)
        .order_by(Category.code)
    )
    return [(code, label) for code, label in found]
