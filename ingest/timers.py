"""Timers: the clocks that ran out, told through the same verbs a person would use, each once."""

import asyncio
import logging
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Engine

from command import alerts, tasks
from gis_data.roads import closures
from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import now
from models.errors import HotlineError
from models.process import process_name
from models.store import db, outbox
from tickets import first, recompute, steps, timing

log = logging.getLogger(__name__)

POLL_S = 1.0
ADOPT_EVERY_S = 60.0
"""How often tickets are looked for whose step came without a clock; at once when a timer starts."""
FOLLOW_EVERY_S = 15.0
"""How often the calendar is asked whether it is still the one that open due dates rest on."""
LATE_EVERY_S = 5.0
"""How often the tasks of incidents are asked whether their time has come."""
PUT_OFF_S = 600.0
"""How long a ticket is left alone whose clock could not be told."""

OUTBOX_KEPT_S = 7 * 86_400.0
"""How long what was published stays in the outbox, too: a week's streams can be looked at side by side."""
FORGET_EVERY_S = 30.0


class Timers:
    """Watches one tenant's clocks; any number of these may run."""

    def __init__(self, redis: "Redis", engine: Engine, tenant: str) -> None:
        self.tenant = tenant
        self._redis = redis
        self._engine = engine
        self._name = process_name(f"timers-{tenant}")
        self._tenant_id = 0
        self._put_off: dict[int, float] = {}
        self._adopted_at = 0.0
        self._followed_at = 0.0
        self._left: set[int] = set()
        self._roads_at = 0.0
        self._late_at = 0.0
        self._forgot_at = 0.0
        self.told = 0

    async def run(self) -> None:
        """Watch for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._watch))

    def _facts(self) -> dict[str, Any]:
        return {"loop": "timers", "detail": self.tenant, "events": self.told, "lag": 0}

    async def _watch(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        while True:
            if not await asyncio.to_thread(self._tell_next):
                await asyncio.sleep(POLL_S)

    def _tell_next(self) -> bool:
        """Tell one ticket's clocks in a transaction of its own; False when nothing is due."""
        at = now()
        if at - self._adopted_at > ADOPT_EVERY_S and not self._adopt(at):
            self._adopted_at = at
        if at - self._followed_at > FOLLOW_EVERY_S and not self._follow(at):
            self._followed_at = at
        self._tell_others(at)
        if self._send_next(at):
            return True
        self._put_off = {ticket: until for ticket, until in self._put_off.items() if until > at}
        ticket: int | None = None
        try:
            with db.transaction(self._engine, self._tenant_id) as session:
                ticket = timing.next_due(session, now=at, skip=self._put_off)
                if ticket is not None:
                    self.told += timing.tell(session, ticket, now=at)
        except STORE_LOST:
            raise
        except Exception:
            if ticket is None:
                raise
            log.exception("the clocks of ticket %d could not be told", ticket)
            self._put_off[ticket] = at + PUT_OFF_S
        return ticket is not None

    def _tell_others(self, at: float) -> None:
        """Tell the clocks that are no ticket's, and tidy up, each as often as it needs."""
        if at - self._roads_at >= POLL_S:
            self._roads_at = at
            self._open_roads(at)
            self._expire_alerts(at)
        if at - self._late_at >= LATE_EVERY_S:
            self._late_at = at
            self._note_late(at)
        if at - self._forgot_at > FORGET_EVERY_S:
            self._forgot_at = at
            with db.transaction(self._engine, self._tenant_id) as session:
                outbox.forget(session, at - OUTBOX_KEPT_S)

    def _adopt(self, at: float) -> int:
        with db.transaction(self._engine, self._tenant_id) as session:
            return steps.adopt(session, now=at, most=timing.BATCH)

    def _follow(self, at: float) -> bool:
        with db.transaction(self._engine, self._tenant_id) as session:
            return recompute.follow_calendar(session, now=at)

    def _send_next(self, at: float) -> bool:
        """Assign one new ticket by itself, if the tenant lets us; one that cannot be is left to a person."""
        ticket = 0
        try:
            with db.transaction(self._engine, self._tenant_id) as session:
                row = first.next_one(session, skip=self._left)
                if row is None:
                    return False
                ticket = row.id
                if not first.send(session, row, now=at):
                    self._left.add(ticket)
        except HotlineError:
            log.exception("ticket %d could not be assigned by itself", ticket)
            self._left.add(ticket)
        return True

    def _open_roads(self, at: float) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            self.told += len(closures.end_due(session, now=at))

    def _expire_alerts(self, at: float) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            self.told += len(alerts.expire_due(session, now=at))

    def _note_late(self, at: float) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            self.told += len(tasks.note_late(session, now=at))
