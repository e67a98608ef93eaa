"""What the duty log says of an event: one explicit map from event type to class, words and facts.

A type that is not here is no matter of the duty log. To let another speak, add one row to `SAID` (or to `AUDITED`)
and its sentence `duty.line.<name>` to both languages; the log, its filter and the report then have it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple

Class = Literal[
    "report", "order", "incident", "road", "alarm", "fault", "duty", "message", "remark"
]
"""接报, 指令, 突发事件, 道路, 告警, 故障, 值班, 通知, 备注."""
CLASSES: tuple[Class, ...] = (
    "report", "order", "incident", "road", "alarm", "fault", "duty", "message", "remark",
)  # fmt: skip
Body = Mapping[str, Any]
Facts = Callable[[Body], Mapping[str, Any]]


class Saying(NamedTuple):
    """How an event speaks: its class, the facts of its sentence, what it is about as `kind:key`.

    holds : what an event must hold to be a line at all, as JSON contains JSON; None: nothing more.
    """

    cls: Class
    facts: Facts
    about: Callable[[Body], str] = lambda _: ""
    holds: Body | None = None


def _of(*names: str) -> Facts:
    return lambda body: {name: body.get(name, "") for name in names}


def _ticket(body: Body) -> str:
    return f"ticket:{body['ticket']}"


def _incident(body: Body) -> str:
    return f"incident:{body.get('incident', '')}"


SAID: Mapping[str, Saying] = {
    # 接报: emergencies among the citizens' requests
    "TicketOpened": Saying("report", _of("note"), _ticket, {"flags": ["emergency"]}),
    "TicketAmended": Saying(
        "report", _of("note"), _ticket, {"changed": {"emergency": {"now": "yes"}}}
    ),
    # 指令: what leaders and the centre order
    "TicketInstructed": Saying("order", _of("note"), _ticket),
    "TicketSupervised": Saying("order", _of("note"), _ticket),
    "SupervisionRated": Saying("order", _of("rating", "note"), _ticket),
    # 告警
    "AlarmRaised": Saying("alarm", _of("rule", "subject"), lambda body: f"alarm:{body['alarm']}"),
    "AlarmAcknowledged": Saying("alarm", _of("name"), lambda body: f"alarm:{body['alarm']}"),
    "AlarmCleared": Saying("alarm", _of("rule", "subject"), lambda body: f"alarm:{body['alarm']}"),
    # 故障: an exchange lost and back
    "LinkDown": Saying("fault", _of("pbx", "reason"), lambda _: "system:"),
    "LinkUp": Saying("fault", _of("pbx"), lambda _: "system:"),
    # 突发事件
    "IncidentReported": Saying("incident", _of("title", "no"), _incident),
    "LevelSet": Saying("incident", _of("was", "now"), _incident),
    "PlanActivated": Saying("incident", _of("title", "reason"), _incident),
    "UnitAssigned": Saying("incident", _of("label", "capability"), _incident),
    "ReportFiled": Saying("incident", _of("number", "text"), _incident),
    "OrderGiven": Saying("order", _of("to", "text"), _incident),
    "IncidentEnded": Saying("incident", _of("note"), _incident),
    # 值班
    "HandoverWritten": Saying("duty", _of("label", "outgoing", "incoming"), lambda _: "handover:"),
    "HandoverSigned": Saying("duty", _of("label", "outgoing", "incoming"), lambda _: "handover:"),
    "SwapAsked": Saying("duty", _of("who", "other", "why"), lambda _: "handover:"),
    "SwapApproved": Saying("duty", _of("who", "other"), lambda _: "handover:"),
    "SwapRefused": Saying("duty", _of("who", "other", "why"), lambda _: "handover:"),
    "ShiftPlaced": Saying("duty", _of("label", "who", "was"), lambda _: "roster:"),
    "ShiftCancelled": Saying("duty", _of("label", "who", "why"), lambda _: "roster:"),
    "ShiftRetimed": Saying("duty", _of("label", "who"), lambda _: "roster:"),
    "RosterGenerated": Saying("duty", _of("label", "since", "until", "made"), lambda _: "roster:"),
    "DutyReportSubmitted": Saying("duty", _of("title"), lambda body: f"report:{body['report']}"),
    "DutyReportApproved": Saying("duty", _of("title"), lambda body: f"report:{body['report']}"),
    # 通知
    "DutyNoticeSent": Saying("message", _of("text", "people"), lambda _: "notice:"),
}
"""Event type -> how it speaks. `DutyRemarked` is not here: remarks are read from their own rows, at once."""

AUDITED: Mapping[str, Saying] = {
    "road_closed": Saying("road", _of("reason", "edges"), lambda _: "map:"),
    "road_opened": Saying("road", _of("reason"), lambda _: "map:"),
    "write_notice": Saying("message", _of("text"), lambda _: "alarm:"),
}
"""Verb of the audit -> how it speaks; for what has no event in the log."""
OF_TICKETS = frozenset(kind for kind, saying in SAID.items() if saying.about is _ticket)
OF_INCIDENTS = frozenset(kind for kind, saying in SAID.items() if saying.about is _incident)
"""What is about a ticket or an incident: shown to those who may see that one."""
