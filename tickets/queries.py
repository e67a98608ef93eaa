"""One ticket whole, as far as the viewer may see it, and the lists its forms offer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import HotlineError, NotFound, Refused
from models.events.ticket import from_row
from models.rules.deadlines import Lamp
from models.rules.tickets import MOVES, Verb
from models.rules.tickets.choices import STAFF
from models.rules.tickets.moves import ALSO_MAY, OPENERS, permitted
from models.rules.tickets.turns import Turn, turns
from models.tables import (
    Agent,
    CallLedger,
    Category,
    Supervision,
    Ticket,
    TicketHistory,
    TicketLeg,
    TicketParty,
    TicketRequest,
    Unit,
    User,
)  # fmt: skip
from tickets import contacts, dictionary, duplicates, pressing, steps
from tickets.criteria import scope
from tickets.moving import NOT_OF_STAFF, Actor, intake_policy, legs, moves, units_below
from tickets.requests import Asked, asked
from tickets.search import lamp_of, unit_names


@dataclass(frozen=True, slots=True)
class Whole:
    """One ticket with everything the viewer may see of it; `verbs` are the moves open to the viewer.

    merged : the tickets that go on under it, with their masked callers; main : number of the one it goes on under;
    opener : who registered it; first : who answered its call first, and answers for it (首问负责);
    signs : 签收 owed, id of the leg -> (instant, lamp);
    contacted : when the citizen was first spoken with while it was handled; press : how it is pressed for;
    step : what the centre itself owes now, with its lamp; duties : number of a leg -> what was agreed with its unit;
    customer : keyed hash of who asked, for those who may see 客户资料;
    past : parts of earlier turns; asked : the open requests by what they ask for;
    names : unit code -> name; numbers : id -> number of the tickets its history names;
    labels : names of the categories it was moved between;
    about, finding : of a complaint about the hotline's own staff, the number and name of whom, and what was found.
    """

    row: Ticket
    caller: str
    category: str
    legs: list[tuple[TicketLeg, str, Lamp | Literal[""]]]
    signs: dict[int, tuple[Instant, Lamp]]
    step: tuple[TicketLeg, Lamp | Literal[""]] | None
    history: list[TicketHistory]
    customer: str
    asked: Mapping[str, Asked]
    past: tuple[Turn, ...]
    names: Mapping[str, str]
    numbers: Mapping[int, str]
    supervisions: list[Supervision]
    merged: list[tuple[Ticket, str]]
    main: str
    opener: str
    verbs: tuple[str, ...]
    duties: Mapping[int, str]
    first: str
    labels: Mapping[str, str]
    contacted: contacts.Contact | None
    press: pressing.Press
    about: str = ""
    finding: str = ""


def whole(session: Session, no: str, *, actor: Actor, now: Instant) -> Whole:
    """Return one ticket by its public number; NotFound also for one outside the actor's scope."""
    if "ticket.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks ticket.view", permission="ticket.view")
    row = session.scalar(select(Ticket).where(Ticket.no == no, *scope(session, actor)))
    if row is None:
        raise NotFound(f"no ticket {no}")
    names = unit_names(session)
    parts = legs(session, row.id)
    hidden = actor.unit and (row.confidential or row.anonymous)
    party = session.get(TicketParty, row.id)
    step = steps.running(session, [row.id]).get(row.id)
    requests = _of_ticket(session, TicketRequest, row.id)
    history = _of_ticket(session, TicketHistory, row.id)
    told = {line.verb: line.event for line in history} if row.kind == STAFF else {}
    return Whole(
        row=row,
        caller=party.masked if party and not hidden else "",
        category=dictionary.path_of(session, row.category, row.category_version),
        legs=[(leg, names.get(leg.holder, leg.holder), lamp_of(row, leg, now)) for leg in parts],
        signs=steps.signing(session, [(row, leg) for leg in parts], now=now),
        step=(step, lamp_of(row, step, now)) if step else None,
        history=history,
        customer=party.digest if party and not actor.unit and "ticket.open" in actor.can else "",
        asked=asked(session, row, parts, requests, names, now=now),
        past=_past(history),
        names=names,
        numbers=_numbers(session, history, actor),
        supervisions=_of_ticket(session, Supervision, row.id),
        merged=[] if actor.unit else duplicates.merged_into(session, row.id, actor=actor),
        main=session.scalar(
            select(Ticket.no).where(Ticket.id == row.merged_into, *scope(session, actor))
        )
        or "",
        opener=session.scalar(select(User.name).where(User.id == row.opened_by)) or "",
        verbs=_verbs(session, row, parts, requests, actor),
        duties=_duties(history),
        contacted=contacts.first(history),
        press=pressing.of(session, [row.id]).get(row.id, pressing.UNPRESSED),
        about=_agent(session, str(told.get("open", {}).get("about", ""))),
        finding=str(told.get("settle", {}).get("finding", "")),
        labels=_labels(session, history),
        first=_first_contact(session, row.call_key),
    )


def seen(session: Session, ticket_id: int, *, actor: Actor) -> Ticket:
    """Return a ticket the actor may see; NotFound also for one outside the actor's scope."""
    if "ticket.view" not in actor.can:
        raise Refused(f"{actor.ref} lacks ticket.view", permission="ticket.view")
    row = session.scalar(select(Ticket).where(Ticket.id == ticket_id, *scope(session, actor)))
    if row is None:
        raise NotFound(f"no ticket {ticket_id}")
    return row


def _past(history: list[TicketHistory]) -> tuple[Turn, ...]:
    try:
        return turns(from_row(line.event) for line in history)
    except (HotlineError, msgspec.MsgspecError, KeyError):
        return ()  # a history that was tampered with is named by `verify`; the page still opens


def _numbers(session: Session, history: list[TicketHistory], actor: Actor) -> dict[int, str]:
    ids = {line.event["into"] for line in history if line.verb == "merge"}
    if not ids:
        return {}
    found = select(Ticket.id, Ticket.no).where(Ticket.id.in_(ids), *scope(session, actor))
    return dict(session.execute(found).all())


def _duties(history: list[TicketHistory]) -> dict[int, str]:
    """Return what the units of the present assignment agreed to do; what was agreed last stands."""
    found: dict[int, str] = {}
    for line in history:
        if line.verb == "assign":
            found = {}
        if line.verb == "coordinate":
            found |= {part["leg"]: line.event["what"] for part in line.event["parts"]}
    return found


def _labels(session: Session, history: list[TicketHistory]) -> dict[str, str]:
    """Return the names of the categories that the ticket was moved between, each by its newest version."""
    moved = [line.event["changed"].get("category", {}) for line in history if line.verb == "amend"]
    codes = {code for change in moved for code in change.values() if code}
    if not codes:
        return {}
    found = session.execute(
        select(Category.code, Category.label)
        .where(Category.code.in_(codes))
        .order_by(Category.version)
    )
    return {row.code: row.label for row in found}


def _first_contact(session: Session, key: str) -> str:
    """Return who answered a call first, whoever it was passed on to; empty without a call, or while nobody did."""
    if not key:
        return ""
    of_key = select(CallLedger.pbx, CallLedger.call).where(CallLedger.key == key).subquery()
    return (
        session.scalar(
            select(CallLedger.agent_name)
            .join(of_key, (CallLedger.pbx == of_key.c.pbx) & (CallLedger.call == of_key.c.call))
            .where(CallLedger.answered_at.is_not(None))
            .order_by(CallLedger.answered_at)
            .limit(1)
        )
        or ""
    )


def _agent(session: Session, number: str) -> str:
    """Return an agent's number and name."""
    name = session.scalar(select(Agent.name).where(Agent.agent_no == number)) if number else ""
    return f"{number} {name or ''}".strip()


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
    at_once = row.kind in intake_policy(session).at_once
    found = []
    table = moves(session)
    for verb, move in table.items():
        rightly = row.status in move.sources and permitted(verb, actor.can, table)
        if not rightly and not _as_opener(row, verb, actor):
            continue
        if not _fits(row, verb) or (verb == "answer" and not at_once):
            continue
        if MOVES[verb].permission == "ticket.handle" and not _in_hand(verb, mine, actor):
            continue
        act, _, what = verb.partition("_")
        if act in ("grant", "deny") and what not in open_requests:
            continue
        if act == "ask" and what in open_requests:
            continue
        found.append(verb)
    return tuple(found)


def _as_opener(row: Ticket, verb: Verb, actor: Actor) -> bool:
    """Whether a move is the actor's for having registered the ticket."""
    own = OPENERS.get(verb)
    if own is None or row.opened_by != actor.user_id:
        return False
    return row.status in own.sources and own.permission in actor.can


def _in_hand(verb: Verb, mine: list[TicketLeg], actor: Actor) -> bool:
    """Whether the parts in the actor's hand let it make a unit's move, or it is the centre's, too."""
    if not mine:
        return not actor.unit and not ALSO_MAY.get(verb, frozenset()).isdisjoint(actor.can)
    leads = any(part.number == 1 for part in mine)
    if verb in ("submit", "pause_clock", "resume_clock"):
        return leads
    if verb == "finish_part":
        return any(part.number != 1 for part in mine)
    return verb != "start" or any(part.started_at is None for part in mine)


def _fits(row: Ticket, verb: Verb) -> bool:
    """Whether a move means anything now: only a clock that stands resumes, only a contested result is concluded."""
    idle: set[Verb] = {"pause_clock" if row.paused_at else "resume_clock"}
    idle.add("contest" if row.contested else "conclude")
    if row.contested:
        idle |= {"reopen", "archive"}
    if row.status == "merged":
        idle.add("archive")
    return verb not in idle | (NOT_OF_STAFF if row.kind == STAFF else {"settle"})


def units(session: Session, *, below: str = "") -> list[tuple[str, str]]:
    """Return (code, name) of the active units of the first level, or of those below one."""
    where = [Unit.parent == below] if below else [Unit.level == 1]
    found = session.execute(
        select(Unit.code, Unit.name).where(Unit.active, *where).order_by(Unit.id)
    )
    return [(code, label) for code, label in found]


def categories(session: Session) -> list[tuple[str, str]]:
    """Return (code, path) of the newest version's categories, each level further in."""
    _, entries = dictionary.present(session)
    known = {entry.code: entry for entry in entries}
    return [(entry.code, dictionary.indented(entry, known)) for entry in entries]
