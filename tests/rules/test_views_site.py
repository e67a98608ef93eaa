"""The site page as the server draws it: steps that may follow, orders and tasks with their buttons, exercise marked."""

from typing import Any

import msgspec
import pytest

from dashboard.texts import LANGUAGES
from dashboard.views import command_panes as panes
from dashboard.views import site as views
from models.events.incident import from_row
from models.events.incident.course import IncidentReported, Place
from models.events.incident.response import (
    OrderAnswered,
    OrderDelivered,
    OrderGiven,
    TaskAdded,
    TaskHanded,
    UnitAssigned,
    UnitMoved,
)
from models.rules.incident import fold
from models.rules.incident.site import Sheet, mark, sheet
from models.rules.incident.state import Incident

AT = 1_795_000_000.0
WORDS = LANGUAGES["zh"]


def grown(*more: tuple[type[Any], dict[str, Any]], exercise: bool = False) -> Incident:
    """Return an incident with one unit on it and what else is told."""
    told: list[tuple[type[Any], dict[str, Any]]] = [
        (IncidentReported, {
            "no": "TF1", "kind": "accident", "incident_type": "gas", "title": "燃气泄漏", "source": "manual",
            "place": Place(114.3, 33.6, "幸福路1号"), "happened": AT, "exercise": exercise,
        }),
        (UnitAssigned, {
            "assignment": 1, "unit": "near", "label": "一中队", "capability": "fire", "seconds": 300.0,
            "metres": 3000.0, "rank": 1,
        }),
        *more,
    ]  # fmt: skip
    events = [
        kind(id=f"e{n}", at=AT + n, actor="user:1", by="江协调", incident=1, seq=n, **facts)
        for n, (kind, facts) in enumerate(told, 1)
    ]
    picture = fold(events)
    assert picture is not None
    return picture.incident


def sheet_of(incident: Incident) -> Sheet:
    found = sheet(incident, "near")
    assert found is not None
    return found


def drawn(incident: Incident, *, leads: bool = False) -> list[Any]:
    """Return every component of the page's parts."""
    seen = views.Seen(sheet_of(incident), "燃气泄漏", leads, "Asia/Shanghai", AT + 60)
    parts = [views.head(seen, WORDS), views.listed(seen, WORDS), views.tools(seen, WORDS)]
    found: list[Any] = []

    def walk(node: Any) -> None:
        if isinstance(node, list | tuple):
            for each in node:
                walk(each)
        elif node is not None and not isinstance(node, str):
            found.append(node)
            walk(getattr(node, "children", None))

    walk(parts)
    return found


def presses(incident: Incident, verb: str, **more: Any) -> list[str]:
    return [
        node.children
        for node in drawn(incident, **more)
        if getattr(node, "data-site-verb", "") == verb
    ]


ORDER = (OrderGiven, {"order": 1, "to": "一中队", "text": "到东门", "unit": "near"})
TASK = (TaskAdded, {"task": 1, "title": "检测", "role": "一中队", "due": 0.0, "unit": "near"})


@pytest.mark.parametrize(
    ("progress", "buttons"),
    [
        ("dispatched", ["接令", "出发", "到场", "返回", "归队"]),
        ("en_route", ["到场", "返回", "归队"]),
        ("on_scene", ["返回", "归队"]),
    ],
)
def test_the_steps_that_may_follow_have_buttons(progress: str, buttons: list[str]) -> None:
    moved = {"assignment": 1, "unit": "near", "progress": progress}
    told = [] if progress == "dispatched" else [(UnitMoved, moved)]
    assert presses(grown(*told), "step") == buttons


def test_an_exercise_is_marked() -> None:
    def marks(incident: Incident) -> list[Any]:
        return [n for n in drawn(incident) if getattr(n, "className", "") == "exercise"]

    assert len(marks(grown(exercise=True))) == 1
    assert not marks(grown())


def test_an_order_is_received_answered_and_done() -> None:
    said = {"order": 1, "text": "收到"}
    assert presses(grown(ORDER), "answer") == ["收到", "回复", "已落实"]
    assert presses(grown(ORDER, (OrderAnswered, said)), "answer") == ["回复", "已落实"]
    assert presses(grown(ORDER, (OrderAnswered, {**said, "done": True})), "answer") == []
    fresh = grown(ORDER)
    assert fresh.orders[1].delivered == 0
    assert grown(ORDER, (OrderDelivered, {"order": 1})).orders[1].delivered == AT + 4


def test_a_task_is_the_units_once_it_is_handed_over() -> None:
    plain = (TASK[0], {**TASK[1], "unit": ""})
    assert not sheet_of(grown(plain)).tasks
    handed = grown(plain, (TaskHanded, {"task": 1, "unit": "near"}))
    assert presses(handed, "begin") == ["开始"]
    assert not sheet_of(grown(TASK, (TaskHanded, {"task": 1, "unit": ""}))).tasks


def test_only_who_leads_has_the_box_to_order_others() -> None:
    second = (UnitAssigned, {
        "assignment": 2, "unit": "far", "label": "二中队", "capability": "fire", "seconds": 9.0, "metres": 9.0,
        "rank": 2,
    })  # fmt: skip
    assert presses(grown(second), "order") == []
    assert presses(grown(second), "order", leads=True) == ["下达指令"]


def test_the_mark_changes_with_the_crews_part_alone() -> None:
    other = (OrderGiven, {"order": 1, "to": "街道", "text": "疏散"})
    assert mark(sheet(grown(), "near")) == mark(sheet(grown(other), "near"))
    assert mark(sheet(grown(), "near")) != mark(sheet(grown(ORDER), "near"))
    assert mark(sheet(grown(), "far")) == ""


def test_a_log_from_before_units_were_named_is_read() -> None:
    row = msgspec.to_builtins(
        OrderGiven(
            id="a", at=AT, actor="user:1", incident=1, seq=2, order=1, to="街道", text="疏散"
        )
    )
    row.pop("unit")
    event = from_row(row)
    assert isinstance(event, OrderGiven) and event.unit == ""


def test_the_command_page_says_whether_an_order_was_delivered() -> None:
    seen = panes.Seen(frozenset(), "Asia/Shanghai", {}, {}, {}, AT)
    said = str(panes.records(grown(ORDER), seen, WORDS))
    assert WORDS["command.undelivered"] in said
    there = str(panes.records(grown(ORDER, (OrderDelivered, {"order": 1})), seen, WORDS))
    assert WORDS["command.undelivered"] not in there
    assert WORDS["command.delivered"].partition(" ")[0] in there
