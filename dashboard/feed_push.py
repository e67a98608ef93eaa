"""Where bureaus push: one message a request, under the feed's own token; no session, no cookie, no page."""

import asyncio
import logging
from collections import Counter
from typing import Annotated, Any, NamedTuple

from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from starlette.requests import ClientDisconnect

from dashboard.door import doors, roads_of
from gis_data.feeds import registry
from gis_data.feeds.taking import MOST_BYTES, Taken, take
from models.clock import now
from models.errors import NotFound, WrongStatus
from models.store import db

log = logging.getLogger(__name__)

A_MINUTE = 120
"""Messages of one feed: two a second is more than any bureau measures."""
WRONG_A_MINUTE = 30
"""Wrong tokens of one address: who guesses is made to wait."""
READ_S = 10.0
SHOWN = 50
Name = Annotated[str, Path(pattern=r"[a-z0-9-]{1,40}", max_length=40)]


class Sender(NamedTuple):
    """Who pushes: a feed of a tenant, whose token was right."""

    tenant_id: int
    feed_id: int
    name: str
    open: bool


def routes(server: FastAPI) -> None:
    """Give the server the receiver of pushed messages."""

    @server.post("/api/feeds/{name}")
    async def receive(request: Request, name: Name) -> Response:
        sender = await _admitted(request, name)
        if isinstance(sender, Response):
            return sender
        try:
            raw = await _body(request)
            if raw is None:
                return _refused(413, "too_large")
            return _told(sender, await asyncio.to_thread(_take, sender, raw))
        except TimeoutError:
            return _refused(408, "too_slow")
        except (WrongStatus, NotFound):
            return _refused(403, "stopped_or_polled")
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it; nothing was kept


async def _admitted(request: Request, name: str) -> Sender | Response:
    """Return who pushes, or why not; a right token is let in from an address that others have guessed from."""
    sender = await asyncio.to_thread(_sender, name, _token(request))
    if sender is None:
        peer = request.client.host if request.client else ""
        if await asyncio.to_thread(_counted, f"feed:wrong:{peer}", 1) > WRONG_A_MINUTE:
            return _refused(429, "too_many_wrong_tokens")
        return _refused(401, "token")
    if not sender.open:
        return _refused(403, "stopped_or_polled")
    pace = f"feed:push:{sender.tenant_id}:{sender.feed_id}"
    if await asyncio.to_thread(_counted, pace, 1) > A_MINUTE:
        return _refused(429, "too_many_messages")
    return sender


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and len(token) <= 200 else ""


def _sender(name: str, token: str) -> Sender | None:
    """Return whose token this is, None when it is nobody's: an unknown feed is refused in the same words."""
    slug = token.partition(".")[0]
    if not slug.isidentifier():
        return None
    try:
        tenant_id = db.tenant_id_of(doors().engine, slug)
    except NotFound:
        return None
    with db.transaction(doors().engine, tenant_id) as session:
        feed = registry.named(session, name)
        if not registry.shows(feed, token) or feed is None:
            return None
        return Sender(tenant_id, feed.id, feed.name, feed.active and feed.kind == "push")


def _counted(key: str, more: int) -> int:
    """Count `more` in this minute and return how many there are; without Redis nobody is held up."""
    slot = f"{key}:{int(now() // 60)}"
    try:
        counted: Any = doors().redis.incrby(slot, more)
        doors().redis.expire(slot, 120)
    except (RedisError, OSError):
        return 0
    return int(counted)


async def _body(request: Request) -> bytes | None:
    """Return the body, None when it is too large; TimeoutError when it comes too slowly."""
    told = request.headers.get("content-length", "")
    if told.isdigit() and int(told) > MOST_BYTES:
        return None
    body = bytearray()
    async with asyncio.timeout(READ_S):
        async for part in request.stream():
            body += part
            if len(body) > MOST_BYTES:
                return None
    return bytes(body)


def _take(sender: Sender, raw: bytes) -> Taken:
    with db.transaction(doors().engine, sender.tenant_id) as session:
        return take(session, sender.feed_id, raw, roads=lambda: roads_of(session), now=now())


def _told(sender: Sender, taken: Taken) -> Response:
    """Return 202 with the counts; 422 when nothing of it could be used."""
    if taken.error:
        log.info("feed %s: pushed -> unreadable: letter %d", sender.name, taken.letter)
        return JSONResponse(
            {"error": "unreadable", "why": taken.error, "dead_letter": taken.letter}, 422
        )
    body = {
        "kept": taken.kept, "known": taken.known, "refused": len(taken.refused),
        "reasons": dict(Counter(taken.refused.values())),
        "items": dict(list(taken.refused.items())[:SHOWN]),
    }  # fmt: skip
    useless = bool(taken.refused) and not taken.kept and not taken.known
    return JSONResponse({"error": "refused", **body} if useless else body, 422 if useless else 202)


def _refused(status: int, why: str) -> Response:
    headers = {401: {"www-authenticate": "Bearer"}, 429: {"retry-after": "60"}}.get(status)
    return JSONResponse({"error": why}, status, headers)
