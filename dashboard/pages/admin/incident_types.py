"""The types of incidents on the page of command: the list, the form of one, the standard ones taken over."""

from collections.abc import Mapping
from dataclasses import asdict

from sqlalchemy.orm import Session

from command import incident_types
from command.incident_types import TypeForm
from dashboard.pages.admin.answers import Said, Values, Verb, asked, done, text, whole
from dashboard.pages.context import actor, words
from dashboard.views.admin import incident_types as views
from dashboard.views.admin import parts
from dashboard.views.kit import Child

WRITTEN = ("label", "kind", "category", "event")


def section(session: Session, search: str) -> list[Child]:
    """Return the list of types and the form of the one in the address, or of a new one."""
    found = incident_types.every(session)
    chosen = next((row for row in found if row.code == asked(search).get("type")), None)
    after = max((row.position for row in found), default=-1) + 1
    form = TypeForm.of(chosen) if chosen else TypeForm("", "accident", position=after)
    store = parts.seen("incident_type", asdict(form))
    return [store, views.page(found, chosen, form, words())]


def _form(values: Values) -> TypeForm:
    label, kind, category, event = (text(values, name) for name in WRITTEN)
    return TypeForm(label, kind, category, event, whole(values, "position"))


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    row = incident_types.add(
        session, text(values, "code"), _form(values), actor=actor(), now=at
    )  # fmt: skip
    return done("admin.incident_type.added", name=row.label)


def _change(session: Session, key: str, values: Values, at: float) -> Said:
    before = TypeForm(**values["seen"])
    incident_types.change(session, key, before, _form(values), actor=actor(), now=at)
    return done("admin.at_once")


def _activate(session: Session, key: str, _values: Values, at: float) -> Said:
    incident_types.switch(session, key, active=True, actor=actor(), now=at)
    return done("admin.at_once")


def _deactivate(session: Session, key: str, _values: Values, at: float) -> Said:
    incident_types.switch(session, key, active=False, actor=actor(), now=at)
    return done("admin.at_once")


def _standard(session: Session, _key: str, _values: Values, at: float) -> Said:
    added = incident_types.add_standard(session, actor=actor(), now=at)
    return done("admin.incident_type.standard", n=added)


VERBS: Mapping[str, Verb] = {
    "incident_type.add": _add,
    "incident_type.change": _change,
    "incident_type.activate": _activate,
    "incident_type.deactivate": _deactivate,
    "incident_type.standard": _standard,
}
