"""The live command centre: one reader of incident events and positions per process and tenant, fanned out.

The hub folds events with the rules the rows and a replay are folded with, starting from the rows. A client gets a
snapshot of what it watches, then what changes in it; one that falls behind or comes back gets a snapshot again.
"""

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import Awaitable, Callable
from typing import Any, NamedTuple

import msgspec
from redis.asyncio import Redis
from starlette.types import Receive, Send

from dashboard import sse
from dashboard.hub import Allowed, Hub, News
from models.clock import now
from models.errors import HotlineError, WrongStatus
from models.events.incident import AnyIncidentEvent
from models.rules.incident import reduce
from models.rules.incident.changes import brief, changes
from models.rules.incident.state import Incident, Picture
from models.store import streams

log = logging.getLogger(__name__)

GATHER_S = 0.1
"""Positions are gathered so long before they are told: the eye needs no more, fifty screens cost a fifth."""
KEEP_FRAMES = 2000
READ_COUNT = 1000
WRITTEN_MS = 5000
"""Positions are in their rows within this: those told since are heard once more."""
ASLEEP_S = 10.0
WHICH: dict[str, Any] = {"assignment": 0, "incident": 0, "no": ""}
"""Which incident a unit is bound to, as it is told to those who do not see that incident."""
WATCHED_MOST = 200
"""Closed incidents somebody has looked at, kept folded; those looked at now besides."""
LOOK_BACK_S = 1.0
"""How often one that is looked at and not held is asked for again: the rows were away."""

_events = msgspec.json.Decoder(list[AnyIncidentEvent])
Load = Callable[[int], Awaitable[Picture | None]]
LoadAll = Callable[[], Awaitable[tuple[list[Picture], dict[str, Any]]]]


class Watch(NamedTuple):
    """What a client may see and wants: one district or all (""), one incident or none (0)."""

    district: str = ""
    incident: int = 0

    def sees(self, district: str) -> bool:
        """True when an incident of that district is among those the client may see."""
        return not self.district or district in (self.district, "")


class _Frame(NamedTuple):
    incident: int  # 0: for everybody
    district: str
    listed: bool
    body: bytes
    seen: bool = True  # False: for those who do not see the district

    def is_for(self, watch: Watch) -> bool:
        if watch.sees(self.district) is not self.seen:
            return False
        return self.listed or self.incident in (0, watch.incident)


_BINDING = WHICH.keys() | {"bound_in"}


def _seen(facts: dict[str, Any], watch: Watch) -> dict[str, Any]:
    """Return a unit as a client may see it: everywhere, but its incident only where that is seen."""
    if "bound_in" not in facts:
        return facts
    told = {name: value for name, value in facts.items() if name != "bound_in"}
    return told if watch.sees(facts["bound_in"]) else told | WHICH


class CommandHub(Hub):
    """What one tenant's command centre looks like now, in this process.

    load : an incident's picture out of its rows; load_all : those that are open, and the units by code.
    """

    def __init__(self, redis: "Redis", tenant_id: int, load: Load, load_all: LoadAll) -> None:
        super().__init__("command hub")
        self._redis = redis
        self._positions = streams.position_stream(tenant_id)
        self._streams = {
            streams.incident_stream(tenant_id): self._take_events,
            self._positions: self._take_positions,
            streams.presence_stream(tenant_id): self._take_presence,
        }
        self._ids: dict[str, str] = {}
        self._load = load
        self._load_all = load_all
        self._pictures: dict[int, Picture] = {}
        self._units: dict[str, Any] = {}
        self._moved: dict[str, Any] = {}
        self._watched: Counter[int] = Counter()
        self._frames: deque[_Frame] = deque(maxlen=KEEP_FRAMES)
        self._count = 0
        self._beat = b""
        self._heard = 0.0
        self._ready = asyncio.Event()

    # --- reading ----------------------------------------------------------------------------

    async def run(self) -> None:
        """Follow the streams for ever."""
        await self.keep(self._follow, self._tell_positions, self._look_back)

    async def _follow(self) -> None:
        """Read the rows, then what the streams say behind the place they had before that."""
        ids = {name: (await streams.reach(self._redis, name)).last for name in self._streams}
        last, _ = streams.id_key(ids[self._positions])
        ids[self._positions] = f"{max(0, last - WRITTEN_MS)}-0"
        pictures, units = await self._load_all()
        held = {picture.incident.id: picture for picture in pictures}
        for incident in self._watched.keys() - held.keys():  # closed, and looked at
            with contextlib.suppress(HotlineError):
                if found := await self._load(incident):
                    held[incident] = found
        self._pictures = held
        self._units, self._ids = units, ids
        self._start_over()
        self._ready.set()
        while True:
            asked = now()
            for name, entries in await self._read():
                await self._streams[name](entries)
                self._ids[name] = entries[-1].id
            self._heard = now()
            if abs(self._heard - asked) > ASLEEP_S:
                return  # what was trimmed away meanwhile stands in the rows

    async def _read(self) -> list[tuple[str, list[streams.Entry]]]:
        ids: dict[Any, Any] = dict(self._ids)
        found: Any = await self._redis.xread(ids, count=READ_COUNT, block=500)
        return [
            (name.decode(), [streams.Entry(key.decode(), fields) for key, fields in rows])
            for name, rows in found or []
        ]

    async def _take_events(self, entries: list[streams.Entry]) -> None:
        for entry in entries:
            try:
                events = _events.decode(entry.fields[b"e"])
            except (msgspec.MsgspecError, KeyError):
                log.exception("command hub: an event that cannot be read")  # the archiver buries it
                continue
            for event in events:
                await self._fold(event)

    async def _fold(self, event: AnyIncidentEvent) -> None:
        before = self._pictures.get(event.incident)
        try:
            after = reduce(before, event)
        except WrongStatus:  # an event is missing: the rows have it
            fresh = await self._load(event.incident)
            if fresh is None:
                return
            after = fresh
        if after is before:
            return
        self._pictures[event.incident] = after
        self._say_changed(event, before, after)

    def _say_changed(self, event: AnyIncidentEvent, before: Picture | None, after: Picture) -> None:
        incident = after.incident
        if before and before.incident.place.district != incident.place.district:
            self._start_over()  # who may see it is another question now
            return
        district, row = incident.place.district, brief(incident)
        if before is None or brief(before.incident) != row:
            listed = {"kind": "delta", "list": {str(incident.id): row}}
            self._say(_Frame(incident.id, district, True, sse.frame(listed)))
        moved = {
            "kind": "delta", "of": incident.id, **changes(before, after),
            "event": msgspec.to_builtins(event),
        }  # fmt: skip
        self._say(_Frame(incident.id, district, False, sse.frame(moved)))

    async def _take_positions(self, entries: list[streams.Entry]) -> None:
        for entry in entries:
            for unit, told in msgspec.json.decode(entry.fields[b"p"]).items():
                if told is None:  # out of use
                    self._units.pop(unit, None)
                    self._moved[unit] = None
                    continue
                self._units[unit] = {**self._units.get(unit, {}), **told}
                self._moved[unit] = {**(self._moved.get(unit) or {}), **told}

    async def _tell_positions(self) -> None:
        while True:
            if self._moved:
                moved, self._moved = self._moved, {}
                self._say_moved(moved)
            await asyncio.sleep(GATHER_S)

    def _say_moved(self, moved: dict[str, Any]) -> None:
        """Tell everybody what moved, and which incident a unit is bound to only those who see that incident."""
        bound: dict[str, dict[str, Any]] = {}  # district -> unit -> which incident
        everybody: dict[str, Any] = {}
        for unit, told in moved.items():
            everybody[unit] = told and {k: v for k, v in told.items() if k not in _BINDING}
            if told and not _BINDING.isdisjoint(told):
                whole = self._units[unit]
                which = {name: whole.get(name, none) for name, none in WHICH.items()}
                bound.setdefault(whole.get("bound_in", ""), {})[unit] = which
        for unit, which in bound.pop("", {}).items():
            everybody[unit] |= which
        sent = now()
        self._say(
            _Frame(0, "", True, sse.frame({"kind": "delta", "units": everybody, "sent": sent}))
        )
        for district, units in bound.items():
            for seen in (True, False):
                told = units if seen else dict.fromkeys(units, WHICH)
                body = sse.frame({"kind": "delta", "units": told, "sent": sent})
                self._say(_Frame(0, district, True, body, seen))

    async def _take_presence(self, entries: list[streams.Entry]) -> None:
        for entry in entries:
            said = msgspec.json.decode(entry.fields[b"p"])
            picture = self._pictures.get(said["incident"])
            if picture is not None:
                district = picture.incident.place.district
                body = sse.frame({"kind": "presence", **said})
                self._say(_Frame(said["incident"], district, False, body))

    async def before_beat(self) -> None:
        """Say when the streams were last heard."""
        self._beat = sse.frame({"kind": "beat", "now": now(), "heard": self._heard})

    async def ready(self) -> None:
        """Wait until the rows were read."""
        await self._ready.wait()

    def incidents(self) -> list[Incident]:
        """Return the courses of the incidents that are known now, the open ones all."""
        return [picture.incident for picture in self._pictures.values()]

    def units(self) -> list[tuple[str, dict[str, Any]]]:
        """Return every unit as screens are told of it, which incident it is bound to among the rest."""
        return list(self._units.items())

    # --- telling ----------------------------------------------------------------------------

    def _say(self, frame: _Frame) -> None:
        self._frames.append(frame)
        self._count += 1
        self.wake()

    def _start_over(self) -> None:
        self._frames.clear()
        self._count += KEEP_FRAMES + 1
        self.wake()

    def snapshot(self, watch: Watch) -> bytes:
        """Return the frame of what a client watches, as it is now."""
        seen = [p for p in self._pictures.values() if watch.sees(p.incident.place.district)]
        open_ = {str(p.incident.id): brief(p.incident) for p in seen if p.incident.open}
        body: dict[str, Any] = {
            "kind": "snapshot", "now": now(), "list": open_, "of": watch.incident,
            "units": {unit: _seen(facts, watch) for unit, facts in self._units.items()},
        }  # fmt: skip
        chosen = self._pictures.get(watch.incident)
        if chosen is not None and chosen in seen:
            body |= {"incident": {}, "drawings": {}, "layers": {}, "snapshots": {}}
            body |= changes(None, chosen)
        return sse.frame(body)

    def _news(self, number: int, watch: Watch) -> bytes | None:
        """Return the frames behind `number` that are for a client, None when they are gone."""
        behind = self._count - number
        if behind > len(self._frames):
            return None
        fresh = list(self._frames)[len(self._frames) - behind :] if behind else []
        return b"".join(frame.body for frame in fresh if frame.is_for(watch))

    async def serve(self, receive: Receive, send: Send, watch: Watch, allowed: Allowed) -> None:
        """Stream to one client until it leaves or `allowed` says no."""
        number: int | None = None
        held = False

        def news(beat: bool) -> bytes:
            nonlocal number, held
            missed = not held and watch.incident in self._pictures
            body = None if number is None or missed else self._news(number, watch)
            if body is None:
                body = self.snapshot(watch)
                held = watch.incident in self._pictures
            number = self._count
            return body + (self._beat if beat else b"")

        async def begin() -> News:
            await self._ready.wait()
            await self._open(watch.incident)
            return news

        watched = [watch.incident] if watch.incident else []
        self._watched.update(watched)
        try:
            await self.stream(receive, send, begin, allowed)
        finally:
            self._watched.subtract(watched)
            self._watched = +self._watched  # without those nobody looks at any more

    async def _look_back(self) -> None:
        """Open what is looked at and not held: the rows were away when somebody asked."""
        while True:
            for incident in self._watched.keys() - self._pictures.keys():
                await self._open(incident)
            await asyncio.sleep(LOOK_BACK_S)

    async def _open(self, incident: int) -> None:
        """Fold an incident that is not open any more, for who looks back at it."""
        if not incident or incident in self._pictures:
            return
        with contextlib.suppress(HotlineError):
            found = await self._load(incident)
            if found is not None and incident not in self._pictures:
                closed = [
                    n for n, p in self._pictures.items()
                    if not p.incident.open and n not in self._watched
                ]  # fmt: skip
                for number in closed[: max(0, len(closed) - WATCHED_MOST)]:
                    del self._pictures[number]
                self._pictures[incident] = found
