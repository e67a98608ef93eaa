"""What a feed or a camera may be fetched from: decided by the address behind the name, where it is connected to."""

import asyncio
import socket
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from test_feed_poller import served

from gis_data.feeds import reach
from gis_data.feeds.reach import Door, Forbidden, allowed
from ingest.feeds.fetch import FetchFailed, client, fetch

INTRANET = ("10.1.2.3", "172.16.0.9", "192.168.1.1", "100.64.0.7", "203.0.114.5", "fd12:3456::7")
OWN = ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")
NEVER = (
    "169.254.169.254", "169.254.0.23", "100.100.100.200", "168.63.129.16", "192.0.0.192", "fd00:ec2::254",
    "fe80::1", "fe80::1%eth0", "0.0.0.0", "0.1.2.3", "::", "224.0.0.1", "ff02::1", "255.255.255.255", "240.0.0.1",
    "::ffff:169.254.169.254", "2002:a9fe:a9fe::1", "64:ff9b::a9fe:a9fe",
)  # fmt: skip


@pytest.fixture(scope="module")
def source() -> Iterator[str]:
    """A bureau on this machine."""

    async def weather(_request: Request) -> JSONResponse:
        return JSONResponse({})

    running, thread, address = served(Starlette(routes=[Route("/weather.json", weather)]))
    yield address
    running.should_exit = running.force_exit = True
    thread.join(10)


def test_which_addresses_may_be_asked() -> None:
    for loopback in (False, True):
        assert all(allowed(each, loopback=loopback) for each in INTRANET)
        assert not any(allowed(each, loopback=loopback) for each in NEVER)
        assert all(allowed(each, loopback=loopback) is loopback for each in OWN)


async def failed(url: str, *, loopback: bool) -> str:
    async with client(loopback=loopback) as http:
        with pytest.raises(FetchFailed) as caught:
            await fetch(http, url)
    return str(caught.value)


@pytest.mark.parametrize(
    "host",
    [
        "169.254.169.254",
        "[fe80::1]",
        "0.0.0.0",
        "0",
        "2852039166",
        "0xa9fea9fe",
        "[::ffff:a9fe:a9fe]",
    ],
)
async def test_another_spelling_is_the_same_address(host: str) -> None:
    assert await failed(f"http://{host}/latest/meta-data", loopback=True) == "forbidden"


async def test_this_machine_is_asked_only_where_the_setting_says_so(source: str) -> None:
    for url in (source, source.replace("127.0.0.1", "localhost")):
        assert await failed(f"{url}/weather.json", loopback=False) == "forbidden"
        async with client(loopback=True) as http:
            assert (await fetch(http, f"{url}/weather.json")).body


async def test_a_name_is_believed_once_and_refused_whole(
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A name that says a good address to a check and a bad one to the connection reaches nothing by that."""
    port = httpx.URL(source).port
    asked: list[str] = []
    answers = [["127.0.0.1"], ["127.0.0.1", "169.254.169.254"]]

    async def say(host: str, _port: int | None, **_: Any) -> list[Any]:
        asked.append(host)
        spots = answers[min(len(asked), len(answers)) - 1]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (spot, port)) for spot in spots]

    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", say, raising=False)
    async with httpx.AsyncClient(transport=Door(loopback=True)) as http:
        url = f"http://weather.intranet:{port}/weather.json"
        came = await http.get(url)
        assert came.status_code == httpx.codes.OK
        assert came.request.headers["host"] == f"weather.intranet:{port}"
        assert asked == ["weather.intranet"]  # the connection asked nobody again
        with pytest.raises(Forbidden):
            await http.get(url)


async def test_the_next_address_is_tried_when_one_takes_no_connection(
    source: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    port = httpx.URL(source).port

    async def two(_self: Door, _host: str, _port: int | None) -> list[str]:
        return ["127.0.0.2", "127.0.0.1"]

    monkeypatch.setattr(reach.Door, "_addresses", two)
    async with httpx.AsyncClient(transport=Door(loopback=True)) as http:
        assert (await http.get(f"http://two:{port}/weather.json")).status_code == httpx.codes.OK
