"""Floor events: what the exchange told us, in the trade's words. `pbx.translate` makes them, `rules.floor` folds them.

`interface` names a seat as the exchange does (`PJSIP/8001`); `call` is the caller's Uniqueid on that
exchange; `queue` is the ACD queue's name. Waits and talks are whole seconds as app_queue counts them.
"""

from typing import Any

import msgspec

from models.events.envelope import Event


class Caller(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A caller's number as it may travel: masked for screens, keyed hash to join, sealed to reveal."""

    masked: str = ""
    digest: str = ""
    sealed: str = ""


class FloorEvent(Event, frozen=True, kw_only=True):
    """An event of one exchange's floor.

    pbx : name of the exchange in the settings.
    epoch : number of the link, growing with every worker and reconnect: the fencing token.
    seq : running number within the epoch; (epoch, seq) never goes back, or the event is a repeat.
    """

    pbx: str
    epoch: int
    seq: int


# --- the link -------------------------------------------------------------------------------


class LinkUp(FloorEvent, frozen=True, kw_only=True):
    """The AMI session is logged in; what happened before it is not known."""

    version: str = ""


class LinkDown(FloorEvent, frozen=True, kw_only=True):
    """The AMI session ended; from here on the floor is unknown until the next snapshot."""

    reason: str


class MemberRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One queue membership: `device` is the AST_DEVICE_* number 0-8, `reason` the pause reason."""

    queue: str
    interface: str
    name: str
    device: int
    paused: bool
    reason: str = ""
    penalty: int = 0
    dynamic: bool = False


class EntryRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One caller waiting in a queue since `wait` whole seconds."""

    queue: str
    call: str
    channel: str
    caller: Caller
    position: int
    wait: int


class ChannelRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One live channel; `linked` is the call it belongs to, `bridge` is empty outside a bridge.

    `queue` is the queue whose Queue() a caller's channel is in, `duration` its age in whole seconds.
    """

    channel: str
    call: str
    linked: str
    bridge: str = ""
    duration: int = 0
    queue: str = ""
    caller: Caller = Caller()


class QueuesListed(FloorEvent, frozen=True, kw_only=True):
    """A complete QueueStatus list: all queues, members and waiting callers at one moment."""

    queues: tuple[str, ...]
    members: tuple[MemberRow, ...]
    entries: tuple[EntryRow, ...]


class ChannelsListed(FloorEvent, frozen=True, kw_only=True):
    """A complete CoreShowChannels list."""

    channels: tuple[ChannelRow, ...]


class DevicesListed(FloorEvent, frozen=True, kw_only=True):
    """A complete DeviceStateList: device name -> AST_DEVICE_* number."""

    devices: dict[str, int]


# --- calls ----------------------------------------------------------------------------------


class CallArrived(FloorEvent, frozen=True, kw_only=True):
    """A caller's channel opened on the exchange (it may be in the IVR or dialling straight)."""

    call: str
    channel: str
    caller: Caller
    context: str
    dialled: str


class CallGone(FloorEvent, frozen=True, kw_only=True):
    """A channel hung up; `cause_code` is the Q.850 cause."""

    call: str
    channel: str
    linked: str
    cause_code: int


class CallerJoined(FloorEvent, frozen=True, kw_only=True):
    """A caller entered a queue."""

    queue: str
    call: str
    channel: str
    caller: Caller
    position: int


class CallerLeft(FloorEvent, frozen=True, kw_only=True):
    """A caller is no longer waiting in the queue (answered, abandoned or thrown out)."""

    queue: str
    call: str


class CallerAbandoned(FloorEvent, frozen=True, kw_only=True):
    """A caller left unanswered after `wait` seconds. Asterisk sends this on a queue timeout too."""

    queue: str
    call: str
    wait: int


class QueueDone(FloorEvent, frozen=True, kw_only=True):
    """The dialplan went on after Queue(); `status` is QUEUESTATUS (TIMEOUT, FULL, JOINEMPTY, ...)."""

    queue: str
    call: str
    status: str


class SeatRang(FloorEvent, frozen=True, kw_only=True):
    """A queue began to ring a seat for a call."""

    queue: str
    call: str
    interface: str
    name: str


class SeatRangOut(FloorEvent, frozen=True, kw_only=True):
    """A seat did not take a call within `ring` whole seconds (AMI gives milliseconds)."""

    queue: str
    call: str
    interface: str
    ring: int


class CallAnswered(FloorEvent, frozen=True, kw_only=True):
    """A seat took a call after `wait` seconds in the queue, of which `ring` at this seat."""

    queue: str
    call: str
    interface: str
    name: str
    channel: str
    wait: int
    ring: int


class CallCompleted(FloorEvent, frozen=True, kw_only=True):
    """A seat's queue call ended. `call` is empty when the caller's fields were missing."""

    queue: str
    call: str
    interface: str
    wait: int
    talk: int
    reason: str


class CallHeld(FloorEvent, frozen=True, kw_only=True):
    """A channel put its peer on hold."""

    channel: str


class CallUnheld(FloorEvent, frozen=True, kw_only=True):
    """A channel took its peer back from hold."""

    channel: str


class CallTransferred(FloorEvent, frozen=True, kw_only=True):
    """A seat passed its call on: `kind` is blind or attended, `to` the extension or channel."""

    call: str
    channel: str
    kind: str
    to: str


# --- seats ----------------------------------------------------------------------------------


class SeatStatus(FloorEvent, frozen=True, kw_only=True):
    """A membership as a live event tells it: status, pause, penalty, added."""

    member: MemberRow


class SeatRemoved(FloorEvent, frozen=True, kw_only=True):
    """A seat was taken out of a queue."""

    queue: str
    interface: str


class DeviceChanged(FloorEvent, frozen=True, kw_only=True):
    """A phone's state changed: AST_DEVICE_* number 0-8."""

    device: str
    state: int


# --- the watch ------------------------------------------------------------------------------


class AlarmRaised(FloorEvent, frozen=True, kw_only=True):
    """A watched figure crossed its threshold for the rule's duration."""

    alarm: str
    rule: str
    subject: str
    value: float
    threshold: float


class AlarmAcknowledged(FloorEvent, frozen=True, kw_only=True):
    """A person took an alarm on; `name` is shown."""

    alarm: str
    name: str


class AlarmCleared(FloorEvent, frozen=True, kw_only=True):
    """A watched figure came back past the rule's release value."""

    alarm: str
    value: float


class WorkSaved(FloorEvent, frozen=True, kw_only=True):
    """The ticket of a call was saved: the after-call work of `seat` (its key) is over."""

    seat: str


class TimePassed(FloorEvent, frozen=True, kw_only=True):
    """Time went by without news: ends wrap-ups, settles calls lost in a gap. Never on the stream."""


AnyFloorEvent = (
    LinkUp
    | LinkDown
    | QueuesListed
    | ChannelsListed
    | DevicesListed
    | CallArrived
    | CallGone
    | CallerJoined
    | CallerLeft
    | CallerAbandoned
    | QueueDone
    | SeatRang
    | SeatRangOut
    | CallAnswered
    | CallCompleted
    | CallHeld
    | CallUnheld
    | CallTransferred
    | SeatStatus
    | SeatRemoved
    | DeviceChanged
    | AlarmRaised
    | AlarmAcknowledged
    | AlarmCleared
    | WorkSaved
    | TimePassed
)

_decoder = msgspec.json.Decoder(list[AnyFloorEvent])
_encoder = msgspec.json.Encoder()


def encode(events: list[Any]) -> bytes:
    """Return a batch of floor events as one JSON array, the unit a stream entry carries."""
    return _encoder.encode(events)


def decode(data: bytes) -> list[AnyFloorEvent]:
    """Read a batch; msgspec.ValidationError on any unknown type or field."""
    return _decoder.decode(data)
