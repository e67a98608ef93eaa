"""Process: many screens of the command centre. Notes when each frame reached each of them; reads JSON once a frame.

Commands on stdin: `open N` connects N screens and answers when all have their snapshot, `start` begins to note,
`positions` answers how old each unit's fix was when it reached each screen. Arguments: port and the sessions' cookies.
"""

import asyncio
import json
import sys
import threading
import time
from typing import Any, cast

import msgspec
import uvloop

OPEN_S = 60.0


class Noted:
    """What came: each frame's bytes, and its arrivals at all screens."""

    def __init__(self) -> None:
        self.noting = False
        self.arrivals: dict[bytes, list[float]] = {}
        self.bytes = 0

    def frame(self, frame: bytes, at: float) -> None:
        """Note a change of units."""
        if self.noting and b'"kind":"delta"' in frame and b'"units"' in frame:
            self.arrivals.setdefault(frame, []).append(at)
            self.bytes += len(frame)


class Screen(asyncio.Protocol):
    """One client of the stream."""

    def __init__(self, cookie: str, noted: Noted, told: "asyncio.Future[None]") -> None:
        self._cookie = cookie
        self._noted = noted
        self._told = told
        self._rest = b""
        self.lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is none of asyncio's classes
        cast("asyncio.WriteTransport", transport).write(
            b"GET /live/command HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n"
            b"Cookie: " + self._cookie.encode() + b"\r\n\r\n"
        )

    def data_received(self, data: bytes) -> None:
        at = time.time()
        # of chunked encoding only the sizes between frames are in the way; a frame begins at its `data: `
        *frames, self._rest = (self._rest + data).split(b"\n\n")
        for frame in frames:
            body = frame[frame.find(b"data: ") + 6 :]
            if b'"kind":"snapshot"' in body and not self._told.done():
                self._told.set_result(None)
            self._noted.frame(body, at)

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
        """Connect `count` screens."""
        loop = asyncio.get_running_loop()
        told = []
        for number in range(count):
            ready: asyncio.Future[None] = loop.create_future()
            screen = Screen(self._cookies[number % len(self._cookies)], self._noted, ready)
            await loop.create_connection(lambda made=screen: made, "127.0.0.1", self._port)  # type: ignore[misc]
            self._screens.append(screen)
            told.append(ready)
        await asyncio.wait_for(asyncio.gather(*told), OPEN_S)
        return {"open": len(self._screens)}

    def start(self) -> dict[str, Any]:
        """Begin to note."""
        self._noted.noting = True
        return {"at": time.time()}

    def positions(self) -> dict[str, Any]:
        """Return the ages of positions at the screens, in milliseconds."""
        ages: list[float] = []
        fixes: set[tuple[str, float]] = set()
        arrivals = self._noted.arrivals
        for body, came in arrivals.items():
            for unit, facts in msgspec.json.decode(body)["units"].items():
                if facts and "at" in facts:
                    fixes.add((unit, facts["at"]))
                    ages += [at - facts["at"] for at in came]
        ages.sort()
        last = len(ages) - 1
        at = {"p50": 0.5, "p99": 0.99, "max": 1.0}
        return {
            **{
                name: round(ages[int(q * last)] * 1000, 1) if ages else None
                for name, q in at.items()
            },
            "fixes": len(fixes),
            "frames": len(arrivals),
            "frame_bytes": round(sum(map(len, arrivals)) / max(len(arrivals), 1)),
            "complete": sum(len(came) >= len(self._screens) for came in arrivals.values()),
            "lost": sum(screen.lost for screen in self._screens),
        }


async def serve(port: int, cookies: list[str]) -> None:
    """Obey the bench for ever."""
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
            case _:
                answer = screens.positions()
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2:]))
