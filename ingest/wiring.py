"""Which loops an ingest process runs: hand-wired from the settings.

The rooms of a loop are imported when it is chosen: a process that only reads an exchange carries no
database library, starts in a third of the time and takes less memory.
"""

import asyncio
import signal
from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING

from redis.asyncio import Redis

from models.process import settle
from models.settings import Settings
from models.store import streams

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from ingest.projector import Begin
    from models.rules.floor import Call, FloorPlan
    from models.store.crypto import Vault

Run = Coroutine[None, None, None]


async def run_loops(settings: Settings, loops: Sequence[str]) -> None:
    """Run the chosen loops for every tenant of the settings until SIGTERM or SIGINT."""
    redis = streams.connect(settings.redis_url)
    runs = _readers(settings, redis) if "ami" in loops else []
    kept = [loop for loop in loops if loop != "ami"]
    if kept:
        runs += _keepers(settings, redis, kept)
    settle()
    await _until_told(runs)
    await redis.aclose()


def _readers(settings: Settings, redis: "Redis") -> list[Run]:
    from ingest.ami_worker import AmiWorker
    from models.store.crypto import Vault

    vault = Vault(settings.encryption_keys, settings.hash_key)
    return [AmiWorker(settings, item, redis, vault).run() for item in settings.exchanges]


def _keepers(settings: Settings, redis: "Redis", loops: Sequence[str]) -> list[Run]:
    from models.store import db
    from models.store.crypto import Vault

    engine = db.engine_for(settings.database_url, pool=3)
    vault = Vault(settings.encryption_keys, settings.hash_key)
    runs: list[Run] = []
    for tenant in sorted({settings.tenant, *(item.tenant for item in settings.exchanges)}):
        runs += _of_calls(settings, redis, engine, tenant, vault, loops)
        runs += _of_tickets(settings, redis, engine, tenant, loops)
        runs += _of_places(settings, redis, engine, tenant, loops)
        if "feeds" in loops:
            runs.append(_feeds(settings, redis, engine, tenant, vault))
    return runs


def _of_calls(
    settings: Settings, redis: "Redis", engine: "Engine", tenant: str, vault: "Vault", loops: Sequence[str]
) -> list[Run]:  # fmt: skip
    """Return the loops between the floor's stream, the wall and the ledger."""
    runs: list[Run] = []
    if "projector" in loops:
        from ingest.projector import Projector

        runs.append(Projector(redis, tenant, begin_of(settings, engine, tenant)).run())
    if "archiver" in loops:
        from ingest.archiver import Archiver

        runs.append(Archiver(redis, engine, tenant, vault).run())
    return runs


def _of_tickets(
    settings: Settings, redis: "Redis", engine: "Engine", tenant: str, loops: Sequence[str]
) -> list[Run]:
    """Return the loops that tell, log and time what people do."""
    runs: list[Run] = []
    if "relay" in loops:
        from ingest.relay import Relay

        runs.append(Relay(redis, engine, tenant).run())
    if "tickets" in loops:
        from ingest.ticket_events import TicketEvents
        from models.store.files import Files

        runs.append(TicketEvents(redis, engine, tenant, settings.zone, Files(settings.files)).run())
    if "log" in loops:
        from ingest.event_log import EventKeeper

        logged = {
            "duty": streams.duty_stream, "display": streams.display_stream,
            "incidents": streams.incident_stream,
        }  # fmt: skip
        runs += [EventKeeper(redis, engine, tenant, *each).run() for each in logged.items()]
    if "timers" in loops:
        from ingest.timers import Timers

        runs.append(Timers(redis, engine, tenant).run())
    return runs


def _of_places(
    settings: Settings, redis: "Redis", engine: "Engine", tenant: str, loops: Sequence[str]
) -> list[Run]:
    """Return the loops that follow what stands or moves on the map."""
    runs: list[Run] = []
    if "hotspots" in loops:
        runs.append(_hotspots(settings, redis, engine, tenant))
    if "dispatch" in loops:
        runs.append(_dispatching(settings, redis, engine, tenant))
    if "positions" in loops:
        runs += _positions(settings, redis, engine, tenant)
    return runs


def _positions(settings: Settings, redis: "Redis", engine: "Engine", tenant: str) -> list[Run]:
    """Track every tenant's units; devices that speak TCP are those of the house's own tenant."""
    from ingest.positions.server import PositionServer
    from ingest.positions.tracker import Tracker

    runs = [Tracker(redis, engine, tenant, settings.zone).run()]
    if settings.positions_port and tenant == settings.tenant:
        door = PositionServer(
            redis, engine, tenant, host=settings.positions_host, port=settings.positions_port,
            gateway_token=settings.positions_token,
        )  # fmt: skip
        runs.append(door.run())
    return runs


def _hotspots(settings: Settings, redis: "Redis", engine: "Engine", tenant: str) -> Run:
    from ingest.hotspots import Hotspots
    from models.store.files import Files

    return Hotspots(redis, engine, tenant, settings.zone, Files(settings.files)).run()


def _dispatching(settings: Settings, redis: "Redis", engine: "Engine", tenant: str) -> Run:
    from ingest.dispatching import Dispatching
    from models.store.files import Files

    return Dispatching(redis, engine, tenant, Files(settings.files)).run()


def _feeds(
    settings: Settings, redis: "Redis", engine: "Engine", tenant: str, vault: "Vault"
) -> Run:
    from ingest.feeds.poller import Feeds
    from models.store.files import Files

    files, loopback = Files(settings.files), settings.feeds_loopback
    return Feeds(redis, engine, tenant, vault, files, loopback=loopback).run()


def begin_of(settings: Settings, engine: "Engine", tenant: str) -> "Begin":
    """Return what a projector reads the plan and today's rows of its tenant by."""
    from models.clock import day_of, now
    from models.store import db, ledger, roster

    def begin() -> "tuple[FloorPlan, list[Call]]":
        tenant_id = db.tenant_id_of(engine, tenant)
        with db.transaction(engine, tenant_id) as session:
            plan = roster.floor_plan(session, settings)
            start, end = day_of(now(), plan.zone)
            return plan, ledger.visits(session, start, end)

    return begin


async def _until_told(runs: Sequence[Run]) -> None:
    """Run until the first signal, then let every loop end in good order."""
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, told.set)
    tasks = [asyncio.ensure_future(run) for run in runs]
    waiting = asyncio.ensure_future(told.wait())
    done, _ = await asyncio.wait([*tasks, waiting], return_when=asyncio.FIRST_COMPLETED)
    for task in [*tasks, waiting]:
        task.cancel()
    await asyncio.gather(*tasks, waiting, return_exceptions=True)
    for task in done - {waiting}:
        task.result()  # a loop that ended by itself is a fault: say so and exit
