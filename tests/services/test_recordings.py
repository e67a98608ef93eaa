"""A ticket and the recording of its call find each other, whichever comes first, and once."""

import threading
from dataclasses import replace

import pytest
from conftest import Place
from factories import AT, make_call, put_calls
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, FORM, VAULT, opened, same_as_history

from models.errors import BadInput, Refused, WrongStatus
from models.store import chain, db
from models.tables import EventLog, Ticket
from tickets.intake import open_ticket
from tickets.recordings import link_recording
from tickets.timing import SYSTEM

REFERENCE = "2026/11/22/pbx1-1.7.wav"


def called(session: Session, tenant: int) -> str:
    call = make_call()
    put_calls(session, tenant, call)
    return call.key


def test_the_recording_comes_after_the_ticket(session: Session, tenant: Place) -> None:
    key = called(session, tenant.id)
    row, other = opened(session, replace(FORM, call=key)), opened(session)
    assert link_recording(session, key, REFERENCE, actor=SYSTEM, now=AT + 60) == 1
    assert link_recording(session, key, REFERENCE, actor=SYSTEM, now=AT + 61) == 0
    session.refresh(row)
    session.refresh(other)
    assert (row.recording, other.recording) == (REFERENCE, "")
    same_as_history(session, row)
    assert chain.verify(session) == []


def test_the_recording_comes_first(session: Session, tenant: Place) -> None:
    key = called(session, tenant.id)
    assert link_recording(session, key, REFERENCE, actor=SYSTEM, now=AT) == 0
    row = opened(session, replace(FORM, call=key), at=AT + 60)
    assert row.recording == REFERENCE
    assert link_recording(session, key, REFERENCE, actor=SYSTEM, now=AT + 61) == 0
    same_as_history(session, row)


def test_a_call_has_one_recording_and_the_machinery_says_it(session: Session) -> None:
    link_recording(session, "c1", REFERENCE, actor=SYSTEM, now=AT)
    with pytest.raises(WrongStatus):
        link_recording(session, "c1", "another.wav", actor=SYSTEM, now=AT)
    with pytest.raises(Refused):
        link_recording(session, "c2", REFERENCE, actor=CENTRE_OF_PEOPLE, now=AT)
    for key, reference in (("", "x"), ("c3", " "), ("c3", "x" * 501), ("c3", "a\0b")):
        with pytest.raises(BadInput):
            link_recording(session, key, reference, actor=SYSTEM, now=AT)


CENTRE_OF_PEOPLE = replace(CENTRE, can=CENTRE.can - {"ticket.clock"})


def test_at_the_same_moment_neither_misses_the_other(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        key = called(session, tenant.id)
    ready = threading.Barrier(2)

    def open_it() -> None:
        ready.wait()
        with db.transaction(engine, tenant.id) as own:
            open_ticket(own, replace(FORM, call=key), actor=CENTRE, now=AT, vault=VAULT)

    def record_it() -> None:
        ready.wait()
        for _ in range(3):
            with db.transaction(engine, tenant.id) as own:
                link_recording(own, key, REFERENCE, actor=SYSTEM, now=AT)

    threads = [threading.Thread(target=act) for act in (open_it, record_it)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    with db.transaction(engine, tenant.id) as session:
        assert session.scalar(select(Ticket.recording)) == REFERENCE
        assert session.scalar(select(func.count()).select_from(EventLog)) == 1
