"""Server-Sent Events: the frames and headers every live stream is made of."""

import asyncio
from typing import Any

import msgspec
from starlette.types import Receive, Scope, Send

RETRY = b"retry: 500\n\n"
"""A browser whose stream broke asks again after half a second, with its cursor."""
SIGNED_OUT = b"event: signed_out\ndata: {}\n\n"
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
]


async def begin(send: Send) -> None:
    """Begin a stream that goes on until one side leaves."""
    await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
    await push(send, RETRY)


async def push(send: Send, body: bytes) -> None:
    """Send some frames."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


def frame(body: dict[str, Any], cursor: str = "") -> bytes:
    """Return one frame; JSON has no raw line breaks, so one data line is enough."""
    head = f"id: {cursor}\n".encode() if cursor else b""
    return head + b"data: " + msgspec.json.encode(body) + b"\n\n"


def watch(receive: Receive) -> "asyncio.Future[None]":
    """Return what is done once the client has left."""
    return asyncio.ensure_future(_until_gone(receive))


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def last_event_id(scope: Scope) -> str:
    """Return the cursor a resuming client names, empty for none."""
    for name, value in scope["headers"]:
        if name == b"last-event-id":
            return str(value.decode("latin-1"))
    return ""
