"""One question to a bureau over HTTP: conditional, bounded in time and size, and never led elsewhere."""

import asyncio
import logging
from typing import NamedTuple
from urllib.parse import quote

import httpx

from gis_data.feeds.reach import Door, Forbidden
from gis_data.feeds.registry import SECRET
from gis_data.feeds.taking import MOST_BYTES

logging.getLogger("httpx").setLevel(logging.WARNING)  # it would log whole addresses, keys and all

CONNECT_S, READ_S = 3.0, 5.0
WHOLE_S = 10.0
"""For everything: a source that drips a byte a second does not hold its place longer."""


class FetchFailed(Exception):
    """A bureau could not be asked; says why in words that hold no address and no secret."""


class Fetched(NamedTuple):
    """What came back: None for a body that is still what it was (304)."""

    body: bytes | None
    etag: str = ""
    modified: str = ""


def client(*, loopback: bool = False) -> httpx.AsyncClient:
    """Return the client of a loop: no redirects, no proxy of the environment, every wait bounded.

    loopback : a feed may stand on this machine itself.
    """
    timeout = httpx.Timeout(READ_S, connect=CONNECT_S, pool=CONNECT_S)
    return httpx.AsyncClient(
        timeout=timeout, transport=Door(loopback=loopback), follow_redirects=False, trust_env=False
    )


async def fetch(
    http: httpx.AsyncClient, url: str, *, secret: str = "", etag: str = "", modified: str = ""
) -> Fetched:
    """Ask once; FetchFailed says timeout, forbidden, unreachable, status N, redirect, encoding, too_large.

    secret : put where the address says `{secret}`, else sent as a bearer token. etag, modified : what the bureau gave
    last; what no header of ours can hold is not given back, and the answer comes in full.
    """
    headers = {"accept": "application/json", "accept-encoding": "identity"}
    if etag and etag.isascii():
        headers["if-none-match"] = etag
    if modified and modified.isascii():
        headers["if-modified-since"] = modified
    if secret and SECRET not in url:
        headers["authorization"] = f"Bearer {secret}"
    address = url.replace(SECRET, quote(secret, safe=""))
    try:
        async with asyncio.timeout(WHOLE_S), http.stream("GET", address, headers=headers) as came:
            return await _answer(came)
    except (TimeoutError, httpx.TimeoutException) as error:
        raise FetchFailed("timeout") from error
    except Forbidden as error:
        raise FetchFailed("forbidden") from error
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise FetchFailed(f"unreachable: {type(error).__name__}") from error


async def _answer(came: httpx.Response) -> Fetched:
    if came.status_code == httpx.codes.NOT_MODIFIED:
        return Fetched(None)
    if came.is_redirect:
        raise FetchFailed("redirect")
    if came.status_code != httpx.codes.OK:
        raise FetchFailed(f"status {came.status_code}")
    if came.headers.get("content-encoding", "identity") != "identity":
        raise FetchFailed("encoding")  # packed, a small answer may be a very large one
    body = bytearray()
    async for part in came.aiter_raw():
        body += part
        if len(body) > MOST_BYTES:
            raise FetchFailed("too_large")
    return Fetched(bytes(body), came.headers.get("etag", ""), came.headers.get("last-modified", ""))
