"""Poller: asks every bureau that is polled when its time has come, and says who has fallen silent.

One holder per tenant (lease). Every feed has a task of its own, so one that hangs or lies stops no other. What is
written is safe to be written twice: a holder that died in mid-message is followed by one that asks again.
"""

import asyncio
import contextlib
import logging
import random
from typing import Any

import httpx
from redis.asyncio import Redis
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from gis_data.city.present import present
from gis_data.feeds import silence, taking
from gis_data.feeds.taking import Taken, pause_s
from gis_data.roads.table import RoadTable, of_city
from ingest.feeds.fetch import Fetched, FetchFailed, client, fetch
from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import now
from models.errors import HotlineError
from models.process import process_name
from models.store import db
from models.store.crypto import Vault
from models.store.files import Files
from models.store.streams import Lease
from models.tables import Feed

log = logging.getLogger(__name__)

POLL_S = 0.5
JUDGE_S = 5.0
LEASE_MS = 5_000
AT_ONCE = 8
"""Feeds whose messages are written at the same time: each takes a connection."""
PUT_OFF_S = 60.0
"""How long a feed is left alone on which our own code has failed."""


class Feeds:
    """Asks one tenant's bureaus."""

    def __init__(
        self, redis: "Redis", engine: Engine, tenant: str, vault: Vault, files: Files, *,
        loopback: bool = False,
    ) -> None:  # fmt: skip
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._vault = vault
        self._files = files
        self._loopback = loopback
        self._name = process_name(f"feeds-{tenant}")
        self._lease = Lease(redis, f"feeds:{tenant}", self._name, LEASE_MS)
        self._tenant_id = 0
        self._asking: dict[int, asyncio.Task[None]] = {}
        self._writing = asyncio.Semaphore(AT_ONCE)
        self._table: tuple[str, RoadTable] | None = None
        self._chance = random.Random()  # noqa: S311 - jitter, not a secret
        self._judged = 0.0
        self.state = "waiting"
        self.taken = 0

    async def run(self) -> None:
        """Ask for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold))

    def _facts(self) -> dict[str, Any]:
        detail = f"{self.tenant} {self.state}, {len(self._asking)} asked"
        return {"loop": "feeds", "detail": detail, "events": self.taken, "lag": 0}

    async def _hold(self) -> None:
        if not await self._lease.take():
            return
        try:
            self.state = "asking"
            self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
            async with client(loopback=self._loopback) as http:
                await self._ask_on(http)
        finally:
            self.state = "waiting"
            running = list(self._asking.values())
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    async def _ask_on(self, http: httpx.AsyncClient) -> None:
        while await self._lease.renew():
            for feed in await asyncio.to_thread(self._due):
                self._asking[feed.id] = asyncio.create_task(self._ask(http, feed))
            if now() - self._judged >= JUDGE_S:
                self._judged = now()
                for name in await asyncio.to_thread(self._judge):
                    log.warning("feed %s: heard -> watch -> silent", name)
            await asyncio.sleep(POLL_S)

    async def _ask(self, http: httpx.AsyncClient, feed: Feed) -> None:
        """Ask one feed once; whatever happens is written into its book, and nobody else hears of it."""
        try:
            await self._ask_once(http, feed)
        finally:
            self._asking.pop(feed.id, None)

    async def _ask_once(self, http: httpx.AsyncClient, feed: Feed) -> None:
        try:
            secret = self._vault.open(feed.secret_sealed) if feed.secret_sealed else ""
            came = await fetch(
                http, feed.url, secret=secret, etag=feed.etag, modified=feed.modified
            )
        except FetchFailed as error:
            await self._write(self._failed, feed, str(error))
        except HotlineError as error:  # sealed with a key that is gone
            await self._write(self._failed, feed, f"secret: {error.code}")
        except Exception as error:
            log.exception("feed %s: could not be asked", feed.name)
            await self._write(self._failed, feed, f"fault: {type(error).__name__}")
        else:
            await self._write(self._take, feed, came)

    async def _write(self, work: Any, feed: Feed, what: object) -> None:  # noqa: ANN401 - one of the three below
        try:
            async with self._writing:
                await asyncio.to_thread(work, feed, what)
        except STORE_LOST as error:
            log.warning("feed %s: store lost: %s", feed.name, error)
            await asyncio.sleep(POLL_S)
        except HotlineError as error:
            log.info("feed %s: stopped or changed meanwhile: %s", feed.name, error)
        except Exception:
            log.exception("feed %s: fault of ours", feed.name)
            await asyncio.sleep(PUT_OFF_S)  # it stands among those asked, so it is left alone

    # --- in a thread ------------------------------------------------------------------------

    def _due(self) -> list[Feed]:
        with db.transaction(self._engine, self._tenant_id) as session:
            found = list(taking.due(session, now=now(), skip=list(self._asking)))
            session.expunge_all()
        return found

    def _judge(self) -> list[str]:
        with db.transaction(self._engine, self._tenant_id) as session:
            return silence.judge(session, now=now())

    def _failed(self, feed: Feed, error: str) -> None:
        at = now()
        again = at + pause_s(feed.every_s, feed.fails + 1, self._chance)
        with db.transaction(self._engine, self._tenant_id) as session:
            taking.failed(session, feed, error, next_at=again, now=at)
        log.info("feed %s: asked -> %s -> again in %.0f s", feed.name, error, again - at)

    def _take(self, feed: Feed, came: Fetched) -> None:
        at = now()
        again = at + pause_s(feed.every_s, 0, self._chance)
        with db.transaction(self._engine, self._tenant_id) as session:
            if came.body is None:
                taking.unchanged(session, feed, next_at=again, now=at)
                return
            told = taking.take(
                session, feed.id, came.body, roads=lambda: self._roads(session), now=at, asked=feed
            )
            self._keep_book(session, feed, came, told, again, at)
        self.taken += 1

    def _keep_book(
        self, session: Session, feed: Feed, came: Fetched, told: Taken, again: float, at: float
    ) -> None:
        if told.error:
            later = at + pause_s(feed.every_s, feed.fails + 1, self._chance)
            taking.failed(session, feed, f"unreadable: {told.error}", next_at=later, now=at)
            return
        # a message that told of something we could not use is asked for whole again
        etag = "" if told.refused else came.etag
        modified = "" if told.refused else came.modified
        taking.answered(session, feed, etag=etag, modified=modified, next_at=again, now=at)

    def _roads(self, session: Session) -> RoadTable | None:
        """Return the roads of the active city, made once for a version."""
        city = present(session, self._files)
        if city is None:
            return None
        if self._table is None or self._table[0] != city.sha256:
            self._table = city.sha256, of_city(city)
        return self._table[1]
