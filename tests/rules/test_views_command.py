"""The command page: its clock while an incident goes on and afterwards, plans to be read, reports taken out again."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from command.advice import Advice
from command.plans import Suggestion
from command.task_lists import TaskLine
from dashboard.texts import t
from dashboard.views import command, command_forms, command_panes, command_plan, incidents, tasks
from dashboard.views.command_log import Line
from models.events.incident.course import Place
from models.rules.incident.plans import Body, Fit
from models.rules.incident.state import Incident, Notice, Plan, Status, Task

AT = 1_790_000_000.0
WORDS = t("zh")
FIRE = Incident(
    id=1, no="TF1001", seq=1, status="responding", kind="accident", type="fire", title="仓库起火", source="manual",
    origin="", place=Place(), happened=AT, reported=AT + 60, reported_by="user:1", exercise=False, at=AT + 60,
)  # fmt: skip


def bar(incident: Incident) -> str:
    parts: Any = command.head(incident, frozenset(), {}, WORDS)
    return json.dumps(parts, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def test_while_it_goes_on_the_clock_ticks() -> None:
    said = bar(FIRE)
    assert f'"data-clock-from": {AT}' in said and "接报至今" in said


@pytest.mark.parametrize("status", ["ended", "closed", "cancelled"])
def test_afterwards_it_says_what_the_list_says(status: Status) -> None:
    over = replace(
        FIRE, status=status, times={"cancelled" if status == "cancelled" else "ended": AT + 7500}
    )
    said = bar(over)
    assert "data-clock-from" not in said
    took = incidents.line(over, {}, "Asia/Shanghai", AT + 99_999, WORDS)["took"]
    assert f'"{took}"' in said


# --- plans ----------------------------------------------------------------------------------


SEEN = command_panes.Seen(
    frozenset({"command.view", "command.act"}), "Asia/Shanghai", {}, {}, {}, AT + 600
)
SECTIONS = (("适用范围", "本市火灾。"), ("处置原则", "先救人，后灭火。"))
RUNNING = Plan(5, 2, "火灾预案", "III", "高层", AT + 90, "江协调", False, (), (), {}, SECTIONS)


def drawn(parts: Any) -> str:
    return json.dumps(parts, default=lambda part: part.to_plotly_json(), ensure_ascii=False)


def test_the_plan_that_runs_is_read_in_the_incident() -> None:
    running = replace(FIRE, plans={5: RUNNING})
    said = drawn(command_panes.plan(running, [], Advice((), (), ()), SEEN, WORDS))
    for title, text in SECTIONS:
        assert title in said and text in said
    assert '"data-fold": "plan-5"' in said, "what is unfolded stays so while the page is drawn anew"


def test_a_plan_that_fits_can_be_read_before_it_is_started() -> None:
    fits = Suggestion(
        9, "fire", 3, "火灾预案", Body(sections=SECTIONS), Fit(4, "III", (("type", "fire"),), ())
    )
    said = drawn(command_panes.plan(FIRE, [fits], Advice((), (), ()), SEEN, WORDS))
    assert '"/command/plan?id=9"' in said and SECTIONS[1][1] in said


@pytest.mark.parametrize("fits", [True, False])
def test_the_form_that_starts_a_plan_says_whether_it_fits(fits: bool) -> None:
    above = command_plan.before(SECTIONS, 9, WORDS, fits=fits)
    said = drawn(
        command_forms.form(command_forms.Asked("activate_plan", "9", {}, {}, "", above), WORDS)
    )
    assert SECTIONS[0][1] in said
    assert (WORDS["command.plan_unfit"] in said) is not fits


def test_a_plan_that_started_by_itself_says_why_in_words() -> None:
    own = replace(RUNNING, automatic=True, reason="type=fire; hazard=school")
    seen = SEEN._replace(kinds={"school": "学校"})
    said = drawn(
        command_panes.plan(replace(FIRE, plans={5: own}), [], Advice((), (), ()), seen, WORDS)
    )
    assert "自动启动：事件类型相符" in said and "附近有学校" in said and "type=" not in said


def test_every_plan_can_be_called_up_while_the_incident_goes_on() -> None:
    said = drawn(command_panes.plan(FIRE, [], Advice((), (), ()), SEEN, WORDS))
    assert "call_plan" in said
    looks = SEEN._replace(can=frozenset({"command.view"}))
    assert "call_plan" not in drawn(command_panes.plan(FIRE, [], Advice((), (), ()), looks, WORDS))
    over = replace(FIRE, status="ended")
    assert "call_plan" not in drawn(command_panes.plan(over, [], Advice((), (), ()), SEEN, WORDS))


# --- merged reports, snapshots --------------------------------------------------------------


@pytest.mark.parametrize(("state", "shown"), [("responding", True), ("closed", False)])
def test_each_merged_report_can_be_taken_out(state: Status, shown: bool) -> None:
    told = [(41, "GD1", "起火"), (42, "GD2", "")]
    said = drawn(command_panes.overview(replace(FIRE, status=state), told, [], SEEN, WORDS))
    for number in ("41", "42"):
        press = json.dumps(json.dumps({"verb": "part_report", "about": number}))
        assert (press in said) is shown


def test_a_snapshot_leads_to_its_moment() -> None:
    lines = [
        Line(1, AT, "江", "IncidentVerified", "核实", "", False),
        Line(2, AT + 1.5, "江", "SnapshotTaken", "标绘快照：首批到场", "", False),
    ]
    said = drawn(command.timeline(lines, "/command/replay?id=1", "Asia/Shanghai", WORDS))
    assert f'"/command/replay?id=1&at={AT + 1.5}"' in said
    assert f"&at={AT}" not in said.replace(f"&at={AT + 1.5}", "")


def test_a_notice_says_whom_it_meant_and_who_has_no_mobile() -> None:
    kept = Notice(
        1, (), "集合", AT, "江", ("抢险组",), {"contact:1": "李抢险", "contact:2": "王留守"}, ("contact:2",)
    )  # fmt: skip
    said = drawn(command_panes.records(replace(FIRE, notices={1: kept}), SEEN, WORDS))
    for part in ("→ 抢险组", "共 2 人，1 人没有手机号", "李抢险、王留守（无手机号）"):
        assert part in said


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_a_list_of_a_form_says_by_itself_is_said_in_words_of_ours(language: str) -> None:
    words = t(language)
    for verb in ("call_plan", "notify"):
        said = drawn(command_forms.form(command_forms.Asked(verb, "", {}, {}), words))
        assert all(words[f"command.list.{part}"] in said for part in command_forms.LIST_SAYS)


@pytest.mark.parametrize(("facts", "owed", "lamp"), [
    ({}, True, "off"), ({"started": AT}, True, "warn"), ({"due": AT - 1}, True, "bad"),
    ({"due": AT - 9, "done": AT - 10}, False, "ok"), ({"due": AT - 9, "done": AT - 1}, False, "warn"),
    ({"dropped": AT}, False, "off"),
])  # fmt: skip
def test_a_tasks_lamp_is_green_only_where_it_was_done_in_time(
    facts: dict[str, float], owed: bool, lamp: str
) -> None:
    task = replace(Task(1, "设置警戒区", "公安", 0.0, (), "", AT), **facts)
    assert tasks.lamp(TaskLine(1, "TF1001", "仓库起火", False, owed, task), AT) == lamp
