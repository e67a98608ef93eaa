"""What asks for somebody in command, and who hears it."""

from typing import Any

import msgspec
import pytest

from dashboard.texts import LANGUAGES
from models.events.incident.course import Place
from models.rules.incident.prompts import RIGHTS, Kind, Low, Prompt, prompts
from models.rules.incident.state import Decision, Incident, Task

NOW = 1000.0
VIEW = frozenset({"command.view"})
DECIDE = VIEW | {"command.approve"}


def made(number: int = 1, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "id": number, "no": f"TF{number}", "seq": 1, "status": "responding", "kind": "accident", "type": "gas",
        "title": "泄漏", "source": "manual", "origin": "", "place": Place(district="1"), "happened": 100.0,
        "reported": 100.0, "reported_by": "林值班", "exercise": False, "at": 100.0,
    }  # fmt: skip
    return Incident(**{**given, **more})


def keys(*given: Any, **more: Any) -> list[str]:
    return [each.key for each in prompts(*given, now=NOW, **more)]


def test_a_report_asks_until_it_is_verified() -> None:
    assert keys([made(status="reported")], [], []) == ["incident:1"]
    assert keys([made(status="verified"), made(2, status="closed")], [], []) == []


def test_a_question_asks_who_may_decide_until_it_is_answered() -> None:
    asked = Decision(1, "是否疏散", 500.0, "甲")
    answered = msgspec.structs.replace(asked, decision=2, answered_at=600.0)
    (prompt,) = prompts([made(decisions={1: asked, 2: answered})], [], [], now=NOW)
    assert (prompt.key, prompt.text, prompt.at) == ("decision:1:1", "是否疏散", 500.0)
    assert prompt.is_for("", DECIDE) and not prompt.is_for("", VIEW)


def test_only_open_tasks_whose_time_came_are_late() -> None:
    late = Task(1, "警戒", "公安", 900.0, (), "", 100.0)
    others = {
        2: msgspec.structs.replace(late, task=2, done=950.0),
        3: msgspec.structs.replace(late, task=3, dropped=950.0),
        4: msgspec.structs.replace(late, task=4, due=0.0),
        5: msgspec.structs.replace(late, task=5, due=NOW + 1),
    }
    assert keys([made(tasks={1: late, **others})], [], []) == ["task:1:1"]
    assert keys([made(status="ended", tasks={1: late})], [], []) == []


def test_a_unit_is_lost_while_it_is_bound_and_was_heard_once() -> None:
    unit = {"label": "一站", "incident": 1, "assignment": 7, "heard": 800.0, "stale_s": 120.0}
    assert keys([made()], [("a", unit)], []) == ["unit:a:7:800"]
    for more in ({"heard": 950.0}, {"heard": 0.0}, {"assignment": 0, "incident": 0}):
        assert keys([made()], [("a", {**unit, **more})], []) == []


def test_prompts_stand_newest_first_and_a_stock_names_its_depot() -> None:
    low = Low("d1/sand", "沙袋", "东库", "1")
    found = prompts(
        [made(status="reported"), made(2, status="reported", reported=200.0)], [], [low], now=NOW
    )
    assert [each.key for each in found] == ["incident:2", "incident:1", "stock:d1/sand"]
    assert found[2].text == "东库 沙袋"


@pytest.mark.parametrize(
    ("district", "mine", "heard"),
    [("1", "", True), ("1", "1", True), ("1", "2", False), ("", "2", True)],
)
def test_who_sees_one_district_hears_of_it_and_of_what_nobody_has_placed(
    district: str, mine: str, heard: bool
) -> None:
    prompt = Prompt("incident:1", "incident", 1.0, "", district)
    assert prompt.is_for(mine, VIEW) is heard
    assert not prompt.is_for(mine, frozenset({"floor.view"}))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_kind_has_its_words(lang: str) -> None:
    kinds = Kind.__args__  # type: ignore[attr-defined]
    assert set(RIGHTS) <= set(kinds)
    assert all(LANGUAGES[lang][f"prompt.{kind}"] for kind in kinds)
