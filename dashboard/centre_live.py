"""The live screens of the centre: what `command.centre` reads, read again at every change, told by sections.

While nobody looks nothing is read. A client is told a section whole when it changed since it was last told: nothing
is folded, nothing can be missed.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from starlette.types import Receive, Send

from dashboard import sse
from dashboard.hub import Allowed, Hub, News
from models.clock import now
from models.store import streams

log = logging.getLogger(__name__)

REREAD_S = 5.0
"""The rows are read at least so often: a pushed item or a shift comes to its end without an event."""
GATHER_S = 0.25
"""After a reading, events are gathered so long: a storm of tickets costs four readings a second."""

Load = Callable[[], Awaitable[dict[str, Any]]]


class CentreHub(Hub):
    """The sections as those of one district (or of the whole city) see them, in this process.

    load : reads every section out of the rows.
    """

    def __init__(self, redis: "Redis", tenant_id: int, load: Load) -> None:
        super().__init__("centre hub")
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
        self._ready = asyncio.Event()
        self._called = asyncio.Event()

    # --- reading ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the streams for ever, while somebody looks."""
        await self.keep(self._attend)

    async def _attend(self) -> None:
        while True:
            if not self.clients:
                self._ready.clear()  # what was read is old when somebody comes
                self._called.clear()
                await self._called.wait()
            await self._follow()

    async def _follow(self) -> None:
        ids: dict[Any, Any] = {}
        for name in self._streams:
            ids[name] = (await streams.reach(self._redis, name)).last
        while self.clients:
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
        found = {name: msgspec.json.encode(part) for name, part in (await self._load()).items()}
        fresh = {n: b for n, b in found.items() if self._sections.get(n, (0, b""))[1] != b}
        self._read = now()
        self._ready.set()
        if fresh:  # the next beat says that the rows were read
            self._version += 1
            self._sections |= {name: (self._version, body) for name, body in fresh.items()}
            self.wake()

    # --- telling ----------------------------------------------------------------------------

    def _frame(self, told: int) -> bytes:
        """Return what changed since the version `told`, and when the rows were last read."""
        fresh = {n: msgspec.Raw(body) for n, (at, body) in self._sections.items() if at > told}
        return sse.frame({"now": now(), "read": self._read, "sections": fresh})

    async def serve(self, receive: Receive, send: Send, allowed: Allowed) -> None:
        """Stream to one client until it leaves or `allowed` says no; whoever comes back is told everything."""
        told = 0

        def news(beat: bool) -> bytes:
            nonlocal told
            if not beat and told == self._version:
                return b""
            body, told = self._frame(told), self._version
            return body

        async def begin() -> News:
            self._called.set()
            await self._ready.wait()
            return news

        await self.stream(receive, send, begin, allowed)
