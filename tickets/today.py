"""The day's tickets for the screens: how many, of which kind, in which state, with which result, and the newest."""

from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.tickets.choices import STAFF
from models.tables import Ticket, TicketLeg
from tickets.criteria import result_of
from tickets.search import unit_names

NEWEST = 20
Board = dict[str, Any]


def board(session: Session, start: Instant, end: Instant, *, now: Instant) -> Board:
    """Return the tickets opened in [start, end); no title of a protected one, no citizen at all.

    Complaints about the hotline's own staff are not among them: they hang on no wall.

    The same rows as `search.find` gives for that period: a number and the list behind it agree by test.
    """
    day = [
        Ticket.opened_at >= to_datetime(start), Ticket.opened_at < to_datetime(end),
        Ticket.kind != STAFF,
    ]  # fmt: skip
    return {
        "at": now,
        "day": [start, end],
        "opened": session.scalar(select(func.count()).select_from(Ticket).where(*day)) or 0,
        "kinds": _counts(session, Ticket.kind, day),
        "states": _counts(session, Ticket.status, day),
        "results": _counts(session, result_of(), day),
        "newest": _newest(session, day),
    }


def _counts(
    session: Session,
    what: Any,  # noqa: ANN401 - a column or a case of columns
    day: list[ColumnElement[bool]],
) -> dict[str, int]:
    number = func.count()
    rows = session.execute(select(what, number).where(*day).group_by(what).order_by(number.desc()))
    return {row[0]: row[1] for row in rows}


def _newest(session: Session, day: list[ColumnElement[bool]]) -> list[dict[str, Any]]:
    rows = session.scalars(
        select(Ticket).where(*day).order_by(Ticket.opened_at.desc(), Ticket.id.desc()).limit(NEWEST)
    ).all()
    leads = select(TicketLeg.ticket_id, TicketLeg.holder).where(
        TicketLeg.ticket_id.in_([row.id for row in rows]), TicketLeg.number == 1,
        TicketLeg.returned_at.is_(None),
    )  # fmt: skip
    holders = dict(session.execute(leads).all())
    names = unit_names(session)
    return [
        {
            "no": row.no, "kind": row.kind, "status": row.status, "urgent": row.urgency != "normal",
            "emergency": row.emergency, "at": row.opened_at.timestamp(),
            "title": "" if row.confidential or row.anonymous else row.title,
            "unit": names.get(holders.get(row.id, ""), ""),
        }
        for row in rows
    ]  # fmt: skip
