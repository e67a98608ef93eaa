"""What the duty log says of an event: one explicit map from event type to class, words and facts.

A type that is not here is no matter of the duty log. To let another speak, add one row to `SAID` (or to `AUDITED`)
and its sentence `duty.line.<name>` to both languages; the log, its filter and the report then have it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Literal, NamedTuple, get_args

Class = Literal[
    "report", "order", "incident", "task", "warning", "road", "alarm", "fault", "screen", "duty",
    "message", "remark",
]  # fmt: skip
"""接报, 指令, 突发事件, 任务, 预警, 道路, 告警, 故障, 大屏, 值班, 通知, 备注."""
CLASSES: tuple[Class, ...] = get_args(Class)
Body = Mapping[str, Any]
Facts = Callable[[Body], Mapping[str, Any]]


class Told(NamedTuple):
    """A fact that is not in an event but in its incident: of `part`, the one whose number the event has as `key`."""

    part: str
    key: str
    fact: str


class Saying(NamedTuple):
    """How an event speaks: its class, the facts of its sentence, what it is about as `kind:key`.

    holds : what an event must hold to be a line at all, as JSON contains JSON; None: nothing more. told : facts out
    of its incident. key : the duty report counts it and may name it; the rest is for who reads the log.
    """

    cls: Class
    facts: Facts
    about: Callable[[Body], str] = lambda _: ""
    holds: Body | None = None
    told: tuple[Told, ...] = ()
    key: bool = True


def _of(*names: str) -> Facts:
    return lambda body: {name: body.get(name, "") for name in names}


def _plan(body: Body) -> dict[str, Any]:
    """A plan that started by itself has codes for a reason: its incident says them in words."""
    return {**_of("title", "reason")(body), **({"reason": ""} if body.get("automatic") else {})}


def _ticket(body: Body) -> str:
    return f"ticket:{body['ticket']}"


def _incident(body: Body) -> str:
    return f"incident:{body.get('incident', '')}"


def _screens(body: Body) -> str:
    """An incident or a ticket, where one of them was put on a screen."""
    placed = body.get("kind") in ("incident", "ticket")
    return f"{body['kind']}:{body['ref']}" if placed else "screen:"


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
    "IncidentVerified": Saying("incident", _of("note"), _incident),
    "LevelSet": Saying("incident", _of("field", "was", "now"), _incident),
    "PlanActivated": Saying("incident", _plan, _incident),
    "ResponseBegun": Saying("incident", _of("note"), _incident),
    "UnitAssigned": Saying("incident", _of("label", "capability"), _incident),
    "UnitMoved": Saying(
        "incident",
        _of(),
        _incident,
        {"progress": "on_scene"},
        told=(Told("assignments", "assignment", "label"),),
        key=False,
    ),
    "SupplySent": Saying("incident", _of("label", "amount", "measure"), _incident, key=False),
    "IncidentControlled": Saying("incident", _of("note"), _incident),
    "IncidentRelapsed": Saying("incident", _of("note"), _incident),
    "ReportFiled": Saying("incident", _of("number", "text"), _incident),
    "IncidentEnded": Saying("incident", _of("note"), _incident),
    "IncidentClosed": Saying("incident", _of("note"), _incident),
    "IncidentCancelled": Saying("incident", _of("note"), _incident),
    "ReportMerged": Saying("incident", _of("no"), _incident, key=False),
    "ReportParted": Saying("incident", _of("note"), _incident, key=False),
    "ConferenceAsked": Saying("incident", _of("title"), _incident, key=False),
    "ConferenceEnded": Saying(
        "incident", _of(), _incident, told=(Told("conferences", "conference", "title"),), key=False
    ),
    "EvaluationSigned": Saying("incident", _of("score"), _incident),
    "OrderGiven": Saying("order", _of("to", "text"), _incident),
    "OrderAnswered": Saying(
        "order", _of("text"), _incident, told=(Told("orders", "order", "to"),), key=False
    ),
    "DecisionAsked": Saying("order", _of("question"), _incident),
    "DecisionGiven": Saying("order", _of("answer"), _incident),
    # 任务
    "TaskDone": Saying(
        "task", _of("note"), _incident, told=(Told("tasks", "task", "title"),), key=False
    ),
    "TaskDropped": Saying(
        "task", _of("note"), _incident, told=(Told("tasks", "task", "title"),), key=False
    ),
    "TaskLate": Saying("task", _of(), _incident, told=(Told("tasks", "task", "title"),)),
    # 预警
    "AlertApproved": Saying(
        "warning",
        _of(),
        _incident,
        told=(Told("alerts", "alert", "msg_type"), Told("alerts", "alert", "headline")),
    ),
    # 大屏
    "ScreensSwitched": Saying("screen", _of("pages"), _screens, key=False),
    "ScreenArranged": Saying("screen", _of("label", "pages"), _screens, key=False),
    "ItemPushed": Saying("screen", _of("kind", "ref", "text"), _screens, key=False),
    "ItemPinned": Saying("screen", _of("kind", "ref"), _screens, key=False),
    "ItemHidden": Saying("screen", _of("kind", "ref"), _screens, key=False),
    "ItemReleased": Saying("screen", _of("kind", "ref"), _screens, key=False),
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
    "NoticeSent": Saying("message", _of("text"), _incident, key=False),
}
"""Event type -> how it speaks. `DutyRemarked` is not here: remarks are read from their own rows, at once."""

AUDITED: Mapping[str, Saying] = {
    "road_closed": Saying("road", _of("reason", "edges"), lambda _: "map:"),
    "road_opened": Saying("road", _of("reason"), lambda _: "map:"),
    "approve_alert": Saying(
        "warning", _of("msg_type", "headline"), lambda _: "warning:", {"incident": 0}
    ),
    "write_notice": Saying("message", _of("text"), lambda _: "alarm:"),
}
"""Verb of the audit -> how it speaks; for what has no event in the log."""
OF_TICKETS = frozenset(kind for kind, saying in SAID.items() if saying.about is _ticket)
OF_INCIDENTS = frozenset(kind for kind, saying in SAID.items() if saying.about is _incident)
OF_SCREENS = frozenset(kind for kind, saying in SAID.items() if saying.about is _screens)
"""What is about a ticket, an incident, or either on a screen: shown to those who may see that one."""
KEY = frozenset(name for name, saying in {**SAID, **AUDITED}.items() if saying.key) | {
    "remark", "correction",
}  # fmt: skip
"""The sentences of a duty report."""
