"""Which calls a page shows, as its address says it: a link reproduces the view exactly."""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import TypedDict
from urllib.parse import parse_qs, urlencode
from zoneinfo import ZoneInfo

from dashboard.views.kpis import MISSED
from models.clock import day_of


class Filters(TypedDict):
    """The filters that the ledger's search takes by the same names."""

    queue: str
    outcome: str
    seat: str
    text: str
    callback: str
    figure: str


DAYS = ("today", "yesterday", "week")
WEEK_DAYS = 7


@dataclass(frozen=True)
class CallQuery:
    """The filters of the calls page. `day` is today, yesterday, week or a date (2026-11-21)."""

    day: str = "today"
    queue: str = ""
    outcome: str = ""
    seat: str = ""
    text: str = ""
    callback: str = ""
    figure: str = ""

    def href(self, page: str = "/calls", **changes: str) -> str:
        """Return the address of this view with some filters changed; empty ones are left out."""
        changed = replace(self, **changes)
        facts = {name: value for name, value in vars(changed).items() if value}
        return f"{page}?{urlencode(facts, safe=',:/')}"

    @property
    def filters(self) -> Filters:
        """Return everything but the day."""
        return Filters(
            queue=self.queue, outcome=self.outcome, seat=self.seat, text=self.text,
            callback=self.callback, figure=self.figure,
        )  # fmt: skip

    @property
    def outcomes(self) -> tuple[str, ...]:
        """Return the outcomes asked for; none means all."""
        return tuple(part for part in self.outcome.split(",") if part)

    @property
    def tab(self) -> str:
        """Return the tab this view belongs to: all, missed, todo or done."""
        if self.callback in ("todo", "done"):
            return self.callback
        return "missed" if set(self.outcomes) == set(MISSED) or self.figure == "lost" else "all"

    def span(self, zone: str, now: float) -> tuple[float, float]:
        """Return [start, end) in seconds since epoch, whole days of the zone."""
        start, end = day_of(now, zone)
        if self.day == "yesterday":
            return day_of(start - 1, zone)
        if self.day == "week":
            first = datetime.fromtimestamp(start, ZoneInfo(zone)).date()
            return _midnight(first - timedelta(days=WEEK_DAYS - 1), zone), end
        chosen = _date(self.day)
        if chosen is not None:
            return _midnight(chosen, zone), _midnight(chosen + timedelta(days=1), zone)
        return start, end


def read(search: str | None) -> CallQuery:
    """Read the filters from an address; what is unknown or malformed is left out."""
    given = parse_qs((search or "").lstrip("?"))
    known = {name: given[name][0].strip() for name in vars(CallQuery()) if name in given}
    query = CallQuery(**known)
    if query.day not in DAYS and _date(query.day) is None:
        query = replace(query, day="today")
    if query.callback not in ("todo", "done", ""):
        query = replace(query, callback="")
    return query


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _midnight(day: date, zone: str) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).timestamp()
