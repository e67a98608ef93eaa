"""An exchange worked by hand: every call on it is made by the test, so the truth is known exactly."""

import itertools
import time
from dataclasses import dataclass, field

from factories import SECRET

from pbx.dialect import Account, Action, AmiServer, Header, Reply, Rows, controller, encode

SEATS = {"PJSIP/8001": "王建国", "PJSIP/8002": "李文博", "PJSIP/8003": "张天宇"}
_serial = itertools.count(1)


@dataclass
class HandCall:
    """A citizen's call; `seat` is empty while it waits."""

    name: str
    queue: str
    joined: float
    seat: str = ""
    answered: float = 0.0

    @property
    def channel(self) -> str:
        """The caller's leg."""
        return f"PJSIP/trunk01-{self.name[-4:]}"

    @property
    def leg(self) -> str:
        """The seat's leg."""
        return f"{self.seat}-{self.name[-4:]}"


@dataclass
class HandExchange:
    """Queues `consult` and `complaint`, three seats in both, and the calls the test makes.

    `skew` is added to its timestamps, as by a wrong clock; before it has `booted` it lists no queue.
    """

    skew: float = 0.0
    booted: bool = True
    calls: dict[str, HandCall] = field(default_factory=dict)
    server: AmiServer | None = None
    accounts: dict[str, Account] = field(default_factory=lambda: {"hotline": controller(SECRET)})

    async def open(self, port: int = 0) -> int:
        """Listen; return the port."""
        self.server = AmiServer(self, self.accounts)
        await self.server.listen("127.0.0.1", port)
        return self.server.port

    async def close(self) -> None:
        """Die: cut every client and free the port."""
        if self.server is not None:
            await self.server.close()

    # --- what happens on it -----------------------------------------------------------------

    def arrive(self, queue: str = "consult") -> HandCall:
        """Let a citizen call and enter a queue."""
        name = f"pbx01-{int(time.time())}.{next(_serial):05d}"
        call = HandCall(name, queue, time.time())
        self.calls[name] = call
        number = ("CallerIDNum", f"138{abs(hash(name)) % 10**8:08d}")
        ids = (("Channel", call.channel), ("Uniqueid", name))
        self.say("Newchannel", *ids, ("Linkedid", name), ("Context", "callers"), number)
        self.say("QueueCallerJoin", *ids, number, ("Queue", queue), ("Position", "1"))
        return call

    def answer(self, call: HandCall, seat: str = "PJSIP/8001") -> None:
        """Let a seat take a waiting call."""
        call.seat, call.answered = seat, time.time()
        ids = ("Queue", call.queue), ("Uniqueid", call.name)
        who = ("Interface", seat), ("MemberName", SEATS[seat])
        self._phone(seat, "RINGING")
        self.say("AgentCalled", *ids, *who)
        self.say("QueueCallerLeave", *ids)
        self._phone(seat, "INUSE")
        waited = ("HoldTime", str(int(call.answered) - int(call.joined)))
        self.say("AgentConnect", *ids, *who, ("DestChannel", call.leg), waited, ("RingTime", "1"))

    def complete(self, call: HandCall, talk: int | None = None) -> None:
        """End an answered call."""
        talked = int(time.time()) - int(call.answered) if talk is None else talk
        waited = int(call.answered) - int(call.joined)
        self.say(
            "AgentComplete", ("Queue", call.queue), ("Uniqueid", call.name),
            ("Interface", call.seat), ("MemberName", SEATS[call.seat]),
            ("HoldTime", str(waited)), ("TalkTime", str(talked)), ("Reason", "caller"),
        )  # fmt: skip
        self._gone(call)
        self._phone(call.seat, "NOT_INUSE")

    def abandon(self, call: HandCall) -> None:
        """Let a waiting citizen give up."""
        ids = ("Queue", call.queue), ("Uniqueid", call.name)
        waited = str(int(time.time()) - int(call.joined))
        self.say("QueueCallerAbandon", *ids, ("HoldTime", waited))
        self.say("QueueCallerLeave", *ids)
        self._gone(call)

    def whole(self, queue: str = "consult", seat: str = "PJSIP/8001") -> None:
        """Let a call come, be answered and end."""
        call = self.arrive(queue)
        self.answer(call, seat)
        self.complete(call)

    def forget(self, call: HandCall) -> None:
        """Lose a call without a word, as a crash does."""
        self.calls.pop(call.name, None)

    def _gone(self, call: HandCall) -> None:
        self.forget(call)
        ids = ("Channel", call.channel), ("Uniqueid", call.name), ("Linkedid", call.name)
        self.say("Hangup", *ids, ("Cause", "16"))

    def _phone(self, seat: str, state: str) -> None:
        self.say("DeviceStateChange", ("Device", seat), ("State", state))

    def say(self, event: str, *headers: Header) -> None:
        """Publish one live event."""
        stamp = ("Timestamp", f"{time.time() + self.skew:.6f}")
        self.raw(encode([("Event", event), ("Privilege", "agent,all"), stamp, *headers]))

    def raw(self, data: bytes) -> None:
        """Publish any bytes."""
        if self.server is not None:
            self.server.publish(data)

    # --- what it answers --------------------------------------------------------------------

    def uptime_s(self) -> int:
        """Seconds since it was started."""
        return 60

    def queue_status(self, queue: str) -> Rows:
        """The queues, their members and who waits."""
        rows: list[list[Header]] = []
        for name in ("consult", "complaint") if self.booted else ():
            rows.append([("Event", "QueueParams"), ("Queue", name)])
            rows += [self._member(name, seat) for seat in SEATS]
            rows += [self._entry(call) for call in self.calls.values() if self._waits(call, name)]
        return rows

    def _waits(self, call: HandCall, queue: str) -> bool:
        return call.queue == queue and not call.seat

    def _member(self, queue: str, seat: str) -> list[Header]:
        busy = any(call.seat == seat for call in self.calls.values())
        return [
            ("Event", "QueueMember"), ("Queue", queue), ("Name", SEATS[seat]), ("Location", seat),
            ("Status", "2" if busy else "1"), ("Paused", "0"),
        ]  # fmt: skip

    def _entry(self, call: HandCall) -> list[Header]:
        return [
            ("Event", "QueueEntry"), ("Queue", call.queue), ("Position", "1"),
            ("Channel", call.channel), ("Uniqueid", call.name), ("CallerIDNum", "13800000001"),
            ("Wait", str(int(time.time()) - int(call.joined))),
        ]  # fmt: skip

    def queue_summary(self, queue: str) -> Rows:
        """Nothing: nobody asks."""
        return []

    def device_states(self) -> Rows:
        """The phones."""
        busy = {call.seat for call in self.calls.values()}
        return [
            [
                ("Event", "DeviceStateChange"), ("Device", seat),
                ("State", "INUSE" if seat in busy else "NOT_INUSE"),
            ]
            for seat in SEATS
        ]  # fmt: skip

    def channels(self) -> Rows:
        """The legs: the caller in Queue(), bridged with the seat's."""
        rows: list[list[Header]] = []
        for call in self.calls.values():
            bridge = ("BridgeId", f"bridge-{call.name}" if call.seat else "")
            age = int(time.time() - call.joined)
            ids = ("Linkedid", call.name), bridge, ("Duration", f"00:00:{age:02d}")
            rows.append(
                [
                    ("Event", "CoreShowChannel"), ("Channel", call.channel),
                    ("Uniqueid", call.name), ("Application", "Queue"),
                    ("ApplicationData", f"{call.queue},tTc"), *ids,
                ]
            )  # fmt: skip
            if call.seat:
                leg = ("Channel", call.leg), ("Uniqueid", f"{call.name}1")
                rows.append([("Event", "CoreShowChannel"), *leg, ("Application", "AppQueue"), *ids])
        return rows

    def act(self, action: Action) -> Reply | None:
        """Nobody acts here."""
        return None
