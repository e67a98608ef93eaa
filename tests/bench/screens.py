"""Process: many screens on the live stream. Notes when each frame reached each client; reads JSON only once a frame.

Commands on stdin: `open N` connects up to N screens and answers when all have their snapshot, `start`
begins to note, `latency` answers how old the news was, `delivery` how long frames were under way.
Arguments: port and the sessions' cookies.
"""

import asyncio
import json
import resource
import sys
import threading
import time
from array import array
from typing import Any, cast

import msgspec
import uvloop

RAMP = 50
OPEN_S = 30.0
TIMED = frozenset({"wrap"})
"""Leaving these states is the watch's own clock, not an event of the exchange."""


class Noted:
    """What came: each frame's bytes once, and its arrivals at all screens."""

    def __init__(self) -> None:
        self.noting = False
        self.frames: dict[bytes, bytes] = {}
        self.arrivals: dict[bytes, array[float]] = {}
        self.bytes = 0

    def start(self) -> None:
        """Note from now on; frames of before stay, to know what changed."""
        self.noting = True
        self.arrivals.clear()
        self.bytes = 0

    def frame(self, frame: bytes, at: float) -> bool:
        """Note one frame; True when it is a snapshot or a change, not a beat."""
        start = frame.find(b"id: ")
        if start < 0:
            return False
        end = frame.find(b"\n", start)
        name = frame[start + 4 : end]
        if name not in self.frames:
            self.frames[name] = frame[frame.find(b"data: ", end) + 6 :]
        if self.noting:
            self.arrivals.setdefault(name, array("d")).append(at)
            self.bytes += len(frame)
        return True


class Screen(asyncio.Protocol):
    """One client of the stream."""

    def __init__(self, cookie: str, noted: Noted, told: "asyncio.Future[None]") -> None:
        self._cookie = cookie
        self._noted = noted
        self._told = told
        self._parts: list[bytes] = []
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none of asyncio's classes
        cast("asyncio.WriteTransport", transport).write(
            b"GET /live/floor HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            b"Cookie: " + self._cookie.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        at = time.time()
        self._parts.append(data)
        if b"\n\n" not in data and not (data.startswith(b"\n") and len(self._parts) > 1):
            return
        *frames, rest = b"".join(self._parts).split(b"\n\n")
        self._parts = [rest] if rest else []
        for frame in frames:
            if self._noted.frame(frame, at) and not self._told.done():
                self._told.set_result(None)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


class Screens:
    """All screens of this process."""

    def __init__(self, port: int, cookies: list[str]) -> None:
        self._port = port
        self._cookies = cookies
        self._noted = Noted()
        self._screens: list[Screen] = []

    async def open(self, count: int) -> dict[str, Any]:
        """Connect until `count` screens are open."""
        loop = asyncio.get_running_loop()
        while len(self._screens) < count:
            told = []
            for _ in range(min(RAMP, count - len(self._screens))):
                ready: asyncio.Future[None] = loop.create_future()
                cookie = self._cookies[len(self._screens) % len(self._cookies)]
                screen = Screen(cookie, self._noted, ready)
                await loop.create_connection(lambda made=screen: made, "127.0.0.1", self._port)  # type: ignore[misc]
                self._screens.append(screen)
                told.append(ready)
            await asyncio.wait_for(asyncio.gather(*told), OPEN_S)
        return {"open": len(self._screens)}

    def start(self) -> dict[str, Any]:
        """Begin to note."""
        self._noted.start()
        return {"at": time.time()}

    def delivery(self) -> dict[str, Any]:
        """Return how long frames took from the stream (its ids are milliseconds) to the screens."""
        ages = []
        complete = 0
        for name, arrivals in self._noted.arrivals.items():
            sent = int(name.rpartition(b"~")[2].partition(b"-")[0]) / 1000
            ages += [at - sent for at in arrivals]
            complete += len(arrivals) >= len(self._screens)
        return {
            **_quantiles(ages),
            "frames": len(self._noted.arrivals),
            "complete": complete,
            "lost": sum(screen.lost for screen in self._screens),
            "mb": self._noted.bytes / 1e6,
        }

    def latency(self) -> dict[str, Any]:
        """Return how old each seat's change and each lost call was when it reached each screen."""
        ages: list[float] = []
        events = 0
        seen: dict[str, tuple[str, float]] = {}
        for name, body in self._noted.frames.items():
            board = msgspec.json.decode(body).get("board", {})
            arrivals = self._noted.arrivals.get(name, ())
            for at in _event_times(board, seen):
                events += bool(arrivals)
                ages += [came - at for came in arrivals]
        return {**_quantiles(ages), "events": events, **self._volume()}

    def _volume(self) -> dict[str, Any]:
        frames = max(len(self._noted.arrivals), 1)
        total = sum(len(self._noted.frames[name]) for name in self._noted.arrivals)
        return {"frames": len(self._noted.arrivals), "frame_bytes": round(total / frames)}


def _event_times(board: dict[str, Any], seen: dict[str, tuple[str, float]]) -> list[float]:
    """Return the exchange's times of what is new in a change, and remember it."""
    times = []
    for key, seat in board.get("seats", {}).items():
        if seat is None:
            seen.pop(key, None)
            continue
        state, since = seen.get(key, ("", 0.0))
        if since and since != seat["since"] and state not in TIMED:
            times.append(seat["since"])
        seen[key] = (seat["state"], seat["since"])
    for key, lost in board.get("feed", {}).items():
        if lost is not None and f"call {key}" not in seen and lost["outcome"] == "abandoned":
            seen[f"call {key}"] = ("", 0.0)
            times.append(lost["at"])
    return times


def _quantiles(values: list[float]) -> dict[str, float]:
    values.sort()
    if not values:
        return {"p50": float("inf"), "p99": float("inf"), "max": float("inf")}
    at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
    last = len(values) - 1
    return {name: round(values[int(q * last)] * 1000, 1) for name, q in at.items()}


async def serve(port: int, cookies: list[str]) -> None:
    """Obey the bench for ever."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))
    screens = Screens(port, cookies)
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[str] = asyncio.Queue()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(told.put_nowait, line.strip())

    threading.Thread(target=listen, daemon=True).start()
    while True:
        verb, _, count = (await told.get()).partition(" ")
        match verb:
            case "open":
                answer = await screens.open(int(count))
            case "start":
                answer = screens.start()
            case "latency":
                answer = screens.latency()
            case _:
                answer = screens.delivery()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2:]))
