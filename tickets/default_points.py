"""Setting apart what a geocoder's default point holds: kept and countable, but no place.

Found by `set_apart` from what sits on a coordinate; an administrator may declare one, or take one back, and
that stands (parameter `default_points`).
"""

from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from models.clock import Instant, to_datetime
from models.errors import NotFound, Refused
from models.rules.places import PILE, Precision, Sitting, default_points
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Parameter, Ticket
from tickets.criteria import Criteria, located_is, where
from tickets.moving import Actor

WITHIN_S = 90 * 86_400.0
PLACED = "placed"
"""`point_source` of a point a person chose for a ticket whose place was not known: believed as it is."""
PERMISSION = "ticket.supervise"
DECIDES = "admin.parameters"
"""The permission to declare a point, or to take one back."""
TAKEN_BACK: Precision = "place"
"""What tickets on a point that was taken back are: at one place that many speak of."""
PILES = 50
NAME = "default_points"


class Pile(NamedTuple):
    """Many tickets on exactly one coordinate (WGS-84); `default` when it is set apart already."""

    lon: float
    lat: float
    tickets: int
    default: bool


def set_apart(
    session: Session, *, actor: Actor, now: Instant, pile: int = PILE, fresh: Instant = 0.0
) -> list[tuple[Sitting, int]]:
    """Give the tickets on default points the precision `default`; return each point and how many it was.

    Looks at tickets of the last 90 days, marks those of any age. `fresh` : only coordinates of tickets opened since
    then are looked at: no other can have become a pile. A coordinate once found is a default point for
    what comes later, too; one an administrator took back is none. Refused without `ticket.supervise`.
    """
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
    decided = _decided(session)
    found = default_points(_sitting(session, now, pile, fresh), pile=pile)
    wanted = [each for each in found if decided.get((each.lon, each.lat), True)]
    seen = {(each.lon, each.lat) for each in wanted}
    wanted += [
        Sitting(lon, lat, 0, 0, 0)
        for (lon, lat), default in decided.items()
        if default and (lon, lat) not in seen
    ]
    done = [(each, _mark(session, each.lon, each.lat)) for each in wanted]
    done = [(each, marked) for each, marked in done if marked]
    if done:
        audit(
            session, actor=actor.ref, verb="default_point", subject="tickets", now=now,
            points=[[each.lon, each.lat, marked] for each, marked in done],
        )  # fmt: skip
    return done


def piles(session: Session, *, since: Instant, actor: Actor, now: Instant) -> list[Pile]:
    """Return the coordinates on which `PILE` or more of the tickets since then sit, as far as the actor sees them."""
    default, many = func.bool_or(Ticket.precision == "default"), func.count()
    rows = session.execute(
        select(Ticket.lon, Ticket.lat, many, default)
        .where(
            *where(session, Criteria(since=since), actor, now),
            or_(_guessed(), Ticket.precision == "default"), Ticket.lon.is_not(None),
        )
        .group_by(Ticket.lon, Ticket.lat)
        .having(many >= PILE)
        .order_by(many.desc(), Ticket.lon, Ticket.lat)
        .limit(PILES)
    )  # fmt: skip
    return [Pile(*row) for row in rows]


def declare(
    session: Session, lon: float, lat: float, *, default: bool, actor: Actor, now: Instant
) -> int:
    """Decide whether a coordinate is a default point; return how many tickets that changed.

    NotFound when no ticket sits there, Refused without `admin.parameters`.
    """
    if DECIDES not in actor.can:
        raise Refused(f"{actor.ref} lacks {DECIDES}", permission=DECIDES)
    known = select(Ticket.id).where(Ticket.lon == lon, Ticket.lat == lat).limit(1)
    if session.scalar(known) is None:
        raise NotFound(f"no ticket on {lon} {lat}")
    row = {"value": [[lon, lat, default]], "set_at": to_datetime(now), "set_by": actor.ref}
    session.execute(
        insert(Parameter)
        .values(tenant_id=tenant_of(session), name=NAME, **row)
        .on_conflict_do_nothing(index_elements=["tenant_id", "name"])
    )
    held = session.scalars(
        select(Parameter).where(Parameter.name == NAME).with_for_update()
    ).one()  # two who decide at once do so one after the other
    others = [point for point in held.value if tuple(point[:2]) != (lon, lat)]
    held.value = [*others, [lon, lat, default]]
    held.set_at, held.set_by = to_datetime(now), actor.ref
    changed = _mark(session, lon, lat) if default else _unmark(session, lon, lat)
    audit(
        session, actor=actor.ref, verb="declare_default_point", subject="tickets", now=now,
        points=[[lon, lat, changed]], default=default,
    )  # fmt: skip
    return changed


def _decided(session: Session) -> dict[tuple[float, float], bool]:
    value = session.scalar(select(Parameter.value).where(Parameter.name == NAME)) or []
    return {(lon, lat): default for lon, lat, default in value}


def _mark(session: Session, lon: float, lat: float) -> int:
    return _set(session, "default", _guessed(), Ticket.lon == lon, Ticket.lat == lat)


def _unmark(session: Session, lon: float, lat: float) -> int:
    mine = Ticket.precision == "default"
    return _set(session, TAKEN_BACK, mine, Ticket.lon == lon, Ticket.lat == lat)


def _set(session: Session, precision: Precision, *conditions: ColumnElement[bool]) -> int:
    ids = session.scalars(
        update(Ticket)
        .where(*conditions)
        .values(precision=precision)
        .returning(Ticket.id)
        .execution_options(synchronize_session="fetch")
    )
    return len(ids.all())


def _guessed() -> ColumnElement[bool]:
    return and_(located_is("yes"), Ticket.point_source != PLACED)


def _sitting(session: Session, now: Instant, pile: int, fresh: Instant) -> list[Sitting]:
    """Return the coordinates with a pile of tickets, those known as default points with any new one."""
    stem = func.btrim(func.regexp_replace(Ticket.address, r"\d.*$", ""))
    told = func.count(stem.distinct()).filter(stem != "")
    silent = func.count().filter(stem == "")
    many = func.count()
    query = (
        select(Ticket.lon, Ticket.lat, many, told, silent)
        .where(
            Ticket.opened_at >= to_datetime(now - WITHIN_S),
            or_(_guessed(), Ticket.precision == "default"), Ticket.lon.is_not(None),
        )
        .group_by(Ticket.lon, Ticket.lat)
        .having(many >= pile, func.bool_or(_guessed()))
    )  # fmt: skip
    if fresh:
        own = aliased(Ticket)
        opened = (
            select(own.lon, own.lat)
            .where(own.opened_at >= to_datetime(fresh), own.lon.is_not(None))
            .distinct()
            .subquery()
        )
        here = and_(Ticket.lon == opened.c.lon, Ticket.lat == opened.c.lat)
        query = query.join(opened, here)
    return [
        Sitting(lon or 0.0, lat or 0.0, *counts) for lon, lat, *counts in session.execute(query)
    ]
