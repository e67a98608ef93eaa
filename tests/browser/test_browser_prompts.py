"""Alarm prompts in a browser: told once with a toast, kept by the badge, and leading to the incident."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec
import pytest
from desk_site import Site, running_site
from playwright.sync_api import Browser, Page, expect
from real_stores import Stores
from redis import Redis
from sqlalchemy import Engine, select

from command import demo, incidents, records
from dashboard.texts import LANGUAGES
from models.clock import now
from models.events.incident.course import Place
from models.tables import Outbox

if TYPE_CHECKING:
    from browser_support import Watch

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser

WORDS = LANGUAGES["zh"]
SIZE = {"width": 1366, "height": 768}


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        with running.session() as session:
            demo.seed(session, now=now())
        report(running, "人民路燃气泄漏", asks="是否疏散")
        yield running


def report(site: Site, title: str, asks: str = "") -> int:
    """Report an incident, with a question to the leader if one is given, and carry the events to the stream."""
    who, at = site.actor("coordinator"), now()
    with site.session() as session:
        form = incidents.Form("gas_leak", title, Place(address="路1号"))
        number = incidents.report(session, form, actor=who, now=at).id
        if asks:
            records.ask_decision(session, number, question=asks, actor=who, now=at)
        rows = session.execute(select(Outbox.stream, Outbox.event).order_by(Outbox.id)).all()
    with Redis.from_url(site.settings.redis_url, protocol=2) as redis:
        for stream, event in rows:
            redis.xadd(stream, {"e": msgspec.json.encode([event])})
    return number


@pytest.fixture
def leader(chromium: Browser, site: Site, watch: "Watch") -> Iterator[Page]:
    name, _, value = site.client("leader").cookie.partition("=")
    context = chromium.new_context(viewport=SIZE)  # type: ignore[arg-type]
    context.add_cookies([{"name": name, "value": value, "url": site.url}])
    page = context.new_page()
    watch.on(page, site.url)
    page.goto(f"{site.url}/tickets")
    yield page
    watch.clean()
    context.close()


def test_a_prompt_is_told_once_and_leads_to_its_incident(leader: Page, site: Site) -> None:
    toasts, badge = leader.locator(".toast.prompt"), leader.locator("[data-prompt-count]")
    expect(badge).to_have_text("2", timeout=30_000)
    question = WORDS["prompt.decision"].format(text="是否疏散")
    expect(toasts).to_have_count(2)
    expect(toasts.filter(has_text=question)).to_have_count(1)
    leader.reload()
    expect(badge).to_have_text("2", timeout=30_000)
    expect(toasts).to_have_count(0)
    number = report(site, "东风桥积水")
    expect(toasts).to_have_count(1, timeout=30_000)
    expect(toasts).to_contain_text("东风桥积水")
    expect(badge).to_have_text("3")
    badge.click()
    expect(leader.locator(".prompt-line")).to_have_count(3)
    leader.locator(".prompt-line").filter(has_text="东风桥积水").click()
    expect(leader).to_have_url(f"{site.url}/command?id={number}")
    expect(leader.locator(".prompt-list")).to_have_count(0)
