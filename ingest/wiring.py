"""Which loops an ingest process runs: hand-wired from the settings."""

import asyncio
import logging
import signal
from collections.abc import Coroutine, Sequence

from sqlalchemy import Engine

from ingest.ami_worker import AmiWorker
from ingest.archiver import Archiver
from ingest.projector import Begin, Projector
from ingest.relay import Relay
from models.clock import day_of, now
from models.rules.floor import Call, FloorPlan
from models.settings import Settings
from models.store import db, ledger, roster, streams
from models.store.crypto import Vault

log = logging.getLogger(__name__)


async def run_loops(settings: Settings, loops: Sequence[str]) -> None:
    """Run the chosen loops for every tenant of the settings until SIGTERM or SIGINT."""
    redis = streams.connect(settings.redis_url)
    engine = db.engine_for(settings.database_url, pool=3)
    vault = Vault(settings.encryption_keys, settings.hash_key)
    tenants = sorted({settings.tenant, *(item.tenant for item in settings.exchanges)})
    runs = []
    if "ami" in loops:
        runs += [AmiWorker(settings, item, redis, vault).run() for item in settings.exchanges]
    for tenant in tenants:
        if "projector" in loops:
            runs.append(Projector(redis, tenant, _begin(settings, engine, tenant)).run())
        if "archiver" in loops:
            runs.append(Archiver(redis, engine, tenant).run())
        if "relay" in loops:
            runs.append(Relay(redis, engine, tenant).run())
    await _until_told(runs)
    await redis.aclose()
    engine.dispose()


def _begin(settings: Settings, engine: Engine, tenant: str) -> Begin:
    def begin() -> tuple[FloorPlan, list[Call]]:
        tenant_id = db.tenant_id_of(engine, tenant)
        with db.transaction(engine, tenant_id) as session:
            plan = roster.floor_plan(session, settings)
            start, end = day_of(now(), plan.zone)
            return plan, ledger.visits(session, start, end)

    return begin


async def _until_told(runs: Sequence[Coroutine[None, None, None]]) -> None:
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
