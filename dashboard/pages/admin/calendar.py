"""The page of the working calendar: a year, the tenant's own days, the office day."""

import re
from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.admin.answers import Said, Values, Verb, asked, day, done, text
from dashboard.pages.admin.parameters import seen, set_notes
from dashboard.pages.context import actor, place, words
from dashboard.views import clock
from dashboard.views.admin import calendar as views
from dashboard.views.admin.parameters import recompute as offer
from dashboard.views.kit import Child
from models.clock import now
from models.errors import BadInput
from models.rules.tickets.policy import OfficeDays
from tickets import parameters, recompute, terms

FIRST_YEAR, LAST_YEAR = 2000, 2100


def body(search: str) -> Child:
    """Return the year in the address, this one at first."""
    require("admin.parameters")
    given = asked(search).get("year", "")
    with reading() as session:
        zone = place(session).zone
        today: date = clock.local(now(), zone).date()
        year = int(given) if re.fullmatch(r"\d{4}", given) else today.year
        year = min(max(year, FIRST_YEAR), LAST_YEAR)
        found, said = set_notes(session, zone)
        calendar, own = terms.calendar(session), parameters.own_days(session, year)
        by_hand = terms.office_days(session).published
        waiting, followed = recompute.waiting(session), recompute.followed(session)
    note = said.get("calendar", words()["admin.default"])
    notes = note, offer(waiting, followed, zone, words())
    page = views.page(
        calendar, year, today=today, own=own, years_by_hand=by_hand, notes=notes, words=words()
    )
    return [seen("office", "calendar", found), page]


def _add(session: Session, _key: str, values: Values, at: float) -> Said:
    first = day(values, "first")
    last = day(values, "last") if text(values, "last").strip() else first
    count = parameters.add_days(
        session, first, last, work=text(values, "kind") == "work", note=text(values, "note"),
        actor=actor(), now=at,
    )  # fmt: skip
    return done("admin.days.added", n=count)


def _drop(session: Session, key: str, _values: Values, at: float) -> Said:
    parameters.drop_day(session, key, actor=actor(), now=at)
    return done("admin.days.dropped", day=key)


def _save(session: Session, _key: str, values: Values, at: float) -> Said:
    clock_ = re.fullmatch(r"(\d{1,2})[:：](\d{2})", text(values, "office_end").strip())
    if clock_ is None or int(clock_[1]) > 23 or int(clock_[2]) > 59:
        raise BadInput("office_end", field="office_end")
    years = re.split(r"[\s,，、]+", text(values, "published").strip())
    if any(year and not re.fullmatch(r"\d{4}", year) for year in years):
        raise BadInput("published", field="published")
    office = OfficeDays(
        published=tuple(sorted({int(year) for year in years if year})),
        office_end=int(clock_[1]) * 60 + int(clock_[2]),
    )
    parameters.set_office(session, office, seen=values["seen"]["at"], actor=actor(), now=at)
    return done("admin.at_once")


VERBS: Mapping[str, Verb] = {"days.add": _add, "days.drop": _drop, "office.save": _save}
