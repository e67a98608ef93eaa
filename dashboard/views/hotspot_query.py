"""What the hotspot page is asked, as its address says it: a link reproduces the view, a form gets its values back."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode

from dashboard.views import ticket_query
from dashboard.views.ticket_query import TicketQuery
from gis_data.hotspots.periods import STEPS

LAYERS = ("clusters", "density", "surge", "districts", "change")
SPANS = ("today", "yesterday", "7d", "30d", "days")
VERSUS = ("prev", "days")
"""What to compare with: what comes by itself, or days one chooses."""
CRITERIA = ("kind", "category", "district", "unit", "words")
NAMES = ("span", "since", "until", *CRITERIA, "vs", "vs_since", "vs_until", "layer", "step")
_BACK = {"today": (0, 0), "yesterday": (1, 1), "7d": (6, 0), "30d": (29, 0)}
"""Span -> its first and last day, days ago."""
_MOST = 100
Days = tuple[date, date]


class Asked(NamedTuple):
    """What an address asks for.

    given : as it was said; tickets : the criteria with the days of the period; other : the days to compare with,
    if some are chosen; step : number of the step of time looked at, -1 for the whole period.
    wrong : field -> what is wrong with it (unreadable, missing, reversed, future, long): then nothing may be counted.
    """

    given: Mapping[str, str]
    tickets: TicketQuery
    span: str
    layer: str
    vs: str
    other: Days | None
    step: int
    wrong: Mapping[str, str]

    def value(self, name: str) -> str:
        """Return a field as it was said, empty when it was not."""
        return self.given.get(name, "")

    def href(self, path: str = "/hotspots", **changes: str) -> str:
        """Return the address of this view with some of it changed."""
        facts = {k: v for k, v in {**self.given, **changes}.items() if v}
        return f"{path}?{urlencode(facts, safe=':')}" if facts else path


def read(search: str | None, today: date) -> Asked:
    """Read an address; without a span it is the last seven days, which hold enough to test."""
    said = {key: values[0].strip() for key, values in parse_qs((search or "").lstrip("?")).items()}
    given = {name: said[name][:_MOST] for name in NAMES if said.get(name)}
    wrong: dict[str, str] = {}
    span = given.get("span") or ("days" if given.get("since") or given.get("until") else "7d")
    first, last = _period(span, given, today, wrong)
    other = None
    vs = given.get("vs", "")
    if vs == "days":
        length = last - first
        other = _days(given, ("vs_since", "vs_until"), today, wrong, length)
    elif vs not in ("", *VERSUS):
        wrong["vs"] = "unreadable"
    tickets = ticket_query.read(search)
    wrong |= {name: "unreadable" for name in tickets.wrong if name in CRITERIA}
    kept = {name: tickets.given[name] for name in CRITERIA if name in tickets.given}
    layer = given.get("layer", "")
    known = layer in LAYERS and (vs or layer != "change")
    step = given.get("step", "")
    return Asked(
        given, TicketQuery({"desk": "all", "since": str(first), "until": str(last), **kept}), span,
        layer if known else LAYERS[0], vs, other,
        int(step) if step.isdecimal() and len(step) < 4 else -1, wrong,
    )  # fmt: skip


def _period(span: str, given: Mapping[str, str], today: date, wrong: dict[str, str]) -> Days:
    if span == "days":
        return _days(given, ("since", "until"), today, wrong)
    if span not in _BACK:
        wrong["span"] = "unreadable"
    first, last = (today - timedelta(days=back) for back in _BACK.get(span, (0, 0)))
    return first, last


def _days(
    given: Mapping[str, str], names: tuple[str, str], today: date, wrong: dict[str, str],
    length: timedelta | None = None,
) -> Days:  # fmt: skip
    """Read a first and a last day; without a last one it is today, or `length` after the first."""
    since, until = names
    first = _day(since, given, wrong)
    last = _day(until, given, wrong)
    if not given.get(since):
        wrong[since] = "missing"
    elif first and first > today:
        wrong[since] = "future"
    elif first and last and last < first:
        wrong[until] = "reversed"
    begins = first or today
    ends = last or (begins + length if length is not None else today)
    if (ends - begins).days >= STEPS and not wrong:
        wrong[until if last else since] = "long"
    return begins, ends


def _day(name: str, given: Mapping[str, str], wrong: dict[str, str]) -> date | None:
    """Return the day a field says; only as `2026-01-31`, which everybody reads alike."""
    text = given.get(name, "")
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text or not 2000 <= day.year < 2100:
        wrong[name] = "unreadable"
        return None
    return day
