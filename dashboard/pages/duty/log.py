"""值班日志: the lines of a period by class, and the officer's remarks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy.orm import Session

from command.duty import journal, roster
from command.duty.journal import Entry
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.views import clock
from dashboard.views.duty import log as views
from dashboard.views.duty.log_query import EXERCISES, PAGE, LogQuery, read
from dashboard.views.kit import Child, Words
from models.clock import day_of, now
from models.errors import BadInput
from models.rules.duty import roster as rules
from models.rules.duty.lines import CLASSES

FORMAT = "%Y-%m-%d %H:%M"
LONGEST_S = 93 * 86_400.0


class Listing(NamedTuple):
    """One page of the lines asked for, or all of them, and how many there are; whole : none was left unread."""

    lines: list[Entry]
    total: int
    whole: bool


def body(search: str) -> Child:
    """Return the log as the address asks for it: of today, where it asks for nothing."""
    require("duty.view")
    query = read(search)
    with reading() as session:
        zone = place(session).zone
        since, until = span_of(query.given, zone)
        found = listing(session, query, words(), page=query.page)
        offered = _periods(session, zone)
    spoken = {
        "since": f"{clock.local(since, zone):{FORMAT}}",
        "until": f"{clock.local(until, zone):{FORMAT}}",
    }
    return views.page(
        query.of(spoken), found.lines, offered, total=found.total, whole=found.whole, zone=zone,
        words=words(),
    )  # fmt: skip


def listing(session: Session, query: LogQuery, texts: Words, *, page: int | None = None) -> Listing:
    """Return the lines of an address, one page of them or (None) all that fit into a file.

    Words and people are looked for in what a line shows, never in what it hides: so its lines are read first.
    """
    zone, who, given = place(session).zone, actor(), query.given
    since, until = span_of(given, zone)
    which = journal.Which(
        frozenset({given["cls"]} if given.get("cls") in CLASSES else ()),
        journal.incident_of(session, given["incident"], actor=who) if "incident" in given else 0,
        given["exercise"] if given.get("exercise") in EXERCISES else "",
    )
    said, by = given.get("text", "").casefold(), given.get("person", "").casefold()
    first = (page or 0) * PAGE
    if page is None or said or by:
        lines = journal.entries(session, since, until, actor=who, which=which, most=journal.MOST)
        whole = len(lines) < journal.MOST
        if said or by:
            lines = [line for line in lines if _fits(line, said, by, texts)]
        total = len(lines)
        return Listing(lines if page is None else lines[first : first + PAGE], total, whole)
    lines = journal.entries(session, since, until, actor=who, which=which, skip=first, most=PAGE)
    counted = journal.tally(session, since, until, actor=who, which=which)
    return Listing(lines, sum(counted.values()), True)


def _fits(line: Entry, said: str, by: str, texts: Words) -> bool:
    return (
        said in views.sentence(line, texts).casefold()
        and by in views.by_whom(line, texts).casefold()
    )


def rows(session: Session, query: LogQuery, texts: Words) -> list[list[str]]:
    """Return all the lines of an address as the file has them, with their heads; the last says when there are more."""
    zone = place(session).zone
    found = listing(session, query, texts)
    out = [[texts[f"duty.col.{name}"] for name in views.COLUMNS]]
    out += [list(views.cells(line, zone, texts)) for line in found.lines]
    return out if found.whole else [*out, [texts["duty.log.more"]]]


def span_of(given: Mapping[str, str], zone: str) -> tuple[float, float]:
    """Return the period of an address; BadInput when it is none, or longer than a quarter."""
    start, end = day_of(now(), zone)
    since = clock.instant(given.get("since", ""), zone, "since") or start
    until = clock.instant(given.get("until", ""), zone, "until") or (
        end if since == start else since + 86_400
    )
    if not since < until <= since + LONGEST_S:
        raise BadInput("a period of at most a quarter", field="until")
    return since, until


def _periods(session: Session, zone: str) -> list[tuple[str, str]]:
    """Return periods to choose: today, yesterday, and the chiefs' shifts of both."""
    today = clock.local(now(), zone).date()
    offered = []
    texts = words()
    for day, key in ((today, "duty.today"), (today - timedelta(days=1), "duty.yesterday")):
        offered.append((f"{day} 00:00/{day + timedelta(days=1)} 00:00", texts[key]))
        for level in roster.levels(session):
            if level.code != "chief" or not level.active:
                continue
            for slot in level.slots:
                start, end = rules.span(day, slot, zone)
                spoken = "/".join(f"{clock.local(at, zone):{FORMAT}}" for at in (start, end))
                offered.append((spoken, f"{texts[key]} {slot.label}"))
    return offered


def _write(session: Session, given: Pressed) -> Said:
    journal.remark(session, given.text("remark", "remark"), actor=actor(), now=given.at)
    return done("duty.remarked")


def _fix(session: Session, given: Pressed) -> Said:
    journal.remark(
        session, given.text("remark", "remark"), corrects=given.id, actor=actor(), now=given.at
    )
    return done("duty.remarked")


VERBS: Mapping[str, Verb] = {"remark.write": _write, "remark.fix": _fix}
