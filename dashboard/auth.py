"""Who may see what: sessions by cookie, checked in ASGI middleware for every route, callback and stream."""

import asyncio
import contextlib
import logging
from collections.abc import Collection
from contextvars import ContextVar
from urllib.parse import quote, urlsplit

from sqlalchemy import Engine
from starlette.requests import Request, cookie_parser
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from models.clock import now
from models.errors import HotlineError, NotFound, Refused, Unavailable
from models.store import db, people
from models.store.people import Viewer

log = logging.getLogger(__name__)

COOKIE = "hotline_session"
OPEN_PATHS = ("/login", "/healthz", "/metrics", "/duty/calendar.ics", "/api/positions")
"""What needs no session: /metrics, the calendar and devices' positions ask for tokens of their own."""
CHANGE_PATHS = ("/password", "/logout")
"""All that a first password opens."""
OPEN_PREFIXES = ("/assets/", "/_favicon", "/favicon", "/api/feeds/")
"""The last takes what bureaus push, each under its feed's own token."""
CACHE_S = 3.0
"""How long a checked session is believed; a revoked one ends within this."""
KNOWN_MAX = 10_000

_viewer: ContextVar[Viewer] = ContextVar("viewer")


def viewer() -> Viewer:
    """Return who is asking; Refused outside a signed-in request."""
    try:
        return _viewer.get()
    except LookupError:
        raise Refused("not signed in") from None


def require(permission: str) -> Viewer:
    """Return the viewer if the role allows `permission`, else Refused."""
    who = viewer()
    if permission not in who.can:
        raise Refused(f"{who.login} lacks {permission}", permission=permission)
    return who


class Gate:
    """Looks sessions up, believing each for `CACHE_S` seconds; all who ask meanwhile share one look-up."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[float, Viewer | None]] = {}
        self._waiting: dict[str, asyncio.Future[Viewer | None]] = {}
        self._asking: asyncio.Task[None] | None = None

    async def viewer_of(self, cookie: str) -> Viewer | None:
        """Return who holds the cookie `tenant.token`; Unavailable when nobody can tell."""
        loop = asyncio.get_running_loop()
        at, found = self._known.get(cookie, (-CACHE_S, None))
        if loop.time() - at < CACHE_S:
            return found
        answer = self._waiting.get(cookie)
        if answer is None:
            answer = self._waiting[cookie] = loop.create_future()
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._ask())
        return await asyncio.shield(answer)

    async def _ask(self) -> None:
        """Answer all who wait, and those who came while the database was asked."""
        while self._waiting:
            waiting, self._waiting = self._waiting, {}
            try:
                found = await asyncio.to_thread(self._look_up, waiting.keys())
            except Exception as error:
                for answer in waiting.values():
                    answer.set_exception(error)
                    answer.exception()  # taken: who asked may be gone
                continue
            if len(self._known) > KNOWN_MAX:
                self._known.clear()
            at = asyncio.get_running_loop().time()
            for cookie, answer in waiting.items():
                self._known[cookie] = (at, found.get(cookie))
                answer.set_result(found.get(cookie))

    def _look_up(self, cookies: Collection[str]) -> dict[str, Viewer]:
        tokens: dict[str, set[str]] = {}
        for cookie in cookies:
            tenant, _, token = cookie.partition(".")
            if tenant.isidentifier():
                tokens.setdefault(tenant, set()).add(token)
        found: dict[str, Viewer] = {}
        for tenant, of_tenant in tokens.items():
            with contextlib.suppress(NotFound):
                tenant_id = db.tenant_id_of(self._engine, tenant)
                with db.transaction(self._engine, tenant_id) as session:
                    seen = people.viewers_of(session, tenant, tenant_id, of_tenant, now=now())
                found |= {f"{tenant}.{token}": who for token, who in seen.items()}
        return found

    def forget(self, cookie: str) -> None:
        """Look this session up anew next time."""
        self._known.pop(cookie, None)


def cookie_of(scope: Scope) -> str:
    """Return the session cookie of a request, empty if there is none."""
    for name, value in scope.get("headers", []):
        if name == b"cookie":
            found = cookie_parser(value.decode("latin-1")).get(COOKIE)
            if found:
                return found
    return ""


class AuthMiddleware:
    """Lets nothing through without a session, except the login page, its assets, health, and the public site."""

    def __init__(self, app: ASGIApp, gate: Gate, public: tuple[str, ...] = ()) -> None:
        self._app = app
        self._gate = gate
        self._open = OPEN_PREFIXES + public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request or stream; websockets are not spoken here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
            return
        if scope["type"] == "http" and _is_foreign_post(Request(scope)):
            await JSONResponse({"error": "foreign_origin"}, 403)(scope, receive, send)
            return
        if scope["type"] == "lifespan" or self._is_open(scope["path"]):
            await self._app(scope, receive, send)
            return
        try:
            who = await self._gate.viewer_of(cookie_of(scope))
        except Unavailable as error:
            log.warning("sessions cannot be checked: %s", error)
            await JSONResponse({"error": "unavailable"}, 503)(scope, receive, send)
            return
        if who is None:
            await _turned_away(Request(scope))(scope, receive, send)
            return
        if who.must_change and scope["path"] not in CHANGE_PATHS:
            await _sent_to_change(Request(scope))(scope, receive, send)
            return
        token = _viewer.set(who)
        try:
            await self._app(scope, receive, send)
        finally:
            _viewer.reset(token)

    def _is_open(self, path: str) -> bool:
        return path in OPEN_PATHS or path.startswith(self._open)


def _is_foreign_post(request: Request) -> bool:
    """A POST sent by another site's page: the browser says where it comes from."""
    origin = request.headers.get("origin")
    if request.method in ("GET", "HEAD") or not origin:
        return False
    host = request.headers.get("x-forwarded-host") or request.headers.get("host", "")
    return urlsplit(origin).netloc != host


def _turned_away(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(f"/login?next={quote(path)}", 303)
    return JSONResponse({"error": "signed_out"}, 401)


def _sent_to_change(request: Request) -> Response:
    if request.method == "GET" and "text/html" in request.headers.get("accept", ""):
        return RedirectResponse("/password", 303)
    return JSONResponse({"error": "change_password"}, 403)


def status_of(error: HotlineError) -> int:
    """Return the HTTP status that says what `error` is."""
    return {
        "refused": 403, "not_found": 404, "bad_input": 400, "wrong_status": 409, "unavailable": 503,
    }.get(error.code, 500)  # fmt: skip
