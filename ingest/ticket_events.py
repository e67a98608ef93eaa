"""Ticket events from their stream into the event log, each once, and the day's tickets redrawn for the screens."""

import asyncio
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from command.duty import wall
from ingest.event_log import EventKeeper
from ingest.loop import forever, keep_beating
from models.clock import day_of, now
from models.process import process_name
from models.store import db, streams
from models.store.files import Files
from tickets import districts, today

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
        self._keeper = EventKeeper(redis, engine, tenant, "tickets", streams.ticket_stream)

    @property
    def kept(self) -> int:
        """Return how many events this copy has kept."""
        return self._keeper.kept

    async def run(self) -> None:
        """Keep for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._keeper.facts))
            group.create_task(forever(self._name, self._keep))

    async def _keep(self) -> None:
        await self._keeper.join()
        drawn = float("-inf")
        while True:
            came = await self._keeper.take()
            if came or now() - drawn >= REDRAW_S:
                drawn = now()
                await self._redraw()
                await asyncio.sleep(GATHER_S)

    async def _redraw(self) -> None:
        board = await asyncio.to_thread(self._board)
        await self._redis.set(streams.tickets_today(self.tenant), msgspec.json.encode(board))

    def _board(self) -> dict[str, Any]:
        at = now()
        with db.transaction(self._engine, self._keeper.tenant_id) as session:
            labels = districts.names(session, self._store)
            board = today.board(session, *day_of(at, self._zone), now=at, labels=labels)
            return {**board, "duty": wall.header(session, now=at)}
