"""Outbox and relay: announced with the row or not at all, published at least once, counted once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from conftest import Place
from factories import AT, PLAN, make_alarm
from redis.asyncio import Redis
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import InternalError
from sqlalchemy.orm import Session
from waiting import eventually

from ingest.relay import Relay
from models.events import floor as e
from models.rules.floor import Floor, empty_floor, reduce
from models.store import chain, db, outbox, streams, watch
from models.tables import Outbox


def acknowledge(engine: Engine, tenant: Place, key: str = "a") -> None:
    with db.transaction(engine, tenant.id) as session:
        make_alarm(session, tenant.id, key)
        watch.acknowledge(session, key, user_id=7, name="林值班", now=AT)


def unsent(engine: Engine, tenant: Place) -> int | None:
    with db.transaction(engine, tenant.id) as session:
        return session.scalar(
            select(func.count()).select_from(Outbox).where(Outbox.sent_at.is_(None))
        )


async def published(redis: "Redis", tenant: Place) -> list[e.AnyFloorEvent]:
    entries = await streams.read(redis, streams.floor_stream(tenant.slug), "0-0", count=10_000)
    return [event for entry in entries for event in e.decode(entry.fields[b"e"])]


@asynccontextmanager
async def running(*relays: Relay) -> AsyncIterator[None]:
    tasks = [asyncio.ensure_future(relay.run()) for relay in relays]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_it_works(redis: "Redis", engine: Engine, tenant: Place) -> None:
    acknowledge(engine, tenant)
    async with running(Relay(redis, engine, tenant.slug)):
        await eventually(lambda: _has(redis, tenant, 1))
        await eventually(lambda: _all_sent(engine, tenant))
    events = await published(redis, tenant)
    assert [type(event) for event in events] == [e.AlarmAcknowledged]


async def _has(redis: "Redis", tenant: Place, count: int) -> bool:
    return len(await published(redis, tenant)) >= count


async def _all_sent(engine: Engine, tenant: Place) -> bool:
    return await asyncio.to_thread(unsent, engine, tenant) == 0


def test_a_row_taken_back_is_not_announced(engine: Engine, tenant: Place) -> None:
    with pytest.raises(RuntimeError), db.transaction(engine, tenant.id) as session:
        make_alarm(session, tenant.id)
        watch.acknowledge(session, "longest_wait:consult:1", user_id=7, name="x", now=AT)
        raise RuntimeError
    assert unsent(engine, tenant) == 0


async def test_killed_between_publishing_and_marking_it_is_published_again_and_counts_once(
    redis: "Redis", engine: Engine, tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge(engine, tenant)
    with monkeypatch.context() as broken:
        broken.setattr(outbox, "mark_sent", _killed)
        async with running(Relay(redis, engine, tenant.slug)):
            await eventually(lambda: _has(redis, tenant, 1))
    assert unsent(engine, tenant) == 1
    async with running(Relay(redis, engine, tenant.slug)):
        await eventually(lambda: _all_sent(engine, tenant))
    events = await published(redis, tenant)
    assert len(events) >= 2
    assert {event.id for event in events} == {"ack:a"}
    once, often = fold(events[:1]), fold(events)
    assert often == once
    assert once.alarms["a"].ack_name == "林值班"


def _killed(*_: object) -> None:
    raise RuntimeError("killed here")


def fold(events: list[e.AnyFloorEvent]) -> Floor:
    raised = e.AlarmRaised(
        id="a", at=AT, actor="system", pbx="", epoch=0, seq=0,
        alarm="a", rule="longest_wait", subject="consult", value=61, threshold=60,
    )  # fmt: skip
    floor = reduce(empty_floor(PLAN, AT), raised)
    for event in events:
        floor = reduce(floor, event)
    return floor


async def test_two_relays_share_the_work_without_a_double(
    redis: "Redis", engine: Engine, tenant: Place
) -> None:
    for number in range(150):
        acknowledge(engine, tenant, f"alarm-{number}")
    relays = [Relay(redis, engine, tenant.slug) for _ in range(2)]
    async with running(*relays):
        await eventually(lambda: _all_sent(engine, tenant), within_s=15)
    ids = [event.id for event in await published(redis, tenant)]
    assert len(ids) == len(set(ids)) == 150


async def test_one_relay_keeps_the_order(redis: "Redis", engine: Engine, tenant: Place) -> None:
    for number in range(20):
        acknowledge(engine, tenant, f"alarm-{number:02d}")
    async with running(Relay(redis, engine, tenant.slug)):
        await eventually(lambda: _all_sent(engine, tenant))
    ids = [event.id for event in await published(redis, tenant)]
    assert ids == sorted(ids)


async def test_two_relays_keep_the_order(
    redis: "Redis", engine: Engine, tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(120):  # more than one batch
        acknowledge(engine, tenant, f"alarm-{number:03d}")
    slow, quick = (Relay(redis, engine, tenant.slug) for _ in range(2))
    publish, begun = slow._publish, asyncio.Event()

    async def slowly(stream: str, event: dict[str, Any]) -> None:
        if not begun.is_set():
            begun.set()
            await asyncio.sleep(1)  # the other has looked for work meanwhile
        await publish(stream, event)

    monkeypatch.setattr(slow, "_publish", slowly)
    async with running(slow):
        await begun.wait()
        async with running(quick):
            await eventually(lambda: _all_sent(engine, tenant), within_s=15)
    ids = [event.id for event in await published(redis, tenant)]
    assert ids == [f"ack:alarm-{number:03d}" for number in range(120)]


async def test_a_relay_that_froze_in_its_turn_loses_it(
    engine: Engine, tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    acknowledge(engine, tenant)
    monkeypatch.setattr(outbox, "FROZEN", "300ms")
    with pytest.raises(InternalError), db.transaction(engine, tenant.id) as frozen:
        assert len(outbox.claim(frozen)) == 1
        with db.transaction(engine, tenant.id) as other:
            assert outbox.claim(other) == []

        async def passed_on() -> None:
            with db.transaction(engine, tenant.id) as heir:
                assert len(outbox.claim(heir)) == 1

        await eventually(passed_on)
        outbox.mark_sent(frozen, [1], AT)


async def test_without_the_stream_store_the_row_waits(engine: Engine, tenant: Place) -> None:
    acknowledge(engine, tenant)
    away = streams.connect("redis://127.0.0.1:9/0")
    async with running(Relay(away, engine, tenant.slug)):
        await asyncio.sleep(0.5)
    await away.aclose()
    assert unsent(engine, tenant) == 1


def test_what_was_published_and_logged_is_forgotten_and_nothing_else(
    engine: Engine, tenant: Place, neighbour: Place
) -> None:
    for place in (tenant, neighbour):
        for key in ("logged", "unlogged", "unsent"):
            acknowledge(engine, place, key)
    for place in (tenant, neighbour):
        with db.transaction(engine, place.id) as session:
            rows = rows_of(session)
            outbox.mark_sent(session, [row.id for row in rows[:2]], AT + 10)
            chain.log_event(session, rows[0].event)
            chain.log_event(session, rows[2].event)
    with db.transaction(engine, tenant.id) as session:
        assert outbox.forget(session, AT + 10) == 0  # not old enough
        assert outbox.forget(session, AT + 11) == 1
        assert outbox.forget(session, AT + 11) == 0
        assert [row.sent_at is None for row in rows_of(session)] == [False, True]
    with db.transaction(engine, neighbour.id) as session:
        assert len(rows_of(session)) == 3


def rows_of(session: Session) -> list[Outbox]:
    return list(session.scalars(select(Outbox).order_by(Outbox.id)))
