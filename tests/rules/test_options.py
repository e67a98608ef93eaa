"""The data dictionary: words and use of option lists, never the codes the rules rest on."""

import pytest

from dashboard.texts import t
from dashboard.views.kit import offered, searched
from models.errors import BadInput
from models.rules.tickets.choices import KINDS
from models.rules.tickets.options import FAMILIES, Option, check, in_use
from tickets.options import overlay

OFF = Option(active=False)


def test_words_and_use_count_in_forms_and_filters() -> None:
    said = {"kind": {"help": Option("求助帮办"), "thanks": OFF}}
    check(said)
    words = {**t("zh"), **overlay(said)}
    form = dict(offered("kind", KINDS, words))
    assert form["help"] == "求助帮办"
    assert "thanks" not in form
    assert dict(offered("kind", KINDS, words, kept="thanks"))["thanks"] == "表扬感谢"
    assert dict(searched("kind", KINDS, words))["thanks"] == "表扬感谢（停用）"
    assert not in_use(said, "kind", "thanks")


@pytest.mark.parametrize("said", [
    {"kind": {"staff": OFF}}, {"urgency": {"critical": OFF}}, {"kind": {"fly": Option("飞")}}, {"x": {"y": OFF}},
    {"channel": dict.fromkeys(FAMILIES["channel"], OFF)},
    {"kind": {"help": Option("同"), "other": Option("同")}}, {"kind": {"help": Option("长" * 21)}},
])  # fmt: skip
def test_a_list_that_cannot_be_used_is_refused(said: dict[str, dict[str, Option]]) -> None:
    with pytest.raises(BadInput):
        check(said)
