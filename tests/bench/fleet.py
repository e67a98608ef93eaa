"""Process: many devices on the TCP door, each a fix a second, spread over the second.

Commands on stdin: `open` connects and answers, `start` begins to send and answers, `sent` answers how many fixes went.
Arguments: port, gateway's secret, how many, and the city's west, south, east, north.
"""

import asyncio
import json
import math
import sys
import threading
import time
from datetime import UTC, datetime

import uvloop


class Fleet:
    """All devices of this process."""

    def __init__(self, port: int, token: str, count: int, box: list[float]) -> None:
        self._port = port
        self._token = token
        self._count = count
        self._box = box
        self._writers: list[asyncio.StreamWriter] = []
        self._sending: list[asyncio.Task[None]] = []
        self.sent = 0

    async def open(self) -> int:
        """Connect every device."""
        for number in range(self._count):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            writer.write(f"HELLO {device(number)} {self._token}\n".encode())
            answer = await reader.readline()
            if answer != b"OK\n":
                raise RuntimeError(f"{device(number)}: {answer!r}")
            self._writers.append(writer)
        return len(self._writers)

    def start(self) -> None:
        """Let every device send."""
        self._sending = [
            asyncio.ensure_future(self._drive(number, writer))
            for number, writer in enumerate(self._writers)
        ]

    async def _drive(self, number: int, writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        west, south, east, north = self._box
        lon = west + (east - west) * ((number * 37) % self._count) / self._count
        lat = south + (north - south) * number / self._count
        due = loop.time() + number / self._count
        while True:
            await asyncio.sleep(max(0.0, due - loop.time()))
            due += 1.0
            angle = self.sent / 5000 + number
            lon, lat = lon + 1e-4 * math.cos(angle), lat + 1e-4 * math.sin(angle)
            said = datetime.fromtimestamp(time.time(), UTC).isoformat(timespec="milliseconds")
            heading = math.degrees(angle) % 360
            line = f"{device(number)},{said},{lon:.7f},{lat:.7f},40.0,{heading:.0f},\n"
            writer.write(line.encode())
            self.sent += 1


def device(number: int) -> str:
    """Return the id of a device of the bench."""
    return f"bench-{number:03}"


async def serve(port: int, token: str, count: int, box: list[float]) -> None:
    """Obey the bench for ever."""
    fleet = Fleet(port, token, count, box)
    loop = asyncio.get_running_loop()
    told: asyncio.Queue[str] = asyncio.Queue()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(told.put_nowait, line.strip())

    threading.Thread(target=listen, daemon=True).start()
    while True:
        match await told.get():
            case "open":
                answer = await fleet.open()
            case "start":
                fleet.start()
                answer = fleet.sent
            case _:
                answer = fleet.sent
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), [*map(float, sys.argv[4:8])]))
