"""短信通知: the notices, and a new one."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from command.duty import contacts, groups, notices, roster
from dashboard.auth import require, viewer
from dashboard.door import reading
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.views.duty import notices as views
from dashboard.views.kit import Child


def body(_search: str) -> Child:
    """Return the page's body."""
    require("duty.view")
    with reading() as session:
        lines = notices.listing(session, actor=actor())
        people = {
            line.row.id: notices.deliveries(session, line.row.id, actor=actor()) for line in lines
        }
        form = _form(session) if "duty.edit" in viewer().can else None
        return views.page(lines, people, form, zone=place(session).zone, words=words())


def _form(session: Session) -> Child:
    named = [(each.id, each.name) for each in groups.listed(session, actor=actor())]
    levels = [(each.code, each.label) for each in roster.levels(session) if each.active]
    return views.form(contacts.people(session), named, levels, words())


def _send(session: Session, given: Pressed) -> Said:
    notice = notices.send(
        session, given.text("notice", "text"), people=given.numbers("notice", "people"),
        groups=given.numbers("notice", "groups"), levels=given.texts("notice", "levels"),
        actor=actor(), now=given.at,
    )  # fmt: skip
    count = len(notices.deliveries(session, notice.id, actor=actor()))
    return done("duty.notice_queued", n=count)


VERBS: Mapping[str, Verb] = {"notice.send": _send}
