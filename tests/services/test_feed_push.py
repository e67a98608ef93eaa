"""What bureaus push: under the feed's own token, one message a request, with the reasons when it is of no use."""

import http.client
import json
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from desk_site import Site, running_site
from real_stores import Stores
from sqlalchemy import Engine, func, select
from web_client import Answer, Client

from dashboard import door, feed_push
from gis_data.actor import System
from gis_data.city.manifest import SHIPPED, read_manifest
from gis_data.feeds import dead, registry
from gis_data.feeds.registry import FeedForm
from gis_data.feeds.samples.course import said
from gis_data.feeds.taking import MOST_BYTES
from gis_data.state import current
from models.clock import now
from models.store import db
from models.tables import CityState, FeedDead

ADMIN = System(frozenset({registry.PERMISSION}))
WEST, SOUTH, EAST, NORTH = read_manifest(SHIPPED)[1].bbox
STATION = {
    "id": "s1", "name": "东站", "lon": (WEST + EAST) / 2, "lat": (SOUTH + NORTH) / 2, "temperature_c": 9.5,
}  # fmt: skip


class Case(NamedTuple):
    """A running web process and the token of its feed `weather`."""

    site: Site
    token: str

    def push(
        self, body: bytes | str, name: str = "weather", token: str | None = None, **more: str
    ) -> Answer:
        given = self.token if token is None else token
        headers = {"Authorization": f"Bearer {given}", "Content-Type": "application/json", **more}
        text = body.decode("latin-1") if isinstance(body, bytes) else body
        return Client(self.site.url).ask("POST", f"/api/feeds/{name}", text, headers)

    def add(self, name: str, **more: Any) -> str:
        given = {"bureau": "weather", "label": name, "kind": "push", **more}
        with self.site.session() as session:
            added = registry.add(
                session, name, FeedForm(**given), actor=ADMIN, now=now(), vault=self.site.vault
            )
        return added.token


@pytest.fixture(scope="module")
def case(stores: Stores, engine: Engine) -> Iterator[Case]:
    with running_site(stores, engine) as site:
        made = Case(site, "")
        yield made._replace(token=made.add("weather"))


@pytest.fixture(autouse=True)
def forget(case: Case, stores: Stores) -> None:
    """Count anew for every test."""
    from redis import Redis

    with Redis.from_url(stores.redis_url, protocol=2) as door:
        for key in door.scan_iter("feed:*"):
            door.delete(key)


def told(*stations: Any, **more: Any) -> str:
    frame = {
        "contract": "weather/1",
        "at": said(now()),
        "datum": "wgs84",
        "stations": list(stations),
    }
    return json.dumps({**frame, **more})


def test_it_works(case: Case) -> None:
    body = told(STATION)
    answer = case.push(body)
    assert answer.status == 202, answer.text
    assert answer.json() == {"kept": 1, "known": 0, "refused": 0, "reasons": {}, "items": {}}
    assert case.push(body).json()["known"] == 1, "told twice is told once"
    with case.site.session() as session:
        assert [row.key for row in current(session, now=now())] == ["station/s1"]


def test_part_of_a_message_may_be_of_use(case: Case) -> None:
    answer = case.push(told({**STATION, "id": "s2"}, {**STATION, "id": "s3", "temperature_c": 99}))
    assert answer.status == 202
    assert answer.json()["reasons"] == {"range": 1}
    assert answer.json()["items"] == {"station/s3": "range"}


def test_what_is_of_no_use_is_refused_with_the_reasons(case: Case) -> None:
    swapped = {**STATION, "id": "s9", "lon": STATION["lat"], "lat": STATION["lon"]}
    answer = case.push(told(swapped, at=said(now() - 1)))
    assert (answer.status, answer.json()["items"]) == (422, {"station/s9": "swapped"})
    broken = case.push("<html>")
    assert broken.status == 422
    assert broken.json()["error"] == "unreadable" and "malformed" in broken.json()["why"]
    with case.site.session() as session:
        assert broken.json()["dead_letter"] in {letter.id for letter in dead.waiting(session)}


@pytest.mark.parametrize("token", ["", "x", "nobody.x", "../x.y", "é.x", "a" * 5000])
def test_wrong_tokens_open_nothing(case: Case, token: str) -> None:
    answer = case.push(told(STATION), token=token)
    assert (answer.status, answer.json()) == (401, {"error": "token"})
    assert answer.headers["www-authenticate"] == "Bearer"


def test_a_token_opens_its_own_feed_alone(case: Case) -> None:
    other = case.add("second")
    for answer in (
        case.push(told(STATION), token=other),
        case.push(told(STATION), name="second"),
        case.push(told(STATION), name="unknown"),
        case.push(told(STATION), token=case.token[:-1]),
    ):
        assert answer.status == 401
    abroad = case.site.stranger.partition("=")[2].partition(".")[0]
    secret = case.token.partition(".")[2]
    assert case.push(told(STATION), token=f"{abroad}.{secret}").status == 401
    assert case.push(told(STATION), token="", Authorization=f"Basic {case.token}").status == 401


def test_a_session_is_no_token(case: Case) -> None:
    cookie = case.site.client("admin").cookie
    answer = Client(case.site.url, cookie).ask("POST", "/api/feeds/weather", told(STATION))
    assert answer.status == 401


def test_a_feed_that_is_stopped_or_polled_takes_nothing(case: Case) -> None:
    token = case.add("stopped")
    with case.site.session() as session:
        feed = registry.named(session, "stopped")
        assert feed is not None
        registry.stop(session, feed.id, actor=ADMIN, now=now())
    assert case.push(told(STATION), name="stopped", token=token).status == 403
    assert case.add("polled", kind="poll", url="http://h/x") == ""
    assert case.push(told(STATION), name="polled", token=case.token).status == 401


def test_a_body_is_two_megabytes_at_most(case: Case) -> None:
    assert case.push(" " * (MOST_BYTES + 1)).status == 413
    link = http.client.HTTPConnection(urlsplit(case.site.url).netloc, timeout=20)
    parts = (b" " * 100_000 for _ in range(40))  # chunked: nobody says how much is to come
    headers = {"Authorization": f"Bearer {case.token}"}
    try:
        link.request("POST", "/api/feeds/weather", parts, headers, encode_chunked=True)
        assert link.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it would not hear more of it
    finally:
        link.close()
    with case.site.session() as session:
        largest = session.scalar(select(func.max(FeedDead.size)))
        assert (largest or 0) < 1000


def test_who_pushes_too_often_or_guesses_is_made_to_wait(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_push, "A_MINUTE", 3)
    monkeypatch.setattr(feed_push, "WRONG_A_MINUTE", 2)
    body = told({**STATION, "id": "often"})
    codes = [case.push(body).status for _ in range(8)]
    assert codes[:3] == [202] * 3 and codes[-1] == 429
    assert case.push(body).headers["retry-after"] == "60"
    for _ in range(8):
        last = case.push(body, token="x.y")
    assert (last.status, last.json()["error"]) == (429, "too_many_wrong_tokens")


def test_who_guesses_behind_the_same_address_keeps_nobody_else_out(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_push, "WRONG_A_MINUTE", 2)
    codes = [case.push(told(STATION), token="x.y").status for _ in range(8)]
    assert codes[:2] == [401] * 2 and codes[-1] == 429
    assert case.push(told({**STATION, "id": "nat"})).status == 202


def test_without_redis_nobody_is_held_up(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    def away() -> Any:
        raise ConnectionError

    doors = door.doors()

    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(doors, name) if name != "redis" else away()

    monkeypatch.setattr(feed_push, "doors", Away)
    assert case.push(told({**STATION, "id": "s7"})).status == 202


def test_nothing_is_written_for_another_tenant(case: Case, engine: Engine, neighbour: Any) -> None:
    case.push(told(STATION))
    with db.transaction(engine, neighbour.id) as session:
        assert session.scalars(select(CityState)).all() == []
