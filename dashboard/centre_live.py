"""The live screens of the centre: what `command.centre` reads, read again at every change, told by sections.

A client is told a section whole when it changed since it was last told: nothing is folded, nothing can be missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import Receive, Scope, Send

from dashboard import sse
from models.clock import now
from models.errors import HotlineError
from models.store import streams

log = logging.getLogger(__name__)

BEAT_S = 1.0
REREAD_S = 5.0
"""The rows are read at least so often: a pushed item or a shift comes to its end without an event."""
GATHER_S = 0.25
"""After a reading, events are gathered so long: a storm of tickets costs four readings a second."""
RECHECK_S = 15.0
RETRY_S = 0.5

Load = Callable[[], Awaitable[dict[str, Any]]]
Allowed = Callable[[], Awaitable[bool]]


class CentreHub:
    """The sections as those of one district (or of the whole city) see them, in this process.

    load : reads every section out of the rows.
    """

    def __init__(self, redis: "Redis", tenant_id: int, load: Load) -> None:
        self.clients = 0
        self._redis = redis
        self._streams = [
            name(tenant_id)
            for name in (
                streams.display_stream, streams.incident_stream, streams.place_stream,
                streams.ticket_stream, streams.duty_stream,
            )
        ]  # fmt: skip
        self._load = load
        self._sections: dict[str, tuple[int, bytes]] = {}
        self._version = 0
        self._read = 0.0
        self._beats = self._checks = 0
        self._ready = asyncio.Event()
        self._turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    # --- reading ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the streams for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._forever(self._follow))
            group.create_task(self._forever(self._keep_beat))

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (RedisError, OSError, HotlineError) as error:
                log.debug("centre hub: store away: %s", error)
            except Exception:
                log.exception("centre hub: fault, starting again")
            await asyncio.sleep(RETRY_S)

    async def _follow(self) -> None:
        ids: dict[Any, Any] = {}
        for name in self._streams:
            ids[name] = (await streams.reach(self._redis, name)).last
        while True:
            await self._reread()
            await asyncio.sleep(GATHER_S)
            for name, entries in await self._news(ids):
                ids[name.decode()] = entries[-1][0].decode()

    async def _news(self, ids: dict[Any, Any]) -> list[Any]:
        """Return what the streams say behind `ids`; nothing once the rows are to be read all the same."""
        clock = asyncio.get_running_loop().time
        until = clock() + REREAD_S
        while clock() < until:
            found: Any = await self._redis.xread(ids, count=1000, block=500)
            if found:
                return list(found)
        return []

    async def _reread(self) -> None:
        found = await self._load()
        self._version += 1
        for name, section in found.items():
            body = msgspec.json.encode(section)
            if name not in self._sections or self._sections[name][1] != body:
                self._sections[name] = self._version, body
        self._read = now()
        self._ready.set()
        self._wake()

    async def _keep_beat(self) -> None:
        clock = asyncio.get_running_loop().time
        checked = clock()
        while True:
            if clock() - checked >= RECHECK_S:
                checked = clock()
                self._checks += 1
            self._beats += 1
            self._wake()
            await asyncio.sleep(BEAT_S)

    # --- telling ----------------------------------------------------------------------------

    def _wake(self) -> None:
        turn, self._turn = self._turn, asyncio.get_running_loop().create_future()
        if not turn.done():
            turn.set_result(None)

    def _frame(self, told: int) -> bytes:
        """Return what changed since the version `told`, and when the rows were last read."""
        fresh = {n: msgspec.Raw(body) for n, (at, body) in self._sections.items() if at > told}
        return sse.frame({"now": now(), "read": self._read, "sections": fresh})

    async def serve(self, scope: Scope, receive: Receive, send: Send, allowed: Allowed) -> None:
        """Stream to one client until it leaves or `allowed` says no."""
        del scope  # whoever comes back is told everything
        await sse.begin(send)
        gone = sse.watch(receive)
        self.clients += 1
        try:
            await self._ready.wait()
            await self._stream(send, gone, allowed)
        except OSError:
            pass  # the client went while we wrote
        finally:
            self.clients -= 1
            gone.cancel()

    async def _stream(self, send: Send, gone: "asyncio.Future[None]", allowed: Allowed) -> None:
        told, beats, checks = 0, -1, self._checks
        while not gone.done():
            turn, version = self._turn, self._version
            if beats != self._beats or version != told:
                beats = self._beats
                await sse.push(send, self._frame(told))
                told = version
            if checks != self._checks:
                checks = self._checks
                if not await allowed():
                    await sse.push(send, sse.SIGNED_OUT)
                    return
            if turn is self._turn:
                await asyncio.shield(turn)
