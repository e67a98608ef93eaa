"""How the administration's pages read what was typed and say what came of it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from sqlalchemy.orm import Session

from dashboard.pages.context import told, words
from dashboard.views.kit import Child
from models.errors import BadInput, HotlineError

Values = Mapping[str, Any]


class Said(NamedTuple):
    """What a press came to: a note that fades, and what stays until the next press."""

    note: str
    stays: Child = None


Verb = Callable[[Session, str, Values, float], Said]
"""(session, the button's key, the form's values, now) -> what is said."""
Take = Callable[[Session, bytes, float], Said]
"""(session, a file, now) -> what is said."""


def asked(search: str) -> dict[str, str]:
    """Return the address's search as a flat table."""
    return {name: found[0] for name, found in parse_qs(search.lstrip("?")).items()}


def page_number(given: Mapping[str, str], name: str = "page") -> int:
    """Return a page's number of the address, 0 when there is none."""
    text = given.get(name, "")
    return int(text) if text.isdigit() and len(text) < 7 else 0


def text(values: Values, name: str) -> str:
    """Return what was typed or chosen, empty for nothing."""
    return str(values.get(name) or "")


def several(values: Values, name: str) -> list[str]:
    """Return what was ticked."""
    return [str(each) for each in values.get(name) or []]


def whole(values: Values, name: str) -> int:
    """Return a whole number; BadInput names the field when it is none."""
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadInput(f"{name} {value!r}", field=name)
    return value


def day(values: Values, name: str) -> date:
    """Return a date; BadInput names the field when it is none."""
    typed = text(values, name).strip().replace("/", "-").replace(".", "-")
    try:
        year, month, number = (int(part) for part in typed.split("-"))
        return date(year, month, number)
    except ValueError as error:
        raise BadInput(f"{name} {typed!r}", field=name) from error


def done(key: str, **facts: object) -> Said:
    """Return a note that fades."""
    return Said(words()[key].format(**facts))


def refused(error: HotlineError, form: str) -> dict[str, object]:
    """Return why something was refused, in the words of the form it was pressed on."""
    texts = words()
    facts = error.facts
    said = ""
    if "trap" in facts:
        said = _trapped(facts)
    elif "cap" in facts:
        said = texts.get(f"admin.cap.{facts['cap']}", "")
    elif "field" in facts:
        label = texts.get(f"admin.{form}.{facts['field']}", "")
        key = "admin.taken" if facts.get("taken") else "admin.wrong"
        said = texts[key].format(field=label) if label else ""
        if facts.get("code") is not None and form == "category":
            said = f"{facts['code']}: {said}"
        if facts.get("line"):
            said = texts["admin.at_line"].format(line=facts["line"], what=said)
    else:
        said = next(
            (
                texts[f"admin.{form}.still.{name}"].format(n=value)
                for name, value in facts.items()
                if f"admin.{form}.still.{name}" in texts
            ),
            "",
        )
    return {"text": said, "bad": True} if said else told(error)


def _trapped(facts: Mapping[str, Any]) -> str:
    texts = words()
    verbs = [texts.get(f"verb.{verb}", str(verb)) for verb in facts.get("verbs", ())]
    states = [texts.get(f"ticket_status.{state}", str(state)) for state in facts.get("states", ())]
    return texts[f"admin.trap.{facts['trap']}"].format(
        verbs="、".join(verbs), states="、".join(states)
    )
