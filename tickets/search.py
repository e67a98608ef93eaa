"""Finding tickets: the desks and the combined query (D-32) are criteria, read a page or a stream at a time."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, get_args

import msgspec
from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.rules.deadlines import Lamp, lamp
from models.rules.tickets.moves import OPEN, WITH_UNIT
from models.store.fulltext import holds
from models.tables import Category, Supervision, Ticket, TicketLeg, TicketParty, TicketRequest, Unit
from tickets.moving import Actor, units_below

Desk = Literal[
    "all", "dispatch", "handle", "review", "call_back", "urge", "supervise", "instruct", "archive"
]
DESKS: Mapping[Desk, str] = {
    "dispatch": "ticket.assign",
    "handle": "ticket.handle",
    "review": "ticket.review",
    "call_back": "ticket.call_back",
    "urge": "ticket.supervise",
    "supervise": "ticket.supervise",
    "instruct": "ticket.instruct",
    "all": "ticket.view",
    "archive": "ticket.view",
}
"""Desk -> the permission it needs, in the order of the tabs."""
PAGE = 50
COUNTED = 10_000
"""Tickets counted one by one; of more the page says "more than"."""
EXPORTED = 100_000
REPEAT_S = 90 * 86_400.0
DISCONTENT = ("bad", "very_bad")
Sort = Literal["opened", "due", "closed", "no"]
SORTS: tuple[Sort, ...] = get_args(Sort)


class Criteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A combined query; empty means any. `since` and `until` are instants of the opening, until exclusive.

    unit, co_unit : codes, with the units below; person, co_person : names; direction : the mode 自办/转送/交办.
    replied : "yes" | "no"; late : "yes" for parts overdue, open or finished so; caller : HMAC of a number;
    repeat : "yes" when the same caller had an earlier ticket within 90 days.
    """

    desk: Desk = "all"
    words: str = ""
    no: str = ""
    since: Instant = 0.0
    until: Instant = 0.0
    kind: str = ""
    category: str = ""
    status: str = ""
    urgency: str = ""
    channel: str = ""
    direction: str = ""
    district: str = ""
    unit: str = ""
    person: str = ""
    co_unit: str = ""
    co_person: str = ""
    dispatcher: int = 0
    opener: int = 0
    replied: str = ""
    grade: str = ""
    late: str = ""
    returned: str = ""
    repeat: str = ""
    flag: str = ""
    caller: str = ""
    sort: Sort = "opened"
    rising: bool = False


FLAGS = ("emergency", "disputed", "confidential", "anonymous", "contested")


class TicketLine(NamedTuple):
    """A ticket as lists show it; `unit` is the name of the lead unit's present holder."""

    row: Ticket
    unit: str
    lamp: Lamp | Literal[""]
    asked: str


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
    where = _where(session, criteria, actor, now)
    found = select(Ticket.id).where(*where).limit(COUNTED + 1).subquery()
    total = session.scalar(select(func.count()).select_from(found)) or 0
    rows = session.scalars(_sorted(criteria, where).offset(page * PAGE).limit(PAGE)).all()
    return TicketPage(lines(session, list(rows), now), min(total, COUNTED), total > COUNTED)


def count(session: Session, criteria: Criteria, *, actor: Actor, now: Instant, most: int) -> int:
    """Return how many tickets a query has, counted up to `most`."""
    found = select(Ticket.id).where(*_where(session, criteria, actor, now)).limit(most).subquery()
    return session.scalar(select(func.count()).select_from(found)) or 0


def stream(
    session: Session, criteria: Criteria, *, actor: Actor, now: Instant
) -> Iterator[TicketLine]:
    """Yield every line of a query, at most `EXPORTED`, holding some hundred at a time."""
    query = _sorted(criteria, _where(session, criteria, actor, now)).limit(EXPORTED)
    for rows in session.scalars(query.execution_options(yield_per=500)).partitions():
        yield from lines(session, list(rows), now)


def _sorted(criteria: Criteria, where: list[ColumnElement[bool]]) -> Select[Ticket]:
    if criteria.sort not in SORTS:
        raise BadInput(f"sort {criteria.sort!r}", field="sort")
    columns: dict[Sort, Any] = {
        "opened": Ticket.opened_at, "due": Ticket.due_at, "closed": Ticket.closed_at, "no": Ticket.no,
    }  # fmt: skip
    column = columns[criteria.sort]
    first = column.asc() if criteria.rising else column.desc()
    if criteria.sort in (
        "due",
        "closed",
    ):  # the others are never null, and read in their index's order
        first = first.nulls_last()
    return select(Ticket).where(*where).order_by(first, Ticket.id.desc())


# --- criteria -> conditions -------------------------------------------------------------------


def _where(
    session: Session, criteria: Criteria, actor: Actor, now: Instant
) -> list[ColumnElement[bool]]:
    needed = DESKS.get(criteria.desk, "")
    if "ticket.view" not in actor.can or needed not in actor.can:
        raise Refused(f"{actor.ref} lacks {needed}", permission=needed or "ticket.view")
    if criteria.caller and actor.unit:
        raise Refused(f"{actor.ref} may not search by caller", permission="caller.search")
    return [
        *_of_desk(criteria.desk, now),
        *scope(session, actor),
        *_of_row(criteria),
        *_of_text(criteria),
        *_of_legs(session, criteria, now),
        *_of_caller(criteria),
    ]


def scope(session: Session, actor: Actor) -> list[ColumnElement[bool]]:
    """Return what an actor may see: a unit what it or one below has or had, a district's staff its own."""
    where: list[ColumnElement[bool]] = []
    if actor.district:
        where.append(Ticket.district == actor.district)
    if actor.unit:
        own = units_below(session, actor.unit)
        has = or_(TicketLeg.holder.in_(own), TicketLeg.unit.in_(own))
        where.append(exists().where(TicketLeg.ticket_id == Ticket.id, has))
    return where


def _of_desk(name: Desk, now: Instant) -> list[ColumnElement[bool]]:
    at = to_datetime(now)
    asked = exists().where(TicketRequest.ticket_id == Ticket.id, TicketRequest.decided_at.is_(None))
    watched = exists().where(Supervision.ticket_id == Ticket.id, Supervision.ended_at.is_(None))
    with_unit = Ticket.status.in_(WITH_UNIT)
    late = and_(with_unit, Ticket.due_at < at, Ticket.paused_at.is_(None))
    found: dict[Desk, list[ColumnElement[bool]]] = {
        "all": [],
        "dispatch": [or_(Ticket.status == "pending_assign", and_(with_unit, asked))],
        "handle": [with_unit],
        "review": [Ticket.status == "pending_review"],
        "call_back": [Ticket.status.in_(("reviewed", "rejected"))],
        "urge": [with_unit, or_(Ticket.urge_at <= at, late)],
        "supervise": [Ticket.status.in_((*OPEN, "reviewed", "archived")), watched],
        "instruct": [Ticket.status.in_(OPEN), or_(watched, late, Ticket.urgency != "normal")],
        "archive": [Ticket.status == "archived"],
    }
    return found[name]


def _of_row(c: Criteria) -> list[ColumnElement[bool]]:
    equal = (
        (Ticket.no, c.no), (Ticket.kind, c.kind), (Ticket.status, c.status),
        (Ticket.urgency, c.urgency), (Ticket.channel, c.channel), (Ticket.mode, c.direction),
        (Ticket.district, c.district), (Ticket.opened_by, c.opener),
    )  # fmt: skip
    where = [column == value for column, value in equal if value]
    if c.since:
        where.append(Ticket.opened_at >= to_datetime(c.since))
    if c.until:
        where.append(Ticket.opened_at < to_datetime(c.until))
    if c.category:  # a range, which the index and row-level security both allow
        where.append(Ticket.category.between(c.category, c.category + "\uffff"))
    if c.grade:
        wanted_grades = DISCONTENT if c.grade == "discontent" else (c.grade,)
        where.append(Ticket.grade.in_(wanted_grades))
    if c.replied:
        known = Ticket.replied_at.is_not(None)
        where.append(known if c.replied == "yes" else ~known)
    if c.returned:
        where.append(Ticket.bounces > 0)
    if c.flag:
        if c.flag not in FLAGS:
            raise BadInput(f"flag {c.flag!r}", field="flag")
        where.append(getattr(Ticket, c.flag))
    return where


def _of_text(c: Criteria) -> list[ColumnElement[bool]]:
    text = c.words.strip()
    if not text:
        return []
    if text.isdigit() and len(text) == 8:
        return [Ticket.no == text]
    return [holds(Ticket.grams, text)]


def _of_legs(session: Session, c: Criteria, now: Instant) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    for lead, unit, person in ((True, c.unit, c.person), (False, c.co_unit, c.co_person)):
        if not unit and not person:
            continue
        leg = aliased(TicketLeg)
        has = [leg.ticket_id == Ticket.id, leg.number == 1 if lead else leg.number > 1]
        if unit:
            below = units_below(session, unit)
            has.append(or_(leg.unit.in_(below), leg.holder.in_(below)))
        if person:
            has.append(leg.person == person)
        where.append(exists().where(*has))
    if c.dispatcher:
        leg = aliased(TicketLeg)
        where.append(exists().where(leg.ticket_id == Ticket.id, leg.assigned_by == c.dispatcher))
    if c.late:
        leg = aliased(TicketLeg)
        past = or_(
            leg.handled_at > leg.due_at,
            and_(
                leg.handled_at.is_(None), leg.returned_at.is_(None), leg.due_at < to_datetime(now),
                Ticket.paused_at.is_(None),
            ),
        )  # fmt: skip
        where.append(exists().where(leg.ticket_id == Ticket.id, past))
    return where


def _of_caller(c: Criteria) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if c.caller:
        own = exists().where(TicketParty.ticket_id == Ticket.id, TicketParty.digest == c.caller)
        where.append(own)
    if c.repeat:
        own_party, other, earlier = aliased(TicketParty), aliased(TicketParty), aliased(Ticket)
        where.append(
            exists()
            .where(
                own_party.ticket_id == Ticket.id, own_party.digest != "",
                other.digest == own_party.digest, other.ticket_id == earlier.id,
                earlier.id != Ticket.id, earlier.opened_at <= Ticket.opened_at,
                earlier.opened_at >= Ticket.opened_at - func.make_interval(0, 0, 0, 0, 0, 0, REPEAT_S),
            )
        )  # fmt: skip
    return where


# --- rows -> lines ----------------------------------------------------------------------------


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
    return [
        TicketLine(
            row,
            names.get(leads[row.id].holder, leads[row.id].holder) if row.id in leads else "",
            lamp_of(row, leads.get(row.id), now),
            asked.get(row.id, ""),
        )
        for row in rows
    ]


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


class Tally(NamedTuple):
    """How many tickets of a query share a fact: its key, its label (empty where texts have it), the count."""

    key: str
    label: str
    number: int


def tally(
    session: Session, criteria: Criteria, by: str, *, actor: Actor, now: Instant
) -> list[Tally]:
    """Count a query's tickets by a fact (unit, category, kind, status, district, grade), most first."""
    where = _where(session, criteria, actor, now)
    number = func.count().label("number")
    if by == "unit":
        last = select(func.max(TicketLeg.turn)).where(TicketLeg.ticket_id == Ticket.id)
        lead = and_(
            TicketLeg.ticket_id == Ticket.id, TicketLeg.number == 1,
            TicketLeg.turn == last.scalar_subquery(),
        )  # fmt: skip
        key = func.coalesce(TicketLeg.unit, "")
        counted = select(key, number).select_from(Ticket).outerjoin(TicketLeg, lead)
        labels = unit_names(session)
    elif by in ("category", "kind", "status", "district", "grade"):
        key = getattr(Ticket, by)
        counted = select(key, number)
        labels = _labels(session) if by == "category" else {}
    else:
        raise BadInput(f"tally by {by!r}", field="tally")
    rows = session.execute(counted.where(*where).group_by(key).order_by(number.desc(), key)).all()
    return [Tally(row[0], labels.get(row[0], ""), row[1]) for row in rows]


def _labels(session: Session) -> dict[str, str]:
    found = session.execute(select(Category.code, Category.label).order_by(Category.version))
    return {row.code: row.label for row in found}
