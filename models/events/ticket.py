"""Ticket events: one verb of the workflow, one event. Services in `tickets` make them, `rules.tickets` folds them.

`ticket` is the row's id, `leg` the number of a unit's part in it (1 = the lead). Units are named by
their code. Texts are what a person wrote; no event carries a caller's name or number.
"""

from typing import Any, Literal

import msgspec

from models.events.envelope import Event

Ground = Literal["area", "function", "authority"]
"""Why a unit returns a ticket: 属地, 职能, 权属."""
Mode = Literal["self", "forward", "assign"]
"""自办, 转送, 交办."""
Grade = Literal["very_good", "good", "fair", "bad", "very_bad", "none"]
"""非常满意 ... 非常不满意; `none`: nobody answered or no opinion."""

Finding = Literal["upheld", "partly", "unfounded"]
"""属实, 部分属实, 不属实."""

Flag = Literal["anonymous", "confidential", "disputed", "emergency"]
"""匿名, 保密, 矛盾纠纷, 应急."""

Nature = Literal[
    "neighbour", "family", "labour", "property", "land", "medical", "consumer", "traffic", "other"
]
"""邻里, 婚姻家庭, 劳资, 物业, 征地拆迁, 医患, 消费, 交通事故, 其他."""
Risk = Literal["low", "medium", "high"]
"""一般, 较大, 重大."""

Point = Literal["checked", "clear", "lawful", "real", "patient"]
"""What a review looks at: 事实查清, 基本事实清楚, 政策依据充分, 措施实在, 解释耐心."""

Quality = Literal["", "excellent", "good", "fair", "poor"]
"""优, 良, 中, 差; empty where a review did not rate."""

How = Literal["phone", "visit", "sms", "other"]
"""How a citizen was spoken with while the matter was handled."""

Closing = Literal["", "unreached", "main"]
"""Why a ticket was archived without a word of its citizen: nobody could be reached, or with its main ticket."""

Stand = Literal["pending_assign", "archived"]
"""Where a ticket of an earlier system stands when it comes: waiting for a unit, or done."""


class TicketEvent(Event, frozen=True, kw_only=True):
    """Something that happened to a ticket.

    note : the opinion or reason given with it. status : the state it led to, by the tenant's own
    table of moves; empty = the state our table gives. seal : digests of the texts it set, see `rules.tickets.seal`.
    """

    ticket: int
    note: str = ""
    status: str = ""
    seal: dict[str, str] = msgspec.field(default_factory=dict)


class TicketOpened(TicketEvent, frozen=True, kw_only=True):
    """受理: registered, with its public number.

    recording : of its call, where it was known already; flags : which of `Flag` it bears, None on old events;
    later : 不能当时答复, to be answered at `later_on` (0 = not said);
    about : agent number of the person complained of, in a complaint about the hotline's own staff.
    """

    no: str
    kind: str
    category: str
    channel: str
    urgency: str
    call: str = ""
    recording: str = ""
    about: str = ""
    flags: tuple[Flag, ...] | None = None
    later: bool = False
    later_on: float = 0.0


class TicketImported(TicketEvent, frozen=True, kw_only=True):
    """Taken over from an earlier system as it stood there; `at` is the import, never published.

    origin : its key there; opened, due, handled, replied, called_back : instants of that time, 0 = none;
    unit : who answered for it, with a part of its own only if it was closed.
    """

    no: str
    origin: str
    kind: str
    category: str
    channel: str
    urgency: str
    status: Stand
    opened: float
    unit: str = ""
    due: float = 0.0
    handled: float = 0.0
    replied: float = 0.0
    called_back: float = 0.0
    grade: Grade = "none"
    solved: bool | None = None


class TicketAnswered(TicketEvent, frozen=True, kw_only=True):
    """Answered at once by the seat: the shortest process."""


class StaffComplaintSettled(TicketEvent, frozen=True, kw_only=True):
    """A complaint about the hotline's own staff was looked into: what was found, in `note` what follows."""

    finding: Finding


class TicketRejected(TicketEvent, frozen=True, kw_only=True):
    """不予受理, with the ground of the list."""

    ground: str


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One unit's part: its leg's number, the unit, and its due instant (0 = none)."""

    leg: int
    unit: str
    due: float = 0.0


class TicketAssigned(TicketEvent, frozen=True, kw_only=True):
    """转办 or 交办: to a lead unit (leg 1 of `parts`) and co-units; `why`: the rule by which the system did it."""

    mode: Mode
    parts: tuple[Part, ...]
    why: str = ""


class UnitsCoordinated(TicketEvent, frozen=True, kw_only=True):
    """部门协作: what the named units owe together with the others, each by its due instant; new ones got a part."""

    what: str
    parts: tuple[Part, ...]


class TicketStarted(TicketEvent, frozen=True, kw_only=True):
    """办理: the unit of a leg began."""

    leg: int


class TicketSubAssigned(TicketEvent, frozen=True, kw_only=True):
    """The unit of a leg handed it to one of its own sub-units."""

    leg: int
    unit: str


class LegHandled(TicketEvent, frozen=True, kw_only=True):
    """A co-unit finished its part; the ticket goes on with its lead."""

    leg: int


class TicketHandled(TicketEvent, frozen=True, kw_only=True):
    """The lead unit recorded the result: to be reviewed."""


class TicketReviewed(TicketEvent, frozen=True, kw_only=True):
    """审核: how good the result is, in a word and point by point; no points where it was not rated."""

    quality: Quality = ""
    points: dict[Point, bool] = msgspec.field(default_factory=dict)


class TicketApproved(TicketReviewed, frozen=True, kw_only=True):
    """审核: the centre is content."""


class TicketSentBack(TicketReviewed, frozen=True, kw_only=True):
    """审核: not content, back to the unit with an opinion and a new due instant.

    Its unit's clock stood while the centre reviewed. Without an active unit it waits for another (`status`).
    """

    due: float = 0.0


class ReturnAsked(TicketEvent, frozen=True, kw_only=True):
    """退回: the unit says that it is not its matter."""

    leg: int
    ground: Ground


class ReturnGranted(TicketEvent, frozen=True, kw_only=True):
    """The centre takes the ticket back and assigns anew; a co-unit's part alone, if `status` says so."""

    leg: int


class TicketRecalled(TicketEvent, frozen=True, kw_only=True):
    """The centre takes the ticket back on its own account and assigns anew; no unit refused it."""


class ReturnDenied(TicketEvent, frozen=True, kw_only=True):
    """The unit keeps it."""

    leg: int


class ExtensionAsked(TicketEvent, frozen=True, kw_only=True):
    """延期: more time is asked for, `days` working days."""

    leg: int
    days: int


class ExtensionGranted(TicketEvent, frozen=True, kw_only=True):
    """More time is given: the new due instant."""

    leg: int
    due: float


class ExtensionDenied(TicketEvent, frozen=True, kw_only=True):
    """The due instant stands."""

    leg: int


class TicketUrged(TicketEvent, frozen=True, kw_only=True):
    """催办: by hand or by the timer; `legs` are all the parts it tells, none on old events, which told one."""

    leg: int
    legs: tuple[int, ...] = ()


class UrgePlanned(TicketEvent, frozen=True, kw_only=True):
    """定时催办: the clock urges at `on` if the ticket is then still with its unit; 0 takes it back."""

    on: float


class LegWarned(TicketEvent, frozen=True, kw_only=True):
    """The clock: a part is nearly due, or a step of the centre's own.

    Those have the legs 0 dispatch, -1 review, -2 call-back, -3 re-examination, -4 accept.
    """

    leg: int
    due: float


class LegExpired(TicketEvent, frozen=True, kw_only=True):
    """The clock: a part is overdue, or a step of the centre's own, numbered as in `LegWarned`."""

    leg: int
    due: float


class TicketSupervised(TicketEvent, frozen=True, kw_only=True):
    """督办, with an opinion."""

    supervision: int


class SupervisionRated(TicketEvent, frozen=True, kw_only=True):
    """A supervision ended with a rating of 1 to 5."""

    supervision: int
    rating: int


class TicketInstructed(TicketEvent, frozen=True, kw_only=True):
    """批示: a leader's instruction."""


class TicketReplied(TicketEvent, frozen=True, kw_only=True):
    """The platform's reply to the citizen."""


class CitizenCalledBack(TicketEvent, frozen=True, kw_only=True):
    """回访: reached or not, the grade, and whether the matter is solved (None = not said).

    A grade or an answer that was not given leaves the earlier one. attempt : the how-manieth in a row that reached
    nobody, 0 if somebody answered (and on old events).
    """

    reached: bool
    attempt: int = 0
    grade: Grade = "none"
    solved: bool | None = None


class TicketReopened(TicketEvent, frozen=True, kw_only=True):
    """重新办理: the citizen was not content, the lead unit handles again, or another if it is closed (`status`)."""

    due: float = 0.0


class ReexaminationOpened(TicketEvent, frozen=True, kw_only=True):
    """复查复核: the citizen contests the outcome."""


class ReexaminationClosed(TicketEvent, frozen=True, kw_only=True):
    """The re-examination upheld the outcome, or ordered the matter to be handled again.

    due : the new due instant of the lead unit, 0 where the ticket waits for one (`status`).
    """

    upheld: bool
    due: float = 0.0


class ClockPaused(TicketEvent, frozen=True, kw_only=True):
    """Waiting for the citizen: the legs' clocks stand."""


class ClockResumed(TicketEvent, frozen=True, kw_only=True):
    """The citizen answered, or the timer ended the longest pause; `dues` are the new due instants of the open legs."""

    dues: dict[str, float]


class DueRecomputed(TicketEvent, frozen=True, kw_only=True):
    """Calendar or rules changed, `cause` says which (`calendar:VERSION`, `rules`): the new due instants by leg.

    Legs below 1 are steps of the centre's own, numbered as in `LegWarned`.
    """

    dues: dict[str, float]


class CitizenContacted(TicketEvent, frozen=True, kw_only=True):
    """联系市民: who handles it spoke with the citizen, or tried to; the answer remains the platform's."""

    how: How
    reached: bool


class TicketMerged(TicketEvent, frozen=True, kw_only=True):
    """并案: goes on under another ticket, its units' parts end; its caller is kept for the call-back."""

    into: int


class TicketUnmerged(TicketEvent, frozen=True, kw_only=True):
    """The merge was a mistake: it goes on by itself."""


class RecordingLinked(TicketEvent, frozen=True, kw_only=True):
    """The recording of the ticket's call is known; `recording` is the recorder's own name for it."""

    call: str
    recording: str


class CallRecorded(Event, frozen=True, kw_only=True):
    """A visit of a call was recorded; kept in the event log under the call's key, for tickets to come."""

    call: str
    recording: str


class TicketPlaced(TicketEvent, frozen=True, kw_only=True):
    """定位: where it is was found or corrected; the place as the row has it from now on.

    lon, lat : WGS-84; precision : see `rules.places`; district, street, grid : codes of the city there;
    was : the address before, where another was written.
    """

    lon: float
    lat: float
    precision: str
    address: str = ""
    was: str = ""
    district: str = ""
    street: str = ""
    grid: str = ""


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fact before and after; a flag is "yes" or empty."""

    was: str
    now: str


class TicketAmended(TicketEvent, frozen=True, kw_only=True):
    """修改: facts of the ticket were corrected; `dues` are the new due instants, by leg, that followed from it.

    changed : field -> what it was and is; of a protected citizen's title, content and address only that they changed.
    """

    changed: dict[str, Change]
    dues: dict[str, float]


class DisputeScreened(TicketEvent, frozen=True, kw_only=True):
    """矛盾纠纷排查: who is at odds about what, how many, how grave, what is done, and who sees to it."""

    parties: str
    nature: Nature
    people: int
    risk: Risk
    measures: str
    person: str


class TicketArchived(TicketEvent, frozen=True, kw_only=True):
    """归档."""

    closing: Closing = ""


AnyTicketEvent = (
    TicketOpened | TicketImported | TicketAnswered | TicketRejected | TicketAssigned | TicketStarted
    | TicketSubAssigned | LegHandled | TicketHandled | TicketApproved | TicketSentBack | ReturnAsked
    | ReturnGranted | TicketRecalled | ReturnDenied | ExtensionAsked | ExtensionGranted | ExtensionDenied | TicketUrged
    | TicketSupervised | SupervisionRated | TicketInstructed | TicketReplied | CitizenCalledBack
    | TicketReopened | ReexaminationOpened | ReexaminationClosed | ClockPaused | ClockResumed
    | DueRecomputed | TicketMerged | TicketUnmerged | TicketArchived | UrgePlanned | LegWarned
    | LegExpired | StaffComplaintSettled | UnitsCoordinated | RecordingLinked
    | TicketPlaced | CitizenContacted | TicketAmended | DisputeScreened
)  # fmt: skip

_decoder = msgspec.json.Decoder(AnyTicketEvent)


def decode(raw: bytes | str) -> AnyTicketEvent:
    """Return one event; msgspec.MsgspecError when it is none of ours."""
    event: AnyTicketEvent = _decoder.decode(raw)
    return event


def from_row(row: dict[str, Any]) -> AnyTicketEvent:
    """Return an event as the outbox and the history keep it."""
    event: AnyTicketEvent = msgspec.convert(row, AnyTicketEvent)
    return event
