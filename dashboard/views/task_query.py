"""The address of the list of tasks: what it asks for, and back."""

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from command.task_lists import STATES, TaskCriteria
from dashboard.views.incident_query import day_of

HERE = "/command/tasks"
FILE = "/api/export/tasks.xlsx"
NAMES = ("state", "words", "incident", "since", "until")


@dataclass(frozen=True)
class TaskQuery:
    """What was given in the address, as text."""

    given: Mapping[str, str]

    @property
    def page(self) -> int:
        """Return which page, from 0."""
        text = self.given.get("page", "0")
        return int(text) if text.isdecimal() and len(text) < 6 else 0

    def href(self, *, base: str = HERE, **more: str) -> str:
        """Return the address of this query with some facts changed; another question begins at its first page."""
        kept = {name: self.given[name] for name in NAMES if self.given.get(name)}
        asked = {name: value for name, value in {**kept, **more}.items() if value and value != "0"}
        return f"{base}?{urlencode(asked)}" if asked else base

    def criteria(self, zone: str) -> TaskCriteria:
        """Return what the query asks of the rows; BadInput names a day that is none."""
        state, words, incident, since, until = (self.given.get(name, "") for name in NAMES)
        return TaskCriteria(
            state if state in STATES else "", words, incident, day_of(since, zone, "since"),
            day_of(until, zone, "until", after=1),
        )  # fmt: skip


def read(search: str) -> TaskQuery:
    """Read an address's search."""
    asked = parse_qs(search.lstrip("?"))
    return TaskQuery({name: asked[name][0][:60] for name in (*NAMES, "page") if name in asked})
