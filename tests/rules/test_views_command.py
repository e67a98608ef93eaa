"""The command page's top bar: its clock ticks while an incident goes on, and says afterwards how long it took."""

import json
from typing import Any

import pytest
from msgspec.structs import replace

from dashboard.texts import t
from dashboard.views import command, incidents
from models.events.incident.course import Place
from models.rules.incident.state import Incident, Status

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
