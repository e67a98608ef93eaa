"""The fold of a ticket's history: replaying it gives the present row."""

from collections.abc import Mapping
from typing import assert_never, cast, get_args

from msgspec import Struct
from msgspec.structs import replace

from models.errors import WrongStatus
from models.events import ticket as e
from models.rules.tickets.moves import CONTESTED, WITH_UNIT, Status


class Leg(Struct, frozen=True):
    """A unit's part: `unit` answers for it, `holder` is the sub-unit that has it now; instants in seconds."""

    unit: str
    holder: str
    assigned: float
    due: float = 0.0
    started: float = 0.0
    handled: float = 0.0
    returned: float = 0.0
    extensions: int = 0
    urges: int = 0

    @property
    def open(self) -> bool:
        """True while the unit owes something."""
        return not self.handled and not self.returned


class Ticket(Struct, frozen=True):
    """What the history says of a ticket. `legs` by number, 1 = the lead of the present assignment.

    bounces : granted returns; reopened : how often it was handled again; attempts : call-backs in a row that
    reached nobody; contacted : when the citizen was first spoken with while the matter was handled;
    flags : None where they were not told.
    """

    status: Status
    opened: float
    legs: dict[int, Leg] = {}
    past: tuple[Leg, ...] = ()
    bounces: int = 0
    reopened: int = 0
    asked_return: int = 0
    asked_extension: int = 0
    supervisions: frozenset[int] = frozenset()
    instructions: int = 0
    replied: float = 0.0
    called_back: float = 0.0
    attempts: int = 0
    quality: e.Quality = ""
    contacted: float = 0.0
    grade: e.Grade = "none"
    solved: bool | None = None
    contested: bool = False
    paused: float = 0.0
    merged_into: int = 0
    urge_on: float = 0.0
    kind: str = ""
    category: str = ""
    urgency: str = ""
    flags: frozenset[str] | None = None
    later: bool = False
    later_on: float = 0.0

    @property
    def lead(self) -> Leg | None:
        """The lead unit's part."""
        return self.legs.get(1)


def reduce(ticket: Ticket | None, event: e.AnyTicketEvent) -> Ticket:
    """Return the ticket after `event`. Pure; WrongStatus when there is no ticket to move."""
    if isinstance(event, e.TicketOpened):
        return Ticket(
            status="pending_assign", opened=event.at, kind=event.kind, category=event.category,
            urgency=event.urgency, flags=None if event.flags is None else frozenset(event.flags),
            later=event.later, later_on=event.later_on,
        )  # fmt: skip
    if isinstance(event, e.TicketImported):
        return _imported(event)
    if ticket is None:
        raise WrongStatus(f"{type(event).__name__} before the ticket was opened")
    folded = _fold(ticket, event)
    return replace(folded, status=cast(Status, event.status)) if event.status else folded


def _fold(t: Ticket, event: e.AnyTicketEvent) -> Ticket:  # noqa: C901, PLR0911, PLR0912, PLR0915 - a table
    match event:
        case e.TicketOpened() | e.TicketImported():
            return t
        case e.TicketAnswered():
            return replace(t, status="reviewed", replied=event.at)
        case e.StaffComplaintSettled():
            return replace(t, status="reviewed")
        case e.TicketRejected():
            return replace(t, status="rejected")
        case e.TicketAssigned():
            legs = {p.leg: Leg(p.unit, p.unit, event.at, p.due) for p in event.parts}
            return replace(t, status="assigned", legs=legs)
        case e.UnitsCoordinated():
            for part in event.parts:
                known = t.legs.get(part.leg) or Leg(part.unit, part.unit, event.at)
                t = replace(t, legs={**t.legs, part.leg: replace(known, due=part.due)})
            return t
        case e.TicketStarted():
            return replace(_leg(t, event.leg, started=event.at), status="in_progress")
        case e.TicketSubAssigned():
            started = t.legs[event.leg].started or event.at
            t = _leg(t, event.leg, holder=event.unit, started=started)
            return replace(t, status="in_progress")
        case e.LegHandled():
            return _leg(t, event.leg, handled=event.at)
        case e.TicketHandled():
            return replace(_leg(t, 1, handled=event.at), status="pending_review", urge_on=0.0)
        case e.TicketApproved():
            return replace(t, status="reviewed", quality=event.quality)
        case e.TicketSentBack():
            return replace(_again(t, event), quality=event.quality)
        case e.ReturnAsked():
            return replace(t, asked_return=event.leg)
        case e.ReturnGranted():
            if event.leg > 1 and event.status in WITH_UNIT:
                return _part_returned(t, event)
            return _returned(t, event.at)
        case e.TicketRecalled():
            return _returned(t, event.at, bounced=False)
        case e.ReturnDenied():
            return replace(t, asked_return=0)
        case e.ExtensionAsked():
            return replace(t, asked_extension=event.leg)
        case e.ExtensionGranted():
            times = t.legs[event.leg].extensions + 1
            t = _leg(t, event.leg, due=event.due, extensions=times)
            return replace(t, asked_extension=0)
        case e.ExtensionDenied():
            return replace(t, asked_extension=0)
        case e.TicketUrged():
            t = replace(t, urge_on=t.urge_on if event.actor == "system" else 0.0)
            for number in event.legs or (event.leg,):
                t = _leg(t, number, urges=t.legs[number].urges + 1)
            return t
        case e.UrgePlanned():
            return replace(t, urge_on=event.on)
        case e.LegWarned() | e.LegExpired() | e.RecordingLinked() | e.TicketPlaced():
            return t
        case e.TicketSupervised():
            return replace(t, supervisions=t.supervisions | {event.supervision})
        case e.SupervisionRated():
            return replace(t, supervisions=t.supervisions - {event.supervision})
        case e.TicketInstructed():
            return replace(t, instructions=t.instructions + 1)
        case e.TicketReplied():
            return replace(t, replied=event.at)
        case e.CitizenCalledBack():
            return _called_back(t, event)
        case e.TicketReopened():
            return _asked_anew(replace(_again(t, event), reopened=t.reopened + 1))
        case e.ReexaminationOpened():
            return replace(t, contested=True)
        case e.ReexaminationClosed():
            t = replace(t, contested=False)
            if event.upheld or event.status in CONTESTED:  # old ones ordered nothing
                return t
            return _asked_anew(replace(_again(t, event), merged_into=0))
        case e.ClockPaused():
            return replace(t, paused=event.at)
        case e.ClockResumed():
            return replace(_moved(t, event.dues), paused=0.0)
        case e.DueRecomputed():
            return _moved(t, event.dues)
        case e.CitizenContacted():
            return replace(t, contacted=t.contacted or event.at) if event.reached else t
        case e.TicketAmended():
            return _amended(t, event)
        case e.DisputeScreened():
            return replace(t, flags=None if t.flags is None else t.flags | {"disputed"})
        case e.TicketMerged():
            over = _returned(t, event.at, bounced=False)
            return replace(over, status="merged", merged_into=event.into)
        case e.TicketUnmerged():
            return replace(_asked_anew(t), status="pending_assign", merged_into=0)
        case e.TicketArchived():
            return replace(t, status="archived")
        case _:
            assert_never(event)


def _imported(event: e.TicketImported) -> Ticket:
    unit, closed = event.unit, event.status == "archived"
    lead = Leg(unit, unit, event.opened, event.due, handled=event.handled)
    return Ticket(
        status=event.status, opened=event.opened, legs={1: lead} if unit and closed else {},
        replied=event.replied, called_back=event.called_back, grade=event.grade, solved=event.solved,
        kind=event.kind, category=event.category, urgency=event.urgency,
    )  # fmt: skip


def _amended(t: Ticket, event: e.TicketAmended) -> Ticket:
    now = {field: change.now for field, change in event.changed.items()}
    flags = t.flags
    if flags is not None:
        told = {flag: now[flag] for flag in get_args(e.Flag) if flag in now}
        flags = flags.difference(told) | {flag for flag, yes in told.items() if yes}
    for number, due in event.dues.items():
        t = _leg(t, int(number), due=due)
    facts = {name: now.get(name, getattr(t, name)) for name in ("kind", "category", "urgency")}
    return replace(t, flags=flags, **facts)


def _leg(ticket: Ticket, number: int, **changes: object) -> Ticket:
    return replace(ticket, legs={**ticket.legs, number: replace(ticket.legs[number], **changes)})


def _moved(ticket: Ticket, dues: Mapping[str, float]) -> Ticket:
    for number, due in dues.items():
        if int(number) > 0:  # the centre's own steps are no parts
            ticket = _leg(ticket, int(number), due=due)
    return ticket


def _called_back(t: Ticket, event: e.CitizenCalledBack) -> Ticket:
    """What was not said again stands; an attempt that reached nobody is only counted."""
    if event.attempt:
        return replace(t, attempts=event.attempt)
    return replace(
        t, called_back=event.at, attempts=0, grade=t.grade if event.grade == "none" else event.grade,
        solved=t.solved if event.solved is None else event.solved,
    )  # fmt: skip


def _asked_anew(ticket: Ticket) -> Ticket:
    """The matter is open again: its citizen gets a new reply, and is called back about it."""
    return replace(
        ticket, replied=0.0, called_back=0.0, attempts=0, grade="none", solved=None, quality=""
    )


def _again(
    ticket: Ticket, event: e.TicketSentBack | e.TicketReopened | e.ReexaminationClosed
) -> Ticket:
    """The lead unit handles once more, by a new due instant, or another unit will; what the co-units did stands."""
    if event.status == "pending_assign":
        return _returned(ticket, event.at, bounced=False)
    again, lead = replace(ticket, status="assigned"), ticket.legs.get(1)
    if lead is None:
        return again
    return _leg(again, 1, handled=0.0, started=0.0, holder=lead.unit, due=event.due or lead.due)


def _part_returned(ticket: Ticket, event: e.ReturnGranted) -> Ticket:
    asked = 0 if ticket.asked_extension == event.leg else ticket.asked_extension
    return replace(
        _leg(ticket, event.leg, returned=event.at), asked_return=0, asked_extension=asked
    )


def _returned(ticket: Ticket, at: float, *, bounced: bool = True) -> Ticket:
    """The assignment is over: its parts belong to the past, the next one starts with new legs."""
    ended = tuple(leg if leg.handled else replace(leg, returned=at) for leg in ticket.legs.values())
    return replace(
        ticket, status="pending_assign", legs={}, past=(*ticket.past, *ended), asked_return=0,
        asked_extension=0, bounces=ticket.bounces + bounced, paused=0.0, urge_on=0.0,
    )  # fmt: skip
