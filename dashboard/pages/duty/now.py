"""值班台: who is on duty, what is missing, what waits for a hand, the log's last lines."""

from datetime import timedelta

from sqlalchemy.orm import Session

from command.duty import handovers, journal, roster, swaps
from command.duty.acting import mine
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.context import actor, place, words
from dashboard.views import clock
from dashboard.views.duty import now as views
from dashboard.views.kit import Child
from models.clock import now

DAYS_AHEAD = 6
LAST_S = 12 * 3600.0
LINES = 12


def body(_search: str) -> Child:
    """Return the page's body."""
    require("duty.view")
    who, at = actor(), now()
    with reading() as session:
        zone = place(session).zone
        today = clock.local(at, zone).date()
        lines = journal.entries(session, at - LAST_S, at + 1, actor=who, most=LINES)
        missing = roster.gaps(session, today, today + timedelta(days=DAYS_AHEAD), actor=who)
        serving = roster.on_duty(session, now=at)
        manned = {each.level for each in serving}
        levels = [x for x in roster.levels(session) if x.active or x.code in manned]
        return views.page(
            serving, levels, missing, _waiting(session),
            lines, zone=zone, words=words(),
        )  # fmt: skip


def _waiting(session: Session) -> Child:
    who = actor()
    me = mine(session, who)
    if me is None:
        return None
    to_sign = [
        row for row in handovers.listing(session, actor=who)
        if row.signed_at is None and row.incoming_id == me.id
    ]  # fmt: skip
    listed = swaps.listing(session, actor=who)
    asked = sum(line.row.state == "asked" and line.other.id == me.id for line in listed)
    agreed = sum(line.row.state == "agreed" for line in listed) if "duty.edit" in who.can else 0
    return views.waiting(to_sign, asked, agreed, words())
