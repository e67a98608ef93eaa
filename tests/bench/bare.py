"""Process: the baseline. panoramisk's bare Manager, its own protocol, every event to a callback that does nothing."""

import asyncio
import json
import os
import sys
import time
from typing import Any

import uvloop
from panoramisk.manager import Manager

from tests.bench import capture


async def read(port: int) -> None:
    """Log in, read until the capture's last event, say when it came."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[float] = loop.create_future()
    seen = 0

    def nothing(_manager: Manager, _event: Any) -> None:
        nonlocal seen
        seen += 1

    def last(_manager: Manager, event: Any) -> None:
        if event.interface == capture.LAST_SEAT:
            ended.set_result(time.monotonic())

    manager = Manager(
        loop=loop, host="127.0.0.1", port=port, username="hotline_reader",
        secret=os.environ["BENCH_AMI_SECRET"],
        on_login=lambda _manager: print(json.dumps({"ready": True}), flush=True),
    )  # fmt: skip
    manager.register_event("*", nothing)
    manager.register_event("QueueMemberStatus", last)
    await manager.connect()
    at = await ended
    print(json.dumps({"ended": at, "seen": seen}), flush=True)
    manager.close()


if __name__ == "__main__":
    uvloop.run(read(int(sys.argv[1])))
