"""The centre's screens and their console without a browser: addresses, what is offered, words for everything."""

import json
from typing import Any, get_args

import pytest
from dash import html

from command.centre import course, figures
from command.matters import CLASSES, Asked, Found, Line
from dashboard.texts import LANGUAGES, t
from dashboard.views import centre, centre_console
from dashboard.views.centre_console import Lists, Screen, Standing
from dashboard.views.maps import Base, Look
from gis_data.city.manifest import SHIPPED, read_manifest
from models.events.incident.course import Colour, Field, Grade, Place
from models.events.incident.response import Progress
from models.rules.display import PAGES, PANELS, PANELS_OF
from models.rules.incident.state import Assignment, Incident, Remark, Revision, Status, Task

BASE = Base(read_manifest(SHIPPED)[1], "v", Look("wall", False))
ZONE = "Asia/Shanghai"


def made(number: int = 1, **more: Any) -> Incident:
    given: dict[str, Any] = {
        "id": number, "no": f"TF{number}", "seq": 1, "status": "reported", "kind": "accident", "type": "gas",
        "title": "泄漏", "source": "manual", "origin": "", "place": Place(), "happened": 100.0, "reported": 100.0,
        "reported_by": "林值班", "exercise": False, "at": 100.0, "times": {"reported": 100.0},
    }  # fmt: skip
    return Incident(**{**given, **more})


def texts(node: Any) -> str:
    return json.dumps(
        node.to_plotly_json(), default=lambda part: part.to_plotly_json(), ensure_ascii=False
    )


# --- the screen -------------------------------------------------------------------------------


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_page_and_panel_is_in_the_frame_and_has_words(lang: str) -> None:
    words = t(lang)
    said = texts(centre.page(words, base=BASE, nav=None, screen="main", may_command=False))
    for name in PANELS:
        assert f'"data-panel": "{name}"' in said and words[f"centre.panel.{name}"] in said
    assert all(words[f"centre.page.{name}"] for name in PAGES)
    assert all(set(panels) <= set(PANELS) for panels in PANELS_OF.values())
    assert "kiosk" in said and '"data-screen": "main"' in said


def test_without_a_city_the_map_says_so_and_the_rest_stands() -> None:
    words = t("zh")
    said = texts(centre.page(words, base=None, nav=None, screen="", may_command=True))
    assert words["centre.no_city"] in said and words["centre.panel.duty"] in said


def test_other_tiles_move_the_hot_spots() -> None:
    assert 'data-shift": "0.000000,0.000000"' in texts(
        centre.page(t("zh"), base=BASE, nav=None, screen="", may_command=True)
    )
    moved = centre.page(
        t("zh"), base=BASE._replace(datum="gcj02"), nav=None, screen="", may_command=True
    )
    assert '0.000000,0.000000"' not in texts(moved)


# --- what happened ----------------------------------------------------------------------------


def test_figures_count_the_day_and_keep_exercises_apart() -> None:
    rows = [
        made(1), made(2, type="fire", status="closed"), made(3), made(4, exercise=True),
        made(5, reported=99.0), made(6, reported=200.0),
    ]  # fmt: skip
    assert figures(rows, {"gas": "燃气"}, 100.0, 200.0) == {
        "total": 3, "exercises": 1, "types": [["gas", "燃气", 2], ["fire", "fire", 1]],
        "statuses": {"reported": 2, "closed": 1},
    }  # fmt: skip
    assert figures([], {}, 0.0, 1.0)["total"] == 0


def test_the_course_of_an_incident_is_said_in_both_languages() -> None:
    one = made(
        times={"reported": 100.0, "verified": 160.0},
        revisions={
            1: Revision(1, "grade", "", "II", "扩大", "甲", 170.0, "set", "乙", 180.0),
            2: Revision(2, "level", "", "I", "扩大", "甲", 190.0, "asked"),
        },
        assignments={1: Assignment(1, "r1", "消防一站", "fire", "on_scene", {"on_scene": 200.0}, 60.0, 900.0,
                                   0.0, 1, "r1", "", "甲")},
        tasks={1: Task(1, "疏散", "", 0.0, (), "", 100.0, done=210.0)},
        remarks={1: Remark(1, "联系 13800001111", 0.0, 220.0, "甲")},
    )  # fmt: skip
    steps = course(one)
    assert [step[0] for step in steps] == [220.0, 210.0, 200.0, 180.0, 160.0, 100.0]
    assert "13800001111" not in json.dumps(steps)
    for lang in LANGUAGES:
        said = [centre_console.step(step, t(lang)) for step in steps]
        assert all(said) and not any("{" in text for text in said)
    assert "消防一站 到场" in [centre_console.step(step, t("zh")) for step in steps]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_level_a_step_can_tell_has_its_word(lang: str) -> None:
    words = t(lang)
    values = {"grade": get_args(Grade), "level": get_args(Grade), "colour": get_args(Colour)}
    assert set(values) == set(get_args(Field))
    for field in get_args(Field):
        for value in values[field]:
            revision = Revision(1, field, "", value, "", "甲", 150.0, "set", decided_at=200.0)
            (step, *_) = course(made(revisions={1: revision}))
            said = centre_console.step(step, words)
            assert step[3] in words, "the screen asks for the same key"
            assert said == f"{words[f'level_field.{field}']} {words[step[3]]}"
    red = Revision(1, "colour", "", "red", "", "甲", 150.0, "set", decided_at=200.0)
    assert course(made(revisions={1: red}))[0][1:] == ["level", "colour", "colour.red"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_step_and_state_has_words(lang: str) -> None:
    words = t(lang)
    assert all(f"centre.step.unit.{each}" in words for each in get_args(Progress))
    assert all(f"incident_status.{each}" in words for each in get_args(Status))
    assert all(f"grade.{each or 'none'}" in words for each in get_args(Grade))


# --- the console ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("search", "asked"),
    [
        ("", Asked()), ("?class=ticket&kind=help&page=3", Asked("ticket", "help", page=3)),
        ("?class=x&kind=help&status=y&page=4", Asked()), ("?days=7&sort=oldest", Asked(days=7, sort="oldest")),
        ("?days=8&sort=no&page=x", Asked()), ("?words=%00路灯", Asked(words="路灯")),
        ("?class=state&page=99999999", Asked("state", page=1000)),
        ("?from=2026-11-01&to=2026-11-30", Asked(since="2026-11-01", until="2026-11-30")),
        ("?from=yesterday&to=20261&grade=II&district=D1", Asked(district="D1")),
        ("?class=incident&grade=II&district=D1", Asked("incident", grade="II", district="D1")),
        ("?class=state&grade=II&district=D1", Asked("state")),
    ],
)  # fmt: skip
def test_an_address_is_read_and_written(search: str, asked: Asked) -> None:
    assert centre_console.read(search) == asked
    again = centre_console.href(asked, page=asked.page)
    assert centre_console.read(again.partition("?")[2]) == asked


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_console_names_what_it_shows(lang: str) -> None:
    words = t(lang)
    lines = [
        Line("incident", "7", "TF7", 100.0, "gas", "燃气泄漏", "望江路", "responding", "II", "林值班", done=1,
             owed=2, units=3, on_scene=1, last=(160.0, "status", "verified", ""), exercise=True),
        Line("ticket", "T1", "T1", 100.0, "help", "", "停水", "assigned", "emergency", "住建局", 900.0, "red",
             protected=True),
        Line("state", "weather/w1", "", 100.0, "weather", "", "东部降雨", "stale", "warning", value="32 毫米"),
    ]  # fmt: skip
    found = Found(lines, {"incident": 1, "ticket": 61, "state": 1})
    said = texts(centre_console.listing(found, Asked(), ZONE, words))
    for text in (
        "望江路",
        "停水",
        "东部降雨",
        words["console.protected"],
        words["centre.exercise"],
        "32 毫米",
    ):
        assert text in said
    buttons = said.replace('\\"', '"')
    assert '"do": "pin", "of": "state:weather/w1"' not in buttons
    assert '"do": "push", "of": "state:weather/w1"' in buttons
    pages = texts(centre_console.listing(found, Asked("ticket"), ZONE, words))
    assert "page=2" in pages
    lists = Lists(
        {cls: [("a", "甲")] for cls in CLASSES},
        {cls: [("b", "乙")] for cls in CLASSES},
    )
    assert "甲" in texts(centre_console.page(Asked("ticket", "a"), lists, words))


def test_a_pin_moves_among_its_own_screen() -> None:
    rows = [
        Standing(1, "", "pinned", "incident", "甲", "", "林值班", 0.0),
        Standing(2, "main", "pinned", "incident", "乙", "", "林值班", 0.0),
        Standing(3, "", "pinned", "ticket", "丙", "", "林值班", 900.0),
        Standing(4, "", "pushed", "text", "今晚降温", "今晚降温", "林值班", 900.0),
    ]
    said = texts(centre_console.standing(rows, {"main": "主屏"}, ZONE, t("zh")))
    buttons = said.replace('\\"', '"')
    assert '"do": "up", "of": "3", "rev": "1 3"' in buttons
    assert '"do": "down", "of": "2", "rev": "2"' in buttons
    assert "主屏" in said and said.count("今晚降温") == 1


def test_a_screen_that_looks_at_a_closed_incident_still_says_which() -> None:
    card = Screen("main", "主屏", ["map"], ["map"], 0, 99, 3)
    said = texts(html.Div(centre_console.screens([card], [("1", "TF1 泄漏")], t("zh"))))
    assert "#99" in said and "TF1 泄漏" in said and '"rev": "3"' in said.replace('\\"', '"')
    none = texts(html.Div(centre_console.screens([], [], t("zh"))))
    assert t("zh")["console.no.screens"] in none


def cards(now: str, drawn: str) -> list[tuple[Any, ...]] | None:
    """What is done to the cards that stand, as (operation, where); None: they are all drawn anew."""
    rows = [
        Screen(code, code, ["map"], ["map"], 0, 0, int(rev))
        for code, rev in (each.split(":") for each in now.split())
    ]
    assert centre_console.revisions(rows) == now
    patch = centre_console.screens(rows, [], t("zh"), drawn)
    if isinstance(patch, list):
        return None
    done = patch.to_plotly_json()["operations"]
    return [(each["operation"], *each["location"]) for each in done]


def test_arranging_one_screen_leaves_the_cards_of_the_others() -> None:
    assert cards("main:2 left:5", "main:2 left:4") == [("Assign", 1)]
    assert cards("main:2 left:4 right:1", "main:2 left:4") == [("Append",)]
    assert cards("main:2 right:1", "main:2 left:4 right:1") == [("Delete", 1)]
    assert cards("b:1 d:3 e:1", "a:1 b:1 c:1 d:2") == [
        ("Delete", 2), ("Delete", 0), ("Assign", 1), ("Append",),
    ]  # fmt: skip


@pytest.mark.parametrize("now", ["left:4 main:2", "new:1 main:2 left:4", "right:1"])
def test_cards_in_another_order_are_drawn_anew(now: str) -> None:
    assert cards(now, "main:2 left:4") is None
