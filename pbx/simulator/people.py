"""The things on a simulated floor: channels, seats, queue members, queues and callers' calls."""

from collections.abc import Callable
from dataclasses import dataclass, field

from models.demo import DemoQueue
from pbx.dialect import Header
from pbx.simulator.engine import Timer

# Asterisk's device states, as QueueMember `Status` and DeviceStateChange `State` show them.
NOT_INUSE, INUSE, UNAVAILABLE, RINGING = 1, 2, 5, 6
DEVICE_STATES = {
    NOT_INUSE: "NOT_INUSE",
    INUSE: "INUSE",
    UNAVAILABLE: "UNAVAILABLE",
    RINGING: "RINGING",
}

DOWN, RING, RINGING_OUT, UP = 0, 4, 5, 6
CHANNEL_STATES = {DOWN: "Down", RING: "Ring", RINGING_OUT: "Ringing", UP: "Up"}
UNKNOWN = "<unknown>"


def nothing() -> None:
    """Do nothing: the hang-up handler of a channel nobody waits for."""


@dataclass(slots=True, eq=False)
class Channel:
    """One leg of a call, with the fields every channel event carries."""

    name: str
    device: str
    uniqueid: str
    linkedid: str
    number: str
    label: str  # CallerIDName
    context: str
    exten: str
    born: float  # world time, epoch seconds
    state: int = DOWN
    priority: int = 1
    other_number: str = UNKNOWN
    other_label: str = UNKNOWN
    application: str = "Queue"
    data: str = ""
    bridge: str = ""
    hang_up: Callable[[], None] = nothing  # what a Hangup action on this leg does

    def headers(self, prefix: str = "") -> list[Header]:
        """Return the channel's headers in Asterisk's order, each name led by `prefix`."""
        return [
            (prefix + "Channel", self.name),
            (prefix + "ChannelState", str(self.state)),
            (prefix + "ChannelStateDesc", CHANNEL_STATES[self.state]),
            (prefix + "CallerIDNum", self.number),
            (prefix + "CallerIDName", self.label),
            (prefix + "ConnectedLineNum", self.other_number),
            (prefix + "ConnectedLineName", self.other_label),
            (prefix + "Language", "zh"),
            (prefix + "AccountCode", ""),
            (prefix + "Context", self.context),
            (prefix + "Exten", self.exten),
            (prefix + "Priority", str(self.priority)),
            (prefix + "Uniqueid", self.uniqueid),
            (prefix + "Linkedid", self.linkedid),
        ]

    def meet(self, other: "Channel") -> None:
        """Show the other party as the connected line, on both legs."""
        self.other_number, self.other_label = other.number, other.label
        other.other_number, other.other_label = self.number, self.label


@dataclass(slots=True, eq=False)
class Seat:
    """A workplace: its phone, its agent's day and its memberships."""

    interface: str
    extension: str
    name: str
    skills: tuple[str, ...]
    status: int = NOT_INUSE
    on_shift: bool = False
    wrapping: bool = False
    calls_taken: int = 0
    last_call: int = 0  # epoch seconds, 0: none
    channels: list[Channel] = field(default_factory=list)
    members: "dict[str, Member]" = field(default_factory=dict)

    @property
    def free(self) -> bool:
        """Return whether a queue may ring the phone now."""
        return self.status == NOT_INUSE and not self.wrapping and not self.channels


@dataclass(slots=True, eq=False)
class Member:
    """A seat's membership in one queue; pause is per queue, as in app_queue."""

    queue: "Queue"
    seat: Seat
    login_time: int
    penalty: int = 0
    last_pause: int = 0
    in_call: bool = False
    paused: bool = False
    reason: str = ""

    def headers(self) -> list[Header]:
        """Return the fields that follow the name in rows and events alike."""
        seat = self.seat
        return [
            ("StateInterface", seat.interface),
            ("Membership", "dynamic"),
            ("Penalty", str(self.penalty)),
            ("CallsTaken", str(seat.calls_taken)),
            ("LastCall", str(seat.last_call)),
            ("LastPause", str(self.last_pause)),
            ("LoginTime", str(self.login_time)),
            ("InCall", str(int(self.in_call))),
            ("Status", str(seat.status)),
            ("Paused", str(int(self.paused))),
            ("PausedReason", self.reason),
        ]


@dataclass(slots=True, eq=False)
class Queue:
    """One queue of the ACD, with app_queue's own counters."""

    name: str
    weight: int
    service_level_s: int
    share: float
    members: dict[str, Member] = field(default_factory=dict)
    free: dict[str, Member] = field(default_factory=dict)  # longest idle first
    waiting: "list[Call]" = field(default_factory=list)
    completed: int = 0
    completed_in_level: int = 0
    abandoned: int = 0
    abandoned_in_level: int = 0
    hold_s: int = 0
    talk_s: int = 0

    @classmethod
    def of(cls, queue: DemoQueue) -> "Queue":
        """Return the empty queue of the roster's entry; short targets weigh more."""
        return cls(queue.name, 10 if queue.target_s < 10 else 0, queue.target_s, queue.share)

    def first_unrung(self) -> "Call | None":
        """Return the longest waiting caller no phone rings for."""
        return next((call for call in self.waiting if call.ring is None), None)


@dataclass(slots=True)
class Ring:
    """One attempt at one seat."""

    member: Member
    channel: Channel
    began: float
    timer: Timer


@dataclass(slots=True, eq=False)
class Call:
    """A citizen's contact, from the first ring to the last hang-up."""

    channel: Channel
    queue: Queue
    patience_s: float
    joined_at: float = 0.0
    original_position: int = 0
    ring: Ring | None = None
    member: Member | None = None
    leg: Channel | None = None  # the seat's channel while connected
    connected_at: float = 0.0
    held: bool = False
    timers: list[Timer] = field(default_factory=list)

    def stop_timers(self) -> None:
        """Call off everything still planned for this stage."""
        for timer in self.timers:
            timer.cancel()
        self.timers.clear()
