"""Setting apart what a geocoder's default point holds: kept and countable, but no place."""

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import Refused
from models.rules.places import PILE, Sitting, default_points
from models.store.chain import audit
from models.tables import Ticket
from tickets.criteria import located_is
from tickets.moving import Actor

WITHIN_S = 90 * 86_400.0
PLACED = "placed"
"""`point_source` of a point a person chose for a ticket whose place was not known: believed as it is."""
PERMISSION = "ticket.supervise"


def set_apart(
    session: Session, *, actor: Actor, now: Instant, pile: int = PILE
) -> list[tuple[Sitting, int]]:
    """Give the tickets on default points the precision `default`; return each point and how many it was.

    Looks at tickets of the last 90 days, marks those of any age. A coordinate once found is a default point for
    what comes later, too. Refused without `ticket.supervise`.
    """
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
    done = []
    for each in default_points(_sitting(session, now, pile), pile=pile):
        ids = session.scalars(
            update(Ticket)
            .where(_on(each), _guessed())
            .values(precision="default")
            .returning(Ticket.id)
            .execution_options(synchronize_session="fetch")
        ).all()
        done.append((each, len(ids)))
    if done:
        audit(
            session, actor=actor.ref, verb="default_point", subject="tickets", now=now,
            points=[[each.lon, each.lat, marked] for each, marked in done],
        )  # fmt: skip
    return done


def _guessed() -> ColumnElement[bool]:
    return and_(located_is("yes"), Ticket.point_source != PLACED)


def _on(point: Sitting) -> ColumnElement[bool]:
    return and_(Ticket.lon == point.lon, Ticket.lat == point.lat)


def _sitting(session: Session, now: Instant, pile: int) -> list[Sitting]:
    """Return the coordinates with a pile of tickets, those known as default points with any new one."""
    stem = func.btrim(func.regexp_replace(Ticket.address, r"\d.*$", ""))
    told = func.count(stem.distinct()).filter(stem != "")
    silent = func.count().filter(stem == "")
    many = func.count()
    rows = session.execute(
        select(Ticket.lon, Ticket.lat, many, told, silent)
        .where(
            Ticket.opened_at >= to_datetime(now - WITHIN_S),
            or_(_guessed(), Ticket.precision == "default"), Ticket.lon.is_not(None),
        )
        .group_by(Ticket.lon, Ticket.lat)
        .having(many >= pile, func.bool_or(_guessed()))
    )  # fmt: skip
    return [Sitting(lon or 0.0, lat or 0.0, *counts) for lon, lat, *counts in rows]
