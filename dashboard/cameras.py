"""The cameras' pictures through our own address: browsers may ask nobody else, and see no bureau's.

A playlist (HLS, RFC 8216) is fetched anew each time, and every address in it is replaced by one of ours that carries
our seal: a part is fetched only if a playlist of that camera named it.
"""

import asyncio
import hmac
import re
from collections.abc import Callable
from typing import Literal
from urllib.parse import urlencode, urljoin, urlsplit

import httpx
from fastapi import FastAPI
from fastapi.responses import Response

from command.queries import VIEW
from dashboard.auth import require
from dashboard.door import doors, reading
from gis_data.feeds.reach import Door
from models.errors import NotFound, Refused, Unavailable
from models.tables import Camera

PLAYLIST = "application/vnd.apple.mpegurl"
MOST = {"playlist": 512 * 1024, "part": 16 * 1024 * 1024}
WHOLE_S = 10.0
_ADDRESS = re.compile(r'URI="([^"]+)"')
_ORDERLY = ("http", "https")


def address(bureau: str, key: str) -> str:
    """Return where a camera's playlist is had from us."""
    return f"/api/cameras/live.m3u8?{urlencode({'bureau': bureau, 'key': key})}"


def routes(server: FastAPI, *, loopback: bool) -> None:
    """Give the server the cameras' routes. loopback : a camera may stand on this machine itself."""
    timeout = httpx.Timeout(5.0, connect=2.0)
    http = httpx.AsyncClient(
        timeout=timeout, transport=Door(loopback=loopback), follow_redirects=False, trust_env=False
    )

    @server.get("/api/cameras/live.m3u8")
    async def live(bureau: str, key: str) -> Response:
        url = await asyncio.to_thread(_url, bureau, key)
        return await _playlist(http, url, bureau, key)

    @server.get("/api/cameras/part")
    async def part(bureau: str, key: str, at: str, seal: str) -> Response:
        url = await asyncio.to_thread(_url, bureau, key)
        if not hmac.compare_digest(_seal(bureau, key, at), seal) or not _same_house(url, at):
            raise NotFound("no such part")
        if urlsplit(at).path.endswith(".m3u8"):
            return await _playlist(http, at, bureau, key)
        body, media = await _fetch(http, at, "part")
        return Response(
            body, media_type=media or "video/mp2t", headers={"cache-control": "private, max-age=60"}
        )


async def _playlist(http: httpx.AsyncClient, url: str, bureau: str, key: str) -> Response:
    body, _ = await _fetch(http, url, "playlist")
    text = body.decode("utf-8", "replace")
    if not text.startswith("#EXTM3U"):
        raise Unavailable("the camera sent no playlist")
    said = rewritten(text, url, lambda at: _part(bureau, key, at))
    return Response(said, media_type=PLAYLIST, headers={"cache-control": "no-store"})


def rewritten(text: str, url: str, part: Callable[[str], str]) -> str:
    """Return a playlist of `url` whose every address is what `part` makes of the whole one."""
    lines = []
    for line in text.splitlines():
        if line.startswith("#"):
            lines.append(_ADDRESS.sub(lambda found: f'URI="{part(urljoin(url, found[1]))}"', line))
        else:
            lines.append(part(urljoin(url, line.strip())) if line.strip() else line)
    return "\n".join(lines) + "\n"


def _part(bureau: str, key: str, at: str) -> str:
    asked = {"bureau": bureau, "key": key, "at": at, "seal": _seal(bureau, key, at)}
    return f"/api/cameras/part?{urlencode(asked)}"


def _seal(bureau: str, key: str, at: str) -> str:
    return doors().vault.digest(f"camera:{bureau}:{key}:{at}")


def _same_house(url: str, at: str) -> bool:
    """True when a part is fetched from where its camera is, so that no playlist leads us elsewhere.

    The door checks the address behind the name, of every part anew.
    """
    own, asked = urlsplit(url), urlsplit(at)
    return (own.scheme, own.netloc) == (asked.scheme, asked.netloc) and own.scheme in _ORDERLY


def _url(bureau: str, key: str) -> str:
    who = require(VIEW)
    if who.unit:
        raise Refused("units have no part in command", permission=VIEW)
    with reading() as session:
        row = session.get(Camera, (who.tenant_id, bureau, key))
    if row is None:
        raise NotFound(f"no camera {key[:40]}")
    return row.url


async def _fetch(
    http: httpx.AsyncClient, url: str, what: Literal["playlist", "part"]
) -> tuple[bytes, str]:
    """Return a body and its type; Unavailable when the camera does not answer as it should."""
    try:
        async with asyncio.timeout(WHOLE_S), http.stream("GET", url) as came:
            if came.status_code != httpx.codes.OK:
                raise Unavailable(f"the camera answers {came.status_code}")
            body = bytearray()
            async for piece in came.aiter_bytes():
                body += piece
                if len(body) > MOST[what]:
                    raise Unavailable("the camera sends too much")
            return bytes(body), came.headers.get("content-type", "")
    except (TimeoutError, httpx.HTTPError, httpx.InvalidURL) as error:
        raise Unavailable(f"the camera is away: {type(error).__name__}") from error
