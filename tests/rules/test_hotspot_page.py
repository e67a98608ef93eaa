"""What the hotspot page is asked and how it is shaded: read kindly, said back whole, one scale for all."""

from datetime import date

import pytest

from dashboard.texts import t
from dashboard.views.hotspot_query import LAYERS, read
from dashboard.views.hotspot_scale import Key, differences, edges, legend, place, shade

TODAY = date(2026, 11, 28)


def test_an_address_reproduces_the_view() -> None:
    search = "?span=today&district=990101&category=H01&vs=prev&layer=change&step=7"
    asked = read(search, TODAY)
    assert (asked.span, asked.layer, asked.vs, asked.step) == ("today", "change", "prev", 7)
    assert asked.tickets.given == {
        "desk": "all", "since": "2026-11-28", "until": "2026-11-28", "category": "H01", "district": "990101",
    }  # fmt: skip
    assert read(asked.href(""), TODAY) == asked
    assert "layer=surge" in asked.href("/api/hotspots.png", layer="surge")
    assert read("", TODAY).tickets.value("since") == "2026-11-22"


def test_a_layer_that_cannot_be_drawn_is_none_to_be_exported_either() -> None:
    for search in ("?layer=change", "?layer=odd", "?layer="):
        assert read(search, TODAY).layer == LAYERS[0]
    assert [read(f"?step={step}", TODAY).step for step in ("x", "-2", "9999", "3")] == [
        -1,
        -1,
        -1,
        3,
    ]


@pytest.mark.parametrize(
    ("search", "field", "why"),
    [
        ("?span=days", "since", "missing"),
        ("?until=2026-11-20", "since", "missing"),
        ("?since=2026-13-45", "since", "unreadable"),
        ("?since=20261101", "since", "unreadable"),
        ("?since=2026-11-01T08:00", "since", "unreadable"),
        ("?since=1026-11-01", "since", "unreadable"),
        ("?since=2026-11-20&until=2026-11-19", "until", "reversed"),
        ("?since=2026-11-29", "since", "future"),
        ("?since=2026-01-01&until=2026-11-01", "until", "long"),
        ("?since=2026-01-01", "since", "long"),
        ("?span=century", "span", "unreadable"),
        ("?kind=odd", "kind", "unreadable"),
        ("?vs=odd", "vs", "unreadable"),
        ("?vs=days", "vs_since", "missing"),
        ("?vs=days&vs_since=2026-11-09&vs_until=2026-11-08", "vs_until", "reversed"),
    ],
)
def test_what_cannot_be_read_is_named_and_kept(search: str, field: str, why: str) -> None:
    asked = read(search, TODAY)
    assert asked.wrong == {field: why}
    assert asked.href("") == search or not asked.value(field)
    for words in (t("zh"), t("en")):
        said = words[f"hot.wrong.{why}"].format(field=words[f"hot.field.{field}"], value="x")
        assert words[f"hot.field.{field}"] in said


def test_two_periods_chosen_freely() -> None:
    asked = read("?since=2026-11-20&until=2026-11-26&vs=days&vs_since=2026-10-01", TODAY)
    assert asked.other == (date(2026, 10, 1), date(2026, 10, 7))  # as long as the other
    asked = read("?span=7d&vs=days&vs_since=2026-10-01&vs_until=2026-10-03", TODAY)
    assert asked.other == (date(2026, 10, 1), date(2026, 10, 3))
    assert (asked.wrong, read("?span=7d&vs=prev", TODAY).other) == ({}, None)


def test_one_scale_for_page_legend_and_picture() -> None:
    assert edges(14, whole=True) == [1, 3, 6, 9, 14]
    assert edges(2, whole=True) == [1, 2]
    assert edges(0, whole=True) == []
    assert edges(1.284, whole=False, even=True)[-1] == 1.29
    assert [shade(n, [1, 3, 6, 9, 14]) for n in (0, 1, 2, 3, 4, 14, 15, -1)] == [
        -1,
        0,
        1,
        1,
        2,
        4,
        4,
        -1,
    ]
    assert [place(n, 2) for n in range(2)] == [
        2,
        4,
    ]  # the darkest is the most, however few the classes
    assert shade(-1.0, [0.5, 1.0]) == -1  # an unknown rate is none
    assert [text for _, _, text in differences([1, 4])] == ["−4", "−1", "+1", "+4"]


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("step", ["", "11-22"])
def test_every_legend_has_numbers_and_says_what_it_is_good_for(layer: str, step: str) -> None:
    names = (*LAYERS, "step", "district_step")
    key = Key(layer, {name: [1.0, 4.0] for name in names}, step, "对比时段")
    for words in (t("zh"), t("en")):
        said = str(legend(key, words))
        assert "'4'" in said or "+4" in said
        assert words[f"hot.about.{key.name}"] in said
        assert (step in said) if step else True
