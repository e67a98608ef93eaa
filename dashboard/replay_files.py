"""An incident's replay over HTTP: one moment as JSON for the page, and the process data as files."""

import asyncio
import io
import logging
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.responses import Response

from dashboard.auth import require
from dashboard.export import book
from dashboard.pages.replay import frame, moment_of
from dashboard.texts import t
from dashboard.views import clock
from dashboard.views import replay as views
from dashboard.views import replay_frame as frames
from dashboard.views.command_log import Known, line
from dashboard.views.kit import Words
from dashboard.views.maps import Look
from models.errors import BadInput, NotFound

log = logging.getLogger(__name__)

MEDIA = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "jsonl": "application/x-ndjson",
}
_PLAIN = Look("desk", big=False)


def routes(server: FastAPI) -> None:
    """Give the server the replay's routes."""

    @server.get("/api/command/replay/{incident}/frame")
    async def moment(request: Request, incident: str) -> Response:
        require("command.view")
        words = t(request.cookies.get("lang", "zh"))
        at = _instant(request.query_params.get("at", ""))
        found = await asyncio.to_thread(frame, _number(incident), at, words, _PLAIN)
        headers = {"cache-control": "no-store"}
        return Response(msgspec.json.encode(found), media_type="application/json", headers=headers)

    @server.get("/api/command/replay/{incident}.{kind}")
    async def file(request: Request, incident: str, kind: str) -> Response:
        who = require("command.view")
        if kind not in MEDIA:
            raise NotFound(f"no replay as {kind[:10]}")
        words = t(request.cookies.get("lang", "zh"))
        given = request.query_params.get("at", "")
        body = await asyncio.to_thread(
            _file, _number(incident), _instant(given) if given else None, kind, words
        )
        log.info("replay of %s as %s to user:%d", incident, kind, who.user_id)
        name = f"attachment; filename=incident-{incident}.{kind}"
        headers = {"content-disposition": name, "cache-control": "no-store"}
        return Response(body, media_type=MEDIA[kind], headers=headers)


def _number(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NotFound(f"no incident {text[:20]}")
    return int(text)


def _instant(text: str) -> float:
    try:
        at = float(text)
    except ValueError:
        raise BadInput("no moment", field="at") from None
    if not 0 < at < 1e11:
        raise BadInput("no moment", field="at")
    return at


def _file(incident: int, at: float | None, kind: str, words: Words) -> bytes:
    """Return the process data up to a moment, or to the end of the course."""
    film, seen, shown = moment_of(incident, at or 1e10, words, _PLAIN)
    if at is None:
        film, seen, shown = moment_of(incident, views.bounds(film)[1], words, _PLAIN)
    if kind == "jsonl":
        about = {
            "incident": film.state.no,
            "events": len(film.reel.events),
            "faults": frames.faults(film, words),
        }
        lines: list[Any] = [about, *film.reel.events]
        return b"\n".join(msgspec.json.encode(each) for each in lines) + b"\n"
    painted = frames.frame(film, seen, shown)
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        bold = made.add_format({"bold": True})
        sheet = made.add_worksheet(words["replay.sheet.moment"])
        sheet.set_column(0, 0, 34)
        sheet.set_column(1, 2, 26)
        number = 0
        head = [
            [film.state.no, film.state.title, ""],
            [words["replay.moment"], painted["clock"], ""],
        ]
        head += [[label, value, ""] for label, value in painted["head"]]
        head += [[words["replay.fault"], fault, ""] for fault in painted["faults"]]
        for row in head:
            sheet.write_row(number, 0, row)
            number += 1
        for name in frames.SECTIONS:
            number += 1
            sheet.write(number, 0, words[f"replay.{name}"], bold)
            for row in frames.rows(painted["sections"][name]):
                number += 1
                sheet.write_row(number, 0, row)
            number += 1
        log_sheet = made.add_worksheet(words["command.timeline"])
        log_sheet.set_column(1, 1, 24)
        log_sheet.set_column(3, 4, 50)
        log_sheet.write_row(
            0,
            0,
            [words[f"replay.col.{name}"] for name in ("seq", "at", "by", "text", "note")],
            bold,
        )
        known = Known(film.state, shown.capabilities)
        for place, event in enumerate(film.reel.events[: seen.number], start=1):
            told = line(event, known, words)
            log_sheet.write_row(
                place, 0,
                [told.seq, clock.moment(told.at, shown.zone, words), told.by, told.text, told.note],
            )  # fmt: skip
    return buffer.getvalue()
