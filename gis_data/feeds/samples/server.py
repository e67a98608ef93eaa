"""The sample server: the course's five messages over HTTP as bureaus would serve them, and the cameras' picture.

For tests a message may be asked to be wrong: ?fault=hang|drip|garbage|500|huge|redirect|gzip|future|swapped.
"""

import asyncio
import gzip
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from gis_data.feeds.samples import video
from gis_data.feeds.samples.course import Message, Town, message
from gis_data.state import BUREAUS
from models.clock import Instant

FAULTS = (
    "hang", "drip", "garbage", "500", "huge", "redirect", "gzip", "future", "swapped",
)  # fmt: skip
FUTURE_S = 3 * 3600
HANG_S = 3600.0
_ANYWHERE = {"access-control-allow-origin": "*", "cache-control": "no-store"}
"""A player in a browser fetches the picture from another origin than its page."""


def create_app(town: Town, folder: Path, clock: Callable[[], Instant]) -> Starlette:
    """Return the application; `folder` keeps the picture, `clock` says when it is."""
    segments = video.make(folder)

    async def feed(request: Request) -> Response:
        bureau = request.path_params["bureau"]
        if bureau not in BUREAUS:
            return Response(status_code=404)
        at, fault = clock(), request.query_params.get("fault", "")
        base = str(request.base_url).rstrip("/")
        told = message(bureau, at + FUTURE_S * (fault == "future"), town, base)
        body = encode(swapped(told) if fault == "swapped" else told)
        wrong = await _wrong(fault, body, str(request.url.replace(query="")))
        if wrong is not None:
            return wrong
        etag = f'"{hashlib.sha256(body).hexdigest()[:16]}"'
        headers = {"etag": etag, "cache-control": "no-cache"}
        if request.headers.get("if-none-match") == etag:
            return Response(status_code=304, headers=headers)
        return Response(body, media_type="application/json", headers=headers)

    async def live(_request: Request) -> Response:
        body = video.playlist(clock())
        return Response(body, media_type="application/vnd.apple.mpegurl", headers=_ANYWHERE)

    async def segment(request: Request) -> Response:
        number = int(request.path_params["number"])
        if number >= len(segments):
            return Response(status_code=404, headers=_ANYWHERE)
        return FileResponse(segments[number], media_type="video/mp2t", headers=_ANYWHERE)

    async def about(_request: Request) -> Response:
        lines = [f"/feeds/{bureau}.json" for bureau in BUREAUS]
        return PlainTextResponse("\n".join([*lines, "/video/c1/live.m3u8", ""]))

    return Starlette(
        routes=[
            Route("/", about),
            Route("/feeds/{bureau}.json", feed),
            Route("/video/{camera}/live.m3u8", live),
            Route("/video/{number:int}.ts", segment),
        ]
    )


def encode(told: Message) -> bytes:
    """Return a message as it is sent."""
    return json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode()


def swapped(told: Message) -> Message:
    """Return a message whose items have longitude and latitude the wrong way round."""

    def turn(item: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(item, dict) and {"lon", "lat"} <= item.keys():
            return {**item, "lon": item["lat"], "lat": item["lon"]}
        return item

    return {
        key: [turn(item) for item in value] if isinstance(value, list) else value
        for key, value in told.items()
    }


async def _wrong(fault: str, body: bytes, url: str) -> Response | None:
    """Return the answer of a feed with a fault of transport, None where the fault is in what it says."""
    match fault:
        case "hang":
            await asyncio.sleep(HANG_S)
            return None
        case "drip":
            return StreamingResponse(_drip(body), media_type="application/json")
        case "garbage":
            # as a portal's sign-in page, half of it, in bytes that are no text
            return Response(b"<html>\xff\xfe\x00" + body[:200], media_type="application/json")
        case "500":
            return PlainTextResponse("out of order", 500)
        case "huge":
            return StreamingResponse(_huge(), media_type="application/json")
        case "redirect":
            return Response(status_code=302, headers={"location": url})
        case "gzip":
            return Response(gzip.compress(body), headers={"content-encoding": "gzip"})
        case _:
            return None


async def _drip(body: bytes) -> AsyncIterator[bytes]:
    for place in range(len(body)):
        yield body[place : place + 1]
        await asyncio.sleep(0.5)


async def _huge() -> AsyncIterator[bytes]:
    yield b'{"contract": "'
    for _ in range(64):
        yield b"x" * (1 << 20)


def serve(app: Starlette, port: int) -> None:
    """Serve on loopback until SIGTERM."""
    config = uvicorn.Config(
        app, host="127.0.0.1", port=port, log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    uvicorn.Server(config).run()
