"""承办单位: the tree of handling units, and what becomes of their tickets when one closes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select, text, union
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Ticket, TicketLeg, Unit
from tickets.assignment import recall
from tickets.moving import Actor

PERMISSION = "admin.units"
MAX_LEVEL = 5
PAGE = 50
HELD_PAGE = 20
CODE = re.compile(r"[A-Za-z0-9_-]{1,32}")
LIMITS = {"name": 60, "district": 12, "contact": 40, "phone": 32, "duties": 500}
_TREE_LOCK = 11
"""Two who move units at once could make a circle that neither sees: one after the other, a tenant."""


@dataclass(frozen=True, slots=True)
class UnitForm:
    """What is written down of a unit: `parent` a code, empty for the top; `duties` words apart by spaces."""

    name: str
    parent: str = ""
    district: str = ""
    contact: str = ""
    phone: str = ""
    duties: str = ""

    @classmethod
    def of(cls, row: Unit) -> "UnitForm":
        """Return what is written down of `row`."""
        return cls(**{field.name: getattr(row, field.name) for field in fields(cls)})

    def tidy(self) -> "UnitForm":
        """Return it without idle spaces; BadInput names the first field that cannot be taken."""
        words = " ".join(re.split(r"[\s,，、;；]+", self.duties)).strip()
        told = {f.name: str(getattr(self, f.name)).strip() for f in fields(self)}
        tidied = replace(self, **{**told, "duties": words})
        if not tidied.name:
            raise BadInput("name is empty", field="name")
        for field, limit in LIMITS.items():
            if len(getattr(tidied, field)) > limit or "\0" in getattr(tidied, field):
                raise BadInput(f"{field} is longer than {limit}", field=field)
        if tidied.district and not tidied.district.isdigit():
            raise BadInput("district", field="district")
        return tidied


class UnitLine(NamedTuple):
    """A unit in the tree; `open` counts the tickets it or its sub-unit still owes through it.

    later : tickets it led that are reviewed or in review, and may come back to it; counted for one unit alone.
    """

    row: Unit
    open: int
    later: int = 0


class UnitPage(NamedTuple):
    """One page of units in the order of the tree, and how many there are."""

    lines: list[UnitLine]
    total: int

    @property
    def pages(self) -> int:
        """Return how many pages there are."""
        return -(-self.total // PAGE)


class Imported(NamedTuple):
    """What an import did; `wrong` lists (line of the file, field, what stood there)."""

    added: int
    changed: int
    same: int
    wrong: list[tuple[int, str, str]]


def allowed(actor: Actor) -> None:
    """Raise Refused unless the actor may change units."""
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)


# --- reading --------------------------------------------------------------------------------


def listing(session: Session, *, actor: Actor, words: str = "", page: int = 0) -> UnitPage:
    """Return a page of the tree, parents before their children; with `words` only units that match."""
    allowed(actor)
    rows = _in_order(session)
    said = words.strip().lower()
    found = [
        row for row in rows if said in f"{row.code} {row.name} {row.contact} {row.duties}".lower()
    ]
    part = found[page * PAGE : (page + 1) * PAGE]
    open_ = _open_counts(session)
    return UnitPage([UnitLine(row, open_.get(row.code, 0)) for row in part], len(found))


def one(session: Session, code: str, *, actor: Actor) -> UnitLine:
    """Return one unit; NotFound if there is none."""
    allowed(actor)
    row = _row(session, code)
    return UnitLine(row, _open_counts(session, code).get(code, 0), later(session, code))


def later(session: Session, code: str) -> int:
    """Count the tickets a unit led that are in review or reviewed: sent back, they wait for another unit."""
    found = select(func.count()).where(
        Ticket.lead == code, Ticket.status.in_(("pending_review", "reviewed"))
    )
    return session.scalar(found) or 0


def held(session: Session, code: str, *, actor: Actor, page: int = 0) -> list[Ticket]:
    """Return a page of the tickets a unit still owes, the first due first."""
    allowed(actor)
    rows = session.scalars(
        select(Ticket).where(Ticket.id.in_(_held_by(code)))
        .order_by(Ticket.due_at.asc().nulls_last(), Ticket.id)
        .offset(page * HELD_PAGE).limit(HELD_PAGE)
    )  # fmt: skip
    return list(rows)


def everything(session: Session, *, actor: Actor) -> list[Unit]:
    """Return all units in the order of the tree."""
    allowed(actor)
    return _in_order(session)


def choices(session: Session) -> list[tuple[str, str]]:
    """Return (code, name) of all active units in the order of the tree, names indented by level."""
    rows = _in_order(session)
    return [
        (row.code, "　" * (row.level - 1) + (row.name or row.code)) for row in rows if row.active
    ]


def _in_order(session: Session) -> list[Unit]:
    """Return all units so that each stands below its parent."""
    below: dict[str, list[Unit]] = {}
    for row in session.scalars(select(Unit).order_by(Unit.id)):
        below.setdefault(row.parent, []).append(row)
    ordered: list[Unit] = []
    waiting = below.get("", [])[::-1]
    while waiting:
        row = waiting.pop()
        ordered.append(row)
        waiting += below.get(row.code, [])[::-1]
    return ordered


def _row(session: Session, code: str) -> Unit:
    row = session.scalar(
        select(Unit).where(Unit.code == code).execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(f"no unit {code}")
    return row


_OPEN = and_(TicketLeg.handled_at.is_(None), TicketLeg.returned_at.is_(None))


def _held_by(code: str) -> ColumnElement[int]:
    """Return the ids of the tickets with an open part of the unit: it answers for it, or has it now."""
    has = or_(TicketLeg.unit == code, TicketLeg.holder == code)
    return select(TicketLeg.ticket_id).where(_OPEN, has).scalar_subquery()


def _open_counts(session: Session, code: str = "") -> dict[str, int]:
    each = union(
        *(
            select(column.label("code"), TicketLeg.ticket_id)
            .where(_OPEN, *([column == code] if code else []))
            for column in (TicketLeg.unit, TicketLeg.holder)
        )
    ).subquery()  # fmt: skip
    found = session.execute(select(each.c.code, func.count()).group_by(each.c.code))
    return dict(found.all())


# --- changing -------------------------------------------------------------------------------


def add(session: Session, code: str, form: UnitForm, *, actor: Actor, now: Instant) -> Unit:
    """Add a unit; BadInput names the field, WrongStatus when the code is taken."""
    allowed(actor)
    code, form = code.strip(), form.tidy()
    if not CODE.fullmatch(code):
        raise BadInput(f"code {code!r}", field="code")
    parents = _tree(session)
    if code in parents:
        raise BadInput(f"unit {code} exists", field="code", taken=True)
    row = Unit(tenant_id=tenant_of(session), code=code, level=_level(parents, code, form.parent))
    _write(row, form)
    session.add(row)
    session.flush()
    audit(session, actor=actor.ref, verb="add_unit", subject=code, now=now, **_told(form))
    return row


def change(
    session: Session, code: str, before: UnitForm, form: UnitForm, *, actor: Actor, now: Instant
) -> None:
    """Change what is written of a unit, also its place in the tree; WrongStatus if it is not `before` any more."""
    allowed(actor)
    form = form.tidy()
    parents = _tree(session)
    row = _row(session, code)
    if UnitForm.of(row) != before:
        raise WrongStatus(f"unit {code} was changed meanwhile", code=code)
    if form == before:
        return
    _level(parents, code, form.parent)
    _write(row, form)
    session.flush()
    if form.parent != before.parent:
        _level_all(session, {**parents, code: form.parent})
    audit(
        session, actor=actor.ref, verb="change_unit", subject=code, now=now, before=_told(before),
        after=_told(form),
    )  # fmt: skip


def deactivate(
    session: Session,
    code: str,
    *,
    take_back: bool = False,
    note: str = "",
    actor: Actor,
    now: Instant,
) -> int:
    """Close a unit; with `take_back` the tickets it owes go back to the centre. Return how many.

    WrongStatus while it owes tickets otherwise (`open`), or while units below it are active (`below`).
    """
    allowed(actor)
    _tree(session)
    row = _row(session, code)
    if not row.active:
        raise WrongStatus(f"unit {code} is not active", code=code)
    below = session.scalar(
        select(func.count()).select_from(Unit).where(Unit.parent == code, Unit.active)
    )
    if below:
        raise WrongStatus(f"{below} units below {code}", below=below)
    row.active = False
    session.flush()  # the row is locked: who assigns to it now waits, and then finds it closed
    owed = list(
        session.scalars(select(Ticket.id).where(Ticket.id.in_(_held_by(code))).order_by(Ticket.id))
    )
    if owed and not take_back:
        raise WrongStatus(f"unit {code} owes {len(owed)} tickets", open=len(owed), code=code)
    for ticket_id in owed:
        recall(session, ticket_id, note=note, actor=actor, now=now)
    audit(
        session, actor=actor.ref, verb="deactivate_unit", subject=code, now=now, recalled=len(owed),
        later=later(session, code), note=note.strip(),
    )  # fmt: skip
    return len(owed)


def activate(session: Session, code: str, *, actor: Actor, now: Instant) -> None:
    """Open a closed unit again; WrongStatus while the unit above it is closed."""
    allowed(actor)
    _tree(session)
    row = _row(session, code)
    if row.active:
        raise WrongStatus(f"unit {code} is active", code=code)
    closed = exists().where(Unit.code == row.parent, Unit.active.is_(False))
    if session.scalar(select(closed)):
        raise WrongStatus(f"{row.parent} is closed", above=row.parent)
    row.active = True
    audit(session, actor=actor.ref, verb="activate_unit", subject=code, now=now)


def import_units(
    session: Session,
    lines: Sequence[tuple[int, Mapping[str, str]]],
    *,
    actor: Actor,
    now: Instant,
) -> Imported:
    """Add the units of a file, and change those that exist; wrong lines are reported and left out.

    Parents may stand anywhere in the file. The same file again changes nothing.
    """
    allowed(actor)
    parents = _tree(session)
    rows = {row.code: row for row in session.scalars(select(Unit))}
    wrong: list[tuple[int, str, str]] = []
    waiting: list[tuple[int, str, UnitForm]] = []
    seen: set[str] = set()
    for number, line in lines:
        code = line.get("code", "").strip()
        try:
            if not CODE.fullmatch(code) or code in seen:
                raise BadInput(f"code {code!r}", field="code")
            form = UnitForm(**{f.name: line.get(f.name, "") for f in fields(UnitForm)}).tidy()
            waiting.append((number, code, form))
            seen.add(code)
        except BadInput as error:
            field = str(error.facts["field"])
            wrong.append((number, field, line.get(field, "")))
    counts = {"added": 0, "changed": 0, "same": 0}
    while waiting:
        late = []
        for number, code, form in waiting:
            if form.parent and form.parent not in parents:
                late.append((number, code, form))
                continue
            try:
                counts[_take_line(session, parents, rows, code, form)] += 1
            except BadInput:
                wrong.append((number, "parent", form.parent))
        if len(late) == len(waiting):
            wrong += [(number, "parent", form.parent) for number, _, form in late]
            break
        waiting = late
    session.flush()
    _level_all(session, parents)
    audit(
        session, actor=actor.ref, verb="import_units", subject=f"{len(lines)} lines", now=now,
        wrong=len(wrong), **counts,
    )  # fmt: skip
    return Imported(counts["added"], counts["changed"], counts["same"], sorted(wrong))


def _take_line(
    session: Session, parents: dict[str, str], rows: dict[str, Unit], code: str, form: UnitForm
) -> str:
    """Write one line of a file; return what it was: added, changed or same."""
    level = _level(parents, code, form.parent)
    row = rows.get(code)
    if row is not None and UnitForm.of(row) == form:
        return "same"
    parents[code] = form.parent
    if row is not None:
        _write(row, form)
        return "changed"
    rows[code] = made = Unit(tenant_id=tenant_of(session), code=code, level=level)
    _write(made, form)
    session.add(made)
    return "added"


def _tree(session: Session) -> dict[str, str]:
    """Take the tenant's turn on the tree until the transaction ends; return code -> parent."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": tenant_of(session), "b": _TREE_LOCK}
    )
    return dict(session.execute(select(Unit.code, Unit.parent)).all())


def _level(parents: Mapping[str, str], code: str, parent: str) -> int:
    """Return the level of `code` below `parent`; BadInput for no such parent, a circle, or one too deep."""
    above = parent
    while above:
        if above == code or above not in parents:
            raise BadInput(f"{code} cannot be below {parent}", field="parent")
        above = parents[above]
    level = _depth({**parents, code: parent}, code)
    if level - 1 + _height(parents, code) > MAX_LEVEL:
        raise BadInput(f"{code} would be on level {level}", field="parent")
    return level


def _depth(parents: Mapping[str, str], code: str) -> int:
    return 1 + _depth(parents, parents[code]) if parents[code] else 1


def _height(parents: Mapping[str, str], code: str) -> int:
    """Return how many levels `code` and the units below it take."""
    height, layer = 1, {code} & parents.keys()
    while layer := {each for each, parent in parents.items() if parent in layer}:
        height += 1
    return height


def _level_all(session: Session, parents: Mapping[str, str]) -> None:
    """Write the level of every unit whose place changed."""
    for row in session.scalars(select(Unit)):
        row.level = _depth(parents, row.code)
    session.flush()


def _write(row: Unit, form: UnitForm) -> None:
    for name, value in _told(form).items():
        setattr(row, name, value)


def _told(form: UnitForm) -> dict[str, str]:
    return {field.name: getattr(form, field.name) for field in fields(form)}
