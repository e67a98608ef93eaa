"""分流转办: who handles a ticket, and how it comes back: assign, sub-assign, reject, return, extension."""

from collections.abc import Mapping, Sequence
from typing import Literal

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused, WrongStatus
from models.events import ticket as e
from models.rules.tickets.choices import MODES, REJECT_GROUNDS, RETURN_GROUNDS
from models.tables import Category, Ticket, TicketLeg, TicketRequest, Unit
from tickets import dictionary, options, terms
from tickets.moving import (
    Actor,
    Taken,
    facts,
    legs,
    owed,
    own_leg,
    policy,
    take,
    tell,
    units_below,
)  # fmt: skip

What = Literal["return", "extension"]
OVER: Mapping[str, object] = {
    "due_at": None, "paused_at": None, "urge_at": None, "urge_told": False,
}  # fmt: skip
"""What a ticket has no more once no unit has it."""


def assign(
    session: Session,
    ticket_id: int,
    *,
    units: Sequence[str],
    mode: e.Mode,
    by: Instant = 0.0,
    note: str = "",
    why: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """Send a ticket to its lead unit (the first) and co-units; the legs' clocks start now.

    why : the rule by which the system itself assigned it, as `propose` says it.
    by : 要求办结时间, the limit of this very ticket (D-17; 0 = as the rules say); later than a rule needs a reason.
    """
    if mode not in MODES:
        raise BadInput(f"mode {mode!r}", field="mode")
    if by and by <= now:
        raise BadInput("a date in the past", field="by")
    _existing(session, units)
    taken = take(session, ticket_id, "assign", actor, mode=mode, lead=units[0])
    turn = 1 + (
        session.scalar(select(func.max(TicketLeg.turn)).where(TicketLeg.ticket_id == ticket_id))
        or 0
    )
    parts = []
    for number, unit in enumerate(units, start=1):
        leg = TicketLeg(
            tenant_id=taken.row.tenant_id, ticket_id=ticket_id, turn=turn, number=number,
            unit=unit, holder=unit, assigned_at=to_datetime(now), assigned_by=actor.user_id, extra=0,
        )  # fmt: skip
        found = terms.set_clock(session, taken.row, leg, now=now)
        if by:
            if by > found.at and not note.strip():
                raise BadInput("later than the rule, without a reason", field="note")
            found = terms.agree(leg, by, terms.calendar(session), now=now)
            terms.write_clock(taken.row, leg, found)
        parts.append(e.Part(number, unit, found.at))
        session.add(leg)
    event = e.TicketAssigned(
        mode=mode, parts=tuple(parts), why=why, **facts(taken, actor, now, note)
    )
    tell(session, taken, actor, event)


def coordinate(
    session: Session,
    ticket_id: int,
    *,
    units: Sequence[str],
    what: str,
    by: Instant = 0.0,
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """部门协作 (D-39): record what units owe together and by when (0 = as their terms say).

    A unit without an open part becomes a co-unit; the date agreed becomes its part's clock.
    """
    owed(what, "what")
    if by and by <= now:
        raise BadInput("a date in the past", field="by")
    _existing(session, units)
    taken = take(session, ticket_id, "coordinate", actor)
    if taken.row.paused_at is not None:
        raise WrongStatus("the clocks stand: let them run first", cap="paused")
    there = legs(session, ticket_id)
    mine = {leg.unit: leg for leg in there if leg.handled_at is None}
    turn = there[0].turn
    used = select(func.max(TicketLeg.number)).where(
        TicketLeg.ticket_id == ticket_id, TicketLeg.turn == turn
    )
    number, calendar = session.scalar(used) or 1, terms.calendar(session)
    parts = []
    for unit in units:
        leg = mine.get(unit)
        if leg is None:
            number += 1
            leg = TicketLeg(
                tenant_id=taken.row.tenant_id, ticket_id=ticket_id, turn=turn, unit=unit,
                number=number, holder=unit, assigned_at=to_datetime(now), assigned_by=actor.user_id,
                extra=0,
            )  # fmt: skip
            terms.set_clock(session, taken.row, leg, now=now)
            session.add(leg)
        if by:
            leg.extra = 0
            terms.write_clock(taken.row, leg, terms.agree(leg, by, calendar, now=now))
        parts.append(e.Part(leg.number, unit, leg.due_at.timestamp() if leg.due_at else 0.0))
    event = e.UnitsCoordinated(
        what=what.strip(), parts=tuple(parts), **facts(taken, actor, now, note)
    )
    tell(session, taken, actor, event)


def propose(session: Session, ticket: Ticket) -> tuple[str, str]:
    """Return (unit, why) that the categories, their keywords and the units' duties suggest (D-08).

    ("", "") when nothing does.
    """
    said = f"{ticket.title} {ticket.content}"
    if found := _of_category(session, ticket.category, ticket.category_version):
        return found[0], f"category:{found[1]}"
    code, hit = dictionary.propose(session, said)
    if found := _of_category(session, code, dictionary.newest(session)):
        return found[0], f"keywords:{'、'.join(hit)}"
    best = ""
    words: list[str] = []
    for unit, duties in session.execute(
        select(Unit.code, Unit.duties).where(Unit.active, Unit.duties != "").order_by(Unit.code)
    ):
        hits = [word for word in duties.split() if word in said]
        if len(hits) > len(words):
            best, words = unit, hits
    return best, f"duties:{'、'.join(words)}" if words else ""


def _of_category(session: Session, category: str, version: int) -> tuple[str, str] | None:
    """Return (unit, code) of the category, or of the nearest above it, that has an active unit."""
    active = select(Unit.code).where(Unit.active)
    for code in (category[:end] for end in range(len(category), 0, -1)):
        unit = session.scalar(
            select(Category.unit).where(
                Category.code == code, Category.version == version, Category.unit.in_(active)
            )
        )
        if unit:
            return unit, code
    return None


def reject(
    session: Session, ticket_id: int, *, ground: str, note: str, actor: Actor, now: Instant
) -> None:
    """不予受理, with a ground of the list and the text of the notice."""
    if ground not in REJECT_GROUNDS:
        raise BadInput(f"ground {ground!r}", field="ground")
    options.usable(session, "choice.reject", ground, "ground")
    owed(note, "note")
    taken = take(session, ticket_id, "reject", actor, closed_at=to_datetime(now), result=note)
    tell(session, taken, actor, e.TicketRejected(ground=ground, **facts(taken, actor, now, note)))


def sub_assign(
    session: Session, ticket_id: int, *, unit: str, note: str = "", actor: Actor, now: Instant
) -> None:
    """Hand one's part to a sub-unit of one's own; the part's clock runs on."""
    _existing(session, [unit])
    taken = take(session, ticket_id, "sub_assign", actor)
    leg = own_leg(session, ticket_id, actor)
    if unit not in units_below(session, leg.unit):
        raise Refused(f"{unit} is not below {leg.unit}")
    leg.holder = unit
    leg.started_at = leg.started_at or to_datetime(now)
    event = e.TicketSubAssigned(leg=leg.number, unit=unit, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


# --- requests of the unit -------------------------------------------------------------------


def ask_return(
    session: Session, ticket_id: int, *, ground: e.Ground, reason: str, actor: Actor, now: Instant
) -> None:
    """退回: ask the centre to take the ticket back; refused once the bounce cap is reached."""
    if ground not in RETURN_GROUNDS:
        raise BadInput(f"ground {ground!r}", field="ground")
    options.usable(session, "choice.return", ground, "ground")
    owed(reason, "reason")
    taken = take(session, ticket_id, "ask_return", actor)
    if taken.row.bounces >= policy(session).bounce_cap:
        raise WrongStatus("the bounce cap is reached: the centre fixes the unit", cap="bounce")
    leg = own_leg(session, ticket_id, actor)
    _ask(session, taken, leg, "return", actor, now, ground=ground, reason=reason)
    event = e.ReturnAsked(leg=leg.number, ground=ground, **facts(taken, actor, now, reason))
    tell(session, taken, actor, event)


def grant_return(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """Take the ticket back: its parts are over, charged to who had it, and it waits for a new unit.

    A co-unit's part alone is over when that is what was asked for: the ticket goes on with the others.
    """
    part = session.scalar(
        select(TicketRequest.leg).where(
            TicketRequest.ticket_id == ticket_id, TicketRequest.what == "return",
            TicketRequest.decided_at.is_(None),
        )
    )  # fmt: skip
    alone: dict[str, object] = {"status": Ticket.status}
    whole = {**OVER, "bounces": Ticket.bounces + 1}
    of_lead = part is None or part == 1
    taken = take(session, ticket_id, "grant_return", actor, **whole if of_lead else alone)
    request = _decide(session, taken, "return", actor, now, granted=True, note=note)
    if request.leg != part:
        raise WrongStatus("another part asks meanwhile", cap="return")
    end_parts(session, taken, actor, now, only=0 if of_lead else request.leg)
    event = e.ReturnGranted(leg=request.leg, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def recall(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """Take the ticket back unasked, with a reason; no bounce is counted, for no unit refused it."""
    owed(note, "note")
    taken = take(session, ticket_id, "recall", actor, **OVER)
    end_parts(session, taken, actor, now)
    tell(session, taken, actor, e.TicketRecalled(**facts(taken, actor, now, note)))


def deny_return(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """The unit keeps the ticket; the reason is owed."""
    owed(note, "note")
    taken = take(session, ticket_id, "deny_return", actor)
    request = _decide(session, taken, "return", actor, now, granted=False, note=note)
    tell(session, taken, actor, e.ReturnDenied(leg=request.leg, **facts(taken, actor, now, note)))


def ask_extension(
    session: Session, ticket_id: int, *, days: int, reason: str, actor: Actor, now: Instant
) -> None:
    """延期: ask for more working days, only before the part is due and as often as the policy allows."""
    owed(reason, "reason")
    taken = take(session, ticket_id, "ask_extension", actor)
    leg, rule = own_leg(session, ticket_id, actor), policy(session)
    if not 1 <= days <= rule.extension_days:
        raise BadInput(f"{days} days", field="days", most=rule.extension_days)
    if leg.due_at is not None and to_datetime(now) > leg.due_at:
        raise WrongStatus("the part is overdue: too late for an extension", cap="due")
    if leg.extensions >= rule.extension_cap:
        raise WrongStatus("extended as often as allowed", cap="extension")
    _ask(session, taken, leg, "extension", actor, now, days=days, reason=reason)
    event = e.ExtensionAsked(leg=leg.number, days=days, **facts(taken, actor, now, reason))
    tell(session, taken, actor, event)


def grant_extension(
    session: Session, ticket_id: int, *, note: str = "", actor: Actor, now: Instant
) -> None:
    """Give the days asked for: the due instant is computed anew from the part's own start."""
    taken = take(session, ticket_id, "grant_extension", actor)
    request = _decide(session, taken, "extension", actor, now, granted=True, note=note)
    leg = next(leg for leg in legs(session, ticket_id) if leg.number == request.leg)
    leg.extensions += 1
    leg.extra += request.days
    found = terms.set_clock(session, taken.row, leg, now=now)
    event = e.ExtensionGranted(leg=leg.number, due=found.at, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def deny_extension(
    session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant
) -> None:
    """The due instant stands."""
    owed(note, "note")
    taken = take(session, ticket_id, "deny_extension", actor)
    request = _decide(session, taken, "extension", actor, now, granted=False, note=note)
    event = e.ExtensionDenied(leg=request.leg, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)


def _ask(
    session: Session,
    taken: Taken,
    leg: TicketLeg,
    what: What,
    actor: Actor,
    now: Instant,
    **more: object,
) -> None:
    session.add(
        TicketRequest(
            tenant_id=taken.row.tenant_id, ticket_id=taken.row.id, leg=leg.number, what=what,
            asked_at=to_datetime(now), asked_by=actor.user_id, **more,
        )
    )  # fmt: skip
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus(f"a {what} is already asked for", cap=what) from error


def _decide(
    session: Session,
    taken: Taken,
    what: What,
    actor: Actor,
    now: Instant,
    *,
    granted: bool,
    note: str,
) -> TicketRequest:
    """Close the open request; WrongStatus when there is none, or somebody decided first."""
    row: TicketRequest | None = session.scalar(
        update(TicketRequest)
        .where(
            TicketRequest.ticket_id == taken.row.id, TicketRequest.what == what,
            TicketRequest.decided_at.is_(None),
        )
        .values(
            decided_at=to_datetime(now), decided_by=actor.user_id, granted=granted, answer=note
        )
        .returning(TicketRequest)
    )  # fmt: skip
    if row is None:
        raise WrongStatus(f"no {what} is asked for", cap=what)
    return row


def end_parts(session: Session, taken: Taken, actor: Actor, now: Instant, *, only: int = 0) -> None:
    """End the open parts, or only that of a number; what else was asked for has nothing to hold on to."""
    for leg in legs(session, taken.row.id):
        if leg.handled_at is None and only in (0, leg.number):
            leg.returned_at, leg.timer_at = to_datetime(now), None
    asked = [TicketRequest.ticket_id == taken.row.id, TicketRequest.decided_at.is_(None)]
    session.execute(
        update(TicketRequest)
        .where(*asked, *([TicketRequest.leg == only] if only else []))
        .values(decided_at=to_datetime(now), decided_by=actor.user_id, granted=False)
    )


def _existing(session: Session, units: Sequence[str]) -> None:
    if not units or len(set(units)) != len(units):
        raise BadInput("no unit, or one twice", field="units")
    active = select(Unit.code).where(Unit.code.in_(units), Unit.active)
    # held until the part is written: a unit that closes meanwhile waits, and then finds the part
    found = set(session.scalars(active.with_for_update(read=True)))
    if set(units) - found:
        raise BadInput(f"no such unit: {', '.join(sorted(set(units) - found))}", field="units")
