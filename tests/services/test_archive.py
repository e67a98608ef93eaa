"""The archive: each change at most once, newer wins whatever the order, people's marks survive."""

import itertools

import msgspec
import pytest
from conftest import Place, new_tenant
from factories import AT, envelope, make_call, make_missed, put_calls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from models.clock import to_datetime
from models.events import floor as e
from models.store import archive, db, ledger
from models.tables import AlarmLog, CallerIdentity, CallLedger, EventLog, SeatInterval

WAITING = {"outcome": "waiting", "answered": 0.0, "ended": 0.0, "seat": "", "wait": -1, "talk": -1}


def outcome(session: Session, key: str) -> str | None:
    return session.scalar(
        select(CallLedger.outcome)
        .where(CallLedger.key == key)
        .execution_options(populate_existing=True)
    )


def test_it_works(session: Session, tenant: Place) -> None:
    call = make_call()
    put_calls(session, tenant.id, call)
    row = session.scalars(select(CallLedger)).one()
    assert (row.key, row.outcome, row.wait, row.talk) == (call.key, "answered", 3, 40)
    assert row.entered_at == row.counted_at == to_datetime(AT)
    assert session.scalar(select(CallerIdentity.sealed)) == call.caller.sealed


def test_a_newer_version_overwrites(session: Session, tenant: Place) -> None:
    call = make_call()
    put_calls(session, tenant.id, msgspec.structs.replace(call, **WAITING), version=1)
    put_calls(session, tenant.id, call, version=2)
    assert outcome(session, call.key) == "answered"


def test_an_older_version_never_overwrites(session: Session, tenant: Place) -> None:
    call = make_call()
    put_calls(session, tenant.id, call, version=2)
    put_calls(session, tenant.id, msgspec.structs.replace(call, **WAITING), version=1)
    assert outcome(session, call.key) == "answered"


def test_of_several_versions_in_one_batch_the_newest_is_kept(
    session: Session, tenant: Place
) -> None:
    call = make_call()
    early = archive.Change(1, [msgspec.structs.replace(call, **WAITING)], [], [])
    late = archive.Change(2, [call], [], [])
    archive.write(session, tenant.id, [early, late])
    assert outcome(session, call.key) == "answered"


def test_a_batch_in_the_wrong_order_keeps_the_newest_too(session: Session, tenant: Place) -> None:
    call = make_call()
    early = archive.Change(1, [msgspec.structs.replace(call, **WAITING)], [], [])
    late = archive.Change(2, [call], [], [])
    archive.write(session, tenant.id, [late, early])
    assert outcome(session, call.key) == "answered"


def test_the_same_entry_twice_is_once(session: Session, tenant: Place) -> None:
    up = e.LinkUp(version="11.0.0", **envelope(1))
    stay = archive.Interval("pbx1:PJSIP/8001", "talk", "", AT, AT + 9)
    change = archive.Change(5, [make_call(), make_missed()], [stay], [up])
    for _ in range(2):
        archive.write(session, tenant.id, [change])
    counts = [
        session.scalar(select(func.count()).select_from(table))
        for table in (CallLedger, SeatInterval, EventLog)
    ]
    assert counts == [2, 1, 1]


def test_a_call_back_mark_survives_re_delivery(session: Session, tenant: Place) -> None:
    call = make_missed()
    put_calls(session, tenant.id, call)
    ledger.mark_callback(session, call.key, user_id=7, note="已回访", now=AT + 60)
    put_calls(session, tenant.id, call)
    put_calls(session, tenant.id, call, version=9)
    row = session.scalars(select(CallLedger).execution_options(populate_existing=True)).one()
    assert (row.callback_by, row.callback_note, row.version) == (7, "已回访", 9)


def test_an_ended_stay_is_not_opened_again(session: Session, tenant: Place) -> None:
    seat = "pbx1:PJSIP/8001"
    for version, end in ((2, AT + 5), (3, 0.0)):
        stay = archive.Interval(seat, "idle", "", AT, end)
        archive.write(session, tenant.id, [archive.Change(version, [], [stay], [])])
    assert session.scalar(select(SeatInterval.end_at)) == to_datetime(AT + 5)


def test_an_alarm_is_raised_and_cleared_once(session: Session, tenant: Place) -> None:
    raised = e.AlarmRaised(
        alarm="a", rule="queue_length", subject="consult", value=11, threshold=9,
        **envelope(0, AT, pbx="") | {"id": "a"},
    )  # fmt: skip
    cleared = [
        e.AlarmCleared(alarm="a", value=3, **envelope(0, AT + s, pbx="") | {"id": f"c{s}"})
        for s in (10, 20)
    ]
    events: list[archive.LoggedEvent] = [raised, raised, *cleared]
    for event in events:
        archive.write(session, tenant.id, [archive.Change(1, [], [], [event])])
    row = session.scalars(select(AlarmLog)).one()
    assert (row.value, row.raised_at, row.cleared_at) == (11, to_datetime(AT), to_datetime(AT + 10))


@pytest.mark.parametrize(
    "raw", [b"", b"{}", b"[]", b'{"calls":[],"intervals":[],"events":[],"more":1}', b"\xff"]
)
def test_a_foreign_entry_is_refused(raw: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError):
        archive.read_change("1-0", raw)


def test_entry_ids_keep_their_order_as_versions() -> None:
    raw = b'{"calls":[],"intervals":[],"events":[]}'
    ids = ["1795300000000-0", "1795300000000-1", "1795300000001-0", "1795300000002-12"]
    versions = [archive.read_change(entry, raw).version for entry in ids]
    assert versions == sorted(set(versions))


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(order=st.permutations(range(5)), repeats=st.lists(st.integers(0, 4), max_size=4))
def test_any_order_and_any_repeat_end_the_same(
    engine: Engine, order: list[int], repeats: list[int]
) -> None:
    place = new_tenant(engine)
    call = make_call()
    steps = ["arrived", "waiting", "talking", "answered", "answered"]
    changes = [
        archive.Change(number, [msgspec.structs.replace(call, outcome=step, talk=number)], [], [])
        for number, step in enumerate(steps, start=1)
    ]
    with db.transaction(engine, place.id) as session:
        for number in itertools.chain(order, repeats):
            archive.write(session, place.id, [changes[number]])
        row = session.scalars(select(CallLedger)).one()
        assert (row.outcome, row.talk, row.version) == ("answered", 5, 5)
