"""应急资源 kept up: response units, and how many of them must stay available; audited.

Whoever edits sends the revision he saw: of two who save at once one gets WrongStatus.
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal, get_args

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command import capabilities, forces
from command.moving import text
from command.recommend import MOST, Floor
from command.upkeep import (
    CODE_MAX,
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
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Assignment, Reserve, ResponseUnit
from tickets.moving import Actor

Type = Literal[
    "fire", "ambulance", "police", "gas", "power", "water", "flood", "hazmat", "boat", "machine", "other"
]  # fmt: skip
TYPES: tuple[Type, ...] = get_args(Type)
ACT = "command.act"
REASON_MAX = 500


@dataclass(frozen=True, slots=True)
class UnitForm:
    """What is written down of a response unit; see the table for what the fields mean."""

    label: str
    type: str
    capabilities: tuple[str, ...]
    staff: int
    min_staff: int
    station_lon: float
    station_lat: float
    organisation: str = ""
    phone: str = ""
    district: str = ""
    device: str = ""

    @classmethod
    def of(cls, row: ResponseUnit) -> "UnitForm":
        """Return what is written down of a unit."""
        said = {field.name: getattr(row, field.name) for field in fields(cls)}
        return cls(**{**said, "capabilities": tuple(row.capabilities)})


# --- response units -------------------------------------------------------------------------


def add_unit(
    session: Session, code: str, form: UnitForm, *, actor: Actor, now: Instant
) -> ResponseUnit:  # fmt: skip
    """Write down a new response unit, available at its station; BadInput names the field."""
    may_edit(actor, form.district)
    values = _unit_values(session, form, ())
    row = ResponseUnit(tenant_id=tenant_of(session), code=code_of(code), **values)
    put(session, row, "add_response_unit", actor, now)
    return row


def change_unit(
    session: Session, code: str, form: UnitForm, *, rev: int, actor: Actor, now: Instant
) -> ResponseUnit:  # fmt: skip
    """Change what is written down of a unit; WrongStatus, cap `moved`, when somebody did since `rev`."""
    may_edit(actor, form.district)
    row = locked(session, ResponseUnit, code)
    values = _unit_values(session, form, row.capabilities)
    return change(session, row, values, rev=rev, actor=actor, now=now)


def _unit_values(session: Session, form: UnitForm, had: Iterable[str]) -> dict[str, Any]:
    """Return the columns of a unit; `had` : capabilities it has already, which it may keep once they are off."""
    known = {*capabilities.offered(session), *had}
    if form.type not in TYPES:
        raise BadInput(f"type {form.type!r}", field="type")
    if not form.capabilities or set(form.capabilities) - known:
        raise BadInput(f"capabilities {form.capabilities}", field="capabilities")
    for field in ("staff", "min_staff"):
        if not 0 <= getattr(form, field) <= 10_000:
            raise BadInput("a number of people", field=field)
    check_point(form.station_lon, form.station_lat, "station")
    return {
        "label": text(form.label, "label", most=LABEL_MAX), "type": form.type,
        "capabilities": sorted(set(form.capabilities)), "staff": form.staff, "min_staff": form.min_staff,
        "station_lon": form.station_lon, "station_lat": form.station_lat,
        "device": text(form.device, "device", owed=False, most=CODE_MAX),
        **words_of(form, organisation=WORDS_MAX, phone=PHONE_MAX, district=DISTRICT_MAX),
    }  # fmt: skip


def deactivate_unit(session: Session, code: str, *, actor: Actor, now: Instant) -> None:
    """Take a unit out of use; WrongStatus, cap `busy`, while it is bound to an incident."""
    set_active(session, locked(session, ResponseUnit, code), active=False, actor=actor, now=now)
    bound = session.scalar(
        select(Assignment.id).where(Assignment.unit == code, Assignment.closed_at.is_(None))
    )
    if bound is not None:  # the row is locked: nobody claims it now
        raise WrongStatus(f"{code} is bound", cap="busy", assignment=bound)


def activate_unit(session: Session, code: str, *, actor: Actor, now: Instant) -> None:
    """Use a unit again."""
    set_active(session, locked(session, ResponseUnit, code), active=True, actor=actor, now=now)


def new_token(session: Session, code: str, *, actor: Actor, now: Instant) -> str:
    """Return the new secret of a unit's device, shown this once: only its digest is kept; the one before is void."""
    row = locked(session, ResponseUnit, code)
    may_edit(actor, row.district)
    token = secrets.token_urlsafe(24)
    row.token_digest = digest(token)
    told(session, "new_device_token", row, actor, now)
    return token


def digest(token: str) -> str:
    """Return what is kept of a device's secret."""
    return hashlib.sha256(token.encode()).hexdigest()


# --- in and out of service -------------------------------------------------------------------


def mark_out(session: Session, unit: str, *, reason: str, actor: Actor, now: Instant) -> None:
    """停用 a unit, for a reason; one that is bound stays so until its assignment ends."""
    said = text(reason, "reason", most=REASON_MAX)
    row = _marked(session, unit, actor)
    if row.state == "out_of_service":
        raise WrongStatus(f"{unit} is {row.state}", cap=row.state, reason=row.reason)
    _mark(session, row, "mark_out", "out_of_service", said, actor=actor, now=now)


def mark_available(session: Session, unit: str, *, actor: Actor, now: Instant) -> None:
    """Let a unit be sent again, or go on with what it is bound to."""
    row = _marked(session, unit, actor)
    if row.state != "out_of_service":
        raise WrongStatus(f"{unit} is {row.state}", cap=row.state)
    open_ = select(exists().where(Assignment.unit == unit, Assignment.closed_at.is_(None)))
    state = "committed" if session.scalar(open_) else "available"
    _mark(session, row, "mark_available", state, actor=actor, now=now)


def _marked(session: Session, unit: str, actor: Actor) -> ResponseUnit:
    """Lock a unit to be marked; Refused, NotFound."""
    if ACT not in actor.can or actor.unit:
        raise Refused(f"{actor.ref} lacks {ACT}", permission=ACT)
    row = session.scalar(
        select(ResponseUnit)
        .where(ResponseUnit.code == unit, ResponseUnit.active)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(f"no response unit {unit}")
    if not forces.own(actor, row.district):
        raise Refused(f"{unit} belongs to {row.district}", permission=ACT, district=row.district)
    return row


def _mark(
    session: Session, row: ResponseUnit, verb: str, state: str, reason: str = "", *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    before, row.state, row.reason = row.state, state, reason
    audit(
        session, actor=actor.ref, verb=verb, subject=f"response_unit:{row.code}", now=now, before=before,
        reason=reason,
    )  # fmt: skip


# --- floors ---------------------------------------------------------------------------------


def set_reserve(session: Session, floor: Floor, *, actor: Actor, now: Instant) -> None:
    """Say how many units of a capability must stay available; 0 takes the floor away."""
    may_edit(actor, floor.district)
    known = capabilities.offered(session) if floor.least else forces.capabilities(session)
    if floor.capability not in known:
        raise BadInput(f"capability {floor.capability!r}", field="capability")
    if not 0 <= floor.least <= MOST:
        raise BadInput("a number of units", field="least")
    key = (Reserve.capability == floor.capability, Reserve.district == floor.district)
    if floor.least:
        upsert = insert(Reserve).values(tenant_id=tenant_of(session), **floor._asdict())
        session.execute(
            upsert.on_conflict_do_update(
                index_elements=["tenant_id", "capability", "district"], set_={"least": floor.least}
            )
        )
    else:
        session.execute(delete(Reserve).where(*key))
    audit(
        session, actor=actor.ref, verb="set_reserve", subject=f"reserve:{floor.capability}", now=now,
        district=floor.district, least=floor.least,
    )  # fmt: skip
