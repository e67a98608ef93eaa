"""The only AMI socket: one logged-in session over panoramisk's Manager, behind our own protocol class.

What we do ourselves, and why (measured, see docs/adr/0005): bytes are buffered and decoded per whole
frame, because panoramisk decodes per chunk and loses split Chinese characters; a session never
reconnects by itself and forgets its open actions, because panoramisk would send an Originate or a
Hangup again; silence is watched here, because its Ping has no timeout.
"""

import asyncio
import logging
from collections import deque
from typing import Any

from panoramisk.ami_protocol import AMIProtocol
from panoramisk.manager import Manager
from panoramisk.message import Message

from models.clock import Instant, now
from models.errors import BadInput, HotlineError
from models.settings import Exchange
from pbx.frames import Framer, event_name

log = logging.getLogger(__name__)

CONNECT_S = 3.0
ANSWER_S = 5.0
PING_AFTER_S = 1.0
SILENT_S = 3.0
INBOX_MAX = 200_000
"""Frames that may wait for a slow store before the link is given up: a re-snapshot beats a full memory."""

FRAMES_MAX = 2000
"""Frames handed out at once: during a flood the link is still read and the lease still renewed."""
GRACE_S = 0.001
"""Before a silence is judged: if it was us who stood still, the bytes wait in the socket."""

LISTS = ("QueueStatus", "CoreShowChannels", "DeviceStateList")
Frame = tuple[Instant, bytes]


class LinkFailed(HotlineError):
    """The session cannot be opened or is over.

    `code` says why: refused, timeout, wrong_secret, no_rights, booting, silent,
    closed, shutdown, malformed, overrun.
    """

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(detail or code)
        self.code = code


class _Protocol(AMIProtocol):  # type: ignore[misc] # panoramisk is untyped
    """panoramisk's protocol with our framing: responses to it, events to our inbox, nothing decoded early."""

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self.clock = asyncio.get_running_loop().time
        self.framer = Framer()
        self.inbox: deque[Frame] = deque()
        self.arrived = asyncio.Event()
        self.heard = now()
        self.stirred = self.clock()
        self.failure: LinkFailed | None = None

    def data_received(self, data: bytes) -> None:
        self.heard = at = now()
        self.stirred = self.clock()
        try:
            frames = self.framer.feed(data)
        except BadInput as error:
            self.fail(LinkFailed("malformed", str(error)))
            return
        for frame in frames:
            name = event_name(frame)
            if name == b"Shutdown":
                self.fail(LinkFailed("shutdown"))
            if name:
                self.inbox.append((at, frame))
            else:
                self._response(frame)
        if len(self.inbox) > INBOX_MAX:
            self.fail(LinkFailed("overrun", f"{len(self.inbox)} frames waiting"))
        self.arrived.set()

    def _response(self, frame: bytes) -> None:
        message = Message.from_line(frame.decode("utf-8", "replace").strip())
        if message is not None and message.id in self.responses:
            self.handle_message(message)

    def connection_lost(self, exc: Exception | None) -> None:
        self.fail(LinkFailed("closed", str(exc or "")))

    def quiet_s(self) -> float:
        """Return the seconds since the last bytes, whatever is done to the clock on the wall."""
        return self.clock() - self.stirred

    def fail(self, failure: LinkFailed) -> None:
        """End the session once; what was asked and not answered fails, nothing is asked again."""
        if self.failure is None:
            self.failure = failure
        self.closed = True
        self.transport.close()
        for action in self.responses.values():
            if not action.future.done():
                action.future.set_exception(self.failure)
                action.future.exception()  # taken: an answer nobody waits for is no warning
        self.responses.clear()
        self.arrived.set()


class AmiSession:
    """One logged-in AMI session. Opened by `open_session`; over when a method raises LinkFailed."""

    def __init__(self, manager: Manager, protocol: _Protocol) -> None:
        self._manager = manager
        self._protocol = protocol
        self._asked = 0
        self._pinged = 0.0

    @property
    def version(self) -> str:
        """The AMI version of the greeting."""
        return self._protocol.framer.version

    @property
    def heard(self) -> Instant:
        """When the last bytes came."""
        return self._protocol.heard

    async def ask(self, action: str, timeout: float = ANSWER_S, **fields: str) -> Message:
        """Send one action and return its first response.

        Never retried: an action may have been carried out although its answer was lost.
        Raises BadInput on a line break in a value (a second action would run), LinkFailed when down.
        """
        if any("\r" in value or "\n" in value for value in fields.values()):
            raise BadInput(f"line break in a field of {action}")
        if self._protocol.failure is not None:
            raise self._protocol.failure
        self._asked += 1
        sent = {"Action": action, "ActionID": f"hotline-{id(self):x}-{self._asked}", **fields}
        future = self._manager.send_action(sent, as_list=False)
        try:
            async with asyncio.timeout(timeout):
                return await future
        except TimeoutError:
            failure = LinkFailed("silent", f"no answer to {action} in {timeout:g} s")
            self._protocol.fail(failure)
            raise failure from None

    async def ask_lists(self, pause: float = 0.0) -> None:
        """Ask for the lists a snapshot is made of; their rows come through `frames`.

        With a `pause` (seconds) between them the floor's own events need not queue behind all three.
        """
        for action in LISTS:
            if pause and action != LISTS[0]:
                await asyncio.sleep(pause)
            response = await self.ask(action)
            if not response.success:
                message = str(response.message)
                # before its queues are loaded a booting Asterisk does not know the action
                code = "booting" if "unknown command" in message else "no_rights"
                raise LinkFailed(code, f"{action}: {message}")

    async def frames(self, wait: float) -> list[Frame]:
        """Return the event frames that came, waiting at most `wait` seconds for the first.

        Raises LinkFailed once the session is over and its last frames were handed out.
        """
        protocol = self._protocol
        if not protocol.inbox and protocol.failure is None:
            protocol.arrived.clear()
            try:
                # not wait_for: before Python 3.12 it may forget a cancelling when the event comes with it
                async with asyncio.timeout(wait):
                    await protocol.arrived.wait()
            except TimeoutError:
                await asyncio.sleep(GRACE_S)
                self._watch()
        inbox = protocol.inbox
        frames = [inbox.popleft() for _ in range(min(len(inbox), FRAMES_MAX))]
        if inbox:
            await asyncio.sleep(0)  # what is still to do must not keep us from reading on
        if not frames and protocol.failure is not None:
            raise protocol.failure
        return frames

    def _watch(self) -> None:
        """Ping a quiet peer; give up one that does not answer.

        Quiet alone proves nothing: we may have been busy for so long, with all it said already here.
        """
        protocol = self._protocol
        quiet, clock = protocol.quiet_s(), protocol.clock()
        if quiet <= PING_AFTER_S:
            return
        if self._pinged <= protocol.stirred:
            self._pinged = clock
            protocol.transport.write(b"Action: Ping\r\nActionID: hotline-ping\r\n\r\n")
        elif clock - self._pinged > SILENT_S - PING_AFTER_S:
            protocol.fail(LinkFailed("silent", f"nothing for {quiet:.1f} s"))

    async def close(self) -> None:
        """End the session without a word; harmless when it is over already."""
        self._protocol.fail(LinkFailed("closed", "by us"))
        await asyncio.sleep(0)


async def open_session(exchange: Exchange) -> AmiSession:
    """Connect and log in; LinkFailed says in one word why not."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(CONNECT_S):
            _, protocol = await loop.create_connection(_Protocol, exchange.host, exchange.port)
    except TimeoutError:
        raise LinkFailed("timeout", f"{exchange.host}:{exchange.port}") from None
    except OSError as error:
        raise LinkFailed("refused", str(error)) from error
    manager = Manager(loop=loop, log=log)
    manager.protocol = protocol
    protocol.factory = manager
    protocol.encoding = "utf8"
    session = AmiSession(manager, protocol)
    try:
        answer: Any = await session.ask(
            "Login", SILENT_S, Username=exchange.username, Secret=exchange.secret, Events="on"
        )
    except BaseException:
        await session.close()
        raise
    if not answer.success:
        await session.close()
        raise LinkFailed("wrong_secret", str(answer.message))
    return session


def is_refusal(error: Exception) -> bool:
    """True when trying again soon cannot help: the account is wrong, a person must act."""
    return isinstance(error, LinkFailed) and error.code in ("wrong_secret", "no_rights")
