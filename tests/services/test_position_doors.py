"""The doors for devices: a real socket with garbage on it, and HTTP with every answer it may give."""

import asyncio
import contextlib
import http.client
import json
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import uvicorn
from conftest import Place, new_tenant
from forces import COORD, make_force, town
from real_stores import Stores
from redis.asyncio import Redis
from sqlalchemy import Engine
from waiting import eventually, until

from command import resources
from command.positions import fix as fixes
from command.positions.fix import Fix
from command.positions.read import BATCH_MAX
from dashboard import positions, server
from ingest.positions import server as doors
from ingest.positions.server import PositionServer
from models.clock import now
from models.store import db, streams

GATEWAY = "gateway-secret"


def said(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat()


def line(device: str, at: float | None = None, status: str = "", lon: float = 114.3) -> str:
    return f"{device},{said(at or now())},{lon},33.6,36,90,{status}"


def two_units(engine: Engine, tenant_id: int) -> str:
    """Put two units with devices into a tenant; return the first one's secret."""
    with db.transaction(engine, tenant_id) as session:
        town(session)
        make_force(session, "消防1", device="d1")
        make_force(session, "消防2", device="d2")
        return resources.new_token(session, "消防1", actor=COORD, now=now())


@pytest.fixture
async def door(
    engine: Engine, redis: "Redis", tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[PositionServer, str]]:
    monkeypatch.setattr(doors, "ROSTER_S", 0.1)
    token = two_units(engine, tenant.id)
    made = PositionServer(
        redis, engine, tenant.slug, host="127.0.0.1", port=0, gateway_token=GATEWAY
    )
    task = asyncio.create_task(made.run())
    await asyncio.wait_for(made.listening.wait(), 10)

    async def knows() -> None:
        assert made._roster.devices

    await eventually(knows)
    yield made, token
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


class Device:
    """A device's end of a connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def send(self, *lines: str | bytes) -> None:
        for each in lines:
            raw = each if isinstance(each, bytes) else each.encode()
            self._writer.write(raw + b"\n")
        await self._writer.drain()

    async def answer(self) -> str:
        return (await asyncio.wait_for(self._reader.readline(), 5)).decode().strip()

    async def ask(self, *lines: str | bytes) -> str:
        await self.send(*lines)
        return await self.answer()

    def leave(self) -> None:
        self._writer.close()


async def dial(made: PositionServer) -> Device:
    return Device(*await asyncio.open_connection("127.0.0.1", made.port))


async def arrived(redis: "Redis", tenant_id: int) -> list[Fix]:
    found = await streams.read(redis, streams.fix_stream(tenant_id), "0", count=1000)
    return [fix for entry in found for fix in fixes.decode(entry.fields[b"f"])]


async def comes(redis: "Redis", tenant: Place, count: int) -> list[Fix]:
    async def whole() -> None:
        assert len(await arrived(redis, tenant.id)) == count

    await eventually(whole)
    return await arrived(redis, tenant.id)


# --- TCP --------------------------------------------------------------------------------------


async def test_it_works(door: tuple[PositionServer, str], redis: "Redis", tenant: Place) -> None:
    made, token = door
    device = await dial(made)
    assert await device.ask(f"HELLO d1 {token}") == "OK"
    at = round(now(), 3)
    await device.send(line("d1", at))
    assert await device.ask(line("d1", at + 1, "on_scene")) == "OK on_scene"
    assert await device.ask("PING\r") == "PONG"
    first, second = await comes(redis, tenant, 2)
    assert (first.unit, first.told, first.lon, first.speed, first.heading) == (
        "消防1",
        at,
        114.3,
        36.0,
        90.0,
    )
    assert (second.status, second.told) == ("on_scene", at + 1)
    device.leave()


@pytest.mark.parametrize(
    "hello",
    ["HELLO d1 wrong", "HELLO d2 {token}", "HELLO * {token}", "GET / HTTP/1.1", "", "x" * 600],
)
async def test_who_is_not_known_may_not_speak(
    door: tuple[PositionServer, str], redis: "Redis", tenant: Place, hello: str
) -> None:
    made, token = door
    device = await dial(made)
    await device.send(hello.format(token=token), line("d1"))
    assert (await device.answer()).startswith("ERR ")
    assert await device.answer() == ""  # closed
    assert await arrived(redis, tenant.id) == []


async def test_a_bad_line_harms_neither_the_next_nor_another_device(
    door: tuple[PositionServer, str], redis: "Redis", tenant: Place
) -> None:
    made, token = door
    device, other = await dial(made), await dial(made)
    assert await device.ask(f"HELLO d1 {token}") == "OK"
    assert await other.ask(f"HELLO d2 {GATEWAY}") == "OK"
    garbage: list[tuple[str | bytes, str]] = [
        (b"\x00\xff\xfe garbage", "encoding"), ("nonsense", "fields"), ("x" * 5000, "long"),
        (line("d2"), "device"), (line("d9"), "device"), (line("d1", lon=0.0), "outside"),
        (line("d1", lon=float("nan")), "number"), ("d1,2026-11-21T14:05:32Z,33.6,114.3,,,", "swapped"),
        ("d1,2026-11-21T14:05:32,114.3,33.6,,,", "zone"), (line("d1", status="dance"), "status"),
    ]  # fmt: skip
    for bad, reason in garbage:
        assert await device.ask(bad) == f"ERR {reason}"
        assert made.counts[reason] >= 1
    await device.send(line("d1"))
    await other.send(line("d2"))
    assert {fix.unit for fix in await comes(redis, tenant, 2)} == {"消防1", "消防2"}
    dead = await streams.read(redis, streams.dead_stream(tenant.slug), "0")
    assert len(dead) == doors.BURIED_MOST
    device.leave()
    other.leave()


async def test_a_line_in_pieces_is_a_line(
    door: tuple[PositionServer, str], redis: "Redis", tenant: Place
) -> None:
    made, token = door
    device = await dial(made)
    assert await device.ask(f"HELLO d1 {token}") == "OK"
    for letter in line("d1") + "\n":
        device._writer.write(letter.encode())
        await device._writer.drain()
    await comes(redis, tenant, 1)
    device.leave()


async def test_a_device_that_leaves_or_says_nothing_is_forgotten(
    door: tuple[PositionServer, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, token = door
    monkeypatch.setattr(doors, "HELLO_S", 0.2)
    silent = await dial(made)
    assert await silent.answer() == ""
    monkeypatch.setattr(doors, "IDLE_S", 0.3)
    idle = await dial(made)
    assert await idle.ask(f"HELLO d1 {token}") == "OK"
    assert await idle.answer() == ""

    async def nobody() -> None:
        assert not made._talks

    await eventually(nobody)


async def test_a_void_secret_ends_the_connection(
    door: tuple[PositionServer, str], engine: Engine, redis: "Redis", tenant: Place
) -> None:
    made, token = door
    device = await dial(made)
    assert await device.ask(f"HELLO d1 {token}") == "OK"
    with db.transaction(engine, tenant.id) as session:
        resources.new_token(session, "消防1", actor=COORD, now=now())

    async def refused() -> None:
        assert await device.ask("PING", line("d1", status="clear")) == "PONG"
        assert await device.answer() == "ERR token"

    await asyncio.sleep(0.5)
    await refused()
    assert await device.answer() == ""


async def test_a_flood_is_slowed_and_the_others_are_heard(
    door: tuple[PositionServer, str], redis: "Redis", tenant: Place
) -> None:
    made, token = door
    device, other = await dial(made), await dial(made)
    assert await device.ask(f"HELLO d1 {token}") == "OK"
    assert await other.ask(f"HELLO * {GATEWAY}") == "OK"
    at = now()
    await device.send(*(line("d1", at + n / 1000) for n in range(1500)))
    assert await device.answer() == "ERR rate"
    await other.send(line("d2"))

    async def heard() -> None:
        assert "消防2" in {fix.unit for fix in await arrived(redis, tenant.id)}

    await eventually(heard)
    device.leave()
    other.leave()


# --- HTTP -------------------------------------------------------------------------------------


class Site:
    """The web process of a tenant with two units."""

    def __init__(self, url: str, place: Place, token: str) -> None:
        self.place = place
        self.token = token
        self._host = urlsplit(url).netloc

    def post(self, body: Any, token: str | None = None) -> tuple[int, Any, dict[str, str]]:
        link = http.client.HTTPConnection(self._host, timeout=20)
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        given = self.token if token is None else token
        try:
            link.request("POST", positions.PATH, raw, {"Authorization": f"Bearer {given}"})
            came = link.getresponse()
            return came.status, json.loads(came.read()), dict(came.getheaders())
        finally:
            link.close()


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    place = new_tenant(engine)
    token = two_units(engine, place.id)
    app = server.create_app(stores.for_tenant(place.slug, positions_token=GATEWAY))
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=1, ws="none"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    until(lambda: running.started, within_s=20)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield Site(f"http://127.0.0.1:{port}", place, token)
    running.should_exit = True
    thread.join(10)
    assert not thread.is_alive()


def told(device: str = "d1", **more: Any) -> dict[str, Any]:
    return {"device": device, "at": said(now()), "lon": 114.3, "lat": 33.6, **more}


async def test_a_batch_is_taken_and_what_cannot_be_is_counted(site: Site, redis: "Redis") -> None:
    batch = [
        told(),
        told(speed=40, heading=10, status="en_route"),
        told("d2"),
        told(lon=33.6, lat=114.3),
        {"device": 1},
    ]
    status, answer, _ = await asyncio.to_thread(site.post, {"fixes": batch})
    assert status == 202
    assert answer == {"accepted": 2, "refused": {"device": 1, "swapped": 1, "fields": 1}}
    status, answer, _ = await asyncio.to_thread(site.post, {"fixes": [told("d2")]}, GATEWAY)
    assert (status, answer["accepted"]) == (202, 1)
    found = await arrived(redis, site.place.id)
    assert [fix.unit for fix in found[-3:]] == ["消防1", "消防1", "消防2"]


@pytest.mark.parametrize("token", ["", "wrong", "Bearer"])
def test_without_a_secret_nobody(site: Site, token: str) -> None:
    status, answer, headers = site.post({"fixes": [told()]}, token)
    assert (status, answer["error"]) == (401, "token")
    assert headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b'{"fixes": 1}', b"\xff\xfe"])
def test_what_cannot_be_read(site: Site, body: bytes) -> None:
    assert site.post(body)[0] == 422


def test_what_is_too_much(site: Site) -> None:
    assert site.post(b"x" * (positions.BODY_MAX + 1))[0] == 413
    assert site.post({"fixes": [1] * (BATCH_MAX + 1)})[0] == 413


def test_too_many_too_fast(site: Site) -> None:
    answers = [site.post({"fixes": [0] * 900}) for _ in range(2)]
    status, answer, headers = answers[-1]
    assert (status, answer["error"]) == (429, "rate")
    assert int(headers["retry-after"]) > 10
