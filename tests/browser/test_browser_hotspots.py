"""A leader looks where the city hurts: a place in the ranking, why, and exactly its tickets."""

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect
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
LON, LAT = 114.3021, 33.6012
AGENT = Actor(0, "考验", frozenset({"ticket.open"}))


@pytest.fixture(scope="module")
def burst(stack: Stack) -> None:
    """Fourteen people tell of one burst pipe, two of something whose place nobody knows."""
    settings = load(environment_of(stack.data))
    engine = db.engine_for(settings.database_url)
    vault = Vault(settings.encryption_keys, settings.hash_key)
    try:
        with db.transaction(engine, db.tenant_id_of(engine, TENANT)) as session:
            for number in range(TICKETS + 2):
                known = number < TICKETS
                form = Form(
                    kind="help", title=f"水管爆裂<b>{number}</b>", content="路面积水",
                    lon=LON + 0.000005 * number if known else None, lat=LAT if known else None,
                )  # fmt: skip
                open_ticket(session, form, actor=AGENT, now=now(), vault=vault)
    finally:
        engine.dispose()


@pytest.fixture
def leader(chromium: Browser, stack: Stack, watch: "Watch", burst: None) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 1366, "height": 768})
    page = context.new_page()
    watch.on(page, stack.url)
    stack.login(page, "leader", "/hotspots?span=today")
    yield page
    watch.clean()
    context.close()


def test_a_place_says_why_and_opens_exactly_its_tickets(leader: Page) -> None:
    expect(leader.locator(".leaflet-tile-loaded").first).to_be_visible(timeout=60_000)
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
    leader.locator("#hot-step").focus()
    leader.keyboard.press("ArrowRight")
    expect(leader.locator("#hot-step-label")).to_have_text(re.compile(r"\d\d-\d\d 00:00"))
    why.locator("a.primary").click()
    expect(leader.locator(".page-title .total")).to_have_text(re.compile(rf"共 {TICKETS} 件"))
