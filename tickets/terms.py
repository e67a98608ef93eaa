"""When a leg is due, by the tenant's calendar and rules, and when a timer looks at it."""

import zlib
from collections.abc import Mapping
from datetime import date

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.deadlines import (
    AGREED,
    CRITICAL,
    DEFAULT_RULES,
    Calendar,
    Due,
    Pause,
    Stage,
    Step,
    TermRule,
    chinese_calendar,
    choose,
    due,
)  # fmt: skip
from models.rules.tickets.policy import OfficeDays
from models.tables import Holiday, Parameter, Ticket, TicketLeg

AGREED_WARN = 0.2
STAGE_OF: Mapping[str, Stage] = {
    "pending_assign": "dispatch", "pending_review": "review", "reviewed": "callback",
}  # fmt: skip
"""State -> the step the centre owes in it; `accept` before it where nobody took the request in."""
UNATTENDED = ("web", "mobile", "mail", "sms", "fax")
"""Channels by which a request may come in without a person: it is accepted (受理) when somebody decides on it."""


def pressing(ticket: Ticket) -> str:
    """Return the urgency a ticket's clocks go by: an emergency (应急) is critical, whatever was chosen."""
    return CRITICAL if ticket.emergency else ticket.urgency


def calendar(session: Session) -> Calendar:
    """Return the State Council's calendar with the tenant's own days on top."""
    office = office_days(session)
    base = chinese_calendar(office_end=office.office_end)
    own = session.execute(select(Holiday.day, Holiday.work, Holiday.note).order_by(Holiday.day))
    days = [(date.fromisoformat(day), work, note) for day, work, note in own]
    if not days and office == OfficeDays():
        return base
    return msgspec.structs.replace(
        base,
        version=f"{base.version}+own{zlib.crc32(repr((days, office)).encode()):08x}",
        published=base.published | set(office.published),
        off={**base.off, **{day: note or "休" for day, work, note in days if not work}},
        work=base.work | {day for day, work, _ in days if work},
    )


def office_days(session: Session) -> OfficeDays:
    """Return what the tenant says of its office days."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "calendar"))
    return msgspec.convert(value, OfficeDays) if value is not None else OfficeDays()


def own_rules(session: Session) -> tuple[TermRule, ...]:
    """Return the tenant's own rules."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "terms"))
    return msgspec.convert(value, tuple[TermRule, ...]) if value is not None else ()


def rules(session: Session) -> tuple[TermRule, ...]:
    """Return the tenant's own rules, and the defaults of the places it says nothing of."""
    own = own_rules(session)
    said = {place(rule) for rule in own}
    return own + tuple(rule for rule in DEFAULT_RULES if place(rule) not in said)


def place(rule: TermRule) -> tuple[str, ...]:
    """Return where a rule holds; two rules of one place cannot both stand."""
    return rule.stage, rule.kind, rule.category, rule.unit, rule.urgency, rule.ticket


def set_clock(
    session: Session, ticket: Ticket, leg: TicketLeg, *, now: Instant, start: Instant | None = None
) -> Due:
    """Compute when a leg is due, set its columns and its timer, and return what was found.

    start : when its clock began, by default as before. Its extension and the ticket's pauses count.
    """
    found = clock_of(ticket, leg, calendar(session), rules(session), now=now, start=start)
    write_clock(ticket, leg, found)
    return found


def clock_of(
    ticket: Ticket,
    leg: TicketLeg,
    calendar: Calendar,
    rules: tuple[TermRule, ...],
    *,
    now: Instant,
    start: Instant | None = None,
    more: int = 0,
) -> Due:
    """Return when a leg is due by this calendar and these rules, `more` given on top; nothing is changed.

    A date that was agreed between units stands whatever the rules say, until the part begins anew.
    """
    if start is None and leg.due_why and leg.due_why["rule"] == AGREED:
        return _agreed(ticket, leg, calendar, now, leg.extra + more)
    rule = choose(
        rules, stage="handle", kind=ticket.kind, category=ticket.category, unit=leg.unit,
        urgency=pressing(ticket), ticket=ticket.no,
    )  # fmt: skip
    return due(
        calendar, _began(leg) if start is None else start, rule.term, extra=leg.extra + more,
        pauses=_pauses(ticket), now=now,
    )  # fmt: skip


def step_clock(
    ticket: Ticket,
    stage: Stage,
    began: Instant,
    calendar: Calendar,
    rules: tuple[TermRule, ...],
    *,
    unit: str = "",
) -> Due:
    """Return when a step is due that began at `began`: one of the centre's own, or a unit's 签收.

    To be dispatched, reviewed or called back: the centre, too, has a clock (D-16: accepted within 1 day).
    """
    rule = choose(
        rules, stage=stage, kind=ticket.kind, category=ticket.category, unit=unit,
        urgency=pressing(ticket), ticket=ticket.no,
    )  # fmt: skip
    return due(calendar, began, rule.term)


def note_lateness(ticket: Ticket, leg: TicketLeg, now: Instant) -> None:
    """Keep that a leg ended too late, for a ticket's lateness must not hang on a timer's being awake."""
    if leg.due_at is not None and to_datetime(now) > leg.due_at:
        ticket.expired_at = ticket.expired_at or leg.due_at


def agree(leg: TicketLeg, by: Instant, calendar: Calendar, *, now: Instant) -> Due:
    """Return the due instant that was agreed with the unit of a leg; yellow when a fifth of the time is left."""
    begin, end = calendar.local_day(now), calendar.local_day(by)
    trace = (Step("start", begin, at=now), Step("due", end, at=by))
    return Due(by, by - (by - now) * AGREED_WARN, calendar.version, AGREED, False, trace)


def _agreed(ticket: Ticket, leg: TicketLeg, calendar: Calendar, now: Instant, extra: int) -> Due:
    told = msgspec.convert(leg.due_why, Due)
    began, by = told.trace[0].at, told.trace[-1].at
    by += sum(
        max(0.0, (resumed or now) - max(paused, began)) for paused, resumed in _pauses(ticket)
    )
    if extra:
        by += calendar.end_of(
            calendar.add_workdays(calendar.local_day(by), extra)
        ) - calendar.end_of(calendar.local_day(by))
    found = agree(leg, by, calendar, now=began)
    # the trace keeps the date that was agreed: pauses and extensions are counted from it each time
    return msgspec.structs.replace(found, trace=told.trace)


def write_clock(ticket: Ticket, leg: TicketLeg, found: Due) -> None:
    """Set the leg's columns and its timer, and the ticket's own due instant if it leads."""
    leg.due_at, leg.warn_at = to_datetime(found.at), to_datetime(found.warn_at)
    leg.due_why = msgspec.to_builtins(found)
    leg.timer_at = None if ticket.paused_at else leg.warn_at
    if leg.number == 1:
        ticket.due_at = leg.due_at


def _began(leg: TicketLeg) -> Instant:
    """The instant its present clock began: the trace of "why this due date" starts with it."""
    if leg.due_why:
        return float(leg.due_why["trace"][0]["at"])
    return leg.assigned_at.timestamp()


def _pauses(ticket: Ticket) -> list[Pause]:
    found = [(float(paused), float(resumed)) for paused, resumed in ticket.pauses or []]
    return [*found, (ticket.paused_at.timestamp(), 0.0)] if ticket.paused_at else found
