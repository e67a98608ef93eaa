"""When a leg is due, by the tenant's calendar and rules, and when a timer looks at it."""

from datetime import date

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.deadlines import (
    DEFAULT_RULES,
    Calendar,
    Due,
    Pause,
    TermRule,
    chinese_calendar,
    choose,
    due,
)  # fmt: skip
from models.tables import Holiday, Parameter, Ticket, TicketLeg


def calendar(session: Session) -> Calendar:
    """Return the State Council's calendar with the tenant's own days on top."""
    base = chinese_calendar()
    own = session.execute(select(Holiday.day, Holiday.work, Holiday.note).order_by(Holiday.day))
    days = [(date.fromisoformat(day), work, note) for day, work, note in own]
    if not days:
        return base
    return msgspec.structs.replace(
        base,
        version=f"{base.version}+own{len(days)}",
        off={**base.off, **{day: note or "休" for day, work, note in days if not work}},
        work=base.work | {day for day, work, _ in days if work},
    )


def rules(session: Session) -> tuple[TermRule, ...]:
    """Return the tenant's own rules before the defaults."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == "terms"))
    own = msgspec.convert(value, tuple[TermRule, ...]) if value is not None else ()
    return own + DEFAULT_RULES


def set_clock(
    session: Session, ticket: Ticket, leg: TicketLeg, *, now: Instant, start: Instant | None = None
) -> Due:
    """Compute when a leg is due, set its columns and its timer, and return what was found.

    start : when its clock began, by default as before. Its extension and the ticket's pauses count.
    """
    rule = choose(
        rules(session), stage="handle", kind=ticket.kind, category=ticket.category, unit=leg.unit,
        urgency=ticket.urgency, ticket=ticket.no,
    )  # fmt: skip
    found = due(
        calendar(session), _began(leg) if start is None else start, rule.term, extra=leg.extra,
        pauses=_pauses(ticket), now=now,
    )  # fmt: skip
    leg.due_at, leg.warn_at = to_datetime(found.at), to_datetime(found.warn_at)
    leg.due_why = msgspec.to_builtins(found)
    leg.timer_at = None if ticket.paused_at else leg.warn_at
    if leg.number == 1:
        ticket.due_at = leg.due_at
    return found


def _began(leg: TicketLeg) -> Instant:
    """The instant its present clock began: the trace of "why this due date" starts with it."""
    if leg.due_why:
        return float(leg.due_why["trace"][0]["at"])
    return leg.assigned_at.timestamp()


def _pauses(ticket: Ticket) -> list[Pause]:
    found = [(float(paused), float(resumed)) for paused, resumed in ticket.pauses or []]
    return [*found, (ticket.paused_at.timestamp(), 0.0)] if ticket.paused_at else found
