"""A real Asterisk's queue_log is the truth: our ledger says the same, line by line, and after a crash."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from bed_support import require_bed
from conftest import Place
from factories import make_exchange
from floor_session import CONTEXTS, Told, link_up, settled
from pipeline import Pipeline, pipeline
from real_stores import Stores
from sqlalchemy import Engine
from waiting import eventually

from models.clock import now
from models.events.floor import SeatStatus
from models.store.ledger import CallRow
from pbx.bed.exchange import Bed
from pbx.bed.phones import Behaviour, call, start_seats
from pbx.bed.queue_log import QueueLogRow, read_queue_log
from pbx.bed.session import REST_REASON, RESTING_SEAT, session_bed

pytestmark = pytest.mark.bed

T = TypeVar("T")
LOOPS = ("ami", "projector", "archiver")


@dataclass
class Visit:
    """What queue_log says of one visit of a call to a queue."""

    call: str
    queue: str
    number: str
    outcome: str = "waiting"
    member: str = ""
    wait: int = -1
    talk: int = -1
    ring_outs: int = 0
    transferred: str = ""


def visits_of(rows: list[QueueLogRow]) -> list[Visit]:
    """Read queue_log as visits, in the order they entered."""
    visits: list[Visit] = []
    for row in rows:
        if row.verb == "ENTERQUEUE":
            visits.append(Visit(row.call, row.queue, row.args[1]))
            continue
        mine = [v for v in visits if (v.call, v.queue) == (row.call, row.queue)]
        if mine:
            tell(mine[-1], row)
    return visits


def tell(visit: Visit, row: QueueLogRow) -> None:
    """Add one line to its visit."""
    match row.verb:
        case "CONNECT":
            visit.outcome, visit.member, visit.wait = "talking", row.member, int(row.args[0])
        case "COMPLETEAGENT" | "COMPLETECALLER":
            visit.outcome, visit.talk = "answered", int(row.args[1])
        case "BLINDTRANSFER":
            visit.outcome, visit.talk = "answered", int(row.args[3])
            visit.transferred = f"blind:{row.args[0]}"
        case "ABANDON":
            visit.outcome, visit.wait = "abandoned", int(row.args[2])
        case "EXITWITHTIMEOUT":
            visit.outcome, visit.wait = "timeout", int(row.args[2])
        case "RINGNOANSWER":
            visit.ring_outs += 1
        case _:
            pass


def line_of(row: CallRow) -> tuple[object, ...]:
    return (
        row.call, row.queue, row.outcome, row.agent_name, row.wait, row.talk, row.ring_outs,
        row.transferred,
    )  # fmt: skip


def line_of_truth(visit: Visit) -> tuple[object, ...]:
    return (
        visit.call, visit.queue, visit.outcome, visit.member, visit.wait, visit.talk,
        visit.ring_outs, visit.transferred,
    )  # fmt: skip


@pytest.fixture(scope="module")
def root() -> Path:
    return require_bed()


@pytest.fixture
async def watched(
    stores: Stores, engine: Engine, tenant: Place, root: Path, tmp_path: Path
) -> AsyncIterator[tuple[Bed, Pipeline]]:
    """The session's Asterisk with all our loops on it."""
    with ExitStack() as running:
        bed = await asyncio.to_thread(running.enter_context, session_bed(root, tmp_path))
        exchange = make_exchange(
            tenant.slug, bed.ami_port, username=bed.reader.user, secret=bed.reader.secret,
            contexts=CONTEXTS,
        )  # fmt: skip
        async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
            pipe.start(*LOOPS)
            await link_up(pipe)
            yield bed, pipe


def test_ledger_equals_queue_log_line_by_line(floor_session: Told) -> None:
    told = floor_session
    truth = visits_of(told.log)
    assert len(truth) >= 46
    assert Counter(map(line_of, told.rows)) == Counter(map(line_of_truth, truth))
    kinds = Counter(visit.outcome for visit in truth)
    assert set(kinds) == {"answered", "abandoned", "timeout"}
    assert any(visit.transferred for visit in truth)
    assert sum(visit.ring_outs for visit in truth) >= 10
    assert any(row.held > 0.5 for row in told.rows)
    assert not any(row.gap for row in told.rows)
    assert told.dead == []


def test_the_floors_figures_are_those_of_queue_log(floor_session: Told) -> None:
    floor, truth = floor_session.floor, visits_of(floor_session.log)
    entered = Counter(visit.queue for visit in truth)
    answered = Counter(visit.queue for visit in truth if visit.outcome == "answered")
    assert {q: t.entered for q, t in floor.tallies.items() if t.entered} == entered
    assert {q: t.answered for q, t in floor.tallies.items() if t.answered} == answered
    by_member = Counter(visit.member for visit in truth if visit.member)
    assert {floor.names[key]: count for key, count in floor.answered.items()} == by_member


def test_chinese_names_and_reasons_come_through(floor_session: Told) -> None:
    names = {seat.interface: seat.name for seat in floor_session.floor.seats.values()}
    assert names == {seat.interface: seat.agent_name for seat in floor_session.seats}
    told = [event.member for event in floor_session.events if isinstance(event, SeatStatus)]
    rests = [row for row in told if row.interface == RESTING_SEAT and row.paused]
    assert {row.reason for row in rests} == {REST_REASON}


async def test_killed_in_the_middle_the_ledger_says_what_is_unknown(
    watched: tuple[Bed, Pipeline],
) -> None:
    bed, pipe = watched
    behaviours = {
        "8001": Behaviour("answer", ring_s=0.3, talk_s=1.0),
        "8011": Behaviour("answer", ring_s=0.3, talk_s=60.0),
    }
    with ExitStack() as running:
        await _enter(running, start_seats, bed, behaviours)
        await _enter(
            running,
            call,
            bed,
            bed.extension_of("consult"),
            number="13800000100",
            count=10,
            rate=2.0,
        )
        await eventually(lambda: _talking_and_waiting(pipe), within_s=20)
        first = (await pipe.floor()).links["pbx1"].epoch
        bed.kill9()
        killed = now()
    await eventually(lambda: _is_down(pipe), within_s=5)
    await asyncio.to_thread(bed.restart)
    back = now()
    await link_up(pipe, epoch=first)
    assert now() - back < 2.5
    await settled(pipe)
    await eventually(lambda: _nobody_talks(pipe), within_s=3)
    assert now() - back < 6
    floor = await pipe.floor()
    assert [(gap.pbx, bool(gap.end)) for gap in floor.gaps] == [("pbx1", True)]
    assert abs(floor.gaps[0].start - killed) < 1
    again = {"8001": Behaviour("answer", ring_s=0.3, talk_s=1.0)}
    with ExitStack() as running:
        await _enter(running, start_seats, bed, again)
        citizen = await _enter(
            running, call, bed, bed.extension_of("consult"), number="13800000900", count=3, rate=1.0
        )
        await asyncio.to_thread(citizen.wait, 20)
    rows = await settled(pipe)
    truth = visits_of(list(read_queue_log(bed.queue_log_path)))
    assert Counter((row.call, row.queue) for row in rows) == Counter(
        (visit.call, visit.queue) for visit in truth
    )
    ours = {(row.call, row.queue): row for row in rows}
    for visit in truth:
        row = ours[visit.call, visit.queue]
        if visit.outcome in ("answered", "abandoned"):
            assert line_of(row) == line_of_truth(visit)
            assert not row.gap
        else:
            assert row.gap, (visit, row)
            assert row.outcome == ("answered" if visit.outcome == "talking" else "unknown")
            assert row.talk == -1
    assert any(ours[v.call, v.queue].outcome == "unknown" for v in truth)
    assert any(v.outcome == "talking" for v in truth)


async def _talking_and_waiting(pipe: Pipeline) -> bool:
    outcomes = Counter(call.outcome for call in (await pipe.floor()).calls.values())
    return outcomes["talking"] >= 1 and outcomes["waiting"] >= 2 and outcomes["answered"] >= 1


async def _is_down(pipe: Pipeline) -> bool:
    return bool((await pipe.source())["state"] == "down")


async def _nobody_talks(pipe: Pipeline) -> bool:
    return not {"talk", "ring", "hold"} & {s.state for s in (await pipe.floor()).seats.values()}


async def _enter(
    running: ExitStack, make: Callable[..., AbstractContextManager[T]], *args: Any, **more: Any
) -> T:
    """Start phones while the loop goes on."""
    made = await asyncio.to_thread(make, *args, **more)
    return await asyncio.to_thread(running.enter_context, made)


async def test_accounts_a_real_exchange_refuses(
    stores: Stores, engine: Engine, tenant: Place, root: Path, tmp_path: Path
) -> None:
    with session_bed(root, tmp_path) as bed:
        refused = {
            "no_rights": make_exchange(
                tenant.slug, bed.ami_port, name="norights", username=bed.norights.user,
                secret=bed.norights.secret,
            ),
            "wrong_secret": make_exchange(
                tenant.slug, bed.ami_port, name="wrong", username=bed.reader.user, secret="wrong"
            ),
        }  # fmt: skip
        async with pipeline(stores, engine, tenant.id, tenant.slug, *refused.values()) as pipe:
            pipe.start("ami")

            async def said() -> None:
                for reason, exchange in refused.items():
                    source = await pipe.source(exchange.name)
                    assert (source["state"], source["reason"]) == ("down", reason)

            await eventually(said)
