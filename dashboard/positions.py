"""The HTTP door for devices: fixes in JSON, by a device's own secret or a fleet gateway's (docs/positions.md)."""

import asyncio
import math
from collections import Counter
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine

from command.positions import devices
from command.positions import fix as fixes
from command.positions.devices import Allowance, Roster, Sender
from command.positions.fix import Fix
from command.positions.read import BATCH_MAX, Told, fix_of, read_batch, reason_of
from models.clock import Instant, now
from models.errors import BadInput, Unavailable
from models.settings import Settings
from models.store import db, streams

PATH = "/api/positions"
BODY_MAX = 256 * 1024
ROSTER_S = 5.0


class PositionDoor:
    """Takes fixes for the house's own tenant."""

    def __init__(self, settings: Settings, engine: Engine, redis: "Redis") -> None:
        self._settings = settings
        self._engine = engine
        self._redis = redis
        self._allowance = Allowance()
        self._roster = Roster({})
        self._tenant_id = 0
        self._read_at = -ROSTER_S

    async def take(self, request: Request) -> JSONResponse:
        """Answer one request: 202 with how many fixes were taken and why others were not, else why none could be."""
        await self._refresh()
        sender = self._roster.of_token(_token(request))
        if sender is None:
            return _no(401, "token", {"www-authenticate": "Bearer"})
        body = await _body(request)
        if body is None:
            return _no(413, "too_large")
        try:
            batch = read_batch(body)
        except BadInput as error:
            return _no(422, reason_of(error))
        if len(batch) > BATCH_MAX:
            return _no(413, "too_many")
        wait = self._allowance.take(sender, len(batch), now())
        if wait:
            return _no(429, "rate", {"retry-after": str(math.ceil(wait))})
        taken, refused = self._read(sender, batch, now())
        if taken:
            try:
                await streams.append_fixes(self._redis, self._tenant_id, fixes.encode(taken))
            except (RedisError, OSError):
                return _no(503, "unavailable", {"retry-after": "1"})
        return JSONResponse({"accepted": len(taken), "refused": refused}, 202)

    def _read(
        self, sender: Sender, batch: list[Told | str], heard: Instant
    ) -> tuple[list[Fix], dict[str, int]]:
        """Return the fixes that can be taken, and how many cannot by the reason."""
        taken, refused = [], Counter[str]()
        for told in batch:
            if isinstance(told, str):
                refused[told] += 1
                continue
            unit = self._roster.unit_of(sender, told.device)
            try:
                fix = fix_of(told, unit, heard)
            except BadInput as error:
                refused[reason_of(error)] += 1
                continue
            if unit:
                taken.append(fix)
            else:
                refused["device"] += 1
        return taken, dict(refused)

    async def _refresh(self) -> None:
        """Read the devices again now and then; a database that is away leaves those that are known."""
        clock = asyncio.get_running_loop().time()
        if clock - self._read_at >= ROSTER_S:
            self._read_at = clock
            try:
                self._tenant_id, self._roster = await asyncio.to_thread(self._look)
            except Unavailable:
                if not self._tenant_id:
                    raise

    def _look(self) -> tuple[int, Roster]:
        tenant_id = db.tenant_id_of(self._engine, self._settings.tenant)
        with db.transaction(self._engine, tenant_id) as session:
            return tenant_id, devices.roster(session, self._settings.positions_token)


def routes(server: FastAPI, settings: Settings, engine: Engine, redis: "Redis") -> None:
    """Add the door."""
    door = PositionDoor(settings, engine, redis)

    @server.post(PATH)
    async def take_positions(request: Request) -> JSONResponse:
        return await door.take(request)


def _token(request: Request) -> str:
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


async def _body(request: Request) -> bytes | None:
    """Return the body, None when it is longer than may be; what is too long is never held."""
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > BODY_MAX:
            return None
    return body


def _no(status: int, reason: str, headers: dict[str, str] | None = None) -> JSONResponse:
    said: dict[str, Any] = {"error": reason}
    return JSONResponse(said, status, headers)
