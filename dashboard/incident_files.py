"""The lists of incidents and of tasks as files: the rows the pages show, all of them."""

import asyncio
import logging
from collections.abc import Callable

from fastapi import FastAPI, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from dashboard import export
from dashboard.auth import require
from dashboard.door import reading
from dashboard.pages import incidents, tasks
from dashboard.texts import t
from dashboard.views import incident_query, task_query
from dashboard.views.kit import Words

log = logging.getLogger(__name__)


Rows = Callable[[Session, str, Words], list[list[str]]]


def routes(server: FastAPI) -> None:
    """Give the server the files."""

    @server.get("/api/export/incidents.xlsx")
    async def export_incidents(request: Request) -> Response:
        return await _answer(request, "incidents.xlsx", _incidents)

    @server.get("/api/export/tasks.xlsx")
    async def export_tasks(request: Request) -> Response:
        return await _answer(request, "tasks.xlsx", _tasks)


async def _answer(request: Request, name: str, rows: Rows) -> Response:
    who = require("command.view")
    texts = t(request.cookies.get("lang", "zh"))
    body = await asyncio.to_thread(_file, request.url.query, rows, texts)
    log.info("export %s by user:%d", name, who.user_id)
    headers = {"content-disposition": f"attachment; filename={name}"}
    return Response(body, media_type=export.XLSX, headers=headers)


def _incidents(session: Session, query: str, texts: Words) -> list[list[str]]:
    return incidents.rows(session, incident_query.read(query), texts)


def _tasks(session: Session, query: str, texts: Words) -> list[list[str]]:
    return tasks.rows(session, task_query.read(query), texts)


def _file(query: str, rows: Rows, texts: Words) -> bytes:
    with reading() as session:
        head, *body = rows(session, query, texts)
    return export.xlsx_file(head, [list(row) for row in body])
