"""Warnings for everybody: the feed of those that hold now, and the file of each that was ever published."""

import asyncio
import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request
from fastapi.responses import PlainTextResponse, Response
from sqlalchemy.orm import Session

from command import alert_lists, alerts
from command.alert_policy import city_of, sender_of
from models.clock import now, to_datetime
from models.errors import NotFound, Unavailable
from models.rules import cap
from models.rules.cap.xml import ATOM_MEDIA, CAP_MEDIA
from models.settings import Settings
from models.store import db
from models.tables import Alert

PREFIX = "/alerts/"
KEPT_S = 5.0
"""How long one answer serves everybody: however many ask, the database is asked this often."""
OLD_S = 30.0
"""No answer older than this is given while the database is asked for a newer one."""
KNOWN_MAX = 500
THREADS = 2
"""Threads that ask the database for everybody: the desks' own never wait for the public."""
ASKED_MAX = 32
"""Different answers asked of the database at a time; who wants one more is told to come back."""
WAITING_MAX = 256
"""Requests that wait for an answer at a time; the next is told to come back."""
CACHE = "public, max-age=15"
_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}")


class Page(NamedTuple):
    """What is sent."""

    body: bytes
    media: str
    changed: float

    @property
    def etag(self) -> str:
        """Return the strong tag of these bytes."""
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'


class Shelf:
    """Answers kept for a moment, each with when it was fetched; one that is not there is remembered, too.

    Nobody needs a session for these, so however many ask, and however slow the database is, they hold no more than
    `THREADS` threads of their own and `WAITING_MAX` requests.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._engine = db.engine_for(settings.database_url, pool=THREADS)
        self._aside = ThreadPoolExecutor(THREADS, "public-alerts")
        self._kept: dict[str, tuple[float, Page | None]] = {}
        self._asked: dict[str, asyncio.Task[Page | None]] = {}
        self._waiting = 0

    def close(self) -> None:
        """Give the connections back."""
        self._aside.shutdown(wait=False, cancel_futures=True)
        self._engine.dispose()

    async def page(self, key: str, fetch: Callable[[Session], Page]) -> Page | None:
        """Return what `fetch` found a moment ago at most; of many who ask at once one asks the database.

        Who asks meanwhile is given the answer of before if it is not old. Unavailable when too many wait.
        """
        at, page = self._kept.get(key, (0.0, None))
        age = now() - at
        asked = self._asked.get(key)
        if age < KEPT_S or (asked is not None and age < OLD_S):
            return page
        if self._waiting >= WAITING_MAX or (asked is None and len(self._asked) >= ASKED_MAX):
            raise Unavailable("too many ask for warnings at once")
        if asked is None:
            asked = self._asked[key] = asyncio.create_task(self._ask(key, fetch))
            asked.add_done_callback(
                lambda task: task.cancelled() or task.exception()
            )  # asker may be gone
        self._waiting += 1
        try:
            return await asyncio.shield(asked)
        finally:
            self._waiting -= 1

    async def _ask(self, key: str, fetch: Callable[[Session], Page]) -> Page | None:
        loop = asyncio.get_running_loop()
        try:
            page = await loop.run_in_executor(self._aside, self._fetched, fetch)
        finally:
            del self._asked[key]
        if len(self._kept) >= KNOWN_MAX:
            self._kept.clear()
        self._kept[key] = now(), page
        return page

    def _fetched(self, fetch: Callable[[Session], Page]) -> Page | None:
        tenant = db.tenant_id_of(self._engine, self.settings.tenant)
        with db.transaction(self._engine, tenant) as session:
            try:
                return fetch(session)
            except NotFound:
                return None


def routes(server: FastAPI, shelf: Shelf) -> None:
    """Register the routes; they need no session and show nobody's name."""
    settings = shelf.settings

    @server.api_route("/alerts/feed.atom", methods=["GET", "HEAD"])
    async def feed(request: Request) -> Response:
        base = settings.public_url.rstrip("/") or str(request.base_url).rstrip("/")
        page = await shelf.page(f"feed {base}", lambda session: _feed(session, base))
        return _answer(request, page)

    @server.api_route("/alerts/{identifier}.xml", methods=["GET", "HEAD"])
    async def file(request: Request, identifier: str) -> Response:
        if not _NAME.fullmatch(identifier):
            return _answer(request, None)
        page = await shelf.page(f"file {identifier}", lambda session: _file(session, identifier))
        return _answer(request, page)

    @server.api_route("/alerts/{rest:path}", methods=["GET", "HEAD"])
    async def nothing(request: Request, rest: str) -> Response:
        return _answer(request, None)  # else the desks' own frame would stand under an open address


def _feed(session: Session, base: str) -> Page:
    at, sender = now(), sender_of(session)
    changed = alert_lists.changed_at(session, now=at)
    body = cap.feed(
        [_entry(row, base) for row in alert_lists.current(session, now=at)],
        title=f"{city_of(session)}预警信息",
        author=sender.name,
        sender=sender.sender,
        updated=datetime.fromtimestamp(changed, ZoneInfo(sender.zone)).isoformat(),
        href=f"{base}{PREFIX}feed.atom",
    )
    return Page(body, ATOM_MEDIA, changed)


def _entry(row: Alert, base: str) -> cap.Entry:
    draft = alerts.body_of(row)
    sender, identifier, sent = row.reference.split(",")
    mark = "【演练】" if row.exercise else ""
    return cap.Entry(
        identifier=identifier, sender=sender, sent=sent, headline=f"{mark}{row.headline.removeprefix(mark)}",
        summary=f"{mark}{draft.chinese.description}", category=draft.categories[0],
        href=f"{base}{PREFIX}{identifier}.xml",
    )  # fmt: skip


def _file(session: Session, identifier: str) -> Page:
    row = alert_lists.file(session, identifier)
    return Page(row.xml.encode(), CAP_MEDIA, row.sent_at.timestamp() if row.sent_at else 0.0)


def _answer(request: Request, page: Page | None) -> Response:
    """Send a page, or that the asker has it already."""
    if page is None:
        return PlainTextResponse("not found", 404, {"cache-control": CACHE})
    headers = {
        "etag": page.etag,
        "last-modified": format_datetime(to_datetime(int(page.changed)), usegmt=True),
        "cache-control": CACHE,
        "access-control-allow-origin": "*",
    }
    if _has_it(request, page):
        return Response(status_code=304, headers=headers)
    return Response(page.body, media_type=f"{page.media}; charset=utf-8", headers=headers)


def _has_it(request: Request, page: Page) -> bool:
    """Whether the asker's copy is this one; a tag outweighs a date (RFC 9110, 13.1.3)."""
    tags = request.headers.get("if-none-match")
    if tags is not None:
        held = {tag.strip().removeprefix("W/") for tag in tags.split(",")}
        return "*" in held or page.etag in held
    since = request.headers.get("if-modified-since")
    try:
        return bool(since) and parsedate_to_datetime(since or "").timestamp() >= int(page.changed)
    except (ValueError, OverflowError, TypeError):
        return False
