"""Who may see what: sessions by cookie, checked in ASGI middleware for every route, callback and stream."""

import asyncio
import logging
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
OPEN_PATHS = ("/login", "/healthz", "/metrics")
OPEN_PREFIXES = ("/assets/", "/_favicon", "/favicon")
CACHE_S = 3.0
"""How long a checked session is believed; a revoked one ends within this."""

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
    """Looks sessions up, believing each for `CACHE_S` seconds."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._known: dict[str, tuple[float, Viewer | None]] = {}
        self._asked: dict[str, asyncio.Task[Viewer | None]] = {}

    async def viewer_of(self, cookie: str) -> Viewer | None:
        """Return who holds the cookie `tenant.token`; Unavailable when nobody can tell."""
        clock = asyncio.get_running_loop().time
        at, found = self._known.get(cookie, (-CACHE_S, None))
        if clock() - at < CACHE_S:
            return found
        if cookie not in self._asked:
            # a wall of screens on one session asks the database once
            self._asked[cookie] = asyncio.create_task(self._ask(cookie))
        return await asyncio.shield(self._asked[cookie])

    async def _ask(self, cookie: str) -> Viewer | None:
        try:
            found = await asyncio.to_thread(self._look_up, cookie)
        finally:
            del self._asked[cookie]
        if len(self._known) > 10_000:
            self._known.clear()
        self._known[cookie] = (asyncio.get_running_loop().time(), found)
        return found

    def _look_up(self, cookie: str) -> Viewer | None:
        tenant, _, token = cookie.partition(".")
        if not tenant.isidentifier():
            return None
        try:
            tenant_id = db.tenant_id_of(self._engine, tenant)
        except NotFound:
            return None
        with db.transaction(self._engine, tenant_id) as session:
            return people.viewer_of(session, tenant, tenant_id, token, now=now())

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
    """Lets nothing through without a session, except the login page, its assets and health."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check one request or stream; websockets are not spoken here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 4403})
            return
        if scope["type"] == "http" and _is_foreign_post(Request(scope)):
            await JSONResponse({"error": "foreign_origin"}, 403)(scope, receive, send)
            return
        if scope["type"] == "lifespan" or _is_open(scope["path"]):
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
        token = _viewer.set(who)
        try:
            await self._app(scope, receive, send)
        finally:
            _viewer.reset(token)


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


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


def status_of(error: HotlineError) -> int:
    """Return the HTTP status that says what `error` is."""
    return {
        "refused": 403, "not_found": 404, "bad_input": 400, "wrong_status": 409, "unavailable": 503,
    }.get(error.code, 500)  # fmt: skip
