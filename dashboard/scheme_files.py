"""The response scheme of an incident as a file to print: drawn up anew whenever it is asked for."""

import asyncio
import logging
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import Response

from command import advice, dispatch, dossier, forces, moving, plans, scheme_page
from dashboard.auth import require
from dashboard.door import ground, reading
from dashboard.pages.command import seen_in
from dashboard.pages.context import actor
from dashboard.pages.dispatch import roads
from dashboard.texts import t
from dashboard.views import scheme as views
from dashboard.views.ids import id_in
from dashboard.views.kit import Words
from models.clock import now
from models.errors import NotFound
from models.rules.incident.plans import Around

log = logging.getLogger(__name__)


def routes(server: FastAPI) -> None:
    """Give the server the scheme's route."""

    @server.get("/api/command/scheme/{incident}.pdf")
    async def scheme(request: Request, incident: str) -> Response:
        who = require("command.view")
        lang = request.cookies.get("lang", "zh")
        page = await asyncio.to_thread(drawn_up, id_in(incident), lang, t(lang))
        body = await asyncio.to_thread(scheme_page.pdf, page)
        log.info("scheme of incident %s to user:%d", page.no, who.user_id)
        named = f"filename=scheme-{page.no}.pdf; filename*=UTF-8''{quote(f'{page.title}.pdf')}"
        headers = {"content-disposition": f"inline; {named}", "cache-control": "no-store"}
        return Response(body, media_type="application/pdf", headers=headers)


def drawn_up(incident: int, lang: str, words: Words) -> scheme_page.Page:
    """Return the scheme as things are now; NotFound outside the viewer's scope."""
    at, who = now(), actor()
    try:
        city = ground().city
    except NotFound:
        city = None
    with reading() as session:
        state = moving.read(session, incident, actor=who)
        around = dossier.dossier(session, state, city, actor=who, now=at) if city else None
        near = around.around if around else Around()
        fitting = plans.suggest(session, state, near) if state.open else []
        best = (
            dispatch.recommend(session, incident, roads(session), actor=who, now=at)
            if state.open
            else None
        )
        found = views.Found(
            state, around, fitting, best, advice.advice(session, state, actor=who, now=at),
        )  # fmt: skip
        seen = seen_in(session, words)
        return views.printed(found, seen, forces.capabilities(session), who.name, lang, words)
