"""What goes wrong with an exchange: each fault has a clear state, nothing is lost, nothing is doubled."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from conftest import Place
from factories import SECRET, make_exchange
from hand_exchange import HandExchange
from pipeline import APP, Pipeline, ingest_process, pipeline
from real_stores import Stores
from sqlalchemy import Engine
from waiting import eventually

from ingest import ami_worker
from models.clock import now
from models.events import floor as e
from models.rules.floor import Gap
from models.rules.metrics import total
from models.store import streams
from pbx.dialect import Account, AmiServer, controller, encode

LOOPS = ("ami", "projector", "archiver")


@pytest.fixture
async def hand() -> AsyncIterator[HandExchange]:
    """An exchange worked by hand."""
    exchange = HandExchange()
    await exchange.open()
    yield exchange
    await exchange.close()


def port_of(hand: HandExchange) -> int:
    assert hand.server is not None
    return hand.server.port


@pytest.fixture
async def pipe(
    stores: Stores, engine: Engine, tenant: Place, hand: HandExchange
) -> AsyncIterator[Pipeline]:
    """The loops on the exchange worked by hand, not started yet."""
    exchange = make_exchange(tenant.slug, port_of(hand))
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as made:
        yield made


async def link_is(pipe: Pipeline, state: str, reason: str = "", *, within_s: float = 5) -> float:
    """Wait until the source is in a state; return the seconds it took."""

    async def check() -> None:
        source = await pipe.source()
        assert (source["state"], source["reason"]) == (state, reason)

    return await eventually(check, within_s=within_s)


async def floor_is_up(pipe: Pipeline, *, within_s: float = 5) -> float:
    async def check() -> None:
        links = (await pipe.floor()).links
        assert links
        assert all(link.up for link in links.values())

    return await eventually(check, within_s=within_s)


async def counted(pipe: Pipeline, within_s: float = 6, **figures: int) -> None:
    """Wait until fold and ledger both say `figures`."""

    async def check() -> None:
        for tally in (await pipe.counts(), total(pipe.tallies())):
            assert {name: getattr(tally, name) for name in figures} == figures

    await eventually(check, within_s=within_s)


async def test_it_works(pipe: Pipeline, hand: HandExchange) -> None:
    pipe.start(*LOOPS)
    await link_is(pipe, "up")
    await floor_is_up(pipe)
    hand.whole()
    hand.abandon(hand.arrive())
    waiting = hand.arrive("complaint")
    await counted(pipe, entered=3, answered=1, abandoned=1)
    floor = await pipe.floor()
    assert [call.call for call in floor.calls.values() if call.outcome == "waiting"] == [
        waiting.name
    ]
    assert {seat.name for seat in floor.seats.values()} == {"王建国", "李文博", "张天宇"}
    assert await pipe.dead() == []


# --- bad input ------------------------------------------------------------------------------

STAMP = ("Timestamp", f"{now():.6f}")
MALFORMED = [
    [("Event", "QueueCallerJoin"), STAMP],
    [("Event", "QueueCallerJoin"), STAMP, ("Queue", "consult"), ("Uniqueid", "x")],
    [("Event", "AgentConnect"), STAMP, ("Queue", "consult"), ("Uniqueid", "x"), ("HoldTime", "three")],
    [("Event", "AgentComplete"), STAMP, ("Queue", "consult"), ("Interface", "PJSIP/8001"), ("HoldTime", "")],
    [("Event", "QueueMemberStatus"), STAMP, ("Queue", "consult"), ("MemberName", "x")],
    [("Event", "DeviceStateChange"), STAMP, ("Device", "PJSIP/8001"), ("State", "DANCING")],
    [("Event", "QueueCallerLeave"), ("Timestamp", "yesterday"), ("Queue", "q"), ("Uniqueid", "x")],
    [("Event", "QueueCallerLeave"), ("Timestamp", "nan"), ("Queue", "q"), ("Uniqueid", "x")],
    [("Event", "QueueCallerLeave"), ("Timestamp", "1e999"), ("Queue", "q"), ("Uniqueid", "x")],
    [("Event", "QueueStatusComplete"), ("ActionID", "nobody"), ("ListItems", "many")],
]  # fmt: skip
HARMLESS = [
    b"Event: NewestEvent\r\nAnything: goes\r\n\r\n",
    b"Event: \r\n\r\n",
    b"Event: TestEvent\r\n\r\n\r\n",
    b"no colon anywhere\r\n\r\n",
    b"\xff\xfe\x00\x01\r\n\r\n",
    b"\r\n\r\n",
    b"Response: Success\r\nActionID: nobody-asked\r\nMessage: hello\r\n\r\n",
    b"Response: \r\nActionID: \xff\r\n\r\n",
    b"Event: QueueStatusComplete\r\nActionID: nobody\r\nListItems: 7\r\n\r\n",
    b"Event: UserEvent\r\nUserEvent: Surge\r\nFactor: 3\r\n\r\n",
    b"Event: LongEvent\r\nText: " + b"x" * 200_000 + b"\r\n\r\n",
]


async def test_malformed_frames_become_dead_letters_and_the_link_lives_on(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    first = (await pipe.floor()).links["pbx1"].epoch
    for frame in MALFORMED:
        hand.raw(encode(frame))
        hand.whole()
    await counted(pipe, entered=len(MALFORMED), answered=len(MALFORMED))
    dead = await pipe.dead()
    assert [letter[b"where"] for letter in dead] == [b"ami"] * len(MALFORMED)
    assert all(letter[b"raw"].startswith(b"Event: ") for letter in dead)
    assert (await pipe.floor()).links["pbx1"].epoch == first
    await link_is(pipe, "up")


async def test_unknown_events_and_rubbish_are_passed_over(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    for frame in HARMLESS:
        hand.raw(frame)
        hand.whole()
    await counted(pipe, entered=len(HARMLESS), answered=len(HARMLESS))
    assert await pipe.dead() == []
    await link_is(pipe, "up")


async def test_bytes_no_store_takes_reach_the_ledger_as_a_mark(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    stamp = f"{now():.6f}".encode()
    hand.raw(
        b"Event: QueueCallerJoin\r\nTimestamp: " + stamp + b"\r\nQueue: con\0sult\xff\r\n"
        b"Uniqueid: odd\0call\r\nChannel: c\r\nCallerIDNum: 1\0\xe6\r\n\r\n"
    )
    hand.whole()
    await counted(pipe, entered=2, answered=1)
    assert {row.queue for row in pipe.rows()} == {"con?sult\ufffd", "consult"}
    assert await pipe.dead() == []


async def test_a_frame_cut_by_the_end_of_the_link_is_not_half_counted(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    port = port_of(hand)
    hand.raw(b"Event: QueueCallerJoin\r\nTimestamp: 1.0\r\nQueue: consult\r\nUniqueid: half\r\nCha")
    await asyncio.sleep(0.1)
    await hand.close()
    await link_is(pipe, "down", "refused", within_s=5)
    await hand.open(port)
    await link_is(pipe, "up")
    hand.whole()
    await counted(pipe, entered=1, answered=1)
    assert await pipe.dead() == []


async def test_a_frame_without_end_drops_the_link_which_comes_back(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    hand.raw(b"Event: QueueCallerJoin\r\nText: " + b"x" * (1 << 20) + b"yyyyyyyy")
    await eventually(lambda: _downs(pipe, ["malformed"]), within_s=5)
    hand.raw(b"\r\n\r\n")
    await eventually(lambda: _ups(pipe, 2))
    hand.whole()
    await counted(pipe, entered=1, answered=1)


async def _downs(pipe: Pipeline, reasons: list[str]) -> None:
    told = [event.reason for event in await pipe.events() if isinstance(event, e.LinkDown)]
    assert told == reasons


async def _ups(pipe: Pipeline, count: int) -> bool:
    return sum(isinstance(event, e.LinkUp) for event in await pipe.events()) == count


# --- accounts -------------------------------------------------------------------------------


async def test_wrong_secret_is_said_tried_slowly_and_mended(
    pipe: Pipeline, hand: HandExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_worker, "REFUSED_S", 1.5)
    hand.accounts["hotline"] = controller("another")
    assert hand.server is not None
    hand.server.accounts = hand.accounts
    logins = _count_logins(hand)
    pipe.start(*LOOPS)
    await link_is(pipe, "down", "wrong_secret")
    await asyncio.sleep(0.8)
    assert len(logins) == 1  # no flood in the exchange's log
    hand.accounts["hotline"] = controller(SECRET)
    await link_is(pipe, "up", within_s=ami_worker.REFUSED_S + 1)
    await _downs(pipe, ["wrong_secret"])
    hand.whole()
    await counted(pipe, entered=1, answered=1)


def _count_logins(hand: HandExchange) -> list[str]:
    """Keep every name an exchange is asked to let in."""
    asked: list[str] = []

    class Book(dict[str, Account]):
        def get(self, name: str, default: Account | None = None) -> Account | None:  # type: ignore[override]
            asked.append(name)
            return hand.accounts.get(name, default)

    assert hand.server is not None
    hand.server.accounts = Book()
    return asked


async def test_an_account_without_rights_never_counts_as_up(
    pipe: Pipeline, hand: HandExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ami_worker, "REFUSED_S", 0.5)
    hand.accounts["hotline"] = Account(SECRET, frozenset())
    logins = _count_logins(hand)
    pipe.start(*LOOPS)
    await link_is(pipe, "down", "no_rights")
    await eventually(lambda: _longer(logins, 1), within_s=ami_worker.REFUSED_S + 1)
    assert not any(isinstance(event, e.LinkUp) for event in await pipe.events())
    await _downs(pipe, ["no_rights"])
    hand.accounts["hotline"] = controller(SECRET)
    await link_is(pipe, "up", within_s=ami_worker.REFUSED_S + 1)


async def _longer(what: list[str], count: int) -> bool:
    return len(what) > count


# --- silence --------------------------------------------------------------------------------


async def test_a_peer_that_never_speaks_is_silent_within_three_and_a_half_seconds(
    stores: Stores, engine: Engine, tenant: Place
) -> None:
    clients: list[asyncio.StreamWriter] = []

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(writer)

    server = await asyncio.start_server(say_nothing, "127.0.0.1", 0)
    port = int(server.sockets[0].getsockname()[1])
    exchange = make_exchange(tenant.slug, port)
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
        pipe.start("ami")
        took = await link_is(pipe, "down", "silent", within_s=6)
        assert took < 4.2  # 3.5 s, and half a second until the worker tells
    for writer in clients:
        writer.close()
    server.close()
    await server.wait_closed()


class Simulator:
    """`app.py pbx simulator` as a process that can be frozen, killed and started again."""

    def __init__(self, port: int, log: Path) -> None:
        self.port = port
        self._log = log
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        words = (
            "pbx",
            "simulator",
            "--port",
            str(self.port),
            "--seats",
            "24",
            "--calls-per-s",
            "3",
        )
        with self._log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, str(APP), *words, stdout=output, stderr=output,
                env=os.environ | {"HOTLINE_AMI_SECRET": SECRET},
            )  # fmt: skip
        await eventually(self._listens, within_s=20)

    async def _listens(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
        return True

    def sign(self, sign: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(sign)

    async def end(self) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.kill()
            await self._process.wait()


@pytest.fixture
async def simulator(tmp_path: Path) -> AsyncIterator[Simulator]:
    """A simulated exchange of 24 seats in a process of its own."""
    from models.store.embedded import free_port

    made = Simulator(free_port(), tmp_path / "simulator.log")
    await made.start()
    yield made
    await made.end()


@pytest.fixture
async def simulated(
    stores: Stores, engine: Engine, tenant: Place, simulator: Simulator
) -> AsyncIterator[Pipeline]:
    """All loops on the simulated exchange, with the link up and calls counted."""
    exchange = make_exchange(tenant.slug, simulator.port, username="hotline_reader")
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as made:
        made.start(*LOOPS)
        await floor_is_up(made)
        await eventually(lambda: _has_entered(made, 3), within_s=10)
        yield made


async def _has_entered(pipe: Pipeline, count: int) -> bool:
    return (await pipe.counts()).entered >= count


async def test_a_frozen_exchange_is_silent_and_right_again_after_it(
    simulated: Pipeline, simulator: Simulator
) -> None:
    simulator.sign(signal.SIGSTOP)
    frozen = now()
    took = await link_is(simulated, "down", "silent", within_s=6)
    assert took < 4.2
    gap = (await _gap(simulated)).start
    assert abs(gap - frozen) < 1.3  # the gap begins with the last sound, not with our notice
    simulator.sign(signal.SIGCONT)
    assert await link_is(simulated, "up", within_s=4) < 2.5
    assert await floor_is_up(simulated) < 2
    before = (await simulated.counts()).entered
    await eventually(lambda: _has_entered(simulated, before + 3), within_s=10)
    await _ledger_equals_fold(simulated, simulator)


async def _gap(pipe: Pipeline) -> Gap:
    async def check() -> bool:
        return bool((await pipe.floor()).gaps)

    await eventually(check)
    return (await pipe.floor()).gaps[-1]


async def _ledger_equals_fold(pipe: Pipeline, simulator: Simulator) -> None:
    """No row twice, and the sums of the ledger are those of the fold, once the floor stands still."""
    simulator.sign(signal.SIGSTOP)

    async def check() -> None:
        folded = (await pipe.floor()).tallies
        assert await asyncio.to_thread(pipe.tallies) == {
            name: tally for name, tally in folded.items() if tally != type(tally)()
        }

    await eventually(check, within_s=10)
    keys = [row.key for row in pipe.rows()]
    assert len(keys) == len(set(keys))


async def test_an_exchange_killed_and_back_is_read_anew_within_two_seconds(
    simulated: Pipeline, simulator: Simulator
) -> None:
    before = (await simulated.floor()).links["pbx1"]
    counted_before = (await simulated.counts()).entered
    await simulator.end()
    await link_is(simulated, "down", "refused")
    cut = await _open_when_it_died(simulated)
    await simulator.start()
    back = now()
    await link_is(simulated, "up", within_s=4)
    told_at: list[float] = []

    async def told_to_the_screens() -> None:
        changes = [(at, x["board"]) for at, x in await simulated.told() if x["kind"] == "delta"]
        told_at[:] = [
            at
            for at, board in changes
            if at > back and "links" in board and board["links"]["pbx1"]["up"]
        ]
        assert told_at

    await eventually(told_to_the_screens, within_s=5)
    assert told_at[0] - back < 2

    async def saved() -> None:
        link = (await simulated.floor()).links["pbx1"]
        assert link.up
        assert link.epoch > before.epoch

    await eventually(saved, within_s=5)
    floor = await simulated.floor()
    ends = [x for x in await simulated.events() if isinstance(x, e.LinkUp | e.LinkDown)]
    assert [type(x).__name__ for x in ends] == ["LinkUp", "LinkDown", "LinkDown", "LinkUp"]
    assert len(floor.gaps) == 1
    assert floor.gaps[0].end > floor.gaps[0].start
    await eventually(lambda: _has_entered(simulated, counted_before + 3), within_s=10)
    await _all_are_closed(simulated, cut)
    await _ledger_equals_fold(simulated, simulator)


async def _open_when_it_died(pipe: Pipeline) -> set[str]:
    """Keys of the visits that were still open when the link went."""

    async def check() -> None:
        assert not (await pipe.floor()).links["pbx1"].up

    await eventually(check)
    visits = (await pipe.floor()).calls.values()
    return {visit.key for visit in visits if visit.outcome in ("waiting", "talking")}


async def _all_are_closed(pipe: Pipeline, cut: set[str]) -> None:
    """Each visit the dead exchange had open is closed, and says that its end was not seen."""

    async def written() -> None:
        rows = [row for row in await asyncio.to_thread(pipe.rows) if row.key in cut]
        assert {row.key for row in rows} == cut
        assert all(row.gap for row in rows)
        assert {row.outcome for row in rows} <= {"unknown", "answered"}

    assert cut
    await eventually(written, within_s=6)


async def test_calls_of_before_are_found_again_after_a_short_loss(
    pipe: Pipeline, hand: HandExchange
) -> None:
    """The exchange lived on while the link was gone: one waits on, one was answered, one is lost."""
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    talking, waits_on, answered, lost = (hand.arrive() for _ in range(4))
    hand.answer(talking)
    await counted(pipe, entered=4, answered=1)
    port, server = port_of(hand), hand.server
    await hand.close()
    hand.server = None
    hand.answer(answered, "PJSIP/8002")
    hand.abandon(lost)
    hand.arrive("complaint")
    await link_is(pipe, "down", "refused")
    assert server is not None
    await hand.open(port)
    back = now()
    await counted(pipe, entered=5, answered=2, unknown=1, abandoned=0)
    assert now() - back < 3.2
    floor = await pipe.floor()
    outcomes = {call.call: call.outcome for call in floor.calls.values()}
    assert outcomes[talking.name] == outcomes[answered.name] == "talking"
    assert outcomes[waits_on.name] == "waiting"
    assert outcomes[lost.name] == "unknown"
    states = {seat.interface: seat.state for seat in floor.seats.values()}
    assert states == {"PJSIP/8001": "talk", "PJSIP/8002": "talk", "PJSIP/8003": "idle"}
    hand.complete(talking, 7)
    hand.answer(waits_on, "PJSIP/8003")
    hand.complete(answered, 5)
    hand.complete(waits_on, 2)
    await counted(pipe, entered=5, answered=3, unknown=1, talk_known=3, talk_s=14)
    marked = {row.call for row in pipe.rows() if row.gap}
    assert lost.name in marked
    assert answered.name in marked
    assert waits_on.name not in marked


async def test_a_list_before_the_exchange_has_booted_is_asked_for_again(
    pipe: Pipeline, hand: HandExchange
) -> None:
    hand.booted = False
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    assert (await pipe.floor()).seats == {}
    hand.booted = True
    hand.say("FullyBooted", ("Uptime", "0"), ("Status", "Fully Booted"))

    async def seated() -> bool:
        return len((await pipe.floor()).seats) == 3

    assert await eventually(seated) < 2


# --- too slow -------------------------------------------------------------------------------


async def test_a_reader_cut_off_for_being_slow_reads_anew(
    pipe: Pipeline, hand: HandExchange
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    assert hand.server is not None
    waiting = hand.arrive()
    hand.server.max_buffer = 64 * 1024
    # more at once than the socket takes: the exchange cuts its client off, as Asterisk does
    hand.raw(encode([("Event", "Flood"), ("Text", "x" * 900_000)]) * 40)
    await eventually(lambda: _downs(pipe, ["closed"]))
    hand.server.max_buffer = 16 << 20
    await eventually(lambda: _ups(pipe, 2))
    hand.answer(waiting)
    hand.complete(waiting)
    await counted(pipe, entered=1, answered=1)


# --- clocks ---------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [3600.0, -3600.0, 86400.0 * 400])
async def test_a_wrong_clock_of_the_exchange_falsifies_no_age(
    pipe: Pipeline, hand: HandExchange, skew: float
) -> None:
    pipe.start(*LOOPS)
    await floor_is_up(pipe)
    hand.whole()
    hand.skew = skew
    waiting = hand.arrive()
    hand.whole("complaint")
    await counted(pipe, entered=3, answered=2)
    floor = await pipe.floor()
    call = next(call for call in floor.calls.values() if call.call == waiting.name)
    assert abs(call.entered - waiting.joined) < 1.5
    assert all(abs(seat.since - now()) < 60 for seat in floor.seats.values())

    async def told() -> bool:
        return bool(abs((await pipe.source())["shift"] + skew) < 1)

    await eventually(told)
    hand.skew = 0.0
    hand.abandon(waiting)
    await counted(pipe, entered=3, answered=2, abandoned=1)
    assert (await pipe.counts()).wait_s < 10


async def test_a_jump_of_our_own_clock_drops_no_link(
    pipe: Pipeline, hand: HandExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe.start("ami")
    await link_is(pipe, "up")
    for jump in (7200.0, -7200.0):
        monkeypatch.setattr("pbx.ami.now", lambda jump=jump: now() + jump)
        await asyncio.sleep(0.6)
    monkeypatch.undo()
    await _downs(pipe, [])
    await link_is(pipe, "up")


# --- two workers ----------------------------------------------------------------------------


async def test_two_workers_one_reads_and_the_other_takes_over(
    stores: Stores, engine: Engine, tenant: Place, hand: HandExchange, tmp_path: Path
) -> None:
    exchange = make_exchange(tenant.slug, port_of(hand))
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
        pipe.start("projector", "archiver")
        with (
            ingest_process(stores, pipe.settings, "ami", tmp_path / "a.log") as first,
            ingest_process(stores, pipe.settings, "ami", tmp_path / "b.log") as second,
        ):
            await floor_is_up(pipe, within_s=15)
            both = f"*ami-{exchange.name}@*"
            await eventually(lambda: _beating(pipe, both, {first.pid, second.pid}), within_s=15)
            assert hand.server is not None
            assert len(hand.server.sessions) == 1
            hand.whole()
            waiting = hand.arrive()
            await counted(pipe, entered=2, answered=1)
            old = (await pipe.floor()).links["pbx1"]
            holder = int((await _holder(pipe)).rpartition(":")[2])
            assert holder in {first.pid, second.pid}
            os.kill(holder, signal.SIGKILL)
            killed = now()

            async def taken() -> None:
                link = (await pipe.floor()).links["pbx1"]
                assert link.epoch > old.epoch
                assert link.up

            await eventually(taken, within_s=6)
            assert now() - killed < 4.2  # 3 s, and up to one until the floor is saved
            assert len(hand.server.sessions) == 1
            hand.answer(waiting)
            hand.complete(waiting)
            await counted(pipe, entered=2, answered=2)
            gap = (await pipe.floor()).gaps[-1]
            assert abs(gap.start - killed) < 1.5 or gap.start < killed
            assert gap.end > killed
            await _late_words_of_the_dead_are_ignored(pipe, hand, old.epoch)


async def _holder(pipe: Pipeline) -> str:
    raw: Any = await pipe.redis.get(f"lease:ami:{pipe.slug}:pbx1")
    return bytes(raw or b"").decode()


async def _beating(pipe: Pipeline, pattern: str, pids: set[int]) -> None:
    names = [key.decode() async for key in pipe.redis.scan_iter(f"beat:{pattern[1:]}")]
    assert pids <= {int(name.rpartition(":")[2]) for name in names}


async def _late_words_of_the_dead_are_ignored(
    pipe: Pipeline, hand: HandExchange, epoch: int
) -> None:
    late = e.CallerJoined(
        id="late", at=now(), actor="pbx:pbx1", pbx="pbx1", epoch=epoch, seq=10**6,
        queue="consult", call="ghost", channel="c", caller=e.Caller(), position=1,
    )  # fmt: skip
    await pipe.redis.xadd(streams.floor_stream(pipe.slug), {"e": e.encode([late])})
    before = await pipe.counts()
    hand.whole()
    await counted(pipe, entered=before.entered + 1, answered=before.answered + 1)
    assert "ghost" not in {row.call for row in pipe.rows()}


async def test_a_frozen_worker_that_wakes_finds_itself_replaced(
    stores: Stores, engine: Engine, tenant: Place, hand: HandExchange, tmp_path: Path
) -> None:
    exchange = make_exchange(tenant.slug, port_of(hand))
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
        pipe.start("projector", "archiver")
        with ingest_process(stores, pipe.settings, "ami", tmp_path / "a.log") as frozen:
            await floor_is_up(pipe, within_s=15)
            hand.whole()
            await counted(pipe, entered=1)
            os.kill(frozen.pid, signal.SIGSTOP)
            with ingest_process(stores, pipe.settings, "ami", tmp_path / "b.log"):
                old = (await pipe.floor()).links["pbx1"].epoch

                async def taken() -> bool:
                    return (await pipe.floor()).links["pbx1"].epoch > old

                await eventually(taken, within_s=20)
                hand.whole()
                hand.abandon(hand.arrive())
                await counted(pipe, entered=3, answered=2, abandoned=1)
                os.kill(frozen.pid, signal.SIGCONT)
                assert hand.server is not None
                server = hand.server
                await eventually(lambda: _clients(server, 1), within_s=6)
                hand.whole()
                await counted(pipe, entered=4, answered=3, abandoned=1)
                keys = [row.key for row in pipe.rows()]
                assert len(keys) == len(set(keys)) == 4


async def _clients(server: AmiServer, count: int) -> bool:
    return len(server.sessions) == count
