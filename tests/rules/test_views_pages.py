"""The other views: frames for the live parts, refusals, the seat's day, the system, signing in."""

from types import SimpleNamespace
from typing import Any

import pytest

from dashboard.pages import routes
from dashboard.texts import LANGUAGES, t
from dashboard.views import alarms, kit, plans, seat, shell, system, wall
from dashboard.views.login import login_html

ZONE = "Asia/Shanghai"
START = 1795190400.0  # 2026-11-21 00:00 in the zone
ALL = frozenset({"floor.view", "calls.view", "system.view"})


def stay(state: str, first: float, last: float, reason: str = "") -> Any:
    return SimpleNamespace(
        state=state, reason=reason, start=START + first, end=last and START + last
    )


def test_the_wall_has_a_place_for_every_figure() -> None:
    words = t("zh")
    page = str(wall.wall(words, nav=shell.nav(words, "/wall", ALL, wall=True)))
    for key in ("arrived", "connect_rate", "within_offered", "within_answered", "loss_rate", "asa"):
        assert f"data-figure='{key}'" in page
    for state in ("online", "idle", "talk", "busy"):
        assert f"data-count='{state}'" in page


def test_only_a_kiosk_turns() -> None:
    words = t("zh")
    still = wall.wall(words, nav=None)
    kiosk = wall.wall(words, nav=None, kiosk=True, rotate=20)
    assert (vars(still)["className"], vars(kiosk)["className"]) == ("wall", "wall kiosk")
    assert "data-rotate='20'" in str(kiosk)


def test_nobody_is_shown_a_link_he_may_not_follow() -> None:
    links = str(shell.nav(t("zh"), "/wall", frozenset({"floor.view"})))
    assert "/wall" in links
    assert "/calls" not in links
    assert "/system" not in links


@pytest.mark.parametrize("code", ["refused", "unavailable", "not_found", "something_new"])
def test_a_refusal_says_what_is_wrong(code: str) -> None:
    assert vars(kit.refusal(code, t("zh")))["role"] == "alert"
    assert t("zh").get(f"error.{code}", t("zh")["error.error"]) in str(kit.refusal(code, t("zh")))


def test_a_seats_day_is_a_strip_with_sums() -> None:
    day = SimpleNamespace(
        intervals=[stay("idle", 0, 600), stay("talk", 600, 1200), stay("busy", 1200, 0, "会议")],
        calls=[], sums={"idle": 600.0, "talk": 600.0}, desk="offline",
    )  # fmt: skip
    person = {"key": "pbx1:PJSIP/8001", "extension": "8001", "name": "王建国", "team": "一组"}
    shown = str(seat.seat(person, day, span=(START, START + 1800), zone=ZONE, words=t("zh")))
    assert "示忙（会议） 00:20:00 10 分" in shown
    assert "50.0 %" in shown
    assert t("zh")["desk.offline"] in shown
    assert t("zh")["seat.no_calls"] in shown


def test_a_seat_without_a_day_says_so() -> None:
    day = SimpleNamespace(intervals=[], calls=[], sums={}, desk="")
    shown = str(seat.seat({"key": "k"}, day, span=(START, START + 1), zone=ZONE, words=t("zh")))
    assert t("zh")["seat.no_intervals"] in shown


def test_alarms_show_their_values_in_their_own_unit() -> None:
    words = t("zh")
    assert alarms.amount("connect_rate", 0.931, words) == "93.1 %"
    assert alarms.amount("longest_wait", 74, words) == "1 分 14 秒"
    assert alarms.amount("queue_length", 12, words) == "12"


def test_a_lost_database_is_said_and_not_hidden() -> None:
    view: dict[str, Any] = {
        "processes": [{"name": "web", "heard": START - 60, "pid": 1}],
        "streams": [], "dead": [], "database": {"ok": False, "error": "OperationalError"},
        "sources": [{"name": "pbx1", "state": "down", "reason": "wrong_secret", "heard": START}],
    }  # fmt: skip
    shown = str(system.system(view, now=START, zone=ZONE, words=t("zh")))
    assert "OperationalError" in shown
    assert t("zh")["reason.wrong_secret"] in shown
    assert t("zh")["system.no_streams"] in shown
    assert shown.count(t("zh")["system.down"]) >= 3


def test_the_sign_in_page_escapes_what_it_is_given() -> None:
    page = login_html(
        t("zh"),
        error="<b>wrong</b>",
        next_path='/wall"><script>',
        demo_logins=[("duty", "<pass>", "值班长")],
    )
    assert "<b>wrong" not in page
    assert "<script" not in page
    assert "&lt;pass&gt;" in page
    assert 'action="/login"' in page
    assert 'name="password"' in page


def test_no_demo_login_is_shown_when_there_is_none() -> None:
    page = login_html(t("en"), error="", next_path="/", demo_logins=[])
    assert t("en")["login.demo"] not in page
    assert "alert" not in page


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_pages_of_command_lead_to_each_other(lang: str) -> None:
    words = t(lang)
    shown = str(shell.rooms(words, "/command/alerts"))
    for href, key in shell.ROOMS:
        assert f"href='{href}'" in shown and words[key] in shown
        assert href in routes.DESK_PAGES
    assert shown.count("aria-current") == 1
    # the map has all of the screen; elsewhere there is no command
    assert shell.rooms(words, "/command") is None and shell.rooms(words, "/tickets") is None
    assert all(shell.rooms(words, href) for href in routes.BELOW.values())


def test_a_plans_codes_are_read_as_what_they_mean() -> None:
    labels = {"gas": "燃气泄漏", "fire": "火灾"}
    assert plans.said("gas,fire,new", labels) == "燃气泄漏、火灾、new"
    assert plans.said("先控制,后消除", {}) == "先控制,后消除"  # no codes
