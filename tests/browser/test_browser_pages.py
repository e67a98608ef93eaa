"""The desk's pages: calls behind a figure, call-back, seat drawer, language, keyboard, cleanliness."""

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Page, expect
from waiting import until
from whole_stack import Stack

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

PAGES = ("/wall", "/calls", "/alarms", "/system", "/seat?key=pbx1:PJSIP/8001", "/nowhere")


def number(text: str) -> int:
    found = re.search(r"[\d,]+", text)
    assert found, text
    return int(found.group().replace(",", ""))


@pytest.mark.parametrize("path", PAGES)
def test_no_error_and_no_foreign_request(
    page: Page, stack: Stack, watch: "Watch", path: str
) -> None:
    page.goto(stack.url + path)
    page.wait_for_selector("main, .refusal")
    page.wait_for_timeout(2500)
    watch.clean()


def test_a_figure_opens_exactly_its_calls(page: Page, stack: Stack) -> None:
    def same() -> bool:
        page.goto(f"{stack.url}/wall")
        tile = page.locator(".kpi-rest a", has=page.locator("[data-figure=answered]"))
        expect(tile).to_contain_text(re.compile(r"\d"))
        shown = number(tile.inner_text())
        tile.click()
        page.wait_for_url("**/calls?day=today&figure=taken")
        total = page.locator("#calls-total")
        expect(total).to_contain_text(re.compile(r"\d"))
        return shown > 0 and shown == number(total.inner_text())

    until(same, within_s=60)  # calls go on between the two looks


def test_the_address_is_the_view(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/calls?day=today&outcome=abandoned,timeout,overflow,quick")
    expect(page.locator(".tab.on", has_text="未接")).to_be_visible()
    page.click(".tabs >> text=全部")
    page.wait_for_url("**/calls?day=today")
    page.go_back()
    expect(page.locator(".tab.on", has_text="未接")).to_be_visible()


def test_a_row_opens_the_calls_course(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/calls?day=today&outcome=answered,talking")
    row = page.locator("#calls-grid .ag-row[row-id]:not(.ag-row-loading)").first
    row.wait_for(timeout=30000)
    row.click()
    expect(page.locator("#drawer .course li").first).to_be_visible()
    expect(page.locator("#drawer [data-close]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#drawer h2")).to_have_count(0)


def test_a_missed_call_is_marked_once(page: Page, stack: Stack) -> None:
    def some() -> bool:
        page.goto(f"{stack.url}/calls?day=today&callback=todo")
        expect(page.locator("#calls-total")).to_contain_text(re.compile(r"\d"))
        return number(page.locator("#calls-total").inner_text()) > 0

    until(some, within_s=120)  # somebody gives up sooner or later
    page.locator("#calls-grid .ag-row[row-id]:not(.ag-row-loading)").first.click()
    page.fill("#drawer .callback input", "已解决")
    page.click("#drawer .callback button")
    expect(page.locator("#drawer .callback")).to_contain_text("已回拨")
    expect(page.locator("#drawer .callback")).to_contain_text("已解决")
    expect(page.locator("#drawer .callback button")).to_have_count(0)


def test_a_number_is_shown_to_who_says_why(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/calls?day=today")
    known = page.locator("#calls-grid .ag-row[row-id]", has_text="****")
    known.first.wait_for(timeout=30000)
    known.first.click()
    box = page.locator("#drawer .reveal")
    box.locator("button").click()
    expect(page.locator(".toast")).to_contain_text("事由")
    expect(page.locator("#drawer .revealed")).to_have_count(0)
    box.locator("input").fill("市民要求回拨")
    box.locator("button").click()
    expect(page.locator("#drawer .revealed")).to_have_text(re.compile(r"^\d{7,12}$"))


def test_a_seat_shows_its_three_states(page: Page) -> None:
    page.locator(".seat:not(.st-offline)").first.click()
    drawer = page.locator("#drawer")
    for label in ("工作状态", "电话状态", "电脑状态"):
        expect(drawer).to_contain_text(label)
    expect(drawer.locator("[data-seat-work] .mark")).to_be_visible()
    expect(drawer.locator(".strip i").first).to_be_visible()


def test_the_language_is_kept(page: Page, stack: Stack) -> None:
    page.click("text=English")
    expect(page.locator("#kpi-connect_rate .kpi-label")).to_have_text("Connect rate")
    expect(page.locator(".seat .now").first).to_contain_text(re.compile("[A-Z][a-z]+"))
    page.goto(f"{stack.url}/calls")
    expect(page.locator("h1")).to_have_text("Calls")
    assert page.evaluate("document.documentElement.lang") == "en"
    page.click("text=中文")
    expect(page.locator("h1")).to_have_text("来电记录")


def test_the_keyboard_leads_everywhere(page: Page) -> None:
    for key, path in (("c", "/calls"), ("a", "/alarms"), ("s", "/system"), ("w", "/wall")):
        page.keyboard.press("g")
        page.keyboard.press(key)
        page.wait_for_url(f"**{path}")
        page.wait_for_selector("main")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_selector("#calls-text")
    page.keyboard.press("/")
    expect(page.locator("#calls-text")).to_be_focused()


def test_the_desk_is_light_until_one_chooses_dark(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/system")
    page.wait_for_selector("#system table")
    assert page.evaluate("document.documentElement.dataset.theme") == "light"
    page.click("text=深色/浅色")
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"


def test_the_wall_role_sees_the_wall_and_nothing_else(page: Page, stack: Stack) -> None:
    page.context.clear_cookies()
    stack.login(page, "wall")
    page.wait_for_selector("[data-seat]")
    expect(page.locator(".kpi-label").first).to_be_visible()
    expect(page.locator(".kpi a")).to_have_count(0)
    page.goto(f"{stack.url}/system")
    expect(page.locator(".refusal")).to_be_visible()


def test_the_exports_are_the_same_view(page: Page, stack: Stack) -> None:
    page.goto(f"{stack.url}/calls?day=today&queue=consult")
    for kind in ("xlsx", "csv"):
        href = page.locator(f"a[href*='calls.{kind}']").get_attribute("href")
        assert href == f"/api/export/calls.{kind}?day=today&queue=consult"
        assert page.request.get(stack.url + href).ok
