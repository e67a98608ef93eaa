"""Live push: one Redis reader per process and tenant, encoded once, fanned out as Server-Sent Events.

A client starts with a snapshot (or, with `Last-Event-ID`, where it left off), then gets deltas and a
beat every second. A slow client waits only for itself; one that falls too far behind, or comes back
after a long sleep, gets a new snapshot instead of its backlog.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.types import Receive, Scope, Send

from dashboard import sse
from dashboard.hub import Allowed, Hub, News
from models.clock import now
from models.rules.board import Board, board, merge
from models.rules.floor import Floor
from models.store import streams
from tickets import hotspots, today

log = logging.getLogger(__name__)

KEEP_FRAMES = 600
"""Frames kept for clients that resume or lag; beyond that they get a snapshot."""
READ_COUNT = 500
PER_CLIENT_S = 0.00012
"""Time to serve one client one frame, measured; deltas are gathered at least for one round of all."""
ROSTER_S = 60.0
ASLEEP_S = 10.0
"""A hub that did not read for this long looks whether the deltas it did not see are still there."""

_floor_decoder = msgspec.json.Decoder(Floor)
Roster = Callable[[], Awaitable[dict[str, Any]]]


class FloorHub(Hub):
    """The tenant's current board in this process, and what its clients are to be told next."""

    def __init__(
        self,
        redis: "Redis",
        tenant: str,
        roster: Roster,
        district: str | None = "",
        places: str = "",
    ) -> None:
        super().__init__(f"hub {tenant}")
        self.tenant = tenant
        self._district = district
        self._redis = redis
        self._roster_of = roster
        self._roster: dict[str, Any] = {}
        self._board: Board = {}
        self._epoch = ""
        self._id = "0-0"
        self._frames: deque[tuple[str, bytes]] = deque(maxlen=KEEP_FRAMES)
        self._count = 0
        self._sources: dict[str, Any] = {}
        self._tickets = self._hotspots = b""
        self._counted = 0.0
        self._projector = 0.0
        self._places_of = places
        self._places = ""
        """The last place event: maps ask for closures and speeds anew when it changes."""
        self._beat = b""
        self._snapshot: tuple[int, bytes] = (-1, b"")

    # --- reading ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the projector for ever."""
        await self.keep(self._follow, self._keep_roster)

    async def _keep_roster(self) -> None:
        while True:
            found = await self._roster_of()
            if found != self._roster:
                self._roster = found
                self._start_over()
            await asyncio.sleep(ROSTER_S)

    async def _follow(self) -> None:
        while True:
            if not self._board or not await self._within_reach():
                await self._load()
            await self._follow_while_awake()

    async def _within_reach(self) -> bool:
        """False when deltas were trimmed away unseen, as after an hour's sleep."""
        reach = await streams.reach(self._redis, streams.floor_delta(self.tenant))
        return reach.holds_after(self._id)

    async def _follow_while_awake(self) -> None:
        while True:
            asked = now()
            entries = await streams.read(
                self._redis, streams.floor_delta(self.tenant), self._id,
                wait_s=0.5, count=READ_COUNT,
            )  # fmt: skip
            if abs(now() - asked) > ASLEEP_S:
                return
            if entries:
                await self._take(entries)
                await asyncio.sleep(min(0.25, self.clients * PER_CLIENT_S))

    async def _take(self, entries: list[streams.Entry]) -> None:
        changed: Board = {}
        for entry in entries:
            message = msgspec.json.decode(entry.fields[b"m"])
            self._id = entry.id
            if message["kind"] == "reset":
                await self._load()
                # the floor was saved just before the reset was said: that one is done with
                self._id = max(self._id, entry.id, key=streams.id_key)
                return
            changed = merge(changed, message["board"]) if changed else message["board"]
        self._board = _applied(self._board, changed)
        self._say(changed)

    async def _load(self) -> None:
        """Read the projector's saved floor and follow its deltas from there."""
        saved: Any = await self._redis.hgetall(streams.floor_state(self.tenant))
        if b"floor" not in saved:
            return
        self._epoch = saved[b"epoch"].decode()
        self._id = saved[b"delta"].decode()
        self._board = board(_floor_decoder.decode(saved[b"floor"]), now())
        self._tickets = self._hotspots = b""  # asked for again: the board begins without
        self._start_over()

    def _start_over(self) -> None:
        """Send every client a snapshot next."""
        self._frames.clear()
        self._count += KEEP_FRAMES + 1
        self.wake()

    @property
    def cursor(self) -> str:
        """Where a client that has seen everything stands: producer epoch, stream id, when the day was last counted."""
        return f"{self._epoch}~{self._id}~{self._counted}"

    async def before_beat(self) -> None:
        """Ask how the sources are, and say it."""
        with contextlib.suppress(RedisError, OSError):
            await self._ask_sources()
        body = {
            "kind": "beat",
            "now": now(),
            "sources": self._sources,
            "projector": self._projector,
            "places": self._places,
        }
        self._beat = sse.frame(body)

    async def _ask_sources(self) -> None:
        found = {}
        async for key in self._redis.scan_iter(streams.source_key(self.tenant, "*"), count=200):
            fields: Any = await self._redis.hgetall(key)
            facts = streams.source_facts(fields)
            found[facts["name"]] = facts
        await self._ask_tickets()
        if self._places_of:
            self._places = (await streams.reach(self._redis, self._places_of)).last
        await self._ask_hotspots()
        alive: Any = await self._redis.hget(streams.floor_state(self.tenant), "alive")
        self._sources, self._projector = found, float(alive or 0)

    async def _ask_tickets(self) -> None:
        """Take the day's tickets as they were last counted into the board."""
        raw: Any = await self._redis.get(streams.tickets_today(self.tenant))
        if not raw or raw == self._tickets or not self._board:
            return
        if self._district is None:
            return
        section = today.of_district(msgspec.json.decode(raw), self._district)
        self._tickets, self._counted = raw, section["at"]
        self._board = {**self._board, "tickets": section}
        self._say({"tickets": section})

    async def _ask_hotspots(self) -> None:
        """Take what was last found of the day's hotspots into the board."""
        raw: Any = await self._redis.get(streams.hot_brief(self.tenant))
        if not raw or raw == self._hotspots or not self._board or self._district is None:
            return
        section = hotspots.brief_of_district(msgspec.json.decode(raw), self._district)
        self._hotspots, self._counted = raw, section["at"]
        self._board = {**self._board, "hotspots": section}
        self._say({"hotspots": section})

    # --- telling ----------------------------------------------------------------------------

    def _say(self, changed: Board) -> None:
        body = {"kind": "delta", "now": now(), "board": changed}
        self._frames.append((self.cursor, sse.frame(body, self.cursor)))
        self._count += 1
        self.wake()

    def snapshot(self) -> bytes:
        """Return the snapshot frame of this moment, encoded once per change."""
        if self._snapshot[0] != self._count:
            body = {
                "kind": "snapshot", "epoch": self._epoch, "now": now(), "board": self._board,
                "roster": self._roster, "sources": self._sources, "projector": self._projector,
            }  # fmt: skip
            self._snapshot = (self._count, sse.frame(body, self.cursor))
        return self._snapshot[1]

    def after(self, cursor: str) -> int | None:
        """Return the frame number a resuming client goes on from, None if that is too long ago."""
        if cursor == self.cursor and self._board:
            return self._count
        for back, (seen, _) in enumerate(reversed(self._frames)):
            if seen == cursor:
                return self._count - back
        return None

    def news(self, number: int) -> bytes | None:
        """Return the frames behind `number`, None when they are gone and a snapshot is due."""
        behind = self._count - number
        if behind > len(self._frames):
            return None
        return b"".join(frame for _, frame in list(self._frames)[len(self._frames) - behind :])

    async def serve(
        self, scope: Scope, receive: Receive, send: Send, allowed: Allowed, besides: Callable[[], bytes] = bytes
    ) -> None:  # fmt: skip
        """Stream to one client until it leaves or `allowed` says no.

        besides : further frames for this client alone, asked at every turn; they leave its cursor where it is.
        """
        number = self.after(cursor) if (cursor := sse.last_event_id(scope)) else None

        def news(beat: bool) -> bytes:
            nonlocal number
            body = self.news(number) if number is not None else None
            if body is None and self._board:
                body = self.snapshot()
            number = self._count if self._board else None
            return (body or b"") + (self._beat if beat else b"") + besides()

        async def begin() -> News:
            return news

        await self.stream(receive, send, begin, allowed)


def _applied(whole: Board, changed: Board) -> Board:
    """Return the board with a change applied; None entries leave it."""
    merged = merge(whole, changed)
    for name, section in changed.items():
        if isinstance(section, dict):
            merged[name] = {k: v for k, v in merged[name].items() if v is not None}
    return merged
