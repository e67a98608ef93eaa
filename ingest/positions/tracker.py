"""The tracker: what devices told, judged in one order, shown at once, written down once a second.

One holder per tenant (lease) reads the stream of fixes as a consumer group. Screens hear before the database does;
an entry is acknowledged after its commit, so a killed tracker's work is done again by the next, and doing it twice
changes nothing. While the database is away the screens go on and what is to be written waits.
"""

import asyncio
import contextlib
import logging
from collections import Counter
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import msgspec
from redis.asyncio import Redis
from sqlalchemy import Engine

from command.plans import policy
from command.positions import fix as fixes
from command.positions import keep, report, units
from command.positions.fix import Fix
from command.positions.judge import DWELL_S, Judged, Known, Scene, judge, near_since
from command.positions.keep import Point
from ingest.group import Group
from ingest.loop import NEVER, STORE_LOST, forever, keep_beating
from models.clock import Instant, now
from models.errors import HotlineError, Unavailable
from models.process import process_name
from models.store import db, streams
from models.store.streams import Lease

log = logging.getLogger(__name__)

KEEP_S = 1.0
"""Between two writes; a button does not wait for it."""
WAITING_MOST = 100_000
"""Points that wait for the database: beyond it the stream keeps what comes."""
LOST_S = 5.0
PURGE_S = 600.0


class Arrival(NamedTuple):
    """A unit that has been near its scene for long enough."""

    scene: Scene
    fix: Fix


class _Work:
    """What was taken and is not written yet; `ids` are the entries it came in."""

    def __init__(self) -> None:
        self.entries: list[streams.Entry] = []
        self.latest: dict[str, Point] = {}
        self.points: list[Point] = []
        self.told: list[Point | Arrival] = []

    def and_then(self, later: "_Work") -> "_Work":
        """Return this work with what was taken after it."""
        whole = _Work()
        whole.entries = self.entries + later.entries
        whole.latest = {**self.latest, **later.latest}
        whole.points = self.points + later.points
        whole.told = self.told + later.told
        return whole


class _Look(NamedTuple):
    """What the tables say of the units."""

    facts: dict[str, dict[str, Any]]
    scenes: dict[str, Scene]


class Tracker:
    """Follows one tenant's response units."""

    def __init__(self, redis: "Redis", engine: Engine, tenant: str, zone: str) -> None:
        self.tenant = tenant
        self.counts: Counter[str] = Counter()
        self.state = "waiting"
        self._redis = redis
        self._engine = engine
        self._zone = ZoneInfo(zone)
        self._name = process_name(f"positions-{tenant}")
        self._lease = Lease(redis, f"positions:{tenant}", self._name)
        self._tenant_id = 0
        self._group = Group(redis, "", "positions", "holder", shared=True)
        self._known: dict[str, Known] = {}
        self._work = _Work()
        self._look = _Look({}, {})
        self._told: dict[str, dict[str, Any]] = {}
        self._near: dict[str, tuple[int, Instant]] = {}
        self._arrived: set[int] = set()
        self._lost_at = self._purged_at = 0.0
        self._lost = 0
        self._away = False

    async def run(self) -> None:
        """Track for ever."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold))

    def _facts(self) -> dict[str, Any]:
        said = " ".join(f"{count} {name}" for name, count in sorted(self.counts.items()))
        detail = f"{self.tenant} {self.state}, {self._lost} lost; {said}"
        events = self.counts["moved"] + self.counts["late"]
        return {"loop": "positions", "detail": detail, "events": events, "lag": self._group.lag}

    async def _hold(self) -> None:
        if not await self._lease.take():
            return
        renewing = asyncio.ensure_future(self._renew())
        following = asyncio.ensure_future(self._follow())
        try:
            done, _ = await asyncio.wait([renewing, following], return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            self.state = "waiting"
            for task in (renewing, following):
                task.cancel()
            await asyncio.gather(renewing, following, return_exceptions=True)
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    async def _renew(self) -> None:
        while await self._lease.renew():
            await asyncio.sleep(self._lease.ttl_ms / 4000)

    # --- reading ----------------------------------------------------------------------------

    async def _follow(self) -> None:
        self._tenant_id = await asyncio.to_thread(db.tenant_id_of, self._engine, self.tenant)
        # one name for whoever holds the lease: what the last holder left unfinished is found at once
        stream = streams.fix_stream(self._tenant_id)
        self._group = Group(self._redis, stream, "positions", "holder", shared=True)
        await self._group.join()
        self._work, self._told = _Work(), {}
        self._known = await asyncio.to_thread(self._read_known)
        after = "0"
        while entries := await self._group.unfinished(after):
            await self._take(entries)
            await self._keep()
            after = entries[-1].id  # what could not be written waits: it is not to be taken again
        self.state = "holding"
        keeping = asyncio.ensure_future(self._keep_on())
        try:
            while True:
                if len(self._work.points) > WAITING_MOST:
                    await asyncio.sleep(KEEP_S)
                elif entries := await self._group.next():
                    await self._take(entries)
                if keeping.done():
                    keeping.result()
        finally:
            keeping.cancel()
            await asyncio.gather(keeping, return_exceptions=True)

    async def _take(self, entries: list[streams.Entry]) -> None:
        """Judge what came, show what moved, and lay the rest by to be written."""
        moves: dict[str, dict[str, Any]] = {}
        for entry in entries:
            pressed: list[Point] = []
            for fix in await self._read(entry):
                found = self._judge(fix)
                if found.verdict == "moved":
                    moves[fix.unit] = units.moved(fix, found)
                if fix.status:
                    pressed.append(Point(_placed(fix, found), found.pressed))
            pressed.sort(key=lambda point: point.fix.told)  # our clock may give a batch one instant
            self._work.told += pressed
        self._work.entries += entries
        await self._show(moves)

    async def _read(self, entry: streams.Entry) -> list[Fix]:
        """Return an entry's fixes, each unit's newest first: those behind it waited for a link, and move nothing."""
        try:
            found = fixes.decode(entry.fields[b"f"])
        except (msgspec.MsgspecError, KeyError) as error:
            raw = entry.fields.get(b"f", b"")
            await streams.bury(self._redis, self.tenant, "positions", error, raw)
            return []
        return sorted(found, key=lambda fix: -fix.told)

    def _judge(self, fix: Fix) -> Judged:
        found = judge(self._known.get(fix.unit), fix)
        self._known[fix.unit] = found.known
        self.counts[found.verdict] += 1
        self.counts["skewed"] += found.skewed
        point = Point(fix, found.at)
        if found.verdict == "moved":
            self._work.latest[fix.unit] = point
            self._watch_arrival(point)
        if found.verdict in ("moved", "late"):
            self._work.points.append(point)
        return found

    def _watch_arrival(self, point: Point) -> None:
        fix, scene = point.fix, self._look.scenes.get(point.fix.unit)
        if scene is None or scene.assignment in self._arrived:
            self._near.pop(fix.unit, None)
            return
        assignment, since = self._near.get(fix.unit, (0, None))
        near = near_since(since if assignment == scene.assignment else None, scene, fix, point.at)
        if near is None:
            self._near.pop(fix.unit, None)
            return
        self._near[fix.unit] = (scene.assignment, near)
        if point.at - near > DWELL_S:
            self._arrived.add(scene.assignment)
            self._work.told.append(Arrival(scene, fix))

    async def _show(self, changes: dict[str, Any]) -> None:
        if changes:
            stream = streams.position_stream(self._tenant_id)
            body: dict[Any, Any] = {"p": msgspec.json.encode(changes)}
            await self._redis.xadd(stream, body, maxlen=streams.POSITION_MAX, approximate=True)

    # --- writing ----------------------------------------------------------------------------

    async def _keep_on(self) -> None:
        last = 0.0
        while True:
            if self._work.told or now() - last >= KEEP_S:
                last = now()
                await self._keep()
                await self._look_again()
            await asyncio.sleep(KEEP_S / 20)

    async def _keep(self) -> None:
        """Commit what waits, then acknowledge it; without a database it goes on waiting."""
        work, self._work = self._work, _Work()
        try:
            never = await asyncio.to_thread(self._commit, work)
        except STORE_LOST as error:
            self._work = work.and_then(self._work)
            self._say_away(error)
            return
        for point, fault in never:
            log.error("positions %s: refused by the database: %s", self.tenant, fault)
            raw = fixes.encode([point.fix])
            await streams.bury(self._redis, self.tenant, "positions", fault, raw)
        self._away = False
        if work.entries:
            await self._group.done(work.entries)

    def _say_away(self, error: BaseException) -> None:
        if not self._away:
            log.warning("positions %s: database away: %s", self.tenant, error)
        self._away = True

    def _commit(self, work: _Work) -> list[tuple[Point, Exception]]:
        """Write all that was taken; return the points that can never be written, each with why."""
        never = self._write(work.latest, work.points) if work.points else []
        while work.told:
            self._tell(work.told[0])
            work.told.pop(0)  # told before a loss: not again
        return never

    def _write(
        self, latest: dict[str, Point], points: list[Point]
    ) -> list[tuple[Point, Exception]]:
        """Write points at once, or by halves until what cannot be written stands alone: nobody else's is lost."""
        try:
            with db.transaction(self._engine, self._tenant_id) as session:
                mine = {
                    point.fix.unit: point for point in points if latest.get(point.fix.unit) == point
                }
                keep.keep(session, mine, points)
        except NEVER as error:
            if len(points) == 1:
                return [(points[0], error)]
            half = len(points) // 2
            return self._write(latest, points[:half]) + self._write(latest, points[half:])
        return []

    def _tell(self, told: Point | Arrival) -> None:
        """Take down a button or an arrival, in a transaction of its own; what cannot be is counted and left."""
        fix = told.fix
        try:
            with db.transaction(self._engine, self._tenant_id) as session:
                if isinstance(told, Arrival):
                    done = report.arrive(session, told.scene, fix, now=now())
                else:
                    done = report.press(session, fix, at=told.at, now=now())
        except Unavailable:
            raise
        except HotlineError as error:
            self.counts["unheeded"] += 1
            log.info("%s %s -> %s: %s", fix.unit, fix.status or "near", error.code, error)
            return
        except Exception:
            log.exception("%s %s could not be told", fix.unit, fix.status or "near")
            self.counts["unheeded"] += 1
            return
        if done:
            log.info("%s -> %s", fix.unit, ", ".join(done))

    # --- looking ----------------------------------------------------------------------------

    async def _look_again(self) -> None:
        """Tell screens what changed of the units themselves, and note who was lost."""
        try:
            self._look = await asyncio.to_thread(self._read_units)
        except STORE_LOST as error:
            self._say_away(error)
            return
        await self._show(units.changed(self._told, self._look.facts))
        self._told = self._look.facts
        open_ones = {scene.assignment for scene in self._look.scenes.values()}
        self._arrived &= open_ones

    def _read_known(self) -> dict[str, Known]:
        with db.transaction(self._engine, self._tenant_id) as session:
            return units.known(session)

    def _read_units(self) -> _Look:
        at = now()
        with db.transaction(self._engine, self._tenant_id) as session:
            look = _Look(units.standing(session, now=at), units.scenes(session))
        if at - self._lost_at >= LOST_S:
            self._lost_at = at
            self._note_lost(at)
        if at - self._purged_at >= PURGE_S:
            self._purged_at = at
            self._purge(at)
        return look

    def _note_lost(self, at: Instant) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            found = report.lost(session, now=at)
        self._lost = len(found)
        for line in found:
            heard = datetime.fromtimestamp(at - (line.age or 0.0), self._zone)
            try:
                with db.transaction(self._engine, self._tenant_id) as session:
                    report.note_lost(session, line, clock=f"{heard:%m-%d %H:%M:%S}", now=at)
            except Unavailable:
                raise
            except HotlineError as error:
                log.info("%s lost -> %s: %s", line.row.code, error.code, error)

    def _purge(self, at: Instant) -> None:
        with db.transaction(self._engine, self._tenant_id) as session:
            keep.purge(session, before=at - policy(session).track_days * 86_400)


def _placed(fix: Fix, found: Judged) -> Fix:
    """Return a fix with a button where it can have been pressed: the button counts even where the place does not."""
    if found.verdict != "jump":
        return fix
    return msgspec.structs.replace(fix, lon=found.known.lon, lat=found.known.lat)
