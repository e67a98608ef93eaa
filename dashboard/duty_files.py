"""Files of the duty: the phone book, the roster, a report; and calendars, which open by their token alone."""

import asyncio
import io
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from command.duty import calendar, contacts, reports
from dashboard.auth import require
from dashboard.door import doors, reading, writing
from dashboard.export import book
from dashboard.pages.context import actor, place
from dashboard.pages.duty import log as duty_log
from dashboard.pages.duty.contacts import asked_of as contacts_asked
from dashboard.pages.duty.roster import asked_of, sheet
from dashboard.texts import t
from dashboard.views.duty import log_query
from dashboard.views.duty.reports import CALLS, RATES
from dashboard.views.duty.roster import Asked, Sheet, hours
from dashboard.views.kit import Words
from models.clock import now
from models.errors import BadInput, NotFound
from models.store import db
from tickets import letter_files

log = logging.getLogger(__name__)

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ENV = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True,
    undefined=StrictUndefined, trim_blocks=True,
)  # fmt: skip


def routes(server: FastAPI) -> None:
    """Give the server the duty's routes."""

    @server.get("/api/duty/contacts.xlsx")
    async def phone_book(request: Request) -> Response:
        who, texts = require("duty.view"), t(request.cookies.get("lang"))
        body = await asyncio.to_thread(_contacts, request.url.query, texts)
        log.info("contacts.xlsx to user:%d", who.user_id)
        return _file(body, XLSX, "contacts.xlsx")

    @server.get("/api/duty/roster.{kind}")
    async def roster(request: Request, kind: str) -> Response:
        who, texts = require("duty.view"), t(request.cookies.get("lang"))
        name, body = await asyncio.to_thread(_roster, request.url.query, kind, texts)
        log.info("roster.%s to user:%d", kind, who.user_id)
        media = XLSX if kind == "xlsx" else letter_files.MEDIA["pdf"]
        return _file(body, media, f"{name}.{kind}")

    @server.get("/api/duty/log.xlsx")
    async def lines(request: Request) -> Response:
        who, texts = require("duty.view"), t(request.cookies.get("lang"))
        body = await asyncio.to_thread(_log, request.url.query, texts)
        log.info("log.xlsx to user:%d", who.user_id)
        return _file(body, XLSX, f"{texts['duty.tab.log']}.xlsx")

    @server.get("/api/duty/report/{number}.{kind}")
    async def report(request: Request, number: str, kind: str) -> Response:
        who, texts = require("duty.view"), t(request.cookies.get("lang"))
        if not (number.isascii() and number.isdigit() and len(number) < 19):
            raise NotFound(f"no report {number}")
        name, body = await asyncio.to_thread(_report, int(number), kind, texts)
        log.info("report %s as %s to user:%d", number, kind, who.user_id)
        media = XLSX if kind == "xlsx" else letter_files.MEDIA[kind]
        return _file(body, media, f"{name}.{kind}")

    @server.get("/duty/calendar.ics")
    async def feed(token: str = "") -> Response:
        body = await asyncio.to_thread(_calendar, token)
        headers = {"cache-control": "private, no-store"}
        return Response(body, media_type="text/calendar; charset=utf-8", headers=headers)


def _file(body: bytes, media: str, name: str) -> Response:
    plain = f"duty{name[name.rindex('.') :]}"
    named = f"attachment; filename={plain}; filename*=UTF-8''{quote(name)}"
    headers = {"content-disposition": named, "cache-control": "no-store"}
    return Response(body, media_type=media, headers=headers)


def _calendar(token: str) -> bytes:
    engine = doors().engine
    slug = calendar.tenant_slug(token)
    if len(token) > 200 or not slug.isidentifier():
        raise NotFound("no such calendar")
    with db.transaction(engine, db.tenant_id_of(engine, slug)) as session:
        return calendar.feed(session, token, now=now())


# --- tables ---------------------------------------------------------------------------------

CONTACTS = ("name", "kind", "organisation", "position", "offices", "mobiles", "groups", "note")


def _contacts(query: str, texts: Words) -> bytes:
    """Return the list as the page shows it; whole mobiles for who may edit. What it gives, it can take in again."""
    given = contacts_asked(query)
    with writing() as session:  # a look is written down
        found = contacts.export(
            session, given["q"], int(given["group"] or 0), out=bool(given["out"]), actor=actor(),
            now=now(), vault=doors().vault,
        )  # fmt: skip
    rows = [
        [
            line.row.name, texts[f"duty.kind.{line.row.kind}"], line.row.organisation, line.row.position,
            "，".join(line.row.offices), "，".join(mobiles), "、".join(line.groups), line.row.note,
        ]
        for line, mobiles in found
    ]  # fmt: skip
    return _table([texts[f"duty.field.{name}"] for name in CONTACTS], rows, width=18)


def _log(query: str, texts: Words) -> bytes:
    with reading() as session:
        head, *body = duty_log.rows(session, log_query.read(query), texts)
    return _table(head, body, width=24)


def _table(head: Sequence[str], rows: Sequence[Sequence[Any]], *, width: int) -> bytes:
    buffer = io.BytesIO()
    with book(buffer, in_memory=True) as made:
        page = made.add_worksheet()
        page.set_column(0, len(head) - 1, width)
        page.write_row(0, 0, head, made.add_format({"bold": True}))
        for number, cells in enumerate(rows, start=1):
            page.write_row(number, 0, cells)
        page.freeze_panes(1, 0)
    return buffer.getvalue()


# --- the roster -----------------------------------------------------------------------------


def _roster(query: str, kind: str, texts: Words) -> tuple[str, bytes]:
    if kind not in ("xlsx", "pdf"):
        raise BadInput(f"no roster as {kind}")
    with reading() as session:
        zone = place(session).zone
        asked = asked_of(query, zone)
        made = sheet(session, asked, zone, may=False)
    first, last = asked.span
    title = texts["duty.roster_title"].format(since=first, until=last)
    heads = [
        (f"{level.label} {slot.label}", hours(slot))
        for level in made.levels
        for slot in level.slots
    ]
    rows = _rows(asked, made, texts)
    if kind == "xlsx":
        top = [texts["duty.col.day"], *(f"{name} {span}" for name, span in heads)]
        flat = [[cell.replace("\n", "、") for cell in line] for line in rows]
        return title, _table(top, flat, width=16)
    page = _ENV.get_template("roster.html").render(
        title=title, day=texts["duty.col.day"], levels=made.levels, rows=rows, hours=hours,
        made=texts["duty.printed"].format(at=f"{made.today}"),
    )  # fmt: skip
    return title, letter_files.printed(page)


def _rows(asked: Asked, made: Sheet, texts: Words) -> list[list[str]]:
    first, last = asked.span
    rows = []
    for number in range((last - first).days + 1):
        day = first.fromordinal(first.toordinal() + number)
        cells = [f"{day:%m-%d} {texts[f'week.{(day.weekday() + 1) % 7}']}"]
        for level in made.levels:
            for slot in level.slots:
                key = (level.code, day, slot.code)
                names = [line.who.name for line in made.shifts.get(key, ())]
                gap = made.gaps.get(key)
                if gap:
                    names.append(f"〔{texts['duty.short'].format(n=gap.least - gap.have)}〕")
                cells.append("\n".join(names))
        rows.append(cells)
    return rows


# --- a report -------------------------------------------------------------------------------


def _report(number: int, kind: str, texts: Words) -> tuple[str, bytes]:
    with reading() as session:
        body = reports.printed(session, number, actor=actor())
        row = reports.one(session, number, actor=actor())
    if kind == "xlsx":
        return row.title, _facts(row.title, row.facts, row.text, texts)
    return row.title, letter_files.render(body, kind)


def _facts(title: str, facts: dict[str, Any], text: str, texts: Words) -> bytes:
    calls, tickets = facts["calls"], facts["tickets"]
    rows: list[list[Any]] = [[texts[f"kpi.{name}"], calls[name]["v"]] for name in CALLS]
    rows += [
        [texts[f"kpi.{name}"], round(each["v"], 4) if each["d"] else "", each["n"], each["d"]]
        for name in RATES
        if (each := calls[name])
    ]
    rows.append([texts["duty.tickets_opened"], tickets["opened"]])
    for family, section in (("kind", "kinds"), ("ticket_status", "states"), ("result", "results")):
        rows += [[texts.get(f"{family}.{key}", key), n] for key, n in tickets[section].items()]
    rows += [[texts[f"duty.kind_of.{name}"], n] for name, n in sorted(facts["log"].items())]
    rows += [[label, "、".join(names)] for label, names in facts["people"]]
    rows += [[], *([line] for line in text.split("\n"))]
    return _table([title], rows, width=24)
