"""The wall on screen: live without reload, readable at every size, turning as a kiosk."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
from waiting import until
from whole_stack import Stack

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (3840, 2160)]
SMALLEST_UNITS = 0.76  # nothing on the wall is set smaller than this many units


def test_a_stranger_is_asked_to_sign_in(chromium: Browser, stack: Stack) -> None:
    page = chromium.new_page()
    page.goto(f"{stack.url}/wall")
    expect(page.locator("input[name=password]")).to_be_visible()
    page.fill("input[name=login]", "duty")
    page.fill("input[name=password]", "wrong")
    page.click("button[type=submit]")
    expect(page.locator("[role=alert]")).to_be_visible()
    page.close()


def test_seats_and_figures_come_alive(page: Page, watch: "Watch") -> None:
    assert page.locator("[data-seat]").count() == 120
    expect(page.locator(".fresh").first).to_have_attribute("data-level", "ok")
    expect(page.locator("[data-figure=arrived] .skeleton")).to_have_count(0)
    watch.clean()


def test_the_floor_moves_without_a_reload(page: Page) -> None:
    page.evaluate("window.same = true")
    before = page.locator("#seats").evaluate(
        "node => [...node.querySelectorAll('.seat')].map(n => n.className)"
    )

    def moved() -> bool:
        now = page.locator("#seats").evaluate(
            "node => [...node.querySelectorAll('.seat')].map(n => n.className)"
        )
        return bool(now != before)

    until(moved, within_s=20)
    assert page.evaluate("window.same") is True


def test_ages_tick_by_themselves(page: Page) -> None:
    age = page.locator(".seat:not(.st-offline) .age").first
    first = age.inner_text()
    until(lambda: age.inner_text() != first, within_s=10)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_overflows(page: Page, size: tuple[int, int]) -> None:
    page.set_viewport_size({"width": size[0], "height": size[1]})
    page.wait_for_timeout(800)
    over = page.evaluate(
        """() => {
          const root = document.documentElement;
          const bad = [];
          if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) bad.push("page");
          for (const s of [".kpi-figure", ".wall-head", ".tallies", ".seats", ".queues"]) {
            for (const n of document.querySelectorAll(s)) {
              if (n.scrollWidth > n.clientWidth + 1) bad.push(s + " " + n.textContent.slice(0, 30));
            }
          }
          const end = document.querySelector(".seats").getBoundingClientRect().bottom;
          for (const n of document.querySelectorAll(".seat")) {
            if (n.getBoundingClientRect().bottom > end + 1) bad.push("seat " + n.dataset.seat);
          }
          return bad;
        }"""
    )
    assert over == []
    unit = size[1] / 54
    smallest = page.evaluate(
        """() => Math.min(...[...document.querySelectorAll(".wall *")]
          .filter(n => n.childNodes.length === 1 && n.firstChild.nodeType === 3 && n.offsetParent
                       && n.textContent.trim() && !n.closest(".why, .skip, svg, .sr"))
          .map(n => parseFloat(getComputedStyle(n).fontSize)))"""
    )
    assert smallest >= SMALLEST_UNITS * unit


def test_a_tile_explains_itself(page: Page) -> None:
    why = page.locator("#why-within_offered")
    expect(why).to_be_hidden()
    page.hover("#kpi-within_offered")
    expect(why).to_be_visible()
    expect(why).to_contain_text("÷")
    for part in ("n", "d"):
        shown = why.locator(f"[data-parts=within_answered][data-part={part}]")
        expect(shown).to_have_text(re.compile(r"^[\d,]+$"))


def test_a_kiosk_turns_by_itself(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/wall?kiosk=1&rotate=1")
    page.wait_for_selector("[data-seat]", state="attached")
    expect(page.locator(".wall .nav")).to_be_hidden()
    seen: set[str | None] = set()

    def all_seen() -> bool:
        seen.add(page.get_attribute("#wall", "data-screen"))
        return {"seats", "queues", "alarms"} <= seen

    until(all_seen, within_s=10)


def test_charts_are_drawn_without_a_toolbar(page: Page) -> None:
    page.wait_for_selector("#chart-hour .main-svg", state="attached", timeout=15000)
    page.wait_for_selector("#chart-day .main-svg", state="attached")
    assert page.locator(".modebar").count() == 0
