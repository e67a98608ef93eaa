"""值班报告: the list, a new one of a period, and one report with what its writer and its approver press."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from command.duty import reports
from command.duty.reports import Judged
from dashboard.auth import require, viewer
from dashboard.door import doors, limits, reading
from dashboard.pages.admin.answers import asked as read
from dashboard.pages.admin.answers import page_number
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done, whole
from dashboard.pages.duty.log import FORMAT
from dashboard.views import clock
from dashboard.views.duty import reports as views
from dashboard.views.kit import Child
from models.clock import day_of, now
from models.store import roster as floor_roster
from tickets.letter_files import printable

FILES = ("docx", "pdf", "xlsx")


def body(search: str) -> Child:
    """Return a page of the reports the address asks for."""
    require("duty.view")
    given = read(search)
    state = given.get("state", "") if given.get("state") in reports.STATES else ""
    at = page_number(given)
    with reading() as session:
        zone = place(session).zone
        start, _ = day_of(now(), zone)
        criteria = reports.Criteria(
            state, given.get("text", "")[:60].strip(), clock.instant(given.get("since", ""), zone, "since"),
            clock.instant(given.get("until", ""), zone, "until"),
        )  # fmt: skip
        found = reports.listing(session, criteria, actor=actor(), page=at)
    since, until = (f"{clock.local(at, zone):{FORMAT}}" for at in (start - 86_400, start))
    title = words()["duty.report_title"].format(day=since[:10])
    asked = {name: given.get(name, "") for name in ("since", "until", "text")} | {"state": state}
    listed = views.listed(
        found.rows, asked, page=at, total=found.total, most=reports.PAGE, zone=zone, words=words()
    )
    return views.page(
        listed,
        since=since,
        until=until,
        title=title,
        may="duty.edit" in viewer().can,
        words=words(),
    )


def one(search: str) -> Child:
    """Return the report of the address."""
    require("duty.view")
    number = whole(read(search).get("id", "") or "0", "report")
    can = viewer().can
    with reading() as session:
        row = reports.one(session, number, actor=actor())
        versions = reports.versions(session, number, actor=actor())
        zone = place(session).zone
    return views.one(
        row, versions, may_edit="duty.edit" in can,
        may_approve="command.approve" in can and viewer().user_id != row.drafted_by,
        files=[kind for kind in FILES if kind != "pdf" or printable()], zone=zone, words=words(),
    )  # fmt: skip


def judged(session: Session) -> Judged:
    """Return the limits calls are judged by, as the wall judges them."""
    plan, default = floor_roster.floor_plan(session, doors().settings), limits()
    queues = {name: default._replace(target_s=s) for name, s in plan.service_level.items()}
    return Judged(queues, default._replace(target_s=plan.default_service_level))


def _draft(session: Session, given: Pressed) -> Said:
    zone = place(session).zone
    row = reports.draft(
        session, given.text("report", "title"), given.instant("report", "since", zone),
        given.instant("report", "until", zone), judged=judged(session), actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.drafted")._replace(href=f"/duty/report?id={row.id}")


def _edit(session: Session, given: Pressed) -> Said:
    text = given.text("report", "text")
    reports.edit(session, given.id, given.version, text, actor=actor(), now=given.at)
    return done("duty.saved")


def _submit(session: Session, given: Pressed) -> Said:
    """Hand in what stands in the box: a text typed and not saved is saved first, as a version of its own."""
    text, version = given.text("report", "text"), given.version
    if text.strip():
        reports.edit(session, given.id, version, text, actor=actor(), now=given.at)
        version = reports.one(session, given.id, actor=actor()).version
    reports.submit(session, given.id, version, actor=actor(), now=given.at)
    return done("duty.submitted")


def _approve(session: Session, given: Pressed) -> Said:
    reports.approve(session, given.id, given.version, actor=actor(), now=given.at)
    return done("duty.approved")


def _give_back(session: Session, given: Pressed) -> Said:
    why = given.text("report", "why")
    reports.give_back(session, given.id, given.version, why, actor=actor(), now=given.at)
    return done("duty.given_back")


VERBS: Mapping[str, Verb] = {
    "report.draft": _draft,
    "report.edit": _edit,
    "report.submit": _submit,
    "report.approve": _approve,
    "report.give_back": _give_back,
}
