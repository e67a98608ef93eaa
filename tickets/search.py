"""Finding tickets: pages, streams and tallies of what criteria ask for."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal, NamedTuple

from sqlalchemy import ColumnElement, Select, func, select, text
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput
from models.events.ticket import DisputeScreened
from models.rules.deadlines import Lamp, lamp
from models.tables import (
    Category,
    Ticket,
    TicketLeg,
    TicketRequest,
    Unit,
)
from tickets import pressing, screening, steps
from tickets.criteria import SORTS, Criteria, Sort, where
from tickets.moving import Actor
from tickets.pressing import UNPRESSED, Press

PAGE = 50
COUNTED = 50_000
"""Tickets counted where an index counts them, more than any day has; beyond it the page says "more than"."""
COUNTED_ONE_BY_ONE = 1_000
"""The same where every row must be looked at."""
EXPORTED = 100_000


class TicketLine(NamedTuple):
    """A ticket as lists show it; `unit` is the name of the lead unit's present holder.

    due, lamp : of the unit's part, or of the step the centre owes; 0 and empty where no clock runs.
    sign : of the unit's 签收 while it is owed, (instant, lamp); press : how it is pressed for;
    sheet : 矛盾纠纷排查表 of a dispute.
    """

    row: Ticket
    unit: str
    due: Instant
    lamp: Lamp | Literal[""]
    asked: str
    sign: tuple[Instant, Lamp] | None = None
    press: Press = UNPRESSED
    sheet: DisputeScreened | None = None


class TicketPage(NamedTuple):
    """One page of a query and how many tickets it has; `more` than `total` when counting stopped."""

    lines: list[TicketLine]
    total: int
    more: bool

    @property
    def pages(self) -> int:
        """Return how many pages can be turned to."""
        return -(-self.total // PAGE)


def find(
    session: Session, criteria: Criteria, *, actor: Actor, now: Instant, page: int = 0
) -> TicketPage:
    """Return one page of what the actor may see; Refused without the desk's permission."""
    conditions = where(session, criteria, actor, now)
    first = page * PAGE
    if _counts_by_index(criteria):
        found = select(Ticket.id).where(*conditions).limit(COUNTED + 1).subquery()
        total, most = session.scalar(select(func.count()).select_from(found)) or 0, COUNTED
    else:
        ids = _in_order(session, criteria, conditions, COUNTED_ONE_BY_ONE + 1)
        total, most = len(ids), COUNTED_ONE_BY_ONE
        if total <= most:  # what was looked for one by one is not looked for twice
            rows = _rows(session, ids[first : first + PAGE])
            return TicketPage(lines(session, rows, now), total, more=False)
    query = _sorted(criteria, conditions).offset(first).limit(PAGE)
    newest = criteria.sort in ("", "opened") and not pressing.orders(criteria)
    with _newest_first(session, many=total > most and newest):
        rows = list(session.scalars(query))
    return TicketPage(lines(session, rows, now), min(total, most), total > most)


def _in_order(
    session: Session, criteria: Criteria, conditions: list[ColumnElement[bool]], most: int
) -> list[int]:
    """Return the ids of what matches, sorted as asked when there are fewer than `most`."""
    if pressing.orders(criteria):
        query = select(Ticket.id).where(*conditions).order_by(*pressing.order()).limit(most)
        return list(session.scalars(query))
    column = _sort_column(criteria)
    found = session.execute(select(Ticket.id, column).where(*conditions).limit(most)).all()
    newest = sorted(found, key=lambda row: -row[0])
    known = [row for row in newest if row[1] is not None]
    known.sort(key=lambda row: row[1], reverse=not criteria.rising)
    return [row[0] for row in known] + [row[0] for row in newest if row[1] is None]


def _rows(session: Session, ids: list[int]) -> list[Ticket]:
    """Return tickets in the order of their ids as given."""
    rows = {row.id: row for row in session.scalars(select(Ticket).where(Ticket.id.in_(ids)))}
    return [rows[number] for number in ids if number in rows]


@contextmanager
def _newest_first(session: Session, *, many: bool) -> Iterator[None]:
    """Where many are known to match, have PostgreSQL walk the newest until a page is full.

    Its own guess takes facts for independent: of pairs of characters that always stand together it expects a
    few tickets, then fetches and sorts tens of thousands (0.3 to 1 s of a million; 30 to 90 ms this way).
    """
    if many:
        session.execute(text("SET LOCAL enable_sort = off"))
    yield
    if many:
        session.execute(text("SET LOCAL enable_sort = on"))


def _counts_by_index(criteria: Criteria) -> bool:
    """True for a period of all, one kind or one state: what the numbers on the screens open."""
    asked = {name for name in Criteria.__struct_fields__ if getattr(criteria, name)}
    asked -= {"desk", "since", "until", "sort", "rising"}
    return asked <= {"kind"} or asked <= {"status"}


def count(session: Session, criteria: Criteria, *, actor: Actor, now: Instant, most: int) -> int:
    """Return how many tickets a query has, counted up to `most`."""
    found = select(Ticket.id).where(*where(session, criteria, actor, now)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def stream(
    session: Session, criteria: Criteria, *, actor: Actor, now: Instant
) -> Iterator[TicketLine]:
    """Yield every line of a query, at most `EXPORTED`, holding some hundred at a time."""
    query = _sorted(criteria, where(session, criteria, actor, now)).limit(EXPORTED)
    for rows in session.scalars(query.execution_options(yield_per=500)).partitions():
        yield from lines(session, list(rows), now)


def _sorted(criteria: Criteria, conditions: list[ColumnElement[bool]]) -> Select[Ticket]:
    if pressing.orders(criteria):
        return select(Ticket).where(*conditions).order_by(*pressing.order())
    column = _sort_column(criteria)
    first = column.asc() if criteria.rising else column.desc()
    if criteria.sort in (
        "due",
        "closed",
    ):  # the others are never null, and read in their index's order
        first = first.nulls_last()
    return select(Ticket).where(*conditions).order_by(first, Ticket.id.desc())


def _sort_column(criteria: Criteria) -> Any:  # noqa: ANN401 - a column of an instant or a text
    if criteria.sort not in ("", *SORTS):
        raise BadInput(f"sort {criteria.sort!r}", field="sort")
    columns: dict[Sort, Any] = {
        "opened": Ticket.opened_at, "due": Ticket.due_at, "closed": Ticket.closed_at, "no": Ticket.no,
    }  # fmt: skip
    return columns[criteria.sort or "opened"]


def lines(session: Session, rows: list[Ticket], now: Instant) -> list[TicketLine]:
    """Return rows as lists show them, in their order."""
    ids = [row.id for row in rows]
    last = (
        select(TicketLeg)
        .where(TicketLeg.ticket_id.in_(ids), TicketLeg.number == 1, TicketLeg.returned_at.is_(None))
        .order_by(TicketLeg.ticket_id, TicketLeg.turn)
    )
    leads = {leg.ticket_id: leg for leg in session.scalars(last)}
    names = unit_names(session)
    requests = session.execute(
        select(TicketRequest.ticket_id, TicketRequest.what).where(
            TicketRequest.ticket_id.in_(ids), TicketRequest.decided_at.is_(None)
        )
    )
    asked = dict(requests.all())
    owed = steps.running(session, ids)
    parts = [(row, leads[row.id]) for row in rows if row.id in leads]
    signs = steps.signing(session, parts, now=now)
    pressed = pressing.of(session, ids)
    disputes = screening.sheets(session, [row.id for row in rows if row.disputed])
    found = []
    for row in rows:
        lead = leads.get(row.id)
        due = row.due_at.timestamp() if row.due_at else 0.0
        shown = lamp_of(row, owed.get(row.id, lead), now)
        unit = names.get(lead.holder, lead.holder) if lead else ""
        found.append(
            TicketLine(
                row,
                unit,
                due,
                shown,
                asked.get(row.id, ""),
                signs.get(lead.id) if lead else None,
                pressed.get(row.id, UNPRESSED),
                disputes.get(row.id),
            )
        )
    return found


def lamp_of(row: Ticket, leg: TicketLeg | None, now: Instant) -> Lamp | Literal[""]:
    """Return a part's lamp; none without a due instant, nor while its clock stands."""
    if leg is None or leg.due_at is None or leg.warn_at is None:
        return ""
    if row.paused_at is not None and leg.handled_at is None:
        return ""
    done = leg.handled_at.timestamp() if leg.handled_at else 0.0
    return lamp(leg.due_at.timestamp(), leg.warn_at.timestamp(), now, done_at=done)


def unit_names(session: Session) -> dict[str, str]:
    """Return unit code -> name."""
    return dict(session.execute(select(Unit.code, Unit.name)).all())


TALLIED = {
    "unit": "lead", "category": "category", "kind": "kind", "status": "status",
    "district": "district", "grade": "grade", "quality": "quality",
}  # fmt: skip


class Tally(NamedTuple):
    """How many tickets of a query share a fact: its key, its label (empty where texts have it), the count."""

    key: str
    label: str
    number: int


def tally(
    session: Session, criteria: Criteria, by: str, *, actor: Actor, now: Instant
) -> list[Tally]:
    """Count a query's tickets by a fact (unit, category, kind, status, district, grade, quality), most first.

    Units are those of the first level, with all below them, as the criterion `unit` means them.
    """
    conditions = where(session, criteria, actor, now)
    if by not in TALLIED:
        raise BadInput(f"tally by {by!r}", field="tally")
    key = getattr(Ticket, TALLIED[by])
    counted = select(key, func.count())
    rows = session.execute(counted.where(*conditions).group_by(key))
    labels, tops = _labels(session, by), _tops(session) if by == "unit" else {}
    sums: Counter[str] = Counter()
    for fact, count in rows:
        sums[tops.get(fact, fact)] += count
    return [Tally(fact, labels.get(fact, ""), count) for fact, count in sums.most_common()]


def _tops(session: Session) -> dict[str, str]:
    """Return unit code -> code of the first-level unit it belongs to."""
    parents = dict(session.execute(select(Unit.code, Unit.parent)).all())
    tops = {}
    for code in parents:
        top, seen = code, {code}
        while parents.get(top) and parents[top] not in seen:
            top = parents[top]
            seen.add(top)
        tops[code] = top
    return tops


def _labels(session: Session, by: str) -> dict[str, str]:
    if by == "unit":
        return unit_names(session)
    if by != "category":
        return {}  # their words stand in the texts
    found = session.execute(select(Category.code, Category.label).order_by(Category.version))
    return {row.code: row.label for row in found}
