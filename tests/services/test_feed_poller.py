"""The poller against the sample server, with every fault a source may have: none of them stops another."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from conftest import Place
from real_stores import Stores
from redis.asyncio import Redis
from sqlalchemy import Engine, select, update
from starlette.applications import Starlette
from waiting import eventually, until

from gis_data.actor import System
from gis_data.city import versions
from gis_data.feeds import cameras, dead, registry
from gis_data.feeds.registry import FeedForm
from gis_data.feeds.samples import seed, server, video
from gis_data.feeds.samples.town import town
from gis_data.roads import speeds
from gis_data.state import BUREAUS, current
from ingest.feeds import fetch, poller
from ingest.feeds.poller import Feeds
from models.clock import now, to_datetime
from models.store import db
from models.store.crypto import Vault
from models.store.files import Files
from models.tables import Feed, Outbox

ADMIN = System(frozenset({registry.PERMISSION}))
FAULTS = {
    "hang": "timeout", "drip": "timeout", "garbage": "unreadable: ", "500": "status 500",
    "huge": "too_large", "redirect": "redirect", "gzip": "encoding",
}  # fmt: skip


def served(app: Starlette) -> tuple[uvicorn.Server, threading.Thread, str]:
    config = uvicorn.Config(
        app, port=0, log_config=None, access_log=False, timeout_graceful_shutdown=0, ws="none"
    )
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    until(lambda: running.started, within_s=20)
    port = running.servers[0].sockets[0].getsockname()[1]
    return running, thread, f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample server, as `./hotline up` starts it."""
    app = server.create_app(town(), tmp_path_factory.mktemp("video"), now)
    running, thread, address = served(app)
    yield address
    running.should_exit = running.force_exit = True
    thread.join(10)


@pytest.fixture
def vault(stores: Stores) -> Vault:
    return Vault(stores.settings.encryption_keys, stores.settings.hash_key)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for a source two seconds at most; what hangs hangs for an hour."""
    monkeypatch.setattr(fetch, "WHOLE_S", 2.0)


@asynccontextmanager
async def polling(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, *,
    loopback: bool = True,
) -> AsyncIterator[Feeds]:  # fmt: skip
    """Run the loop; the sample server is on this machine."""
    loop = Feeds(redis, engine, tenant.slug, vault, Files(stores.settings.files), loopback=loopback)
    running = asyncio.create_task(loop.run())
    try:
        yield loop
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


def feeds(engine: Engine, tenant: Place) -> dict[str, Feed]:
    with db.transaction(engine, tenant.id) as session:
        found = {feed.name: feed for feed in session.scalars(select(Feed))}
        session.expunge_all()
    return found


def ask_again(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        session.execute(update(Feed).values(next_at=to_datetime(now())))


def add(engine: Engine, tenant: Place, vault: Vault, name: str, url: str, **more: Any) -> None:
    given = {"bureau": "weather", "label": name, "kind": "poll", "url": url, "every_s": 30}
    with db.transaction(engine, tenant.id) as session:
        form = FeedForm(**{**given, **more})
        registry.add(session, name, form, actor=ADMIN, now=now(), vault=vault)


async def test_it_works(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, samples: str
) -> None:
    versions.seed_demo(engine, tenant.id, Files(stores.settings.files), now=now())
    assert len(seed.fill(engine, tenant.id, samples, vault, now=now())) == len(BUREAUS)
    assert seed.fill(engine, tenant.id, samples, vault, now=now()) == []
    async with polling(stores, engine, tenant, redis, vault) as loop:

        async def all_heard() -> None:
            told = await asyncio.to_thread(feeds, engine, tenant)
            assert all(feed.messages == 1 and not feed.last_error for feed in told.values())
            assert loop.taken == len(BUREAUS)

        await eventually(all_heard, within_s=30)
    with db.transaction(engine, tenant.id) as session:
        known = current(session, now=now())
        assert {"weather", "environment", "police", "urban"} <= {row.bureau for row in known}
        assert len(speeds.current(session, now=now())) > 400
        assert {row.bureau for row in cameras.cameras(session)} == {"traffic", "police", "urban"}
    told = feeds(engine, tenant)
    assert all(
        feed.etag and feed.next_at > feed.tried_at and not feed.refused
        for feed in told.values()
        if feed.tried_at
    )
    moved = seed.fill(
        engine, tenant.id, samples.replace("127.0.0.1", "localhost"), vault, now=now()
    )
    assert len(moved) == len(BUREAUS), "a restart on another port points them there"


async def test_no_fault_of_one_stops_another(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, samples: str
) -> None:
    for fault in (*FAULTS, "future", "swapped"):
        add(engine, tenant, vault, f"f-{fault}", f"{samples}/feeds/weather.json?fault={fault}")
    add(engine, tenant, vault, "f-gone", "http://127.0.0.1:9/feeds/weather.json")
    add(engine, tenant, vault, "f-missing", f"{samples}/nothing.json")
    add(engine, tenant, vault, "f-other", f"{samples}/feeds/urban.json")
    add(engine, tenant, vault, "good", f"{samples}/feeds/urban.json", bureau="urban")
    async with polling(stores, engine, tenant, redis, vault):

        async def good_is_heard() -> None:
            assert (await asyncio.to_thread(feeds, engine, tenant))["good"].messages == 1

        await eventually(good_is_heard, within_s=15)

        async def all_tried() -> None:
            told = await asyncio.to_thread(feeds, engine, tenant)
            assert all(feed.tried_at for feed in told.values())

        await eventually(all_tried, within_s=15)
    told = feeds(engine, tenant)
    for fault, said in {
        **FAULTS,
        "gone": "unreachable: ConnectError",
        "missing": "status 404",
    }.items():
        feed = told[f"f-{fault}"]
        assert feed.last_error.startswith(said), (fault, feed.last_error)
        assert feed.fails == 1 and feed.heard_at is None and not feed.messages
        assert feed.tried_at is not None
        assert 40 < (feed.next_at - feed.tried_at).total_seconds() <= 76, (
            "twice the period, by chance a quarter off"
        )
    assert told["f-future"].refused_last.keys() == {"future"}
    assert told["f-swapped"].refused_last.keys() == {"swapped"}
    assert not told["f-swapped"].etag, "asked for whole again"
    assert "urban, not of weather" in told["f-other"].last_error
    with db.transaction(engine, tenant.id) as session:
        assert {letter.feed for letter in dead.waiting(session)} == {"f-garbage", "f-other"}
        assert {row.bureau for row in current(session, now=now())} == {"urban"}


async def test_a_fault_of_ours_in_asking_stands_in_the_book(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, samples: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    async def broken(*_: object, **__: object) -> None:
        raise UnicodeEncodeError("ascii", "é", 0, 1, "ordinal not in range(128)")

    monkeypatch.setattr(poller, "fetch", broken)
    add(engine, tenant, vault, "odd", f"{samples}/feeds/urban.json", bureau="urban")
    async with polling(stores, engine, tenant, redis, vault):

        async def noted() -> None:
            feed = (await asyncio.to_thread(feeds, engine, tenant))["odd"]
            assert (feed.last_error, feed.fails) == ("fault: UnicodeEncodeError", 1)
            assert feed.tried_at is not None and feed.next_at > feed.tried_at

        await eventually(noted, within_s=15)


async def test_what_is_unchanged_is_not_sent_again(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault
) -> None:
    frozen = [now()]
    app = server.create_app(town(), stores.settings.files.with_name("video"), lambda: frozen[0])
    running, thread, address = served(app)
    add(engine, tenant, vault, "still", f"{address}/feeds/urban.json", bureau="urban", good_s=600)
    try:
        async with polling(stores, engine, tenant, redis, vault):

            async def messages(count: int, after: Any) -> None:
                feed = (await asyncio.to_thread(feeds, engine, tenant))["still"]
                assert feed.messages == count
                assert feed.heard_at is not None and (after is None or feed.heard_at > after)

            await eventually(lambda: messages(1, None), within_s=15)
            first = feeds(engine, tenant)["still"]
            ask_again(engine, tenant)
            await eventually(lambda: messages(1, first.heard_at), within_s=15)
            frozen[0] += 60
            ask_again(engine, tenant)
            await eventually(lambda: messages(2, None), within_s=15)
            assert feeds(engine, tenant)["still"].etag != first.etag
    finally:
        running.should_exit = running.force_exit = True
        thread.join(10)


async def test_a_feed_that_comes_back_is_heard_and_its_alarm_ends(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, samples: str
) -> None:
    add(engine, tenant, vault, "shaky", f"{samples}/feeds/urban.json?fault=500", bureau="urban")
    with db.transaction(engine, tenant.id) as session:
        session.execute(update(Feed).values(began_at=to_datetime(now() - 100)))

    def alarms() -> list[str]:
        with db.transaction(engine, tenant.id) as session:
            rows = session.scalars(
                select(Outbox).where(Outbox.stream == f"floor:{tenant.slug}").order_by(Outbox.id)
            )
            return [row.event["type"] for row in rows]

    async with polling(stores, engine, tenant, redis, vault):

        async def raised(*kinds: str) -> None:
            assert await asyncio.to_thread(alarms) == list(kinds)

        await eventually(lambda: raised("AlarmRaised"), within_s=15)
        with db.transaction(engine, tenant.id) as session:
            session.execute(
                update(Feed).values(url=f"{samples}/feeds/urban.json", next_at=to_datetime(now()))
            )
        await eventually(lambda: raised("AlarmRaised", "AlarmCleared"), within_s=15)


async def test_one_holder_asks_and_the_next_follows(
    stores: Stores, engine: Engine, tenant: Place, redis: "Redis", vault: Vault, samples: str
) -> None:
    add(engine, tenant, vault, "one", f"{samples}/feeds/urban.json", bureau="urban")
    async with polling(stores, engine, tenant, redis, vault) as first:

        async def asks(loop: Feeds) -> None:
            assert loop.state == "asking"

        await eventually(lambda: asks(first), within_s=10)
        second = Feeds(
            redis, engine, tenant.slug, vault, Files(stores.settings.files), loopback=True
        )
        second._lease.holder = "another"
        other = asyncio.create_task(second.run())
        await asyncio.sleep(1)
        assert second.state == "waiting"
    await eventually(lambda: asks(second), within_s=10)
    other.cancel()
    await asyncio.gather(other, return_exceptions=True)


# --- what is sent -----------------------------------------------------------------------------


async def asked(url: str, **more: Any) -> httpx.Request:
    seen: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        return httpx.Response(200, stream=httpx.ByteStream(b"{}"))

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as http:
        await fetch.fetch(http, url, **more)
    return seen[0]


async def test_the_secret_goes_where_the_address_says() -> None:
    plain = await asked("http://h/x", secret="k&1", etag='"e"', modified="Sat")
    assert plain.headers["authorization"] == "Bearer k&1"
    assert (plain.headers["if-none-match"], plain.headers["if-modified-since"]) == ('"e"', "Sat")
    placed = await asked("http://h/x?key={secret}", secret="k&1")
    assert str(placed.url) == "http://h/x?key=k%261"
    assert "authorization" not in placed.headers


async def test_a_tag_no_header_can_hold_is_not_sent_back() -> None:
    plain = await asked("http://h/x", etag='"é"', modified="星期六")
    assert {"if-none-match", "if-modified-since"}.isdisjoint(plain.headers)


def test_the_picture_is_served_to_any_page(samples: str) -> None:
    playlist = httpx.get(f"{samples}/video/c1/live.m3u8", trust_env=False)
    assert playlist.headers["access-control-allow-origin"] == "*"
    segment = playlist.text.splitlines()[-1]
    came = httpx.get(f"{samples}/video/c1/{segment}", trust_env=False)
    assert came.status_code == 200
    assert came.headers["content-type"] == "video/mp2t"
    assert len(came.content) % 188 == 0, "whole MPEG-TS packets"
    assert httpx.get(f"{samples}/video/{video.SEGMENTS}.ts", trust_env=False).status_code == 404
    assert httpx.get(f"{samples}/feeds/customs.json", trust_env=False).status_code == 404
