"""The page of what intake recognises and allows."""

import re
from collections.abc import Mapping

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import Said, Values, Verb, done, several, text, whole
from dashboard.pages.admin.parameters import seen, set_notes
from dashboard.pages.context import actor, place, words
from dashboard.views.admin import intake as views
from dashboard.views.kit import Child
from models.rules.tickets.recognition import LIMITS, IntakePolicy
from tickets import moving, parameters


def body(_search: str) -> Child:
    """Return the words, limits and kinds as they are now."""
    require("admin.parameters")
    with reading() as session:
        found, said = set_notes(session, place(session).zone)
        policy = moving.intake_policy(session)
    note = said.get("intake", words()["admin.default"])
    return [seen("intake", "intake", found), views.page(policy, note, words())]


def _save(session: Session, _key: str, values: Values, at: float) -> Said:
    policy = IntakePolicy(
        emergency=_words(values, "emergency"), dispute=_words(values, "dispute"),
        at_once=tuple(several(values, "at_once")), **{name: whole(values, name) for name in LIMITS},
    )  # fmt: skip
    parameters.set_intake(session, policy, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


def _words(values: Values, name: str) -> tuple[str, ...]:
    """Read words with spaces or marks between, each once."""
    return (
        tuple(dict.fromkeys(re.split(r"[\s,，、;；]+", text(values, name).strip())))
        if text(values, name).strip()
        else ()
    )


VERBS: Mapping[str, Verb] = {"intake.save": _save}
