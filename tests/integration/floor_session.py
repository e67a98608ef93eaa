"""The bed's fixed session, run once beside the other tests, with our loops watching in a process of their own."""

import asyncio
import threading
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from bed_support import require_bed
from conftest import Place
from factories import make_exchange
from pipeline import Pipeline, ingest_process, pipeline
from real_stores import Stores
from sqlalchemy import Engine
from waiting import eventually

from models.demo import DemoSeat
from models.events.floor import AnyFloorEvent
from models.rules.floor import Floor
from models.rules.floor.state import OPEN
from models.store.ledger import CallRow
from pbx.bed.queue_log import QueueLogRow, read_queue_log
from pbx.bed.session import run_floor_session, session_bed

CONTEXTS = ("hotline-public",)


@dataclass(frozen=True, slots=True)
class Told:
    """What Asterisk wrote down, and what we made of it."""

    log: list[QueueLogRow]
    rows: list[CallRow]
    floor: Floor
    events: list[AnyFloorEvent]
    dead: list[dict[bytes, bytes]]
    seats: tuple[DemoSeat, ...]


class FloorSession:
    """The session on a thread; `result` waits for its end."""

    def __init__(self, stores: Stores, engine: Engine, place: Place, folder: Path) -> None:
        self._stores, self._engine, self._place, self._folder = stores, engine, place, folder
        self._told: Told | None = None
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def result(self) -> Told:
        """Return what came out; raise what went wrong, a skip for want of an Asterisk too."""
        self.wait()
        if self._error is not None:
            raise self._error
        assert self._told is not None, "the session did not end"
        return self._told

    def wait(self) -> None:
        """Wait for its end."""
        self._thread.join(180)

    def _run(self) -> None:
        try:
            self._told = asyncio.run(self._watch())
        except BaseException as error:
            self._error = error

    async def _watch(self) -> Told:
        root = require_bed()
        with ExitStack() as running:
            bed = running.enter_context(session_bed(root, self._folder))
            exchange = make_exchange(
                self._place.slug, bed.ami_port, username=bed.reader.user,
                secret=bed.reader.secret, contexts=CONTEXTS,
            )  # fmt: skip
            async with pipeline(
                self._stores, self._engine, self._place.id, self._place.slug, exchange
            ) as pipe:
                loops = "ami,projector,archiver"
                log = self._folder / "ingest.log"
                running.enter_context(ingest_process(self._stores, pipe.settings, loops, log))
                await link_up(pipe, within_s=20)
                await asyncio.to_thread(run_floor_session, bed)
                rows = await settled(pipe)
                return Told(
                    list(read_queue_log(bed.queue_log_path)), rows, await pipe.floor(),
                    await pipe.events(), await pipe.dead(), bed.seats,
                )  # fmt: skip


async def link_up(pipe: Pipeline, *, epoch: int = 0, within_s: float = 10) -> None:
    """Wait until the floor is read in a session after `epoch`."""

    async def check() -> None:
        link = (await pipe.floor()).links.get("pbx1")
        assert link is not None
        assert link.up
        assert link.epoch > epoch

    await eventually(check, within_s=within_s)


async def settled(pipe: Pipeline, *, within_s: float = 8) -> list[CallRow]:
    """Wait until no call is open in the ledger; return its visits to queues, as they entered."""

    async def check() -> None:
        rows = await asyncio.to_thread(pipe.rows)
        assert [row.key for row in rows if row.outcome in OPEN] == []

    await eventually(check, within_s=within_s)
    rows = await asyncio.to_thread(pipe.rows)
    return sorted((row for row in rows if row.entered), key=lambda row: row.entered)
