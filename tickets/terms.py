"""When a leg is due, by the tenant's calendar and rules, as columns of the leg."""

from datetime import date
from typing import Any

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.deadlines import (
    DEFAULT_RULES,
    Calendar,
    Due,
    TermRule,
    chinese_calendar,
    choose,
    due,
)  # fmt: skip
from models.tables import Holiday, Parameter, Ticket


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


def handle_by(
    session: Session, ticket: Ticket, unit: str, start: Instant, *, extra: int = 0
) -> Due:
    """Return when `unit` must have handled the ticket that reached it at `start`."""
    rule = choose(
        rules(session), stage="handle", kind=ticket.kind, category=ticket.category, unit=unit,
        urgency=ticket.urgency, ticket=ticket.no,
    )  # fmt: skip
    return due(calendar(session), start, rule.term, extra=extra)


def columns(found: Due) -> dict[str, Any]:
    """Return a due instant as the columns of a leg."""
    return {
        "due_at": to_datetime(found.at),
        "warn_at": to_datetime(found.warn_at),
        "due_why": msgspec.to_builtins(found),
    }
