"""Files over HTTP: taken in while they arrive, given out as downloads and nothing else.

A name travels in a header, not in the address: addresses are what proxies write into their logs.
"""

import asyncio
import logging
from typing import Annotated
from urllib.parse import unquote

from fastapi import FastAPI, Path, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect

from dashboard import auth
from dashboard.door import HOLDERS, doors, reading, writing
from dashboard.pages.context import actor
from dashboard.texts import t
from dashboard.views.files import refused_text
from models.clock import now
from models.errors import HotlineError
from models.store.files import Incoming
from tickets import attachments
from tickets.moving import Actor

log = logging.getLogger(__name__)

NAME_HEADER = "x-file-name"
Number = Annotated[int, Path(ge=1, lt=2**63)]


def routes(server: FastAPI) -> None:
    """Add the routes of files to the server."""

    @server.post("/files/{subject}/{number}")
    async def upload(request: Request, subject: str, number: Number) -> Response:
        texts = t(request.cookies.get("lang"))
        try:
            added = await _take(request, subject, number)
        except HotlineError as error:
            text = refused_text(error, texts)
            return JSONResponse({"error": error.code, "text": text}, auth.status_of(error))
        except ClientDisconnect:
            return Response(status_code=400)  # nobody is there to read it; nothing was kept
        return JSONResponse({"id": added}, 201)

    @server.get("/files/{number}")
    async def download(number: Number) -> Response:
        return await asyncio.to_thread(_give, number)


async def _take(request: Request, subject: str, number: int) -> int:
    who = actor()
    await asyncio.to_thread(_check, subject, number, who)
    told = request.headers.get("content-length", "")
    if told.isdigit():
        attachments.check_size(int(told))
    name = unquote(request.headers.get(NAME_HEADER, ""), errors="replace")
    incoming = await asyncio.to_thread(doors().files.receive, auth.viewer().tenant_id)
    with incoming:
        async for part in request.stream():
            attachments.check_size(incoming.size + len(part))
            await asyncio.to_thread(incoming.write, part)
        return await asyncio.to_thread(_add, subject, number, incoming, name, who)


def _check(subject: str, number: int, who: Actor) -> None:
    with reading() as session:
        attachments.check_add(session, subject, number, HOLDERS, actor=who, now=now())


def _add(subject: str, number: int, incoming: Incoming, name: str, who: Actor) -> int:
    content = attachments.take_in(incoming, name)
    with writing() as session:
        added = attachments.add(session, subject, number, content, HOLDERS, actor=who, now=now())
    log.info("file %d (%s, %d bytes) by %s", added, content.media, content.size, who.ref)
    return added


def _give(number: int) -> Response:
    who = actor()
    with reading() as session:
        row = attachments.find(session, number, HOLDERS, actor=who, now=now())
        path = doors().files.path(row.tenant_id, row.sha256)
    log.info("file %d to %s", number, who.ref)
    return FileResponse(
        path, media_type=row.media, filename=row.name, content_disposition_type="attachment",
        headers={"cache-control": "private, no-store"},
    )  # fmt: skip
