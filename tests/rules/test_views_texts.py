"""The texts: both languages say the same things, and everything that is shown has words."""

import re
from pathlib import Path
from string import Formatter

import pytest

from dashboard.texts import LANGUAGES, t
from dashboard.views import calls, kpis, wall
from models.rules import board
from models.rules.alarms import RULES
from models.rules.metrics import Tally

ASSETS = Path(__file__).resolve().parents[2] / "dashboard/assets"
KEY = re.compile(r'H\.word\("([a-z0-9_.]+)"')


def test_both_languages_have_the_same_keys() -> None:
    assert set(LANGUAGES["zh"]) == set(LANGUAGES["en"])


def test_both_languages_fill_in_the_same_facts() -> None:
    for key in LANGUAGES["zh"]:
        assert facts_of(t("zh")[key]) == facts_of(t("en")[key]), key


def facts_of(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def test_an_unknown_language_is_chinese() -> None:
    assert t("xx") is LANGUAGES["zh"]
    assert t(None) is LANGUAGES["zh"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_figure_has_a_label_and_a_formula(lang: str) -> None:
    shown = {figure.key for figure in kpis.figures()}
    assert shown <= set(board.kpi(Tally())) | {"waiting"}
    for key in shown:
        assert t(lang)[f"kpi.{key}"]
        assert t(lang)[f"formula.{key}"]
    for figure in kpis.figures():
        for rows in filter(None, (figure.rows, figure.base)):
            assert t(lang)[f"figure.{rows}"]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_state_outcome_and_alarm_has_a_word(lang: str) -> None:
    words = t(lang)
    for state in wall.SEAT_STATES:
        assert words[f"state.{state}"]
    for outcome in calls.OUTCOMES:
        assert words[f"outcome.{outcome}"]
        assert outcome in calls.LEVELS or outcome == "left"
    for rule in RULES:
        assert words[f"alarm.rule.{rule.name}"]


@pytest.mark.parametrize("script", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_every_word_a_script_asks_for_exists(script: Path) -> None:
    asked = set(KEY.findall(script.read_text(encoding="utf-8")))
    complete = {key for key in asked if not key.endswith(".")}
    assert complete <= set(LANGUAGES["zh"])


def test_the_assets_ask_nobody_else() -> None:
    namespace = "http://www.w3.org/"
    for path in ASSETS.iterdir():
        text = path.read_text(encoding="utf-8").replace(namespace, "")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
