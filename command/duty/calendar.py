"""Calendars of the roster (RFC 5545): one person's shifts or all of them, at an address that can be revoked.

Each shift is an event of its own for ever: the same UID, a SEQUENCE that grows with its row, CANCELLED when it is
taken back. Who takes a shift over has another row, and so another event.
"""

import hashlib
import secrets
from collections.abc import Mapping
from datetime import UTC, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone
from sqlalchemy import ColumnElement, any_, select, update
from sqlalchemy.orm import Session

from command.duty import roster
from command.duty.acting import EDIT, VIEW, envelope, mine, require, tell
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused
from models.events.duty import CalendarIssued, CalendarRevoked
from models.rules.duty.roster import slots_of
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import DutyCalendar, DutyContact, DutyLevel, DutyShift, Role, Tenant, User
from tickets.moving import Actor

BEHIND = timedelta(days=31)
"""How far back a calendar reaches."""
SEPARATOR = "."


class Line(NamedTuple):
    """A calendar address of a person: whose shifts it shows, empty for all."""

    row: DutyCalendar
    who: str


def issue(session: Session, *, whole: bool, actor: Actor, now: Instant) -> str:
    """Return the token of a new address: for one's own shifts, or for the whole roster. It is shown this once.

    BadInput for one's own when the phone book does not know the login.
    """
    require(actor, VIEW)
    me = None if whole else mine(session, actor)
    if not whole and me is None:
        raise BadInput("no contact has this login", field="calendar", reason="unknown")
    slug = session.scalar(select(Tenant.slug).where(Tenant.id == tenant_of(session))) or ""
    token = f"{slug}{SEPARATOR}{secrets.token_urlsafe(24)}"
    row = DutyCalendar(
        tenant_id=tenant_of(session), token_hash=_digest(token),
        contact_id=me.id if me else None, issued_at=to_datetime(now), issued_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    session.flush()
    told = envelope(actor, now, f"calendar-{row.id}")
    contact, who = (me.id, me.name) if me else (0, "")
    tell(session, CalendarIssued(**told, calendar=row.id, contact=contact, who=who))
    audit(
        session, actor=actor.ref, verb="calendar_issued", subject=f"calendar:{row.id}", now=now,
        whole=whole,
    )  # fmt: skip
    return token


def revoke(session: Session, calendar_id: int, *, actor: Actor, now: Instant) -> None:
    """Let an address open nothing any more: one's own, or any for who edits the roster; harmless when it is done."""
    require(actor, VIEW)
    row = session.get(DutyCalendar, calendar_id)
    if row is None:
        raise NotFound(f"no calendar {calendar_id}")
    if row.issued_by != actor.user_id and EDIT not in actor.can:
        raise Refused(f"calendar {calendar_id} is not {actor.ref}'s", permission=EDIT)
    done = session.scalar(
        update(DutyCalendar)
        .where(DutyCalendar.id == calendar_id, DutyCalendar.revoked_at.is_(None))
        .values(revoked_at=to_datetime(now))
        .returning(DutyCalendar.id)
    )
    if done is None:
        return
    tell(
        session,
        CalendarRevoked(**envelope(actor, now, f"calendar-{row.id}-revoked"), calendar=row.id),
    )
    audit(session, actor=actor.ref, verb="calendar_revoked", subject=f"calendar:{row.id}", now=now)


def listing(session: Session, *, actor: Actor) -> list[Line]:
    """Return the actor's open addresses; for who edits the roster, those of all."""
    require(actor, VIEW)
    where: list[ColumnElement[bool]] = [DutyCalendar.revoked_at.is_(None)]
    if EDIT not in actor.can:
        where.append(DutyCalendar.issued_by == actor.user_id)
    found = session.execute(
        select(DutyCalendar, DutyContact.name)
        .outerjoin(DutyContact, DutyContact.id == DutyCalendar.contact_id)
        .where(*where)
        .order_by(DutyCalendar.id)
    )
    return [Line(row, name or "") for row, name in found]


def tenant_slug(token: str) -> str:
    """Return the tenant a token is of."""
    return token.partition(SEPARATOR)[0]


def feed(session: Session, token: str, *, now: Instant) -> bytes:
    """Return the calendar of a token; NotFound for one that is revoked, unknown, or whose person may look no more."""
    row = session.scalar(
        select(DutyCalendar)
        .join(User, User.id == DutyCalendar.issued_by)
        .join(Role, Role.id == User.role_id)
        .where(
            DutyCalendar.token_hash == _digest(token), DutyCalendar.revoked_at.is_(None),
            User.active, any_(Role.permissions) == VIEW,
        )
    )  # fmt: skip
    if row is None:
        raise NotFound("no such calendar")
    return render(session, row.contact_id, now=now)


def render(session: Session, contact_id: int | None, *, now: Instant) -> bytes:
    """Return the calendar of a person, or of the whole roster (None), as bytes with folded lines."""
    tenant = session.get_one(Tenant, tenant_of(session))
    zone, first = ZoneInfo(tenant.zone), to_datetime(now) - BEHIND
    where = [DutyShift.end_at > first]
    if contact_id is not None:
        where.append(DutyShift.contact_id == contact_id)
    rows = session.execute(
        select(DutyShift, DutyContact)
        .join(DutyContact, DutyContact.id == DutyShift.contact_id)
        .where(*where)
        .order_by(DutyShift.start_at, DutyShift.id)
    ).all()
    levels = {row.code: row for row in session.scalars(select(DutyLevel))}
    made = Calendar()
    made.add("prodid", "-//hotline-watch//duty roster//ZH")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", f"{tenant.city} 12345 值班")
    made.add("x-wr-timezone", tenant.zone)
    made.add_component(Timezone.from_tzid(tenant.zone))
    for row, who in rows:
        made.add_component(_event(row, who, levels, zone, tenant.slug, named=contact_id is None))
    body: bytes = made.to_ical()
    return body


def _event(
    row: DutyShift,
    who: DutyContact,
    levels: Mapping[str, DutyLevel],
    zone: ZoneInfo,
    slug: str,
    *,
    named: bool,
) -> Any:  # noqa: ANN401 - the library's component
    level = levels.get(row.level)
    slots = slots_of(level.slots) if level else ()
    slot = next((each.label for each in slots if each.code == row.slot), row.slot)
    title = f"{level.label if level else row.level} {slot}"
    event = Event()
    event.add("uid", f"duty-shift-{row.id}@{slug}.hotline-watch")
    event.add("dtstamp", row.changed_at.astimezone(UTC))
    event.add("last-modified", row.changed_at.astimezone(UTC))
    event.add("sequence", row.version - 1)
    event.add("dtstart", row.start_at.astimezone(zone))
    event.add("dtend", row.end_at.astimezone(zone))
    event.add("summary", f"{title} {who.name}" if named else title)
    event.add("description", " ".join(part for part in (who.organisation, who.position) if part))
    cancelled = row.state == roster.CANCELLED
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "TRANSPARENT" if cancelled else "OPAQUE")
    return event


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
