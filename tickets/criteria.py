"""What a list of tickets asks for, and as which conditions: desks, the combined query (D-32), data scope."""

from collections.abc import Collection, Mapping
from typing import Any, Literal, cast, get_args

import msgspec
from sqlalchemy import ColumnElement, and_, case, exists, func, or_
from sqlalchemy.orm import Session, aliased

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.rules.places import AREA, LOCATED, TRUE, cell_range, coarser
from models.rules.tickets.choices import DISCONTENT, STAFF
from models.rules.tickets.moves import OPEN, WITH_UNIT
from models.store.fulltext import holds
from models.tables import (
    Supervision,
    Ticket,
    TicketHistory,
    TicketLeg,
    TicketParty,
    TicketRequest,
)
from tickets import around, steps
from tickets.moving import Actor, not_about, units_below
from tickets.screening import screened

Desk = Literal[
    "dispatch", "handle", "review", "entry", "complaint", "consult", "later", "call_back", "decide", "urge",
    "supervise", "instruct", "staff", "management", "statistics", "all", "archive",
]  # fmt: skip
DESKS: Mapping[Desk, tuple[str, ...]] = {
    "dispatch": ("ticket.assign",),
    "handle": ("ticket.handle",),
    "review": ("ticket.review",),
    "entry": ("ticket.open",),
    "complaint": ("ticket.open",),
    "consult": ("ticket.open",),
    "later": ("ticket.open",),
    "call_back": ("ticket.call_back",),
    "decide": ("ticket.review", "ticket.instruct", "ticket.handle"),
    "urge": ("ticket.supervise",),
    "supervise": ("ticket.supervise",),
    "instruct": ("ticket.instruct",),
    "staff": ("ticket.staff",),
    "management": ("ticket.supervise",),
    "statistics": ("ticket.supervise",),
    "all": ("ticket.view",),
    "archive": ("ticket.view",),
}
"""Desk -> the permissions of which one opens it, in the order of the tabs.

The six of B-18: complaint (with report), consult, dispatch, entry (one's own), management, statistics.
"""
WORK: frozenset[Desk] = frozenset({"dispatch", "handle", "review"})
"""Desks worked off from the top: unless another order is asked for, what is pressing comes first."""
UNCOUNTED: frozenset[Desk] = frozenset({"statistics", "all", "archive"})
"""Desks that no work waits on: their tabs bear no number."""
REPEAT_S = 90 * 86_400.0
CELLS_MOST = 100
Sort = Literal["", "opened", "due", "closed", "no"]
"""Empty: the desk's own order, see `WORK`; elsewhere the newest first."""
SORTS: tuple[Sort, ...] = get_args(Sort)[1:]


class Criteria(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A combined query; empty means any. `since` and `until` are instants of the opening, until exclusive.

    unit, co_unit : codes, with the units below; person, co_person : names; direction : the mode 自办/转送/交办.
    replied : "yes" | "no"; caller : HMAC of a number;
    late : what is or was overdue: "unit" by its lead's clock, "centre" by a step of the centre's own, "yes" by any;
    unit, category, district, grade and quality may be `NONE`; quality : how the last review rated the result.
    repeat : "yes" when the same caller had an earlier ticket within 90 days.
    located : how far its place is known, see `rules.places.LOCATED`; cells : H3 cells (hex, any resolution up
    to 9) that hold it, with commas between, at most `CELLS_MOST`; around : the area it lies in, see `around.read`.
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
    result: str = ""
    grade: str = ""
    quality: str = ""
    late: str = ""
    returned: str = ""
    repeat: str = ""
    flag: str = ""
    located: str = ""
    cells: str = ""
    around: str = ""
    caller: str = ""
    sort: Sort = ""
    rising: bool = False


RESULTS = ("open", "answered", "handled", "rejected", "merged")
NONE = "-"
"""Asks for what has no unit, category, district, grade or rating."""
MAY_BE_NONE: Mapping[str, Any] = {
    "unit": Ticket.lead, "category": Ticket.category, "district": Ticket.district, "grade": Ticket.grade,
    "quality": Ticket.quality,
}  # fmt: skip
LATE = ("yes", "unit", "centre")
WITH_A_UNIT = Ticket.status.in_(WITH_UNIT)
FLAGS = ("emergency", "disputed", "confidential", "anonymous", "contested", "later", "screened")


def where(
    session: Session, criteria: Criteria, actor: Actor, now: Instant
) -> list[ColumnElement[bool]]:
    """Return the conditions of what the actor asks for and may see; Refused without the desk's permission."""
    if "ticket.view" not in actor.can or not may_open(criteria.desk, actor.can):
        needed = DESKS.get(criteria.desk, ("ticket.view",))[0]
        raise Refused(f"{actor.ref} lacks {needed}", permission=needed)
    if criteria.caller:
        check_caller_search(actor)
    nothing = {name: "" for name in MAY_BE_NONE if getattr(criteria, name) == NONE}
    criteria = msgspec.structs.replace(criteria, **nothing)
    # complaints about the hotline's own staff have a desk of their own, so that every other number is everybody's
    staff = criteria.desk == "staff" or criteria.kind == STAFF
    return [
        *[MAY_BE_NONE[name] == "" for name in nothing],
        *([] if staff else [Ticket.kind != STAFF]),
        *_of_desk(criteria.desk, actor, now),
        *scope(session, actor, owing=criteria.desk == "handle"),
        *_of_row(criteria),
        *_of_place(criteria),
        *_of_text(criteria),
        *_of_legs(session, criteria, now),
        *_of_caller(criteria),
    ]


def may_open(desk: str, can: Collection[str]) -> bool:
    """Say whether somebody with these permissions may open a desk."""
    return any(permission in can for permission in DESKS.get(cast("Desk", desk), ()))


def check_caller_search(actor: Actor) -> None:
    """Raise Refused for a unit: whose tickets belong together is the centre's to know."""
    if actor.unit:
        raise Refused(f"{actor.ref} may not search by caller", permission="caller.search")


def scope(session: Session, actor: Actor, *, owing: bool = False) -> list[ColumnElement[bool]]:
    """Return what an actor may see: a unit what it or one below has or had, a district's staff its own.

    owing : of a unit only what it has yet to do.
    """
    where: list[ColumnElement[bool]] = [not_about(actor)]
    if actor.district:
        where.append(Ticket.district == actor.district)
    if actor.unit:
        own = units_below(session, actor.unit)
        has = or_(TicketLeg.holder.in_(own), TicketLeg.unit.in_(own))
        due = (TicketLeg.handled_at.is_(None), TicketLeg.returned_at.is_(None)) if owing else ()
        where.append(exists().where(TicketLeg.ticket_id == Ticket.id, has, *due))
    return where


def _of_desk(name: Desk, actor: Actor, now: Instant) -> list[ColumnElement[bool]]:
    at = to_datetime(now)
    asked = exists().where(TicketRequest.ticket_id == Ticket.id, TicketRequest.decided_at.is_(None))
    watched = exists().where(Supervision.ticket_id == Ticket.id, Supervision.ended_at.is_(None))
    with_unit = Ticket.status.in_(WITH_UNIT)
    open_, late = Ticket.status.in_((*OPEN, "reviewed")), _runs_late(now)
    # a pause does not hide what would be due by now
    stands = and_(with_unit, Ticket.paused_at.is_not(None), Ticket.due_at < at)
    decide = and_(Ticket.status == "reviewed", Ticket.grade.in_(DISCONTENT))
    found: dict[Desk, list[ColumnElement[bool]]] = {
        "entry": [Ticket.opened_by == actor.user_id, open_],
        "complaint": [Ticket.kind.in_(("complaint", "report")), open_],
        "consult": [Ticket.kind == "consult", open_],
        "later": [Ticket.later.is_(True), Ticket.replied_at.is_(None), open_],
        "management": [
            or_(Ticket.contested, and_(open_, or_(
                late, stands, decide, watched, and_(with_unit, asked), Ticket.urge_at <= at
            )))
        ],
        "statistics": [],
        "all": [],
        "dispatch": [or_(Ticket.status == "pending_assign", and_(with_unit, asked))],
        "handle": [with_unit],
        "review": [or_(Ticket.status == "pending_review", Ticket.contested)],
        "decide": [decide],
        "call_back": [Ticket.status.in_(("reviewed", "rejected"))],
        "urge": [with_unit, or_(Ticket.urge_at <= at, late, stands)],
        "supervise": [Ticket.status.in_((*OPEN, "reviewed", "archived")), watched],
        "instruct": [Ticket.status.in_(OPEN), or_(watched, late, Ticket.urgency != "normal")],
        "staff": [
            Ticket.kind == STAFF, or_(Ticket.status.not_in(("archived", "merged")), Ticket.contested)
        ],
        "archive": [Ticket.status == "archived"],
    }  # fmt: skip
    return found[name]


def _of_row(c: Criteria) -> list[ColumnElement[bool]]:
    equal = (
        (Ticket.no, c.no), (Ticket.kind, c.kind), (Ticket.status, c.status),
        (Ticket.urgency, c.urgency), (Ticket.channel, c.channel), (Ticket.mode, c.direction),
        (Ticket.district, c.district), (Ticket.opened_by, c.opener), (Ticket.quality, c.quality),
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
    if c.result:
        where.append(result_of() == c.result)
    if c.replied:
        known = Ticket.replied_at.is_not(None)
        where.append(known if c.replied == "yes" else ~known)
    if c.returned:
        where.append(Ticket.bounces > 0)
    if c.flag:
        if c.flag not in FLAGS:
            raise BadInput(f"flag {c.flag!r}", field="flag")
        where.append(screened() if c.flag == "screened" else getattr(Ticket, c.flag))
    return where


def _of_place(c: Criteria) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if c.located:
        if c.located not in LOCATED:
            raise BadInput(f"located {c.located!r}", field="located")
        where.append(located_is(c.located))
    if c.cells:
        cells = sorted({cell.strip() for cell in c.cells.split(",")})
        if len(cells) > CELLS_MOST:
            raise BadInput(f"more than {CELLS_MOST} cells", field="cells")
        where.append(or_(*(Ticket.h9.between(*cell_range(cell)) for cell in cells)))
    if c.around:
        where.append(around.inside(around.read(c.around)))
        if not c.located:  # a street's middle or a default point is not inside anything
            where.append(located_is("yes"))
    return where


def located_is(
    how: str,
    precision: Any = Ticket.precision,  # noqa: ANN401 - a column of precisions
) -> ColumnElement[bool]:
    """Return the condition that a ticket's place is known as far as `how` says: the four part all tickets."""
    if how == "no":
        return cast("ColumnElement[bool]", precision.not_in((*TRUE, *AREA, "default")))
    words = {"yes": TRUE, "area": AREA}.get(how, ("default",))
    return cast("ColumnElement[bool]", precision.in_(words))


def located_as(precision: Any) -> ColumnElement[str]:  # noqa: ANN401 - a column of precisions
    """Return how far a ticket's place is known: one of `LOCATED`."""
    return case(*((located_is(how, precision), how) for how in LOCATED[:-1]), else_=LOCATED[-1])


def within(h9: Any, resolution: int) -> ColumnElement[int]:  # noqa: ANN401 - a column of cells
    """Return the cell of a coarser resolution that holds the kept one."""
    kept, put = coarser(resolution)
    found: ColumnElement[int] = h9.bitwise_and(kept).bitwise_or(put)
    return found


def result_of() -> ColumnElement[Any]:
    """Return what came of a ticket: open, answered (at the desk), handled (by a unit), rejected or merged."""
    return case(
        (Ticket.status.in_(OPEN), "open"),
        (Ticket.merged_into.is_not(None), "merged"),
        (_rejected(), "rejected"),
        (Ticket.lead != "", "handled"),
        else_="answered",
    )


def _rejected() -> ColumnElement[bool]:
    """True of what was not accepted, unless a re-examination then ordered it to be handled."""
    told, later = aliased(TicketHistory), aliased(TicketHistory)
    overturned = exists().where(
        later.ticket_id == told.ticket_id, later.id > told.id, later.verb == "conclude",
        later.status.in_(OPEN),
    )  # fmt: skip
    return exists().where(told.ticket_id == Ticket.id, told.verb == "reject", ~overturned)


def _of_text(c: Criteria) -> list[ColumnElement[bool]]:
    text = c.words.strip()
    if not text:
        return []
    if text.isdigit() and len(text) == 8:
        return [Ticket.no == text]
    return [holds(Ticket.grams, text)]


def _of_legs(session: Session, c: Criteria, now: Instant) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = []
    if c.unit:
        where.append(Ticket.lead.in_(units_below(session, c.unit)))
    for lead, unit, person in ((True, "", c.person), (False, c.co_unit, c.co_person)):
        if not unit and not person:
            continue
        leg = aliased(TicketLeg)
        has = [leg.ticket_id == Ticket.id, leg.number == 1 if lead else leg.number > 1]
        if unit:
            has.append(leg.unit.in_(units_below(session, unit)))
        if person:
            has.append(leg.person == person)
        where.append(exists().where(*has))
    if c.dispatcher:
        leg = aliased(TicketLeg)
        where.append(exists().where(leg.ticket_id == Ticket.id, leg.assigned_by == c.dispatcher))
    if c.late:
        where += _late(c.late, now)
    return where


def _late(whose: str, now: Instant) -> list[ColumnElement[bool]]:
    """Return the conditions of what is or was overdue: by anybody, by the lead unit, or by the centre itself."""
    if whose not in LATE:
        raise BadInput(f"late {whose!r}", field="late")
    found: list[ColumnElement[bool]] = [or_(Ticket.expired_at.is_not(None), _runs_late(now))]
    if whose == "yes":
        return found
    mine = TicketLeg.number == 1 if whose == "unit" else steps.STEP
    number = TicketHistory.event["leg"].as_integer()
    told = exists().where(
        TicketHistory.ticket_id == Ticket.id, TicketHistory.verb == "expire",
        number == 1 if whose == "unit" else number <= 0,
    )  # fmt: skip
    ended = exists().where(
        TicketLeg.ticket_id == Ticket.id, mine, TicketLeg.handled_at > TicketLeg.due_at
    )
    runs = and_(_runs_late(now), WITH_A_UNIT if whose == "unit" else steps.OWES)
    return [*found, or_(told, ended, runs)]


def _runs_late(now: Instant) -> ColumnElement[bool]:
    """True of what is overdue now, with its unit or at the centre, whether a timer has told it or not."""
    return and_(
        or_(WITH_A_UNIT, steps.OWES), Ticket.due_at < to_datetime(now), Ticket.paused_at.is_(None)
    )


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
