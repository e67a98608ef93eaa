"""应急通讯录 (L-01): people and organisations of emergencies, their numbers, their groups.

Numbers of offices are published and plain. A mobile is sealed as a caller's number is: shown masked, found by
the whole number, opened only with a line in the audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, any_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from command.duty.acting import EDIT, VIEW, count, envelope, owed, require, short, take_turn, tell
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events.duty import (
    ContactAdded,
    ContactChanged,
    ContactDeactivated,
    ContactRestored,
)
from models.rules.duty.phones import WrongNumber, several
from models.store.chain import audit
from models.store.crypto import Vault
from models.store.db import tenant_of
from models.tables import DutyContact, DutyGroup, DutyMember, DutyShift, User
from tickets.moving import Actor

KINDS = ("person", "organisation")
NAME_MAX, NOTE_MAX, PHONES_MAX = 60, 500, 8
PAGE = 50


@dataclass(frozen=True, slots=True)
class Form:
    """A contact as it is typed; `mobiles` None leaves those that are sealed, and so does an empty text in a change."""

    name: str
    kind: str = "person"
    organisation: str = ""
    position: str = ""
    offices: str = ""
    mobiles: str | None = None
    note: str = ""
    user_id: int = 0
    groups: Sequence[int] = ()


class Line(NamedTuple):
    """A contact with the names of its groups."""

    row: DutyContact
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the phone book, and how many the whole list has."""

    lines: list[Line]
    total: int
    pages: int = field(default=1)


def add(session: Session, form: Form, *, actor: Actor, now: Instant, vault: Vault) -> DutyContact:
    """Add a contact; BadInput names the field, and what is wrong with a number."""
    require(actor, EDIT)
    values = {**_facts(session, form, 0), **_numbers(form, vault, None)}
    row = DutyContact(tenant_id=tenant_of(session), changed_at=to_datetime(now), **values)
    session.add(row)
    session.flush()
    _put_groups(session, row.id, form.groups)
    told = envelope(actor, now, f"contact-{row.id}-1")
    tell(session, ContactAdded(**told, contact=row.id, who=row.name))
    return row


def change(
    session: Session,
    contact_id: int,
    version: int,
    form: Form,
    *,
    actor: Actor,
    now: Instant,
    vault: Vault,
) -> None:
    """Correct a contact as it stood at `version`; WrongStatus when somebody was first. No change, no event."""
    require(actor, EDIT)
    before = session.get(DutyContact, contact_id, populate_existing=True)
    if before is None or not before.active:
        raise NotFound(f"no contact {contact_id}")
    values = {
        **_facts(session, form, contact_id),
        **_numbers(form, vault, before.mobiles_sealed),
    }
    changed = [name for name, value in values.items() if getattr(before, name) != value]
    groups = set(session.scalars(_groups_of(contact_id)))
    if set(form.groups) != groups:
        changed.append("groups")
    if not changed:
        return
    row = _moved(session, contact_id, version, now, **values)
    _put_groups(session, contact_id, form.groups)
    names = sorted({_FIELD.get(name, name) for name in changed})
    told = envelope(actor, now, f"contact-{row.id}-{row.version}")
    tell(session, ContactChanged(**told, contact=row.id, who=row.name, fields=tuple(names)))


_FIELD = {"mobiles_sealed": "mobiles", "masks": "mobiles", "digests": "mobiles"}


def deactivate(
    session: Session, contact_id: int, version: int, *, actor: Actor, now: Instant
) -> None:
    """Take a contact out of the phone book; WrongStatus while shifts of theirs are still to come."""
    require(actor, EDIT)
    take_turn(session)  # nobody is put on duty until this is done
    coming = select(DutyShift.id).where(
        DutyShift.contact_id == contact_id, DutyShift.state == "planned",
        DutyShift.end_at > to_datetime(now),
    )  # fmt: skip
    row = _moved(session, contact_id, version, now, active=False)
    if shifts := count(session, coming):
        raise WrongStatus(
            f"{row.name} has {shifts} shifts to come", reason="on_duty", shifts=shifts
        )
    told = envelope(actor, now, f"contact-{row.id}-{row.version}")
    tell(session, ContactDeactivated(**told, contact=row.id, who=row.name))


def restore(
    session: Session, contact_id: int, version: int, *, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Take a contact that was taken out into the phone book again; BadInput when the login is another's meanwhile."""
    require(actor, EDIT)
    take_turn(session)  # of two who come back with one login, one does
    login = select(DutyContact.user_id).where(DutyContact.id == contact_id)
    _free_login(session, session.scalar(login) or 0, contact_id)
    row = _moved(session, contact_id, version, now, was_active=False, active=True)
    told = envelope(actor, now, f"contact-{row.id}-{row.version}")
    tell(session, ContactRestored(**told, contact=row.id, who=row.name))


def _moved(
    session: Session,
    contact_id: int,
    version: int,
    now: Instant,
    *,
    was_active: bool = True,
    **values: object,
) -> DutyContact:
    row = session.scalar(
        update(DutyContact)
        .where(
            DutyContact.id == contact_id,
            DutyContact.version == version,
            DutyContact.active.is_(was_active),
        )
        .values(version=version + 1, changed_at=to_datetime(now), **values)
        .returning(DutyContact)
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise WrongStatus(f"contact {contact_id} was changed meanwhile", reason="edited")
    return row


def _facts(session: Session, form: Form, own: int) -> dict[str, Any]:
    if form.kind not in KINDS:
        raise BadInput("a person or an organisation", field="kind")
    if form.user_id:
        if session.get(User, form.user_id) is None:
            raise BadInput("no such login", field="user_id")
        _free_login(session, form.user_id, own)
    return {
        "kind": form.kind, "name": owed(form.name, "name", NAME_MAX),
        "organisation": short(form.organisation, "organisation", NAME_MAX),
        "position": short(form.position, "position", NAME_MAX),
        "note": short(form.note, "note", NOTE_MAX), "user_id": form.user_id,
    }  # fmt: skip


def _free_login(session: Session, user_id: int, own: int) -> None:
    """Raise BadInput when a login is another active contact's; 0 is nobody's."""
    taken = select(DutyContact.name).where(
        DutyContact.user_id == user_id, DutyContact.active, DutyContact.id != own
    )
    if user_id and (name := session.scalar(taken)) is not None:
        raise BadInput(f"the login is {name}'s", field="user_id", reason="taken", name=name)


def _numbers(form: Form, vault: Vault, sealed: str | None) -> dict[str, Any]:
    """Return the columns of the numbers; a mobile typed among those of the office is sealed like the others."""
    typed = _parsed(form.offices, "offices")
    offices = [phone.number for phone in typed if phone.kind != "mobile"]
    mobiles = [phone.number for phone in typed if phone.kind == "mobile"]
    if form.mobiles and form.mobiles.strip() != "-":
        mobiles += [phone.number for phone in _parsed(form.mobiles, "mobiles")]
    elif sealed and not (form.mobiles or "").strip():
        mobiles = [*vault.open(sealed).split("\n"), *mobiles]
    mobiles = list(dict.fromkeys(mobiles))
    if len(offices) + len(mobiles) > PHONES_MAX:
        raise BadInput(f"more than {PHONES_MAX} numbers", field="offices", most=PHONES_MAX)
    same = bool(sealed) and vault.open(sealed or "").split("\n") == mobiles
    return {
        "offices": offices,
        # sealing the same again would be another text: what did not change stays as it is
        "mobiles_sealed": sealed if same else vault.seal_text("\n".join(mobiles)),
        "masks": [vault.seal(number).masked for number in mobiles],
        "digests": [vault.digest(number) for number in mobiles],
    }  # fmt: skip


def _parsed(said: str, field_: str) -> list[Any]:
    try:
        return several(said)
    except WrongNumber as error:
        raise BadInput(str(error), field=field_, fault=error.fault, said=error.said) from error


def _groups_of(contact_id: int) -> Select[int]:
    return select(DutyMember.group_id).where(DutyMember.contact_id == contact_id)


def _put_groups(session: Session, contact_id: int, wanted: Sequence[int]) -> None:
    held = select(DutyGroup.id).where(DutyGroup.id.in_(wanted))
    # a group that is being removed is gone when it is our turn
    known = set(session.scalars(held.with_for_update(read=True, key_share=True)))
    if missing := set(wanted) - known:
        raise BadInput(f"no group {missing}", field="groups")
    session.execute(delete(DutyMember).where(DutyMember.contact_id == contact_id))
    tenant = tenant_of(session)
    session.add_all(
        DutyMember(tenant_id=tenant, group_id=group, contact_id=contact_id)
        for group in sorted(known)
    )
    session.flush()


# --- looking up -----------------------------------------------------------------------------


def find(
    session: Session,
    said: str = "",
    *,
    actor: Actor,
    vault: Vault,
    group: int = 0,
    out: bool = False,
    page: int = 0,
    size: int = PAGE,
) -> Page:
    """Return the active contacts a text finds: in name, unit, position, an office's number, or a whole mobile.

    out : those that were taken out instead, for who may take them in again.
    """
    require(actor, EDIT if out else VIEW)
    where = _where(said.strip(), group, vault, out=out)
    wanted = select(DutyContact).where(*where)
    total = count(session, wanted)
    # an organisation's own numbers stand before its people's
    of = func.coalesce(func.nullif(DutyContact.organisation, ""), DutyContact.name)
    order = (of, DutyContact.kind, DutyContact.name, DutyContact.id)
    rows = session.scalars(wanted.order_by(*order).offset(page * size).limit(size)).all()
    return Page(_lines(session, rows), total, -(-total // size))


def _where(said: str, group: int, vault: Vault, *, out: bool) -> list[ColumnElement[bool]]:
    where: list[ColumnElement[bool]] = [DutyContact.active.is_(not out)]
    if group:
        members = select(DutyMember.contact_id).where(DutyMember.group_id == group)
        where.append(DutyContact.id.in_(members))
    if said:
        digits = said.replace("-", "").replace(" ", "")
        columns = (
            DutyContact.name,
            DutyContact.organisation,
            DutyContact.position,
            DutyContact.note,
        )
        numbers = func.replace(func.array_to_string(DutyContact.offices, ","), "-", "")
        found = [column.icontains(said, autoescape=True) for column in columns]
        if digits.isdecimal():
            found.append(numbers.contains(digits, autoescape=True))
            found.append(any_(DutyContact.digests) == vault.digest(digits))
        where.append(or_(*found))
    return where


def one(session: Session, contact_id: int, *, actor: Actor) -> Line:
    """Return a contact; NotFound when there is none."""
    require(actor, VIEW)
    row = session.get(DutyContact, contact_id)
    if row is None:
        raise NotFound(f"no contact {contact_id}")
    return _lines(session, [row])[0]


def group_ids(session: Session, contact_id: int) -> list[int]:
    """Return the groups of a contact."""
    return list(session.scalars(_groups_of(contact_id)))


def _lines(session: Session, rows: Sequence[DutyContact]) -> list[Line]:
    found = session.execute(
        select(DutyMember.contact_id, DutyGroup.name)
        .join(DutyGroup, DutyGroup.id == DutyMember.group_id)
        .where(DutyMember.contact_id.in_([row.id for row in rows]))
        .order_by(DutyGroup.name)
    )
    named: dict[int, list[str]] = {}
    for contact_id, name in found:
        named.setdefault(contact_id, []).append(name)
    return [Line(row, tuple(named.get(row.id, ()))) for row in rows]


def people(session: Session) -> list[tuple[int, str]]:
    """Return the active people as (id, name with unit), to be put on duty."""
    rows = session.scalars(
        select(DutyContact)
        .where(DutyContact.active, DutyContact.kind == "person")
        .order_by(DutyContact.organisation, DutyContact.name)
    )
    return [(row.id, f"{row.name} {row.position}".strip()) for row in rows]


def with_login(session: Session) -> set[int]:
    """Return the active contacts who can sign in: they may agree to a swap and sign a handover."""
    rows = select(DutyContact.id).where(DutyContact.active, DutyContact.user_id != 0)
    return set(session.scalars(rows))


def reveal(
    session: Session, contact_id: int, *, actor: Actor, now: Instant, vault: Vault
) -> list[str]:
    """Return a contact's mobiles, and write down who looked."""
    row = one(session, contact_id, actor=actor).row
    audit(
        session, actor=actor.ref, verb="view_contact", subject=f"contact:{row.id}", now=now,
        name=row.name,
    )  # fmt: skip
    return vault.open(row.mobiles_sealed).split("\n") if row.mobiles_sealed else []


def export(
    session: Session, said: str, group: int, *, out: bool = False, actor: Actor, now: Instant, vault: Vault
) -> list[tuple[Line, list[str]]]:  # fmt: skip
    """Return all contacts of a list with their mobiles, whole for who may edit and masked for others; audited."""
    found = find(session, said, actor=actor, vault=vault, group=group, out=out, size=100_000)
    whole = EDIT in actor.can
    audit(
        session, actor=actor.ref, verb="export_contacts", subject="contacts", now=now,
        rows=found.total, whole=whole, group=group,
    )  # fmt: skip
    return [
        (line, vault.open(line.row.mobiles_sealed).split("\n"))
        if whole and line.row.mobiles_sealed else (line, list(line.row.masks))
        for line in found.lines
    ]  # fmt: skip
