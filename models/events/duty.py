"""Duty events: contacts, roster, swaps, handovers, notices, remarks, reports. Services in `command.duty` make them.

Numbers are row ids. People are named by `who`, as the phone book has them; no event carries a phone number.
"""

from typing import Any

import msgspec

from models.events.envelope import Event


class DutyEvent(Event, frozen=True, kw_only=True):
    """Something that happened on duty; `by` is the name of who did it, as it was then."""

    by: str = ""


class ContactAdded(DutyEvent, frozen=True, kw_only=True):
    """A person or an organisation is in the phone book."""

    contact: int
    who: str


class ContactChanged(DutyEvent, frozen=True, kw_only=True):
    """Facts of a contact were corrected: the names of the fields in `fields`."""

    contact: int
    who: str
    fields: tuple[str, ...]


class ContactDeactivated(DutyEvent, frozen=True, kw_only=True):
    """A contact is in the phone book no more; what names it keeps the name."""

    contact: int
    who: str


class ContactRestored(DutyEvent, frozen=True, kw_only=True):
    """A contact that was taken out is in the phone book again."""

    contact: int
    who: str


class ContactGroupAdded(DutyEvent, frozen=True, kw_only=True):
    """A group of contacts was made."""

    group: int
    name: str


class ContactGroupRenamed(DutyEvent, frozen=True, kw_only=True):
    """A group of contacts has another name than it had (`was`)."""

    group: int
    was: str
    name: str


class ContactGroupRemoved(DutyEvent, frozen=True, kw_only=True):
    """A group is no more; its `moved` members are in the group `into`, 0 = it had none."""

    group: int
    name: str
    into: int
    moved: int


class DutyLevelSet(DutyEvent, frozen=True, kw_only=True):
    """A level of duty was made or changed: its slots, how many each needs at `least`, whether it is in use."""

    level: str
    label: str
    least: int
    active: bool = True


class RosterGenerated(DutyEvent, frozen=True, kw_only=True):
    """A level's days `since` to `until` were filled by rotation: `made` shifts, `kept` were there, `left` open."""

    level: str
    label: str
    since: str
    until: str
    made: int
    kept: int
    left: int


class ShiftEvent(DutyEvent, frozen=True, kw_only=True):
    """Something that happened to one person's shift; `start` and `end` are instants."""

    shift: int
    level: str
    label: str
    contact: int
    who: str
    start: float
    end: float


class ShiftPlaced(ShiftEvent, frozen=True, kw_only=True):
    """A person was put on a shift, in place of shift `instead` (0 = of nobody)."""

    instead: int = 0
    was: str = ""


class ShiftRetimed(ShiftEvent, frozen=True, kw_only=True):
    """A shift begins or ends at another time than before."""

    was_start: float
    was_end: float


class ShiftCancelled(ShiftEvent, frozen=True, kw_only=True):
    """A person was taken off a shift and nobody put on it."""

    why: str = ""


class SwapEvent(DutyEvent, frozen=True, kw_only=True):
    """Something that happened to a swap: `who` gives `shift` to `other`, who gives `back` for it (0 = nothing)."""

    swap: int
    shift: int
    back: int
    who: str
    other: str
    start: float
    why: str = ""


class SwapAsked(SwapEvent, frozen=True, kw_only=True):
    """Somebody asks another to take a shift."""


class SwapAgreed(SwapEvent, frozen=True, kw_only=True):
    """The other agrees; it waits for approval."""


class SwapDeclined(SwapEvent, frozen=True, kw_only=True):
    """The other declines."""


class SwapApproved(SwapEvent, frozen=True, kw_only=True):
    """The swap was approved: the roster is changed."""


class SwapRefused(SwapEvent, frozen=True, kw_only=True):
    """The swap was not approved, or taken back by who asked."""


class HandoverEvent(DutyEvent, frozen=True, kw_only=True):
    """Something that happened to a handover from `outgoing` to `incoming`."""

    handover: int
    level: str
    label: str
    outgoing: str
    incoming: str
    matters: str


class HandoverWritten(HandoverEvent, frozen=True, kw_only=True):
    """The outgoing wrote what is open."""


class HandoverAmended(HandoverEvent, frozen=True, kw_only=True):
    """The outgoing wrote it anew before it was signed."""


class HandoverSigned(HandoverEvent, frozen=True, kw_only=True):
    """The incoming signed: from now on nobody changes it."""


class DutyNoticeSent(DutyEvent, frozen=True, kw_only=True):
    """A text to `people` contacts was ordered, `without` more have no mobile; the gateway says what it delivered."""

    notice: int
    text: str
    people: int
    without: int


class DutyRemarked(DutyEvent, frozen=True, kw_only=True):
    """An officer wrote a remark into the duty log; `corrects` an earlier one (0 = none)."""

    remark: int
    text: str
    corrects: int = 0


class DutyReportEvent(DutyEvent, frozen=True, kw_only=True):
    """Something that happened to a duty report; `version` counts its texts."""

    report: int
    title: str
    version: int


class DutyReportDrafted(DutyReportEvent, frozen=True, kw_only=True):
    """A report of [since, until) was drawn from the log."""

    since: float
    until: float


class DutyReportEdited(DutyReportEvent, frozen=True, kw_only=True):
    """Its text was written anew."""


class DutyReportSubmitted(DutyReportEvent, frozen=True, kw_only=True):
    """It waits for approval."""


class DutyReportApproved(DutyReportEvent, frozen=True, kw_only=True):
    """It is approved and final."""


class DutyReportReturned(DutyReportEvent, frozen=True, kw_only=True):
    """It goes back to be written anew, and why."""

    why: str


class CalendarIssued(DutyEvent, frozen=True, kw_only=True):
    """A calendar address was made for one person's shifts, or for the whole roster (`contact` 0)."""

    calendar: int
    contact: int
    who: str


class CalendarRevoked(DutyEvent, frozen=True, kw_only=True):
    """A calendar address opens nothing any more."""

    calendar: int


AnyDutyEvent = (
    ContactAdded | ContactChanged | ContactDeactivated | ContactRestored | ContactGroupAdded
    | ContactGroupRenamed | ContactGroupRemoved | DutyLevelSet
    | RosterGenerated | ShiftPlaced | ShiftRetimed | ShiftCancelled | SwapAsked | SwapAgreed
    | SwapDeclined | SwapApproved | SwapRefused | HandoverWritten | HandoverAmended | HandoverSigned
    | DutyNoticeSent | DutyRemarked | DutyReportDrafted | DutyReportEdited | DutyReportSubmitted
    | DutyReportApproved | DutyReportReturned | CalendarIssued | CalendarRevoked
)  # fmt: skip


def from_row(row: dict[str, Any]) -> AnyDutyEvent:
    """Return an event as the outbox and the event log keep it."""
    event: AnyDutyEvent = msgspec.convert(row, AnyDutyEvent)
    return event
