"""The TCP door for devices: one line a fix, after a first line that says who speaks (docs/positions.md).

A bad line is answered, counted and set aside; it harms neither the connection's next line nor anybody else's.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Engine

from command.positions import devices
from command.positions import fix as fixes
from command.positions.devices import Allowance, Roster, Sender
from command.positions.fix import Fix
from command.positions.read import Lines, fix_of, read_hello, read_line, reason_of, refused
from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import now
from models.errors import BadInput
from models.process import process_name
from models.store import db, streams

log = logging.getLogger(__name__)

HELLO_S = 10.0
IDLE_S = 300.0
"""A connection that says nothing for so long is closed: a parked vehicle tells its place more often."""
READ_BYTES = 16_384
GATHER_S = 0.05
"""Fixes of all connections are gathered so long into one entry of the stream."""
ROSTER_S = 5.0
"""A new device may speak, and a void secret may not, within this."""
CONNECTIONS_MOST = 5000
BURIED_MOST = 5
"""Bad lines of a connection that are kept to be looked at; all are counted."""
WAITING_MOST = 20_000
"""Fixes that wait for the stream; beyond it devices are told to try again."""


@dataclass(slots=True)
class _Talk:
    """One connection."""

    writer: asyncio.StreamWriter
    sender: Sender | None = None
    bad: int = 0
    lines: Lines = field(default_factory=Lines)

    def say(self, words: str) -> None:
        self.writer.write(words.encode() + b"\n")


class PositionServer:
    """Listens for one tenant's devices."""

    def __init__(
        self, redis: "Redis", engine: Engine, tenant: str, *, host: str, port: int, gateway_token: str = "",
    ) -> None:  # fmt: skip
        self.tenant = tenant
        self.port = port
        self.counts: Counter[str] = Counter()
        self._host = host
        self._redis = redis
        self._engine = engine
        self._gateway = gateway_token
        self._name = process_name(f"devices-{tenant}")
        self._tenant_id = 0
        self._roster = Roster({})
        self._allowance = Allowance()
        self._waiting: list[tuple[Fix, _Talk]] = []
        self._talks: set[asyncio.Task[Any] | None] = set()
        self.listening = asyncio.Event()

    async def run(self) -> None:
        """Listen for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(f"{self._name} roster", self._keep_roster))
            group.create_task(forever(f"{self._name} stream", self._pass_on))
            group.create_task(forever(self._name, self._listen))

    def _facts(self) -> dict[str, Any]:
        bad = sum(count for name, count in self.counts.items() if name != "fixes")
        detail = f"{self.tenant} {len(self._talks)} connections, {bad} lines refused"
        lag = len(self._waiting)
        return {"loop": "devices", "detail": detail, "events": self.counts["fixes"], "lag": lag}

    async def _keep_roster(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        while True:
            self._roster = await asyncio.to_thread(self._read_roster)
            await asyncio.sleep(ROSTER_S)

    def _read_roster(self) -> Roster:
        with db.transaction(self._engine, self._tenant_id) as session:
            return devices.roster(session, self._gateway)

    async def _listen(self) -> None:
        while not self._tenant_id:
            await asyncio.sleep(GATHER_S)
        server = await asyncio.start_server(self._accept, self._host, self.port, backlog=1024)
        self.port = server.sockets[0].getsockname()[1]
        self.listening.set()
        log.info("devices may speak on %s:%d", self._host, self.port)
        try:
            await server.serve_forever()
        finally:
            server.close()
            talks = [talk for talk in self._talks if talk is not None]
            for talk in talks:
                talk.cancel()
            await asyncio.gather(*talks, return_exceptions=True)

    # --- one connection ---------------------------------------------------------------------

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        talk = _Talk(writer)
        if len(self._talks) >= CONNECTIONS_MOST:
            talk.say("ERR full")
            writer.close()
            return
        self._talks.add(task)
        try:
            await self._hear(reader, talk)
        except (OSError, TimeoutError):
            self.counts["broken"] += 1  # the link went, or was silent too long
        except Exception:
            log.exception("a device's connection failed")
        finally:
            self._talks.discard(task)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _hear(self, reader: asyncio.StreamReader, talk: _Talk) -> None:
        loop = asyncio.get_running_loop()
        hello_by = loop.time() + HELLO_S
        while True:
            limit = IDLE_S if talk.sender else max(0.0, hello_by - loop.time())
            data = await asyncio.wait_for(reader.read(READ_BYTES), limit)
            if not data:
                return
            for line in talk.lines.feed(data):
                try:
                    going_on = self._take(talk, line)
                except BadInput as error:
                    going_on = talk.sender is not None
                    await self._refuse(talk, line, error)
                if not going_on:
                    await talk.writer.drain()
                    return
            await talk.writer.drain()

    def _take(self, talk: _Talk, line: bytes | None) -> bool:
        """Take one line; False when the connection is to end."""
        if line is None:
            raise refused("long")
        if talk.sender is None:
            return self._greet(talk, line)
        if line == b"PING":
            talk.say("PONG")
            return True
        if not self._roster.admits(talk.sender):
            talk.say("ERR token")
            self.counts["token"] += 1
            return False
        told = read_line(line)
        unit = self._roster.unit_of(talk.sender, told.device)
        if not unit:
            raise refused("device")
        fix = fix_of(told, unit, now())
        if len(self._waiting) >= WAITING_MOST or self._allowance.take(talk.sender, 1, fix.heard):
            raise refused("rate")
        self._waiting.append((fix, talk))
        self.counts["fixes"] += 1
        return True

    def _greet(self, talk: _Talk, line: bytes) -> bool:
        name, token = read_hello(line)
        sender = self._roster.of_token(token)
        known = sender is not None and name in (sender.name, *self._names_of(sender))
        if sender is None or not known:
            talk.say("ERR token")
            self.counts["token"] += 1
            return False
        talk.sender = sender
        talk.say("OK")
        return True

    def _names_of(self, sender: Sender) -> tuple[str, ...]:
        """Return by which names a gateway may speak besides its own: those of its devices."""
        return tuple(self._roster.devices) if sender.name == devices.GATEWAY else ()

    async def _refuse(self, talk: _Talk, line: bytes | None, error: BadInput) -> None:
        reason = reason_of(error)
        talk.say(f"ERR {reason}")
        talk.bad += 1
        self.counts[reason] += 1
        # what an unknown caller sends is no lost position
        if talk.sender is not None and talk.bad <= BURIED_MOST:
            with contextlib.suppress(*STORE_LOST):
                await streams.bury(self._redis, self.tenant, "devices", error, line or b"")

    # --- passing on -------------------------------------------------------------------------

    async def _pass_on(self) -> None:
        """Append what came to the stream; only then is a button answered: it is safe there."""
        while True:
            if self._waiting:
                sent, self._waiting = self._waiting, []
                raw = fixes.encode([fix for fix, _ in sent])
                try:
                    await streams.append_fixes(self._redis, self._tenant_id, raw)
                except BaseException:
                    self._waiting = sent + self._waiting
                    raise
                for fix, talk in sent:
                    if fix.status and not talk.writer.is_closing():
                        talk.say(f"OK {fix.status}")
            await asyncio.sleep(GATHER_S)
