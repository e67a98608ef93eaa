"""The dossier on the command page: names lead to the map, cameras play side by side; layers and the search there."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from whole_stack import Stack

from command import demo
from ingest.installation import environment_of
from models import demo as house
from models.clock import now, to_datetime
from models.events.incident.course import Place
from models.settings import load
from models.store import db
from models.tables import Camera

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser
expect.set_options(timeout=60_000)
HERE = (114.34165, 33.6312)


@pytest.fixture(scope="module")
def incident(stack: Stack) -> Iterator[int]:
    """Report an incident with five cameras further and further off, none of which answers."""
    engine = db.engine_for(load(environment_of(stack.data)).database_url)
    tenant = db.tenant_id_of(engine, house.TENANT)
    with db.transaction(engine, tenant) as session:
        demo.seed(session, now=now())
        number = demo.exercise(session, Place(*HERE, "金桥市场", "990101"), now=now())
        for n in range(5):
            session.add(Camera(
                tenant_id=tenant, bureau="traffic", key=f"eye{n}", label=f"路口{n}", lon=HERE[0] + 0.004 * (n + 1),
                lat=HERE[1], url="http://127.0.0.1:9/live.m3u8", at=to_datetime(now()),
            ))  # fmt: skip
    yield number
    engine.dispose()


@pytest.fixture
def page(chromium: Browser, stack: Stack, incident: int) -> Iterator[Page]:
    from browser_support import Watch

    watch = Watch()
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    watch.on(page, stack.url)
    stack.login(page, "coord", "/command")
    page.goto(f"{stack.url}/command?id={incident}&pane=around")
    expect(page.locator(".means").first).to_be_visible()
    page.wait_for_function("window.hotline.plot && hotline.plot.map()")
    yield page
    page.context.close()
    watch.errors = [said for said in watch.errors if "503" not in said]  # the cameras are away
    watch.clean()


def centre_is(page: Page, lon: float, lat: float, within: float = 0.002) -> None:
    page.wait_for_function(
        "([lon, lat, within]) => { const at = hotline.plot.map().getCenter();"
        " return Math.hypot(at.lng - lon, at.lat - lat) < within; }",
        arg=[lon, lat, within],
    )


def test_the_nearest_cameras_play_side_by_side_and_a_fifth_takes_the_first_ones_place(
    page: Page,
) -> None:
    names = page.locator("#plot-camera .eye header b")
    page.get_by_role("button", name="一并调看 4 路").click()
    expect(names).to_have_text(["路口0", "路口1", "路口2", "路口3"])
    expect(page.locator("#plot-camera .eye .said span").first).not_to_be_empty()
    page.get_by_role("button", name="一并调看 4 路").click()
    expect(names).to_have_count(4)  # who plays is not opened twice
    page.evaluate(
        "hotline.camera.open({ label: '路口4', url: '/api/cameras/live.m3u8?bureau=traffic&key=eye4' })"
    )
    expect(names).to_have_text(["路口1", "路口2", "路口3", "路口4"])
    for _ in range(4):
        page.locator("#plot-camera .plot-x").first.click()
    expect(page.locator("#plot-camera")).to_be_hidden()


def test_a_name_of_the_dossier_and_a_place_found_lead_the_map_there(page: Page) -> None:
    page.locator("button.go", has_text="路口3").click()
    centre_is(page, HERE[0] + 0.016, HERE[1])
    expect(page.locator(".place-pin")).to_have_css("opacity", "1")
    page.locator("#place-find").press_sequentially("中心医院", delay=30)
    expect(page.locator("[data-place-option]").first).to_be_visible()
    page.keyboard.press("Enter")
    expect(page.locator("#place-find")).to_have_value("云州市中心医院")
    page.wait_for_function(
        "([lon]) => Math.abs(hotline.plot.map().getCenter().lng - lon) > 0.002",
        arg=[HERE[0] + 0.016],
    )


def test_layers_are_switched_by_the_keyboard_and_the_browser_keeps_the_choice(page: Page) -> None:
    eyes, places = page.locator(".city-sign.camera"), page.locator(".city-sign.hazard")
    expect(places.first).to_be_attached()
    expect(eyes).to_have_count(5)
    page.locator(".command-layers > summary").press("Enter")
    page.locator("#command-layers input[value=cameras]").press("Space")
    expect(eyes).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator("#command-layers")).to_be_hidden()
    page.reload()
    expect(places.first).to_be_attached()
    expect(eyes).to_have_count(0)
