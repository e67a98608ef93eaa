"""Valkey or PostgreSQL gone and back, loops killed in the middle: nothing lost, nothing doubled."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import Place, missing, new_tenant
from factories import make_exchange
from hand_exchange import HandExchange
from pipeline import Pipeline, ingest_process, pipeline
from real_stores import Stores, running_stores
from redis.exceptions import RedisError
from sqlalchemy import Engine
from waiting import eventually

from ingest import ami_worker, group
from models.clock import now
from models.errors import Unavailable
from models.events import floor as e
from models.rules.floor import Floor
from models.rules.metrics import total
from models.store import db, embedded, streams

LOOPS = ("ami", "projector", "archiver")


@pytest.fixture(scope="module")
def mortals(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stores]:
    """Stores of this file's own, which may be killed."""
    try:
        embedded.valkey_binary()
        embedded.postgres_bin()
    except Unavailable as error:
        missing(str(error))
    folder = tmp_path_factory.mktemp("mortals")
    for path in (folder, *list(folder.parents)[:2]):
        path.chmod(0o755)
    with running_stores(folder) as running:
        yield running


@pytest.fixture(scope="module")
def base(mortals: Stores) -> Iterator[Engine]:
    """The application's door to the mortal database."""
    made = db.engine_for(mortals.database_url)
    yield made
    made.dispose()


@pytest.fixture
async def hand() -> AsyncIterator[HandExchange]:
    """An exchange worked by hand."""
    exchange = HandExchange()
    await exchange.open()
    yield exchange
    await exchange.close()


@pytest.fixture
def place(base: Engine) -> Place:
    """A tenant in the mortal database."""
    return new_tenant(base)


@pytest.fixture
async def pipe(
    mortals: Stores, base: Engine, place: Place, hand: HandExchange
) -> AsyncIterator[Pipeline]:
    """The loops on the hand-worked exchange and the mortal stores, not started yet."""
    assert hand.server is not None
    exchange = make_exchange(place.slug, hand.server.port)
    async with pipeline(mortals, base, place.id, place.slug, exchange) as made:
        yield made


async def up(pipe: Pipeline) -> None:
    async def check() -> None:
        links = (await pipe.floor()).links
        assert links
        assert all(link.up for link in links.values())

    await eventually(check, within_s=15)


async def counted(pipe: Pipeline, *, within_s: float = 6, **figures: int) -> float:
    """Wait until fold and ledger both say `figures`; return the seconds it took."""

    async def check() -> None:
        try:
            both = await pipe.counts(), total(await asyncio.to_thread(pipe.tallies))
        except (OSError, Unavailable, RedisError) as error:
            raise AssertionError("a store is away") from error
        for tally in both:
            assert {name: getattr(tally, name) for name in figures} == figures

    took = await eventually(check, within_s=within_s)
    keys = [row.key for row in pipe.rows()]
    assert len(keys) == len(set(keys))
    return took


async def traffic(hand: HandExchange, calls: int, pause_s: float = 0.02) -> None:
    """Let calls come, every third of which is given up."""
    for number in range(calls):
        if number % 3 == 2:
            hand.abandon(hand.arrive("complaint"))
        else:
            hand.whole(seat=("PJSIP/8001", "PJSIP/8002")[number % 2])
        await asyncio.sleep(pause_s)


# --- Valkey ---------------------------------------------------------------------------------


async def test_valkey_killed_and_back_loses_and_doubles_nothing(
    pipe: Pipeline, hand: HandExchange, mortals: Stores
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    await traffic(hand, 30)
    talking, waiting = hand.arrive(), hand.arrive()
    hand.answer(talking)
    mortals.valkey.kill()
    await traffic(hand, 30, 0.03)
    hand.complete(talking, 5)
    await mortals.valkey.come_back()
    back = now()
    await traffic(hand, 30)
    await counted(pipe, entered=92, answered=61, abandoned=30, unknown=0)
    assert (
        now() - back < 4.5
    )  # two seconds, the traffic of 0.6 s, the save and the archiver's pause
    floor = await pipe.floor()
    assert [call.call for call in floor.calls.values() if call.outcome == "waiting"] == [
        waiting.name
    ]
    assert floor.gaps == ()
    hand.abandon(waiting)
    await counted(pipe, entered=92, answered=61, abandoned=31)


async def test_valkey_away_for_longer_than_the_lease(
    pipe: Pipeline, hand: HandExchange, mortals: Stores
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    await traffic(hand, 6)
    mortals.valkey.kill()
    await traffic(hand, 30, 0.1)
    await mortals.valkey.come_back()
    back = now()
    await counted(pipe, entered=36, answered=24, abandoned=12, unknown=0)
    assert now() - back < 3.5
    assert (await pipe.floor()).gaps == ()


async def test_valkey_frozen_and_thawed(
    pipe: Pipeline, hand: HandExchange, mortals: Stores
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    await traffic(hand, 6)
    mortals.valkey.freeze()
    try:
        await traffic(hand, 30, 0.12)
    finally:
        mortals.valkey.thaw()
    await counted(pipe, entered=36, answered=24, abandoned=12, unknown=0)


async def test_more_than_memory_holds_drops_the_link_and_reads_anew(
    pipe: Pipeline, hand: HandExchange, mortals: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_worker, "PENDING_MAX", 60)
    pipe.start(*LOOPS)
    await up(pipe)
    waiting = hand.arrive()
    await counted(pipe, entered=1)
    mortals.valkey.kill()
    await traffic(hand, 40)
    await mortals.valkey.come_back()

    async def overrun() -> bool:
        return any(
            isinstance(event, e.LinkDown) and event.reason == "overrun"
            for event in await pipe.events()
        )

    await eventually(overrun, within_s=8)
    await up(pipe)
    hand.answer(waiting)
    hand.complete(waiting)

    async def right() -> None:
        floor = await pipe.floor()
        assert floor.gaps
        assert all(gap.end for gap in floor.gaps)
        call = next(call for call in floor.calls.values() if call.call == waiting.name)
        assert call.outcome == "answered"

    await eventually(right, within_s=8)


async def test_flushed_while_running_the_figures_of_today_stay(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    await traffic(hand, 9)
    talking, waiting = hand.arrive(), hand.arrive()
    hand.answer(talking, "PJSIP/8003")
    await counted(pipe, entered=11, answered=7, abandoned=3)
    await forget(pipe)
    hand.whole()
    await counted(pipe, entered=12, answered=8, abandoned=3, unknown=0)
    await traffic(hand, 9)
    await counted(pipe, entered=21, answered=14, abandoned=6, unknown=0)
    hand.complete(talking, 4)
    hand.abandon(waiting)
    await counted(pipe, entered=21, answered=14, abandoned=7, unknown=0, talk_s=4)
    states = {seat.interface: seat.state for seat in (await pipe.floor()).seats.values()}
    assert states["PJSIP/8003"] == "wrap"


async def forget(pipe: Pipeline) -> None:
    """Lose what the store knew of the tenant, as FLUSHALL would for all of them."""
    names = [name async for name in pipe.redis.scan_iter(f"*{pipe.slug}*")]
    await pipe.redis.delete(*names)


async def test_flushed_while_nobody_folds_the_figures_come_back_from_the_ledger(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start("ami")
    reader = pipe.tasks.pop()
    pipe.start("projector", "archiver")
    await up(pipe)
    await traffic(hand, 9)
    talking, waiting = hand.arrive(), hand.arrive()
    hand.answer(talking, "PJSIP/8003")
    await counted(pipe, entered=11, answered=7, abandoned=3)
    await pipe.stop()
    await forget(pipe)
    await asyncio.sleep(1.0)  # the worker finds its lease gone and begins a session
    pipe.tasks.append(reader)
    pipe.start("projector", "archiver")
    await counted(pipe, within_s=8, entered=11, answered=7, abandoned=3, unknown=0)
    floor = await pipe.floor()
    outcomes = {call.call: call.outcome for call in floor.calls.values()}
    assert outcomes[waiting.name] == "waiting"
    assert outcomes[talking.name] == "talking"
    hand.complete(talking, 4)
    hand.abandon(waiting)
    await traffic(hand, 3)
    await counted(pipe, entered=14, answered=9, abandoned=5, unknown=0, talk_s=4)


# --- PostgreSQL -----------------------------------------------------------------------------


async def test_postgresql_killed_and_back_the_ledger_is_complete(
    pipe: Pipeline, hand: HandExchange, mortals: Stores
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    await traffic(hand, 30)
    mortals.postgres.kill()
    await traffic(hand, 30, 0.03)

    async def folded() -> bool:
        return (await pipe.counts()).entered == 60

    await eventually(folded)  # the floor goes on without the ledger
    await mortals.postgres.come_back()
    back = now()
    await traffic(hand, 3)
    await counted(pipe, entered=63, answered=42, abandoned=21)
    assert now() - back < 4
    assert await pipe.dead() == []


async def test_loops_started_before_the_database_wait_for_it(
    pipe: Pipeline, hand: HandExchange, mortals: Stores
) -> None:
    mortals.postgres.kill()
    pipe.start(*LOOPS)
    await asyncio.sleep(0.5)
    await mortals.postgres.come_back()
    await up(pipe)
    hand.whole()
    await counted(pipe, entered=1, answered=1)


# --- loops killed ---------------------------------------------------------------------------


async def test_an_archiver_killed_between_read_and_acknowledge_is_taken_over(
    pipe: Pipeline, hand: HandExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(group, "STALE_MS", 700)
    pipe.start("ami", "projector")
    await up(pipe)
    stream = streams.ledger_stream(pipe.slug)
    await pipe.redis.xgroup_create(stream, "archiver", id="0", mkstream=True)
    await traffic(hand, 9)

    async def all_written() -> bool:
        return (await pipe.counts()).answered == 6

    await eventually(all_written)
    taken: Any = await pipe.redis.xreadgroup("archiver", "the dead one", {stream: ">"}, count=5)
    assert taken
    pipe.start("archiver")
    await counted(pipe, entered=9, answered=6, abandoned=3)

    async def acknowledged() -> bool:
        facts: Any = await pipe.redis.xpending(stream, "archiver")
        return int(facts["pending"]) == 0

    await eventually(acknowledged)


async def test_an_archiver_process_killed_again_and_again(
    pipe: Pipeline, hand: HandExchange, mortals: Stores, tmp_path: Path
) -> None:
    pipe.start("ami", "projector")
    await up(pipe)
    for done in (0, 30):
        with ingest_process(mortals, pipe.settings, "archiver", tmp_path / "a.log") as process:
            hand.whole()
            await eventually(lambda done=done: _rows(pipe, done + 1), within_s=15)  # type: ignore[misc]
            await traffic(hand, 29, 0.04)
            os.kill(process.pid, signal.SIGKILL)
    pipe.start("archiver")
    await counted(pipe, within_s=10, entered=60, answered=42, abandoned=18)


async def _rows(pipe: Pipeline, count: int) -> bool:
    return len(await asyncio.to_thread(pipe.rows)) >= count


async def test_a_change_the_database_never_takes_holds_up_nobody(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    hand.whole()
    await counted(pipe, entered=1)
    bad: dict[str, Any] = {"calls": [], "intervals": [], "events": []}
    call = msgspec.to_builtins((await pipe.floor()).calls)
    row = next(iter(call.values()))
    for change in ({"wait": 2**40}, {"queue": "a\0b"}, {"entered": 1e12}):
        body = bad | {"calls": [row | change | {"key": f"bad{change}", "visit": 9}]}
        raw = msgspec.json.encode(body)
        await pipe.redis.xadd(streams.ledger_stream(pipe.slug), {"r": raw})
    await pipe.redis.xadd(streams.ledger_stream(pipe.slug), {"r": b"{"})
    await pipe.redis.xadd(streams.ledger_stream(pipe.slug), {"x": b"?"})
    hand.whole()
    await counted(pipe, entered=2, answered=2)

    async def buried() -> bool:
        return [letter[b"where"] for letter in await pipe.dead()] == [b"archiver"] * 5

    await eventually(buried)


async def test_a_projector_killed_ends_with_the_same_floor(
    pipe: Pipeline, hand: HandExchange, mortals: Stores, tmp_path: Path
) -> None:
    pipe.start("ami", "archiver")
    with ingest_process(mortals, pipe.settings, "projector", tmp_path / "p.log") as first:
        await up(pipe)
        await traffic(hand, 9)
        talking, waiting = hand.arrive(), hand.arrive()
        hand.answer(talking, "PJSIP/8003")
        os.kill(first.pid, signal.SIGKILL)
    await traffic(hand, 9)
    with ingest_process(mortals, pipe.settings, "projector", tmp_path / "p.log"):
        await counted(pipe, within_s=15, entered=20, answered=13, abandoned=6)
        floor = await pipe.floor()
        assert _essence(floor) == {
            talking.name: ("talking", "pbx1:PJSIP/8003"), waiting.name: ("waiting", ""),
        }  # fmt: skip
        assert floor.gaps == ()


def _essence(floor: Floor) -> dict[str, tuple[str, str]]:
    return {call.call: (call.outcome, call.seat) for call in floor.calls.values() if not call.ended}


async def test_a_frozen_projector_that_wakes_does_not_speak_over_its_successor(
    pipe: Pipeline, hand: HandExchange, mortals: Stores, tmp_path: Path
) -> None:
    pipe.start("ami", "archiver")
    with ingest_process(mortals, pipe.settings, "projector", tmp_path / "a.log") as frozen:
        await up(pipe)
        calls = [hand.arrive() for _ in range(20)]
        await counted(pipe, entered=20)
        os.kill(frozen.pid, signal.SIGSTOP)
        with ingest_process(mortals, pipe.settings, "projector", tmp_path / "b.log"):
            for call in calls:
                hand.answer(call)
                hand.complete(call, 3)
            await counted(pipe, within_s=20, entered=20, answered=20, talk_s=60)
            os.kill(frozen.pid, signal.SIGCONT)
            await asyncio.sleep(1.5)  # it wakes, and would write what it last knew
            await counted(pipe, entered=20, answered=20, talk_s=60)


async def test_events_no_fold_can_read_are_set_aside(pipe: Pipeline, hand: HandExchange) -> None:
    pipe.start(*LOOPS)
    await up(pipe)
    stream = streams.floor_stream(pipe.slug)
    for raw in (b"", b"{", b"[1]", b'[{"type":"Sunrise"}]', b'[{"type":"LinkUp","more":1}]'):
        await pipe.redis.xadd(stream, {"e": raw})
    hand.whole()
    await counted(pipe, entered=1, answered=1)
    assert [letter[b"where"] for letter in await pipe.dead()] == [b"projector"] * 5
