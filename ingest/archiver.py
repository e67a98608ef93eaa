"""Archiver: ledger changes from the stream into PostgreSQL, acknowledged after the commit.

A consumer group, so several copies may run; rows carry the position of the change that wrote them,
so a change delivered twice or late never undoes a newer one.
"""

import asyncio
import logging
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import ResponseError
from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from ingest.loop import forever, keep_beating
from models.process import process_name
from models.store import archive, db, streams

log = logging.getLogger(__name__)

GROUP = "archiver"
READ_COUNT = 100
GATHER_S = 0.5
"""Changes are gathered this long after a write: of several versions of a call one row is written."""
NEVER = (DataError, IntegrityError, ValueError, OverflowError)
"""Faults of what is to be written, not of the database: trying again cannot help."""
STALE_MS = 5000
"""An entry another copy took and did not finish within this is taken over."""


class Archiver:
    """Writes one tenant's ledger."""

    def __init__(self, redis: "Redis", engine: Engine, tenant: str) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"archiver-{tenant}")
        self._stream = streams.ledger_stream(tenant)
        self._tenant_id = 0
        self._claimed = float("-inf")
        self.written = 0
        self.lag = 0

    async def run(self) -> None:
        """Archive for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._archive))

    def _facts(self) -> dict[str, Any]:
        return {"loop": "archiver", "detail": self.tenant, "events": self.written, "lag": self.lag}

    async def _archive(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        await self._join_group()
        while entries := await self._next("0"):  # what a fault of ours left unfinished
            await self._write(entries)
        while True:
            entries = await self._take_over() or await self._next(">")
            if entries:
                await self._write(entries)
                await asyncio.sleep(GATHER_S if len(entries) < READ_COUNT else 0)

    async def _join_group(self) -> None:
        try:
            await self._redis.xgroup_create(self._stream, GROUP, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def _take_over(self) -> list[streams.Entry]:
        """Return entries left unfinished: ours from before a fault, or another copy's."""
        clock = asyncio.get_running_loop().time
        if clock() - self._claimed < STALE_MS / 1000:
            return []
        found: Any = await self._redis.xautoclaim(
            self._stream, GROUP, self._name, min_idle_time=STALE_MS, count=READ_COUNT
        )
        if not found[1]:
            self._claimed = clock()
        return [streams.Entry(key.decode(), fields) for key, fields in found[1] if fields]

    async def _next(self, after: str) -> list[streams.Entry]:
        found: Any = await self._redis.xreadgroup(
            GROUP, self._name, {self._stream: after}, count=READ_COUNT, block=500
        )
        return [
            streams.Entry(key.decode(), fields) for _, rows in found or [] for key, fields in rows
        ]

    async def _write(self, entries: list[streams.Entry]) -> None:
        changes = []
        for entry in entries:
            try:
                changes.append(archive.read_change(entry.id, entry.fields[b"r"]))
            except (msgspec.MsgspecError, KeyError) as error:
                raw = entry.fields.get(b"r", b"")
                await streams.bury(self._redis, self.tenant, "archiver", error, raw)
        await self._keep(changes)
        await self._redis.xack(self._stream, GROUP, *[entry.id for entry in entries])
        self.written += len(changes)
        await self._trim()

    async def _keep(self, changes: list[archive.Change]) -> None:
        """Commit all at once; what the database will never take is set aside, the rest goes in."""
        try:
            await asyncio.to_thread(self._commit, changes)
        except NEVER as error:
            if len(changes) > 1:
                for change in changes:
                    await self._keep([change])
                return
            log.error("archiver %s: refused by the database: %s", self.tenant, error)
            raw = msgspec.json.encode(changes)
            await streams.bury(self._redis, self.tenant, "archiver", error, raw)

    def _commit(self, changes: list[archive.Change]) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            archive.write(session, self._tenant_id, changes)

    async def _trim(self) -> None:
        """Drop what every copy has finished; what waits for the database is never trimmed."""
        info: Any = await self._redis.xpending(self._stream, GROUP)
        groups: Any = await self._redis.xinfo_groups(self._stream)
        self.lag = int(groups[0].get("lag") or 0) + int(info["pending"])
        done = info["min"] if info["pending"] else groups[0]["last-delivered-id"]
        await self._redis.xtrim(self._stream, minid=done, approximate=True)
