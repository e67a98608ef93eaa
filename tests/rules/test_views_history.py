"""A ticket's course: every kind of event says its facts, earlier turns are charged to who held them."""

from typing import Any, get_args

import pytest

from dashboard.texts import LANGUAGES, t
from dashboard.views.history import Names, sentence
from models.events import ticket as e
from models.rules.tickets import Ticket, reduce
from models.rules.tickets.turns import turns

AT = 1_795_300_000.0
NAMES = Names(
    {"zjj": "住建局", "zjj-water": "供水科", "jtj": "交通局"}, {7: "10000007"}, "Asia/Shanghai"
)


def at(event: type, seconds: float, **facts: Any) -> Any:
    return event(id=f"{seconds}", at=AT + seconds, actor="user:1", ticket=1, **facts)


PART = e.Part(1, "zjj", AT + 86_400)
OPENED = at(
    e.TicketOpened, 0, no="1", kind="complaint", category="", channel="phone", urgency="normal"
)
ASSIGNED = at(e.TicketAssigned, 60, mode="assign", parts=(PART, e.Part(2, "jtj")))
SAID: dict[type, tuple[dict[str, Any], list[str]]] = {
    e.TicketOpened: (
        {"no": "1", "kind": "report", "category": "", "channel": "visit", "urgency": "urgent"},
        ["举报", "来访", "紧急"],
    ),
    e.TicketImported: (
        {"no": "1", "origin": "旧-9", "kind": "help", "category": "", "channel": "", "urgency": "normal",
         "status": "archived", "opened": AT},
        ["旧-9"],
    ),
    e.TicketAnswered: ({}, []),
    e.StaffComplaintSettled: ({"finding": "partly"}, ["部分属实"]),
    e.TicketRejected: ({"ground": "petition"}, ["信访事项"]),
    e.TicketAssigned: (
        {"mode": "forward", "parts": (PART, e.Part(2, "jtj"))},
        ["转送", "主办 住建局", "11-23 06:26", "协办 交通局"],
    ),
    e.UnitsCoordinated: ({"what": "修路", "parts": (PART,)}, ["修路", "住建局", "11-23 06:26"]),
    e.TicketStarted: ({"leg": 2}, ["交通局"]),
    e.TicketSubAssigned: ({"leg": 1, "unit": "zjj-water"}, ["住建局", "供水科"]),
    e.LegHandled: ({"leg": 2}, ["交通局"]),
    e.TicketHandled: ({}, ["住建局"]),
    e.TicketApproved: ({}, []),
    e.TicketSentBack: ({"due": AT + 3600}, ["住建局", "11-22 07:26"]),
    e.ReturnAsked: ({"leg": 1, "ground": "area"}, ["住建局", "属地不符"]),
    e.ReturnGranted: ({"leg": 1}, ["住建局", "第 1 次"]),
    e.TicketRecalled: ({}, ["住建局", "交通局"]),
    e.ReturnDenied: ({"leg": 1}, ["住建局"]),
    e.ExtensionAsked: ({"leg": 1, "days": 3}, ["住建局", "3 个工作日", "11-23 06:26"]),
    e.ExtensionGranted: ({"leg": 1, "due": AT + 172_800}, ["11-23 06:26", "11-24 06:26"]),
    e.ExtensionDenied: ({"leg": 1}, ["住建局", "11-23 06:26"]),
    e.TicketUrged: ({"leg": 1}, ["住建局", "第 1 次"]),
    e.UrgePlanned: ({"on": AT + 3600}, ["11-22 07:26"]),
    e.LegWarned: ({"leg": 0, "due": AT + 3600}, ["派单", "11-22 07:26"]),
    e.LegExpired: ({"leg": 1, "due": AT + 3600}, ["住建局", "11-22 07:26"]),
    e.TicketSupervised: ({"supervision": 1}, []),
    e.SupervisionRated: ({"supervision": 1, "rating": 4}, ["4 分"]),
    e.TicketInstructed: ({}, []),
    e.TicketReplied: ({}, []),
    e.CitizenCalledBack: (
        {"reached": True, "grade": "bad", "solved": False}, ["已联系上", "不满意", "未解决"],
    ),
    e.TicketReopened: ({"due": AT + 3600}, ["住建局", "11-22 07:26"]),
    e.ReexaminationOpened: ({}, []),
    e.ReexaminationClosed: ({"upheld": False}, ["不维持"]),
    e.ClockPaused: ({}, []),
    e.ClockResumed: ({"dues": {"1": AT + 172_800}}, ["住建局", "11-23 06:26", "11-24 06:26"]),
    e.DueRecomputed: ({"dues": {"1": AT + 172_800}}, ["住建局", "11-23 06:26", "11-24 06:26"]),
    e.TicketMerged: ({"into": 7}, ["10000007"]),
    e.TicketUnmerged: ({}, []),
    e.RecordingLinked: ({"call": "c", "recording": "r.wav"}, ["r.wav"]),
    e.TicketPlaced: ({"lon": 114.0, "lat": 33.0, "precision": "point"}, []),
    e.TicketAmended: ({"changed": {}, "dues": {}}, []),
    e.DisputeScreened: (
        {"parties": "甲乙", "nature": "labour", "people": 2, "risk": "low", "measures": "调解", "person": "李"}, [],
    ),
    e.TicketArchived: ({"closing": "unreached"}, ["联系"]),
    e.CitizenContacted: ({"how": "visit", "reached": True}, ["已联系上"]),
}  # fmt: skip
"""Event -> its facts, and what its line must say of them."""


def before() -> Ticket:
    return reduce(reduce(None, OPENED), ASSIGNED)


@pytest.mark.parametrize("event", get_args(e.AnyTicketEvent), ids=lambda event: event.__name__)
def test_every_event_says_its_facts(event: type) -> None:
    facts, wanted = SAID[event]
    said = sentence(at(event, 120, **facts), before(), NAMES, t("zh"))
    assert all(word in said for word in wanted), said
    assert bool(said) == bool(wanted)
    for lang in LANGUAGES:
        assert "{" not in sentence(at(event, 120, **facts), before(), NAMES, t(lang))


def test_a_citizen_who_was_not_reached_said_nothing() -> None:
    said = sentence(at(e.CitizenCalledBack, 9, reached=False), before(), NAMES, t("zh"))
    assert said == "未联系上"


def test_a_ticket_out_of_sight_is_not_named() -> None:
    assert sentence(at(e.TicketMerged, 9, into=8), before(), NAMES, t("zh")) == ""


def test_every_bounce_is_charged_to_the_unit_that_asked_for_it() -> None:
    course = [
        OPENED, ASSIGNED, at(e.ReturnAsked, 100, leg=2, ground="function"),
        at(e.ReturnGranted, 90_000, leg=2),
        at(e.TicketAssigned, 91_000, mode="assign", parts=(e.Part(1, "jtj", AT + 200_000),)),
        at(e.TicketSubAssigned, 92_000, leg=1, unit="jtj"),
        at(e.TicketHandled, 93_000), at(e.TicketSentBack, 94_000, due=AT + 200_000),
    ]  # fmt: skip
    lead, co, back = turns(course)
    assert (lead.leg.unit, lead.how, lead.ground, lead.late) == ("zjj", "returned", "", True)
    assert (co.leg.unit, co.how, co.ground, co.late) == ("jtj", "returned", "function", False)
    assert (back.leg.unit, back.how, back.leg.handled, back.late) == (
        "jtj", "sent_back", AT + 93_000, False,
    )  # fmt: skip


def test_a_recalled_part_is_charged_to_nobody() -> None:
    found = turns([OPENED, ASSIGNED, at(e.TicketRecalled, 100)])
    assert [(turn.how, turn.ground) for turn in found] == [("recalled", "")] * 2
