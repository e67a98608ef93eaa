"""Any stream into the event log: each event once, in order, whatever is delivered twice or broken."""

import asyncio
from typing import Any

import msgspec
from conftest import Place
from factories import AT
from redis.asyncio import Redis
from sqlalchemy import Engine, select
from waiting import eventually

from command.duty import journal
from ingest.event_log import EventKeeper
from ingest.relay import Relay
from models.store import chain, db, streams
from models.store.people import PERMISSIONS
from models.tables import EventLog
from tickets.moving import Actor


def logged(engine: Engine, tenant: Place) -> list[str]:
    with db.transaction(engine, tenant.id) as session:
        assert chain.verify(session) == []
        return list(session.scalars(select(EventLog.event_id).order_by(EventLog.id)))


async def publish(redis: "Redis", tenant: Place, *ids: str) -> None:
    events = [{"type": "DutyRemarked", "id": each, "at": AT} for each in ids]
    await redis.xadd(streams.duty_stream(tenant.id), {"e": msgspec.json.encode(events)})


async def test_what_comes_twice_is_kept_once(redis: "Redis", engine: Engine, tenant: Place) -> None:
    keeper = EventKeeper(redis, engine, tenant.slug, "duty", streams.duty_stream)
    await publish(redis, tenant, "a", "b")
    await publish(redis, tenant, "b", "c")
    await redis.xadd(streams.duty_stream(tenant.id), {"e": b"broken"})
    await publish(redis, tenant, "d")
    await keeper.join()
    while await keeper.take():
        pass
    assert logged(engine, tenant) == ["a", "b", "c", "d"]
    assert keeper.kept == 4
    dead: Any = await redis.xrange(streams.dead_stream(tenant.slug))
    assert len(dead) == 1


async def test_an_event_that_cannot_be_kept_is_set_aside_and_the_others_are_kept(
    redis: "Redis", engine: Engine, tenant: Place
) -> None:
    keeper = EventKeeper(redis, engine, tenant.slug, "duty", streams.duty_stream)
    fit = {"type": "DutyRemarked", "at": AT}
    never: list[dict[str, Any]] = [
        fit, {**fit, "id": 7}, {"id": "x", "at": AT}, {"id": "x", "type": "DutyRemarked"},
        {**fit, "id": "x", "at": "noon"}, {**fit, "id": "x", "at": 1e20}, {**fit, "id": "x", "at": 1e12},
        {**fit, "id": "x", "at": -1e15}, {**fit, "id": "x", "incident": "none"}, {**fit, "id": "x", "incident": 1.5},
        {**fit, "id": "x", "incident": 10**18 * 10}, {**fit, "id": "x", "text": "\0"},
        {**fit, "id": "x\0"}, {**fit, "id": "x", "type": "\0"},
    ]  # fmt: skip
    for number, event in enumerate(never):
        await publish(redis, tenant, f"before-{number}")
        told = [{**fit, "id": f"with-{number}"}, event]
        await redis.xadd(streams.duty_stream(tenant.id), {"e": msgspec.json.encode(told)})
    await publish(redis, tenant, "last")
    await keeper.join()
    while await keeper.take():
        pass
    kept = [f"{when}-{number}" for number in range(len(never)) for when in ("before", "with")]
    assert logged(engine, tenant) == [*kept, "last"]
    dead: Any = await redis.xrange(streams.dead_stream(tenant.slug))
    assert sorted(fields[b"raw"] for _, fields in dead) == sorted(
        msgspec.json.encode([event]) for event in never
    )


async def test_what_a_dead_copy_had_taken_is_kept_by_the_next(
    redis: "Redis", engine: Engine, tenant: Place
) -> None:
    first = EventKeeper(redis, engine, tenant.slug, "duty", streams.duty_stream)
    await first.join()
    await publish(redis, tenant, "a")
    stream = streams.duty_stream(tenant.id)
    await redis.xreadgroup("log", first._name, {stream: ">"})  # taken, and died before the commit
    again = EventKeeper(redis, engine, tenant.slug, "duty", streams.duty_stream)
    await again.join()
    assert logged(engine, tenant) == ["a"]


async def test_a_remark_goes_from_the_desk_into_the_sealed_log(
    redis: "Redis", engine: Engine, tenant: Place
) -> None:
    with db.transaction(engine, tenant.id) as session:
        journal.remark(session, "到岗", actor=Actor(1, "林值班", PERMISSIONS), now=AT)
    keeper = EventKeeper(redis, engine, tenant.slug, "duty", streams.duty_stream)
    loops: list[Relay | EventKeeper] = [Relay(redis, engine, tenant.slug), keeper]
    tasks = [asyncio.create_task(loop.run()) for loop in loops]

    async def kept() -> bool:
        return bool(await asyncio.to_thread(logged, engine, tenant))

    await eventually(kept, within_s=15)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
