"""The loops between an exchange and the ledger, run inside a test, and what came out of them."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from factories import make_queue
from real_stores import Stores
from redis.asyncio import Redis
from sqlalchemy import Engine

from ingest.ami_worker import AmiWorker
from ingest.archiver import Archiver
from ingest.projector import Projector
from ingest.relay import Relay
from ingest.wiring import begin_of
from models.clock import day_of, now
from models.events import floor as e
from models.rules.floor import Floor, FloorPlan
from models.rules.metrics import Limits, Tally, total
from models.settings import Exchange, Settings
from models.store import db, ledger, streams
from models.store.crypto import Vault

STOP_S = 5.0
APP = Path(__file__).resolve().parents[1] / "app.py"
LIMITS = {"emergency": Limits(5, 15, 5)}
OTHERS = Limits(10, 15, 5)
TARGETS = {"consult": 10, "complaint": 10, "emergency": 5, "night": 10, "help": 10}
_floor_decoder = msgspec.json.Decoder(Floor)


@dataclass
class Pipeline:
    """One tenant's loops and doors."""

    settings: Settings
    engine: Engine
    redis: "Redis"
    tenant_id: int
    workers: list[AmiWorker] = field(default_factory=list)
    tasks: list["asyncio.Task[None]"] = field(default_factory=list)

    @property
    def slug(self) -> str:
        """The tenant's name."""
        return self.settings.tenant

    def start(self, *loops: str) -> None:
        """Start loops: ami, projector, archiver, relay."""
        begin = begin_of(self.settings, self.engine, self.slug)
        for loop in loops:
            match loop:
                case "ami":
                    vault = Vault(self.settings.encryption_keys, self.settings.hash_key)
                    self.workers = [
                        AmiWorker(self.settings, item, self.redis, vault)
                        for item in self.settings.exchanges
                    ]
                    for worker in self.workers:
                        self._run(worker.run())
                case "projector":
                    self._run(Projector(self.redis, self.slug, begin).run())
                case "archiver":
                    self._run(Archiver(self.redis, self.engine, self.slug).run())
                case _:
                    self._run(Relay(self.redis, self.engine, self.slug).run())

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self.tasks.append(asyncio.ensure_future(work))

    async def stop(self) -> None:
        """Stop the loops that were started here; each must end at the first asking."""
        if not self.tasks:
            return
        for task in self.tasks:
            task.cancel()
        _, left = await asyncio.wait(self.tasks, timeout=STOP_S)
        self.tasks.clear()
        assert not left, [task.get_coro() for task in asyncio.all_tasks()]

    # --- what came out ----------------------------------------------------------------------

    async def floor(self) -> Floor:
        """Return the floor as the projector last saved it."""
        raw: Any = await self.redis.hget(streams.floor_state(self.slug), "floor")
        return _floor_decoder.decode(raw) if raw else Floor(plan=FloorPlan())

    async def counts(self) -> Tally:
        """Return the day's sums as the wallboard has them."""
        return total((await self.floor()).tallies)

    async def source(self, name: str = "pbx1") -> dict[str, Any]:
        """Return what the worker says of its exchange."""
        fields: Any = await self.redis.hgetall(streams.source_key(self.slug, name))
        return streams.source_facts(fields)

    async def events(self) -> list[e.AnyFloorEvent]:
        """Return every event of the stream."""
        entries = await streams.read(
            self.redis, streams.floor_stream(self.slug), "0-0", count=1_000_000
        )
        return [event for entry in entries for event in e.decode(entry.fields[b"e"])]

    async def told(self) -> list[tuple[float, dict[str, Any]]]:
        """Return when each change was published, and the change."""
        found: Any = await self.redis.xrange(streams.floor_delta(self.slug))
        return [
            (streams.id_key(key.decode())[0] / 1000, msgspec.json.decode(fields[b"m"]))
            for key, fields in found
        ]

    async def dead(self) -> list[dict[bytes, bytes]]:
        """Return the dead letters."""
        entries = await streams.read(self.redis, streams.dead_stream(self.slug), "0-0", count=9999)
        return [entry.fields for entry in entries]

    def tallies(self) -> dict[str, Tally]:
        """Return today's tallies by queue, counted from the ledger."""
        start, end = day_of(now(), self.settings.zone)
        with db.transaction(self.engine, self.tenant_id) as session:
            return ledger.day_tally(session, start, end, LIMITS, OTHERS)

    def rows(self) -> list[ledger.CallRow]:
        """Return today's ledger rows, oldest first."""
        start, end = day_of(now(), self.settings.zone)
        with db.transaction(self.engine, self.tenant_id) as session:
            page = ledger.search_calls(
                session, start=start, end=end, descending=False, limit=ledger.MAX_ROWS
            )
            return page.rows


@asynccontextmanager
async def pipeline(
    stores: Stores, engine: Engine, tenant_id: int, slug: str, *exchanges: Exchange, **more: Any
) -> AsyncIterator[Pipeline]:
    """Open a tenant's pipeline with the recording's queues; nothing runs yet."""
    settings = stores.for_tenant(slug, *exchanges, **more)
    with db.transaction(engine, tenant_id) as session:
        for name, target in TARGETS.items():
            make_queue(session, tenant_id, name, target)
    redis = streams.connect(stores.redis_url)
    made = Pipeline(settings, engine, redis, tenant_id)
    try:
        yield made
    finally:
        await made.stop()
        await redis.aclose()


@contextmanager
def ingest_process(
    stores: Stores, settings: Settings, loops: str, log: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run `app.py ingest --loops ...` as a process of its own."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, str(APP), "ingest", "--loops", loops],
            env=stores.environment(settings), stdout=output, stderr=output,
        )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGCONT)
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
