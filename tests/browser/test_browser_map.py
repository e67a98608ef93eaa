"""The map: a way found and highlighted, a closure drawn that changes it on two screens, lifted again; the link."""

import json
import re
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser
WAY = "/map?from=114.290000,33.620000&to=114.340000,33.630000"
Sign = Callable[[str], Page]
expect.set_options(timeout=20_000)  # the first use builds the city's graph


@pytest.fixture
def sign(chromium: Browser, stack: Stack) -> Iterator[Sign]:
    from browser_support import Watch

    pages: list[Page] = []
    watch = Watch()

    def of(login: str) -> Page:
        page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
        watch.on(page, stack.url)
        stack.login(page, login, "/tickets")
        pages.append(page)
        return page

    yield of
    for page in pages:
        page.context.close()
    watch.clean()


def best(page: Page) -> str:
    """Return length and time of the best way, once it stands."""
    card = page.locator(".city-card").first
    expect(card).to_be_attached()  # its pane may be another
    return " ".join(card.locator(".figure").all_text_contents())


def middle_of_the_best(page: Page, stack: Stack) -> tuple[float, float]:
    """Return a place halfway, from the way's own file."""
    query = page.url.partition("?")[2]
    whole = json.loads(page.request.get(f"{stack.url}/api/route.geojson?{query}").body())
    line = whole["features"][0]["geometry"]["coordinates"]
    lon, lat = line[len(line) // 2]
    return lon, lat


def press(page: Page, lon: float, lat: float, *, dx: int = 0, dy: int = 0) -> None:
    """Press the map at a place, some pixels beside it; the ends of the way tell its scale."""
    marks = {end: page.locator(f".city-mark.{end}").bounding_box() for end in ("from", "to")}
    # a mark stands with its lower left corner on its place
    (x1, y1), (x2, y2) = ((b["x"], b["y"] + b["height"]) for b in marks.values() if b)
    x = x1 + (lon - 114.29) / (114.34 - 114.29) * (x2 - x1)
    y = y1 + (lat - 33.62) / (33.63 - 33.62) * (y2 - y1)
    page.mouse.click(x + dx, y + dy)


def test_a_closure_changes_the_way_on_two_screens_and_lifting_brings_it_back(
    sign: Sign, stack: Stack
) -> None:
    duty, coordinator = sign("duty"), sign("coord")
    for page in (duty, coordinator):
        page.goto(stack.url + WAY)
    before = best(duty)
    assert best(coordinator) == before
    expect(duty.locator(".city-card .city-steps li").first).to_be_hidden()
    duty.locator(".city-card summary").first.click()
    expect(duty.locator(".city-card .city-steps li").first).to_contain_text("出发")
    expect(duty.locator(".city-mark.best, .city-mark.both").first).to_be_visible()

    lon, lat = middle_of_the_best(duty, stack)
    duty.click("[data-city-mode=area]")
    for dx, dy in ((-25, -25), (25, -25), (25, 25), (-25, 25)):
        press(duty, lon, lat, dx=dx, dy=dy)
    duty.keyboard.press("Enter")
    expect(duty.locator("#city-proposed")).to_contain_text("将封闭")
    duty.click("#city-close")
    expect(duty.locator(".toast.bad")).to_contain_text("请写明原因")
    duty.fill("#city-reason", "路面塌陷<b>")
    duty.click("#city-close")
    expect(duty.locator(".city-closure")).to_contain_text("路面塌陷<b>")

    for page in (duty, coordinator):  # the second screen pressed nothing
        facts = page.locator(".city-card .city-facts").first
        expect(facts).to_contain_text(re.compile(r"已绕开：封路 \d+ 号（路面塌陷<b>）"))
        assert best(page) != before
    coordinator.click("#city-pane label:has-text('封路')")
    entry = coordinator.locator(".city-closure")
    entry.locator("button").click()
    expect(coordinator.locator(".toast.bad")).to_contain_text("请写明原因")
    entry.locator("input").fill("已修复")
    entry.locator("button").click()
    for page in (duty, coordinator):
        expect(page.locator("#city-told")).not_to_contain_text("已绕开")
        expect(page.locator(".city-closure")).to_have_count(0)
        page.click("#city-pane label:has-text('路径')")
        assert best(page) == before


def test_two_presses_and_a_typed_name_ask_and_the_link_asks_again(sign: Sign, stack: Stack) -> None:
    page = sign("unit")
    page.goto(f"{stack.url}/map")
    expect(page.locator("[data-city-mode=area]")).to_have_count(0)  # units close no roads
    box = page.locator("#city-map").bounding_box()
    assert box
    page.mouse.click(box["x"] + box["width"] * 0.45, box["y"] + box["height"] * 0.5)
    page.wait_for_url("**/map?from=*")
    page.locator("#city-to").press_sequentially("dysj")  # by first letters
    page.fill("#city-to", "第一人民医院")
    page.locator("#city-to").press("Enter")
    page.wait_for_url("**&to=*")
    found = best(page)
    other = sign("leader")
    other.goto(page.url)
    assert best(other) == found
    expect(other.locator("#city-to")).to_have_value(re.compile("第一人民医院"))
    page.click("[data-city-mode=at]")
    page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] * 0.5)
    page.wait_for_url("**&at=*")
    expect(page.locator("#city-inside")).to_contain_text("消防站到此处")
    page.go_back()
    expect(page.locator("#city-inside")).to_contain_text("用地图左上")
