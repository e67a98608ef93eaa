"""A stream into the event log: every event of it once, in its order, acknowledged after the commit."""

import asyncio
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from ingest.group import Group
from ingest.loop import NEVER, forever, keep_beating
from models.process import process_name
from models.store import db, streams
from models.store.chain import log_event

log = logging.getLogger(__name__)


class _Known(msgspec.Struct):
    """What the log asks of an event; the rest is its family's."""

    id: str
    type: str
    at: float
    incident: int | None = None


class EventKeeper:
    """Keeps the events of one tenant's stream. Several copies share the work; what is delivered twice is kept once.

    what : names the loop and the place of a dead letter; stream : the stream's name by the tenant's id.
    """

    def __init__(
        self,
        redis: "Redis",
        engine: Engine,
        tenant: str,
        what: str,
        stream: Callable[[int], str],
    ) -> None:
        self.tenant = tenant
        self.kept = 0
        self.tenant_id = 0
        self._what = what
        self._stream = stream
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"{what}-{tenant}")
        self._group = Group(redis, "", "log", self._name)

    async def run(self) -> None:
        """Keep for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self.facts))
            group.create_task(forever(self._name, self._keep))

    def facts(self) -> dict[str, Any]:
        """Return what the system page shows of it."""
        detail = {"detail": self.tenant, "events": self.kept, "lag": self._group.lag}
        return {"loop": self._what, **detail}

    async def _keep(self) -> None:
        await self.join()
        while True:
            await self.take()

    async def join(self) -> None:
        """Take a place at the stream, and finish what a fault of this copy left."""
        self.tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        self._group = Group(self._redis, self._stream(self.tenant_id), "log", self._name)
        await self._group.join()
        while entries := await self._group.unfinished():
            await self._log(entries)

    async def take(self) -> int:
        """Keep what has come, and return how many entries it was; 0 after half a second of nothing."""
        entries = await self._group.next()
        if entries:
            await self._log(entries)
        return len(entries)

    async def _log(self, entries: list[streams.Entry]) -> None:
        events: list[dict[str, Any]] = []
        for entry in entries:
            try:
                told = msgspec.json.decode(entry.fields[b"e"], type=list[dict[str, Any]])
            except (msgspec.MsgspecError, KeyError) as error:
                await self._bury(error, entry.fields.get(b"e", b""))
                continue
            for event in told:
                try:
                    msgspec.convert(event, _Known)
                except msgspec.ValidationError as error:
                    await self._bury(error, msgspec.json.encode([event]))
                else:
                    events.append(event)
        await self._commit_all(events)
        await self._group.done(entries)

    async def _commit_all(self, events: list[dict[str, Any]]) -> None:
        """Commit all at once; what the database will never take is set aside, the rest goes in, in its order."""
        try:
            self.kept += await asyncio.to_thread(self._commit, events)
        except NEVER as error:
            if len(events) > 1:
                for event in events:
                    await self._commit_all([event])
                return
            log.error("%s %s: refused by the database: %s", self._what, self.tenant, error)
            await self._bury(error, msgspec.json.encode(events))

    async def _bury(self, error: Exception, raw: bytes) -> None:
        await streams.bury(self._redis, self.tenant, self._what, error, raw)

    def _commit(self, events: list[dict[str, Any]]) -> int:
        with db.transaction(self._engine, self.tenant_id) as session:
            return sum(log_event(session, event) for event in events)
