"""The roster as iCalendar, read by two libraries that know nothing of how it was written."""

from datetime import timedelta
from typing import Any

import icalendar
import pytest
import vobject
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_duty import DAY, EDITOR, at, chiefs, login_of, told, vault

from command.duty import calendar, contacts, roster
from models.errors import BadInput, NotFound, Refused
from models.store.crypto import Vault
from models.tables import DutyCalendar, User
from tickets.moving import Actor

__all__ = ["chiefs", "vault"]  # fixtures
TOMORROW = DAY + timedelta(days=1)


def by_icalendar(body: bytes) -> dict[str, dict[str, Any]]:
    found: Any = icalendar.Calendar.from_ical(body)
    assert not found.errors
    return {
        str(each["UID"]): {
            "start": each["DTSTART"].dt.timestamp(), "end": each["DTEND"].dt.timestamp(),
            "zone": each["DTSTART"].params["TZID"], "sequence": int(each["SEQUENCE"]),
            "status": str(each["STATUS"]), "summary": str(each["SUMMARY"]),
        }
        for each in found.walk("VEVENT")
    }  # fmt: skip


def by_vobject(body: bytes) -> dict[str, dict[str, Any]]:
    found = vobject.readOne(body.decode())
    return {
        each.uid.value: {
            "start": each.dtstart.value.timestamp(), "end": each.dtend.value.timestamp(),
            "zone": each.dtstart.params["X-VOBJ-ORIGINAL-TZID"][0],
            "sequence": int(each.sequence.value), "status": each.status.value,
            "summary": each.summary.value,
        }
        for each in getattr(found, "vevent_list", [])
    }  # fmt: skip


def read(body: bytes) -> dict[str, dict[str, Any]]:
    """Return the events as both libraries read them, which is the same."""
    one, other = by_icalendar(body), by_vobject(body)
    assert one == other
    return one


def test_both_libraries_read_the_same_shifts(session: Session, chiefs: list[int]) -> None:
    roster.generate(session, "chief", DAY, DAY + timedelta(days=9), chiefs, actor=EDITOR, now=AT)
    body = calendar.render(session, None, now=AT)
    found = read(body)
    assert len(found) == 20
    first = min(found.values(), key=lambda event: event["start"])
    assert first == {
        "start": at(DAY, 8), "end": at(DAY, 20), "zone": "Asia/Shanghai", "sequence": 0,
        "status": "CONFIRMED", "summary": "值班长 白班 值班长0",
    }  # fmt: skip
    whole: Any = icalendar.Calendar.from_ical(body)
    zones = whole.walk("VTIMEZONE")
    assert [str(zone["TZID"]) for zone in zones] == ["Asia/Shanghai"]
    offsets = {part["TZOFFSETTO"].td for part in zones[0].walk("STANDARD")}
    assert timedelta(hours=8) in offsets


def test_lines_are_folded_by_octets(session: Session, chiefs: list[int], vault: Vault) -> None:
    form = contacts.Form("欧阳" * 12, position="总指挥" * 15, organisation="应急管理局" * 10)
    long = contacts.add(session, form, actor=EDITOR, now=AT, vault=vault).id
    roster.place(session, "chief", TOMORROW, "day", long, actor=EDITOR, now=AT)
    body = calendar.render(session, None, now=AT)
    assert body.endswith(b"\r\n")
    for line in body.split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut in two
    assert b"\n" not in body.replace(b"\r\n", b"")
    assert "欧阳" * 12 in next(iter(read(body).values()))["summary"]


def test_a_shift_keeps_its_uid_and_its_sequence_grows(session: Session, chiefs: list[int]) -> None:
    row = roster.place(session, "chief", TOMORROW, "day", chiefs[0], actor=EDITOR, now=AT)
    ((uid, before),) = read(calendar.render(session, chiefs[0], now=AT)).items()
    roster.retime(session, row.id, 1, at(TOMORROW, 9), at(TOMORROW, 20), actor=EDITOR, now=AT + 1)
    moved = read(calendar.render(session, chiefs[0], now=AT))[uid]
    assert (before["sequence"], moved["sequence"]) == (0, 1)
    assert moved["start"] == at(TOMORROW, 9)
    taken = roster.place(
        session, "chief", TOMORROW, "day", chiefs[1], instead=row.id, actor=EDITOR, now=AT + 2
    )
    gone = read(calendar.render(session, chiefs[0], now=AT))[uid]
    assert (gone["sequence"], gone["status"]) == (2, "CANCELLED")
    theirs = read(calendar.render(session, chiefs[1], now=AT))
    assert [event["status"] for event in theirs.values()] == ["CONFIRMED"]
    assert uid not in theirs and f"duty-shift-{taken.id}@" in next(iter(theirs))


def test_an_empty_calendar_is_one(session: Session, chiefs: list[int]) -> None:
    body = calendar.render(session, chiefs[3], now=AT)
    assert by_icalendar(body) == {}
    assert vobject.readOne(body.decode()).name == "VCALENDAR"


def test_an_address_opens_until_it_is_revoked(
    session: Session, tenant: Place, chiefs: list[int]
) -> None:
    me = login_of(session, chiefs[0])
    for chief in chiefs[:2]:
        day = TOMORROW + timedelta(days=chiefs.index(chief))
        roster.place(session, "chief", day, "day", chief, actor=EDITOR, now=AT)
    own = calendar.issue(session, whole=False, actor=me, now=AT)
    every = calendar.issue(session, whole=True, actor=me, now=AT)
    assert len(read(calendar.feed(session, own, now=AT))) == 1
    assert len(read(calendar.feed(session, every, now=AT))) == 2
    rows = session.scalars(select(DutyCalendar).order_by(DutyCalendar.id)).all()
    secret = own.partition(".")[2]
    assert secret not in str([(row.token_hash, row.id) for row in rows])
    assert secret not in str(told(session))
    with pytest.raises(Refused):
        calendar.revoke(
            session, rows[0].id, actor=Actor(99, "别人", frozenset({"duty.view"})), now=AT
        )
    calendar.revoke(session, rows[0].id, actor=me, now=AT)
    for token in (own, own + "x", "", tenant.slug, f"{tenant.slug}."):
        with pytest.raises(NotFound):
            calendar.feed(session, token, now=AT)
    session.get_one(User, me.user_id).active = False
    session.flush()
    with pytest.raises(NotFound):  # who may not sign in any more reads no calendar
        calendar.feed(session, every, now=AT)


def test_who_is_not_in_the_phone_book_has_no_calendar_of_their_own(
    session: Session, tenant: Place
) -> None:
    with pytest.raises(BadInput):
        calendar.issue(session, whole=False, actor=Actor(5, "人", frozenset({"duty.view"})), now=AT)
