"""Projector: folds stream `floor:{tenant}`, keeps the floor's snapshot, publishes what changed.

One holder per tenant (lease). Snapshot and stream position are saved together, so a new holder folds
on from there; what it publishes is absolute and keyed, so saying it twice does no harm.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any

import msgspec
from redis.asyncio import Redis
from redis.asyncio.client import Pipeline

from ingest.loop import STORE_LOST, forever, keep_beating
from models.clock import now
from models.events import floor as e
from models.process import process_name
from models.rules.alarms import Watched, judge, readings
from models.rules.board import changes
from models.rules.floor import Floor, FloorPlan, empty_floor, reduce
from models.rules.floor.book import changed_visits, restore_call
from models.rules.floor.state import Call
from models.store import streams
from models.store.streams import Lease

log = logging.getLogger(__name__)

COALESCE_S = 0.03
"""From one delta to the next at least: 33 updates a second at most, whatever the load."""
TICK_S = 0.5
SAVE_S = 1.0
SAVE_COST = 100
"""Saving may take one part in so many of the time: a large floor is saved less often ..."""
SAVE_LAST_S = 5.0
"""... but at least this often, so that a new holder has little to fold."""
MEMORY_S = 5.0
"""A floor held in memory is good for this long after the lease was last kept."""
READ_COUNT = 50
"""Entries folded at once: few enough to renew the lease in time however full they are."""
DELTAS_KEPT = 3000
LEDGER_EVENTS = (e.LinkUp, e.LinkDown, e.AlarmRaised, e.AlarmAcknowledged, e.AlarmCleared)

Begin = Callable[[], tuple[FloorPlan, list[Call]]]
"""Reads the plan and today's ledger rows from the database, for a start without a snapshot."""

_floor_decoder = msgspec.json.Decoder(Floor)


class Projector:
    """Folds one tenant's floor."""

    def __init__(self, redis: "Redis", tenant: str, begin: Begin) -> None:
        self.tenant = tenant
        self._redis = redis
        self._begin = begin
        self._name = process_name(f"projector-{tenant}")
        self._lease = Lease(redis, f"projector:{tenant}", self._name)
        self._stream = streams.floor_stream(tenant)
        self._floor = empty_floor(FloorPlan())
        self._id = "0-0"
        self._watched: dict[tuple[str, str], Watched] = {}
        self._happened: list[e.AnyFloorEvent] = []
        self._stays: list[dict[str, Any]] = []
        self._saved = 0.0
        self._kept = self._floor
        self._save_pause = SAVE_S
        self._held = -MEMORY_S
        self.folded = 0
        self.state = "waiting"

    async def run(self) -> None:
        """Hold the lease and fold, whatever happens."""
        async with asyncio.TaskGroup() as group:
            group.create_task(keep_beating(self._redis, self._name, self._facts))
            group.create_task(forever(self._name, self._hold_lease))

    def _facts(self) -> dict[str, Any]:
        return {
            "loop": "projector", "detail": f"{self.tenant} {self.state}", "events": self.folded,
            "lag": 0,
        }  # fmt: skip

    async def _hold_lease(self) -> None:
        if not await self._lease.take():
            self.state = "waiting"
            return
        try:
            if await self._load():
                self.state = "folding"
                await self._fold_on()
        finally:
            self.state = "waiting"
            with contextlib.suppress(*STORE_LOST):
                await self._lease.release()

    # --- start ------------------------------------------------------------------------------

    async def _load(self) -> bool:
        """Take up the saved floor, fold what came since, and tell everybody to look anew.

        False when the lease was lost over a long backlog.
        """
        self._happened, self._stays, self._watched = [], [], {}
        saved: Any = await self._redis.hgetall(streams.floor_state(self.tenant))
        reach = await streams.reach(self._redis, self._stream)
        plan, rows = await asyncio.to_thread(self._begin)
        if b"floor" in saved and reach.holds_after(saved[b"id"].decode()):
            floor = _floor_decoder.decode(saved[b"floor"])
            self._id = saved[b"id"].decode()
            self._floor = msgspec.structs.replace(floor, plan=plan)
        elif self._remembers():
            log.error("projector %s: the store forgot the floor, going on from memory", self.tenant)
            self._floor = msgspec.structs.replace(self._floor, plan=plan)
        else:
            await self._start_anew(plan, rows, from_id="0-0" if reach.whole else reach.last)
        before = self._floor
        renewed = now()
        while entries := await streams.read(self._redis, self._stream, self._id, count=READ_COUNT):
            for entry in entries:
                await self._fold(entry)
            if now() - renewed >= TICK_S:
                renewed = now()
                if not await self._renew(renewed):
                    return False
        pipe = self._redis.pipeline(transaction=False)
        self._write_ledger(pipe, before)
        await pipe.execute()
        self._happened, self._stays = [], []
        await self._save()
        self._publish(pipe, {"kind": "reset"})
        await pipe.execute()
        log.info("projector %s: waiting -> load -> folding from %s", self.tenant, self._id)
        return True

    def _remembers(self) -> bool:
        """True when this copy folded until just now: nobody knows the floor better."""
        return asyncio.get_running_loop().time() - self._held < MEMORY_S

    async def _start_anew(self, plan: FloorPlan, rows: list[Call], *, from_id: str) -> None:
        """No snapshot, or one the stream no longer reaches: count from today's ledger rows.

        A stream that was never trimmed is folded whole: either nothing was before it, or a store
        that forgot everything began it anew after those rows.
        """
        if rows:
            log.error("projector %s: no usable snapshot, starting from the ledger", self.tenant)
        floor = empty_floor(plan, now())
        for row in rows:
            floor = restore_call(floor, row)
        self._floor, self._id = floor, from_id
        await self._redis.xadd(streams.asks_stream(self.tenant), {"verb": "snapshot"}, maxlen=100)

    # --- work -------------------------------------------------------------------------------

    async def _fold_on(self) -> None:
        ticked = renewed = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            entries = await streams.read(
                self._redis, self._stream, self._id, wait_s=TICK_S / 2, count=READ_COUNT
            )
            before, happened, began = self._floor, now(), clock()
            if happened - renewed >= TICK_S or renewed > happened:
                # before anything is told: a copy that was frozen must not speak over its successor
                renewed = happened
                if not await self._renew(happened):
                    return
            for entry in entries:
                await self._fold(entry)
            if happened - ticked >= TICK_S or ticked > happened:
                ticked = happened
                was = self._floor
                self._apply(_time_passed(happened))
                self._note_stays(was)
                await self._watch(happened)
            if self._floor is not before:
                await self._tell(before)
            await self._save_if_due()
            if entries:
                spent = clock() - began
                await asyncio.sleep(COALESCE_S - spent if len(entries) < READ_COUNT else 0)

    async def _renew(self, at: float) -> bool:
        if not await self._lease.renew():
            log.warning("projector %s: lease lost", self.tenant)
            return False
        self._held = asyncio.get_running_loop().time()
        await self._redis.hset(streams.floor_state(self.tenant), "alive", f"{at:.3f}")
        return True

    async def _fold(self, entry: streams.Entry) -> None:
        """Fold one entry; what cannot be read or folded is kept for a person and passed over."""
        raw = entry.fields.get(b"e", b"")
        try:
            events = e.decode(raw)
        except msgspec.MsgspecError as error:
            await streams.bury(self._redis, self.tenant, "projector", error, raw)
            events = []
        before = self._floor
        for event in events:
            try:
                self._apply(event)
            except Exception as error:
                log.exception("projector %s: cannot fold %s", self.tenant, event.id)
                await streams.bury(self._redis, self.tenant, "fold", error, e.encode([event]))
        self._note_stays(before)
        self._id = entry.id
        self.folded += len(events)

    def _apply(self, event: e.AnyFloorEvent) -> None:
        before = self._floor
        self._floor = reduce(before, event)
        if self._floor is not before and isinstance(event, LEDGER_EVENTS):
            self._happened.append(event)

    def _note_stays(self, before: Floor) -> None:
        """Keep the seat intervals entry by entry: a batch may hold several of one seat."""
        if before.seats is not self._floor.seats:
            self._stays += _intervals(before, self._floor)

    async def _watch(self, at: float) -> None:
        """Judge the alarms; what they say goes through the stream like everything else."""
        silences = await self._silences(at)
        verdict = judge(self._floor, readings(self._floor, silences, at), self._watched, at)
        events: list[e.AnyFloorEvent] = []
        for rule, (name, subject, value) in verdict.raised:
            key = f"{name}:{subject}:{int(at)}"
            events.append(
                e.AlarmRaised(
                    id=f"raised:{key}", at=at, actor="system", pbx="", epoch=0, seq=0,
                    alarm=key, rule=name, subject=subject, value=value, threshold=rule.threshold,
                )
            )  # fmt: skip
        for key, value in verdict.cleared:
            events.append(
                e.AlarmCleared(
                    id=f"cleared:{key}", at=at, actor="system", pbx="", epoch=0, seq=0,
                    alarm=key, value=value,
                )
            )  # fmt: skip
        if events:
            await self._redis.xadd(self._stream, {"e": e.encode(events)})

    async def _silences(self, at: float) -> dict[str, float]:
        silences = {}
        for pbx in self._floor.links:
            heard: Any = await self._redis.hmget(
                streams.source_key(self.tenant, pbx), ["heard", "state"]
            )
            if heard[0]:
                age = at - float(heard[0])
                silences[pbx] = age if heard[1] == b"up" else max(age, 3.1)
        return silences

    # --- telling ----------------------------------------------------------------------------

    async def _tell(self, before: Floor) -> None:
        """Publish what changed and hand it to the archiver, in one round trip to the store."""
        at = now()
        pipe = self._redis.pipeline(transaction=False)
        changed = changes(before, self._floor, at)
        if changed:
            self._publish(pipe, {"kind": "delta", "now": at, "board": changed})
        self._write_ledger(pipe, before)
        await pipe.execute()
        self._happened, self._stays = [], []

    def _write_ledger(self, pipe: "Pipeline", before: Floor) -> None:
        """Hand the archiver every visit, interval and event that changed."""
        calls = list(changed_visits(before, self._floor).values())
        record: dict[str, Any] = {
            "calls": calls, "intervals": self._stays, "events": self._happened,
        }  # fmt: skip
        if any(record.values()):
            pipe.xadd(streams.ledger_stream(self.tenant), {"r": msgspec.json.encode(record)})

    def _publish(self, pipe: "Pipeline", message: dict[str, Any]) -> None:
        pipe.xadd(
            streams.floor_delta(self.tenant), {"m": msgspec.json.encode(message)},
            maxlen=DELTAS_KEPT, approximate=True,
        )  # fmt: skip

    async def _save_if_due(self) -> None:
        """Save what changed, also when the floor has fallen quiet since."""
        pause = asyncio.get_running_loop().time() - self._saved
        if self._floor is not self._kept and pause >= self._save_pause:
            await self._save()

    async def _save(self) -> None:
        """Save floor and positions in one command, so that they can never disagree."""
        clock = asyncio.get_running_loop().time
        began = clock()
        last: Any = await self._redis.xrevrange(streams.floor_delta(self.tenant), count=1)
        await self._redis.hset(
            streams.floor_state(self.tenant),
            mapping={
                "floor": msgspec.json.encode(self._floor),
                "id": self._id,
                "delta": last[0][0] if last else "0-0",
                "epoch": str(self._lease.epoch),
            },
        )
        self._saved, self._kept = clock(), self._floor
        self._save_pause = min(max(SAVE_S, SAVE_COST * (clock() - began)), SAVE_LAST_S)


def _time_passed(at: float) -> e.TimePassed:
    return e.TimePassed(id=f"time:{at}", at=at, actor="system", pbx="", epoch=0, seq=0)


def _intervals(before: Floor, after: Floor) -> list[dict[str, Any]]:
    """Return the seat intervals that began or ended between two floors."""
    found = []
    for key in before.seats.keys() | after.seats.keys():
        old, new = before.seats.get(key), after.seats.get(key)
        if old is new or (old and new and (old.state, old.since) == (new.state, new.since)):
            continue
        end = new.since if new else now()
        if old is not None and old.since:
            found.append(_interval(key, old.state, old.reason, old.since, end))
        if new is not None and new.since:
            found.append(_interval(key, new.state, new.reason, new.since, 0.0))
    return found


def _interval(seat: str, state: str, reason: str, start: float, end: float) -> dict[str, Any]:
    return {"seat": seat, "state": state, "reason": reason, "start": start, "end": end}
