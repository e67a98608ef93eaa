"""Alarm prompts on every desk page: made in this process out of the live command centre, to each who may hear them.

They ride on the stream a page has already, the floor's; only who may not see the floor has one of their own.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress

import msgspec
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import Receive, Send

from dashboard import sse
from dashboard.command_live import CommandHub
from dashboard.hub import Allowed, Hub, News
from models.clock import now
from models.errors import HotlineError
from models.rules.incident.prompts import Low, Prompt, prompts
from models.store.people import Viewer

LOOK_S = 1.0
STOCK_EVERY_S = 30.0
"""How often the stocks are read: nothing tells of them."""
MOST = 50
"""So many are told to one screen, the newest."""

log = logging.getLogger(__name__)
LoadLow = Callable[[], Awaitable[list[Low]]]


class Ear:
    """One client: whose it is now, and what it was last told."""

    def __init__(self, desk: "PromptDesk", who: Viewer) -> None:
        self._desk = desk
        self._who = who
        self._seen = -1
        self._told: bytes | None = None

    def belongs_to(self, who: Viewer) -> None:
        """Note what the person may do now: somebody's rights may change while the stream is open."""
        if who.can != self._who.can:
            self._who, self._seen = who, -1

    def news(self) -> bytes:
        """Return the frame with all that asks for this person when that is not what was told last."""
        if self._desk.version in (0, self._seen):
            return b""  # 0: nobody has looked yet, which is not that nothing asks
        self._seen = self._desk.version
        body = msgspec.json.encode(self._desk.of(self._who))
        if body == self._told:
            return b""
        self._told = body
        return sse.frame({"kind": "prompts", "now": now(), "prompts": msgspec.Raw(body)})


class PromptDesk(Hub):
    """What asks for somebody in one tenant. load_low : reads the stocks below their floor."""

    def __init__(self, hub: CommandHub, load_low: LoadLow) -> None:
        super().__init__("prompts")
        self.version = 0
        self._hub = hub
        self._load_low = load_low
        self._low: list[Low] = []
        self._counted = asyncio.Event()
        self._found: list[Prompt] = []

    async def run(self) -> None:
        """Look for ever."""
        await self.keep(self._look, self._read_low)

    async def _look(self) -> None:
        await self._hub.ready()
        await self._counted.wait()
        while True:
            found = prompts(self._hub.incidents(), self._hub.units(), self._low, now=now())
            if found != self._found or not self.version:
                self._found = found
                self.version += 1
                self.wake()
            await asyncio.sleep(LOOK_S)

    async def _read_low(self) -> None:
        while True:
            with suppress(HotlineError, SQLAlchemyError):  # the stocks known last stay
                self._low = await self._load_low()
                self._counted.set()
            await asyncio.sleep(STOCK_EVERY_S if self._counted.is_set() else LOOK_S)

    def of(self, who: Viewer) -> list[dict[str, object]]:
        """Return what asks for a person, as screens get it; nothing for a unit of the tickets (承办单位)."""
        if who.unit:
            return []
        return [_shown(each) for each in self._mine(who)][:MOST]

    def _mine(self, who: Viewer) -> Iterable[Prompt]:
        return (each for each in self._found if each.is_for(who.district, who.can))

    async def serve(self, receive: Receive, send: Send, ear: Ear, allowed: Allowed) -> None:
        """Stream the prompts alone to one client until it leaves or `allowed` says no."""

        def news(beat: bool) -> bytes:
            return ear.news() or (sse.frame({"kind": "beat", "now": now()}) if beat else b"")

        async def begin() -> News:
            return news

        await self.stream(receive, send, begin, allowed)


def _shown(prompt: Prompt) -> dict[str, object]:
    return {name: value for name, value in prompt._asdict().items() if name != "district"}
