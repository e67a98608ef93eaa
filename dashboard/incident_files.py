"""The list of incidents as a file: the rows the page shows, all of them."""

import asyncio
import logging

from fastapi import FastAPI, Request
from fastapi.responses import Response

from dashboard import export
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages import incidents
from dashboard.texts import t
from dashboard.views.incident_query import read

log = logging.getLogger(__name__)


def routes(server: FastAPI) -> None:
    """Give the server the file."""

    @server.get("/api/export/incidents.xlsx")
    async def export_incidents(request: Request) -> Response:
        who = require("command.view")
        language = request.cookies.get("lang", "zh")
        body = await asyncio.to_thread(_file, request.url.query, language)
        log.info("export incidents.xlsx by user:%d", who.user_id)
        headers = {"content-disposition": "attachment; filename=incidents.xlsx"}
        return Response(body, media_type=export.XLSX, headers=headers)


def _file(query: str, language: str) -> bytes:
    with reading() as session:
        head, *body = incidents.rows(session, read(query), t(language))
    return export.xlsx_file(head, [list(row) for row in body])
