"""Plays a recorded AMI session back over TCP, as if the exchange of that day were still there."""

import asyncio
import gzip
import math
import re
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pbx.dialect import BANNER, FRAME_END, Account, Action, AmiServer, Header, Headers, Reply, Rows

BATCH_BYTES = 64 * 1024
BACKLOG_BYTES = 1024 * 1024  # as fast as possible still waits for the slowest client
_STAMP = re.compile(rb"\r\nTimestamp: (\d+\.\d{6})\r\n")

_CONTROLS = frozenset(
    {"queuepause", "queueadd", "queueremove", "hangup", "userevent", "originate", "redirect"}
)
_LEG_FIELDS = (
    "Channel", "ChannelState", "ChannelStateDesc", "CallerIDNum", "CallerIDName",
    "ConnectedLineNum", "ConnectedLineName", "Language", "AccountCode", "Context", "Exten",
    "Priority", "Uniqueid", "Linkedid",
)  # fmt: skip
_ENTRY_FIELDS = (
    "Channel", "Uniqueid", "CallerIDNum", "CallerIDName", "ConnectedLineNum", "ConnectedLineName",
)  # fmt: skip
_MEMBER_FIELDS = (
    "StateInterface", "Membership", "Penalty", "CallsTaken", "LastCall", "LastPause", "LoginTime",
    "InCall", "Status", "Paused", "PausedReason", "Wrapuptime",
)  # fmt: skip

_NO_PARAMS = {
    "Max": "0",
    "Strategy": "ringall",
    "Calls": "0",
    "Holdtime": "0",
    "TalkTime": "0",
    "Completed": "0",
    "Abandoned": "0",
    "ServiceLevel": "0",
    "ServicelevelPerf": "0.0",
    "ServicelevelPerf2": "0.0",
    "Weight": "0",
}  # of a queue no list has described yet


class NotARecording(ValueError):
    """The file is damaged, or was never a raw AMI session."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some bytes of the session and when they came, in seconds since the session's login."""

    at_s: float
    data: bytes


@dataclass(frozen=True, slots=True)
class Recording:
    """A session without what was said to its recorder alone: every byte left is as recorded."""

    prelude: bytes  # list rows before the first live event: the state at the start
    chunks: tuple[Chunk, ...]
    began_at: float  # the first Timestamp, epoch seconds; 0 when there is none

    @property
    def body(self) -> bytes:
        """Return everything that is played, in one piece."""
        return b"".join(chunk.data for chunk in self.chunks)


def load(path: Path) -> Recording:
    """Read a raw session (`.ami.txt`, or gzipped) and its sibling `.chunks.txt` if there is one."""
    raw = _read(path)
    if not raw.startswith(BANNER.partition(b"/")[0]):
        raise NotARecording(
            f"{path.name} is not an AMI recording: no 'Asterisk Call Manager' banner"
        )
    if FRAME_END not in raw:
        raise NotARecording(f"{path.name} holds no complete AMI message")
    kept = _kept(raw)
    chunks = tuple(_timed_by_chunks(path, kept) or _timed_by_stamps(kept))
    stamp = _STAMP.search(raw)
    return Recording(_prelude(kept), chunks, float(stamp[1]) if stamp else 0.0)


def _read(path: Path) -> bytes:
    data = path.read_bytes()
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        return gzip.decompress(data)
    except (OSError, EOFError, zlib.error) as error:
        raise NotARecording(f"{path.name} is a damaged gzip file: {error}") from error


def _kept(raw: bytes) -> list[tuple[int, bytes]]:
    """Return the frames worth playing with their offsets in the raw session.

    Left out: banner, responses, FullyBooted (each client gets its own) and a torn last frame.
    """
    kept = []
    start = raw.index(b"\n") + 1
    while (end := raw.find(FRAME_END, start)) >= 0:
        frame = raw[start : end + len(FRAME_END)]
        if not frame.lstrip().startswith((b"Response:", b"Event: FullyBooted\r\n")):
            kept.append((start, frame))
        start = end + len(FRAME_END)
    return kept


def _prelude(kept: Sequence[tuple[int, bytes]]) -> bytes:
    frames = []
    for _offset, frame in kept:
        if _STAMP.search(frame):
            break
        frames.append(frame)
    return b"".join(frames)


def _timed_by_chunks(path: Path, kept: Sequence[tuple[int, bytes]]) -> list[Chunk]:
    """Cut the kept bytes where TCP cut the session; what came after the last row comes with it."""
    sibling = path.with_name(path.name.removesuffix(".gz").removesuffix(".ami.txt") + ".chunks.txt")
    if sibling == path or not sibling.exists():
        return []
    try:
        lines = [line.split() for line in sibling.read_text().splitlines() if line.strip()]
        sizes = [(float(at_s), int(size)) for at_s, size in lines]
    except ValueError as error:
        raise NotARecording(
            f"{sibling.name} is not a list of seconds and bytes: {error}"
        ) from error
    chunks, end, frames, rest = [], 0, iter(kept), (0, b"")
    for at_s, size in sizes:
        end += size
        data, rest = _take(frames, rest, end)
        if data:
            chunks.append(Chunk(at_s, data))
    last, _rest = _take(frames, rest, math.inf)
    return [*chunks, Chunk(sizes[-1][0] if sizes else 0.0, last)] if last else chunks


def _take(
    frames: Iterator[tuple[int, bytes]], rest: tuple[int, bytes], end: float
) -> tuple[bytes, tuple[int, bytes]]:
    """Return the kept bytes before the raw offset `end`, and the frame cut by it."""
    taken = []
    piece: tuple[int, bytes] | None = rest
    while piece is not None:
        offset, frame = piece
        size = len(frame) if offset + len(frame) <= end else max(0, int(end) - offset)
        taken.append(frame[:size])
        if size < len(frame):
            return b"".join(taken), (offset + size, frame[size:])
        piece = next(frames, None)
    return b"".join(taken), (0, b"")


def _timed_by_stamps(kept: Sequence[tuple[int, bytes]]) -> list[Chunk]:
    """Time each frame by its Timestamp; a list row comes with the event before it."""
    chunks, first, now = [], 0.0, 0.0
    for _offset, frame in kept:
        stamp = _STAMP.search(frame)
        if stamp:
            now = max(now, float(stamp[1]))
            first = first or now
        chunks.append(Chunk(max(0.0, now - first), frame))
    return chunks


def rebased(recording: Recording, now: float) -> Recording:
    """Return the recording with its Timestamps moved so that the first is `now`, epoch seconds.

    Only Timestamp headers move, and keep their length: whole-second fields and Uniqueids stay.
    """
    shift_s = now - recording.began_at

    def moved(match: re.Match[bytes]) -> bytes:
        stamp = f"{float(match[1]) + shift_s:.6f}".encode()
        return match[0].replace(match[1], stamp) if len(stamp) == len(match[1]) else match[0]

    body, start, chunks = _STAMP.sub(moved, recording.body), 0, []
    for chunk in recording.chunks:
        chunks.append(Chunk(chunk.at_s, body[start : start + len(chunk.data)]))
        start += len(chunk.data)
    return Recording(recording.prelude, tuple(chunks), now)


class ReachedState:
    """What the exchange would answer now: the last rows seen of members, callers, legs, devices."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self.clock = 0.0
        self._rest = b""
        self._params: dict[str, dict[str, str]] = {}
        self._members: dict[tuple[str, str], dict[str, str]] = {}
        self._entries: dict[tuple[str, str], dict[str, str]] = {}
        self._joined: dict[tuple[str, str], float] = {}
        self._devices: dict[str, str] = {}
        self._channels: dict[str, dict[str, str]] = {}
        self._born: dict[str, float] = {}

    def feed(self, data: bytes) -> None:
        """Fold the frames completed by `data`."""
        *frames, self._rest = (self._rest + data).split(FRAME_END)
        for frame in frames:
            # Asterisk ends some TestEvents with an empty line too many: the next frame begins with it
            if not frame.lstrip().startswith(b"Event: TestEvent"):
                lines = frame.strip().decode(errors="replace").split("\r\n")
                self.apply(dict(line.partition(": ")[::2] for line in lines))

    def apply(self, event: dict[str, str]) -> None:
        """Fold one frame, live event or list row."""
        event.pop("ActionID", None)
        if "Timestamp" in event:
            self.clock = float(event["Timestamp"])
        kind = event.get("Event", "")
        if kind.startswith("Queue"):
            self._apply_queue(kind, event)
        elif kind == "AgentComplete":
            self._count(event["Queue"], "Completed")
        elif kind == "DeviceStateChange":
            self._devices[event["Device"]] = event["State"]
        elif kind == "CoreShowChannel":
            self._channels[event["Channel"]] = event
            self._born[event["Channel"]] = self.clock - _seconds(event["Duration"])
        elif "Channel" in event:
            self._apply_leg(kind, event)

    def _apply_queue(self, kind: str, event: dict[str, str]) -> None:
        queue = event.get("Queue", "")
        if queue and queue not in self._params:
            self._params[queue] = {"Event": "QueueParams", "Queue": queue} | _NO_PARAMS
        if kind == "QueueParams":
            self._params[queue] = event
        elif kind == "QueueMember":
            self._members[queue, event["Location"]] = event
        elif kind == "QueueMemberRemoved":
            self._members.pop((queue, event["Interface"]), None)
        elif kind.startswith("QueueMember"):
            self._members[queue, event["Interface"]] = _member_row(event)
        elif kind in ("QueueEntry", "QueueCallerJoin"):
            self._entries[queue, event["Uniqueid"]] = event
            self._joined[queue, event["Uniqueid"]] = self.clock - int(event.get("Wait", "0"))
        elif kind == "QueueCallerLeave":
            self._entries.pop((queue, event["Uniqueid"]), None)
        elif kind == "QueueCallerAbandon":
            self._count(queue, "Abandoned")

    def _count(self, queue: str, counter: str) -> None:
        params = self._params.get(queue)
        if params is not None:
            params[counter] = str(int(params[counter]) + 1)

    def _apply_leg(self, kind: str, event: dict[str, str]) -> None:
        name = event["Channel"]
        if kind == "Newchannel":
            self._channels[name] = {"Application": "", "ApplicationData": "", "BridgeId": ""}
            self._born[name] = self.clock
        if kind == "Hangup":
            self._channels.pop(name, None)
            return
        leg = self._channels.get(name)
        if leg is not None:
            leg.update({field: event[field] for field in _LEG_FIELDS if field in event})
            if kind in ("BridgeEnter", "BridgeLeave"):
                leg["BridgeId"] = event["BridgeUniqueid"] if kind == "BridgeEnter" else ""

    # the answers

    def queue_status(self, queue: str) -> Rows:
        """Return QueueParams, QueueMember and QueueEntry rows as of now."""
        rows: list[Headers] = []
        for name, params in self._params.items():
            if queue in ("", name):
                waiting = self._waiting(name)
                rows.append(_headers(params | {"Calls": str(len(waiting))}))
                rows += [_headers(row) for key, row in self._members.items() if key[0] == name]
                rows += [
                    self._entry(key, position) for position, key in enumerate(waiting, start=1)
                ]
        return rows

    def _waiting(self, queue: str) -> list[tuple[str, str]]:
        keys = [key for key in self._entries if key[0] == queue]
        return sorted(keys, key=lambda key: self._joined[key])

    def _entry(self, key: tuple[str, str], position: int) -> Headers:
        entry = self._entries[key]
        fields = {name: entry.get(name, "") for name in _ENTRY_FIELDS}
        waited = str(max(0, int(self.clock) - int(self._joined[key])))
        own = {"Event": "QueueEntry", "Queue": key[0], "Position": str(position)}
        return _headers(own | fields | {"Wait": waited, "Priority": entry.get("Priority", "0")})

    def queue_summary(self, queue: str) -> Rows:
        """Return QueueSummary rows as of now."""
        return [self._summary(name) for name in self._params if queue in ("", name)]

    def _summary(self, queue: str) -> Headers:
        params, waiting = self._params[queue], self._waiting(queue)
        members = [row for key, row in self._members.items() if key[0] == queue]
        on = [row for row in members if row["Status"] not in ("4", "5")]
        ready = [row for row in on if row["Status"] == "1" and row["Paused"] == "0"]
        longest = int(self.clock) - int(self._joined[waiting[0]]) if waiting else 0
        return [
            ("Event", "QueueSummary"),
            ("Queue", queue),
            ("LoggedIn", str(len(on))),
            ("Available", str(len(ready))),
            ("Callers", str(len(waiting))),
            ("HoldTime", params["Holdtime"]),
            ("TalkTime", params["TalkTime"]),
            ("LongestHoldTime", str(max(0, longest))),
        ]

    def device_states(self) -> Rows:
        """Return DeviceStateChange rows as of now."""
        event = ("Event", "DeviceStateChange")
        return [
            (event, ("Device", name), ("State", state)) for name, state in self._devices.items()
        ]

    def channels(self) -> Rows:
        """Return CoreShowChannel rows as of now."""
        return [self._channel(name, leg) for name, leg in self._channels.items()]

    def _channel(self, name: str, leg: dict[str, str]) -> Headers:
        minutes, seconds = divmod(max(0, int(self.clock - self._born[name])), 60)
        hours, minutes = divmod(minutes, 60)
        duration = f"{hours:02d}:{minutes:02d}:{seconds:02d}"
        fields = {field: leg.get(field, "") for field in _LEG_FIELDS}
        doing = {field: leg[field] for field in ("Application", "ApplicationData")}
        tail = {"Duration": duration, "BridgeId": leg["BridgeId"]}
        return _headers({"Event": "CoreShowChannel"} | fields | doing | tail)


def _headers(row: dict[str, str]) -> list[Header]:
    return list(row.items())


def _seconds(duration: str) -> int:
    hours, minutes, seconds = duration.split(":")
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)


def _member_row(event: dict[str, str]) -> dict[str, str]:
    """Return a live member event in the words of a QueueMember row (Name, Location)."""
    row = {"Event": "QueueMember", "Queue": event["Queue"]}
    row |= {"Name": event["MemberName"], "Location": event["Interface"]}
    row |= {field: event[field] for field in _MEMBER_FIELDS if field in event}
    return row


class RecordedExchange:
    """A recording as an exchange: it answers from the state reached and refuses to be changed."""

    def __init__(self, recording: Recording, *, pace: float, rebase: bool) -> None:
        """Play at `pace` times the real speed (infinity: as fast as clients read)."""
        self.recording = recording
        self.pace = pace
        self.rebase = rebase
        self._state = ReachedState()
        self._state.clock = recording.began_at
        self._state.feed(recording.prelude)
        self._began = time.monotonic()

    def uptime_s(self) -> int:
        """Return the seconds since the player started."""
        return int(time.monotonic() - self._began)

    def queue_status(self, queue: str) -> Rows:
        """Return the queue list as the recording has it so far."""
        return self._state.queue_status(queue)

    def queue_summary(self, queue: str) -> Rows:
        """Return the queue summary as the recording has it so far."""
        return self._state.queue_summary(queue)

    def device_states(self) -> Rows:
        """Return the device list as the recording has it so far."""
        return self._state.device_states()

    def channels(self) -> Rows:
        """Return the channel list as the recording has it so far."""
        return self._state.channels()

    def act(self, action: Action) -> Reply | None:
        """Refuse: the past cannot be changed."""
        known = action.name in _CONTROLS
        return Reply(False, "This exchange is a recording") if known else None

    async def play(self, server: AmiServer) -> None:
        """Wait for the first login, then publish the session to its end."""
        await server.logged_in.wait()
        recording = self._as_of_now() if self.rebase else self.recording
        self._state.clock = recording.began_at
        if math.isinf(self.pace):
            await self._rush(server, recording.body)
        else:
            await self._pace(server, recording.chunks)

    def _as_of_now(self) -> Recording:
        chunks = self.recording.chunks
        first_s = next((c.at_s for c in chunks if b"\r\nTimestamp: " in c.data), 0.0)
        return rebased(self.recording, time.time() + first_s / self.pace)

    async def _pace(self, server: AmiServer, chunks: Sequence[Chunk]) -> None:
        began = time.monotonic()
        for chunk in chunks:
            wait_s = began + chunk.at_s / self.pace - time.monotonic()
            await asyncio.sleep(max(0.0, wait_s))
            self._publish(server, chunk.data)

    async def _rush(self, server: AmiServer, body: bytes) -> None:
        for start in range(0, len(body), BATCH_BYTES):
            self._publish(server, body[start : start + BATCH_BYTES])
            await asyncio.sleep(0)
            while server.backlog() > BACKLOG_BYTES:
                await asyncio.sleep(0.001)

    def _publish(self, server: AmiServer, data: bytes) -> None:
        self._state.feed(data)
        server.publish(data)


async def serve(
    path: Path,
    *,
    accounts: Mapping[str, Account],
    host: str = "127.0.0.1",
    port: int = 0,
    pace: float = 1.0,
    rebase: bool = False,
) -> AmiServer:
    """Serve the recording at `path`; it starts at the first login and `server.done` marks its end.

    `pace` is how many recorded seconds pass in a real one, infinity: as fast as clients read.
    """
    if not pace > 0:
        raise ValueError("pace must be above 0")
    exchange = RecordedExchange(load(path), pace=pace, rebase=rebase)
    server = AmiServer(exchange, accounts)
    await server.listen(host, port)
    server.run_beside(exchange.play(server))
    return server
