"""The views of knowledge and files: text stays text, refusals name their limit, empty lists say so."""

from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.texts import LANGUAGES, t
from dashboard.views import files, knowledge, knowledge_item
from models.errors import BadInput, HotlineError, Refused, Unavailable, WrongStatus
from models.rules.knowledge import ANSWER, ITEM, SHELVES, STATES
from tickets.knowledge import Found, Line

ZONE = "Asia/Shanghai"


def line(title: str, **more: Any) -> Any:
    given = {
        "id": 7,
        "title": title,
        "shelf": "faq",
        "views": 3,
        "published_at": None,
        "state": "draft",
    }
    return Line(SimpleNamespace(**{**given, **more}), "林值班", "您好")  # type: ignore[arg-type]


def test_hits_open_beside_the_form() -> None:
    shown = str(knowledge.hits([line("<b>停水</b>")], t("zh")))
    assert "<b>停水</b>" in shown
    assert "href='/knowledge/item?id=7'" in shown
    assert "target='_blank'" in shown
    assert "data-nav" not in shown
    assert t("zh")["know.hits_none"] in str(knowledge.hits([], t("zh")))


def test_a_list_has_its_total_and_pages() -> None:
    asked = {"desk": "shown", "shelf": "faq", "q": "停水", "page": "1"}
    shown = str(knowledge.listing(asked, Found([line("停水")] * 20, 45), ZONE, t("zh")))
    assert "共 45 条" in shown
    assert "2 / 3" in shown
    assert knowledge.address(**{**asked, "page": "2"}) in shown


@pytest.mark.parametrize("desk", ["shown", "review", "unpublished"])
def test_an_empty_list_says_so(desk: str) -> None:
    shown = knowledge.listing({"desk": desk}, Found([], 0), ZONE, t("zh"))
    assert t("zh")[f"know.none.{desk}"] in str(shown)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (BadInput("", field="file", limit="size", most=20), "20 MB"),
        (BadInput("", field="file", limit="count", most=20), "20 个"),
        (BadInput("", field="reason"), "原因"), (Refused(""), "不能改"),
        (Unavailable("", reason="disk_full"), "已满"), (WrongStatus("", status="archived"), "归档"),
        (WrongStatus("", reason="removed"), "移除"), (Unavailable(""), t("zh")["error.unavailable"]),
    ],
)  # fmt: skip
def test_a_refused_file_says_why(error: HotlineError, said: str) -> None:
    assert said in files.refused_text(error, t("zh"))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_verb_shelf_and_state_has_a_word_and_a_form(lang: str) -> None:
    words = t(lang)
    verbs = [f"item.{verb}" for verb in ITEM] + [f"answer.{verb}" for verb in ANSWER]
    assert {*verbs, "item.propose"} == set(knowledge_item.FORMS)
    for verb in verbs:
        assert words[f"know.verb.{verb}"]
    for shelf in SHELVES:
        assert words[f"know.shelf.{shelf}"]
    assert set(STATES) == set(knowledge.LEVELS)
    for state in STATES:
        assert words[f"know.state.{state}"]
