"""Changing one's password: what a first password, set by an administrator, leads to."""

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from dashboard import auth
from dashboard.door import writing
from dashboard.texts import t
from dashboard.views.login import password_html
from models.clock import now
from models.errors import BadInput, Refused
from models.store import people


def routes(
    server: FastAPI, gate: auth.Gate, read_form: Callable[[Request], Awaitable[dict[str, str]]]
) -> None:
    """Add the page and its form to the server."""

    def page(request: Request, error: str = "") -> HTMLResponse:
        texts = t(request.cookies.get("lang", "zh"))
        body = password_html(texts, error=texts[error] if error else "", login=auth.viewer().login)
        return HTMLResponse(body, 400 if error else 200)

    @server.get("/password")
    async def password_page(request: Request) -> HTMLResponse:
        return page(request)

    @server.post("/password")
    async def change(request: Request) -> Response:
        form = await read_form(request)
        old, new = form.get("old", ""), form.get("new", "")
        if new != form.get("again", ""):
            return page(request, "password.error.again")
        cookie = request.cookies.get(auth.COOKIE, "")
        try:
            await asyncio.to_thread(_change, old, new, cookie.partition(".")[2])
        except Refused:
            return page(request, "password.error.old")
        except BadInput:
            return page(request, "password.error.new")
        gate.forget(cookie)
        return RedirectResponse("/", 303)


def _change(old: str, new: str, token: str) -> None:
    who = auth.viewer().user_id
    with writing() as session:
        people.change_password(session, who, old, new, token=token, now=now())
