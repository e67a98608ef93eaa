"""Plotting over HTTP: operations of many browsers, presence, layers, snapshots, impact, measuring, symbols.

Every operation is a transaction of its own, so that one that is refused takes none of the others with it; what could
not be done because a store is away answers 503, and the browser sends all of it again under the same ids.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Mapping
from typing import Annotated, Any, TypeVar

import msgspec
from fastapi import FastAPI, Path, Request
from fastapi.responses import JSONResponse, Response
from redis.exceptions import RedisError
from sqlalchemy.exc import OperationalError

from command import assessing, moving, plotting, symbols
from command.plotting import Op, Town
from dashboard import auth
from dashboard.door import doors, ground, network, reading, writing
from dashboard.pages.context import actor
from dashboard.texts import t
from dashboard.views import plot_impact
from dashboard.views.plotting import refused_text
from gis_data.coordinates import measured
from models.clock import now
from models.errors import BadInput, HotlineError, Unavailable
from models.store import streams
from tickets.moving import Actor

log = logging.getLogger(__name__)
T = TypeVar("T")
Number = Annotated[int, Path(ge=1, lt=2**63)]
BODY_MOST = 2_000_000
"""Ten thousand corners twice over; more is no drawing."""
OPS_MOST = 100
PRESENCE_KEPT = 200
"""Entries kept of the stream of presence: it tells of this second."""


class Ops(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A batch, in the order it was done."""

    ops: list[Op]


class LayerAsked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer to make (empty `layer`) or to change."""

    title: str
    layer: str = ""
    team: str = ""
    locked: bool = False


class Titled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A snapshot's name."""

    title: str


class Assess(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The buffer or plume to look into."""

    drawing: str


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where somebody's pointer is and what he does there; WGS-84."""

    lon: float
    lat: float
    doing: str = ""
    drawing: str = ""


class Track(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line or, closed, an area to measure; WGS-84."""

    points: list[tuple[float, float]]
    closed: bool = False


def routes(server: FastAPI) -> None:
    """Give the server the routes of plotting."""
    _drawing_routes(server)
    _asking_routes(server)
    _symbol_routes(server)


def _drawing_routes(server: FastAPI) -> None:
    @server.post("/api/command/{incident}/drawings")
    async def drawings(request: Request, incident: Number) -> Response:
        auth.require("command.act")
        asked = await _read(request, Ops)
        if len(asked.ops) > OPS_MOST:
            raise BadInput(f"{OPS_MOST} operations at once", field="ops")
        done = await asyncio.to_thread(_apply, incident, asked.ops, actor(), _texts(request))
        return JSONResponse({"results": done})

    @server.post("/api/command/{incident}/layers")
    async def layers(request: Request, incident: Number) -> Response:
        asked = await _read(request, LayerAsked)

        def work() -> str:
            with writing() as session:
                return plotting.set_layer(
                    session, incident, **msgspec.structs.asdict(asked), actor=actor(), now=now()
                )

        return await _answered(request, lambda: {"layer": work()})

    @server.post("/api/command/{incident}/snapshots")
    async def snapshots(request: Request, incident: Number) -> Response:
        asked = await _read(request, Titled)

        def work() -> int:
            with writing() as session:
                return plotting.snapshot(session, incident, asked.title, actor=actor(), now=now())

        return await _answered(request, lambda: {"snapshot": work()})


def _asking_routes(server: FastAPI) -> None:
    @server.post("/api/command/{incident}/assess")
    async def assess(request: Request, incident: Number) -> Response:
        asked = await _read(request, Assess)
        texts = _texts(request)

        def work() -> dict[str, Any]:
            here = ground()
            with writing() as session:
                found = assessing.assess(
                    session, incident, asked.drawing, places=here.city.places,
                    crs=here.city.manifest.metric_crs, actor=actor(), now=now(),
                )  # fmt: skip
            return plot_impact.told(found, texts)

        return await _answered(request, work)

    @server.get("/api/command/{incident}/wind")
    async def wind(request: Request, incident: Number, lon: float, lat: float) -> Response:
        def work() -> dict[str, Any]:
            with reading() as session:
                moving.read(session, incident, actor=actor())
                found = assessing.wind_at(session, lon, lat, now=now())
            return {} if found is None else found._asdict()

        return await _answered(request, work)

    @server.post("/api/command/{incident}/presence")
    async def presence(request: Request, incident: Number) -> Response:
        seen = await _read(request, Seen)
        await asyncio.to_thread(_be_seen, incident, seen, actor())
        return Response(status_code=204)

    @server.post("/api/command/measure")
    async def measure(request: Request) -> Response:
        auth.require("command.view")
        asked = await _read(request, Track)

        def work() -> dict[str, float]:
            metres, square = measured(asked.points, closed=asked.closed)
            return {"metres": metres, "square": square}

        return await _answered(request, work)


def _symbol_routes(server: FastAPI) -> None:
    @server.get("/api/command/symbols.json")
    async def library() -> Response:
        auth.require("command.view")
        return JSONResponse(await asyncio.to_thread(_library))

    @server.get("/api/command/symbols/{code}.svg")
    async def picture(code: str) -> Response:
        auth.require("command.view")
        body = await asyncio.to_thread(_picture, code)
        headers = {
            # its address carries its revision; opened by itself it may do nothing at all
            "cache-control": "private, max-age=31536000, immutable",
            "content-security-policy": "default-src 'none'; sandbox",
        }
        return Response(body, media_type="image/svg+xml", headers=headers)


async def _read(request: Request, kind: type[T]) -> T:
    """Return what was sent; BadInput when it is too large or something else."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MOST:
            raise BadInput("too large", field="body", why="large")
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInput("not what is asked for", field="body") from error


async def _answered(request: Request, work: Callable[[], Mapping[str, Any]]) -> Response:
    """Do it in a thread; a refusal answers with the sentence the screen shows."""
    try:
        return JSONResponse(dict(await asyncio.to_thread(work)))
    except HotlineError as error:
        said = {"error": error.code, "text": refused_text(error, _texts(request))}
        return JSONResponse(said, auth.status_of(error))


def _texts(request: Request) -> Mapping[str, str]:
    return t(request.cookies.get("lang"))


def _apply(
    incident: int, ops: list[Op], who: Actor, texts: Mapping[str, str]
) -> list[dict[str, Any]]:
    found = []
    for op in ops:
        try:
            found.append(_one(incident, op, who))
        except (Unavailable, OperationalError) as error:
            raise Unavailable(f"plotting: {error}") from error
        except HotlineError as error:
            log.info("%s of %s refused to %s: %s", op.kind, op.drawing, who.ref, error.detail)
            offer = bool(error.facts.get("offer"))
            text = refused_text(error, texts)
            found.append({"op": op.op, "error": error.code, "text": text, "offer": offer})
    return found


def _one(incident: int, op: Op, who: Actor) -> dict[str, Any]:
    with writing() as session:

        def town() -> Town:
            return Town(ground().city.manifest.metric_crs, network(session).ground)

        done = plotting.apply(session, incident, op, town=town, actor=who, now=now())
    if done.changed:
        log.info("%s %s/%s -> rev %d by %s", op.kind, incident, op.drawing, done.rev, who.ref)
    return {**msgspec.to_builtins(done), "at": now()}


def _be_seen(incident: int, seen: Seen, who: Actor) -> None:
    """Tell the other screens; nothing is kept, and nobody waits when it cannot be told."""
    with reading() as session:
        moving.read(session, incident, actor=who)
    said = {
        "incident": incident, "by": who.name[:40], "actor": who.ref, "lon": seen.lon, "lat": seen.lat,
        "doing": seen.doing[:20], "drawing": seen.drawing[: plotting.ID_MOST], "at": now(),
    }  # fmt: skip
    name = streams.presence_stream(auth.viewer().tenant_id)
    with contextlib.suppress(RedisError):
        doors().redis.xadd(name, {"p": msgspec.json.encode(said)}, maxlen=PRESENCE_KEPT)


def _library() -> list[dict[str, Any]]:
    with reading() as session:
        return [
            {key: value for key, value in sign._asdict().items() if key != "svg"}
            for sign in symbols.library(session)
        ]


def _picture(code: str) -> str:
    with reading() as session:
        return symbols.sign(session, code).svg
