"""A place by the keyboard: chosen by pinyin at intake, seen on the ticket; an unknown one placed after it."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, Response, expect
from whole_stack import Stack

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)  # a busy machine is slow, not wrong
SLOW_MS = 90_000
"""The first question after a start waits for the gazetteer."""


@pytest.fixture(scope="module")
def dispatcher(chromium: Browser, stack: Stack) -> Iterator[Page]:
    """A page of who may open and place; nothing may go wrong or abroad on it."""
    from browser_support import Watch  # a plugin: to be imported after pytest has it

    watch = Watch()
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    watch.on(page, stack.url)
    stack.login(page, "duty", "/tickets")
    yield page
    page.context.close()
    watch.clean()


def opened(page: Page, stack: Stack, title: str, address: str) -> None:
    page.goto(f"{stack.url}/tickets/new")
    page.check("#new-kind input[value=complaint]")
    page.fill("#new-title", title)
    page.fill("#new-content", "三天了")
    page.click("#new-address")
    page.keyboard.type(address, delay=30)


def keeps_the_point(answer: Response) -> bool:
    asked = answer.request.post_data or ""
    return "new-kept" in asked and "114." in asked


def saved(page: Page) -> str:
    page.click("#new-save")
    page.wait_for_url("**/ticket?no=*")
    return page.url.partition("no=")[2]


def test_a_place_by_the_keyboard(dispatcher: Page, stack: Stack) -> None:
    page = dispatcher
    opened(page, stack, "路灯不亮", "zhongxinyiyuan")
    option = page.locator("#place-list [role=option]").first
    expect(option).to_contain_text("云州市中心医院", timeout=SLOW_MS)
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    with page.expect_response(keeps_the_point):
        page.keyboard.press("Enter")
    expect(page.locator("#new-address")).to_have_value("云州市中心医院")
    expect(page.locator("#place-where")).to_contain_text("地点")
    expect(page.locator("#place-list")).to_be_hidden()
    point = page.locator("#new-point").input_value()
    page.reload()
    expect(page.locator("#new-point")).to_have_value(point)
    # another address: the point of the first must not stay under it
    page.fill("#new-address", "别处")
    expect(page.locator("#new-point")).to_have_value("")
    page.locator("#place-map").click(position={"x": 200, "y": 110})
    expect(page.locator("#place-where")).to_contain_text("人工标点")
    page.fill("#new-address", "云州市中心医院")
    expect(option).to_contain_text("云州市中心医院")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("#new-point")).to_have_value(point)
    saved(page)
    place = page.locator(".place-of")
    expect(place).to_contain_text("位置已知")
    expect(place).to_contain_text("受理时从地名库选定")

    opened(page, stack, "井盖丢失", "中心医院那边")
    no = saved(page)
    expect(place).to_contain_text("位置未知")
    page.goto(f"{stack.url}/places")
    expect(page.locator("#spot-bench")).to_contain_text(no)
    count = page.locator("#spot-tabs .on .count")
    expect(count).to_have_text("1")
    expect(option).to_contain_text("中心医院", timeout=SLOW_MS)
    page.keyboard.press("ArrowDown")
    expect(page.locator("#place-where")).to_contain_text("地点")
    page.keyboard.press("Enter")
    expect(page.locator(".toast")).to_contain_text(f"{no} 已定位")
    expect(count).to_have_text("0")
    page.goto(f"{stack.url}/ticket?no={no}")
    expect(place).to_contain_text("人工定位")
    expect(page.locator(".course")).to_contain_text("原地址：中心医院那边")
    for size in ({"width": 1366, "height": 768}, {"width": 1920, "height": 1080}):
        page.set_viewport_size(size)  # type: ignore[arg-type]
        for path in ("/places", "/tickets/new", f"/ticket?no={no}"):
            page.goto(stack.url + path)
            page.wait_for_selector("h1")
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
