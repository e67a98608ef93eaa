"""Contacts from a file: every line is added, corrected, found the same, or named with what is wrong; none is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.duty import contacts, groups
from command.duty.acting import EDIT, require
from command.duty.contacts import Form
from models.clock import Instant
from models.errors import BadInput, WrongStatus
from models.store.chain import audit
from models.store.crypto import Vault
from models.tables import DutyContact, DutyGroup
from tickets.moving import Actor

COLUMNS = ("name", "kind", "organisation", "position", "offices", "mobiles", "groups", "note")
NEEDED = ("name",)
_KINDS = {"": "person", "person": "person", "人员": "person", "个人": "person",
          "organisation": "organisation", "organization": "organisation", "单位": "organisation"}  # fmt: skip


class Wrong(NamedTuple):
    """A line that was not taken: its number in the file, the field, what is wrong, and what stood there."""

    line: int
    field: str
    fault: str
    said: str


class Taken(NamedTuple):
    """What an import did: the lines added, changed, found the same, and those not taken."""

    added: int
    changed: int
    same: int
    wrong: list[Wrong]


def take(
    session: Session,
    lines: Sequence[tuple[int, Mapping[str, str]]],
    *,
    actor: Actor,
    now: Instant,
    vault: Vault,
) -> Taken:
    """Add or correct contacts by (line, key -> cell); name, unit and position say who it is. Groups are made as named.

    A wrong line changes nothing and stops nothing.
    """
    require(actor, EDIT)
    counts = {"added": 0, "changed": 0, "same": 0}
    wrong: list[Wrong] = []
    for number, cells in lines:
        try:
            # a line is whole or not at all
            with session.begin_nested():
                counts[_line(session, cells, actor, now, vault)] += 1
        except BadInput as error:
            field = str(error.facts.get("field", ""))
            fault = str(error.facts.get("fault", error.facts.get("reason", "bad")))
            said = str(error.facts.get("said", cells.get(field, "")))[:40]
            wrong.append(Wrong(number, field, fault, said))
        except WrongStatus:
            wrong.append(Wrong(number, "name", "edited", cells.get("name", "")[:40]))
    audit(
        session, actor=actor.ref, verb="import_contacts", subject="contacts", now=now,
        **counts, wrong=len(wrong),
    )  # fmt: skip
    return Taken(**counts, wrong=wrong)


def _line(
    session: Session, cells: Mapping[str, str], actor: Actor, now: Instant, vault: Vault
) -> str:
    kind = _KINDS.get(cells.get("kind", "").strip().lower())
    if kind is None:
        raise BadInput("kind", field="kind", said=cells["kind"])
    form = Form(
        name=cells.get("name", ""), kind=kind, organisation=cells.get("organisation", ""),
        position=cells.get("position", ""), offices=cells.get("offices", ""),
        mobiles=cells.get("mobiles") or None, note=cells.get("note", ""),
    )  # fmt: skip
    row = session.scalar(
        select(DutyContact).where(
            DutyContact.active, DutyContact.kind == kind, DutyContact.name == form.name.strip(),
            DutyContact.organisation == form.organisation.strip(),
            DutyContact.position == form.position.strip(),
        ).order_by(DutyContact.id).limit(1)
    )  # fmt: skip
    named = _groups(session, cells.get("groups", ""), actor, now)
    if row is None:
        full = replace(form, groups=named)
        contacts.add(session, full, actor=actor, now=now, vault=vault)
        return "added"
    both = sorted({*contacts.group_ids(session, row.id), *named})
    full, before = replace(
        form, groups=both, user_id=row.user_id, offices=form.offices or ",".join(row.offices),
        note=form.note or row.note,
    ), row.version  # fmt: skip
    contacts.change(session, row.id, before, full, actor=actor, now=now, vault=vault)
    return "changed" if row.version != before else "same"


def _groups(session: Session, said: str, actor: Actor, now: Instant) -> list[int]:
    found = []
    for part in said.replace("，", ",").replace("、", ",").replace("；", ",").split(","):
        name = part.strip()
        if not name:
            continue
        known = session.scalar(select(DutyGroup.id).where(DutyGroup.name == name))
        found.append(known or groups.add(session, name, actor=actor, now=now).id)
    return sorted(set(found))
