"""What every live hub does: read for ever, beat, and stream to clients, each at its own pace, while they may."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

from redis.exceptions import RedisError
from starlette.types import Receive, Send

from dashboard import sse
from models.errors import HotlineError

log = logging.getLogger(__name__)

BEAT_S = 1.0
RECHECK_S = 15.0
"""How often the streams ask whether they are still allowed: all at once, so that one look-up does."""
RETRY_S = 0.3

Allowed = Callable[[], Awaitable[bool]]
News = Callable[[bool], bytes]
"""What a client is to be told next; True when a beat is due to it."""


class Hub:
    """Loops that start over after a fault, and clients that wait for the next turn. name : for the log."""

    def __init__(self, name: str) -> None:
        self.clients = 0
        self._name = name
        self._beats = self._checks = 0
        self._turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    async def keep(self, *works: Callable[[], Awaitable[None]]) -> None:
        """Do all of them, and beat, for ever."""
        async with asyncio.TaskGroup() as group:
            for work in (*works, self._keep_beat):
                group.create_task(self._forever(work))

    async def _forever(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (RedisError, OSError, HotlineError) as error:
                log.debug("%s: store away: %s", self._name, error)
            except Exception:
                log.exception("%s: fault, starting again", self._name)
            await asyncio.sleep(RETRY_S)

    async def _keep_beat(self) -> None:
        clock = asyncio.get_running_loop().time
        checked = clock()
        while True:
            if clock() - checked >= RECHECK_S:
                checked = clock()
                self._checks += 1
            await self.before_beat()
            self._beats += 1
            self.wake()
            await asyncio.sleep(BEAT_S)

    async def before_beat(self) -> None:
        """Make ready what the next beat says."""

    def wake(self) -> None:
        """Let every client look for news."""
        turn, self._turn = self._turn, asyncio.get_running_loop().create_future()
        if not turn.done():
            turn.set_result(None)

    async def stream(
        self, receive: Receive, send: Send, begin: Callable[[], Awaitable[News]], allowed: Allowed
    ) -> None:
        """Stream to one client until it leaves or `allowed` says no. begin : waits until there is something to tell."""
        await sse.begin(send)
        gone, begun = sse.watch(receive), asyncio.ensure_future(begin())
        self.clients += 1
        try:
            first: list[asyncio.Future[Any]] = [gone, begun]
            await asyncio.wait(first, return_when=asyncio.FIRST_COMPLETED)
            if begun.done():
                await self._tell(send, gone, begun.result(), allowed)
        except OSError:
            pass  # the client went while we wrote
        finally:
            self.clients -= 1
            begun.cancel()
            gone.cancel()

    async def _tell(
        self, send: Send, gone: "asyncio.Future[None]", news: News, allowed: Allowed
    ) -> None:
        beats, checks = -1, self._checks
        while not gone.done():
            turn = self._turn
            body, beats = news(beats != self._beats), self._beats
            if body:
                await sse.push(send, body)
            if checks != self._checks:
                checks = self._checks
                if not await allowed():
                    await sse.push(send, sse.SIGNED_OUT)
                    return
            if turn is self._turn:
                await asyncio.shield(turn)
