"""Groups of the phone book (L-01): made, renamed, removed when nobody is in them or everybody was moved."""

from sqlalchemy import delete, func, literal, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command.duty.acting import EDIT, VIEW, envelope, owed, require, tell
from models.clock import Instant
from models.errors import BadInput, NotFound, WrongStatus
from models.events.duty import ContactGroupAdded, ContactGroupRemoved, ContactGroupRenamed
from models.store.db import tenant_of
from models.tables import DutyContact, DutyGroup, DutyMember
from tickets.moving import Actor

NAME_MAX = 30


def listed(session: Session, *, actor: Actor) -> list[DutyGroup]:
    """Return the groups by name."""
    require(actor, VIEW)
    return list(session.scalars(select(DutyGroup).order_by(DutyGroup.name)))


def size(session: Session, group_id: int) -> int:
    """Return how many contacts of the phone book are in a group; those taken out of it do not count."""
    members = (
        select(func.count())
        .select_from(DutyMember)
        .join(DutyContact, DutyContact.id == DutyMember.contact_id)
        .where(DutyMember.group_id == group_id, DutyContact.active)
    )
    return session.scalar(members) or 0


def add(session: Session, name: str, *, actor: Actor, now: Instant) -> DutyGroup:
    """Make a group; BadInput when its name is taken."""
    require(actor, EDIT)
    name = _free(session, name, 0)
    row = DutyGroup(tenant_id=tenant_of(session), name=name)
    session.add(row)
    session.flush()
    told = envelope(actor, now, f"group-{row.id}")
    tell(session, ContactGroupAdded(**told, group=row.id, name=name))
    return row


def rename(
    session: Session, group_id: int, was: str, name: str, *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Rename a group that is called `was`; WrongStatus when it is not any more. The same name is no change."""
    require(actor, EDIT)
    row = _locked(session, group_id)
    if row.name != was:
        raise WrongStatus(f"group {group_id} is {row.name} now", reason="edited")
    name = _free(session, name, group_id)
    if name == was:
        return
    row.name = name
    session.flush()
    told = envelope(actor, now, f"group-{row.id}-{now:.3f}")
    tell(session, ContactGroupRenamed(**told, group=row.id, was=was, name=name))


def remove(session: Session, group_id: int, into: int, *, actor: Actor, now: Instant) -> int:
    """Remove a group, its members moved `into` another (0 : into none); return how many were not there yet.

    WrongStatus, reason `members`, while it has some and there is nowhere to move them; BadInput, field `into`, for a
    group that is not there, or is this one. Contacts taken out are moved without asking: with nowhere to go, they
    just leave the group.
    """
    require(actor, EDIT)
    # the lower id first: of two who move members both ways neither waits for the other for ever
    held = {key: _locked(session, key) for key in sorted({group_id, into} - {0})}
    row = held[group_id]
    if into == group_id:
        raise BadInput("into itself", field="into")
    if not into and (n := size(session, group_id)):
        raise WrongStatus(f"group {group_id} has {n} members", reason="members", n=n)
    moved = 0
    if into:
        member = select(DutyMember.tenant_id, literal(into), DutyMember.contact_id).where(
            DutyMember.group_id == group_id
        )
        put = insert(DutyMember).from_select(["tenant_id", "group_id", "contact_id"], member)
        there = put.on_conflict_do_nothing().returning(DutyMember.contact_id)
        moved = len(session.scalars(there).all())
    session.execute(delete(DutyMember).where(DutyMember.group_id == group_id))
    told = envelope(actor, now, f"group-{row.id}-{now:.3f}")
    event = ContactGroupRemoved(**told, group=row.id, name=row.name, into=into, moved=moved)
    session.execute(delete(DutyGroup).where(DutyGroup.id == group_id))
    tell(session, event)
    return moved


def _free(session: Session, name: str, own: int) -> str:
    name = owed(name, "group", NAME_MAX)
    if session.scalar(select(DutyGroup.id).where(DutyGroup.name == name, DutyGroup.id != own)):
        raise BadInput(f"group {name} is there", field="group", reason="taken")
    return name


def _locked(session: Session, group_id: int) -> DutyGroup:
    row = session.get(DutyGroup, group_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no group {group_id}")
    return row
