"""The calls page: an address is a view, rows read as a person reads them."""

from datetime import datetime
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from dashboard.texts import t
from dashboard.views import calls, clock
from dashboard.views.call_query import CallQuery, read
from dashboard.views.kpis import MISSED, TILES

ZONE = "Asia/Shanghai"
NOON = datetime(2026, 11, 21, 12, 0, tzinfo=ZoneInfo(ZONE)).timestamp()
DAY = 86400.0


def make_call(**changes: Any) -> Any:
    facts: dict[str, Any] = {
        "key": "pbx1|c1|1", "pbx": "pbx1", "call": "c1", "queue": "consult", "queue_label": "咨询",
        "outcome": "answered", "caller": "138****0001", "arrived": NOON - 2, "entered": NOON,
        "agent_name": "王建国", "agent_no": "1001", "wait": 7, "talk": 151, "held": 0.0,
        "ring_outs": 0, "transferred": "", "gap": False, "callback_at": 0.0, "callback_by": 0,
        "callback_note": "",
    }  # fmt: skip
    return SimpleNamespace(**facts | changes)


def test_an_address_reproduces_the_view() -> None:
    query = CallQuery(
        day="2026-11-20", queue="consult", outcome="abandoned,timeout", text="00 01", seat="p:1"
    )
    assert read(query.href().partition("?")[2]) == query


@pytest.mark.parametrize(
    "search", ["", "?day=someday", "?day=2026-13-40", "?callback=perhaps", "?foreign=1", None]
)
def test_nonsense_in_the_address_is_left_out(search: str | None) -> None:
    assert read(search) == CallQuery()


def test_days_are_whole_days_of_the_zone() -> None:
    start, end = CallQuery().span(ZONE, NOON)
    assert (NOON - start, end - start) == (DAY / 2, DAY)
    assert CallQuery(day="yesterday").span(ZONE, NOON) == (start - DAY, start)
    assert CallQuery(day="week").span(ZONE, NOON) == (start - 6 * DAY, end)
    assert CallQuery(day="2026-11-20").span(ZONE, NOON) == (start - DAY, start)


def test_a_day_may_have_another_length() -> None:
    start, end = CallQuery(day="2026-10-25").span("Europe/Berlin", NOON)
    assert end - start == 25 * 3600


def test_the_tab_follows_from_the_address() -> None:
    assert CallQuery().tab == "all"
    assert CallQuery(outcome=",".join(reversed(MISSED))).tab == "missed"
    assert CallQuery(callback="todo").tab == "todo"


def test_the_loss_tile_opens_the_missed_tab() -> None:
    loss = next(tile for tile in TILES if tile.head.key == "loss_rate")
    assert read(loss.head.href.partition("?")[2]).tab == "missed"


def test_a_row_reads_like_a_sentence() -> None:
    row = calls.row(make_call(), zone=ZONE, words=t("zh"), names={})
    assert row["entered"] == "11-21 12:00:00"
    assert (row["outcome"], row["level"]) == ("已接听", "ok")
    assert (row["wait"], row["talk"], row["callback"]) == ("00:07", "02:31", "")


def test_what_a_gap_hides_is_a_dash_and_not_zero() -> None:
    row = calls.row(make_call(wait=-1, talk=-1), zone=ZONE, words=t("zh"), names={})
    assert (row["wait"], row["talk"]) == ("—", "—")


def test_a_missed_call_waits_for_its_call_back() -> None:
    missed = make_call(outcome="abandoned", talk=-1)
    assert calls.row(missed, zone=ZONE, words=t("zh"), names={})["callback"] == "待回拨"
    done = make_call(outcome="abandoned", callback_at=NOON, callback_by=3)
    row = calls.row(done, zone=ZONE, words=t("zh"), names={3: "林值班"})
    assert row["callback"] == "林值班 12:00:00 已回拨"


def test_only_who_may_mark_gets_the_button() -> None:
    missed = make_call(outcome="timeout")
    facts: dict[str, Any] = {"zone": ZONE, "words": t("zh"), "names": {}}
    with_button = str(calls.drawer(missed, [], may_mark=True, **facts))
    without = str(calls.drawer(missed, [], may_mark=False, **facts))
    assert "callback-mark" in with_button
    assert "callback-mark" not in without


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 秒"), (59.6, "1 分"), (192, "3 分 12 秒"), (3600, "1 小时"), (-1, "—"), (None, "—")],
)
def test_durations(seconds: float | None, text: str) -> None:
    assert clock.duration(seconds, t("zh")) == text.replace("小时", t("zh")["unit.hour"])


def test_timers_and_moments() -> None:
    assert [clock.timer(s) for s in (5, 151, 3751, -1)] == ["00:05", "02:31", "1:02:31", "—"]
    assert clock.moment(NOON, ZONE, t("zh")) == "2026-11-21 周六 12:00:00"
    assert clock.moment(0, ZONE, t("zh")) == "—"
