"""The day's tickets for the screens: how many, of which kind, in which state, with which result, and the newest."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.rules.tickets.choices import STAFF
from models.tables import Ticket, TicketLeg
from tickets import notices
from tickets.blotting import blotted
from tickets.criteria import result_of
from tickets.search import unit_names

NEWEST = 20
Board = dict[str, Any]


def board(
    session: Session,
    start: Instant,
    end: Instant,
    *,
    now: Instant,
    labels: Mapping[str, str] | None = None,
) -> Board:
    """Return the tickets opened in [start, end); no title of a protected one, no citizen at all.

    Complaints about the hotline's own staff are not among them: they hang on no wall. `districts` has the same
    by district, for those who see one only; `labels` are the districts' names.
    The same rows as `search.find` gives for that period: a number and
    the list behind it agree by test.
    """
    day = [
        Ticket.opened_at >= to_datetime(start), Ticket.opened_at < to_datetime(end),
        Ticket.kind != STAFF,
    ]  # fmt: skip
    counts = {
        name: _counts(session, what, day)
        for name, what in (
            ("kinds", Ticket.kind), ("states", Ticket.status), ("results", result_of()),
        )
    }  # fmt: skip
    newest = _newest(session, day)
    districts = sorted({district for district, _ in counts["kinds"]} - {""})
    notice = notices.present(session, now=now)
    head = {"at": now, "day": [start, end], "notice": {"text": notice.text, "until": notice.until}}
    return {
        **head,
        **_section(counts, newest, districts=None),
        "districts": {
            code: {**head, **_section(counts, newest, districts=code)} for code in districts
        },
        "labels": dict(labels or {}),
    }


def of_district(board: Board, code: str) -> Board:
    """Return what somebody of one district may see of a board; all of it for the whole city (an empty code)."""
    if not code:
        own = {name: value for name, value in board.items() if name not in ("districts", "labels")}
        ranked = sorted(board["districts"].items(), key=lambda one: (-one[1]["opened"], one[0]))
        labels = board.get("labels", {})  # one counted before an update has none
        areas = [[code, labels.get(code, code), each["opened"]] for code, each in ranked]
        return {**own, "areas": areas}
    nothing: Board = {"opened": 0, "kinds": {}, "states": {}, "results": {}, "newest": []}
    found: Board = board["districts"].get(code, nothing)
    head: Board = {name: board[name] for name in ("at", "day", "notice", "duty") if name in board}
    return {**head, **found}


Counts = dict[tuple[str, str], int]
"""(district, fact) -> how many."""


def _section(
    counts: dict[str, Counts], newest: list[tuple[str, Board]], *, districts: str | None
) -> Board:
    """Return a board's figures, of one district or of all (None)."""
    found: Board = {}
    for name, rows in counts.items():
        sums: Counter[str] = Counter()
        for (district, fact), number in rows.items():
            if districts in (None, district):
                sums[fact] += number
        found[name] = dict(sums.most_common())
    lines = [line for district, line in newest if districts in (None, district)]
    return {"opened": sum(found["kinds"].values()), **found, "newest": lines[:NEWEST]}


def _counts(
    session: Session,
    what: Any,  # noqa: ANN401 - a column or a case of columns
    day: list[ColumnElement[bool]],
) -> Counts:
    rows = session.execute(
        select(Ticket.district, what, func.count()).where(*day).group_by(Ticket.district, what)
    )
    return {(district, fact): number for district, fact, number in rows}


def _newest(session: Session, day: list[ColumnElement[bool]]) -> list[tuple[str, Board]]:
    """Return (district, line) of the newest tickets of each district, the newest first."""
    order = (Ticket.opened_at.desc(), Ticket.id.desc())
    place = func.row_number().over(partition_by=Ticket.district, order_by=order).label("place")
    ranked = select(Ticket.id, place).where(*day).subquery()
    first = select(ranked.c.id).where(ranked.c.place <= NEWEST)
    rows = session.scalars(select(Ticket).where(Ticket.id.in_(first)).order_by(*order)).all()
    return [(row.district, line) for row, line in zip(rows, lines(session, rows), strict=True)]


def lines(session: Session, rows: Sequence[Ticket]) -> list[Board]:
    """Return tickets as a wall tells of them, in their order: no title of a protected one, no citizen at all."""
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
            # a wall is read by whoever passes: no number that somebody typed into a title
            "title": "" if row.confidential or row.anonymous
            else blotted(row.title, (), everything=True),
            "unit": names.get(holders.get(row.id, ""), ""),
        }
        for row in rows
    ]  # fmt: skip
