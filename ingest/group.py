"""A consumer group on a stream: each entry to one copy, again until it is acknowledged, then trimmed away."""

import asyncio
from typing import Any

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from models.store import streams

READ_COUNT = 100
STALE_MS = 5000
"""An entry another copy took and did not finish within this is taken over."""


class Group:
    """One copy's place in the group `name` of `stream`; `lag` counts what nobody has finished.

    count : entries taken at once. shared : the name `copy` goes with a lease from holder to holder, so that
    nobody else has anything to take over; without it a holder that waits for its database would take over its own.
    """

    def __init__(
        self, redis: "Redis", stream: str, name: str, copy: str, *, count: int = READ_COUNT,
        shared: bool = False,
    ) -> None:  # fmt: skip
        self.lag = 0
        self._count = count
        self._shared = shared
        self._redis = redis
        self._stream = stream
        self._group = name
        self._copy = copy
        self._claimed = float("-inf")

    async def join(self) -> None:
        """Make the group, from the stream's first entry on, unless it is there."""
        try:
            await self._redis.xgroup_create(self._stream, self._group, id="0", mkstream=True)
        except ResponseError as error:
            if "BUSYGROUP" not in str(error):
                raise

    async def unfinished(self, after: str = "0") -> list[streams.Entry]:
        """Return what a fault of this copy left unfinished, behind the entry `after`."""
        return await self._read(after)

    async def next(self) -> list[streams.Entry]:
        """Return what a lost copy left unfinished, else new entries; empty after half a second."""
        return await self._take_over() or await self._read(">")

    async def done(self, entries: list[streams.Entry]) -> None:
        """Acknowledge entries, and drop what every copy of every group has finished; what waits is never trimmed."""
        await self._redis.xack(self._stream, self._group, *[entry.id for entry in entries])
        groups: Any = await self._redis.xinfo_groups(self._stream)
        finished = []
        for group in groups:
            info: Any = await self._redis.xpending(self._stream, group["name"])
            until = (info["min"] if info["pending"] else group["last-delivered-id"]).decode()
            finished.append(until)
            if group["name"].decode() == self._group:
                self.lag = int(group.get("lag") or 0) + int(info["pending"])
        slowest = min(finished, key=streams.id_key)
        await self._redis.xtrim(self._stream, minid=slowest, approximate=True)

    async def _take_over(self) -> list[streams.Entry]:
        clock = asyncio.get_running_loop().time
        if self._shared or clock() - self._claimed < STALE_MS / 1000:
            return []
        found: Any = await self._redis.xautoclaim(
            self._stream, self._group, self._copy, min_idle_time=STALE_MS, count=self._count
        )
        if not found[1]:
            self._claimed = clock()
        return [streams.Entry(key.decode(), fields) for key, fields in found[1] if fields]

    async def _read(self, after: str) -> list[streams.Entry]:
        found: Any = await self._redis.xreadgroup(
            self._group, self._copy, {self._stream: after}, count=self._count, block=500
        )
        return [
            streams.Entry(key.decode(), fields) for _, rows in found or [] for key, fields in rows
        ]
