"""值班日志: the lines of a period by class, and the officer's remarks."""

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy.orm import Session

from command.duty import journal, roster
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import asked as read
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.views import clock
from dashboard.views.duty import log as views
from dashboard.views.kit import Child
from models.clock import day_of, now
from models.errors import BadInput
from models.rules.duty import roster as rules
from models.rules.duty.lines import CLASSES

FORMAT = "%Y-%m-%d %H:%M"
LONGEST_S = 93 * 86_400.0


def body(search: str) -> Child:
    """Return the log as the address asks for it: of today, where it asks for nothing."""
    require("duty.view")
    given = read(search)
    with reading() as session:
        zone = place(session).zone
        since, until = span_of(given, zone)
        cls = given.get("cls", "") if given.get("cls") in CLASSES else ""
        classes = [cls] if cls else ()
        lines = journal.entries(session, since, until, actor=actor(), classes=classes)
        counted = journal.tally(session, since, until, actor=actor(), classes=classes)
        offered = _periods(session, zone)
    asked = {
        "since": f"{clock.local(since, zone):{FORMAT}}", "cls": cls,
        "until": f"{clock.local(until, zone):{FORMAT}}",
    }  # fmt: skip
    whole = sum(counted.values()) <= len(lines)
    return views.page(asked, lines, offered, whole=whole, zone=zone, words=words())


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
