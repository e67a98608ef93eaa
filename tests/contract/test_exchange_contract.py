"""Whatever speaks AMI to us keeps these promises: the simulator, a recording, a real Asterisk."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from pbx import recording, simulator
from pbx.dialect import AmiServer, controller, encode

RECORDING = Path(__file__).parents[1] / "recordings" / "asterisk22-queue-session.ami.txt.gz"
LISTS = {
    "QueueStatus": "QueueStatusComplete",
    "QueueSummary": "QueueSummaryComplete",
    "DeviceStateList": "DeviceStateListComplete",
    "CoreShowChannels": "CoreShowChannelsComplete",
}
CALL_ORDER = re.compile(r"(J[AR]*(BL|LCE?)?)*(J[AR]*[BL])?")
"""What is listened to ends in the middle of calls: the last event of a pair may be yet to come."""
LETTERS = {
    "QueueCallerJoin": "J",
    "AgentCalled": "A",
    "AgentRingNoAnswer": "R",
    "QueueCallerAbandon": "B",
    "QueueCallerLeave": "L",
    "AgentConnect": "C",
    "AgentComplete": "E",
}

Message = dict[str, str]


@dataclass
class Subject:
    """An exchange under test; `server` is ours to handle when it is a stand-in."""

    host: str
    port: int
    username: str
    secret: str
    server: AmiServer | None = None


class Client:
    """A bare AMI client that keeps every byte it received."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer
        self.frames: list[bytes] = []

    def send(self, action: str, **fields: str) -> None:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    async def frame(self) -> Message:
        """Return the next frame."""
        raw = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)
        self.frames.append(raw)
        assert b"\n" not in raw.replace(b"\r\n", b"")
        return dict(line.partition(": ")[::2] for line in raw.decode().split("\r\n") if line)

    async def answer(self, action_id: str) -> Message:
        """Return the response to `action_id`; live events before it are kept in `frames`."""
        while True:
            message = await self.frame()
            if "Response" in message and message.get("ActionID") == action_id:
                return message

    async def listed(self, action: str, action_id: str) -> tuple[Message, list[Message], Message]:
        """Return a list reply: response, rows, completion; nothing else may come between."""
        self.send(action, ActionID=action_id)
        response = await self.answer(action_id)
        rows: list[Message] = []
        while True:
            message = await self.frame()
            assert message.get("ActionID") == action_id, "a list was interrupted"
            if message["Event"] == LISTS[action]:
                return response, rows, message
            rows.append(message)

    async def live(self, count: int) -> list[Message]:
        """Return the next `count` live events."""
        events: list[Message] = []
        while len(events) < count:
            message = await self.frame()
            if is_live(message):
                events.append(message)
        return events

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


def is_live(message: Message) -> bool:
    return "Event" in message and "ActionID" not in message and message["Event"] != "FullyBooted"


@pytest.fixture(params=["simulator", "recording", pytest.param("asterisk", marks=pytest.mark.bed)])
async def subject(request: pytest.FixtureRequest) -> AsyncIterator[Subject]:
    if request.param == "asterisk":
        # The bed's fixture: anything with host, port, username and secret of a controller account.
        real: Any = request.getfixturevalue("asterisk_exchange")
        yield Subject(real.host, real.port, real.username, real.secret)
        return
    accounts = {"hotline": controller("s3cret")}
    if request.param == "simulator":
        server = await simulator.serve(accounts=accounts, speed=40, seed=7)
    else:
        server = await recording.serve(RECORDING, accounts=accounts, pace=20)
    try:
        yield Subject("127.0.0.1", server.port, "hotline", "s3cret", server)
    finally:
        await server.close()


async def connect(subject: Subject) -> Client:
    client = Client(*await asyncio.open_connection(subject.host, subject.port))
    banner = await asyncio.wait_for(client.reader.readline(), 20)
    assert re.fullmatch(rb"Asterisk Call Manager/\d+\.\d+\.\d+\r\n", banner)
    return client


@contextlib.asynccontextmanager
async def session(subject: Subject) -> AsyncIterator[Client]:
    client = await connect(subject)
    client.send("Login", Username=subject.username, Secret=subject.secret, ActionID="in")
    try:
        assert (await client.answer("in"))["Message"] == "Authentication accepted"
        yield client
    finally:
        await client.close()


async def test_it_works(subject: Subject) -> None:
    async with session(subject) as client:
        booted = await client.frame()
        assert booted["Event"] == "FullyBooted"
        assert booted["Status"] == "Fully Booted"


async def test_wrong_secret_is_refused_and_closed(subject: Subject) -> None:
    client = await connect(subject)
    client.send("Login", Username=subject.username, Secret="wrong", ActionID="in")
    refused = await client.answer("in")
    assert (refused["Response"], refused["Message"]) == ("Error", "Authentication failed")
    assert await asyncio.wait_for(client.reader.read(), 20) == b""
    await client.close()


async def test_no_action_before_login(subject: Subject) -> None:
    client = await connect(subject)
    client.send("QueueStatus", ActionID="early")
    refused = await client.answer("early")
    assert (refused["Response"], refused["Message"]) == ("Error", "Permission denied")
    await client.close()


async def test_ping(subject: Subject) -> None:
    async with session(subject) as client:
        client.send("Ping", ActionID="p1")
        pong = await client.answer("p1")
        assert list(pong) == ["Response", "ActionID", "Ping", "Timestamp"]
        assert pong["Ping"] == "Pong"


async def test_unknown_action_is_an_error(subject: Subject) -> None:
    async with session(subject) as client:
        client.send("MakeCoffee", ActionID="c1")
        refused = await client.answer("c1")
        assert refused["Response"] == "Error"
        assert refused["Message"] == (
            "Invalid/unknown command: MakeCoffee. Use Action: ListCommands to show available commands."
        )


async def test_logoff_says_goodbye(subject: Subject) -> None:
    async with session(subject) as client:
        client.send("Logoff", ActionID="out")
        assert (await client.answer("out"))["Response"] == "Goodbye"


@pytest.mark.parametrize("action", LISTS)
async def test_list_is_whole_and_counted(subject: Subject, action: str) -> None:
    async with session(subject) as client:
        response, rows, complete = await client.listed(action, "l1")
        assert list(response) == ["Response", "ActionID", "EventList", "Message"]
        assert response["EventList"] == "start"
        assert complete["EventList"] == "Complete"
        assert int(complete["ListItems"]) == len(rows)
        assert rows or action == "CoreShowChannels"


async def test_lists_are_never_interrupted_by_live_events(subject: Subject) -> None:
    async with session(subject) as client:
        for number in range(25):
            await client.live(10)
            await client.listed("QueueStatus", f"q{number}")


async def test_action_split_into_single_bytes_is_understood(subject: Subject) -> None:
    async with session(subject) as client:
        for byte in b"Action: Ping\r\nActionID: slow\r\n\r\n":
            client.writer.write(bytes([byte]))
            await client.writer.drain()
            await asyncio.sleep(0.001)
        assert (await client.answer("slow"))["Ping"] == "Pong"


async def test_chinese_names_survive_one_byte_at_a_time(subject: Subject) -> None:
    async with session(subject) as client:
        client.send("QueueStatus", ActionID="names")
        received = bytearray()
        async with asyncio.timeout(20):
            while b"Event: QueueStatusComplete\r\nActionID: names\r\n" not in received:
                received += await client.reader.readexactly(1)
        names = re.findall(r"\r\nName: (.+)\r\n", received.decode())
        assert names
        assert all(re.match(r"[\u4e00-\u9fff]{2}", name) for name in names)


async def test_live_events_carry_a_timestamp(subject: Subject) -> None:
    async with session(subject) as client:
        events = await client.live(200)
        stamps = [float(event["Timestamp"]) for event in events]
        assert stamps == sorted(stamps)


async def test_events_of_a_call_come_in_order(subject: Subject) -> None:
    async with session(subject) as client:
        orders: dict[tuple[str, str], str] = {}
        for event in await client.live(1500):
            if event["Event"] in LETTERS and "Uniqueid" in event:
                call = event["Uniqueid"], event["Queue"]
                orders[call] = orders.get(call, "") + LETTERS[event["Event"]]
        whole = [order for order in orders.values() if order.startswith("J")]
        assert len(whole) > 5
        assert [order for order in whole if not CALL_ORDER.fullmatch(order)] == []


async def test_two_clients_get_the_same_live_bytes(subject: Subject) -> None:
    async with session(subject) as first, session(subject) as second:
        await asyncio.gather(first.live(600), second.live(300))
        ours = [raw for raw in second.frames if b"\r\nTimestamp: " in raw]
        theirs = [raw for raw in first.frames if b"\r\nTimestamp: " in raw]
        theirs = theirs[theirs.index(ours[0]) :]
        assert theirs[:200] == ours[:200]


@pytest.mark.parametrize("subject", ["simulator", "recording"], indirect=True)
async def test_slow_client_is_cut_off_and_the_others_go_on(subject: Subject) -> None:
    assert subject.server is not None, "a real exchange is not flooded on purpose"
    subject.server.max_buffer = 256 * 1024
    slow = socket.create_connection((subject.host, subject.port))
    slow.sendall(
        f"Action: Login\r\nUsername: {subject.username}\r\nSecret: {subject.secret}\r\n\r\n".encode()
    )
    async with session(subject) as client:
        while len(subject.server.sessions) < 2 or not all(
            s.account for s in subject.server.sessions
        ):
            await asyncio.sleep(0.01)
        for _ in range(400):
            subject.server.publish(encode([("Event", "Flood"), ("Text", "x" * 64_000)]))
            while (await client.frame()).get("Event") != "Flood":
                pass
        await client.listed("QueueStatus", "still-here")
        assert len(subject.server.sessions) == 1
    slow.close()
