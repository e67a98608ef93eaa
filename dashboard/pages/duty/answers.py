"""How the duty's pages read what was typed and say what came of it."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from dashboard.pages.admin.answers import day as read_day
from dashboard.pages.context import words
from dashboard.views import clock
from dashboard.views.kit import Child
from models.errors import BadInput, HotlineError


class Said(NamedTuple):
    """What a press came to: a note that fades, what stays until the next press, an address to go to."""

    note: str
    stays: Child = None
    href: str = ""


class Pressed(NamedTuple):
    """What was pressed: the button's key and version, all forms of the page, and when."""

    key: str
    version: int
    forms: Mapping[str, Mapping[str, Any]]
    at: float

    def text(self, form: str, field: str) -> str:
        """Return what was typed, empty for nothing."""
        return str(self.forms.get(form, {}).get(field) or "")

    def number(self, form: str, field: str) -> int:
        """Return the number of what was chosen or typed, 0 for nothing; BadInput for another text."""
        return whole(self.text(form, field) or "0", field)

    def numbers(self, form: str, field: str) -> list[int]:
        """Return the numbers of what was chosen, in the order chosen."""
        return [whole(str(each), field) for each in self.forms.get(form, {}).get(field) or []]

    def texts(self, form: str, field: str) -> list[str]:
        """Return what was chosen, in the order chosen."""
        return [str(each) for each in self.forms.get(form, {}).get(field) or []]

    def day(self, form: str, field: str) -> date:
        """Return a date; BadInput when it is none."""
        return read_day(self.forms.get(form, {}), field)

    def instant(self, form: str, field: str, zone: str) -> float:
        """Return a moment of the zone; BadInput when it is none."""
        found = clock.instant(self.text(form, field), zone, field)
        if not found:
            raise BadInput(f"{field} is empty", field=field)
        return found

    @property
    def id(self) -> int:
        """Return the key as a row's id."""
        return whole(self.key, "key")


Verb = Callable[[Session, Pressed], Said]


def whole(text: str, field: str) -> int:
    """Return a whole number that a row's id can be; BadInput for another text."""
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadInput(f"{field} {text!r}", field=field)
    return int(text)


def done(key: str, **facts: object) -> Said:
    """Return a note that fades."""
    return Said(words()[key].format(**facts))


def refused(error: HotlineError) -> dict[str, object] | None:
    """Return why something was refused, in the words of the duty; None where the house's own words do."""
    texts, facts = words(), error.facts
    said = ""
    if "fault" in facts:
        why = texts[f"duty.fault.{facts['fault']}"]
        said = f"{facts.get('said', '')}: {why}"
    elif facts.get("reason") == "booked":
        start, end = (
            clock.local(float(str(facts[name])), str(facts["zone"])) for name in ("start", "end")
        )
        said = texts["duty.refused.booked"].format(
            name=facts["name"], level=facts["level"], span=f"{start:%m-%d %H:%M}–{end:%H:%M}"
        )
    elif f"duty.refused.{facts.get('reason')}" in texts:
        said = texts[f"duty.refused.{facts['reason']}"].format(**facts)
    elif f"duty.field.{facts.get('field')}" in texts:
        said = texts["duty.wrong"].format(field=texts[f"duty.field.{facts['field']}"])
    return {"text": said, "bad": True} if said else None
