"""Evaluation reports as files: PDF to print and file, xlsx to count with."""

import asyncio
import io
import logging
from collections.abc import Sequence
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from command import evaluation_page
from dashboard.auth import require
from dashboard.export import book
from dashboard.pages.reviews import sheets_of, whole
from dashboard.texts import t
from dashboard.views import review as views
from dashboard.views.review_sheets import Sheet
from models.errors import NotFound

log = logging.getLogger(__name__)

MEDIA = {
    "pdf": "application/pdf",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def routes(server: FastAPI) -> None:
    """Give the server the routes of one report and of the room's tables."""

    @server.get("/api/command/evaluation/{number}.{kind}")
    async def report(request: Request, number: str, kind: str) -> Response:
        who = require("command.view")
        if kind not in MEDIA or not (number.isascii() and number.isdecimal() and len(number) < 19):
            raise NotFound(f"no report {number[:20]}.{kind[:10]}")
        lang = request.cookies.get("lang", "zh")
        name, body = await asyncio.to_thread(_file, int(number), kind, lang)
        log.info("evaluation %s as %s to user:%d", number, kind, who.user_id)
        named = f"filename=evaluation-{number}.{kind}; filename*=UTF-8''{quote(f'{name}.{kind}')}"
        headers = {"content-disposition": f"attachment; {named}", "cache-control": "no-store"}
        return Response(body, media_type=MEDIA[kind], headers=headers)

    @server.get("/api/command/reviews/{tab}.xlsx")
    async def tables(request: Request, tab: str) -> Response:
        who, texts = require("command.view"), t(request.cookies.get("lang"))
        body = await asyncio.to_thread(lambda: packed(sheets_of(tab, request.url.query, texts)))
        log.info("evaluations %s.xlsx to user:%d", tab, who.user_id)
        headers = {
            "content-disposition": f"attachment; filename=evaluations-{tab}.xlsx",
            "cache-control": "no-store",
        }
        return Response(body, media_type=MEDIA["xlsx"], headers=headers)


def packed(found: Sequence[Sheet]) -> bytes:
    """Return tables as a workbook, a sheet each."""
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        bold = made.add_format({"bold": True})
        for each in found:
            sheet = made.add_worksheet(each.title)
            sheet.set_column(0, len(each.heads) - 1, 16)
            sheet.write_row(0, 0, each.heads, bold)
            for number, row in enumerate(each.rows, 1):
                sheet.write_row(number, 0, row)
            sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _file(number: int, kind: str, lang: str) -> tuple[str, bytes]:
    """Return (name, bytes) of a report the viewer may see."""
    found, times, here = whole(number, t(lang))
    page = views.printed(found, times, here, lang)
    if kind == "pdf":
        return page.title, evaluation_page.pdf(page)
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        bold = made.add_format({"bold": True})
        sheet = made.add_worksheet(here.words["reviews.report"])
        sheet.set_column(0, 5, 22)
        lines = [[page.title], *map(list, page.facts), [page.heads["total"], page.score], []]
        for number_, line in enumerate(lines):
            sheet.write_row(number_, 0, line)
        at = len(lines)
        sheet.write_row(at, 0, page.columns, bold)
        for row in page.rows:
            at += 1
            sheet.write_row(at, 0, row)
        at += 2
        sheet.write(at, 0, page.heads["chain"], bold)
        for step in page.chain:
            at += 1
            sheet.write_row(at, 0, step)
        for head, text in page.sections:
            at += 2
            sheet.write(at, 0, head, bold)
            sheet.write(at + 1, 0, text)
    return page.title, buffer.getvalue()
