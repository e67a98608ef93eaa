"""The wall when things break: it says so, keeps the last truth in grey, and comes back by itself."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

LOST_MS = 12000
BACK_MS = 20000


def test_a_silent_exchange_is_lost_and_found_and_its_alarm_acknowledged(
    page: Page, stack: Stack, watch: "Watch"
) -> None:
    page.evaluate("window.same = true")
    arrived = page.locator("[data-figure=arrived]")
    stack.stop_exchange()
    try:
        banner = page.locator("#banner")
        expect(banner).to_contain_text("失联", timeout=LOST_MS)
        expect(banner).to_contain_text(re.compile(r"数据停在 \d\d:\d\d:\d\d"))
        expect(page.locator(".kpis")).to_have_class(re.compile("is-stale"))
        expect(page.locator(".seat").first).to_have_class(re.compile("is-stale"))
        assert re.search(r"\d", arrived.inner_text())  # grey, but never empty or zero
        button = page.locator("#alarms [data-ack]").first
        expect(button).to_be_visible(timeout=LOST_MS)
        button.click()
        expect(page.locator("#alarms .alarm.taken").first).to_contain_text("已确认", timeout=8000)
    finally:
        stack.start_exchange()
    expect(page.locator("#banner")).to_be_hidden(timeout=BACK_MS)
    expect(page.locator(".kpis")).not_to_have_class(re.compile("is-stale"))
    assert page.evaluate("window.same") is True
    watch.clean()
    page.goto(f"{stack.url}/alarms")
    expect(page.locator("#alarm-history")).to_contain_text("林值班")


def test_the_wall_outlives_a_restart_of_the_server(
    page: Page, stack: Stack, watch: "Watch"
) -> None:
    page.evaluate("window.same = true")
    stack.restart_web()
    expect(page.locator(".fresh").first).to_have_attribute("data-level", "ok", timeout=BACK_MS)
    expect(page.locator("#banner")).to_be_hidden()
    assert page.evaluate("window.same") is True
    watch.clean(faults=True)


def test_a_session_that_ended_is_said(page: Page, stack: Stack) -> None:
    page.context.clear_cookies()
    stack.restart_web()  # the stream must ask anew
    banner = page.locator("#banner")
    expect(banner).to_contain_text("登录已失效", timeout=BACK_MS)
    expect(banner.locator("a")).to_have_attribute("href", re.compile("/login"))


def test_a_hidden_tab_shows_the_truth_when_it_wakes(page: Page) -> None:
    other = page.context.new_page()
    other.bring_to_front()
    other.wait_for_timeout(4000)
    page.bring_to_front()
    expect(page.locator(".fresh").first).to_have_attribute("data-level", "ok")
    other.close()


HIDE = """(hidden) => {
  Object.defineProperty(document, "hidden", { get: () => hidden, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def test_tabs_that_nobody_looks_at_leave_the_browser_its_connections(
    stack: Stack, chromium: Browser, watch: "Watch"
) -> None:
    """Over HTTP/1 a browser has six connections to a server: the seventh tab of a desk must still open."""
    context = chromium.new_context()
    tabs: list[Page] = []
    try:
        for _ in range(2):
            for tab in tabs:
                tab.evaluate(HIDE, True)
            for tab in tabs:
                tab.wait_for_function("!hotline.live.listening()", timeout=30_000)
            for _ in range(4):
                tab = context.new_page()
                watch.on(tab, stack.url)
                if tabs:
                    tab.goto(f"{stack.url}/calls")
                else:
                    stack.login(tab, "duty", "/calls")
                expect(tab.locator(".fresh").first).to_have_attribute("data-level", "ok")
                tabs.append(tab)
        first = tabs[0]
        tabs[-1].close()  # of six, four are seen
        first.evaluate(HIDE, False)
        expect(first.locator(".fresh").first).to_have_attribute("data-level", "ok", timeout=BACK_MS)
        assert first.evaluate("hotline.live.listening()")
    finally:
        context.close()
    watch.clean()
