"""值班表 (L-02, L-06): levels with their slots, shifts by rotation or by hand, gaps, and who is on duty now.

Who changes the roster takes the tenant's turn first: nobody is put on two shifts that share a moment, however many
press at once.
"""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command.duty.acting import (
    EDIT,
    VIEW,
    contact,
    count,
    envelope,
    owed,
    require,
    short,
    take_turn,
    tell,
    zone,
)
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, WrongStatus
from models.events.duty import (
    DutyLevelSet,
    RosterGenerated,
    ShiftCancelled,
    ShiftPlaced,
    ShiftRetimed,
)
from models.rules.duty import roster as rules
from models.rules.duty.roster import Cell, Gap, Slot
from models.store.db import tenant_of
from models.tables import DutyContact, DutyLevel, DutyShift
from tickets.moving import Actor

PLANNED, CANCELLED = "planned", "cancelled"
LONGEST_S = 36 * 3600.0
LEAST_MAX = 50


class Level(NamedTuple):
    """A level as its row has it, with its slots read."""

    code: str
    label: str
    least: int
    slots: tuple[Slot, ...]
    active: bool = True

    def slot(self, code: str) -> Slot:
        """Return a slot; BadInput for one the level does not have."""
        for slot in self.slots:
            if slot.code == code:
                return slot
        raise BadInput(f"{self.code} has no slot {code}", field="slot")


class Line(NamedTuple):
    """A shift and who serves it."""

    row: DutyShift
    who: DutyContact


class OnDuty(NamedTuple):
    """Who is on duty at a moment; `offices` are published numbers."""

    level: str
    label: str
    slot: str
    contact: int
    name: str
    position: str
    offices: tuple[str, ...]
    start: Instant
    end: Instant
    user_id: int
    shift: int


# --- levels ---------------------------------------------------------------------------------


def levels(session: Session) -> list[Level]:
    """Return the levels, those not in use too, the highest first."""
    rows = session.scalars(select(DutyLevel).order_by(DutyLevel.position, DutyLevel.code))
    return [
        Level(row.code, row.label, row.least, rules.slots_of(row.slots), row.active) for row in rows
    ]


def level(session: Session, code: str) -> Level:
    """Return a level; BadInput for an unknown one."""
    for found in levels(session):
        if found.code == code:
            return found
    raise BadInput(f"no level {code}", field="level")


def _served(session: Session, code: str) -> Level:
    """Return a level people may be put on; BadInput for one that is not in use."""
    found = level(session, code)
    if not found.active:
        raise BadInput(f"level {code} is not in use", field="level")
    return found


def set_level(
    session: Session,
    code: str,
    label: str,
    least: int,
    slots: Sequence[Slot],
    position: int,
    *,
    actor: Actor,
    now: Instant,
) -> None:
    """Make a level, or give it other slots and another least number; shifts that are planned stay as they are."""
    require(actor, EDIT)
    code, label = owed(code, "level", 20), owed(label, "label", 20)
    rules.check(slots)
    if not 0 <= least <= LEAST_MAX:
        raise BadInput("least", field="least", most=LEAST_MAX)
    values = {
        "label": label, "least": least, "position": position,
        "slots": msgspec.to_builtins(list(slots)),
    }  # fmt: skip
    before = session.get(DutyLevel, (tenant_of(session), code), populate_existing=True)
    used = before is None or before.active
    if before is not None and all(getattr(before, name) == each for name, each in values.items()):
        return
    put = insert(DutyLevel).values(tenant_id=tenant_of(session), code=code, **values)
    session.execute(put.on_conflict_do_update(index_elements=["tenant_id", "code"], set_=values))
    told = envelope(actor, now, f"level-{code}-{now:.3f}")
    tell(session, DutyLevelSet(**told, level=code, label=label, least=least, active=used))


def switch_level(
    session: Session, code: str, *, active: bool, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Put a level out of use, or into use again; WrongStatus while it has shifts to come, or when it is so already.

    What was served on it stays, under its name.
    """
    require(actor, EDIT)
    take_turn(session)  # nobody is put on it until this is done
    key = tenant_of(session), code
    row = session.get(DutyLevel, key, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound(f"no level {code}")
    if row.active is active:
        raise WrongStatus(f"level {code} is so already", reason="edited")
    coming = select(DutyShift.id).where(
        DutyShift.level == code, DutyShift.state == PLANNED, DutyShift.end_at > to_datetime(now)
    )
    if not active and (shifts := count(session, coming)):
        raise WrongStatus(f"{code} has {shifts} shifts to come", reason="coming", shifts=shifts)
    row.active = active
    session.flush()
    told = envelope(actor, now, f"level-{code}-{now:.3f}")
    tell(session, DutyLevelSet(**told, level=code, label=row.label, least=row.least, active=active))


# --- shifts ---------------------------------------------------------------------------------


def generate(
    session: Session,
    code: str,
    since: date,
    until: date,
    people: Sequence[int],
    *,
    pattern: str = "",
    actor: Actor,
    now: Instant,
) -> RosterGenerated:
    """Fill a level's empty slots from `since` to `until` by rotation; in turn, or by a cycle (`pattern`).

    What is there stays. Who has another shift at that time is left out: the slot shows as a gap. In turn, the
    rotation goes on behind who of `people` served last.
    """
    require(actor, EDIT)
    take_turn(session)
    what, days = _served(session, code), rules.days_of(since, until)
    for person in people:
        contact(session, person)
    if pattern.strip():
        cycle = rules.read_pattern(pattern, what.slots)
        wanted = rules.by_cycle(people, days, what.slots, cycle)
    else:
        first = rules.next_first(people, _last_before(session, code, since))
        wanted = rules.in_turn(people, days, what.slots, max(what.least, 1), first)
    filled = {(line.row.day, line.row.slot) for line in shifts(session, since, until, level=code)}
    kept = {cell for cell in wanted if (cell.day, cell.slot) in filled}
    made = 0
    for cell in wanted:
        if cell in kept:
            continue
        span = rules.span(cell.day, what.slot(cell.slot), zone(session))
        if _busy(session, cell.person, span) is None:
            _insert(session, code, cell, span, now)
            made += 1
    event = RosterGenerated(
        **envelope(actor, now, f"roster-{code}-{since}-{until}-{now:.3f}"), level=code,
        label=what.label, since=str(since), until=str(until), made=made, kept=len(kept),
        left=len(wanted) - len(kept) - made,
    )  # fmt: skip
    if not made:
        raise WrongStatus("nothing to fill", reason="nothing", kept=event.kept, left=event.left)
    tell(session, event)
    return event


def place(
    session: Session,
    code: str,
    day: date,
    slot: str,
    person: int,
    *,
    instead: int = 0,
    actor: Actor,
    now: Instant,
) -> DutyShift:
    """Put a person on a slot of a day, in place of shift `instead`; WrongStatus names the other shift of the person."""
    require(actor, EDIT)
    take_turn(session)
    what = _served(session, code)
    who, was = contact(session, person), ""
    if instead:
        old = cancelled(session, instead, now)
        if (old.row.level, old.row.day, old.row.slot) != (code, day, slot):
            raise BadInput("another cell", field="slot")
        was = old.who.name
        span = old.row.start_at.timestamp(), old.row.end_at.timestamp()
    else:
        span = rules.span(day, what.slot(slot), zone(session))
    row = put(session, code, Cell(day, slot, person), span, now)
    tell(
        session,
        ShiftPlaced(
            **envelope(actor, now, f"shift-{row.id}-1"), **_told(row, what.label, who),
            instead=instead, was=was,
        ),
    )  # fmt: skip
    return row


def put(
    session: Session, code: str, cell: Cell, span: tuple[Instant, Instant], now: Instant
) -> DutyShift:
    """Write a shift with the turn in hand; WrongStatus when the person has another at that time."""
    busy = _busy(session, cell.person, span)
    if busy is not None:
        raise _booked(session, busy)
    return _insert(session, code, cell, span, now)


def _booked(session: Session, busy: Line) -> WrongStatus:
    """Return the refusal that names the other shift of the person."""
    return WrongStatus(
        f"contact {busy.who.id} is on duty then", reason="booked", name=busy.who.name,
        level=level(session, busy.row.level).label, start=busy.row.start_at.timestamp(),
        end=busy.row.end_at.timestamp(), zone=zone(session),
    )  # fmt: skip


def retime(
    session: Session,
    shift_id: int,
    version: int,
    start: Instant,
    end: Instant,
    *,
    actor: Actor,
    now: Instant,
) -> None:
    """Let a shift begin or end at another time; WrongStatus when it was changed, or the person is busy then."""
    require(actor, EDIT)
    take_turn(session)
    before = one(session, shift_id)
    old = before.row.start_at.timestamp(), before.row.end_at.timestamp()
    if not start < end <= start + LONGEST_S:
        raise BadInput("a shift of at most 36 hours", field="end")
    if old == (start, end):
        return
    busy = _busy(session, before.row.contact_id, (start, end), but=shift_id)
    if busy is not None:
        raise _booked(session, busy)
    row = _move(
        session, shift_id, now, version, start_at=to_datetime(start), end_at=to_datetime(end)
    )
    tell(
        session,
        ShiftRetimed(
            **envelope(actor, now, f"shift-{row.id}-{row.version}"),
            **_told(row, level(session, row.level).label, before.who),
            was_start=old[0], was_end=old[1],
        ),
    )  # fmt: skip


def cancel(
    session: Session, shift_id: int, version: int, why: str, *, actor: Actor, now: Instant
) -> None:
    """Take a person off a shift; it shows as a gap where the slot then lacks people."""
    require(actor, EDIT)
    take_turn(session)
    why = short(why, "why", 200)
    row, who = cancelled(session, shift_id, now, version)
    tell(
        session,
        ShiftCancelled(
            **envelope(actor, now, f"shift-{row.id}-{row.version}"),
            **_told(row, level(session, row.level).label, who), why=why,
        ),
    )  # fmt: skip


def _told(row: DutyShift, label: str, who: DutyContact) -> dict[str, Any]:
    return {
        "shift": row.id, "level": row.level, "label": label, "contact": who.id, "who": who.name,
        "start": row.start_at.timestamp(), "end": row.end_at.timestamp(),
    }  # fmt: skip


def cancelled(session: Session, shift_id: int, now: Instant, version: int = 0) -> Line:
    """Take the person off with the turn in hand; who calls it tells of it."""
    row = _move(session, shift_id, now, version, state=CANCELLED)
    return Line(row, session.get_one(DutyContact, row.contact_id))


def _move(
    session: Session, shift_id: int, now: Instant, version: int = 0, **values: object
) -> DutyShift:
    where = [DutyShift.id == shift_id, DutyShift.state == PLANNED]
    if version:
        where.append(DutyShift.version == version)
    row = session.scalar(
        update(DutyShift)
        .where(*where)
        .values(version=DutyShift.version + 1, changed_at=to_datetime(now), **values)
        .returning(DutyShift)
        .execution_options(populate_existing=True)
    )
    if row is None:
        one(session, shift_id)
        raise WrongStatus(f"shift {shift_id} was changed meanwhile", reason="edited")
    return row


def _insert(
    session: Session, code: str, cell: Cell, span: tuple[Instant, Instant], now: Instant
) -> DutyShift:
    row = DutyShift(
        tenant_id=tenant_of(session), level=code, slot=cell.slot, day=cell.day,
        start_at=to_datetime(span[0]), end_at=to_datetime(span[1]), contact_id=cell.person,
        state=PLANNED, version=1, changed_at=to_datetime(now),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


def _busy(
    session: Session, person: int, span: tuple[Instant, Instant], *, but: int = 0
) -> Line | None:
    """Return a planned shift of the person that shares a moment with the span."""
    found = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(
            DutyShift.contact_id == person, DutyShift.state == PLANNED, DutyShift.id != but,
            DutyShift.start_at < to_datetime(span[1]), DutyShift.end_at > to_datetime(span[0]),
        )
        .limit(1)
    ).first()  # fmt: skip
    return Line(*found) if found else None


def _last_before(session: Session, code: str, day: date) -> int | None:
    return session.scalar(
        select(DutyShift.contact_id)
        .where(DutyShift.level == code, DutyShift.state == PLANNED, DutyShift.day < day)
        .order_by(DutyShift.start_at.desc(), DutyShift.id.desc())
        .limit(1)
    )


# --- looking up -----------------------------------------------------------------------------


def one(session: Session, shift_id: int) -> Line:
    """Return a shift and who serves it; NotFound for none."""
    row = session.get(DutyShift, shift_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no shift {shift_id}")
    return Line(row, session.get_one(DutyContact, row.contact_id))


def shifts(session: Session, since: date, until: date, *, level: str = "") -> list[Line]:
    """Return the planned shifts that belong to the days from `since` to `until`, in the order of time."""
    where = [DutyShift.day.between(since, until), DutyShift.state == PLANNED]
    if level:
        where.append(DutyShift.level == level)
    found = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(*where)
        .order_by(DutyShift.start_at, DutyShift.id)
    )
    return [Line(*each) for each in found]


def serving(session: Session, since: Instant, until: Instant) -> list[Line]:
    """Return the planned shifts any part of which lies in [since, until), whatever day they belong to."""
    found = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(
            DutyShift.state == PLANNED,
            DutyShift.start_at < to_datetime(until), DutyShift.end_at > to_datetime(since),
        )
        .order_by(DutyShift.start_at, DutyShift.id)
    )  # fmt: skip
    return [Line(*each) for each in found]


def gaps(session: Session, since: date, until: date, *, actor: Actor) -> list[Gap]:
    """Return where each level lacks people from `since` to `until`, in the order of days."""
    require(actor, VIEW)
    days, planned = rules.days_of(since, until), shifts(session, since, until)
    found: list[Gap] = []
    for what in (each for each in levels(session) if each.active):
        cells = [
            Cell(row.day, row.slot, row.contact_id) for row, _ in planned if row.level == what.code
        ]
        found += rules.gaps(what.code, what.least, what.slots, days, cells)
    return sorted(found, key=lambda gap: gap.day)


def on_duty(session: Session, *, now: Instant) -> list[OnDuty]:
    """Return who is on duty now, the highest level first; for the wall, the dossier and whoever asks."""
    at = to_datetime(now)
    found = session.execute(
        select(DutyShift, DutyContact, DutyLevel)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .join(DutyLevel, DutyLevel.code == DutyShift.level)
        .where(DutyShift.state == PLANNED, DutyShift.start_at <= at, DutyShift.end_at > at)
        .order_by(DutyLevel.position, DutyShift.start_at, DutyShift.id)
    )
    return [
        OnDuty(
            what.code, what.label,
            next((each.label for each in rules.slots_of(what.slots) if each.code == row.slot), ""),
            who.id, who.name, who.position, tuple(who.offices), row.start_at.timestamp(),
            row.end_at.timestamp(), who.user_id, row.id,
        )
        for row, who, what in found
    ]  # fmt: skip


def next_up(session: Session, code: str, *, now: Instant) -> Line | None:
    """Return the next shift of a level that begins from now on."""
    found = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(
            DutyShift.level == code, DutyShift.state == PLANNED,
            DutyShift.start_at > to_datetime(now),
        )
        .order_by(DutyShift.start_at, DutyShift.id).limit(1)
    ).first()  # fmt: skip
    return Line(*found) if found else None


def coming(session: Session, contact_id: int, *, now: Instant, days: int = 45) -> list[Line]:
    """Return a person's shifts that end from now on."""
    at = to_datetime(now)
    found = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(
            DutyShift.contact_id == contact_id, DutyShift.state == PLANNED, DutyShift.end_at > at,
            DutyShift.start_at < at + timedelta(days=days),
        )
        .order_by(DutyShift.start_at)
    )  # fmt: skip
    return [Line(*each) for each in found]
