"""Depots and shelters kept up; audited, one revision after another as `upkeep` says."""

from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import forces
from command.moving import text
from command.queries import may_see
from command.upkeep import (
    DISTRICT_MAX,
    LABEL_MAX,
    PHONE_MAX,
    WORDS_MAX,
    change,
    check_point,
    code_of,
    locked,
    may_edit,
    put,
    set_active,
    told,
    words_of,
)
from models.clock import Instant
from models.errors import BadInput, Refused, WrongStatus
from models.store.db import tenant_of
from models.tables import Depot, Shelter
from tickets.moving import Actor

PEOPLE_MAX = 1_000_000


@dataclass(frozen=True, slots=True)
class DepotForm:
    """What is written down of a depot."""

    label: str
    lon: float
    lat: float
    district: str = ""
    address: str = ""
    organisation: str = ""
    phone: str = ""

    @classmethod
    def of(cls, row: Depot) -> "DepotForm":
        """Return what is written down of a depot."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


@dataclass(frozen=True, slots=True)
class ShelterForm:
    """What is written down of a shelter."""

    label: str
    lon: float
    lat: float
    capacity: int
    district: str = ""
    address: str = ""
    phone: str = ""

    @classmethod
    def of(cls, row: Shelter) -> "ShelterForm":
        """Return what is written down of a shelter."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})


def depots(session: Session, *, actor: Actor) -> list[Depot]:
    """Return the depots the actor may see, by code."""
    may_see(actor)
    rows = session.scalars(
        select(Depot).order_by(Depot.code).execution_options(populate_existing=True)
    )
    return [row for row in rows if forces.own(actor, row.district)]


def shelters(session: Session, *, actor: Actor) -> list[Shelter]:
    """Return the shelters of the whole city, by code: people are moved over the border of a district."""
    may_see(actor)
    rows = select(Shelter).order_by(Shelter.code).execution_options(populate_existing=True)
    return list(session.scalars(rows))


def add_depot(session: Session, code: str, form: DepotForm, *, actor: Actor, now: Instant) -> Depot:
    """Write down a new depot; BadInput names the field."""
    may_edit(actor, form.district)
    row = Depot(tenant_id=tenant_of(session), code=code_of(code), **_depot_values(form))
    put(session, row, "add_depot", actor, now)
    return row


def change_depot(
    session: Session, code: str, form: DepotForm, *, rev: int, actor: Actor, now: Instant
) -> Depot:  # fmt: skip
    """Change what is written down of a depot; WrongStatus, cap `moved`, when somebody did since `rev`."""
    may_edit(actor, form.district)
    return change(
        session, locked(session, Depot, code), _depot_values(form), rev=rev, actor=actor, now=now
    )


def set_depot(session: Session, code: str, *, active: bool, actor: Actor, now: Instant) -> None:
    """Use a depot, or not any more."""
    set_active(session, locked(session, Depot, code), active=active, actor=actor, now=now)


def add_shelter(
    session: Session, code: str, form: ShelterForm, *, actor: Actor, now: Instant
) -> Shelter:  # fmt: skip
    """Write down a new shelter, empty; BadInput names the field."""
    may_edit(actor, form.district)
    row = Shelter(tenant_id=tenant_of(session), code=code_of(code), **_shelter_values(form))
    put(session, row, "add_shelter", actor, now)
    return row


def change_shelter(
    session: Session, code: str, form: ShelterForm, *, rev: int, actor: Actor, now: Instant
) -> Shelter:  # fmt: skip
    """Change what is written down of a shelter; WrongStatus, cap `moved`, when somebody did since `rev`."""
    may_edit(actor, form.district)
    return change(
        session,
        locked(session, Shelter, code),
        _shelter_values(form),
        rev=rev,
        actor=actor,
        now=now,
    )


def set_shelter(session: Session, code: str, *, active: bool, actor: Actor, now: Instant) -> None:
    """Use a shelter, or not any more."""
    set_active(session, locked(session, Shelter, code), active=active, actor=actor, now=now)


def occupy(
    session: Session, code: str, people: int, *, seen: int, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Say how many people are in a shelter now; WrongStatus, cap `moved`, when it is not `seen` any more.

    More than its capacity may be there: it is what is so, and nobody else is sent there.
    """
    if not 0 <= people <= PEOPLE_MAX:
        raise BadInput("a number of people", field="occupied")
    row = locked(session, Shelter, code)
    if "command.act" not in actor.can or actor.unit or not forces.own(actor, row.district):
        raise Refused(f"{actor.ref} may not", permission="command.act", district=row.district)
    if row.occupied != seen:
        raise WrongStatus(f"{code} holds {row.occupied}", cap="moved", there=row.occupied)
    row.occupied = people
    told(session, "occupy_shelter", row, actor, now, before=seen, after=people)


def _depot_values(form: DepotForm) -> dict[str, Any]:
    check_point(form.lon, form.lat, "point")
    return {
        "label": text(form.label, "label", most=LABEL_MAX), "lon": form.lon, "lat": form.lat,
        **words_of(form, organisation=WORDS_MAX, address=WORDS_MAX, phone=PHONE_MAX, district=DISTRICT_MAX),
    }  # fmt: skip


def _shelter_values(form: ShelterForm) -> dict[str, Any]:
    check_point(form.lon, form.lat, "point")
    if not 0 <= form.capacity <= PEOPLE_MAX:
        raise BadInput("a number of people", field="capacity")
    return {
        "label": text(form.label, "label", most=LABEL_MAX), "lon": form.lon, "lat": form.lat,
        "capacity": form.capacity, **words_of(form, address=WORDS_MAX, phone=PHONE_MAX, district=DISTRICT_MAX),
    }  # fmt: skip
