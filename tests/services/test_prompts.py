"""Alarm prompts on the streams of the desk pages: each hears what is their business, and of the rest nothing."""

from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import HERE, Site, running_site
from forces import SCENE
from real_stores import Stores
from sqlalchemy import Engine

from command import demo, incidents, records
from models.clock import now
from models.events.incident.course import Place
from models.tables import Depot, Supply


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        yield running


def prompts(site: Site, login: str, path: str = "/live/floor") -> list[dict[str, Any]]:
    """Return what a person is told first; none: nothing within the first beats."""
    with site.client(login).live(path) as pushed:
        for count, push in enumerate(pushed):
            if push.data["kind"] == "prompts":
                found: list[dict[str, Any]] = push.data["prompts"]
                return found
            if count > 15:
                break
    return []


@pytest.fixture(scope="module")
def there(site: Site) -> dict[str, int]:
    """Two incidents, one in the district of whoever has one; a question in it; a stock below its floor elsewhere."""
    at = now()
    coordinator = site.actor("coordinator")
    with site.session() as session:
        demo.seed(session, now=at)
        made = {
            district: incidents.report(
                session, incidents.Form("gas_leak", f"泄漏{district}", Place(*SCENE, "路1号", district)),
                actor=coordinator, now=at,
            ).id
            for district in (HERE, "990102")
        }  # fmt: skip
        incidents.verify(session, made[HERE], note="", actor=coordinator, now=at)
        records.ask_decision(session, made[HERE], question="是否疏散", actor=coordinator, now=at)
        session.add(
            Depot(tenant_id=site.place.id, code="east", label="东库", lon=SCENE[0], lat=SCENE[1], district="990102")
        )  # fmt: skip
        session.flush()
        session.add(
            Supply(
                tenant_id=site.place.id, depot="east", code="sand", label="沙袋", measure="袋", amount=1.0, floor=5.0,
            )
        )  # fmt: skip
    return {"here": made[HERE], "there": made["990102"]}


def test_each_hears_what_is_their_business(site: Site, there: dict[str, int]) -> None:
    report, question = f"incident:{there['there']}", f"decision:{there['here']}:1"
    told = {login: prompts(site, login) for login in ("leader", "coordinator", "district", "agent")}
    keys = {login: {each["key"] for each in found} for login, found in told.items()}
    assert {report, question, "stock:east/sand"} <= keys["leader"]
    assert {report, "stock:east/sand"} <= keys["coordinator"] and question not in keys[
        "coordinator"
    ]
    assert not {report, "stock:east/sand"} & keys["district"]
    assert told["agent"] == []
    (asked,) = [each for each in told["leader"] if each["key"] == question]
    assert (asked["text"], asked["incident"]) == ("是否疏散", there["here"])


def test_their_own_stream_tells_the_same(site: Site, there: dict[str, int]) -> None:
    own = prompts(site, "coordinator", "/live/prompts")
    assert [each["key"] for each in own] == [each["key"] for each in prompts(site, "coordinator")]
    for login in ("agent", "unit"):
        assert site.client(login).get("/live/prompts").status == 403
