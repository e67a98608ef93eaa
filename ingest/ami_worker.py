"""AMI worker: one leased session per exchange, frames -> floor events -> stream `floor:{tenant}`.

Exactly one copy reads an exchange (lease), every session has an epoch (fencing), every loss of the
link is followed by a full re-snapshot, and events wait in memory while the store is away.
"""

import asyncio
import contextlib
import logging
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from ingest.loop import RETRY_S, STORE_LOST, forever, keep_beating
from models.clock import now
from models.events import floor as e
from models.process import process_name
from models.settings import Exchange, Settings
from models.store import streams
from models.store.crypto import Vault, mask_within
from models.store.streams import Lease
from pbx.ami import AmiSession, Frame, LinkFailed, is_refusal, open_session
from pbx.frames import event_name
from pbx.translate import Malformed, Translator

log = logging.getLogger(__name__)

BATCH = 100
"""Events in one stream entry at most: the projector reads a bounded number of entries a round."""
PENDING_MAX = 100_000
"""Events that may wait for a store that is away; beyond it the link is dropped and read anew."""
BACKOFF_S = (0.1, 0.2, 0.4, 0.8, 1.0)
REFUSED_S = 3.0
"""Pause after a wrong account: soon enough for a person who mends it, no flood in Asterisk's log."""
RENEW_S = 0.5
ASKS_S = 0.25
"""How often the wait for a request looks up whether the exchange has finished booting."""


LISTS_PAUSE_S = 0.1
"""Between the lists of a running session: 1,000 seats are three lists of 10 to 40 ms each."""


class LeaseLost(Exception):
    """Another copy reads this exchange now."""


class AmiWorker:
    """Reads one exchange for ever."""

    def __init__(
        self, settings: Settings, exchange: Exchange, redis: "Redis", vault: Vault
    ) -> None:
        self.exchange = exchange
        self._redis = redis
        self._vault = vault
        self._snapshot_s = settings.snapshot_s
        self._name = process_name(f"ami-{exchange.name}")
        self._lease = Lease(redis, f"ami:{exchange.tenant}:{exchange.name}", self._name)
        self._stream = streams.floor_stream(exchange.tenant)
        self._pending: list[e.AnyFloorEvent] = []
        self._asks_seen = ""
        self._booted = asyncio.Event()
        self._listed = 0.0
        self.state = "waiting"
        self.reason = ""
        self.heard = 0.0
        self.shift = 0.0
        self.frames = 0
        self.events = 0

    async def run(self) -> None:
        """Hold the lease and a session, whatever happens."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold_lease))
            group.create_task(forever(f"{self._name} source", self._tell_source))

    def _facts(self) -> dict[str, Any]:
        return {
            "loop": "ami", "detail": f"{self.exchange.name} {self.state} {self.reason}".strip(),
            "lag": len(self._pending), "frames": self.frames, "events": self.events,
        }  # fmt: skip

    async def _tell_source(self) -> None:
        """Say how the source is, while this copy is the one that reads it."""
        while True:
            if self.state != "waiting":
                await self._redis.hset(
                    streams.source_key(self.exchange.tenant, self.exchange.name),
                    mapping={
                        "name": self.exchange.name, "state": self.state, "reason": self.reason,
                        "heard": f"{self.heard:.3f}", "shift": f"{self.shift:.3f}",
                        "told": f"{now():.3f}",
                    },
                )  # fmt: skip
            await asyncio.sleep(streams.BEAT_S)

    async def _hold_lease(self) -> None:
        if not await self._lease.take():
            self.state = "waiting"
            return
        log.info("%s: waiting -> take lease -> reading, epoch %d", self._name, self._lease.epoch)
        try:
            await self._sessions()
        except LeaseLost:
            log.warning("%s: lease lost to another copy", self._name)
        finally:
            self.state = "waiting"
            self._pending.clear()
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    async def _sessions(self) -> None:
        """One session after the other, each with its own epoch."""
        failures = 0
        epoch = self._lease.epoch
        while True:
            started = now()
            translator = Translator(
                self.exchange.name, epoch, self._vault.seal,
                inbound=frozenset(self.exchange.contexts),
            )  # fmt: skip
            try:
                await self._session(translator)
            except LinkFailed as failure:
                failures = 0 if now() - started > 5 else failures + 1
                await self._link_down(translator, failure)
                pause = BACKOFF_S[min(failures, len(BACKOFF_S)) - 1] if failures else BACKOFF_S[0]
                await self._wait(REFUSED_S if is_refusal(failure) else pause)
            epoch = await self._next_epoch()

    async def _link_down(self, translator: Translator, failure: LinkFailed) -> None:
        """Tell of a loss once, however often the exchange then refuses."""
        if (self.state, self.reason) == ("down", failure.code):
            return
        log.warning(
            "%s: %s -> link lost -> down: %s %s", self._name, self.state, failure.code, failure
        )
        # what was not heard is unknown from the last byte on, not from when we noticed
        since = self.heard if self.state == "up" else now()
        self.state, self.reason = "down", failure.code
        self._pending.append(translator.link_down(since, failure.code))
        await self._flush()

    async def _next_epoch(self) -> int:
        while True:
            try:
                await self._renew()
                return await self._lease.next_epoch()
            except STORE_LOST:
                await asyncio.sleep(RETRY_S)

    async def _wait(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        while clock() < end:
            await asyncio.sleep(min(RENEW_S, max(end - clock(), 0)))
            await self._renew_if_possible()
            if self._pending:
                await self._flush()

    async def _session(self, translator: Translator) -> None:
        session = await open_session(self.exchange)
        try:
            self._listed = now()
            await session.ask_lists()  # an account without rights never counts as up
            self._pending.append(translator.link_up(self._listed, session.version))
            self.state, self.reason = "up", ""
            self.heard = session.heard
            log.info("%s: down -> log in -> up, AMI %s", self._name, session.version)
            async with asyncio.TaskGroup() as group:
                lists = group.create_task(self._lists(session))
                renewals = group.create_task(self._renewals())
                try:
                    await self._read(session, translator)
                finally:
                    lists.cancel()
                    renewals.cancel()
        except ExceptionGroup as group:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                # a TaskGroup that fails while it is cancelled forgets the cancelling
                raise asyncio.CancelledError from None
            raise _first(group) from None
        finally:
            await session.close()

    async def _read(self, session: AmiSession, translator: Translator) -> None:
        while True:
            frames = await session.frames(0.25)
            self.heard = session.heard
            self.frames += len(frames)
            for frame in frames:
                self._pending += await self._translate(translator, frame)
            self.shift = translator.shift
            if self._pending:
                await self._flush()

    async def _translate(self, translator: Translator, frame: Frame) -> list[e.AnyFloorEvent]:
        at, raw = frame
        if at > self._listed and event_name(raw) == b"FullyBooted":
            self._booted.set()  # what was listed before it had loaded its queues was not all
        try:
            return translator.feed(raw, at)
        except Malformed as error:
            log.warning("%s: malformed frame: %s", self._name, error)
            with contextlib.suppress(*STORE_LOST):
                kept = mask_within(raw)  # people read dead letters
                await streams.bury(self._redis, self.exchange.tenant, "ami", error, kept)
            return []

    async def _flush(self) -> None:
        """Append what waits; when the store is away it goes on waiting, in order."""
        try:
            while self._pending:
                batch = self._pending[:BATCH]
                await self._redis.xadd(
                    self._stream, {"e": e.encode(batch)},
                    maxlen=streams.FLOOR_MAX, approximate=True,
                )  # fmt: skip
                self.events += len(batch)
                del self._pending[: len(batch)]
        except (RedisError, OSError, TimeoutError) as error:
            if len(self._pending) > PENDING_MAX:
                self._pending.clear()
                raise LinkFailed("overrun", f"store away: {error}") from error
            await asyncio.sleep(RETRY_S)

    async def _lists(self, session: AmiSession) -> None:
        """Ask for a full snapshot every `snapshot_s`, and when somebody asks."""
        while True:
            await self._until_asked(self._snapshot_s)
            self._listed = now()
            await session.ask_lists(LISTS_PAUSE_S)

    async def _until_asked(self, seconds: float) -> None:
        clock = asyncio.get_running_loop().time
        end = clock() + seconds
        stream = streams.asks_stream(self.exchange.tenant)
        while clock() < end and not self._booted.is_set():
            try:
                if not self._asks_seen:
                    self._asks_seen = (await streams.reach(self._redis, stream)).last
                asks = await streams.read(
                    self._redis, stream, self._asks_seen,
                    wait_s=min(ASKS_S, max(end - clock(), 0.01)),
                )  # fmt: skip
            except STORE_LOST:
                await asyncio.sleep(RETRY_S)
                continue
            if asks:
                self._asks_seen = asks[-1].id
                break
        self._booted.clear()

    async def _renewals(self) -> None:
        while True:
            await asyncio.sleep(RENEW_S)
            await self._renew_if_possible()

    async def _renew_if_possible(self) -> None:
        with contextlib.suppress(*STORE_LOST):
            await self._renew()

    async def _renew(self) -> None:
        """Keep the lease. After an outage of the store it may have run out with nobody taking it:
        then it is taken back, and the gapless epoch number proves that nobody read in between; so does
        a store that forgot everything and has counted no epoch since."""
        lease = self._lease
        if await lease.renew():
            return
        before = lease.epoch
        if not await lease.take() or not (lease.began or lease.epoch == before + 1):
            raise LeaseLost


def _first(group: ExceptionGroup[Exception]) -> Exception:
    """Return what really happened: the first fault of the session's tasks, the rest follow from it."""
    error: Exception = group
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return error
