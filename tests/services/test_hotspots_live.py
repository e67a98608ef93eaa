"""The live counts: each ticket once, wherever it is now, whatever is told twice or lost; live = counted again."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from conftest import Place
from redis.asyncio import Redis
from small_city import LAT, LON, METRIC, layers
from sqlalchemy import Engine
from test_tickets import CENTRE, VAULT
from waiting import eventually

from gis_data.gazetteer.reverse import Surface
from gis_data.hotspots.board import Board
from gis_data.hotspots.result import Period
from ingest.hotspots import Change, Hotspots
from ingest.relay import Relay
from models.clock import day_of, now
from models.store import db, streams
from models.store.files import Files
from models.tables import Ticket
from tickets import placing, recount
from tickets.intake import Form, answer, open_ticket

ZONE = "Asia/Shanghai"
FORM = Form(
    kind="help", title="路灯不亮", content="三天了", district="990101", lon=114.30, lat=33.60
)


@pytest.fixture
async def running(
    engine: Engine, redis: "Redis", tenant: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Hotspots]:
    monkeypatch.setattr("ingest.hotspots.GAP_S", 0.1)
    files = Files(tmp_path)
    loops: list[Any] = [Hotspots(redis, engine, tenant.slug, ZONE, files) for _ in range(2)]
    tasks = [
        asyncio.create_task(loop.run()) for loop in (*loops, Relay(redis, engine, tenant.slug))
    ]
    yield loops[0]
    for task in tasks:
        task.cancel()
    for task in tasks:
        with contextlib.suppress(asyncio.CancelledError):
            await task


def opened(engine: Engine, tenant: Place, form: Form = FORM) -> int:
    with db.transaction(engine, tenant.id) as session:
        return open_ticket(session, form, actor=CENTRE, now=now(), vault=VAULT).id


async def live(redis: "Redis", tenant: Place) -> dict[str, int]:
    day = streams.hot_day(tenant.slug, day_of(now(), ZONE)[0])
    told: Any = await redis.hgetall(f"{day}:cells")
    return {name.decode(): int(number) for name, number in told.items()}


def same(engine: Engine, redis_counts: dict[str, int], tenant: Place, tickets: int) -> None:
    day = Period(*day_of(now(), ZONE))
    with db.transaction(engine, tenant.id) as session:
        assert recount.hotspots(session, redis_counts, day, ZONE, now=now()) == []
    assert sum(redis_counts.values()) == tickets


async def test_live_is_what_is_counted_again(
    running: Hotspots, engine: Engine, redis: "Redis", tenant: Place
) -> None:
    pubsub = redis.pubsub()
    await pubsub.subscribe(streams.hot_delta(tenant.slug))
    first = opened(engine, tenant)
    for _ in range(4):
        opened(engine, tenant)
    lost = opened(engine, tenant, Form(kind="help", title="不知在哪", content="不知"))

    async def settled(tickets: int = 6) -> None:
        same(engine, await live(redis, tenant), tenant, tickets)

    await eventually(settled)

    # told twice, and unreadable: nothing changes
    stream = streams.ticket_stream(tenant.id)
    again = msgspec.json.encode([{"type": "TicketOpened", "ticket": first}])
    await redis.xadd(stream, {"e": again})
    await redis.xadd(stream, {"e": b"{"})
    await redis.xadd(stream, {"x": b""})

    # placed elsewhere: with its next event it is there
    with db.transaction(engine, tenant.id) as session:
        row = session.get_one(Ticket, first)
        row.precision, row.category = "street", "C02"
        answer(session, first, reply="已修", actor=CENTRE, now=now())
    await eventually(settled)

    # its place was unknown, and is found
    with db.transaction(engine, tenant.id) as session:
        placing.place(
            session, lost, lon=LON + 0.02, lat=LAT, precision="point", version=1,
            surface=Surface(layers(), METRIC), actor=CENTRE, now=now(),
        )  # fmt: skip
    await eventually(settled)

    # lost: counted anew
    day = streams.hot_day(tenant.slug, day_of(now(), ZONE)[0])
    await redis.delete(f"{day}:cells", f"{day}:tickets")
    await eventually(settled)

    async def drawn() -> None:
        raw: Any = await redis.get(streams.hot_today(tenant.slug))
        assert raw
        board = msgspec.json.decode(raw, type=Board)
        assert (board.total, board.left_out.area, board.left_out.no) == (6, 1, 0)
        assert board.density.counted == sum(hot.tickets for hot in board.ranking) == 5

    await eventually(drawn)

    async def heard() -> None:
        message: Any = await pubsub.get_message(ignore_subscribe_messages=True, timeout=0.1)
        assert message
        change = msgspec.json.decode(message["data"], type=Change)
        assert [hot for hot in change.cells.values() if hot and hot.tickets == 4]

    await eventually(heard)
    await pubsub.aclose()  # type: ignore[no-untyped-call]
    assert running.tenant == tenant.slug
