"""Process: the baseline of (d). A panel that asks the exchange anew for every browser's every refresh.

Log in, QueueStatus, read to its end, leave: what comparable panels do. Nothing is counted against it
for HTTP, rendering or a session store. Arguments: port, screens. Prints how many refreshes it made.
"""

import asyncio
import json
import os
import sys

import uvloop

from pbx.frames import Framer, event_name, parse

PERIOD_S = 1.0


async def refresh(port: int) -> int:
    """Return the rows of one refresh."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    secret = os.environ["BENCH_AMI_SECRET"]
    writer.write(
        b"Action: Login\r\nUsername: hotline_reader\r\nSecret: " + secret.encode() + b"\r\n"
        b"Events: off\r\n\r\nAction: QueueStatus\r\nActionID: 1\r\n\r\n"
    )
    framer, rows = Framer(), 0
    try:
        while True:
            for frame in framer.feed(await reader.read(65536)):
                parse(frame)
                rows += 1
                if event_name(frame) == b"QueueStatusComplete":
                    return rows
    finally:
        writer.close()


async def run(port: int, screens: int) -> None:
    """Refresh every screen once a second until ended; tell the count after each second."""
    made = 0
    loop = asyncio.get_running_loop()

    async def screen(place: int) -> None:
        nonlocal made
        await asyncio.sleep(PERIOD_S * place / screens)
        while True:
            began = loop.time()
            await refresh(port)
            made += 1
            await asyncio.sleep(max(PERIOD_S - (loop.time() - began), 0))

    tasks = [asyncio.ensure_future(screen(place)) for place in range(screens)]
    wait = asyncio.gather(*tasks)
    while not wait.done():
        print(json.dumps({"made": made}), flush=True)
        await asyncio.sleep(1)
    await wait


if __name__ == "__main__":
    uvloop.run(run(int(sys.argv[1]), int(sys.argv[2])))
