"""Leases, reach of a stream, beats and dead letters on a real Valkey."""

import time
from typing import Any

import pytest
from conftest import Place
from redis.asyncio import Redis
from waiting import eventually

from models.store import streams
from models.store.streams import Lease


def lease(redis: "Redis", tenant: Place, holder: str, ttl_ms: int = 2000) -> Lease:
    return Lease(redis, f"test:{tenant.slug}", holder, ttl_ms)


async def test_one_holder_at_a_time(redis: "Redis", tenant: Place) -> None:
    first, second = lease(redis, tenant, "a"), lease(redis, tenant, "b")
    assert await first.take()
    assert not await second.take()
    assert await first.renew()
    assert not await second.renew()
    await second.release()
    assert await first.renew()


async def test_epochs_grow_with_every_holder_and_session(redis: "Redis", tenant: Place) -> None:
    first, second = lease(redis, tenant, "a"), lease(redis, tenant, "b")
    assert await first.take()
    epochs = [first.epoch, await first.next_epoch()]
    await first.release()
    assert await second.take()
    epochs.append(second.epoch)
    assert epochs == sorted(set(epochs))
    assert first.epoch < second.epoch


async def test_epochs_grow_even_when_the_store_forgot_them(redis: "Redis", tenant: Place) -> None:
    first = lease(redis, tenant, "a")
    assert await first.take()
    before = await first.next_epoch()
    await redis.delete(f"lease:{first.name}", f"epoch:{first.name}")
    assert first.began is False
    await eventually(lambda: _later(before))
    assert await first.take()
    assert first.epoch > before
    assert first.began is True


async def _later(epoch: int) -> bool:
    return time.time() > epoch + 1


async def test_a_lease_runs_out(redis: "Redis", tenant: Place) -> None:
    first, second = lease(redis, tenant, "a", 100), lease(redis, tenant, "b")
    assert await first.take()
    took = await eventually(second.take, within_s=2)
    assert took > 0.05
    assert not await first.renew()


async def test_a_holder_that_comes_back_takes_its_own_lease_at_once(
    redis: "Redis", tenant: Place
) -> None:
    first = lease(redis, tenant, "a")
    assert await first.take()
    again = lease(redis, tenant, "a")
    assert await again.take()
    assert again.epoch > first.epoch


async def test_an_absent_stream_is_whole_and_empty(redis: "Redis", tenant: Place) -> None:
    reach = await streams.reach(redis, streams.floor_stream(tenant.slug))
    assert reach.whole
    assert reach.holds_after("0-0")
    assert not reach.holds_after("5-0")


async def test_reach_knows_what_was_trimmed(redis: "Redis", tenant: Place) -> None:
    name = streams.floor_stream(tenant.slug)
    ids = [await _add(redis, name, n) for n in range(10)]
    whole = await streams.reach(redis, name)
    assert whole.whole
    assert all(whole.holds_after(entry) for entry in ["0-0", *ids])
    await redis.xtrim(name, maxlen=4, approximate=False)
    cut = await streams.reach(redis, name)
    assert not cut.whole
    assert not cut.holds_after("0-0")
    assert not cut.holds_after(ids[2])
    assert cut.holds_after(ids[6])
    assert cut.holds_after(ids[9])
    assert not cut.holds_after("99999999999999-0")


async def test_reach_after_everything_was_trimmed(redis: "Redis", tenant: Place) -> None:
    name = streams.floor_stream(tenant.slug)
    ids = [await _add(redis, name, n) for n in range(3)]
    await redis.xtrim(name, maxlen=0, approximate=False)
    reach = await streams.reach(redis, name)
    assert reach.holds_after(ids[2])
    assert not reach.holds_after(ids[1])


async def test_beats(redis: "Redis", tenant: Place) -> None:
    await streams.beat(redis, tenant.slug, {"loop": "test", "lag": 3})
    found = [fact for fact in await streams.beats(redis) if fact["name"] == tenant.slug]
    assert found[0]["lag"] == 3
    assert abs(found[0]["heard"] - time.time()) < 5


async def test_dead_letters_keep_the_reason_and_the_bytes(redis: "Redis", tenant: Place) -> None:
    await streams.bury(redis, tenant.slug, "ami", ValueError("x" * 900), b"\xff" * 5000)
    entry = (await streams.read(redis, streams.dead_stream(tenant.slug), "0-0"))[0]
    assert entry.fields[b"where"] == b"ami"
    assert len(entry.fields[b"error"]) == 500
    assert entry.fields[b"raw"] == b"\xff" * 2000


@pytest.mark.parametrize(
    ("first", "then"), [("5-1", "5-2"), ("5-9", "6-0"), ("9-0", "10-0"), ("5", "5-1")]
)
def test_ids_compare_as_numbers(first: str, then: str) -> None:
    assert streams.id_key(first) < streams.id_key(then)


async def _add(redis: "Redis", name: str, number: int) -> str:
    added: Any = await redis.xadd(name, {"e": str(number)})
    return str(added.decode())
