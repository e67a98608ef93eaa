"""The Asterisk 22 side of an AMI conversation, spoken by the simulator and by the recording player.

Bytes in, bytes out: framing, accounts, list replies and the fan-out of live events. What the
exchange knows and does comes through the small `Exchange` protocol.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

log = logging.getLogger(__name__)

BANNER = b"Asterisk Call Manager/11.0.0\r\n"
FRAME_END = b"\r\n\r\n"
MAX_BUFFER_BYTES = 16 * 1024 * 1024
MAX_ACTION_BYTES = 64 * 1024

Header = tuple[str, str]
Headers = Sequence[Header]
Rows = Sequence[Headers]


@dataclass(frozen=True, slots=True)
class Account:
    """One AMI account: its secret and its write classes (`reporting`, `agent`, `call`, `user`)."""

    secret: str
    write: frozenset[str] = frozenset({"reporting"})


def reader(secret: str) -> Account:
    """Return an account that may list and listen but change nothing."""
    return Account(secret)


def controller(secret: str) -> Account:
    """Return an account that may also pause, add, remove, hang up and send user events."""
    return Account(secret, frozenset({"reporting", "agent", "call", "user"}))


@dataclass(frozen=True, slots=True)
class Action:
    """One action as the client sent it; `name` is lower case, as Asterisk compares without case."""

    name: str
    action_id: str
    fields: tuple[Header, ...]

    def get(self, name: str, default: str = "") -> str:
        """Return the value of the header `name` (any case), or `default`."""
        wanted = name.lower()
        return next((value for key, value in self.fields if key.lower() == wanted), default)


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer to an action that is not a list."""

    ok: bool
    message: str


class Exchange(Protocol):
    """What stands behind the server. Rows carry no ActionID; the server adds it."""

    def uptime_s(self) -> int:
        """Return the seconds since the exchange started."""

    def queue_status(self, queue: str) -> Rows:
        """Return QueueParams, QueueMember and QueueEntry rows (empty `queue`: of all)."""

    def queue_summary(self, queue: str) -> Rows:
        """Return QueueSummary rows."""

    def device_states(self) -> Rows:
        """Return DeviceStateChange rows."""

    def channels(self) -> Rows:
        """Return CoreShowChannel rows."""

    def act(self, action: Action) -> Reply | None:
        """Carry out a controller action; None when the exchange does not know it."""


def encode(headers: Headers) -> bytes:
    """Return one frame as Asterisk writes it: `Name: value` lines, CRLF, an empty line."""
    return ("\r\n".join([f"{name}: {value}" for name, value in headers]) + "\r\n\r\n").encode()


class ActionReader:
    """Cuts a byte stream into actions, wherever TCP happened to split it."""

    def __init__(self) -> None:
        self._rest = b""
        self._lines: list[bytes] = []

    def feed(self, data: bytes) -> list[Action]:
        """Return the actions completed by `data`; raise ValueError when a client never ends one."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        actions = []
        for raw in lines:
            line = raw.rstrip(b"\r")
            if line:
                self._lines.append(line)
            elif self._lines:
                actions.append(_to_action(self._lines))
                self._lines = []
        if len(self._rest) + sum(map(len, self._lines)) > MAX_ACTION_BYTES:
            raise ValueError("AMI action too long")
        return actions


def _to_action(lines: list[bytes]) -> Action:
    fields = []
    for line in lines:
        name, _colon, value = line.decode(errors="replace").partition(":")
        fields.append((name.strip(), value.strip()))
    named = {name.lower(): value for name, value in reversed(fields)}
    return Action(named.get("action", "").lower(), named.get("actionid", ""), tuple(fields))


@dataclass(frozen=True, slots=True)
class _ListKind:
    message: str
    complete: str
    id_last: bool  # the queue lists end their rows with the ActionID, the others begin with it
    rights: frozenset[str]  # one of these is enough; empty: everybody
    rows: Callable[[Exchange, Action], Rows]


_LISTS: Mapping[str, _ListKind] = {
    "queuestatus": _ListKind(
        "Queue status will follow",
        "QueueStatusComplete",
        True,
        frozenset(),
        lambda exchange, action: exchange.queue_status(action.get("Queue")),
    ),
    "queuesummary": _ListKind(
        "Queue summary will follow",
        "QueueSummaryComplete",
        True,
        frozenset(),
        lambda exchange, action: exchange.queue_summary(action.get("Queue")),
    ),
    "devicestatelist": _ListKind(
        "Device State Changes will follow",
        "DeviceStateListComplete",
        False,
        frozenset({"call", "reporting"}),
        lambda exchange, _action: exchange.device_states(),
    ),
    "coreshowchannels": _ListKind(
        "Channels will follow",
        "CoreShowChannelsComplete",
        False,
        frozenset({"system", "reporting"}),
        lambda exchange, _action: exchange.channels(),
    ),
}

_RIGHTS: Mapping[str, frozenset[str]] = {
    "queuepause": frozenset({"agent"}),
    "queueadd": frozenset({"agent"}),
    "queueremove": frozenset({"agent"}),
    "hangup": frozenset({"system", "call"}),
    "userevent": frozenset({"user"}),
}


def _with_id(action: Action) -> list[Header]:
    return [("ActionID", action.action_id)] if action.action_id else []


def _response(action: Action, status: str, *headers: Header) -> bytes:
    return encode([("Response", status), *_with_id(action), *headers])


def _list_reply(kind: _ListKind, rows: Rows, action: Action) -> bytes:
    mark = _with_id(action)
    follow = ("EventList", "start"), ("Message", kind.message)
    frames = [_response(action, "Success", *follow)]
    for row in rows:
        frames.append(encode([*row, *mark] if kind.id_last else [row[0], *mark, *row[1:]]))
    end = [("EventList", "Complete"), ("ListItems", str(len(rows)))]
    frames.append(encode([("Event", kind.complete), *mark, *end]))
    return b"".join(frames)


class _Session(asyncio.Protocol):
    """One client connection."""

    def __init__(self, server: "AmiServer") -> None:
        self.server = server
        self.account: Account | None = None
        self._events = False
        self._synced = True  # False: joined inside a frame, listens from the next one
        self._held: list[bytes] = []
        self._leaving = False
        self._reader = ActionReader()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - asyncio gives TCP no other
        self._transport = transport
        self.server.sessions.add(self)
        transport.write(BANNER)

    def connection_lost(self, exc: Exception | None) -> None:
        self.server.sessions.discard(self)
        self._transport = None

    def data_received(self, data: bytes) -> None:
        try:
            actions = self._reader.feed(data)
        except ValueError as error:
            log.warning("AMI client cut off: %s", error)
            self.cut()
            return
        for action in actions:
            if self._leaving:
                return
            self._answer(action)

    def cut(self) -> None:
        """Drop the connection and whatever was still to be sent."""
        if self._transport is not None:
            self._transport.abort()

    def buffered(self) -> int:
        """Return the bytes the client has not taken yet."""
        return self._transport.get_write_buffer_size() if self._transport else 0

    def live(self, data: bytes, boundary: int) -> None:
        """Send live bytes; `boundary` is where the first frame ends in them (-1: nowhere)."""
        if not self._events:
            return
        if boundary >= 0 and (self._held or not self._synced):
            head, data = data[:boundary] if self._synced else b"", data[boundary:]
            self._write(head + b"".join(self._held))
            self._held.clear()
            self._synced = True
            if self._leaving:
                self._close()
                return
        if self._synced:
            self._write(data)

    def _send(self, frame: bytes) -> None:
        # A recording may be published in its real chunks, which end inside a frame: an answer
        # written there would break the frame, so it waits for the frame's end.
        if self._events and self._synced and self.server.inside_frame:
            self._held.append(frame)
        else:
            self._write(frame)

    def _write(self, data: bytes) -> None:
        if self._transport is None or self._transport.is_closing() or not data:
            return
        self._transport.write(data)
        if self._transport.get_write_buffer_size() > self.server.max_buffer:
            log.warning("AMI client cut off: it left more than %d bytes", self.server.max_buffer)
            self._transport.abort()

    def _answer(self, action: Action) -> None:
        if not action.name:
            self._error(action, "Missing action in request")
        elif action.name == "login":
            self._login(action)
        elif action.name == "logoff":
            self._send(_response(action, "Goodbye", ("Message", "Thanks for all the fish.")))
            self._leave()
        elif self.account is None:
            self._error(action, "Permission denied")
        else:
            self._serve(action, self.account)

    def _login(self, action: Action) -> None:
        account = self.server.accounts.get(action.get("Username"))
        if account is None or account.secret != action.get("Secret"):
            log.warning("AMI login refused for %r", action.get("Username"))
            self._error(action, "Authentication failed")
            self._leave()
            return
        self.account = account
        self._send(_response(action, "Success", ("Message", "Authentication accepted")))
        self._send(self._fully_booted())
        self._listen(action.get("Events", "on"))
        self.server.logged_in.set()

    def _fully_booted(self) -> bytes:
        uptime = str(self.server.exchange.uptime_s())
        times = ("Uptime", uptime), ("LastReload", uptime), ("Status", "Fully Booted")
        return encode([("Event", "FullyBooted"), ("Privilege", "system,all"), *times])

    def _listen(self, mask: str) -> None:
        wanted = mask.lower() not in {"off", "false", "no", "0"}
        if wanted and not self._events:
            self._synced = not self.server.inside_frame
        self._events = wanted

    def _serve(self, action: Action, account: Account) -> None:
        kind = _LISTS.get(action.name)
        rights = kind.rights if kind else _RIGHTS.get(action.name, frozenset())
        if rights and not account.write & rights:
            self._error(action, "Permission denied")
        elif kind is not None:
            rows = kind.rows(self.server.exchange, action)
            self._send(_list_reply(kind, rows, action))
        elif action.name == "ping":
            stamp = ("Timestamp", f"{time.time():.6f}")
            self._send(_response(action, "Success", ("Ping", "Pong"), stamp))
        elif action.name == "events":
            self._listen(action.get("EventMask", "on"))
            self._send(_response(action, "Success", ("Events", "On" if self._events else "Off")))
        else:
            self._act(action)

    def _act(self, action: Action) -> None:
        reply = self.server.exchange.act(action)
        if reply is None:
            # word for word what Asterisk 22 says
            said = f"Invalid/unknown command: {action.get('Action')}. "
            self._error(action, f"{said}Use Action: ListCommands to show available commands.")
        elif reply.ok:
            self._send(_response(action, "Success", ("Message", reply.message)))
        else:
            self._error(action, reply.message)

    def _error(self, action: Action, message: str) -> None:
        self._send(_response(action, "Error", ("Message", message)))

    def _leave(self) -> None:
        self._leaving = True
        if not self._held:
            self._close()

    def _close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class AmiServer:
    """An AMI port: answers its clients from `exchange` and sends them what is published."""

    def __init__(
        self,
        exchange: Exchange,
        accounts: Mapping[str, Account],
        *,
        max_buffer: int = MAX_BUFFER_BYTES,
    ) -> None:
        """Take the accounts by username; cut off a client that leaves `max_buffer` bytes unread."""
        self.exchange = exchange
        self.accounts = dict(accounts)
        self.max_buffer = max_buffer
        self.sessions: set[_Session] = set()
        self.logged_in = asyncio.Event()  # set at the first accepted login
        self.done = asyncio.Event()  # set when the work beside the server has ended
        self._tail = b""
        self._listener: asyncio.Server | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def inside_frame(self) -> bool:
        """Return whether the published bytes so far end inside a frame."""
        return bool(self._tail) and not self._tail.endswith(FRAME_END)

    @property
    def port(self) -> int:
        """Return the bound TCP port."""
        if self._listener is None:
            raise RuntimeError("the AMI server is not listening")
        return int(self._listener.sockets[0].getsockname()[1])

    async def listen(self, host: str, port: int) -> None:
        """Open the port (0: any free one)."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: _Session(self), host, port)

    def publish(self, data: bytes) -> None:
        """Send live bytes to every client that listens; they may end inside a frame."""
        if not data:
            return
        tail = self._tail if self.inside_frame else b""
        found = (tail + data).find(FRAME_END)
        boundary = found + len(FRAME_END) - len(tail) if found >= 0 else -1
        self._tail = (tail + data)[-len(FRAME_END) :]
        for session in tuple(self.sessions):
            session.live(data, boundary)

    def backlog(self) -> int:
        """Return the bytes the slowest client has not taken yet."""
        return max((session.buffered() for session in self.sessions), default=0)

    def run_beside(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` until it ends or the server closes; a failure is logged and cuts clients."""
        task = asyncio.get_running_loop().create_task(work)
        task.add_done_callback(self._work_ended)
        self._tasks.append(task)

    def _work_ended(self, task: "asyncio.Task[None]") -> None:
        self.done.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("the exchange stopped", exc_info=error)
            for session in tuple(self.sessions):
                session.cut()

    async def close(self) -> None:
        """Stop the work beside, cut the clients and free the port."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if self._listener is not None:
            self._listener.close()
            for session in tuple(self.sessions):
                session.cut()
            await self._listener.wait_closed()
