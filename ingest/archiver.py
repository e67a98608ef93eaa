"""Archiver: ledger changes from the stream into PostgreSQL, acknowledged after the commit.

A consumer group, so several copies may run; rows carry the position of the change that wrote them,
so a change delivered twice or late never undoes a newer one.
"""

import asyncio
import logging
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from ingest.group import READ_COUNT, Group
from ingest.loop import NEVER, forever, keep_beating
from models.process import process_name
from models.store import archive, db, streams
from models.store.crypto import Vault

log = logging.getLogger(__name__)

GATHER_S = 0.5
"""Changes are gathered this long after a write: of several versions of a call one row is written."""


class Archiver:
    """Writes one tenant's ledger."""

    def __init__(
        self, redis: "Redis", engine: Engine, tenant: str, vault: Vault | None = None
    ) -> None:
        self.tenant = tenant
        self._vault = vault
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"archiver-{tenant}")
        self._group = Group(redis, streams.ledger_stream(tenant), "archiver", self._name)
        self._tenant_id = 0
        self.written = 0

    async def run(self) -> None:
        """Archive for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._archive))

    def _facts(self) -> dict[str, Any]:
        return {
            "loop": "archiver",
            "detail": self.tenant,
            "events": self.written,
            "lag": self._group.lag,
        }

    async def _archive(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        await self._group.join()
        while entries := await self._group.unfinished():
            await self._write(entries)
        while True:
            entries = await self._group.next()
            if entries:
                await self._write(entries)
                await asyncio.sleep(GATHER_S if len(entries) < READ_COUNT else 0)

    async def _write(self, entries: list[streams.Entry]) -> None:
        changes = []
        for entry in entries:
            try:
                changes.append(archive.read_change(entry.id, entry.fields[b"r"]))
            except (msgspec.MsgspecError, KeyError) as error:
                raw = entry.fields.get(b"r", b"")
                await streams.bury(self._redis, self.tenant, "archiver", error, raw)
        await self._keep(changes)
        await self._group.done(entries)
        self.written += len(changes)

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
            archive.write(session, self._tenant_id, changes, self._vault)
