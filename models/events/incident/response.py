"""The response to an incident: plan, tasks, needs, response units, supplies, orders, conferences."""

from typing import Literal

import msgspec

from models.events.incident.base import IncidentEvent
from models.events.incident.course import Grade

Progress = Literal[
    "dispatched", "acknowledged", "en_route", "staging", "on_scene", "transporting",
    "at_destination", "returning", "clear", "cancelled",
]  # fmt: skip
"""已派出, 已接令, 途中, 集结待命, 到场, 转运中, 到达目的地, 返回, 归队, 撤销: kept per assignment."""
CLOSED: frozenset[Progress] = frozenset({"clear", "cancelled"})


MemberState = Literal[
    "asked", "ringing", "joined", "declined", "left", "muted", "speaking", "failed"
]
"""待呼叫, 振铃, 已加入, 拒接, 已离开, 静音, 发言中, 未接通."""


class Card(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A task card of a plan. key : unique in its plan; minutes : until when after activation; after : keys."""

    key: str
    title: str
    role: str
    minutes: float
    after: tuple[str, ...] = ()
    text: str = ""


class PlannedNeed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan needs: `count` response units that have `capability`."""

    capability: str
    count: int


class Contact(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whom a plan says to call."""

    role: str
    name: str
    phone: str


class PlanActivated(IncidentEvent, frozen=True, kw_only=True):
    """预案启动: this version of the plan, as it was at that moment, holds for the incident from now on.

    level : the response level it stands for; reason : why it fits; automatic : the tenant lets it start itself;
    sections : title and text.
    """

    plan: int
    version: int
    title: str
    level: Grade
    reason: str
    cards: tuple[Card, ...]
    needs: tuple[PlannedNeed, ...]
    contacts: tuple[Contact, ...]
    templates: dict[str, str] = msgspec.field(default_factory=dict)
    automatic: bool = False
    sections: tuple[tuple[str, str], ...] = ()


class TaskAdded(IncidentEvent, frozen=True, kw_only=True):
    """A task besides those of the plan. due : instant, 0 = none; after : numbers of tasks that come first."""

    task: int
    title: str
    role: str
    due: float
    after: tuple[int, ...] = ()
    text: str = ""


class TaskStarted(IncidentEvent, frozen=True, kw_only=True):
    """Somebody took a task on."""

    task: int


class TaskProgressed(IncidentEvent, frozen=True, kw_only=True):
    """How far a task is, 0 to 100."""

    task: int
    percent: int


class TaskDone(IncidentEvent, frozen=True, kw_only=True):
    """A task is done."""

    task: int


class TaskDropped(IncidentEvent, frozen=True, kw_only=True):
    """A task is not needed any more; who waited for it waits no longer."""

    task: int


class TaskLate(IncidentEvent, frozen=True, kw_only=True):
    """A task was still open when its time had come: told once, by the timers. due : what it was due at."""

    task: int
    due: float


class NeedSet(IncidentEvent, frozen=True, kw_only=True):
    """How many response units of a capability the incident needs; 0 takes the need away."""

    capability: str
    count: int


class UnitAssigned(IncidentEvent, frozen=True, kw_only=True):
    """调派: a response unit was claimed for the incident.

    assignment : the row; unit : code, label its name; capability : the need it fills; seconds : predicted drive,
    -1 = not known (no road leads there, or the unit has no position); rank : its place in the recommendation of
    that moment, 0 = it was not in it; best : code of the unit recommended first; override : why another was taken;
    implied : the unit was seen on its way without a dispatch.
    """

    assignment: int
    unit: str
    label: str
    capability: str
    seconds: float
    metres: float
    rank: int
    best: str = ""
    override: str = ""
    implied: bool = False


class UnitMoved(IncidentEvent, frozen=True, kw_only=True):
    """An assignment is one step further. implied : inserted, because a later step was seen first; lon, lat as told.

    told : when the crew pressed the button, by its device's own clock; 0 = it was not told by a device.
    """

    assignment: int
    unit: str
    progress: Progress
    implied: bool = False
    lon: float | None = None
    lat: float | None = None
    told: float = 0.0


class RouteChanged(IncidentEvent, frozen=True, kw_only=True):
    """A unit's way was found anew. cause : closure, traffic, position, target; seconds -1: no way any more."""

    assignment: int
    unit: str
    cause: str
    was: float
    seconds: float
    metres: float


class SupplySent(IncidentEvent, frozen=True, kw_only=True):
    """物资调拨: so much of a supply left a depot for the incident."""

    transfer: int
    depot: str
    supply: str
    label: str
    amount: float
    measure: str
    seconds: float


class SupplyRerouted(IncidentEvent, frozen=True, kw_only=True):
    """A load's way was found anew: seconds of the whole drive before and now (-1 = none), since when it drives (s)."""

    transfer: int
    label: str
    was: float
    seconds: float
    began: float


class SupplyReturned(IncidentEvent, frozen=True, kw_only=True):
    """What was not used came back to its depot."""

    transfer: int
    amount: float


class OrderGiven(IncidentEvent, frozen=True, kw_only=True):
    """处置指令: to whom, what."""

    order: int
    to: str
    text: str


class OrderAnswered(IncidentEvent, frozen=True, kw_only=True):
    """An order was acknowledged, or what became of it told."""

    order: int
    text: str
    done: bool = False


class ConferenceAsked(IncidentEvent, frozen=True, kw_only=True):
    """多组呼叫: these people are to be called together; the exchange side answers with states.

    groups : names of the groups they were taken from; members : `contact:ID` -> name; no event carries a number.
    chair : who grants the floor, as shown.
    """

    conference: int
    title: str
    groups: tuple[str, ...]
    members: dict[str, str]
    chair: str
    record: bool = True


class ConferenceMoved(IncidentEvent, frozen=True, kw_only=True):
    """What the exchange says of a member: asked, ringing, joined, declined, left, muted, speaking, failed."""

    conference: int
    member: str
    state: MemberState


class FloorGranted(IncidentEvent, frozen=True, kw_only=True):
    """发言控制: the chair asks that this member may speak, or (`granted` false) not any more."""

    conference: int
    member: str
    granted: bool


class ConferenceEnded(IncidentEvent, frozen=True, kw_only=True):
    """A conference is over; `recording` its reference, empty where none was made."""

    conference: int
    recording: str = ""


class NoticeSent(IncidentEvent, frozen=True, kw_only=True):
    """短信通知: words to people and groups, handed to the channel; delivery is the channel's to say.

    to : as written, of those who stand in no phone book; groups : names of those chosen; members : `contact:ID` ->
    name, everybody the choice meant at that moment; without : those of them who have no mobile. No event carries a
    number.
    """

    notice: int
    to: tuple[str, ...]
    text: str
    groups: tuple[str, ...] = ()
    members: dict[str, str] = msgspec.field(default_factory=dict)
    without: tuple[str, ...] = ()


ResponseEvent = (
    PlanActivated | TaskAdded | TaskStarted | TaskProgressed | TaskDone | TaskDropped | TaskLate | NeedSet
    | UnitAssigned | UnitMoved | RouteChanged | SupplySent | SupplyRerouted | SupplyReturned | OrderGiven
    | OrderAnswered
    | ConferenceAsked | ConferenceMoved | FloorGranted | ConferenceEnded | NoticeSent
)  # fmt: skip
