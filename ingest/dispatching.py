"""Dispatch live: whenever roads close, open or slow, and every few seconds, the ways of units and loads are found anew.

One holder per tenant (lease). The places' stream only wakes it: what counts is read from the tables each time, so
an event that is missed, or told twice, changes nothing.
"""

import asyncio
import contextlib
import logging
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Engine, select

from command import deliveries, rerouting
from gis_data.city.present import open_city
from gis_data.roads import table
from gis_data.roads.present import Roads
from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import now
from models.process import process_name
from models.store import db, streams
from models.store.files import Files
from models.store.streams import Lease
from models.tables import Assignment

log = logging.getLogger(__name__)

EVERY_S = 5.0
"""How often positions are looked at, whatever the roads do."""
LEASE_MS = 15_000
"""Longer than a city's graph takes to be made."""


class Dispatching:
    """Keeps one tenant's ways true; any number of these may run, one works."""

    def __init__(self, redis: "Redis", engine: Engine, tenant: str, files: Files) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"dispatch-{tenant}")
        self._lease = Lease(redis, f"dispatch:{tenant}", self._name, LEASE_MS)
        self._roads = Roads(lambda tenant_id, sha: table.of_city(open_city(files, tenant_id, sha)))
        self._tenant_id = 0
        self.state = "waiting"
        self.told = 0

    async def run(self) -> None:
        """Keep for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold))

    def _facts(self) -> dict[str, Any]:
        detail = {"detail": f"{self.tenant} {self.state}", "events": self.told}
        return {"loop": "dispatch", **detail, "lag": 0}

    async def _hold(self) -> None:
        if not await self._lease.take():
            return
        try:
            self.state = "keeping"
            await self._keep()
        finally:
            self.state = "waiting"
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    async def _keep(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        last = "$"
        while await self._lease.renew():
            changed = await asyncio.to_thread(self._reroute)
            if changed:
                self.told += changed
                log.info("dispatch %s: %d ways changed", self.tenant, changed)
            last = await self._woken(last)

    async def _woken(self, after: str) -> str:
        """Wait for the next event of places, at most `EVERY_S`; return how far the stream was read."""
        stream = streams.place_stream(self._tenant_id)
        found: Any = await self._redis.xread({stream: after}, count=100, block=int(EVERY_S * 1000))
        return found[0][1][-1][0].decode() if found else after

    def _reroute(self) -> int:
        """Find the ways anew in a transaction of its own; roads are asked for only while somebody is under way."""
        at = now()
        with db.transaction(self._engine, self._tenant_id) as session:
            open_ = select(Assignment.id).where(Assignment.closed_at.is_(None)).limit(1)
            if session.scalar(open_) is None and not deliveries.expecting(session, now=at):
                return 0
            network = self._roads.network(session, now=at)
            changed = rerouting.reroute(session, network, now=at)
            return changed + deliveries.reroute(session, network, now=at)
