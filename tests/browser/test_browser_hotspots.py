"""A leader looks where the city hurts: a place in the ranking, why, and exactly its tickets."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from whole_stack import Stack

from ingest.installation import environment_of
from models.clock import now
from models.demo import TENANT
from models.settings import load
from models.store import db
from models.store.crypto import Vault
from tickets.intake import Form, open_ticket
from tickets.moving import Actor

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

TICKETS = 14
DISTRICT = "990101"
PATIENCE_MS = 60_000
"""For a machine that is busy with everything else, too."""
LON, LAT = 114.3021, 33.6012
AGENT = Actor(0, "考验", frozenset({"ticket.open"}))


def tell(stack: Stack, number: int, known: int) -> None:
    """Open tickets of one burst pipe, the first `known` of them with their place."""
    settings = load(environment_of(stack.data))
    engine = db.engine_for(settings.database_url)
    vault = Vault(settings.encryption_keys, settings.hash_key)
    try:
        with db.transaction(engine, db.tenant_id_of(engine, TENANT)) as session:
            for at in range(number):
                form = Form(
                    kind="help", title=f"水管爆裂<b>{at}</b>", content="路面积水", district=DISTRICT,
                    lon=LON + 0.000005 * at if at < known else None, lat=LAT if at < known else None,
                )  # fmt: skip
                open_ticket(session, form, actor=AGENT, now=now(), vault=vault)
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def burst(stack: Stack) -> None:
    """Fourteen people tell of one burst pipe, two of something whose place nobody knows."""
    tell(stack, TICKETS + 2, TICKETS)


@pytest.fixture(scope="module")
def as_leader(chromium: Browser, stack: Stack) -> Any:
    """The leader's cookies: signing in for every test would run into the rate limit."""
    context = chromium.new_context()
    stack.login(context.new_page(), "leader", "/hotspots")
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def leader(
    chromium: Browser, stack: Stack, watch: "Watch", burst: None, as_leader: Any
) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768}, storage_state=as_leader)
    page = context.new_page()
    watch.on(page, stack.url)
    page.goto(f"{stack.url}/hotspots?span=today")
    expect(page.locator(".leaflet-tile-loaded").first).to_be_visible(timeout=PATIENCE_MS)
    yield page
    watch.clean()
    context.close()


def total(page: Page) -> int:
    """Return how many tickets the page's head tells of."""
    found = re.search(r"[\d,]+", page.locator(".page-title .total").inner_text())
    assert found
    return int(found[0].replace(",", ""))


def place(page: Page) -> Locator:
    """Return the row of the burst pipe in the ranking: the fullest there is."""
    return page.locator("#hot-ranking tbody tr", has=page.locator("[data-hot-cell]")).first


def layer(page: Page, name: str) -> None:
    """Choose a layer."""
    page.locator(f"#hot-layer input[value={name}]").check()


def test_a_place_says_why_and_opens_exactly_its_tickets(leader: Page) -> None:
    assert leader.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(leader.locator(".page-title .total")).to_contain_text(re.compile(r"共 \d+ 件"))
    expect(leader.locator(".hot-side")).to_contain_text("没有位置")
    row = leader.locator(".hot-side tbody tr", has=leader.locator(f"a:text-is('{TICKETS}')")).first
    row.locator("[data-hot-cell]").click()
    why = leader.locator("#hot-why")
    expect(why).to_contain_text(f"查看这 {TICKETS} 件")
    expect(why).to_contain_text("水管爆裂<b>")  # text stays text
    leader.locator("#hot-layer input").nth(1).check()
    expect(leader.locator("#hot-legend")).to_contain_text("不是检验")
    leader.locator("#hot-step-range").focus()
    leader.keyboard.press("ArrowRight")
    expect(leader.locator("#hot-step-label")).to_have_text(re.compile(r"\d\d-\d\d 00:00"))
    why.locator("a.primary").click()
    expect(leader.locator(".page-title .total")).to_have_text(re.compile(rf"共 {TICKETS} 件"))


def test_a_ticket_opened_after_loading_changes_the_figures(leader: Page, stack: Stack) -> None:
    """What one looks at, has chosen and typed stays; the map is the same one; only figures move."""
    layer(leader, "density")
    place(leader).locator("[data-hot-cell]").click()
    expect(leader.locator("#hot-why")).to_contain_text("水管爆裂", timeout=PATIENCE_MS)
    leader.select_option("select[name=kind]", "help")  # chosen, not yet asked for
    leader.evaluate("document.querySelector('#hot-map').dataset.kept = 'yes'")
    before = total(leader)
    in_place = int(place(leader).locator("td").nth(2).inner_text())
    tell(stack, 3, 2)
    expect(leader.locator(".page-title .total")).to_contain_text(
        str(before + 3), timeout=PATIENCE_MS
    )
    expect(place(leader).locator("td").nth(2)).to_have_text(str(in_place + 2))
    why = leader.locator("#hot-why a.primary")
    expect(why).to_contain_text(f" {in_place + 2} ", timeout=PATIENCE_MS)
    assert leader.locator("#hot-layer input:checked").get_attribute("value") == "density"
    assert leader.locator("select[name=kind]").input_value() == "help"
    assert leader.evaluate("document.querySelector('#hot-map').dataset.kept") == "yes"
    assert leader.locator("[data-dash-is-loading=true]").count() == 0


def test_the_address_holds_the_view_and_so_do_the_files(leader: Page, stack: Stack) -> None:
    leader.evaluate("window.notLoadedAnew = true")
    leader.select_option("select[name=vs]", "prev")
    layer(leader, "surge")
    expect(leader).to_have_url(re.compile("layer=surge"))
    leader.locator(".hot-filters button[type=submit]").click()
    expect(leader).to_have_url(re.compile("vs=prev"))
    expect(leader.locator("#hot-layer input[value=change]")).to_be_visible(timeout=PATIENCE_MS)
    assert leader.locator("#hot-layer input:checked").get_attribute("value") == "surge"
    layer(leader, "change")
    expect(leader.locator("#hot-legend")).to_contain_text("+")
    leader.locator("#hot-step-range").focus()
    leader.keyboard.press("ArrowRight")
    expect(leader).to_have_url(re.compile(r"layer=change.*step=0"))
    assert leader.evaluate("window.notLoadedAnew")
    link = leader.locator("[data-hot-file$=geojson]")
    link.focus()
    href = link.get_attribute("href") or ""
    assert ("layer=change" in href, "vs=prev" in href, "step=0" in href) == (True, True, True)
    told = leader.request.get(stack.url + href).json()
    assert (told["about"]["layer"], told["about"]["step"]["label"][-5:]) == ("change", "00:00")
    assert all("difference" in each["properties"] for each in told["features"])
    for kind in ("png", "xlsx"):
        answer = leader.request.get(stack.url + href.replace("geojson", kind))
        assert (answer.status, len(answer.body()) > 5000) == (200, True)
    other = leader.context.new_page()
    other.goto(leader.url)
    expect(other.locator("#hot-step-label")).to_contain_text("00:00", timeout=PATIENCE_MS)
    assert other.locator("#hot-layer input:checked").get_attribute("value") == "change"
    leader.go_back()
    expect(leader.locator("#hot-layer input[value=change]")).to_have_count(0, timeout=PATIENCE_MS)


def test_districts_are_a_table_that_sorts_and_opens_its_tickets(leader: Page) -> None:
    layer(leader, "districts")
    table = leader.locator("#hot-areas table")
    expect(table).to_be_visible()
    expect(leader.locator("#hot-ranking")).to_be_hidden()
    by_tickets = table.locator("th button").nth(1)
    by_tickets.focus()
    leader.keyboard.press("Enter")
    expect(table.locator("th").nth(1)).to_have_attribute("aria-sort", "descending")
    first = table.locator("tbody tr").first
    number = int(first.locator("td a").inner_text())
    assert number >= TICKETS
    by_tickets.press("Enter")
    expect(table.locator("tbody tr").last.locator("td a")).to_have_text(str(number))
    table.locator("tbody tr").last.locator("td a").click()
    expect(leader.locator(".page-title .total")).to_have_text(
        re.compile(rf"共 {number} 件"), timeout=PATIENCE_MS
    )


def test_a_step_of_time_speaks_of_that_step_alone(leader: Page) -> None:
    place(leader).locator("[data-hot-cell]").click()
    why = leader.locator("#hot-why")
    expect(why).to_contain_text("水管爆裂", timeout=PATIENCE_MS)
    leader.locator("#hot-step-range").focus()
    leader.keyboard.press("End")  # this very hour
    label = leader.locator("#hot-step-label")
    expect(label).to_contain_text(":00")
    expect(leader.locator("#hot-legend")).to_contain_text(
        f"{label.inner_text()} 的件数", timeout=PATIENCE_MS
    )
    expect(leader.locator("#hot-legend")).to_contain_text("不作检验")
    expect(why.locator("header")).to_contain_text(label.inner_text(), timeout=PATIENCE_MS)
    said = re.search(r"(\d+) 件", why.locator("header").inner_text().rsplit("·", 1)[-1])
    assert said
    if int(said[1]):  # unless the hour has just turned
        why.locator("a.primary").click()
        expect(leader.locator(".page-title .total")).to_have_text(
            re.compile(rf"共 {said[1]} 件"), timeout=PATIENCE_MS
        )


def test_a_period_nobody_can_read_is_named_and_the_form_stays(leader: Page) -> None:
    leader.select_option("select[name=span]", "days")
    leader.fill("#hot-since", "2026-13-45")
    leader.locator(".hot-filters button[type=submit]").click()
    expect(leader.locator("[role=alert].hot-wrong")).to_contain_text(
        "2026-13-45", timeout=PATIENCE_MS
    )
    assert leader.locator("#hot-since").input_value() == "2026-13-45"
    expect(leader.locator(".page-title .total")).to_have_count(0)
    leader.fill("#hot-since", "2026-02-02")
    leader.fill("#hot-until", "2026-02-01")
    leader.keyboard.press("Enter")
    expect(leader.locator(".hot-wrong")).to_contain_text("对调", timeout=PATIENCE_MS)
    leader.select_option("select[name=span]", "today")
    leader.locator(".hot-filters button[type=submit]").click()
    expect(leader.locator(".page-title .total")).to_be_visible(timeout=PATIENCE_MS)


def test_two_periods_chosen_freely_are_compared(leader: Page) -> None:
    leader.select_option("select[name=vs]", "days")
    leader.fill("#hot-vs_since", "2026-01-05")
    leader.keyboard.press("Enter")
    expect(leader.locator("#hot-layer input[value=change]")).to_be_visible(timeout=PATIENCE_MS)
    layer(leader, "change")
    expect(leader.locator("#hot-legend")).to_contain_text("01-05 00:00", timeout=PATIENCE_MS)


def test_on_paper_it_is_one_column_without_controls(leader: Page) -> None:
    screen = leader.locator(".hot-map").bounding_box()
    leader.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    leader.emulate_media(media="print")
    leader.set_viewport_size({"width": 718, "height": 1000})  # A4 within its margins
    for control in (
        ".hot-filters",
        ".hot-tabs",
        ".hot-time",
        ".desk-head",
        ".leaflet-control-zoom",
    ):
        expect(leader.locator(control).first).to_be_hidden()
    sheet, side = (leader.locator(css).bounding_box() for css in (".hot-map", ".hot-side"))
    assert screen and sheet and side
    assert sheet["width"] <= 718
    assert side["y"] >= sheet["y"] + sheet["height"]
    canvas = leader.locator(".hot-canvas").bounding_box()
    assert canvas and abs(canvas["width"] - sheet["width"]) < 4  # all of the map's window
    assert len(leader.pdf(format="A4")) > 10_000
    leader.emulate_media(media="screen")
    leader.set_viewport_size({"width": 1366, "height": 768})
    leader.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert leader.locator(".hot-map").bounding_box() == screen
