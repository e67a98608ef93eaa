"""The centre's screens: what the console does on one browser is on another's screen within a second."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from whole_stack import Stack

from command import display, incidents
from command.incidents import Form
from ingest.installation import environment_of
from models.clock import now
from models.events.incident.course import Place
from models.settings import load
from models.store import db
from models.store.people import PERMISSIONS
from models.tables import IncidentType
from tickets.moving import Actor

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

SIZES = [(1366, 768), (1920, 1080), (3840, 2160), (3840, 1080)]
DUTY = Actor(0, "林值班", PERMISSIONS)


@pytest.fixture(scope="module")
def gas(stack: Stack) -> str:
    """An incident that goes on, and the main screen of an empty house; the incident's number."""
    settings = load({**os.environ, **environment_of(stack.data)})
    engine = db.engine_for(settings.database_url)
    with db.transaction(engine, db.tenant_id_of(engine, settings.tenant)) as session:
        if session.get(IncidentType, (db.tenant_of(session), "centre-gas")) is None:
            kind = {"code": "centre-gas", "kind": "accident", "label": "燃气泄漏"}
            session.add(IncidentType(tenant_id=db.tenant_of(session), **kind))
            session.flush()
        display.add_screen(session, "main", "主屏", actor=DUTY, now=now())
        place = Place(lon=114.318, lat=33.635, address="望江路 18 号")
        form = Form("centre-gas", "望江路燃气泄漏", place, origin="browser-centre")
        number = incidents.report(session, form, actor=DUTY, now=now()).id
    engine.dispose()
    return str(number)


@pytest.fixture
def screen(chromium: Browser, stack: Stack, watch: "Watch", gas: str) -> Iterator[Page]:
    """The main screen, as the wall's account shows it."""
    context = chromium.new_context(viewport={"width": 1920, "height": 1080})
    page = context.new_page()
    watch.on(page, stack.url)
    stack.login(page, "wall")
    page.goto(f"{stack.url}/centre?screen=main")
    page.wait_for_selector(f'[data-event="incident:{gas}"]', timeout=30_000)
    yield page
    context.close()


@pytest.fixture
def console(page: Page, stack: Stack, gas: str) -> Page:
    """The console, as the duty officer has it."""
    page.goto(f"{stack.url}/centre/console?class=incident")
    page.wait_for_selector(_button("pin", f"incident:{gas}"))
    page.wait_for_selector("[data-screen=main]")
    return page


def _button(verb: str, of: str) -> str:
    return f'#centre-console button[data-press*=\'"do": "{verb}", "of": "{of}"\']'


def test_a_screen_follows_the_console(
    console: Page, screen: Page, watch: "Watch", gas: str
) -> None:
    row = f'[data-event="incident:{gas}"]'
    console.click(_button("pin", f"incident:{gas}"))
    # the house has only just begun: on busy cores its first word takes longer than those that follow
    expect(screen.locator(f"[data-events=pinned] {row}")).to_be_visible(timeout=30_000)
    expect(screen.locator(f"[data-events=rolling] {row}")).to_have_count(0)
    mark = screen.locator(".centre-mark.incident", has_text="望江路燃气泄漏")
    expect(mark).to_have_count(1)
    console.click(_button("hide", f"incident:{gas}"))
    expect(screen.locator(row)).to_have_count(0)
    expect(mark).to_have_count(0)
    console.get_by_role("button", name="恢复显示").click()
    expect(screen.locator(f"[data-events=rolling] {row}")).to_be_visible()
    expect(mark).to_have_count(1)

    console.fill("#console-text", "今晚降温，请各单位值守到位")
    console.click(_button("push", "text:"))
    pushed = screen.locator("#centre-push")
    expect(pushed).to_contain_text("今晚降温，请各单位值守到位")
    expect(pushed).to_contain_text("林")  # whoever pushed is named
    console.get_by_role("button", name="撤下").click()
    expect(pushed).to_be_hidden()

    console.click(_button("switch", "incident"))
    expect(screen.locator("#centre")).to_have_attribute("data-page", "incident")
    expect(screen.locator("[data-body=focus]")).to_contain_text("望江路 18 号")
    console.click(_button("switch", "whole"))
    expect(screen.locator("#centre")).to_have_attribute("data-page", "whole")
    watch.clean()


def _remove(console: Page, code: str) -> None:
    """A screen is not gone with one press."""
    expect(console.locator(_button("remove", code))).to_be_hidden()
    console.click(f'details[data-fold="remove-{code}"] > summary')
    console.click(_button("remove", code))


def test_what_is_half_typed_of_one_screen_outlives_the_others(
    console: Page, watch: "Watch"
) -> None:
    def label(code: str) -> Locator:
        return console.locator(f'[data-screen="{code}"] input[type=text]').first

    add = console.locator("#console-screens + .line-form")
    for number, (code, name) in enumerate((("east", "东屏"), ("west", "西屏"))):
        add.locator("input").first.fill(code)
        add.locator("input").last.fill(name)
        add.locator("button").click()
        expect(console.locator("[data-screen]")).to_have_count(number + 2)
    label("west").fill("没有保存的名称")
    label("east").fill("东大屏")
    console.click(_button("arrange", "east"))
    expect(console.locator('[data-screen="east"] .head b')).to_have_text("东大屏")
    expect(label("west")).to_have_value("没有保存的名称")
    _remove(console, "east")
    expect(console.locator('[data-screen="east"]')).to_have_count(0)
    expect(label("west")).to_have_value("没有保存的名称")
    console.click(_button("arrange", "west"))
    expect(console.locator('[data-screen="west"] .head b')).to_have_text("没有保存的名称")
    _remove(console, "west")
    expect(console.locator("[data-screen]")).to_have_count(1)
    watch.clean()


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_nothing_overflows(screen: Page, watch: "Watch", size: tuple[int, int]) -> None:
    screen.set_viewport_size({"width": size[0], "height": size[1]})
    screen.wait_for_timeout(1500)
    over = screen.evaluate(
        """() => {
          const root = document.documentElement;
          const bad = [];
          if (root.scrollWidth > innerWidth || root.scrollHeight > innerHeight) bad.push("page");
          const boxes = ".wall-head, .centre-body:not([data-body=map]), .centre-bars, .centre-figure";
          for (const n of document.querySelectorAll(boxes)) {
            if (n.offsetParent && (n.scrollWidth > n.clientWidth + 1 || n.scrollHeight > n.clientHeight + 1)) {
              bad.push((n.dataset.body || n.className) + " " + n.textContent.slice(0, 30));
            }
          }
          return bad;
        }"""
    )
    assert over == []
    watch.clean()


def test_figures_on_the_screen_are_those_of_the_lists(
    screen: Page, page: Page, stack: Stack
) -> None:
    day = screen.evaluate("hotline.centre.sections.day")
    shown = screen.locator("[data-body=incidents] .centre-figure b")
    expect(shown).to_have_text(str(day["total"]))
    page.goto(f"{stack.url}/centre/console?class=incident")
    note = page.locator("#console-list .panel > header")
    expect(note).to_contain_text(f"突发事件 {day['total'] + day['exercises']}")


def test_a_screen_that_lost_its_stream_says_so_and_comes_back_the_same(
    screen: Page, stack: Stack, gas: str, watch: "Watch"
) -> None:
    before = screen.evaluate("JSON.stringify(hotline.centre.sections.screens)")
    stack.kill("web")
    expect(screen.locator("#centre-banner")).to_be_visible(timeout=15_000)
    expect(screen.locator("[data-panel=events]")).to_have_class("block centre-events is-old")
    expect(screen.locator("#centre-banner")).to_be_hidden(timeout=60_000)
    expect(screen.locator("[data-panel=events]")).to_have_class("block centre-events")
    expect(screen.locator(f'[data-event="incident:{gas}"]')).to_be_visible()
    assert screen.evaluate("JSON.stringify(hotline.centre.sections.screens)") == before
    watch.clean(faults=True)
