"""定位: where a ticket is. The point is a person's or the gazetteer's, what lies there is the city's to say."""

from dataclasses import replace
from math import isfinite
from typing import NamedTuple

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from gis_data.gazetteer.index import Gazetteer
from gis_data.gazetteer.reverse import Surface, Whereabouts
from gis_data.gazetteer.search import Found
from gis_data.gazetteer.sure import sure
from models.clock import Instant
from models.errors import BadInput, WrongStatus
from models.events.ticket import TicketPlaced
from models.rules.places import AREA, CHOSEN, Located, Precision, cell_of
from models.store.fulltext import held
from models.tables import Ticket
from tickets.criteria import Criteria, located_is, where
from tickets.default_points import PLACED
from tickets.intake import SHORT_MAX, Form
from tickets.moving import Actor, facts, take, tell

SOURCES = ("entered", "gazetteer", "matched", PLACED, "imported")
"""`point_source`: set by hand at intake, chosen there from the gazetteer, found by the address alone, set by this
verb, brought by an import."""
UNPLACED: tuple[Located, ...] = ("no", "area", "default")
"""What is worth placing, as the tabs of the page show it."""
PAGE = 30


def place(
    session: Session,
    ticket_id: int,
    *,
    lon: float,
    lat: float,
    precision: Precision,
    version: int,
    surface: Surface,
    address: str = "",
    note: str = "",
    actor: Actor,
    now: Instant,
) -> None:
    """Set where a ticket is; an empty address leaves the ticket's own.

    lon, lat : WGS-84; version : of the row as it was on the screen: who comes second gets WrongStatus with cap
    `moved`. BadInput names `point` (with `outside` beyond the city), `precision` or `address`.
    """
    if precision not in CHOSEN or not precision:
        raise BadInput(f"precision {precision!r}", field="precision")
    if len(address) > SHORT_MAX or "\0" in address:
        raise BadInput("address is too long", field="address")
    here = whereabouts(surface, lon, lat)
    taken = take(session, ticket_id, "place", actor)
    row = taken.row
    if row.version != version + 1:
        raise WrongStatus(f"ticket {ticket_id} was changed meanwhile", cap="moved")
    row.lon, row.lat, row.precision, row.h9 = lon, lat, precision, cell_of(lon, lat)
    row.point_source = PLACED
    row.district, row.street, row.grid = _codes(here, precision)
    was = row.address if address.strip() not in ("", row.address) else ""
    if address.strip():
        row.address = address.strip()
        row.grams = held(row.title, row.content, row.address)
    event = TicketPlaced(
        lon=lon, lat=lat, precision=precision, address=row.address, was=was, district=row.district,
        street=row.street, grid=row.grid, **facts(taken, actor, now, note),
    )  # fmt: skip
    tell(session, taken, actor, event)


def whereabouts(surface: Surface, lon: float, lat: float) -> Whereabouts:
    """Return what is at a point (WGS-84); BadInput, with `outside`, for one beyond the city's districts."""
    here = surface.at(lon, lat) if isfinite(lon) and isfinite(lat) else None
    if here is None or not here.inside:
        raise BadInput("a point outside the city", field="point", outside=True)
    return here


def on_ground(form: Form, gazetteer: Gazetteer, surface: Surface) -> Form:
    """Return an intake form with its place as the city knows it.

    A point gets its district, street and grid, whatever the form said of them; without one the gazetteer's is
    taken where the address leaves no doubt. BadInput, field `point`, for a point outside the city.
    """
    form.check()
    if form.lon is not None and form.lat is not None:
        source = "entered" if form.precision in ("point", "") else "gazetteer"
        form = replace(form, precision=form.precision or "point", point_source=source)
    else:
        found = by_address(gazetteer, surface, form.address, district=form.district)
        if found is None:
            return form
        precision: Precision = found.precision  # type: ignore[assignment]
        form = replace(
            form, lon=found.lon, lat=found.lat, precision=precision, point_source="matched"
        )
    here = whereabouts(surface, form.lon or 0.0, form.lat or 0.0)
    district, street, grid = _codes(here, form.precision)
    return replace(form, district=district, street=street, grid=grid)


def _codes(here: Whereabouts, precision: Precision) -> tuple[str, str, str]:
    """Return district, street and grid as far as the precision reaches: the middle of an area is in no grid."""
    street = "" if precision == "district" else here.street
    return here.district, street, "" if precision in AREA else here.grid


def by_address(
    gazetteer: Gazetteer, surface: Surface, address: str, *, district: str = ""
) -> Found | None:
    """Return where an address is if that is sure, and in the districts that were said; None otherwise."""
    found = sure(gazetteer, address)
    if found is None:
        return None
    here = surface.at(found.lon, found.lat)
    areas = {name.text for name in gazetteer.names if name.kind in ("district", "street")}
    said = {area for area in areas if area in address}
    if not here.inside or not said <= {here.district_name, here.street_name}:
        return None
    return found if district in ("", here.district) else None


class Waiting(NamedTuple):
    """Tickets to be placed: one page of them, the newest first, and how many there are of each kind."""

    rows: list[Ticket]
    counts: dict[Located, int]


def waiting(
    session: Session, how: Located, *, actor: Actor, now: Instant, page: int = 0
) -> Waiting:
    """Return the tickets the actor may see whose place is not known; those that were merged go on elsewhere."""
    rows = session.scalars(
        select(Ticket)
        .where(*_unplaced(session, how, actor, now))
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .offset(page * PAGE)
        .limit(PAGE)
    )
    count = select(func.count()).select_from(Ticket)
    counts = {
        each: session.scalar(count.where(*_unplaced(session, each, actor, now))) or 0
        for each in UNPLACED
    }
    return Waiting(list(rows), counts)


def after(
    session: Session, how: Located, row: Ticket, *, actor: Actor, now: Instant
) -> Ticket | None:
    """Return the next ticket to be placed behind one, the first again behind the last; None when there is no other."""
    others = (
        select(Ticket)
        .where(*_unplaced(session, how, actor, now), Ticket.id != row.id)
        .order_by(Ticket.opened_at.desc(), Ticket.id.desc())
        .limit(1)
    )
    older = (Ticket.opened_at < row.opened_at) | (
        (Ticket.opened_at == row.opened_at) & (Ticket.id < row.id)
    )
    return session.scalar(others.where(older)) or session.scalar(others)


def _unplaced(
    session: Session, how: Located, actor: Actor, now: Instant
) -> list[ColumnElement[bool]]:
    if how not in UNPLACED:
        raise BadInput(f"located {how!r}", field="located")
    conditions = where(session, Criteria(), actor, now)
    return [*conditions, located_is(how), Ticket.status != "merged"]
