"""值班报告 (L-05): drawn from the log for a period, edited, submitted, approved; every text it had is kept.

Its figures are those of the floor's ledger and of the tickets, asked by their own queries and never counted here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session

from command.duty import journal, report_words, roster
from command.duty.acting import (
    APPROVE,
    EDIT,
    VIEW,
    envelope,
    owed,
    require,
    short,
    tell,
    zone,
)
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.duty import (
    DutyReportApproved,
    DutyReportDrafted,
    DutyReportEdited,
    DutyReportReturned,
    DutyReportSubmitted,
)
from models.rules import board
from models.rules.metrics import Limits, total
from models.store import ledger
from models.store.db import tenant_of
from models.tables import DutyReport, DutyReportVersion, Tenant
from tickets import today
from tickets.letter_words import Body
from tickets.moving import Actor

TITLE_MAX, TEXT_MAX = 80, 20_000
LONGEST_S = 93 * 86_400.0
PAGE = 50
DRAFT, SUBMITTED, APPROVED = "draft", "submitted", "approved"
STATES = (DRAFT, SUBMITTED, APPROVED)
MATTERS = journal.Which(exercise="no", key=True)
"""What of the log a report counts and names."""


@dataclass(frozen=True, slots=True)
class Judged:
    """The limits calls are judged by: of each queue, and of any other."""

    queues: Mapping[str, Limits]
    default: Limits


def _may(actor: Actor, permission: str) -> None:
    """Raise Refused unless the actor has the right, and for the whole city: a report speaks of all its districts."""
    require(actor, permission)
    if actor.district:
        raise Refused("a duty report is the city's", permission=permission, reason="city")


def facts(
    session: Session,
    since: Instant,
    until: Instant,
    *,
    judged: Judged,
    actor: Actor,
    now: Instant,
) -> dict[str, Any]:
    """Return the key facts of [since, until): the ledger's figures, the tickets' counts, the log's, who served.

    The log's are of what is real: an exercise is no emergency the watch had.
    """
    _may(actor, VIEW)
    if not since < until <= since + LONGEST_S:
        raise BadInput("a period of at most a quarter", field="until")
    tally = ledger.day_tally(session, since, until, dict(judged.queues), judged.default)
    day = today.of_district(today.board(session, since, until, now=now), "")
    return {
        "calls": board.kpi(total(tally)),
        "tickets": {name: day[name] for name in ("opened", "kinds", "states", "results")},
        "log": journal.tally(session, since, until, actor=actor, which=MATTERS),
        "people": _people(session, since, until),
    }  # fmt: skip


def _people(session: Session, since: Instant, until: Instant) -> list[list[Any]]:
    """Return (level, names) of who served within the period."""
    served: dict[str, list[str]] = {}
    for row, who in roster.serving(session, since, until):
        names = served.setdefault(row.level, [])
        if who.name not in names:
            names.append(who.name)
    return [
        [what.label, served[what.code]] for what in roster.levels(session) if what.code in served
    ]


def draft(
    session: Session,
    title: str,
    since: Instant,
    until: Instant,
    *,
    judged: Judged,
    actor: Actor,
    now: Instant,
) -> DutyReport:
    """Draw a report of a period; its facts stay as they were found now."""
    _may(actor, EDIT)
    title = owed(title, "title", TITLE_MAX)
    found = facts(session, since, until, judged=judged, actor=actor, now=now)
    earliest = [
        journal.entries(
            session, since, until, actor=actor, which=MATTERS._replace(classes=frozenset(classes)),
            first=report_words.LISTED,
        )
        for _, classes, _ in report_words.SECTIONS
    ]  # fmt: skip
    unseen = not journal.sees_incidents(actor)
    text = report_words.draft(found, earliest, zone(session), unseen=unseen)
    row = DutyReport(
        tenant_id=tenant_of(session), title=title, since=to_datetime(since),
        until=to_datetime(until), state=DRAFT, version=1, text=text[:TEXT_MAX], facts=found,
        drafted_by=actor.user_id, drafted_at=to_datetime(now),
    )  # fmt: skip
    session.add(row)
    session.flush()
    told = _told(session, row, "draft", actor, now)
    tell(session, DutyReportDrafted(**told, since=since, until=until))
    return row


def edit(
    session: Session, report_id: int, version: int, text: str, *, actor: Actor, now: Instant
) -> None:
    """Write the text anew, which is the editor's from now on; WrongStatus for one who is late, or no draft."""
    _may(actor, EDIT)
    text = owed(text, "text", TEXT_MAX)
    if one(session, report_id, actor=actor).text == text:
        return
    row = _moved(session, report_id, version, DRAFT, text=text, drafted_by=actor.user_id)
    tell(session, DutyReportEdited(**_told(session, row, "edit", actor, now)))


def submit(session: Session, report_id: int, version: int, *, actor: Actor, now: Instant) -> None:
    """Hand the report in for approval."""
    _may(actor, EDIT)
    row = _moved(session, report_id, version, DRAFT, state=SUBMITTED)
    tell(session, DutyReportSubmitted(**_told(session, row, "submit", actor, now)))


def approve(session: Session, report_id: int, version: int, *, actor: Actor, now: Instant) -> None:
    """Approve what was read (`version`); nobody approves a text of their own."""
    _may(actor, APPROVE)
    row = _moved(
        session, report_id, version, SUBMITTED, state=APPROVED, approved_at=to_datetime(now),
        approved_name=actor.name,
    )  # fmt: skip
    if actor.user_id and actor.user_id == row.drafted_by:
        raise Refused("nobody approves a report of their own", permission=APPROVE, reason="own")
    tell(session, DutyReportApproved(**_told(session, row, "approve", actor, now)))


def give_back(
    session: Session, report_id: int, version: int, why: str, *, actor: Actor, now: Instant
) -> None:
    """Give the report back to be written anew, and say why."""
    _may(actor, APPROVE)
    why = owed(why, "why", 300)
    row = _moved(session, report_id, version, SUBMITTED, state=DRAFT)
    told = _told(session, row, "give_back", actor, now, note=why)
    tell(session, DutyReportReturned(**told, why=why))


def _moved(
    session: Session, report_id: int, version: int, source: str, **values: object
) -> DutyReport:
    row = session.scalar(
        update(DutyReport)
        .where(
            DutyReport.id == report_id, DutyReport.version == version, DutyReport.state == source
        )
        .values(version=version + 1, **values)
        .returning(DutyReport)
        .execution_options(populate_existing=True)
    )
    if row is None:
        found = session.get(DutyReport, report_id, populate_existing=True)
        if found is None:
            raise NotFound(f"no report {report_id}")
        reason = "edited" if found.state == source else "report"
        raise WrongStatus(f"report {report_id} moved", reason=reason, state=found.state)
    return row


def _told(
    session: Session, row: DutyReport, verb: str, actor: Actor, now: Instant, note: str = ""
) -> dict[str, Any]:
    """Keep the version, and return the fields of its event."""
    session.add(
        DutyReportVersion(
            tenant_id=row.tenant_id, report_id=row.id, version=row.version, at=to_datetime(now),
            name=actor.name, verb=verb, text=row.text, note=short(note, "why", 300),
        )
    )  # fmt: skip
    session.flush()
    return {
        **envelope(actor, now, f"report-{row.id}-{row.version}"), "report": row.id,
        "title": row.title, "version": row.version,
    }  # fmt: skip


# --- looking up -----------------------------------------------------------------------------


def one(session: Session, report_id: int, *, actor: Actor) -> DutyReport:
    """Return a report; NotFound for none."""
    _may(actor, VIEW)
    row = session.get(DutyReport, report_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no report {report_id}")
    return row


class Criteria(NamedTuple):
    """Which reports: in this state, with these words in title or text, of a period that meets [start, end); 0 = without
    bound."""

    state: str = ""
    words: str = ""
    start: Instant = 0.0
    end: Instant = 0.0


class Found(NamedTuple):
    """One page of the reports, the newest first, and how many there are."""

    rows: list[DutyReport]
    total: int


EVERY = Criteria()


def listing(session: Session, criteria: Criteria = EVERY, *, actor: Actor, page: int = 0) -> Found:
    """Return one page of the reports."""
    _may(actor, VIEW)
    asked = []
    if criteria.state:
        asked.append(DutyReport.state == criteria.state)
    if criteria.words:
        like = f"%{criteria.words.replace('%', '')}%"
        asked.append(or_(DutyReport.title.ilike(like), DutyReport.text.ilike(like)))
    if criteria.start:
        asked.append(DutyReport.until > to_datetime(criteria.start))
    if criteria.end:
        asked.append(DutyReport.since < to_datetime(criteria.end))
    total = session.scalar(select(func.count()).select_from(DutyReport).where(*asked)) or 0
    rows = select(DutyReport).where(*asked).order_by(DutyReport.id.desc())
    return Found(list(session.scalars(rows.offset(max(page, 0) * PAGE).limit(PAGE))), total)


def versions(session: Session, report_id: int, *, actor: Actor) -> list[DutyReportVersion]:
    """Return every text and step of a report, the newest first."""
    _may(actor, VIEW)
    rows = select(DutyReportVersion).where(DutyReportVersion.report_id == report_id)
    return list(session.scalars(rows.order_by(DutyReportVersion.version.desc())))


def printed(session: Session, report_id: int, *, actor: Actor) -> Body:
    """Return a report as it is printed; one that is not approved says so in its number."""
    row = one(session, report_id, actor=actor)
    tenant = session.get_one(Tenant, row.tenant_id)
    tz = ZoneInfo(tenant.zone)
    at = (row.approved_at or row.drafted_at).astimezone(tz)
    approved = f"批准：{row.approved_name}" if row.state == APPROVED else ""
    return report_words.page(
        row.title, row.text, city=tenant.city, no=f"值班〔{at.year}〕{row.id:04}号",
        state={DRAFT: "草稿", SUBMITTED: "送审"}.get(row.state, ""), approved=approved,
        day=_chinese(at.date()),
    )  # fmt: skip


def _chinese(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
