"""The lists of resources as a spreadsheet."""

import asyncio
import io
import logging
from typing import Any
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import Response

from command import forces
from dashboard.auth import require
from dashboard.door import reading
from dashboard.export import XLSX, book
from dashboard.pages.context import districts
from dashboard.pages.resources import rows
from dashboard.texts import t
from dashboard.views.kit import Words
from dashboard.views.resources import TABS, Query

log = logging.getLogger(__name__)
COLUMNS = {
    "units": ("code", "label", "type", "capabilities", "state", "reason", "staff", "age", "district", "organisation",
              "phone", "lon", "lat"),
    "supplies": ("depot", "supply", "amount", "measure", "floor", "district"),
    "depots": ("code", "label", "organisation", "phone", "district", "address", "lon", "lat"),
    "shelters": ("code", "label", "capacity", "occupied", "district", "address", "phone", "lon", "lat"),
    "reserves": ("need", "district", "least", "there"),
    "capabilities": ("label", "code", "units", "position", "used"),
}  # fmt: skip


def routes(server: FastAPI) -> None:
    """Give the server the lists' file."""

    @server.get("/api/export/resources.xlsx")
    async def resources(request: Request) -> Response:
        who = require("command.view")
        tab = parse_qs(request.url.query).get("tab", ["units"])[0]
        texts = t(request.cookies.get("lang"))
        body = await asyncio.to_thread(_file, tab if tab in TABS else "units", texts)
        log.info("export resources.xlsx by user:%d", who.user_id)
        headers = {"content-disposition": "attachment; filename=resources.xlsx"}
        return Response(body, media_type=XLSX, headers=headers)


def _file(tab: str, words: Words) -> bytes:
    with reading() as session:
        lines = [_line(tab, row) for row in rows(session, Query(tab))]
        able, areas = forces.capabilities(session), districts(session)
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        sheet = made.add_worksheet()
        heads = [words[f"resources.col.{name}"] for name in COLUMNS[tab]]
        sheet.write_row(0, 0, heads, made.add_format({"bold": True}))
        for number, line in enumerate(lines, 1):
            cells = [_cell(name, line[name], able, areas, words) for name in COLUMNS[tab]]
            sheet.write_row(number, 0, cells)
        sheet.freeze_panes(1, 0)
    return buffer.getvalue()


def _line(tab: str, row: Any) -> dict[str, Any]:  # noqa: ANN401 - a line of any list
    """Return a line of a list as name -> value."""
    match tab:
        case "units":
            of = {name: getattr(row.row, name, "") for name in COLUMNS[tab]}
            age = "" if row.age is None else round(row.age)
            return {**of, "age": age, "lon": row.lon, "lat": row.lat}
        case "supplies":
            said = {
                "depot": row.depot.label,
                "supply": row.row.label,
                "district": row.depot.district,
            }
            return said | {name: getattr(row.row, name) for name in ("amount", "measure", "floor")}
        case "capabilities":
            of = {name: getattr(row.row, name) for name in ("code", "label", "position")}
            return {**of, "units": row.units, "used": row.row.active}
        case "reserves":
            floor, there = row
            return {**floor._asdict(), "need": floor.capability, "there": there}
        case _:
            return {name: getattr(row, name) for name in COLUMNS[tab]}


def _cell(
    name: str, value: object, able: dict[str, str], areas: dict[str, str], words: Words
) -> str | float:
    match name, value:
        case "capabilities", list():
            return "、".join(able.get(str(code), str(code)) for code in value)
        case "need", str():
            return able.get(value, value)
        case "type" | "state", str():
            return words[f"unit_{name}.{value}"]
        case "used", bool():
            return words["admin.active" if value else "resources.unused"]
        case "district", str():
            return areas.get(value, value)
        case _, int() | float():
            return value
        case _:
            return str(value)
