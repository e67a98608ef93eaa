"""The simulator on its port: real time, supervisor verbs over the wire, the surge switch."""

import asyncio
import re
import time

from pbx import simulator
from pbx.dialect import controller

STAMP = re.compile(rb"\r\nTimestamp: (\d+\.\d+)\r\n")


async def read_until(incoming: asyncio.StreamReader, words: bytes) -> bytes:
    data = b""
    async with asyncio.timeout(10):
        while words not in data:
            data += await incoming.readuntil(b"\r\n\r\n")
    return data


async def test_timestamps_are_those_of_the_real_clock() -> None:
    server = await simulator.serve(accounts={"hand": controller("s")}, seats=300, calls_per_s=20)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(b"Action: Login\r\nUsername: hand\r\nSecret: s\r\n\r\n")
    lags: list[float] = []
    async with asyncio.timeout(10):
        while len(lags) < 300:
            frame = await incoming.readuntil(b"\r\n\r\n")
            lags += [time.time() - float(stamp) for stamp in STAMP.findall(frame)]
    assert min(lags) > -0.01
    assert sorted(lags)[150] < 0.2
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()


async def test_pause_and_surge_over_the_wire() -> None:
    server = await simulator.serve(accounts={"hand": controller("s")}, seed=2)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(b"Action: Login\r\nUsername: hand\r\nSecret: s\r\n\r\n")
    outgoing.write(
        "Action: QueuePause\r\nActionID: p\r\nInterface: PJSIP/8004\r\nPaused: 1\r\n"
        "Reason: 培训\r\n\r\n".encode()
    )
    data = await read_until(incoming, "PausedReason: 培训".encode())
    assert b"Response: Success\r\nActionID: p\r\nMessage: Interface paused successfully" in data
    outgoing.write(b"Action: UserEvent\r\nActionID: u\r\nUserEvent: Surge\r\nFactor: 3\r\n\r\n")
    data = await read_until(incoming, b"UserEvent: Surge\r\nActionID: u\r\nFactor: 3\r\n")
    assert b"ActionID: u\r\nMessage: Event Sent" in data
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()
