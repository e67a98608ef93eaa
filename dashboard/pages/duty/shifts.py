"""调班与交接: one's own shifts, swaps, handovers and calendar addresses."""

from collections.abc import Mapping

from sqlalchemy.orm import Session

from command.duty import calendar, contacts, handovers, roster, swaps
from command.duty.acting import mine
from dashboard.auth import require, viewer
from dashboard.door import doors, reading
from dashboard.pages.context import actor, place, words
from dashboard.pages.duty.answers import Pressed, Said, Verb, done
from dashboard.views.duty import shifts as views
from dashboard.views.kit import Child
from models.clock import now
from models.tables import DutyContact

SWAPPED_DAYS = 21


def body(_search: str) -> Child:
    """Return the page's body."""
    require("duty.view")
    who = actor()
    with reading() as session:
        zone, me = place(session).zone, mine(session, who)
        calendars = views.calendars(
            calendar.listing(session, actor=who), own=me is not None, zone=zone, words=words()
        )
        return views.page(_handing(session, me, zone), _swapping(session, me, zone), calendars)


def _handing(session: Session, me: DutyContact | None, zone: str) -> Child:
    at = now()
    may_write: list[tuple[str, str]] = []
    incoming = None
    if me is not None:
        serving = [
            each for moment in (at, at - handovers.LATE_S)
            for each in roster.on_duty(session, now=moment) if each.contact == me.id
        ]  # fmt: skip
        may_write = list(dict.fromkeys((each.level, each.label) for each in serving))
        if may_write:
            following = roster.next_up(session, may_write[0][0], now=at)
            incoming = following.who.id if following and following.who.user_id else None
    rows = handovers.listing(session, actor=actor())
    return views.handovers(
        rows, me, may_write, _with_login(session, me), incoming, zone=zone, words=words()
    )


def _with_login(session: Session, me: DutyContact | None) -> list[tuple[int, str]]:
    known = dict(contacts.people(session))
    able = contacts.with_login(session)
    return [
        (key, name) for key, name in known.items() if key in able and (me is None or key != me.id)
    ]


def _swapping(session: Session, me: DutyContact | None, zone: str) -> list[Child]:
    at, who = now(), actor()
    labels = {
        (level.code, slot.code): f"{level.label} {slot.label}"
        for level in roster.levels(session)
        for slot in level.slots
    }
    own = roster.coming(session, me.id, now=at) if me else []
    others = _with_login(session, me)
    theirs = [
        (
            line.row.id,
            f"{line.who.name} "
            f"{views.when(line.row.start_at.timestamp(), line.row.end_at.timestamp(), zone, words())} "
            f"{labels.get((line.row.level, line.row.slot), '')}",
        )
        for key, _ in others
        for line in roster.coming(session, key, now=at, days=SWAPPED_DAYS)
    ]
    coming = [line for line in own if line.row.start_at.timestamp() > at]
    return views.swaps(
        coming, swaps.listing(session, actor=who), me, others, theirs, labels,
        may_approve="duty.edit" in viewer().can, zone=zone, words=words(),
    )  # fmt: skip


def _ask(session: Session, given: Pressed) -> Said:
    swaps.ask(
        session, given.number("swap", "shift"), given.number("swap", "other"),
        given.text("swap", "why"), back_id=given.number("swap", "back"), actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.asked")


def _agree(session: Session, given: Pressed) -> Said:
    swaps.agree(session, given.id, actor=actor(), now=given.at)
    return done("duty.saved")


def _decline(session: Session, given: Pressed) -> Said:
    swaps.decline(session, given.id, actor=actor(), now=given.at)
    return done("duty.saved")


def _approve(session: Session, given: Pressed) -> Said:
    swaps.approve(session, given.id, actor=actor(), now=given.at)
    return done("duty.swapped")


def _refuse(session: Session, given: Pressed) -> Said:
    swaps.refuse(session, given.id, "", actor=actor(), now=given.at)
    return done("duty.saved")


def _write(session: Session, given: Pressed) -> Said:
    handovers.write(
        session, given.text("handover", "level"), given.number("handover", "incoming"),
        given.text("handover", "matters"), actor=actor(), now=given.at,
    )  # fmt: skip
    return done("duty.handed")


def _amend(session: Session, given: Pressed) -> Said:
    matters = given.text(f"hand{given.id}", "matters")
    handovers.amend(session, given.id, given.version, matters, actor=actor(), now=given.at)
    return done("duty.saved")


def _sign(session: Session, given: Pressed) -> Said:
    handovers.sign(session, given.id, given.version, actor=actor(), now=given.at)
    return done("duty.signed")


def _issue(session: Session, given: Pressed, *, whole: bool) -> Said:
    token = calendar.issue(session, whole=whole, actor=actor(), now=given.at)
    settings = doors().settings
    base = settings.public_url or f"http://{settings.host}:{settings.port}"
    url = f"{base.rstrip('/')}/duty/calendar.ics?token={token}"
    return Said("", views.address(url, words()))


def _revoke(session: Session, given: Pressed) -> Said:
    calendar.revoke(session, given.id, actor=actor(), now=given.at)
    return done("duty.revoked")


VERBS: Mapping[str, Verb] = {
    "swap.ask": _ask,
    "swap.agree": _agree,
    "swap.decline": _decline,
    "swap.approve": _approve,
    "swap.refuse": _refuse,
    "handover.write": _write,
    "handover.amend": _amend,
    "handover.sign": _sign,
    "calendar.own": lambda session, given: _issue(session, given, whole=False),
    "calendar.whole": lambda session, given: _issue(session, given, whole=True),
    "calendar.revoke": _revoke,
}
