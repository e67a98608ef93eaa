"""The page of units: the tree, one unit's form, files in and out."""

from collections.abc import Mapping
from dataclasses import asdict, fields

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import (
    Said,
    Values,
    Verb,
    asked,
    done,
    page_number,
    several,
    text,
)  # fmt: skip
from dashboard.pages.context import actor, district_options, place, words
from dashboard.sheet import read
from dashboard.texts import LANGUAGES
from dashboard.views.admin import parts
from dashboard.views.admin import units as views
from dashboard.views.kit import Child
from tickets import units
from tickets.units import UnitForm

COLUMNS = ("code", "name", "parent", "district", "contact", "phone", "duties")


def body(search: str) -> Child:
    """Return the tree and the form of the unit in the address, or of a new one."""
    require("admin.units")
    given = asked(search)
    code, said = given.get("unit", ""), given.get("q", "")[:60]
    with reading() as session:
        found = _tree(session, given)
        choices = units.choices(session)
        if code:
            zone = place(session).zone
            line = units.one(session, code, actor=actor())
            number = page_number(given, "held")
            held = units.held(session, code, actor=actor(), page=number)
            form = UnitForm.of(line.row)
            closing = views.closing(line, held, number, zone, words())
            areas = district_options(session, form.district)
            beside = views.form(code, form, choices, areas, words(), closing)
            store = views.stores(code, asdict(form))
        else:
            areas = district_options(session, "")
            beside, store = views.form("", UnitForm(""), choices, areas, words()), None
    return [store, views.page(found, beside, said, words())]


def _tree(session: Session, given: Mapping[str, str]) -> Child:
    said, number = given.get("q", "")[:60], page_number(given)
    found = units.listing(session, actor=actor(), words=said, page=number)
    return views.tree(found, given.get("unit", ""), said, number, words())


def listed(said: str | None, search: str | None) -> Child:
    """Return the tree as it is searched."""
    require("admin.units")
    given = {**asked(search or ""), "q": (said or "")[:60]}
    given.pop("page", None)
    with reading() as session:
        return _tree(session, given)


def _form(values: Values) -> UnitForm:
    return UnitForm(**{field.name: text(values, field.name) for field in fields(UnitForm)})


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    row = units.add(session, text(values, "code"), _form(values), actor=actor(), now=at)
    return done("admin.unit.added", name=row.name)


def _change(session: Session, key: str, values: Values, at: float) -> Said:
    before = UnitForm(**values["seen"]["before"])
    units.change(session, key, before, _form(values), actor=actor(), now=at)
    return done("admin.saved")


def _deactivate(session: Session, key: str, values: Values, at: float) -> Said:
    count = units.deactivate(
        session, key, take_back="yes" in several(values, "take_back"), note=text(values, "note"),
        actor=actor(), now=at,
    )  # fmt: skip
    return done("admin.unit.closed", n=count)


def _activate(session: Session, key: str, _values: Values, at: float) -> Said:
    units.activate(session, key, actor=actor(), now=at)
    return done("admin.saved")


VERBS: Mapping[str, Verb] = {
    "unit.add": _add,
    "unit.change": _change,
    "unit.deactivate": _deactivate,
    "unit.activate": _activate,
}


def heads(form: str, columns: tuple[str, ...]) -> dict[str, str]:
    """Return what may head a column of a file, in any of our languages, and the key it means."""
    named = {
        texts[f"admin.{form}.{key}"].lower(): key for texts in LANGUAGES.values() for key in columns
    }
    return named | {key: key for key in columns}


def take(session: Session, raw: bytes, at: float) -> Said:
    """Take in a file of units."""
    lines = read(raw, heads("unit", COLUMNS), ("code", "name"))
    found = units.import_units(session, lines, actor=actor(), now=at)
    texts = words()
    told = [
        texts["admin.import.wrong"].format(
            line=number, field=texts[f"admin.unit.{field}"], value=value[:40] or texts["admin.import.empty"]
        )
        for number, field, value in found.wrong
    ]  # fmt: skip
    title = texts["admin.import.done"].format(
        added=found.added, changed=found.changed, same=found.same, wrong=len(found.wrong)
    )
    return Said(title, parts.report(title, told))


def give(session: Session) -> tuple[str, list[list[str | float]]]:
    """Return the name and the rows of the file of all units."""
    rows = units.everything(session, actor=actor())
    return "units", [
        [words()[f"admin.unit.{name}"] for name in COLUMNS],
        *([getattr(row, name) for name in COLUMNS] for row in rows),
    ]
