"""Relay: outbox rows to their streams, marked sent after publishing: at least once, in order."""

import asyncio
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from ingest.loop import forever, keep_beating
from models.clock import now
from models.process import process_name
from models.store import db, outbox

POLL_S = 0.2


class Relay:
    """Publishes one tenant's outbox."""

    def __init__(self, redis: "Redis", engine: Engine, tenant: str) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"relay-{tenant}")
        self._tenant_id = 0
        self.sent = 0

    async def run(self) -> None:
        """Relay for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._relay))

    def _facts(self) -> dict[str, Any]:
        return {"loop": "relay", "detail": self.tenant, "events": self.sent, "lag": 0}

    async def _relay(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        loop = asyncio.get_running_loop()
        while True:
            sent = await asyncio.to_thread(self._publish_some, loop)
            self.sent += sent
            if not sent:
                await asyncio.sleep(POLL_S)

    def _publish_some(self, loop: asyncio.AbstractEventLoop) -> int:
        """Publish a batch in this relay's turn: of several copies one publishes at a time, in the rows' order."""
        with db.transaction(self._engine, self._tenant_id) as session:
            rows = outbox.claim(session)
            for _, stream, event in rows:
                asyncio.run_coroutine_threadsafe(self._publish(stream, event), loop).result(5)
            if rows:
                outbox.mark_sent(session, [row[0] for row in rows], now())
        return len(rows)

    async def _publish(self, stream: str, event: dict[str, Any]) -> None:
        await self._redis.xadd(stream, {"e": msgspec.json.encode([event])})
