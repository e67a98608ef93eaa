"""Files of letters: docx and PDF, for whom the ticket is open to; made in a thread, as they were said."""

import asyncio
import logging
from urllib.parse import quote

from fastapi import FastAPI
from fastapi.responses import Response

from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages.context import actor
from models.clock import now
from models.errors import NotFound
from tickets import letter_files, letters

log = logging.getLogger(__name__)


def routes(server: FastAPI) -> None:
    """Give the server the letters' route."""

    @server.get("/api/letters/{number}.{kind}")
    async def letter(number: str, kind: str) -> Response:
        who = require("ticket.view")
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise NotFound(f"no letter {number}")
        name, body = await asyncio.to_thread(_file, int(number), kind)
        log.info("letter %s as %s to user:%d", number, kind, who.user_id)
        named = f"filename=letter-{number}.{kind}; filename*=UTF-8''{quote(f'{name}.{kind}')}"
        headers = {"content-disposition": f"attachment; {named}", "cache-control": "no-store"}
        return Response(body, media_type=letter_files.MEDIA[kind], headers=headers)


def _file(number: int, kind: str) -> tuple[str, bytes]:
    """Return (name, bytes) of a letter the viewer may see."""
    with reading() as session:
        found = letters.one(session, number, actor=actor(), now=now())
        body = letters.body_of(found)
    return f"{body.title}-{body.no}", letter_files.render(body, kind)
