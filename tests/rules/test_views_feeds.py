"""How feeds look: their state at a glance, faults in words, ages of the bureaus on the map's edge."""

import json
from typing import Any

import msgspec
import pytest
from factories import AT

from dashboard.texts import LANGUAGES
from dashboard.views import city_around, city_layers
from dashboard.views.admin import feeds as views
from dashboard.views.map_query import Point, Spot
from gis_data.feeds.registry import Line
from gis_data.feeds.weather import Wind
from models.clock import to_datetime
from models.tables import CityState, Feed

WORDS = LANGUAGES["zh"]


def feed(**more: Any) -> Feed:
    at = to_datetime(AT)
    given = {
        "id": 1, "bureau": "weather", "name": "w", "label": "气象台", "kind": "poll", "active": True,
        "silent_at": None, "last_error": "", "heard_at": at, "messages": 1, "readings": 4, "refused": 0,
        "refused_last": {},
    }  # fmt: skip
    return Feed(**{**given, **more})


def said(node: Any) -> str:
    return json.dumps(node, default=lambda o: o.to_plotly_json(), ensure_ascii=False)


@pytest.mark.parametrize(
    ("word", "more"),
    [
        ("正常", {}), ("停用", {"active": False, "silent_at": to_datetime(AT)}),
        ("中断 1 分", {"silent_at": to_datetime(AT - 60)}), ("出错", {"last_error": "timeout"}),
        ("等待首次数据", {"heard_at": None}), ("部分拒收", {"refused_last": {"range": 2}}),
    ],
)  # fmt: skip
def test_the_state_of_a_feed(word: str, more: dict[str, Any]) -> None:
    assert word in said(views.state(feed(**more), AT, WORDS))
    assert word in said(views.lines([Line(feed(**more), 0)], 0, AT, WORDS))


@pytest.mark.parametrize(
    ("error", "text"),
    [
        ("timeout", "对方没有在规定时间内答复"), ("status 502", "对方返回错误 502"),
        ("unreachable: ConnectError", "连接不上对方"), ("unreadable: datum bd09", "报文不符合接口约定： datum bd09"),
        ("something new", "something new"),
    ],
)  # fmt: skip
def test_a_fault_in_words(error: str, text: str) -> None:
    assert views.fault(error, WORDS) == text


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    contract: int
    at: list[float] = []


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"xml", "不是完整的 JSON（第 0 字节）"), (b'{"contract": 1', "报文不完整"),
        (b"{}", "$ 缺少字段 contract"), (b'{"contract": 1, "x": 2}', "$ 有约定之外的字段 x"),
        (b'{"contract": "1"}', "$.contract 应为 int，收到 str"),
        (b'{"contract": 1, "at": ["a"]}', "$.at[0] 应为 float，收到 str"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_is_said_in_words(body: bytes, text: str) -> None:
    with pytest.raises(msgspec.MsgspecError) as caught:
        msgspec.json.decode(body, type=Wanted)
    assert views.unread(str(caught.value), WORDS) == text
    assert views.fault(f"unreadable: {caught.value}", WORDS).endswith(text)
    assert views.unread("datum bd09", WORDS) == "datum bd09"


@pytest.mark.parametrize("lang", sorted(LANGUAGES))
def test_every_reason_has_its_words(lang: str) -> None:
    reasons = {
        "contract", "range", "future", "time", "swapped", "outside", "far", "no_key", "no_label", "too_long",
        "twice", "level", "not_a_number", "unknown_edge", "too_slow", "too_fast", "no_city", "url",
    }  # fmt: skip
    assert not [why for why in reasons if f"admin.feed.why.{why}" not in LANGUAGES[lang]]


def test_the_strip_says_how_old_each_bureaus_word_is() -> None:
    def row(bureau: str, at: float, until: float) -> CityState:
        return CityState(bureau=bureau, at=to_datetime(at), until=to_datetime(until))

    known = [
        row("weather", AT - 30, AT + 60),
        row("weather", AT - 90, AT - 10),
        row("police", AT - 600, AT - 1),
    ]
    told = city_layers.bureaus(known, (AT - 20, AT + 60), ["城管"], AT, WORDS)
    assert len(told) == 6
    by = {
        name: said(part)
        for name, part in zip(("环境", "交通", "公安", "气象", "城管"), told, strict=False)
    }
    assert "没有数据" in by["环境"] and "没有数据" in by["城管"]
    assert "20 秒前" in by["交通"]
    assert "30 秒前" in by["气象"] and "status ok" in by["气象"] and "1 个已过期" in by["气象"]
    assert "status bad" in by["公安"] and "已过期" in by["公安"]
    assert "数据源中断：城管" in said(told[5])


def test_the_measured_wind_is_offered_first_and_what_was_chosen_stays() -> None:
    blows = Wind(326.6, 2.9, "东沙港气象站", 900.0, AT)
    spot = Spot(Point(114.3, 33.6), 2000, 300.0, 60, False)
    text = said(city_around.choices(spot, WORDS, blows))
    assert text.index("实测风：西北风 327°，2.9 米/秒（东沙港气象站）") < text.index("北风扩散扇面")
    assert "300°" in text
    assert "实测风" not in said(city_around.choices(spot, WORDS))
