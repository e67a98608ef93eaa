"""What response units can do (能力), kept up: named, put in order, switched on and off; audited.

A capability is never deleted: units have it, and incidents and plans ask for it, by its code. Switched off it is
offered for nothing new, and stays with what has it.
"""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import any_, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command.moving import text
from command.upkeep import LABEL_MAX, code_of, may_edit
from models.clock import Instant
from models.errors import BadInput, NotFound, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Capability, ResponseUnit
from tickets.moving import Actor

POSITION_MAX = 9999


class Said(NamedTuple):
    """What is written of a capability: its name and its place in lists."""

    label: str
    position: int


class Line(NamedTuple):
    """A capability, and how many units in use have it."""

    row: Capability
    units: int


def every(session: Session) -> Sequence[Line]:
    """Return all capabilities, those not in use too, in the tenant's order."""
    count = (
        select(func.count())
        .where(ResponseUnit.active, Capability.code == any_(ResponseUnit.capabilities))
        .scalar_subquery()
    )
    found = session.execute(
        select(Capability, count).order_by(Capability.position, Capability.code)
    )
    return [Line(row, units) for row, units in found]


def offered(session: Session) -> dict[str, str]:
    """Return code -> label of the capabilities that something new may have, in the tenant's order."""
    found = session.execute(
        select(Capability.code, Capability.label)
        .where(Capability.active)
        .order_by(Capability.position, Capability.code)
    )
    return {row.code: row.label for row in found}


def add_capability(
    session: Session, code: str, said: Said, *, actor: Actor, now: Instant
) -> Capability:  # fmt: skip
    """Write down a new capability, in use at once; BadInput names the field."""
    may_edit(actor)
    key, kept = code_of(code), _checked(session, code, said)
    row: Capability | None = session.scalar(
        insert(Capability)
        .values(tenant_id=tenant_of(session), code=key, **kept._asdict())
        .on_conflict_do_nothing()
        .returning(Capability)
    )
    if row is None:
        raise BadInput(f"{key} is there already", field="code")
    _told(session, "add_capability", key, actor, now, **kept._asdict())
    return row


def change_capability(
    session: Session, code: str, before: Said, said: Said, *, actor: Actor, now: Instant
) -> None:
    """Rename a capability or give it another place; WrongStatus, cap `moved`, if it is not `before` any more."""
    may_edit(actor)
    row = _locked(session, code)
    if Said(row.label, row.position) != before:
        raise WrongStatus(f"{code} was changed meanwhile", cap="moved")
    kept = _checked(session, code, said)
    if kept == before:
        return
    row.label, row.position = kept
    session.flush()
    _told(
        session, "change_capability", code, actor, now, before=before._asdict(), after=kept._asdict()
    )  # fmt: skip


def switch_capability(
    session: Session, code: str, *, active: bool, actor: Actor, now: Instant
) -> None:
    """Offer a capability, or no longer; WrongStatus, cap `moved`, when it is so already."""
    may_edit(actor)
    row = _locked(session, code)
    if row.active is active:
        raise WrongStatus(f"{code} is so already", cap="moved")
    row.active = active
    _told(session, "activate_capability" if active else "deactivate_capability", code, actor, now)


def _checked(session: Session, code: str, said: Said) -> Said:
    label = text(said.label, "label", most=LABEL_MAX)
    if not 0 <= said.position <= POSITION_MAX:
        raise BadInput("a place in the list", field="position")
    named = select(func.count()).where(Capability.label == label, Capability.code != code)
    if session.scalar(named):
        raise BadInput(f"{label} is another's name", field="label")
    return Said(label, said.position)


def _locked(session: Session, code: str) -> Capability:
    key = tenant_of(session), code
    row = session.get(Capability, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no capability {code}")
    return row


def _told(
    session: Session, verb: str, code: str, actor: Actor, now: Instant, **detail: object
) -> None:  # fmt: skip
    audit(session, actor=actor.ref, verb=verb, subject=f"capability:{code}", now=now, **detail)
