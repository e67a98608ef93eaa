"""Vehicles on the command map: one that tells its place moves there, falls silent and turns grey, says what it is."""

import json
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import update
from whole_stack import Stack

from command import resources
from ingest.installation import environment_of
from models.clock import now, to_datetime
from models.demo import TENANT
from models.store import db
from models.tables import Capability, Parameter
from tickets.moving import Actor

pytest_plugins = ("browser_support",)
pytestmark = pytest.mark.browser
expect.set_options(timeout=30_000)
LON, LAT = 114.31, 33.63
STALE_S = 6.0
WHO = Actor(0, "测试", frozenset({"command.view", "command.act", "command.edit"}))


@pytest.fixture(scope="module")
def secrets(stack: Stack) -> str:
    """The secret of a device; the tenant calls a unit lost after some seconds."""
    engine = db.engine_for(environment_of(stack.data)["HOTLINE_DATABASE_URL"])
    try:
        tenant = db.tenant_id_of(engine, TENANT)
        with db.transaction(engine, tenant) as session:
            session.execute(
                update(Parameter)
                .where(Parameter.name == "command")
                .values(value={"stale_s": STALE_S}, set_at=to_datetime(now()), set_by="测试")
            )
            session.merge(Capability(tenant_id=tenant, code="fire", label="灭火", position=0))
            session.flush()
            form = resources.UnitForm(
                "望江<b>一号车", "fire", ("fire",), 6, 4, LON, LAT, device="d1"
            )
            resources.add_unit(session, "T1", form, actor=WHO, now=now())
            token = resources.new_token(session, "T1", actor=WHO, now=now())
    finally:
        engine.dispose()
    return token


@pytest.fixture
def page(chromium: Browser, stack: Stack) -> Iterator[Page]:
    from browser_support import Watch

    watch = Watch()
    page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
    watch.on(page, stack.url)
    stack.login(page, "coord", "/command")
    yield page
    page.context.close()
    watch.clean()


def tell(stack: Stack, token: str, lon: float, lat: float, *, ago: float = 0.0) -> None:
    """Tell a place as the device does; `ago` seconds by its clock: nobody drives 370 m in a moment."""
    said = datetime.fromtimestamp(now() - ago, UTC).isoformat()
    fix: dict[str, Any] = {
        "device": "d1",
        "at": said,
        "lon": lon,
        "lat": lat,
        "speed": 40,
        "heading": 90,
    }
    asked = urllib.request.Request(
        f"{stack.url}/api/positions",
        data=json.dumps({"fixes": [fix]}).encode(),
        headers={"Authorization": f"Bearer {token}"},
    )
    with urllib.request.urlopen(asked, timeout=20) as answer:
        assert answer.status == 202


def test_it_moves_falls_silent_and_says_so(page: Page, stack: Stack, secrets: str) -> None:
    plate = page.locator(".force")
    expect(plate).to_have_class("force available never stands")
    tell(stack, secrets, LON, LAT, ago=30)
    expect(plate).to_have_class("force available")
    before = plate.bounding_box()
    assert before is not None
    tell(stack, secrets, LON + 0.004, LAT)
    page.wait_for_function("Math.abs(hotline.command.sections.units.T1.lon - 114.314) < 1e-6")
    expect(page.locator(".force-count")).to_contain_text("力量 1")
    lost = page.locator(".force-count button")
    expect(lost).to_be_visible()  # it fell silent
    expect(plate).to_have_class("force available lost stands")
    lost.click()
    facts = page.locator(".force-facts")
    expect(facts.locator("h3")).to_have_text("望江<b>一号车")
    expect(facts.locator(".bad")).to_contain_text("最后定位")
    tell(stack, secrets, LON + 0.004, LAT)
    expect(lost).to_be_hidden()


def test_a_place_is_shifted_in_the_browser_as_here(page: Page, secrets: str) -> None:
    from gis_data.coordinates import from_wgs84

    for lon, lat in ((LON, LAT), (121.47, 31.23), (87.6, 43.8)):
        ours = [float(part) for part in from_wgs84(lon, lat, "gcj02")]
        assert page.evaluate(f"hotline.maps.shift({lon}, {lat})") == pytest.approx(ours, abs=1e-9)


def test_open_screens_hear_again_after_the_web_restarts(
    chromium: Browser, stack: Stack, secrets: str
) -> None:
    # screens of their own: one browser has six connections, and a page holds two for its streams
    pages = [
        chromium.new_context(viewport={"width": 1366, "height": 768}).new_page() for _ in range(10)
    ]
    for each in pages:
        stack.login(each, "coord", "/command")
    for each in pages:
        expect(each.locator(".force")).to_be_attached()
    stack.restart_web()
    tell(stack, secrets, LON + 0.0041, LAT)
    for each in pages:
        each.wait_for_function(
            "Math.abs((hotline.command.sections.units.T1 || {}).lon - 114.3141) < 1e-6",
            timeout=30_000,
        )
    for each in pages:
        each.context.close()
