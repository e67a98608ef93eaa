"""The page of categories: the newest version's tree, one category's form, files in and out."""

from collections.abc import Mapping
from dataclasses import fields

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import Said, Values, Verb, asked, done, text
from dashboard.pages.admin.units import heads
from dashboard.pages.context import actor, words
from dashboard.sheet import read
from dashboard.views.admin import categories as views
from dashboard.views.admin import parts
from dashboard.views.kit import Child
from models.errors import NotFound
from tickets import dictionary, units
from tickets.dictionary import Entry

COLUMNS = ("code", "label", "parent", "unit", "keywords")


def body(search: str) -> Child:
    """Return the tree and the form of the category in the address, or of a new one."""
    require("admin.parameters")
    given = asked(search)
    code, below = given.get("code", ""), given.get("below", "")
    with reading() as session:
        version, entries = dictionary.present(session)
        choices = units.choices(session)
    known = {entry.code: entry for entry in entries}
    levels = {entry.code: dictionary.level(entry, known) for entry in entries}
    parents = [
        (entry.code, "　" * (levels[entry.code] - 1) + entry.label)
        for entry in entries
        if levels[entry.code] < dictionary.MAX_LEVEL
    ]
    chosen = known.get(code) or Entry(
        below if below in known else "", "", below if below in known else ""
    )
    form = views.form(chosen, code in known, parents, choices, version, words())
    store = parts.seen("category", {"version": version})
    names = {key: name.strip("　") for key, name in choices}
    return [
        store,
        views.page(entries, levels, names, chosen=code, version=version, form=form, words=words()),
    ]


def _put(session: Session, entry: Entry, values: Values, at: float, *, new: bool) -> Said:
    version = dictionary.put(
        session, entry, seen=values["seen"]["version"], actor=actor(), now=at, new=new
    )
    return done("admin.category.published", version=version)


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    entry = Entry(**{field.name: text(values, field.name) for field in fields(Entry)})
    return _put(session, entry, values, at, new=True)


def _change(session: Session, key: str, values: Values, at: float) -> Said:
    before = dictionary.of_version(session, values["seen"]["version"]).get(key)
    if before is None:
        raise NotFound(f"no category {key}")
    entry = Entry(
        key, text(values, "label"), before.parent, text(values, "unit"), text(values, "keywords")
    )
    return _put(session, entry, values, at, new=False)


def _drop(session: Session, key: str, values: Values, at: float) -> Said:
    version = dictionary.drop(session, key, seen=values["seen"]["version"], actor=actor(), now=at)
    return done("admin.category.published", version=version)


VERBS: Mapping[str, Verb] = {
    "category.add": _add,
    "category.change": _change,
    "category.drop": _drop,
}


def take(session: Session, raw: bytes, at: float) -> Said:
    """Publish a file of categories as the next version, whole or not at all."""
    lines = read(raw, heads("category", COLUMNS), ("code", "label", "parent"))
    seen, _ = dictionary.present(session)
    version = dictionary.import_entries(session, lines, seen=seen, actor=actor(), now=at)
    return done("admin.category.published", version=version)


def give(session: Session) -> tuple[str, list[list[str | float]]]:
    """Return the name and the rows of the file of the newest version."""
    version, entries = dictionary.present(session)
    rows = [[getattr(entry, name) for name in COLUMNS] for entry in entries]
    return f"categories-{version}", [[words()[f"admin.category.{name}"] for name in COLUMNS], *rows]
