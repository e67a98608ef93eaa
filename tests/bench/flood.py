"""Process: an AMI port that pours the repeated capture out, as fast as its reader takes it.

Commands on stdin: `go` starts and answers when it began (monotonic). Prints its port first.
"""

import asyncio
import json
import os
import sys
import threading
import time

from pbx.dialect import Action, AmiServer, Reply, Rows, reader
from pbx.recording import ReachedState
from tests.bench import capture

PIECE_BYTES = 64 * 1024
BACKLOG_BYTES = 1024 * 1024


class Source:
    """An exchange that answers lists with the state at the capture's start."""

    def __init__(self) -> None:
        self._state = ReachedState()
        self._state.feed(capture.prelude())

    def uptime_s(self) -> int:
        return 1

    def queue_status(self, queue: str) -> Rows:
        return self._state.queue_status(queue)

    def queue_summary(self, queue: str) -> Rows:
        return self._state.queue_summary(queue)

    def device_states(self) -> Rows:
        return self._state.device_states()

    def channels(self) -> Rows:
        return []

    def act(self, _action: Action) -> Reply | None:
        return None


async def serve(times: int) -> None:
    """Serve for ever; each `go` pours once."""
    data = capture.repeated(times)
    server = AmiServer(Source(), {"hotline_reader": reader(os.environ["BENCH_AMI_SECRET"])})
    await server.listen("127.0.0.1", 0)
    tell({"port": server.port, "bytes": len(data), "events": data.count(b"\r\n\r\n")})
    told: asyncio.Queue[str] = asyncio.Queue()
    loop = asyncio.get_running_loop()

    def listen() -> None:
        for line in sys.stdin:
            loop.call_soon_threadsafe(told.put_nowait, line.strip())

    threading.Thread(target=listen, daemon=True).start()
    while await told.get() == "go":
        tell({"began": time.monotonic()})
        for start in range(0, len(data), PIECE_BYTES):
            server.publish(data[start : start + PIECE_BYTES])
            await asyncio.sleep(0)
            while server.backlog() > BACKLOG_BYTES:
                await asyncio.sleep(0.001)


def tell(fact: dict[str, object]) -> None:
    """Answer the bench."""
    print(json.dumps(fact), flush=True)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
