"""The live hub: snapshot, deltas, resume, slow clients, trimmed cursors, a projector that starts over."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec
import pytest
from conftest import Place
from factories import AT, PLAN, make_joined
from redis.asyncio import Redis
from starlette.types import Message
from waiting import eventually

from dashboard import hub as hub_rules
from dashboard import live
from dashboard.live import FloorHub
from models.rules.board import changes
from models.rules.floor import Floor, empty_floor, reduce
from models.store import streams


class Screen:
    """One client of the hub; while `blocked` is set it takes nothing more."""

    def __init__(self, hub: FloorHub, last_id: str = "", allowed: bool = True) -> None:
        self.pushes: list[dict[str, Any]] = []
        self.cursor = last_id
        self.status = 0
        self.blocked = asyncio.Event()
        self.allowed = allowed
        self._gone = asyncio.Event()
        headers = [(b"last-event-id", last_id.encode())] if last_id else []
        scope = {"type": "http", "headers": headers}
        self.task = asyncio.ensure_future(
            hub.serve(scope, self._receive, self._send, self._allowed)
        )

    async def _receive(self) -> Message:
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def _allowed(self) -> bool:
        return self.allowed

    async def _send(self, message: Message) -> None:
        self.status = message.get("status", self.status)
        for chunk in message.get("body", b"").decode().split("\n\n"):
            fields = dict(line.partition(": ")[::2] for line in chunk.splitlines())
            if "data" in fields:
                self.cursor = fields.get("id", self.cursor)
                body = json.loads(fields["data"])
                self.pushes.append({"kind": fields.get("event", ""), **body})
        while self.blocked.is_set():
            await asyncio.sleep(0.01)

    def kinds(self) -> list[str]:
        """The kinds received, without the beats."""
        return [push["kind"] for push in self.pushes if push["kind"] != "beat"]

    def waiting(self) -> list[int]:
        """The numbers of waiting callers as shown, one after the other."""
        boards = [push["board"] for push in self.pushes if "board" in push]
        return [board["kpi"]["waiting"]["v"] for board in boards if "waiting" in board["kpi"]]

    async def close(self) -> None:
        self.blocked.clear()
        self._gone.set()
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


@dataclass
class FakeProjector:
    """Says what a projector says, one caller at a time."""

    redis: "Redis"
    tenant: str
    floor: Floor = field(default_factory=lambda: empty_floor(PLAN, AT))
    count: int = 0

    async def save(self, epoch: int = 1) -> None:
        last: Any = await self.redis.xrevrange(streams.floor_delta(self.tenant), count=1)
        facts: Any = {
            "floor": msgspec.json.encode(self.floor), "id": "0-0",
            "delta": last[0][0] if last else "0-0", "epoch": str(epoch),
        }  # fmt: skip
        await self.redis.hset(streams.floor_state(self.tenant), mapping=facts)

    async def say(self, message: dict[str, Any]) -> None:
        await self.redis.xadd(streams.floor_delta(self.tenant), {"m": msgspec.json.encode(message)})

    def join(self) -> dict[str, Any]:
        """Let one more caller enter; return the change of the board."""
        before, self.count = self.floor, self.count + 1
        self.floor = reduce(before, make_joined(self.count, f"c{self.count}", AT + self.count))
        return {"kind": "delta", "now": AT, "board": changes(before, self.floor, AT)}

    async def joins(self, count: int = 1) -> None:
        for _ in range(count):
            await self.say(self.join())


@pytest.fixture
async def projector(redis: "Redis", tenant: Place) -> FakeProjector:
    made = FakeProjector(redis, tenant.slug)
    await made.save()
    return made


@asynccontextmanager
async def running(redis: "Redis", tenant: str) -> AsyncIterator[FloorHub]:
    async def roster() -> dict[str, Any]:
        return {"city": "云州市"}

    hub = FloorHub(redis, tenant, roster)
    task = asyncio.ensure_future(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.fixture
async def hub(redis: "Redis", tenant: Place, projector: FakeProjector) -> AsyncIterator[FloorHub]:
    async with running(redis, tenant.slug) as made:
        first = Screen(made)
        await eventually(lambda: _shows(first, 0))
        await eventually(lambda: _has_roster(first))
        await first.close()
        yield made


async def _shows(screen: Screen, waiting: int) -> bool:
    return screen.waiting()[-1:] == [waiting]


async def _has_roster(screen: Screen) -> bool:
    return any(push.get("roster") for push in screen.pushes)


async def test_it_works(hub: FloorHub, projector: FakeProjector) -> None:
    screen = Screen(hub)
    await eventually(lambda: _shows(screen, 0))
    assert screen.status == 200
    assert screen.kinds() == ["snapshot"]
    assert screen.pushes[0]["roster"] == {"city": "云州市"}
    await projector.joins()
    await eventually(lambda: _shows(screen, 1))
    assert screen.kinds() == ["snapshot", "delta"]
    await screen.close()


async def test_a_beat_every_second_says_that_the_line_lives(hub: FloorHub) -> None:
    screen = Screen(hub)
    await eventually(lambda: _beats(screen, 3), within_s=4)
    await screen.close()


async def _beats(screen: Screen, count: int) -> bool:
    return len([push for push in screen.pushes if push["kind"] == "beat"]) >= count


async def test_all_screens_end_with_the_same_board(hub: FloorHub, projector: FakeProjector) -> None:
    screens = [Screen(hub)]
    for _ in range(10):
        await projector.joins(3)
        screens.append(Screen(hub))
    for screen in screens:
        await eventually(lambda screen=screen: _shows(screen, 30))  # type: ignore[misc]
        assert screen.waiting() == sorted(screen.waiting())
        await screen.close()


async def test_a_screen_that_comes_back_goes_on_without_a_gap(
    hub: FloorHub, projector: FakeProjector
) -> None:
    first = Screen(hub)
    await projector.joins(2)
    await eventually(lambda: _shows(first, 2))
    await first.close()
    await projector.joins()
    other = Screen(hub)
    await eventually(lambda: _shows(other, 3))
    again = Screen(hub, first.cursor)
    await eventually(lambda: _shows(again, 3))
    assert again.kinds() == ["delta"]
    await again.close()
    await other.close()


async def test_a_screen_that_missed_nothing_gets_nothing_twice(
    hub: FloorHub, projector: FakeProjector
) -> None:
    first = Screen(hub)
    await projector.joins(2)
    await eventually(lambda: _shows(first, 2))
    again = Screen(hub, first.cursor)
    await eventually(lambda: _beats(again, 1))
    assert again.kinds() == []
    await projector.joins()
    await eventually(lambda: _shows(again, 3))
    assert again.kinds() == ["delta"]
    await first.close()
    await again.close()


@pytest.mark.parametrize("cursor", ["0~1-1", "nonsense", "~", "1~99999999999999-0"])
async def test_an_unknown_cursor_gets_a_snapshot(hub: FloorHub, cursor: str) -> None:
    screen = Screen(hub, cursor)
    await eventually(lambda: _shows(screen, 0))
    assert screen.kinds() == ["snapshot"]
    await screen.close()


async def test_a_slow_screen_gets_a_snapshot_and_blocks_nobody(
    hub: FloorHub, projector: FakeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "READ_COUNT", 1)
    slow, quick = Screen(hub), Screen(hub)
    await eventually(lambda: _shows(slow, 0))
    slow.blocked.set()
    await projector.joins(live.KEEP_FRAMES + 50)
    await eventually(lambda: _shows(quick, live.KEEP_FRAMES + 50), within_s=20)
    assert slow.waiting()[-1] < 5
    slow.blocked.clear()
    await eventually(lambda: _shows(slow, live.KEEP_FRAMES + 50), within_s=3)
    assert slow.kinds().count("snapshot") == 2
    assert len(slow.pushes) < 30
    await slow.close()
    await quick.close()


async def test_a_slow_screen_within_reach_gets_its_backlog(
    hub: FloorHub, projector: FakeProjector
) -> None:
    slow = Screen(hub)
    await eventually(lambda: _shows(slow, 0))
    slow.blocked.set()
    await projector.joins(20)
    other = Screen(hub)
    await eventually(lambda: _shows(other, 20))
    slow.blocked.clear()
    await eventually(lambda: _shows(slow, 20))
    assert slow.kinds().count("snapshot") == 1
    await slow.close()
    await other.close()


async def test_a_projector_that_starts_over_brings_every_screen_a_snapshot(
    hub: FloorHub, projector: FakeProjector
) -> None:
    screen = Screen(hub)
    await projector.joins(3)
    await eventually(lambda: _shows(screen, 3))
    projector.floor, projector.count = empty_floor(PLAN, AT), 0
    projector.join()
    await projector.save(epoch=2)
    await projector.say({"kind": "reset"})
    await eventually(lambda: _shows(screen, 1))
    assert screen.kinds()[-1] == "snapshot"
    assert screen.cursor.startswith("2~")
    await screen.close()


async def test_after_a_reset_the_hub_rests(
    hub: FloorHub, projector: FakeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads = 0
    load = hub._load

    async def counted() -> None:
        nonlocal loads
        loads += 1
        await load()

    monkeypatch.setattr(hub, "_load", counted)
    screen = Screen(hub)
    await projector.save(epoch=2)
    await projector.say({"kind": "reset"})
    await eventually(lambda: _cursor_of(screen, "2~"))
    await projector.joins()
    await eventually(lambda: _shows(screen, 1))
    assert loads == 1
    await screen.close()


async def _cursor_of(screen: Screen, start: str) -> bool:
    return screen.cursor.startswith(start)


async def test_deltas_behind_a_reset_are_not_lost(hub: FloorHub, projector: FakeProjector) -> None:
    screen = Screen(hub)
    await eventually(lambda: _shows(screen, 0))
    await projector.joins(2)
    await projector.save(epoch=2)
    lines = [{"kind": "reset"}, projector.join(), projector.join()]
    async with projector.redis.pipeline() as pipe:
        for line in lines:
            pipe.xadd(streams.floor_delta(projector.tenant), {"m": msgspec.json.encode(line)})
        await pipe.execute()
    await eventually(lambda: _shows(screen, 4))
    assert screen.waiting() == sorted(screen.waiting())
    await screen.close()


async def test_a_hub_that_slept_past_the_kept_deltas_reads_anew(
    hub: FloorHub, projector: FakeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the machine slept for an hour: the deltas it did not see are trimmed away."""
    screen = Screen(hub)
    await eventually(lambda: _shows(screen, 0))
    read = streams.read
    asleep = asyncio.Event()

    async def sleeping(*args: Any, **more: Any) -> list[streams.Entry]:
        if asleep.is_set():
            raise ConnectionError("asleep")
        return await read(*args, **more)

    monkeypatch.setattr(streams, "read", sleeping)
    asleep.set()
    await asyncio.sleep(0.6)  # the read that was under way ends
    await projector.joins(30)
    await projector.save()
    await projector.redis.xtrim(streams.floor_delta(projector.tenant), maxlen=5, approximate=False)
    await projector.joins()
    await projector.save()
    asleep.clear()
    await eventually(lambda: _shows(screen, 31))
    board = next(p["board"] for p in reversed(screen.pushes) if p["kind"] == "snapshot")
    assert board["kpi"]["entered"]["v"] >= 30
    await screen.close()


async def test_a_hub_frozen_in_the_middle_of_a_read_reads_anew(
    hub: FloorHub, projector: FakeProjector, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = Screen(hub)
    await eventually(lambda: _shows(screen, 0))
    read = streams.read
    thawed = asyncio.Event()

    async def frozen(*args: Any, **more: Any) -> list[streams.Entry]:
        await thawed.wait()
        return await read(*args, **more)

    monkeypatch.setattr(streams, "read", frozen)
    await asyncio.sleep(0.6)  # the read that was under way ends
    monkeypatch.setattr(live, "ASLEEP_S", 0.3)
    await projector.joins(30)
    await projector.save()
    await projector.redis.xtrim(streams.floor_delta(projector.tenant), maxlen=2, approximate=False)
    await asyncio.sleep(0.4)
    thawed.set()
    await eventually(lambda: _shows(screen, 30))
    assert screen.kinds()[-1] == "snapshot"
    await screen.close()


async def test_a_hub_before_its_projector_waits_and_then_shows(
    redis: "Redis", tenant: Place
) -> None:
    async with running(redis, tenant.slug) as hub:
        screen = Screen(hub)
        await eventually(lambda: _beats(screen, 1))
        assert screen.kinds() == []
        projector = FakeProjector(redis, tenant.slug)
        projector.join()
        await projector.save()
        await projector.say({"kind": "reset"})
        await eventually(lambda: _shows(screen, 1))
        assert screen.kinds()[0] == "snapshot"
        await screen.close()


async def test_who_may_no_longer_look_is_sent_away(
    hub: FloorHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_rules, "RECHECK_S", 0.2)
    screen = Screen(hub)
    await eventually(lambda: _shows(screen, 0))
    screen.allowed = False
    await eventually(lambda: _ended(screen), within_s=4)
    assert screen.kinds()[-1] == "signed_out"
    assert hub.clients == 0
    await screen.close()


async def _ended(screen: Screen) -> bool:
    return screen.task.done()


async def test_a_screen_that_leaves_is_forgotten(hub: FloorHub) -> None:
    screens = [Screen(hub) for _ in range(5)]
    await eventually(lambda: _clients(hub, 5))
    for screen in screens:
        screen._gone.set()
    await eventually(lambda: _clients(hub, 0), within_s=3)
    for screen in screens:
        await screen.close()


async def _clients(hub: FloorHub, count: int) -> bool:
    return hub.clients == count


async def test_a_district_s_screen_is_told_of_no_other(
    redis: "Redis", tenant: Place, projector: FakeProjector
) -> None:
    mine = {"at": AT, "day": [AT, AT + 9], "opened": 1, "newest": [{"title": "本区"}]}
    other = {**mine, "newest": [{"title": "别区"}]}
    whole = {**mine, "opened": 2, "newest": [{"title": "本区"}, {"title": "别区"}]}
    labels = {"990101": "莲湖区", "990102": "云岭区"}
    said = {**whole, "districts": {"990101": mine, "990102": other}, "labels": labels}
    await redis.set(streams.tickets_today(tenant.slug), json.dumps(said))
    places = [
        {"name": "本区某处", "district": "990101"},
        {"name": "别区某处", "district": "990102"},
    ]
    hot = {"at": AT, "total": 9, "city": True, "places": places}
    await redis.set(streams.hot_brief(tenant.slug), json.dumps(hot))
    whole["areas"] = [["990101", "莲湖区", 1], ["990102", "云岭区", 1]]

    async def nobody() -> dict[str, Any]:
        return {}

    asked: tuple[tuple[str | None, Any], ...] = (("", whole), ("990101", mine), (None, None))
    for district, expected in asked:
        hub = FloorHub(redis, tenant.slug, nobody, district)
        running = asyncio.ensure_future(hub.run())
        screen = Screen(hub)
        try:
            async with asyncio.timeout(20):
                while len([push for push in screen.pushes if push["kind"] == "beat"]) < 3:
                    await asyncio.sleep(0.05)
            told = [p["board"]["tickets"] for p in screen.pushes if "tickets" in p.get("board", {})]
            assert told[-1:] == ([expected] if expected else [])
            hottest = [
                p["board"]["hotspots"] for p in screen.pushes if "hotspots" in p.get("board", {})
            ]
            assert bool(hottest) == (district is not None)
            assert ("别区" in str(screen.pushes)) == (district == "")
        finally:
            await screen.close()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_who_leaves_before_there_is_anything_to_tell_leaves_nothing_behind() -> None:
    hub, gone, ended = hub_rules.Hub("test"), asyncio.Event(), asyncio.Event()

    async def receive() -> Message:
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(_: Message) -> None:
        pass

    async def begin() -> hub_rules.News:
        try:
            await asyncio.Event().wait()  # the stores are away
        finally:
            ended.set()
        raise AssertionError

    async def allowed() -> bool:
        return True

    stream = asyncio.ensure_future(hub.stream(receive, send, begin, allowed))

    async def waits() -> None:
        assert hub.clients == 1

    await eventually(waits)
    gone.set()
    await asyncio.wait_for(stream, 5)
    await asyncio.wait_for(ended.wait(), 5)
    assert hub.clients == 0
