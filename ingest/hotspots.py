"""Hotspots live: counts of today's tickets in Redis, by hour, cell, district and category, and the board drawn of them.

One holder per tenant (lease). What an event says is not added up: the ticket's row is read again and put where
it belongs now, so an event told twice, a ticket moved or placed later, come right. Counted anew from the tables
at the start, at midnight, every ten minutes, and whenever Redis has lost the day. Boards are drawn, and default
points looked for, beside the counting: neither makes a ticket wait.
"""

import asyncio
import contextlib
import logging
from typing import Any

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gis_data.city.bundle import City
from gis_data.city.present import present
from gis_data.gazetteer.reverse import Surface
from gis_data.hotspots.board import Board, Counts, Hot
from gis_data.hotspots.result import Period
from ingest.group import Group
from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import Instant, day_of, now
from models.errors import HotlineError
from models.process import process_name
from models.store import db, streams
from models.store.files import Files
from models.store.streams import Lease
from tickets import default_points, hotspots
from tickets.criteria import Criteria
from tickets.moving import Actor

log = logging.getLogger(__name__)

TAKEN = 500
"""Events at once: their tickets are read in one statement."""
TICK_S = 30.0
GAP_S = 5.0
"""Between two boards while tickets keep coming."""
OVERLAP_S = 60.0
"""A ticket's transaction may end this long after its `opened_at`."""
REST = 3
"""At most a quarter of the time goes into boards."""
RECOUNT_S = 600.0
KEPT_S = 3 * 86_400
LEASE_MS = 15_000
"""Longer than a board of a large city takes."""
LOOKS = Actor(0, "热点", frozenset({"ticket.view", default_points.PERMISSION}))
BUILT = "built"
_PUT = """
local n = 0
for i = 1, #ARGV, 2 do
  local old = redis.call('hget', KEYS[1], ARGV[i])
  if (old or '') ~= ARGV[i + 1] then
    if old and redis.call('hincrby', KEYS[2], old, -1) <= 0 then redis.call('hdel', KEYS[2], old) end
    if ARGV[i + 1] == '' then redis.call('hdel', KEYS[1], ARGV[i])
    else
      redis.call('hset', KEYS[1], ARGV[i], ARGV[i + 1])
      redis.call('hincrby', KEYS[2], ARGV[i + 1], 1)
    end
    n = n + 1
  end
end
return n
"""
"""KEYS: ticket -> field, field -> count. ARGV: pairs of ticket and its field now, '' for none of this day."""


class Change(msgspec.Struct, frozen=True):
    """What a board changed: absolute, keyed; a cell with None is no longer in the ranking."""

    at: Instant
    total: int
    cells: dict[str, Hot | None]


class Hotspots:
    """Keeps one tenant's live counts and its board of today."""

    def __init__(
        self, redis: "Redis", engine: Engine, tenant: str, zone: str, files: Files
    ) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._zone = zone
        self._files = files
        self._name = process_name(f"hotspots-{tenant}")
        self._lease = Lease(redis, f"hotspots:{tenant}", self._name, LEASE_MS)
        self._group = Group(redis, "", "hotspots", self._name)
        self._tenant_id = 0
        self._day = Period(0, 0)
        self._counted = float("-inf")
        self._drawn = float("-inf")
        self._new = asyncio.Event()
        self._holds = asyncio.Event()
        self._looked = 0.0
        self._ranking: dict[str, Hot] = {}
        self._surface: tuple[str, Surface] | None = None
        self._fault = ""
        self.state = "waiting"
        self.seen = 0

    async def run(self) -> None:
        """Keep for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold))
            group.create_task(forever(f"{self._name} board", self._draw_on))
            group.create_task(forever(f"{self._name} points", self._set_apart_on))

    def _facts(self) -> dict[str, Any]:
        detail = {"detail": f"{self.tenant} {self.state}", "events": self.seen}
        return {"loop": "hotspots", **detail, "lag": self._group.lag}

    async def _hold(self) -> None:
        if not await self._lease.take():
            return
        try:
            self.state = "counting"
            await self._keep()
        finally:
            self._holds.clear()
            self.state = "waiting"
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    async def _keep(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        stream = streams.ticket_stream(self._tenant_id)
        self._group = Group(self._redis, stream, "hotspots", self._name, count=TAKEN)
        await self._group.join()
        await self._recount()
        while entries := await self._group.unfinished():
            await self._take(entries)
        self._new.set()
        self._holds.set()
        while await self._lease.renew():
            entries = await self._group.next()
            if entries:
                await self._take(entries)
            stale = await self._is_stale()
            if stale:
                await self._recount()
            if entries or stale or now() - self._drawn >= TICK_S:
                self._new.set()

    # --- counts -----------------------------------------------------------------------------

    async def _take(self, entries: list[streams.Entry]) -> None:
        """Put the tickets these events are about where they belong now."""
        ids: set[int] = set()
        for entry in entries:
            with contextlib.suppress(msgspec.MsgspecError, KeyError):  # the event log buries it
                told = msgspec.json.decode(entry.fields[b"e"], type=list[_Event])
                ids.update(event.ticket for event in told)
        found = await asyncio.to_thread(self._fields, ids)
        pairs = [str(word) for ticket in sorted(ids) for word in (ticket, found.get(ticket, ""))]
        day = streams.hot_day(self.tenant, self._day.since)
        await self._redis.eval(_PUT, 2, f"{day}:tickets", f"{day}:cells", *pairs)
        self.seen += len(entries)
        await self._group.done(entries)

    async def _is_stale(self) -> bool:
        if not self._day.since <= now() < self._day.until or now() - self._counted >= RECOUNT_S:
            return True
        tickets = f"{streams.hot_day(self.tenant, self._day.since)}:tickets"
        return not await self._redis.hexists(tickets, BUILT)

    async def _recount(self) -> None:
        """Count the whole day from the tables, and put it in place at once."""
        self._counted = (
            now()
        )  # before the rows are read: what is found meanwhile asks for another count
        self._day = Period(*day_of(now(), self._zone))
        found = await asyncio.to_thread(self._fields, None)
        counts: dict[str, int] = {}
        for name in found.values():
            counts[name] = counts.get(name, 0) + 1
        day = streams.hot_day(self.tenant, self._day.since)
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.delete(f"{day}:tickets", f"{day}:cells")
            told: dict[Any, Any] = {str(ticket): name for ticket, name in found.items()}
            pipe.hset(f"{day}:tickets", mapping={BUILT: f"{now():.3f}", **told})
            if counts:
                pipe.hset(f"{day}:cells", mapping={name: str(n) for name, n in counts.items()})
            for part in ("tickets", "cells"):
                pipe.expire(f"{day}:{part}", KEPT_S)
            await pipe.execute()

    def _fields(self, ids: set[int] | None) -> dict[int, str]:
        with db.transaction(self._engine, self._tenant_id) as session:
            return hotspots.fields(session, self._day, self._zone, ids=ids)

    # --- default points ---------------------------------------------------------------------

    async def _set_apart_on(self) -> None:
        """Look for default points while this copy counts; what is found is counted anew."""
        while True:
            await self._holds.wait()
            if await asyncio.to_thread(self._set_apart):
                self._counted = float("-inf")
            await asyncio.sleep(RECOUNT_S)

    def _set_apart(self) -> bool:
        at = now()
        with db.transaction(self._engine, self._tenant_id) as session:
            found = default_points.set_apart(session, actor=LOOKS, now=at, fresh=self._looked)
        self._looked = at - OVERLAP_S
        for point, marked in found:
            log.info("default point %.6f %.6f: %d tickets", point.lon, point.lat, marked)
        return bool(found)

    # --- the board --------------------------------------------------------------------------

    async def _draw_on(self) -> None:
        """Draw what the holder has counted, beside its counting; a board that takes long is drawn less often."""
        while True:
            await self._new.wait()
            self._new.clear()
            began = now()
            await self._draw()
            await asyncio.sleep(max(GAP_S, REST * (now() - began)))

    async def _draw(self) -> None:
        """Draw the layers of the day so far, and tell what changed."""
        day = streams.hot_day(self.tenant, self._day.since)
        told: Any = await self._redis.hgetall(f"{day}:cells")
        counts = hotspots.counts_of_fields({k.decode(): int(v) for k, v in told.items()})
        board, brief = await asyncio.to_thread(self._board, counts)
        self._drawn = now()
        await self._redis.mset(
            {
                streams.hot_today(self.tenant): msgspec.json.encode(board),
                streams.hot_brief(self.tenant): msgspec.json.encode(brief),
            }
        )
        change = self._changed(board)
        if change.cells:
            await self._redis.publish(streams.hot_delta(self.tenant), msgspec.json.encode(change))

    def _board(self, counts: Counts) -> tuple[Board, dict[str, Any]]:
        at = now()
        criteria = Criteria(since=self._day.since, until=self._day.until)
        with db.transaction(self._engine, self._tenant_id) as session:
            city = self._city(session)
            board = hotspots.board(
                session, criteria, city=city, actor=LOOKS, now=at, zone=self._zone, present=counts
            )
        return board, hotspots.brief(board, self._surface_of(city))

    def _surface_of(self, city: City | None) -> Surface | None:
        """Return what names the places, made once for a version of the city."""
        if city is None:
            return None
        if self._surface is None or self._surface[0] != city.sha256:
            layers = {name: city.layer(name) for name in city.manifest.layers}
            self._surface = city.sha256, Surface(layers, city.manifest.metric_crs)
        return self._surface[1]

    def _city(self, session: Session) -> City | None:
        try:
            city, fault = present(session, self._files), ""
        except HotlineError as error:
            city, fault = None, str(error)
        if fault != self._fault:
            log.warning("hotspots %s: the city: %s", self.tenant, fault or "found again")
        self._fault = fault
        return city

    def _changed(self, board: Board) -> Change:
        ranking = {hot.cell: hot for hot in board.ranking}
        gone: dict[str, Hot | None] = {cell: None for cell in self._ranking if cell not in ranking}
        new = {cell: hot for cell, hot in ranking.items() if self._ranking.get(cell) != hot}
        self._ranking = ranking
        return Change(board.made_at, board.total, {**gone, **new})


class _Event(msgspec.Struct):
    ticket: int
