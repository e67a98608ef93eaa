"""The AMI dialect itself: rights, framing around live bytes, and what a broken client gets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from pbx.dialect import Action, ActionReader, AmiServer, Reply, Rows, controller, reader

Link = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Quiet:
    """An exchange with one queue row, on which nothing happens."""

    def uptime_s(self) -> int:
        return 42

    def queue_status(self, queue: str) -> Rows:
        return [[("Event", "QueueParams"), ("Queue", queue or "consult")]]

    def queue_summary(self, queue: str) -> Rows:
        return []

    def device_states(self) -> Rows:
        return [[("Event", "DeviceStateChange"), ("Device", "PJSIP/1"), ("State", "INUSE")]]

    def channels(self) -> Rows:
        return []

    def act(self, action: Action) -> Reply | None:
        return Reply(True, "Done") if action.name in ("queuepause", "hangup") else None


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    server = AmiServer(Quiet(), {"watch": reader("s"), "hand": controller("s")})
    await server.listen("127.0.0.1", 0)
    yield server
    await server.close()


@contextlib.asynccontextmanager
async def login(server: AmiServer, name: str = "watch", more: str = "") -> AsyncIterator[Link]:
    link = await asyncio.open_connection("127.0.0.1", server.port)
    link[1].write(f"Action: Login\r\nUsername: {name}\r\nSecret: s\r\n{more}\r\n".encode())
    greeting = await link[0].readuntil(b"Status: Fully Booted\r\n\r\n")
    assert b"Event: FullyBooted\r\nPrivilege: system,all\r\nUptime: 42\r\n" in greeting
    yield link
    link[1].close()
    with contextlib.suppress(OSError):
        await link[1].wait_closed()


async def ask(link: Link, text: str, until: bytes = b"\r\n\r\n") -> bytes:
    link[1].write(text.replace("\n", "\r\n").encode() + b"\r\n\r\n")
    return await asyncio.wait_for(link[0].readuntil(until), 5)


async def test_rows_have_their_action_id_where_asterisk_puts_it(server: AmiServer) -> None:
    async with login(server) as link:
        queues = await ask(link, "Action: QueueStatus\nActionID: q", b"ListItems: 1\r\n\r\n")
        assert queues == (
            b"Response: Success\r\nActionID: q\r\nEventList: start\r\n"
            b"Message: Queue status will follow\r\n\r\n"
            b"Event: QueueParams\r\nQueue: consult\r\nActionID: q\r\n\r\n"
            b"Event: QueueStatusComplete\r\nActionID: q\r\nEventList: Complete\r\n"
            b"ListItems: 1\r\n\r\n"
        )
        devices = await ask(link, "Action: DeviceStateList\nActionID: d", b"ListItems: 1\r\n\r\n")
        assert b"Event: DeviceStateChange\r\nActionID: d\r\nDevice: PJSIP/1\r\n" in devices


async def test_a_reader_may_not_act(server: AmiServer) -> None:
    async with login(server) as link:
        assert b"Permission denied" in await ask(link, "Action: QueuePause\nInterface: x")
    async with login(server, "hand") as link:
        assert b"Message: Done" in await ask(link, "Action: QueuePause\nInterface: x")


async def test_without_action_header(server: AmiServer) -> None:
    async with login(server) as link:
        assert b"Missing action in request" in await ask(link, "ActionID: 1")


async def test_answer_waits_for_the_end_of_the_frame(server: AmiServer) -> None:
    async with login(server) as link:
        server.publish(b"Event: A\r\n")
        link[1].write(b"Action: Ping\r\n\r\n")
        await asyncio.sleep(0.05)
        server.publish(b"B: 1\r\n\r")
        server.publish(b"\nEvent: C\r\n\r\n")
        data = await asyncio.wait_for(link[0].readuntil(b"Event: C\r\n\r\n"), 5)
        assert data.startswith(b"Event: A\r\nB: 1\r\n\r\nResponse: Success\r\nPing: Pong\r\n")


async def test_a_client_that_joins_inside_a_frame_starts_with_the_next(server: AmiServer) -> None:
    server.publish(b"Event: A\r\nHalf: ")
    async with login(server) as link:
        server.publish(b"lost\r\n\r\nEvent: B\r\n\r\n")
        assert await asyncio.wait_for(link[0].readuntil(b"\r\n\r\n"), 5) == b"Event: B\r\n\r\n"


async def test_goodbye_waits_for_the_end_of_the_frame(server: AmiServer) -> None:
    async with login(server) as link:
        server.publish(b"Event: A\r\n")
        link[1].write(b"Action: Logoff\r\n\r\n")
        await asyncio.sleep(0.05)
        server.publish(b"\r\nEvent: B\r\n\r\n")
        data = await asyncio.wait_for(link[0].read(), 5)
        assert data.startswith(b"Event: A\r\n\r\nResponse: Goodbye\r\n")
        assert b"Event: B" not in data


async def test_events_off_hears_nothing(server: AmiServer) -> None:
    async with login(server, more="Events: off\r\n") as link:
        server.publish(b"Event: A\r\n\r\n")
        assert (await ask(link, "Action: Ping")).startswith(b"Response: Success\r\nPing: Pong")
        assert b"Events: On" in await ask(link, "Action: Events\nEventMask: on")
        server.publish(b"Event: B\r\n\r\n")
        assert await asyncio.wait_for(link[0].readuntil(b"\r\n\r\n"), 5) == b"Event: B\r\n\r\n"


async def test_an_endless_action_is_cut_off(server: AmiServer) -> None:
    async with login(server) as link:
        link[1].write(b"Action: Ping\r\nX: " + b"x" * 100_000)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(link[0].read(), 5) == b""


async def test_clients_are_cut_when_the_exchange_fails(server: AmiServer) -> None:
    async def fail() -> None:
        raise RuntimeError("broken world")

    async with login(server) as link:
        server.run_beside(fail())
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(link[0].read(), 5) == b""
        assert server.done.is_set()


def test_reader_accepts_bare_newlines_and_any_case() -> None:
    stream = ActionReader()
    assert stream.feed(b"action: PING\nActionI") == []
    [ping] = stream.feed(b"D: 1\n\n\n")
    assert (ping.name, ping.action_id, ping.get("ACTIONID")) == ("ping", "1", "1")
