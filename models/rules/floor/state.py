"""The floor's state: frozen structs, shared between versions, so that `is` tells what changed.

Device, queue, call and work state are four things: `Seat.device` is the phone, `Seat.memberships`
the ACD, `Seat.call` the conversation, and `Seat.state` the one word the screens show, derived
from the other three by `seats.work_state`.
"""

from typing import Literal

import msgspec

from models.clock import day_of
from models.events.floor import Caller, MemberRow
from models.rules.metrics import Minute, Tally

SeatState = Literal[
    "offline", "idle", "ring", "talk", "hold", "direct", "wrap", "busy", "rest", "learn"
]
Outcome = Literal[
    "arrived",  # on the exchange, not in a queue yet
    "waiting",
    "talking",
    "answered",
    "abandoned",
    "timeout",
    "overflow",  # refused or thrown out by the queue: FULL, JOINEMPTY, LEAVEEMPTY ...
    "left",  # left the queue by a key or by a supervisor
    "quick",  # hung up before any queue
    "unknown",  # its end fell into a gap of the link
]
OPEN: frozenset[str] = frozenset({"arrived", "waiting", "talking"})
LOST: frozenset[str] = frozenset({"abandoned", "timeout", "overflow", "unknown", "quick"})


PAUSE_KINDS: dict[str, Literal["rest", "learn"]] = {
    "小休": "rest",
    "休息": "rest",
    "用餐": "rest",
    "培训": "learn",
    "学习": "learn",
}


class FloorPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the fold must know beforehand.

    zone : IANA zone whose midnight starts a day.
    service_level : queue -> target in seconds; `default_service_level` for the others.
    standard_s : the national "answer within" (GB/T 33358: 15 s).
    short_abandon_s : an abandon below this many seconds is a short one, not charged to the floor.
    wrap_up_s : after-call work after a queue call, seconds; the exchange does not tell it.
    settle_s : how long a contradiction of a list waits for its late event before it is closed.
    pause_kinds : pause reason -> `rest` or `learn`; every other reason is `busy`.
    """

    zone: str = "Asia/Shanghai"
    service_level: dict[str, int] = {}
    default_service_level: int = 15
    standard_s: int = 15
    short_abandon_s: int = 5
    wrap_up_s: int = 0
    settle_s: float = 3.0
    pause_kinds: dict[str, Literal["rest", "learn"]] = msgspec.field(
        default_factory=lambda: dict(PAUSE_KINDS)
    )


class Link(msgspec.Struct, frozen=True):
    """One exchange's session: `up` only once the first list after login is in."""

    epoch: int = 0
    seq: int = 0
    up: bool = False
    since: float = 0.0
    reason: str = ""
    heard: float = 0.0
    version: str = ""


class Gap(msgspec.Struct, frozen=True):
    """A time in which an exchange's floor was not seen; `end` is 0 while it lasts."""

    pbx: str
    start: float
    end: float = 0.0


class Seat(msgspec.Struct, frozen=True):
    """A queue member. `since` is when `state` began; `channel` its leg of the queue call."""

    key: str
    pbx: str
    interface: str
    name: str
    memberships: dict[str, MemberRow]
    device: int = 0
    device_since: float = 0.0
    call: str = ""
    channel: str = ""
    ringing: str = ""
    holding: bool = False
    done_at: float = 0.0
    wrap_until: float = 0.0
    state: SeatState = "offline"
    since: float = 0.0
    reason: str = ""


class Call(msgspec.Struct, frozen=True):
    """One visit of a call to one queue: the row of the call ledger.

    A transferred call that enters a second queue is a second visit. Instants are seconds since
    epoch, 0 where not (yet) known; `wait` and `talk` are whole seconds as app_queue counts them,
    -1 where a gap hides them. `missing` is when a list first lacked it.
    """

    key: str
    pbx: str
    call: str
    visit: int
    outcome: Outcome
    caller: Caller
    channel: str = ""
    queue: str = ""
    arrived: float = 0.0
    entered: float = 0.0
    answered: float = 0.0
    ended: float = 0.0
    seat: str = ""
    name: str = ""
    position: int = 0
    wait: int = -1
    talk: int = -1
    held: float = 0.0
    held_since: float = 0.0
    ring_outs: int = 0
    ringing: tuple[str, ...] = ()
    transferred: str = ""
    reason: str = ""
    left: float = 0.0
    missing: float = 0.0
    listed: bool = False
    gap: bool = False


class Alarm(msgspec.Struct, frozen=True):
    """A raised alarm; it stays until the figure is back, acknowledged or not."""

    key: str
    rule: str
    subject: str
    value: float
    threshold: float
    since: float
    ack_name: str = ""
    ack_at: float = 0.0


class Floor(msgspec.Struct, frozen=True):
    """The whole floor of one tenant at one moment.

    calls : open visits and, for `ASIDE_S` after their end, the closed ones.
    closed : visits closed longer, until `KEEP_CLOSED_S`; one that changes stands in `calls` again. The
        day's last `LOST_KEPT` lost ones stay, to be shown.
    latest : (pbx, call) key -> number of its last visit.
    tallies : queue -> counts of `day`, over visits that entered on that day ("" = before any queue).
    minutes : minute start -> counts, for the charts of the day.
    answered : seat key -> calls taken on that day.
    """

    plan: FloorPlan
    day: tuple[float, float] = (0.0, 0.0)
    links: dict[str, Link] = {}
    gaps: tuple[Gap, ...] = ()
    seats: dict[str, Seat] = {}
    queues: tuple[str, ...] = ()
    calls: dict[str, Call] = {}
    closed: dict[str, Call] = {}
    latest: dict[str, int] = {}
    tallies: dict[str, Tally] = {}
    minutes: dict[int, Minute] = {}
    answered: dict[str, int] = {}
    names: dict[str, str] = {}
    alarms: dict[str, Alarm] = {}


def empty_floor(plan: FloorPlan, at: float = 0.0) -> Floor:
    """Return a floor of which nothing is known, on the day that holds `at`."""
    return Floor(plan=plan, day=day_of(at, plan.zone))


def seat_key(pbx: str, interface: str) -> str:
    """Return the key of a seat: two exchanges may both have a PJSIP/8001."""
    return f"{pbx}:{interface}"
