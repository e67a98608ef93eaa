"""Ticket events from their stream into the event log, each once, and the day's tickets redrawn for the screens."""

import asyncio
import logging
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from ingest.group import Group
from ingest.loop import forever, keep_beating
from models.clock import day_of, now
from models.process import process_name
from models.store import db, streams
from models.store.chain import log_event
from models.store.files import Files
from tickets import districts, today

log = logging.getLogger(__name__)

REDRAW_S = 5.0
"""The day's tickets are counted anew at least this often: midnight comes without an event."""
GATHER_S = 0.3


class TicketEvents:
    """Keeps one tenant's ticket events and its board of the day. Counting from the tables, it counts nothing twice."""

    def __init__(
        self, redis: "Redis", engine: Engine, tenant: str, zone: str, store: Files
    ) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._zone = zone
        self._store = store
        self._name = process_name(f"tickets-{tenant}")
        self._tenant_id = 0
        self._group = Group(redis, "", "log", self._name)
        self.kept = 0

    async def run(self) -> None:
        """Keep for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._keep))

    def _facts(self) -> dict[str, Any]:
        detail = {"detail": self.tenant, "events": self.kept, "lag": self._group.lag}
        return {"loop": "tickets", **detail}

    async def _keep(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        stream = streams.ticket_stream(self._tenant_id)
        self._group = Group(self._redis, stream, "log", self._name)
        await self._group.join()
        while entries := await self._group.unfinished():
            await self._log(entries)
        drawn = float("-inf")
        while True:
            entries = await self._group.next()
            if entries:
                await self._log(entries)
            if entries or now() - drawn >= REDRAW_S:
                drawn = now()
                await self._redraw()
                await asyncio.sleep(GATHER_S)

    async def _log(self, entries: list[streams.Entry]) -> None:
        events: list[dict[str, Any]] = []
        for entry in entries:
            try:
                events += msgspec.json.decode(entry.fields[b"e"], type=list[dict[str, Any]])
            except (msgspec.MsgspecError, KeyError) as error:
                raw = entry.fields.get(b"e", b"")
                await streams.bury(self._redis, self.tenant, "tickets", error, raw)
        self.kept += await asyncio.to_thread(self._commit, events)
        await self._group.done(entries)

    def _commit(self, events: list[dict[str, Any]]) -> int:
        with db.transaction(self._engine, self._tenant_id) as session:
            return sum(log_event(session, event) for event in events)

    async def _redraw(self) -> None:
        board = await asyncio.to_thread(self._board)
        await self._redis.set(streams.tickets_today(self.tenant), msgspec.json.encode(board))

    def _board(self) -> today.Board:
        at = now()
        with db.transaction(self._engine, self._tenant_id) as session:
            labels = districts.names(session, self._store)
            return today.board(session, *day_of(at, self._zone), now=at, labels=labels)
