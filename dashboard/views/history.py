"""A ticket's course: one line a move, with what its event says beside the note a person wrote."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple, assert_never

import msgspec
from dash import html

from dashboard.views import amending, clock, outcomes, placing
from dashboard.views.kit import Child, Words
from models.errors import HotlineError
from models.events import ticket as e
from models.rules.tickets import Leg, Ticket, reduce

if TYPE_CHECKING:
    from models.tables import TicketHistory


class Names(NamedTuple):
    """What a line needs to name things: unit code -> name, id of a ticket -> its number, the zone, categories."""

    units: Mapping[str, str]
    tickets: Mapping[int, str]
    zone: str
    labels: Mapping[str, str] = {}

    def unit(self, code: str) -> str:
        """Return a unit's name, its code where there is none such any more."""
        return self.units.get(code, code)

    def when(self, at: float) -> str:
        """Return an instant as `12-03 18:00`."""
        return f"{clock.local(at, self.zone):%m-%d %H:%M}" if at else "—"


def course(lines: Sequence["TicketHistory"], names: Names, words: Words) -> Child:
    """Return the whole history, the first move first."""
    told = _told([line.event for line in lines], names, words)
    return html.Ol(
        [
            html.Li(
                [
                    html.Time(clock.moment(line.at.timestamp(), names.zone, words)),
                    html.Span(
                        [
                            html.B(words[f"verb.{line.verb}"]),
                            html.Span(line.actor_name or words["ticket.system"], className="muted"),
                            html.Div(said, className="told") if said else None,
                            _more(line, names, words),
                            html.P(line.note) if line.note else None,
                        ]
                    ),
                    html.Span(words[f"ticket_status.{line.status}"], className="muted"),
                ]
            )
            for line, said in zip(lines, told, strict=True)
        ],
        className="course wide",
    )


def _more(line: "TicketHistory", names: Names, words: Words) -> Child:
    """Return what an event says in more than a sentence."""
    match line.verb:
        case "place":
            return placing.told(line.event, words)
        case "amend":
            return amending.told(line.event, names.labels, words)
        case "screen":
            return amending.screened(line.event, words)
        case _:
            return None


def _told(rows: Sequence[dict[str, object]], names: Names, words: Words) -> Iterable[str]:
    """Yield each event's line, told beside the ticket as it was before; one that cannot be read says nothing."""
    before: Ticket | None = None
    for row in rows:
        try:
            event = e.from_row(row)
            after = reduce(before, event)
            said = sentence(event, before, names, words)
        except (
            HotlineError,
            msgspec.MsgspecError,
            KeyError,
        ):  # `verify` names what was tampered with
            yield ""
            continue
        before = after
        yield said


def sentence(  # noqa: C901, PLR0911, PLR0912, PLR0915 - a table
    event: e.AnyTicketEvent, before: Ticket | None, names: Names, words: Words
) -> str:
    """Return what an event says beyond its verb and its note, "" when that is all. `before`: the fold so far."""
    legs = before.legs if before else {}

    def unit(number: int) -> str:
        leg = legs.get(number)
        return names.unit(leg.unit) if leg else words.get(f"ticket.step.{number}", "")

    def outcome(verb: str) -> str:
        return outcomes.told(verb, msgspec.to_builtins(event), words)

    def say(key: str, **facts: object) -> str:
        return words[f"told.{key}"].format(**facts)

    match event:
        case e.TicketOpened():
            channel = words[f"channel.{event.channel}"] if event.channel else ""
            facts = (words[f"kind.{event.kind}"], channel, words[f"urgency.{event.urgency}"])
            return words["told.and"].join(filter(None, facts))
        case e.TicketImported():
            return say("imported", origin=event.origin)
        case e.StaffComplaintSettled():
            return words[f"choice.finding.{event.finding}"]
        case e.TicketRejected():
            return words[f"choice.reject.{event.ground}"]
        case e.TicketAssigned():
            said = say(
                "assigned", mode=words[f"choice.mode.{event.mode}"],
                parts=_parts(event.parts, names, words),
            )  # fmt: skip
            rule, _, what = event.why.partition(":")
            return said if not rule else say(
                "because", said=said, cause=words[f"propose.{rule}"].format(what=what)
            )  # fmt: skip
        case e.UnitsCoordinated():
            return say("coordinated", what=event.what, parts=_parts(event.parts, names, words))
        case e.TicketSubAssigned():
            return say("sub_assigned", unit=unit(event.leg), to=names.unit(event.unit))
        case e.TicketStarted() | e.LegHandled():
            return unit(event.leg)
        case e.TicketHandled():
            return unit(1)
        case e.TicketSentBack():
            again = say("again", unit=unit(1), due=names.when(event.due))
            return words["told.then"].join(filter(None, (again, outcome("send_back"))))
        case e.TicketReopened():
            return say("again", unit=unit(1), due=names.when(event.due))
        case e.ReturnAsked():
            return say(
                "ask_return", unit=unit(event.leg), ground=words[f"choice.return.{event.ground}"]
            )
        case e.ReturnGranted():
            return say("returned", unit=unit(event.leg), n=(before.bounces if before else 0) + 1)
        case e.ReturnDenied():
            return say("kept", unit=unit(event.leg))
        case e.TicketRecalled():
            return say("recalled", units=words["told.and"].join(unit(n) for n in legs))
        case e.ExtensionAsked():
            return say(
                "ask_extension", unit=unit(event.leg), days=event.days, due=_due(legs, event.leg, names)
            )  # fmt: skip
        case e.ExtensionGranted():
            return _moved({event.leg: event.due}, legs, names, words)
        case e.ExtensionDenied():
            return say("stands", unit=unit(event.leg), due=_due(legs, event.leg, names))
        case e.TicketUrged():
            leg = legs.get(event.leg)
            told = words["told.or"].join(unit(number) for number in event.legs or (event.leg,))
            return say("urged", unit=told, n=(leg.urges if leg else 0) + 1)
        case e.UrgePlanned():
            return say("urge_on", time=names.when(event.on)) if event.on else say("urge_off")
        case e.LegWarned() | e.LegExpired():
            return say("clock", who=unit(event.leg), due=names.when(event.due))
        case e.SupervisionRated():
            return words[f"choice.rating.{event.rating}"]
        case e.TicketApproved():
            return outcome("approve")
        case e.CitizenCalledBack():
            return outcome("call_back")
        case e.CitizenContacted():
            return outcome("contact")
        case e.TicketArchived():
            return outcome("archive")
        case e.ReexaminationClosed():
            return outcome("conclude")
        case e.ClockResumed():
            moved = _moved({int(n): due for n, due in event.dues.items()}, legs, names, words)
            return words["told.then"].join(filter(None, (outcome("resume_clock"), moved)))
        case e.DueRecomputed():
            moved = _moved({int(n): due for n, due in event.dues.items()}, legs, names, words)
            cause = words.get(f"told.cause_{event.cause.partition(':')[0]}", "")
            return say("because", said=moved, cause=cause) if cause else moved
        case e.TicketMerged():
            no = names.tickets.get(event.into)  # none of one the viewer may not see
            return say("merged", no=no) if no else ""
        case e.RecordingLinked():
            return event.recording
        case (
            e.TicketAnswered() | e.TicketSupervised() | e.TicketInstructed()
            | e.TicketReplied() | e.ReexaminationOpened() | e.ClockPaused() | e.TicketUnmerged() | e.TicketPlaced()
            | e.TicketAmended() | e.DisputeScreened()
        ):  # fmt: skip
            return ""  # verb and note say all; a place has a line of its own
        case _:
            assert_never(event)


def _parts(parts: Sequence[e.Part], names: Names, words: Words) -> str:
    """Return "主办 市水务局（12-03 18:00 前）；协办 …"."""
    return words["told.then"].join(
        words["told.part" if part.due else "told.part_free"].format(
            role=words["ticket.leg.lead" if part.leg == 1 else "ticket.leg.co"],
            unit=names.unit(part.unit), due=names.when(part.due),
        )
        for part in parts
    )  # fmt: skip


def _due(legs: Mapping[int, Leg], number: int, names: Names) -> str:
    return names.when(legs[number].due) if number in legs else "—"


def _moved(dues: Mapping[int, float], legs: Mapping[int, Leg], names: Names, words: Words) -> str:
    """Return "市水务局 12-03 18:00 → 12-10 18:00" of every part whose due instant changed."""
    return words["told.then"].join(
        words["told.moved"].format(
            unit=names.unit(legs[number].unit) if number in legs else words.get(f"ticket.step.{number}", ""),
            was=_due(legs, number, names), due=names.when(due),
        )
        for number, due in dues.items()
    )  # fmt: skip
