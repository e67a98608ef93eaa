"""The page of the data dictionary: every option list, its words and what is in use."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import Said, Values, Verb, done, several, text
from dashboard.pages.admin.parameters import seen, set_notes
from dashboard.pages.context import actor, forget_words, language, place, words
from dashboard.texts import t
from dashboard.views.admin import options as views
from dashboard.views.kit import Child
from models.errors import BadInput
from models.rules.tickets.options import FAMILIES, Option
from tickets import options, parameters


def body(_search: str) -> Child:
    """Return a form for every list."""
    require("admin.parameters")
    with reading() as session:
        zone = place(session).zone
        found, said = set_notes(session, zone)
        present = options.present(session)
    note = said.get("options", words()["admin.default"])
    page = views.page(present, t(language()), note, words())
    return [*(seen(views.form_of(family), "options", found) for family in FAMILIES), page]


def _save(session: Session, key: str, values: Values, at: float) -> Said:
    if key not in FAMILIES:
        raise BadInput(f"no list {key}", field="family")
    used = several(values, "used")
    ours = t(language())
    said = {}
    for code in FAMILIES[key]:
        label = text(values, code).strip()
        option = Option("" if label == ours[f"{key}.{code}"] else label, code in used)
        if option != Option():
            said[code] = option
    everything = {**options.present(session), key: said}
    parameters.set_options(session, everything, seen=values["seen"]["at"], actor=actor(), now=at)
    said_so = done("admin.at_once")
    forget_words()  # last: what is drawn after the commit must read them anew
    return said_so


VERBS: Mapping[str, Verb] = {f"{views.form_of(family)}.save": _save for family in FAMILIES}
