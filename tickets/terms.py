"""When a leg is due, by the tenant's calendar and rules, as columns of the leg."""

import zlib
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
from models.rules.tickets.policy import OfficeDays
from models.tables import Holiday, Parameter, Ticket


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
