"""Two exchanges of one tenant: read at once, shown as one floor, and lost one by one."""

import asyncio
from contextlib import suppress
from typing import Any

from cryptography.fernet import Fernet

from ingest.ami_worker import AmiWorker
from models.events import floor as e
from models.rules.floor import Floor, FloorPlan, empty_floor, reduce
from models.settings import Exchange, Settings
from models.store import streams
from models.store.crypto import Vault
from pbx import simulator
from pbx.dialect import reader


async def _fold(redis: Any, tenant: str, seen: Any) -> Floor:
    floor, last = empty_floor(FloorPlan()), "0-0"
    async with asyncio.timeout(15):
        while not seen(floor):
            for entry in await streams.read(redis, streams.floor_stream(tenant), last, wait_s=0.2):
                last = entry.id
                for event in e.decode(entry.fields[b"e"]):
                    floor = reduce(floor, event)
    return floor


async def test_it_works(redis: Any, tenant: Any) -> None:
    vault = Vault((Fernet.generate_key().decode(),), "h")
    settings = Settings(database_url="", redis_url="")
    servers = [
        await simulator.serve(accounts={"reader": reader("s")}, seats=5, seed=seed)
        for seed in (1, 2)
    ]
    exchanges = [
        Exchange(name, "127.0.0.1", server.port, "reader", "s", tenant.slug)
        for name, server in zip(("east", "west"), servers, strict=True)
    ]
    workers = [
        asyncio.ensure_future(AmiWorker(settings, item, redis, vault).run()) for item in exchanges
    ]
    try:
        floor = await _fold(
            redis, tenant.slug,
            lambda floor: {p for p, link in floor.links.items() if link.up} == {"east", "west"},
        )  # fmt: skip
        assert {seat.pbx for seat in floor.seats.values()} == {"east", "west"}
        interfaces = [seat.interface for seat in floor.seats.values()]
        assert len(interfaces) > len(set(interfaces)), "the same interface on both, kept apart"
        await servers[0].close()
        floor = await _fold(
            redis, tenant.slug,
            lambda floor: "east" in floor.links and not floor.links["east"].up
            and floor.links["east"].reason in ("closed", "refused"),
        )  # fmt: skip
        assert floor.links["west"].up
        assert [gap.pbx for gap in floor.gaps] == ["east"]
    finally:
        for worker in workers:
            worker.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*workers)
        for server in servers:
            await server.close()
