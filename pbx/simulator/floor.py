"""The state of the simulated exchange and the words it has for each change of it."""

from collections.abc import Callable
from uuid import UUID

from pbx.dialect import Header, Headers
from pbx.simulator.engine import Engine
from pbx.simulator.people import (
    DEVICE_STATES,
    DOWN,
    INUSE,
    NOT_INUSE,
    RING,
    Channel,
    Member,
    Queue,
    Seat,
    nothing,
)
from pbx.simulator.plan import Plan

SYSTEM = "pbx01"
TRUNK = "PJSIP/trunk01"
HOTLINE = "12345"

Frame = tuple[float, list[Header]]

_AGENT_CLASS = frozenset(
    {
        "AgentCalled", "AgentConnect", "AgentComplete", "AgentRingNoAnswer", "QueueCallerJoin",
        "QueueCallerLeave", "QueueCallerAbandon", "QueueMemberAdded", "QueueMemberRemoved",
        "QueueMemberPause", "QueueMemberStatus",
    }
)  # fmt: skip
_CLASSES = dict.fromkeys(_AGENT_CLASS, "agent,all") | {
    "UserEvent": "user,all",
    "TestEvent": "reporting,all",
}


class Floor:
    """Channels, seats and queues; every change is said as Asterisk says it."""

    def __init__(self, plan: Plan, engine: Engine) -> None:
        """Lay out the queues; seats are seated by `Desks`, before the first event."""
        self.plan = plan
        self.engine = engine
        self.queues = {queue.name: Queue.of(queue) for queue in plan.queues}
        self.seats: dict[str, Seat] = {}
        self.channels: dict[str, Channel] = {}
        self.frames: list[Frame] = []
        self.muted = True  # while the world warms up before anyone listens
        self.on_free: Callable[[Seat], None] = lambda _seat: None
        self._serial = 0
        # the warm-ups of two starts overlap in time: as with Asterisk, no id may come twice
        self._first_serial = int(engine.now * 1000) * 7919 % 900_000
        self._trunk_legs = 0

    def say(
        self,
        event: str,
        channel: Channel | None = None,
        *extra: Header,
        dest: Channel | None = None,
        bridge: Headers = (),
    ) -> None:
        """Emit one event: bridge, channel, destination and own headers, in Asterisk's order."""
        if self.muted:
            return
        at = self.engine.stamp()
        headers = [
            ("Event", event),
            ("Privilege", _CLASSES.get(event, "call,all")),
            ("Timestamp", f"{at:.6f}"),
            ("SystemName", SYSTEM),
        ]
        headers += bridge
        if channel is not None:
            headers += channel.headers()
        if dest is not None:
            headers += dest.headers("Dest")
        headers += extra
        self.frames.append((at, headers))

    # channels

    def open_channel(
        self, device: str, *, number: str, label: str, exten: str, linkedid: str = ""
    ) -> Channel:
        """Create a leg and say so; without `linkedid` it is the first of its call."""
        serial, self._serial = self._serial, self._serial + 1
        now = self.engine.now
        uniqueid = f"{SYSTEM}-{int(now)}.{self._first_serial + serial}"
        channel = Channel(
            name=f"{device}-{serial:08x}",
            device=device,
            uniqueid=uniqueid,
            linkedid=linkedid or uniqueid,
            number=number,
            label=label,
            context="callers" if device == TRUNK else "seats",
            exten=exten,
            born=now,
            state=DOWN if linkedid else RING,
        )
        self.channels[channel.name] = channel
        self.say("Newchannel", channel)
        self._noise(channel, "CallIDChange")
        if device == TRUNK:
            self._count_trunk(1)
        return channel

    def seat_channel(self, seat: Seat, exten: str, linkedid: str = "") -> Channel:
        """Create a leg to (or, without `linkedid`, from) a seat's phone."""
        channel = self.open_channel(
            seat.interface, number=seat.extension, label=seat.name, exten=exten, linkedid=linkedid
        )
        if linkedid:
            channel.application, channel.data = "AppQueue", "(Outgoing Line)"
        seat.channels.append(channel)
        return channel

    def set_state(self, channel: Channel, state: int) -> None:
        """Move a leg to another channel state."""
        channel.state = state
        self.say("Newstate", channel)

    def end_channel(self, channel: Channel, cause: int = 16, text: str = "Normal Clearing") -> None:
        """Hang a leg up and forget it."""
        channel.hang_up = nothing
        if self.channels.pop(channel.name, None) is None:
            return
        self.say("Hangup", channel, ("Cause", str(cause)), ("Cause-txt", text))
        self._noise(channel, "SESSION_DESTROYED")
        seat = self.seats.get(channel.device)
        if seat is not None and channel in seat.channels:
            seat.channels.remove(channel)
        if channel.device == TRUNK:
            self._count_trunk(-1)

    def _count_trunk(self, step: int) -> None:
        before, self._trunk_legs = self._trunk_legs, self._trunk_legs + step
        if (before == 0) != (self._trunk_legs == 0):
            self.say_device(TRUNK, self.trunk_state)

    @property
    def trunk_state(self) -> str:
        """Return the trunk's device state."""
        return DEVICE_STATES[INUSE if self._trunk_legs else NOT_INUSE]

    def _noise(self, channel: Channel, state: str) -> None:
        if self.plan.test_events:
            source = ("AppFile", "channel_internal_api.c"), ("AppLine", "677")
            kind = ("Type", "StateChange"), ("State", state)
            self.say("TestEvent", None, *kind, *source, ("Channel", channel.name))

    # bridges

    def join_bridge(self, first: Channel, second: Channel) -> None:
        """Put two legs in a new bridge."""
        number = self.engine.rng.getrandbits(128)
        first.bridge = second.bridge = str(UUID(int=number, version=4))
        first.meet(second)
        self.say("BridgeCreate", bridge=bridge_headers(first.bridge, 0))
        self.say("BridgeEnter", first, bridge=bridge_headers(first.bridge, 1))
        self.say("BridgeEnter", second, bridge=bridge_headers(first.bridge, 2))

    def leave_bridge(self, first: Channel, second: Channel) -> None:
        """Take both legs out of their bridge, which ends."""
        bridge = first.bridge
        self.say("BridgeLeave", first, bridge=bridge_headers(bridge, 1))
        self.say("BridgeLeave", second, bridge=bridge_headers(bridge, 0))
        self.say("BridgeDestroy", bridge=bridge_headers(bridge, 0))
        first.bridge = second.bridge = ""

    # phones and members

    def say_device(self, device: str, state: str) -> None:
        """Say a device's new state."""
        self.say("DeviceStateChange", None, ("Device", device), ("State", state))

    def set_phone(self, seat: Seat, status: int) -> None:
        """Change a phone's state: one device event, then one for each of the seat's queues."""
        if seat.status != status:
            seat.status = status
            self.say_device(seat.interface, DEVICE_STATES[status])
            for member in seat.members.values():
                self.say_member("QueueMemberStatus", member)
        self.refresh(seat)

    def say_member(self, event: str, member: Member) -> None:
        """Say a member event with the member's whole row."""
        if self.muted:
            return
        who = ("MemberName", member.seat.name), ("Interface", member.seat.interface)
        last = ("Ringinuse", "0"), ("Wrapuptime", "0")
        self.say(event, None, ("Queue", member.queue.name), *who, *member.headers(), *last)

    def refresh(self, seat: Seat) -> None:
        """Bring the queues' lists of free members in line with the seat."""
        freed = False
        for member in seat.members.values():
            free = member.queue.free
            if not seat.free or member.paused:
                free.pop(seat.interface, None)
            elif seat.interface not in free:
                free[seat.interface] = member
                freed = True
        if freed:
            self.engine.after(0.0, self.on_free, seat)


def bridge_headers(bridge: str, legs: int, prefix: str = "") -> list[Header]:
    """Return a bridge's headers with the number of legs inside."""
    return [
        (prefix + "BridgeUniqueid", bridge),
        (prefix + "BridgeType", "basic"),
        (prefix + "BridgeTechnology", "simple_bridge"),
        (prefix + "BridgeCreator", "<unknown>"),
        (prefix + "BridgeName", "<unknown>"),
        (prefix + "BridgeNumChannels", str(legs)),
        (prefix + "BridgeVideoSourceMode", "none"),
    ]
