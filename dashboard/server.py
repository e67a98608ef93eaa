"""The web process: one ASGI app with sign-in, live push, exports, health, metrics and the Dash pages."""

import asyncio
import contextlib
import logging
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, urlsplit

import dash
import uvicorn
from dash.backends import get_backend
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, Response
from redis import Redis as SyncRedis
from redis.exceptions import RedisError
from starlette.background import BackgroundTask
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from command import centre, pictures, supplies
from command.positions import units
from dashboard import (
    auth,
    cameras,
    door,
    duty_files,
    evaluation_files,
    export,
    feed_push,
    files,
    hotspot_files,
    incident_files,
    letters,
    maps,
    metrics,
    pages,
    plotting,
    positions,
    replay_files,
    resource_files,
    route_files,
    scheme_files,
    sign_in,
)
from dashboard.centre_live import CentreHub
from dashboard.command_live import CommandHub, Watch
from dashboard.live import FloorHub
from dashboard.pages.context import actor
from dashboard.prompts import Ear, PromptDesk
from dashboard.texts import t
from dashboard.views import call_query, ticket_query
from dashboard.views.ids import id_in
from models.clock import now
from models.errors import HotlineError, Refused, Unavailable
from models.process import process_name, rss_mb, settle
from models.rules.incident.prompts import Low
from models.rules.incident.state import Picture
from models.settings import Settings
from models.store import db, roster, streams
from models.store.crypto import Vault
from models.store.files import Files
from models.store.people import Viewer

log = logging.getLogger(__name__)

SHUTDOWN_S = 1
"""Streams never end by themselves: open ones are cut after this when the server stops."""
SECURITY_HEADERS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "SAMEORIGIN",
    "referrer-policy": "same-origin",
}
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:{tiles}; style-src 'self' 'unsafe-inline'; "
    "script-src 'self' 'unsafe-inline' 'unsafe-eval'; worker-src 'self' blob:; connect-src 'self'; "
    "font-src 'self' data:; frame-ancestors 'self'"
)


def _headers(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Return what every response carries; only the map's own source, if one is set, may send pictures, too."""
    parts = urlsplit(settings.tile_url)
    tiles = f" {parts.scheme}://{parts.netloc.replace('{s}', '*')}" if settings.tile_url else ""
    policy = {"content-security-policy": CONTENT_POLICY.format(tiles=tiles)}
    return [(k.encode(), v.encode()) for k, v in {**SECURITY_HEADERS, **policy}.items()]


class Public(Protocol):
    """The public site, as `app` hands it over: this room and `portal` are strangers."""

    @property
    def prefixes(self) -> tuple[str, ...]: ...  # noqa: D102
    def routes(self, server: FastAPI) -> None: ...  # noqa: D102
    def close(self) -> None: ...  # noqa: D102


class Web:
    """What the routes share: doors, sessions, and one live hub per tenant."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.headers = _headers(settings)
        self.engine = db.engine_for(settings.database_url, pool=6)
        self.gate = auth.Gate(self.engine)
        self.redis = streams.connect(settings.redis_url)
        self.hubs: dict[str, FloorHub] = {}
        self.command_hubs: dict[int, CommandHub] = {}
        self.centre_hubs: dict[tuple[int, str], CentreHub] = {}
        self.prompt_desks: dict[int, PromptDesk] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        door.wire(
            door.Doors(
                settings,
                self.engine,
                Vault(settings.encryption_keys, settings.hash_key),
                SyncRedis.from_url(settings.redis_url, protocol=2, socket_timeout=3),
                Files(settings.files),
            )
        )

    def hub(self, tenant: str, tenant_id: int, district: str | None = "") -> FloorHub:
        """Return the tenant's hub, started on first use: its own for those who see one district, or none (None)."""
        key = f"{tenant}/{district}" if district != "" else tenant
        if key not in self.hubs:

            async def seats() -> dict[str, Any]:
                return await asyncio.to_thread(self._roster, tenant, tenant_id)

            hub = self.hubs[key] = FloorHub(
                self.redis, tenant, seats, district, streams.place_stream(tenant_id)
            )
            task = asyncio.ensure_future(hub.run())
            self._tasks.add(task)
        return self.hubs[key]

    def command_hub(self, tenant_id: int) -> CommandHub:
        """Return the tenant's hub of incidents, started on first use."""
        if tenant_id not in self.command_hubs:

            async def load(incident: int) -> Picture | None:
                return await asyncio.to_thread(self._picture, tenant_id, incident)

            async def load_all() -> tuple[list[Picture], dict[str, Any]]:
                return await asyncio.to_thread(self._pictures, tenant_id)

            hub = self.command_hubs[tenant_id] = CommandHub(self.redis, tenant_id, load, load_all)
            self._tasks.add(asyncio.ensure_future(hub.run()))
        return self.command_hubs[tenant_id]

    def centre_hub(self, tenant_id: int, district: str) -> CentreHub:
        """Return the tenant's hub of the centre's screens, started on first use: its own for each district."""
        key = (tenant_id, district)
        if key not in self.centre_hubs:

            async def load() -> dict[str, Any]:
                return await asyncio.to_thread(self._centre, tenant_id, district)

            hub = self.centre_hubs[key] = CentreHub(self.redis, tenant_id, load)
            self._tasks.add(asyncio.ensure_future(hub.run()))
        return self.centre_hubs[key]

    def prompt_desk(self, tenant_id: int) -> PromptDesk:
        """Return what asks for the tenant's people, started on first use."""
        if tenant_id not in self.prompt_desks:

            async def load_low() -> list[Low]:
                return await asyncio.to_thread(self._low, tenant_id)

            desk = PromptDesk(self.command_hub(tenant_id), load_low)
            self.prompt_desks[tenant_id] = desk
            self._tasks.add(asyncio.ensure_future(desk.run()))
        return self.prompt_desks[tenant_id]

    def ear(self, who: Viewer) -> Ear | None:
        """Return who is told of what asks for him; None for who has no part in command."""
        if who.unit or "command.view" not in who.can:
            return None
        return Ear(self.prompt_desk(who.tenant_id), who)

    def _low(self, tenant_id: int) -> list[Low]:
        with db.transaction(self.engine, tenant_id) as session:
            return supplies.low(session)

    def _centre(self, tenant_id: int, district: str) -> dict[str, Any]:
        datum = self.settings.tile_datum
        with db.transaction(self.engine, tenant_id) as session:
            return centre.sections(session, district=district, now=now(), datum=datum)

    def _picture(self, tenant_id: int, incident: int) -> Picture | None:
        with db.transaction(self.engine, tenant_id) as session:
            return pictures.picture(session, incident)

    def _pictures(self, tenant_id: int) -> tuple[list[Picture], dict[str, Any]]:
        with db.transaction(self.engine, tenant_id) as session:
            return pictures.open_ones(session), units.live(session, now=now())

    def _roster(self, tenant: str, tenant_id: int) -> dict[str, Any]:
        with db.transaction(self.engine, tenant_id) as session:
            return roster.roster(session, tenant)

    async def start_hub(self) -> None:
        """Have the house's own tenant ready before the first screen asks."""
        with contextlib.suppress(HotlineError):
            slug = self.settings.tenant
            self.hub(slug, await asyncio.to_thread(db.tenant_id_of, self.engine, slug))

    def start_beat(self) -> None:
        """Say that this process is alive, for the system page."""
        self._tasks.add(asyncio.ensure_future(self._beat()))

    async def _beat(self) -> None:
        name, since = process_name("web"), now()
        while True:
            screens = sum(hub.clients for hub in self.hubs.values())
            screens += sum(hub.clients for hub in self.command_hubs.values())
            screens += sum(hub.clients for hub in self.centre_hubs.values())
            facts = {"loop": "web", "since": since, "rss_mb": rss_mb(), "lag": 0}
            with contextlib.suppress(RedisError, OSError):
                await streams.beat(self.redis, name, {**facts, "detail": f"{screens} screens"})
            await asyncio.sleep(streams.BEAT_S)

    async def close(self) -> None:
        """Stop the hubs and give the connections back."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.redis.aclose()
        self.engine.dispose()


def create_app(settings: Settings, public: Public | None = None) -> ASGIApp:
    """Return the ASGI application. public : the public site, for which nobody needs a session."""
    web = Web(settings)

    @contextlib.asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        web.start_beat()
        await web.start_hub()
        settle()
        yield
        await web.close()
        if public is not None:
            public.close()

    server = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None, openapi_url=None)
    sign_in.routes(server, sign_in.Parts(settings, web.engine, web.gate, web.redis))
    _service_routes(server, web)
    files.routes(server)
    letters.routes(server)
    maps.routes(server)
    cameras.routes(server, loopback=settings.feeds_loopback)
    hotspot_files.routes(server)
    incident_files.routes(server)
    route_files.routes(server)
    positions.routes(server, settings, web.engine, web.redis)
    resource_files.routes(server)
    feed_push.routes(server)
    duty_files.routes(server)
    plotting.routes(server)
    replay_files.routes(server)
    evaluation_files.routes(server)
    scheme_files.routes(server)
    if public is not None:
        public.routes(server)
    # callbacks by websocket would be checked once, when the socket opens; by HTTP every one is
    get_backend("fastapi").websocket_capability = False
    application = dash.Dash(
        "dashboard",
        server=server,  # type: ignore[arg-type] # typed for Flask only
        backend="fastapi",
        assets_folder=str(Path(__file__).parent / "assets"),
        title="12345 值守",
        update_title="",
        serve_locally=True,
        health_endpoint=None,
    )
    application.layout = pages.shell
    pages.register(application)
    return _with_stream(
        auth.AuthMiddleware(server, web.gate, public.prefixes if public else ()), web
    )


def _streams(web: Web) -> dict[str, ASGIApp]:
    """Return the live streams by their address."""

    async def floor(scope: Scope, receive: Receive, send: Send) -> None:
        who = auth.require("floor.view")
        # calls have no district; of the day's tickets one sees those of one's lists, a unit none
        district = None if who.unit else who.district
        hub = web.hub(who.tenant, who.tenant_id, district)
        ear = web.ear(who)
        still = _still(web, scope, who, "floor.view", ear)
        await hub.serve(scope, receive, send, still, ear.news if ear else bytes)

    async def command(scope: Scope, receive: Receive, send: Send) -> None:
        who = auth.require("command.view")
        if who.unit:
            raise Refused("units have no part in command", permission="command.view")
        asked = parse_qs(scope["query_string"].decode("latin-1")).get("incident", ["0"])[0]
        watch = Watch(who.district, id_in(asked))
        hub = web.command_hub(who.tenant_id)
        await hub.serve(receive, send, watch, _still(web, scope, who, "command.view"))

    async def screens(scope: Scope, receive: Receive, send: Send) -> None:
        who = auth.require("command.view")
        if who.unit:
            raise Refused("units have no part in command", permission="command.view")
        hub = web.centre_hub(who.tenant_id, who.district)
        await hub.serve(receive, send, _still(web, scope, who, "command.view"))

    async def prompts(scope: Scope, receive: Receive, send: Send) -> None:
        who = auth.require("command.view")
        ear = web.ear(who)
        if ear is None:
            raise Refused("units have no part in command", permission="command.view")
        still = _still(web, scope, who, "command.view", ear)
        await web.prompt_desk(who.tenant_id).serve(receive, send, ear, still)

    return {
        "/live/floor": floor, "/live/command": command, "/live/centre": screens,
        "/live/prompts": prompts,
    }  # fmt: skip


def _with_stream(app: ASGIApp, web: Web) -> ASGIApp:
    """Serve the live streams as plain ASGI, past the framework's per-chunk work, behind the same gate."""

    def gated(stream: ASGIApp) -> ASGIApp:
        async def guarded(scope: Scope, receive: Receive, send: Send) -> None:
            try:
                await stream(scope, receive, send)
            except Refused as error:
                await JSONResponse({"error": error.code}, 403)(scope, receive, send)

        return auth.AuthMiddleware(guarded, web.gate)

    live = {path: gated(stream) for path, stream in _streams(web).items()}

    async def route(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in live:
            await live[scope["path"]](scope, receive, send)
        else:
            await app(scope, receive, _secured(scope, send, web.headers))

    return route


def _still(
    web: Web, scope: Scope, who: Viewer, permission: str, ear: Ear | None = None
) -> Callable[[], Awaitable[bool]]:
    """Return whether who opened a stream may still have it, to be asked now and then; `ear` learns what else he may."""
    cookie = auth.cookie_of(scope)

    async def allowed() -> bool:
        try:
            found = await web.gate.viewer_of(cookie)
        except Unavailable:
            return True  # nobody can tell now: the running stream goes on, a new one would not
        if ear is not None and found is not None:
            ear.belongs_to(found)
        same = found is not None and (found.unit, found.district) == (who.unit, who.district)
        return same and found is not None and permission in found.can

    return allowed


def _secured(scope: Scope, send: Send, headers: list[tuple[bytes, bytes]]) -> Send:
    """Add the security headers to every response."""
    if scope["type"] != "http":
        return send

    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *headers]}
        await send(message)

    return with_headers


# --- services -------------------------------------------------------------------------------


def _service_routes(server: FastAPI, web: Web) -> None:
    @server.exception_handler(HotlineError)
    async def refused(_request: Request, error: HotlineError) -> JSONResponse:
        return JSONResponse({"error": error.code}, auth.status_of(error))

    @server.get("/healthz")
    async def healthz() -> JSONResponse:
        facts = await asyncio.to_thread(_health, web)
        return JSONResponse(facts, 200 if all(facts.values()) else 503)

    @server.get("/metrics")
    async def prometheus(request: Request) -> Response:
        given = request.headers.get("authorization", "").removeprefix("Bearer ")
        token = web.settings.metrics_token
        if not token or not secrets.compare_digest(given.encode(), token.encode()):
            return JSONResponse({"error": "refused"}, 403)
        body = await asyncio.to_thread(metrics.render, web.hubs)
        return Response(body, media_type="text/plain; version=0.0.4; charset=utf-8")

    @server.get("/api/export/calls.{kind}")
    async def export_calls(request: Request, kind: str) -> Response:
        who = auth.require("calls.view")
        query = call_query.read(request.url.query)
        texts = t(request.cookies.get("lang", "zh"))
        response = await _exported(
            export.calls_file,
            kind,
            query,
            texts,
            web.settings.zone,
            as_=f"calls-{query.day}.{kind}",
        )
        log.info(
            "export calls.%s by user:%d", kind, who.user_id
        )  # what was searched may be a number
        return response

    @server.get("/api/export/tickets.xlsx")
    async def export_tickets(request: Request) -> Response:
        who = auth.require("ticket.view")
        query = ticket_query.read(request.url.query)
        texts = t(request.cookies.get("lang", "zh"))
        response = await _exported(
            export.tickets_file, query, actor(), texts, web.settings.zone, as_="tickets.xlsx"
        )
        log.info("export tickets.xlsx by user:%d", who.user_id)
        return response


async def _exported(write: Callable[..., Path], *facts: object, as_: str) -> Response:
    """Return the file that `write(*facts, folder)` made; it is gone once it was sent."""
    folder = tempfile.TemporaryDirectory(prefix="export-")
    try:
        path = await asyncio.to_thread(write, *facts, folder.name)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(path, filename=as_, background=BackgroundTask(folder.cleanup))


def _health(web: Web) -> dict[str, bool]:
    try:
        redis = bool(door.doors().redis.ping())
    except RedisError:
        redis = False
    return {"redis": redis, "database": bool(door.database_state()["ok"])}


def serve(settings: Settings, public: Public | None = None) -> None:
    """Run the web process until it is told to stop; `public` as in `create_app`."""
    config = uvicorn.Config(
        create_app(settings, public),
        host=settings.host,
        port=settings.port,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=SHUTDOWN_S,
        proxy_headers=True,
        backlog=2048,
    )
    uvicorn.Server(config).run()
