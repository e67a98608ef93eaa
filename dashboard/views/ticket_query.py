"""A combined query of tickets as its address says it: a link reproduces the list exactly."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, get_args
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from models.errors import BadInput
from models.events.ticket import Grade, Mode
from models.rules.places import LOCATED
from models.rules.tickets.choices import CHANNELS, KINDS, QUALITIES, URGENCIES
from models.rules.tickets.moves import STATUSES
from tickets import around
from tickets.criteria import DESKS, FLAGS, LATE, NONE, RESULTS, SORTS, Criteria
from tickets.search import TALLIED

DAYS = ("since", "until")
CHOICES: Mapping[str, tuple[str, ...]] = {
    "desk": tuple(DESKS),
    "kind": KINDS,
    "status": STATUSES,
    "urgency": URGENCIES,
    "channel": CHANNELS,
    "direction": get_args(Mode),
    "replied": ("yes", "no"),
    "result": RESULTS,
    "grade": ("discontent", *get_args(Grade), NONE),
    "quality": (*QUALITIES, NONE),
    "late": LATE,
    "returned": ("yes",),
    "repeat": ("yes",),
    "flag": FLAGS,
    "located": LOCATED,
    "sort": SORTS,
    "rising": ("yes",),
    "tally": tuple(TALLIED),
}
"""What a criterion with a closed list may be."""
LEDGERS: Mapping[str, Mapping[str, str]] = {
    "discontent": {"grade": "discontent", "tally": "unit"},
    "repeat": {"repeat": "yes", "tally": "category"},
    "late": {"late": "unit", "tally": "unit"},
    "late_centre": {"late": "centre", "tally": "status"},
    "returned": {"returned": "yes", "tally": "unit"},
    "disputed": {"flag": "disputed", "tally": "district"},
    "enforcement": {"kind": "report", "tally": "unit"},
}
"""台账 (D-35, D-31): ledger -> the query that draws it up."""
_TEXTS = ("words", "no", "category", "district", "unit", "person", "co_unit", "co_person", "caller")
_NUMBERS = ("dispatcher", "opener")
_DAY, _MINUTE = len("2026-11-22"), len("2026-11-22T08:00")
_CELLS = 1700
"""Characters of a list of cells: a hundred of them."""
NAMES = (*CHOICES, *DAYS, *_TEXTS, *_NUMBERS, "cells", "around")


@dataclass(frozen=True, slots=True)
class TicketQuery:
    """What was asked for: the criteria as texts, the page, and the fields that could not be read."""

    given: Mapping[str, str]
    page: int = 0
    wrong: tuple[str, ...] = ()

    def value(self, name: str) -> str:
        """Return a criterion as it was typed, empty when it was not."""
        return self.given.get(name, "")

    @property
    def desk(self) -> str:
        """Return the desk asked for, empty for none."""
        return self.value("desk")

    @property
    def tally(self) -> str:
        """Return what the list is also counted by, empty for nothing."""
        return self.value("tally")

    def href(self, path: str = "/tickets", **changes: str) -> str:
        """Return the address of this query with some criteria changed; `page` is dropped unless it is one."""
        facts = {k: v for k, v in {**self.given, **changes}.items() if v}
        return f"{path}?{urlencode(facts, safe=':')}" if facts else path

    def criteria(self, zone: str) -> Criteria:
        """Return the criteria; days are whole days of `zone`, the last one included, and minutes just what they say."""
        facts: dict[str, Any] = {
            name: value for name, value in self.given.items() if name not in (*DAYS, "tally")
        }
        for name in _NUMBERS:
            if name in facts:
                facts[name] = int(facts[name])
        facts["rising"] = bool(facts.get("rising"))
        for name in DAYS:
            if name in self.given:
                said = self.given[name]
                at = datetime.fromisoformat(said)
                if name == "until" and len(said) == _DAY:
                    at += timedelta(days=1)
                facts[name] = at.replace(tzinfo=ZoneInfo(zone)).timestamp()
        return Criteria(**facts)


def read(search: str | None) -> TicketQuery:
    """Read a query from an address; what cannot be read is left out and named in `wrong`."""
    asked = {k: v[0].strip() for k, v in parse_qs((search or "").lstrip("?")).items()}
    given, wrong = {}, []
    for name in NAMES:
        value = asked.get(name, "")[: _CELLS if name == "cells" else 100]
        if not value:
            continue
        if _readable(name, value):
            given[name] = value
        else:
            wrong.append(name)
    page = int(asked["page"]) if asked.get("page", "").isdecimal() else 0
    return TicketQuery(given, min(page, 10_000), tuple(wrong))


def _readable(name: str, value: str) -> bool:
    if name in CHOICES:
        return value in CHOICES[name]
    if name in _NUMBERS:
        return value.isdecimal() and len(value) < 19
    if name in DAYS:
        return _is_day(value)
    if name == "around":
        return _is_area(value)
    return "\0" not in value


def _is_area(value: str) -> bool:
    try:
        around.read(value)
    except BadInput:
        return False
    return True


def _is_day(value: str) -> bool:
    """True of 2026-11-22, and of 2026-11-22T08:00."""
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        return False
    return len(value) in (_DAY, _MINUTE) and at.tzinfo is None and 2000 <= at.year < 2100
