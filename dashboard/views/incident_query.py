"""The address of the list of incidents: what it asks for, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from command.queries import Criteria
from models.errors import BadInput

NAMES = ("status", "kind", "type", "grade", "district", "exercise", "words", "since", "until")


@dataclass(frozen=True)
class IncidentQuery:
    """What was given in the address, as text."""

    given: Mapping[str, str]

    @property
    def page(self) -> int:
        """Return which page, from 0."""
        text = self.given.get("page", "0")
        return int(text) if text.isdecimal() and len(text) < 6 else 0

    def href(self, *, base: str = "/command/incidents", **more: str) -> str:
        """Return the address of this query with some facts changed; another question begins at its first page."""
        kept = {name: self.given[name] for name in NAMES if self.given.get(name)}
        asked = {name: value for name, value in {**kept, **more}.items() if value and value != "0"}
        return f"{base}?{urlencode(asked)}" if asked else base

    def criteria(self, zone: str) -> Criteria:
        """Return what the query asks of the rows; BadInput names a day that is none."""
        facts = {name: self.given.get(name, "") for name in NAMES[:-2]}
        until = day_of(self.given.get("until", ""), zone, "until", after=1)
        return Criteria(
            **facts, start=day_of(self.given.get("since", ""), zone, "since"), end=until
        )


def read(search: str) -> IncidentQuery:
    """Read an address's search."""
    asked = parse_qs(search.lstrip("?"))
    return IncidentQuery({name: asked[name][0][:60] for name in (*NAMES, "page") if name in asked})


def day_of(text: str, zone: str, field: str, *, after: int = 0) -> float:
    """Return the instant a day begins, `after` days later; 0 for an empty text, BadInput for no day."""
    if not text:
        return 0.0
    try:
        day = date.fromisoformat(text) + timedelta(days=after)
        return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
    except (ValueError, OverflowError):
        raise BadInput(f"no day {text[:20]!r}", field=field) from None
