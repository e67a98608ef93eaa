"""Response units on the live stream of the command centre: whole in the snapshot, afterwards what changed."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import msgspec
import pytest
from conftest import Place
from redis.asyncio import Redis
from waiting import eventually

from dashboard.command_live import CommandHub, Watch
from models.rules.incident.state import Picture
from models.store import streams

UNIT = {"label": "一号车", "state": "available", "lon": 114.3, "lat": 33.6, "at": 1.0, "heard": 1.0}


class Ears:
    """A client of the hub."""

    def __init__(self, hub: CommandHub, district: str = "") -> None:
        self.frames: list[dict[str, Any]] = []
        self._gone = asyncio.Event()
        self.task = asyncio.ensure_future(
            hub.serve(self._receive, self._send, Watch(district), self._allowed)
        )

    async def _allowed(self) -> bool:
        return True

    async def _receive(self) -> Any:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        for line in message.get("body", b"").split(b"\n\n"):
            if line.startswith(b"data: "):
                self.frames.append(json.loads(line[6:]))

    def units(self) -> list[dict[str, Any]]:
        return [frame["units"] for frame in self.frames if "units" in frame]

    def merged(self) -> dict[str, dict[str, Any]]:
        """Return the units as a screen has them now."""
        whole: dict[str, dict[str, Any]] = {}
        for told in self.units():
            for code, facts in told.items():
                whole[code] = {**whole.get(code, {}), **facts}
        return whole

    async def leave(self) -> None:
        self._gone.set()
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self.task


async def show(redis: "Redis", tenant: Place, changes: dict[str, Any]) -> None:
    body: dict[Any, Any] = {"p": msgspec.json.encode(changes)}
    await redis.xadd(streams.position_stream(tenant.id), body)


@pytest.fixture
async def hub(redis: "Redis", tenant: Place) -> AsyncIterator[CommandHub]:
    """A hub; what was told just before it began may not be in the rows yet."""
    await show(redis, tenant, {"a": {"lon": 114.4, "at": 2.0}})

    async def load(_incident: int) -> Picture | None:
        return None

    async def load_all() -> tuple[list[Picture], dict[str, Any]]:
        return [], {"a": dict(UNIT), "b": dict(UNIT)}

    hub = CommandHub(redis, tenant.id, load, load_all)
    running = asyncio.ensure_future(hub.run())
    yield hub
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running


@pytest.fixture
async def ears(hub: CommandHub) -> AsyncIterator[Ears]:
    """Somebody who listens."""
    client = Ears(hub)
    yield client
    await client.leave()


async def test_a_snapshot_has_all_and_a_delta_what_changed(
    ears: Ears, redis: "Redis", tenant: Place
) -> None:
    async def caught_up() -> None:
        whole = ears.units()[0]
        assert whole.keys() == {"a", "b"}
        told = {k: v for delta in ears.units() for k, v in delta.get("a", {}).items()}
        assert (told["lon"], told["label"]) == (114.4, "一号车")

    async def heard_all() -> None:
        assert ears.units()
        await caught_up()

    await eventually(heard_all)
    await show(redis, tenant, {"b": {"lon": 114.5, "at": 3.0}})
    await show(redis, tenant, {"b": {"state": "committed"}, "a": None, "c": dict(UNIT)})

    async def heard() -> None:
        merged: dict[str, Any] = {}
        for delta in ears.units()[1:]:
            for code, told in delta.items():
                merged[code] = told and {**(merged.get(code) or {}), **told}
        assert merged.get("b") == {"lon": 114.5, "at": 3.0, "state": "committed"}
        assert merged.get("a", 0) is None
        assert merged.get("c") == UNIT

    await eventually(heard)


async def test_what_comes_together_is_told_together(
    ears: Ears, redis: "Redis", tenant: Place
) -> None:
    async def ready() -> None:
        assert ears.units()

    await eventually(ready)
    await asyncio.sleep(0.3)
    before = len(ears.units())
    async with redis.pipeline() as pipe:
        for n in range(200):
            body: dict[Any, Any] = {"p": msgspec.json.encode({f"u{n}": {"lon": 114.0 + n / 1000}})}
            pipe.xadd(streams.position_stream(tenant.id), body)
        await pipe.execute()

    async def heard() -> None:
        told = {code for delta in ears.units()[before:] for code in delta}
        assert len(told) == 200

    await eventually(heard)
    assert len(ears.units()) - before <= 4


async def test_which_incident_a_unit_is_bound_to_is_told_where_that_incident_is_seen(
    hub: CommandHub, redis: "Redis", tenant: Place
) -> None:
    bound = {"assignment": 5, "incident": 9, "no": "E-9", "bound_in": "1", "progress": "en_route"}
    none = {"assignment": 0, "incident": 0, "no": ""}
    city, one, two = Ears(hub), Ears(hub, "1"), Ears(hub, "2")
    await eventually(_all_told(city, one, two))
    await show(redis, tenant, {"b": {"state": "committed", "lon": 114.6, **bound}})

    async def told() -> None:
        for ears, which in ((city, bound), (one, bound), (two, none)):
            unit = ears.merged()["b"]
            assert (unit["lon"], unit.get("progress")) == (114.6, "en_route")
            assert {name: unit.get(name) for name in none} == {name: which[name] for name in none}

    await eventually(told)
    late = Ears(hub, "2")  # a snapshot says no more than the deltas
    await eventually(_all_told(late))
    assert late.merged()["b"] == two.merged()["b"]

    await show(redis, tenant, {"b": {"bound_in": "2"}})  # the incident was placed anew

    async def moved() -> None:
        assert [ears.merged()["b"]["no"] for ears in (city, one, two, late)] == [
            "E-9", "", "E-9", "E-9",
        ]  # fmt: skip

    await eventually(moved)
    everything = json.dumps([ears.frames for ears in (city, one, two, late)])
    assert "bound_in" not in everything
    for ears in (city, one, two, late):
        await ears.leave()


def _all_told(*ears: Ears) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return all(each.units() for each in ears)

    return told
