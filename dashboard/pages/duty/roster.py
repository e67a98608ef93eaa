"""值班表: the month or week of the address, and what an editor presses beside it."""

import re
from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from command.duty import contacts, roster
from command.duty.roster import Line
from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages.admin.answers import asked as read
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.views import clock
from dashboard.views.duty import roster as views
from dashboard.views.duty.roster import Asked, Sheet
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput
from models.rules.duty.roster import Slot
from tickets.letter_files import printable

_SLOT = re.compile(r"(\S{1,10})\s+(\d{1,2}):(\d\d)\s*[-–—~至]\s*(\d{1,2}):(\d\d)")
_PARTS = re.compile(r"[;；,，\n]+")


def body(search: str) -> Child:
    """Return the roster of the address."""
    require("duty.view")
    may = "duty.edit" in viewer().can
    with reading() as session:
        zone = place(session).zone
        asked = asked_of(search, zone)
        made = sheet(session, asked, zone, may=may)
        beside = _beside(session, asked, made, zone) if may else None
    return views.page(asked, made, beside, pdf=printable(), words=words())


def asked_of(search: str, zone: str) -> Asked:
    """Return what an address asks for; what cannot be read is today's month."""
    given = read(search)
    try:
        day = date.fromisoformat(given.get("day", ""))
        if not 2000 <= day.year <= 2200:
            raise ValueError
    except ValueError:
        day = clock.local(now(), zone).date()
    view = "week" if given.get("view") == "week" else "month"
    return Asked(view, day, given.get("cell", "")[:60])


def sheet(session: Session, asked: Asked, zone: str, *, may: bool) -> Sheet:
    """Return a roster as it is drawn."""
    first, last = asked.span
    cells: dict[tuple[str, date, str], list[Line]] = {}
    for line in roster.shifts(session, first, last):
        cells.setdefault((line.row.level, line.row.day, line.row.slot), []).append(line)
    short = {
        (gap.level, gap.day, gap.slot): gap
        for gap in roster.gaps(session, first, last, actor=actor())
    }
    today = clock.local(now(), zone).date()
    served = {code for code, _, _ in cells}
    drawn = [each for each in roster.levels(session) if each.active or each.code in served]
    return Sheet(drawn, cells, short, today, may)


def _beside(session: Session, asked: Asked, made: Sheet, zone: str) -> Child:
    people, every = contacts.people(session), roster.levels(session)
    used = [each for each in every if each.active]
    if asked.cell:
        try:
            code, day, slot = cell_of(asked.cell)
            level = roster.level(session, code)
            part = level.slot(slot)
        except BadInput:
            return views.generate_form(asked, used, people, words())
        lines = made.shifts.get((code, day, slot), ())
        return views.cell_form(asked, level, part, day, lines, people, zone=zone, words=words())
    forms = [views.levels_form(every, words())]
    if used:
        forms.insert(0, views.generate_form(asked, used, people, words()))
    return forms


def cell_of(key: str) -> tuple[str, date, str]:
    """Return (level, day, slot) of a cell's key; BadInput for another text."""
    parts = key.split(".")
    try:
        code, day, slot = parts
        return code, date.fromisoformat(day), slot
    except ValueError as error:
        raise BadInput(f"no cell {key!r}", field="slot") from error


def _generate(session: Session, given: Pressed) -> Said:
    made = roster.generate(
        session, given.text("roster", "level"), given.day("roster", "since"),
        given.day("roster", "until"), given.numbers("roster", "people"),
        pattern=given.text("roster", "pattern"), actor=actor(), now=given.at,
    )  # fmt: skip
    key = "duty.generated_left" if made.left else "duty.generated"
    return done(key, made=made.made, kept=made.kept, left=made.left)


def _put(session: Session, given: Pressed) -> Said:
    code, day, slot = cell_of(given.key)
    row = roster.place(
        session, code, day, slot, given.number("place", "person"), actor=actor(), now=given.at
    )
    return done("duty.placed", name=roster.one(session, row.id).who.name)


def _change(session: Session, given: Pressed) -> Said:
    old = roster.one(session, given.id).row
    row = roster.place(
        session, old.level, old.day, old.slot, given.number(f"shift{given.id}", "person"),
        instead=given.id, actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.placed", name=roster.one(session, row.id).who.name)


def _retime(session: Session, given: Pressed) -> Said:
    zone, form = place(session).zone, f"shift{given.id}"
    roster.retime(
        session, given.id, given.version, given.instant(form, "start", zone),
        given.instant(form, "end", zone), actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.saved")


def _cancel(session: Session, given: Pressed) -> Said:
    why = given.text(f"shift{given.id}", "why")
    roster.cancel(session, given.id, given.version, why, actor=actor(), now=given.at)
    return done("duty.cancelled")


def _level(session: Session, given: Pressed) -> Said:
    known = [each.code for each in roster.levels(session)]
    form = f"level{given.key}"
    code = _free(known) if given.key == "new" else given.key
    position = known.index(code) if code in known else len(known)
    before = roster.level(session, code).slots if code in known else ()
    roster.set_level(
        session, code, given.text(form, "label"), given.number(form, "least"),
        read_slots(given.text(form, "slots"), before), position, actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.saved")


def _switch_off(session: Session, given: Pressed) -> Said:
    roster.switch_level(session, given.key, active=False, actor=actor(), now=given.at)
    return done("duty.saved")


def _switch_on(session: Session, given: Pressed) -> Said:
    roster.switch_level(session, given.key, active=True, actor=actor(), now=given.at)
    return done("duty.saved")


def _free(known: list[str]) -> str:
    return next(code for n in range(len(known) + 2) if (code := f"level{n + 1}") not in known)


def read_slots(said: str, before: tuple[Slot, ...]) -> list[Slot]:
    """Read `白班 08:00–20:00；夜班 20:00–08:00`; a slot of the same name keeps its code. BadInput for another text.

    A slot that begins before the one in front of it is on the next day.
    """
    codes = {slot.label: slot.code for slot in before}
    found: list[Slot] = []
    for number, part in enumerate(part for part in _PARTS.split(said) if part.strip()):
        read_ = _SLOT.fullmatch(part.strip())
        if read_ is None:
            raise BadInput(f"slot {part!r}", field="slots", said=part)
        label, *clocks = read_.groups()
        hour, minute, until_hour, until_minute = map(int, clocks)
        start, end = hour * 60 + minute, until_hour * 60 + until_minute
        if found and start < found[-1].start:
            start += 1440
        length = (end - start) % 1440 or 1440
        code = codes.get(label, f"s{number + 1}")
        found.append(Slot(code, label, start, length))
    return found


VERBS: Mapping[str, Verb] = {
    "roster.generate": _generate,
    "place.put": _put,
    "shift.change": _change,
    "shift.retime": _retime,
    "shift.cancel": _cancel,
    "level.set": _level,
    "level.off": _switch_off,
    "level.on": _switch_on,
}
