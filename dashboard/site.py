"""What a crew on site presses, over HTTP: the page keeps what was typed until the answer says that it arrived."""

import asyncio
import logging
from typing import Annotated, Literal

import msgspec
from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.orm import Session

from command import site
from dashboard import auth
from dashboard.door import writing
from dashboard.pages.context import actor
from dashboard.texts import t
from dashboard.views.site import refused_text
from models.clock import Instant, now
from models.errors import BadInput, HotlineError
from tickets.moving import Actor

log = logging.getLogger(__name__)
Number = Annotated[int, Path(ge=1, lt=2**63)]
BODY_MOST = 16_384


class Pressed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A press. about : number of the order or task; said : words; step, percent, unit, done : of its verb."""

    verb: Literal["step", "deliver", "answer", "begin", "task", "report", "order"]
    about: int = 0
    said: str = ""
    step: str = ""
    percent: int = 0
    unit: str = ""
    done: bool = False


def routes(server: FastAPI) -> None:
    """Add the route of presses to the server."""

    @server.post("/api/site/{incident}")
    async def press(request: Request, incident: Number) -> Response:
        auth.require(site.ACT)
        texts = t(request.cookies.get("lang"))
        try:
            pressed = await _read(request)
            await asyncio.to_thread(_do, incident, pressed, actor())
        except HotlineError as error:
            said = {"error": error.code, "text": refused_text(error, texts)}
            return JSONResponse(said, auth.status_of(error))
        return JSONResponse({"done": True})


async def _read(request: Request) -> Pressed:
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MOST:
            raise BadInput("too large", field="body")
    try:
        return msgspec.json.decode(body, type=Pressed)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput("not a press", field="body") from error


def _do(incident: int, pressed: Pressed, who: Actor) -> None:
    with writing() as session:
        _verb(session, incident, pressed, who, now())
    log.info("site %s of incident %d by %s", pressed.verb, incident, who.ref)


def _verb(session: Session, incident: int, p: Pressed, who: Actor, at: Instant) -> None:
    match p.verb:
        case "step":
            site.step(session, incident, p.step, actor=who, now=at)
        case "deliver":
            site.deliver(session, incident, actor=who, now=at)
        case "answer":
            site.answer(session, incident, p.about, said=p.said, done=p.done, actor=who, now=at)
        case "begin":
            site.begin_task(session, incident, p.about, actor=who, now=at)
        case "task":
            site.move_task(session, incident, p.about, p.percent, note=p.said, actor=who, now=at)
        case "report":
            site.report(session, incident, said=p.said, actor=who, now=at)
        case "order":
            site.order(session, incident, p.unit, said=p.said, actor=who, now=at)
