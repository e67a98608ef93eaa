"""The address of the duty log: what it asks for, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

HERE = "/duty/log"
FILE = "/api/duty/log.xlsx"
NAMES = ("since", "until", "cls", "text", "person", "incident", "exercise")
EXERCISES = ("no", "yes")
PAGE = 500
"""Lines of one page."""


@dataclass(frozen=True)
class LogQuery:
    """What was given in the address, as text; what is empty is not there."""

    given: Mapping[str, str]

    @property
    def page(self) -> int:
        """Return which page, from 0."""
        text = self.given.get("page", "0")
        return int(text) if text.isdecimal() and len(text) < 5 else 0

    def of(self, more: Mapping[str, str]) -> "LogQuery":
        """Return the query with some facts said."""
        return LogQuery({**self.given, **more})

    def href(self, *, base: str = HERE, **more: str) -> str:
        """Return the address of this query with some facts changed; another question begins at its first page."""
        kept = {name: self.given[name] for name in NAMES if self.given.get(name)}
        asked = {name: value for name, value in {**kept, **more}.items() if value and value != "0"}
        return f"{base}?{urlencode(asked)}" if asked else base


def read(search: str) -> LogQuery:
    """Read an address's search."""
    asked = parse_qs(search.lstrip("?"))
    return LogQuery(
        {name: asked[name][0].strip()[:60] for name in (*NAMES, "page") if name in asked}
    )
