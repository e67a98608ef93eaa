"""Alarms in people's hands: taken on once, told to the floor, remembered."""

import msgspec
import pytest
from conftest import Place
from factories import AT, make_alarm
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import WrongStatus
from models.events.floor import AlarmAcknowledged, AlarmRaised
from models.store import archive, watch
from models.tables import Audit, Outbox


def test_acknowledge(session: Session, tenant: Place) -> None:
    alarm = make_alarm(session, tenant.id)
    watch.acknowledge(session, alarm.key, user_id=7, name="林值班", now=AT + 5)
    row = watch.alarm_history(session, start=AT, end=AT + 60)[0]
    assert (row.ack_name, row.ack_at, row.cleared_at) == ("林值班", AT + 5, 0.0)
    told = session.scalars(select(Outbox)).one()
    assert told.stream == f"floor:{tenant.slug}"
    assert (told.event["type"], told.event["alarm"], told.event["name"]) == (
        "AlarmAcknowledged", alarm.key, "林值班",
    )  # fmt: skip
    assert told.event["actor"] == "user:7"
    assert session.scalars(select(Audit.verb)).all() == ["acknowledge"]


def test_acknowledge_twice_is_refused_and_tells_nothing(session: Session, tenant: Place) -> None:
    alarm = make_alarm(session, tenant.id)
    watch.acknowledge(session, alarm.key, user_id=7, name="林值班", now=AT + 5)
    with pytest.raises(WrongStatus):
        watch.acknowledge(session, alarm.key, user_id=8, name="王建国", now=AT + 6)
    assert len(session.scalars(select(Outbox)).all()) == 1


@pytest.mark.parametrize(
    "key",
    [
        "none",
        f"gossip:pbx1:{int(AT)}",
        f"source_silent:pbx1:{int(AT) - 600}",
        "source_silent:pbx1:²",
    ],
)
def test_acknowledge_what_is_not_there_is_refused(session: Session, key: str) -> None:
    with pytest.raises(WrongStatus):
        watch.acknowledge(session, key, user_id=7, name="林值班", now=AT)


def test_an_alarm_pressed_before_its_row_is_written_is_taken_on(
    session: Session, tenant: Place
) -> None:
    key = f"source_silent:pbx1:{int(AT)}"
    watch.acknowledge(session, key, user_id=7, name="林值班", now=AT + 1)
    raised = AlarmRaised(
        id=f"raised:{key}", at=AT, actor="system", pbx="", epoch=0, seq=0, alarm=key,
        rule="source_silent", subject="pbx1", value=4.0, threshold=3.0,
    )  # fmt: skip
    told = msgspec.convert(session.scalars(select(Outbox.event)).one(), AlarmAcknowledged)
    later = msgspec.structs.replace(told, id="ack:again", actor="user:8", name="王建国", at=AT + 2)
    archive.write(session, tenant.id, [archive.Change(1, [], [], [raised, told, later])])
    row = watch.alarm_history(session, start=AT, end=AT + 60)[0]
    assert (row.ack_name, row.ack_at) == ("林值班", AT + 1)


def test_history_is_newest_first_within_the_span(session: Session, tenant: Place) -> None:
    for key in ("a", "b"):
        make_alarm(session, tenant.id, key)
    assert len(watch.alarm_history(session, start=AT, end=AT + 1)) == 2
    assert watch.alarm_history(session, start=AT + 1, end=AT + 2) == []
    assert len(watch.alarm_history(session, start=AT, end=AT + 1, limit=1)) == 1
