"""The recorded session through the whole path: socket, stream, fold, ledger, page and export agree."""

import csv
import io
import math
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import pytest
from conftest import Place
from factories import SECRET, make_exchange
from pipeline import LIMITS, OTHERS, Pipeline, pipeline
from real_stores import Stores
from redis import Redis as SyncRedis
from sqlalchemy import Engine
from waiting import eventually

from dashboard import auth, door, export
from dashboard.views import call_query
from models.clock import day_of, now
from models.rules.board import board, kpi
from models.rules.metrics import Tally, total
from models.store import db, ledger
from models.store.crypto import Vault
from models.store.files import Files
from models.store.people import PERMISSIONS, Viewer
from pbx import recording
from pbx.dialect import controller

RECORDING = Path(__file__).parents[1] / "recordings" / "asterisk22-queue-session.ami.txt.gz"
TRUTH = {"entered": 237, "answered": 191, "abandoned": 40, "timeout": 6, "within_sl": 153}
BY_QUEUE = {
    "consult": (95, 82, 13, 0, 76), "complaint": (108, 87, 21, 0, 55),
    "emergency": (28, 22, 6, 0, 22), "night": (6, 0, 0, 6, 0),
}  # fmt: skip
BY_SEAT = {
    "测试坐席01": 24, "测试坐席02": 24, "测试坐席03": 26, "测试坐席04": 26,
    "测试坐席07": 24, "测试坐席08": 26, "测试坐席09": 23, "测试坐席10": 18,
}  # fmt: skip


def facts(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in TRUTH}


async def settled(pipe: Pipeline) -> None:
    """Wait until the whole recording is folded and archived."""

    async def done() -> None:
        assert facts(await pipe.counts()) == TRUTH
        assert facts(total(pipe.tallies())) == TRUTH

    await eventually(done, within_s=40)


async def played(pipe: Pipeline) -> None:
    pipe.start("ami", "projector", "archiver")
    await settled(pipe)


@pytest.fixture
async def accounts() -> dict[str, Any]:
    return {"hotline": controller(SECRET)}


async def test_recording_at_full_speed(
    stores: Stores, engine: Engine, tenant: Place, accounts: dict[str, Any]
) -> None:
    server = await recording.serve(RECORDING, accounts=accounts, pace=math.inf, rebase=True)
    exchange = make_exchange(tenant.slug, server.port)
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
        await played(pipe)
        await _everything_agrees(pipe)
    await server.close()


async def _everything_agrees(pipe: Pipeline) -> None:
    async def same() -> None:
        folded = (await pipe.floor()).tallies
        assert {name: tally for name, tally in folded.items() if tally != Tally()} == pipe.tallies()

    await eventually(same, within_s=10)
    floor = await pipe.floor()
    by_queue = pipe.tallies()
    assert {name: tuple(facts(by_queue[name]).values()) for name in BY_QUEUE} == BY_QUEUE
    rows = pipe.rows()
    assert Counter(row.agent_name for row in rows if row.answered) == BY_SEAT
    assert {floor.names[key]: count for key, count in floor.answered.items()} == BY_SEAT
    shown = board(floor, now())["kpi"]
    assert {name: shown[name] for name in kpi(Tally())} == kpi(total(by_queue))
    start, end = day_of(now(), pipe.settings.zone)
    with db.transaction(pipe.engine, pipe.tenant_id) as session:
        page = ledger.search_calls(session, start=start, end=end, limit=1)
        assert page.total == len(rows) == len({row.key for row in rows})
        missed = ledger.search_calls(session, start=start, end=end, missed_only=True, limit=1)
        everything = total(by_queue)
        assert missed.total == everything.abandoned + everything.timeout + everything.quick
        points = ledger.series(session, start, end)
    assert sum(point[1] for point in points) == TRUTH["entered"]
    assert _exported(pipe) == len(rows)
    assert await pipe.dead() == []


def _exported(pipe: Pipeline) -> int:
    """Return how many calls the export of the calls page holds."""
    vault = Vault(pipe.settings.encryption_keys, pipe.settings.hash_key)
    redis = SyncRedis.from_url(pipe.settings.redis_url, protocol=2)
    door.wire(door.Doors(pipe.settings, pipe.engine, vault, redis, Files(pipe.settings.files)))
    who = Viewer(1, "林值班", "duty", "duty", pipe.slug, pipe.tenant_id, "", PERMISSIONS)
    token = auth._viewer.set(who)
    try:
        with TemporaryDirectory() as folder, patch.object(ledger, "MAX_ROWS", 50):  # many pages
            path = export.calls_file("csv", call_query.read(""), {}, pipe.settings.zone, folder)
            body = path.read_bytes()
    finally:
        auth._viewer.reset(token)
        redis.close()
    return len(list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))) - 1


async def test_killed_and_started_again_in_the_middle_it_ends_the_same(
    stores: Stores, engine: Engine, tenant: Place, accounts: dict[str, Any]
) -> None:
    server = await recording.serve(RECORDING, accounts=accounts, pace=60, rebase=True)
    exchange = make_exchange(tenant.slug, server.port)
    async with pipeline(stores, engine, tenant.id, tenant.slug, exchange) as pipe:
        pipe.start("ami")
        reader = pipe.tasks.pop()
        for _ in range(4):
            pipe.start("projector", "archiver")
            before = (await pipe.counts()).entered
            await eventually(lambda before=before: _entered(pipe, before + 20), within_s=10)  # type: ignore[misc]
            await pipe.stop()  # without a word, as a kill between read and acknowledge
        pipe.tasks.append(reader)
        pipe.start("projector", "archiver")
        await settled(pipe)
        await _everything_agrees(pipe)
    await server.close()


async def _entered(pipe: Pipeline, count: int) -> bool:
    return (await pipe.counts()).entered >= min(count, TRUTH["entered"])


async def test_limits_are_those_of_the_queues(
    stores: Stores, engine: Engine, tenant: Place
) -> None:
    async with pipeline(stores, engine, tenant.id, tenant.slug) as pipe:
        pipe.start("projector")

        async def planned() -> None:
            plan = (await pipe.floor()).plan
            assert plan.service_level.get("emergency") == LIMITS["emergency"].target_s
            assert plan.service_level.get("consult") == OTHERS.target_s

        await eventually(planned)
