"""Signing in and out: a form, a limit of tries, and a cookie nobody else can read."""

import asyncio
import contextlib
from typing import NamedTuple
from urllib.parse import parse_qs

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine

from dashboard import auth, password
from dashboard.texts import t
from dashboard.views.login import login_html
from models import demo
from models.clock import now
from models.errors import BadInput, NotFound, Refused, Unavailable
from models.settings import Settings
from models.store import db, people

LOGIN_TRIES = 8
LOGIN_WINDOW_S = 300
FORM_BYTES = 8192


class Parts(NamedTuple):
    """What signing in needs of the web process."""

    settings: Settings
    engine: Engine
    gate: auth.Gate
    redis: "Redis"


def routes(server: FastAPI, parts: Parts) -> None:
    """Give the server the page and the forms of signing in, out, and of changing a password."""

    def page(request: Request, error: str = "", next_path: str = "/") -> HTMLResponse:
        texts = t(request.cookies.get("lang", "zh"))
        logins = demo.LOGINS if parts.settings.demo else ()
        body = login_html(
            texts,
            error=texts[error] if error else "",
            next_path=_own_path(next_path),
            demo_logins=logins,
        )
        return HTMLResponse(body, 401 if error else 200)

    @server.get("/login")
    async def login_page(request: Request, next: str = "/") -> HTMLResponse:
        return page(request, next_path=next)

    @server.post("/login")
    async def login(request: Request) -> Response:
        form = await _form(request)
        login, password = form.get("login", ""), form.get("password", "")
        next_path = form.get("next", "/")
        slug = parts.settings.tenant
        if await _too_many(parts, request, login):
            return page(request, "login.error.limited", next_path)
        try:
            token = await asyncio.to_thread(_sign_in, parts, slug, login, password)
            who = await parts.gate.viewer_of(f"{slug}.{token}")
        except Refused:
            return page(request, "login.error.wrong", next_path)
        except (Unavailable, NotFound):
            return page(request, "error.unavailable", next_path)
        with contextlib.suppress(RedisError, OSError):
            await parts.redis.delete(_tries_key(parts, request, login))
        response = RedirectResponse(_own_path(next_path), 303)
        response.set_cookie(
            auth.COOKIE, f"{slug}.{token}", max_age=parts.settings.session_hours * 3600,
            httponly=True, samesite="lax", secure=parts.settings.public_url.startswith("https"),
        )  # fmt: skip
        response.set_cookie(
            "live", str(int(who is not None and "floor.view" in who.can)), samesite="lax"
        )
        return response

    password.routes(server, parts.gate, _form)

    @server.post("/logout")
    async def logout(request: Request) -> Response:
        cookie = request.cookies.get(auth.COOKIE, "")
        await asyncio.to_thread(_sign_out, parts, cookie)
        response = RedirectResponse("/login", 303)
        response.delete_cookie(auth.COOKIE)
        return response


async def _form(request: Request) -> dict[str, str]:
    """Read a posted form of a few short fields; BadInput on anything larger."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > FORM_BYTES:
            raise BadInput("a form of more than 8 kB")
    try:
        fields = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=20)
    except ValueError as error:
        raise BadInput(str(error)) from error
    form = {name: values[-1] for name, values in fields.items()}
    if any("\0" in value for value in form.values()):
        raise BadInput("a NUL in a form")
    return form


def _sign_in(parts: Parts, slug: str, login: str, password: str) -> str:
    tenant_id = db.tenant_id_of(parts.engine, slug)
    with db.transaction(parts.engine, tenant_id) as session:
        return people.sign_in(
            session, tenant_id, login, password, now=now(), hours=parts.settings.session_hours
        )


def _sign_out(parts: Parts, cookie: str) -> None:
    parts.gate.forget(cookie)
    who = auth.viewer()
    with db.transaction(parts.engine, who.tenant_id) as session:
        people.sign_out(session, cookie.partition(".")[2], now=now())


async def _too_many(parts: Parts, request: Request, login: str) -> bool:
    """Count tries by login and address until one succeeds; without Redis nobody is kept out."""
    key = _tries_key(parts, request, login)
    try:
        await parts.redis.set(key, 0, ex=LOGIN_WINDOW_S, nx=True)
        tries = await parts.redis.incr(key)
    except (RedisError, OSError):
        return False
    return int(tries) > LOGIN_TRIES


def _tries_key(parts: Parts, request: Request, login: str) -> str:
    address = request.client.host if request.client else ""
    return f"login:{parts.settings.tenant}:{login[:50]}:{address}"


def _own_path(path: str) -> str:
    """Return `path` only if it is one of ours: no other host can be smuggled in."""
    return path if path.startswith("/") and not path.startswith(("//", "/\\")) else "/"
