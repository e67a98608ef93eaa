"""Full text by pairs: what is part of a text is found, whatever a segmenter would make of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.rules.grams import MOST, alike, grams, wanted

HAN = st.text("路灯不亮小区门口水管漏", min_size=0, max_size=30)


def test_pairs_and_words() -> None:
    assert grams("路灯不亮,Bus 3路") == ["路灯", "灯不", "不亮", "bus", "3", "路"]


@given(HAN, HAN)
def test_every_part_of_a_text_is_among_its_pairs(before: str, after: str) -> None:
    assert set(grams("路灯不亮")) <= set(grams(f"{before}路灯不亮{after}"))


@given(st.text(max_size=5000))
def test_a_text_has_a_bounded_number_of_pairs(text: str) -> None:
    assert len(grams(text)) <= MOST


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ""),
        ("，。！", ""),
        ("灯", "'灯':*"),
        ("路灯", "('路灯')"),
        ("路灯 Bus", "('路灯') & 'bus':*"),
        ("路灯不亮", "('路灯' & '灯不' & '不亮')"),
    ],
)
def test_what_is_searched_for(query: str, expected: str) -> None:
    assert wanted(query) == expected


def test_one_pair_of_a_long_run_may_be_missing() -> None:
    assert wanted("小区路灯坏").count("|") == 3


def test_a_query_cannot_leave_its_quotes() -> None:
    assert "'" not in wanted("a'b | !c:*").replace("'a':*", "").replace("'b':*", "").replace(
        "'c':*", ""
    )


def test_alike() -> None:
    one = grams("路灯不亮")
    assert alike(one, one) == 1.0
    assert alike(one, []) == 0.0
    assert 0 < alike(one, grams("路灯坏了")) < 1
