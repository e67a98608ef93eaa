"""Feeds on a real database: who may keep them, what a message changes, dead letters, silence, cameras, wind."""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from typing import Any

import pytest
from factories import AT
from road_maps import both, frames, lonlat
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from gis_data import state
from gis_data.actor import System
from gis_data.coordinates import from_wgs84
from gis_data.feeds import cameras, dead, registry, silence, taking, weather
from gis_data.feeds.registry import FeedForm
from gis_data.feeds.samples.course import said
from gis_data.feeds.taking import Taken
from gis_data.roads import network as net
from gis_data.roads import speeds
from gis_data.roads import table as roads
from gis_data.roads.routes import Route, route
from gis_data.state import current
from models.clock import to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events import place
from models.store.crypto import Vault
from models.tables import Audit, CityState, Feed, FeedDead, Outbox
from tickets.moving import Actor

ADMIN = Actor(5, "管理员", frozenset({registry.PERMISSION}))
VAULT = Vault(("A" * 43 + "=",), "hash")
POLL = FeedForm("weather", "气象台", "poll", "https://weather.city/api?key={secret}", "s3cret-key")
PUSH = FeedForm("weather", "气象台", "push")
LON, LAT = lonlat(0, 0)
STATION = {"id": "s1", "name": "东站", "lon": LON, "lat": LAT, "temperature_c": 9.5}
MAP = {"a": (0.0, 0.0), "b": (3000.0, 0.0), "c": (3000.0, 3000.0)}
EDGES = [*both("ab", "a", "b", speed=60.0), *both("bc", "b", "c", speed=60.0)]


@lru_cache
def table() -> roads.RoadTable:
    return roads.from_frames(
        *frames(MAP, EDGES), crs="+proj=tmerc +lat_0=33 +lon_0=112 +ellps=WGS84 +units=m +no_defs"
    )


def add(session: Session, form: FeedForm = PUSH, name: str = "weather", now: float = AT) -> Feed:
    return registry.add(session, name, form, actor=ADMIN, now=now, vault=VAULT).feed


def told(*stations: Any, contract: str = "weather/1", at: float = AT, **more: Any) -> bytes:
    frame = {"contract": contract, "at": said(at), "datum": "wgs84"}
    return json.dumps({**frame, **({"stations": stations} if stations else {}), **more}).encode()


def take(session: Session, feed: Feed, raw: bytes, now: float = AT) -> Taken:
    return taking.take(session, feed.id, raw, roads=table, now=now)


def events(session: Session, stream: str = "places:%") -> list[str]:
    rows = session.scalars(select(Outbox).where(Outbox.stream.like(stream)).order_by(Outbox.id))
    return [row.event["type"] for row in rows]


def fresh(session: Session, feed: Feed) -> Feed:
    session.expire(feed)
    return feed


# --- keeping feeds ----------------------------------------------------------------------------


def test_it_works(session: Session) -> None:
    feed = add(session)
    assert take(session, feed, told(STATION)) == Taken(1, 0, {})
    (row,) = state.current(session, now=AT)
    assert (row.bureau, row.key, row.value, row.facts) == (
        "weather", "station/s1", 9.5, {"temperature_c": 9.5},
    )  # fmt: skip
    assert events(session) == ["FeedAdded", "StateTold"]
    fresh(session, feed)
    assert (feed.messages, feed.readings, feed.refused, feed.last_error) == (1, 1, 0, "")
    assert feed.heard_at == to_datetime(AT)


def test_the_same_message_twice_changes_nothing_and_tells_nothing(session: Session) -> None:
    feed = add(session, FeedForm("traffic", "交通", "push"), "traffic")
    camera = {"id": "c1", "name": "路口", "lon": LON, "lat": LAT, "url": "https://cam/1.m3u8"}
    event = {"id": "e1", "name": "积压", "lon": LON, "lat": LAT}
    raw = told(
        contract="traffic/1", segments=[{"edge": "ab", "kmh": 9}], events=[event], cameras=[camera]
    )
    assert take(session, feed, raw) == Taken(3, 0, {})
    heard = events(session)
    rows = session.execute(text("SELECT city_state::text FROM city_state")).all()
    assert take(session, feed, raw, AT + 5) == Taken(0, 2, {})
    assert events(session) == heard
    assert session.execute(text("SELECT city_state::text FROM city_state")).all() == rows


def test_older_readings_do_not_overwrite_newer(session: Session) -> None:
    feed = add(session)
    take(session, feed, told({**STATION, "temperature_c": 4}, at=AT))
    late = told({**STATION, "temperature_c": 11}, at=AT - 30)
    assert take(session, feed, late) == Taken(0, 1, {})
    (row,) = state.current(session, now=AT)
    assert (row.value, row.facts) == (4, {"temperature_c": 4})


def test_what_lies_is_refused_reading_by_reading_with_reasons_and_counted(session: Session) -> None:
    feed = add(session)
    lies = [
        STATION, {**STATION, "id": "hot", "temperature_c": 95}, {**STATION, "id": "late", "at": said(AT + 900)},
        {**STATION, "id": "turned", "lon": LAT, "lat": LON}, {**STATION, "id": "far", "lon": 121.5, "lat": 31.2},
        {**STATION, "id": "old", "at": said(AT - 200_000)}, {**STATION, "id": " "}, {**STATION, "name": ""},
        {**STATION, "id": "s1"}, {**STATION, "id": "dust", "wind_form_deg": 3},
    ]  # fmt: skip
    taken = take(session, feed, told(*lies))
    assert taken.kept == 1
    assert sorted(taken.refused.values()) == sorted(
        ["range", "future", "swapped", "far", "time", "no_key", "twice", "contract"]
    )
    fresh(session, feed)
    assert feed.refused == len(taken.refused)
    assert feed.refused_last["far"] == 1
    assert dead.waiting(session)[0].error.startswith("station 10: Object contains unknown field")


def test_coordinates_come_home_from_the_agreed_datum(session: Session) -> None:
    feed = add(session, FeedForm("weather", "气象台", "push", datum="gcj02"))
    lon, lat = (float(each) for each in from_wgs84(LON, LAT, "gcj02"))
    assert "agreed is gcj02" in take(session, feed, told(STATION)).error
    assert take(session, feed, told({**STATION, "lon": lon, "lat": lat}, datum="gcj02")).kept == 1
    (row,) = state.current(session, now=AT)
    assert (row.lon, row.lat) == pytest.approx((LON, LAT), abs=1e-6)


def test_a_feed_moves_a_roads_eta(session: Session) -> None:
    feed = add(session, FeedForm("traffic", "交通", "push", every_s=60, good_s=600), "traffic")
    segments = [
        {"edge": "ab", "kmh": 10}, {"edge": "bc", "kmh": 30}, {"edge": "zz", "kmh": 30}, {"edge": "ab-", "kmh": 0.1},
    ]  # fmt: skip
    taken = take(session, feed, told(contract="traffic/1", segments=segments))
    assert taken == Taken(2, 0, {"segment/zz": "unknown_edge", "segment/ab-": "too_slow"})
    plain = net.Network(net.ground(table()))

    def eta(now: float) -> float:
        found = speeds.current(session, now=now)
        edges = table().find(list(found)).tolist()
        driven = plain.drive(dict(zip(edges, found.values(), strict=True)), version="1")
        stops = driven.ground.snap(table().lonlat[[0, 2]])
        found_way = route(driven, *stops)  # type: ignore[arg-type]
        assert isinstance(found_way, Route)
        return found_way.time

    assert eta(AT + 601) == pytest.approx(360, rel=0.02)
    assert eta(AT + 1) == pytest.approx(1080 + 360, rel=0.02)
    assert speeds.current(session, now=AT + 1) == {"ab": 10.0, "bc": 30.0}


def test_speeds_of_another_time_and_without_a_city(session: Session) -> None:
    feed = add(session, FeedForm("traffic", "交通", "push"), "traffic")
    raw = told(contract="traffic/1", segments=[{"edge": "ab", "kmh": 10}])
    assert take(session, feed, raw, AT + 4000).refused == {"segment/ab": "time"}
    none = taking.take(session, feed.id, raw, roads=lambda: None, now=AT)
    assert none.refused == {"segment/ab": "no_city"}


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("bureau", {"bureau": "customs"}), ("kind", {"kind": "pull"}), ("label", {"label": " "}),
        ("datum", {"datum": "cgcs"}), ("every_s", {"every_s": 1}), ("good_s", {"good_s": 30}),
        ("url", {"url": ""}), ("url", {"url": "ftp://h/x"}), ("url", {"url": "https://u:p@h/x"}),
        ("url", {"url": "https://h/x?key=abc123"}), ("url", {"url": "https://h/x?access_token=abc"}),
        ("url", {"url": "https://{secret}/x"}), ("secret", {"secret": "a\nb"}),
    ],
)  # fmt: skip
def test_a_form_that_cannot_be(session: Session, field: str, more: dict[str, Any]) -> None:
    form = FeedForm(**{**{name: getattr(POLL, name) for name in FeedForm.__slots__}, **more})
    with pytest.raises(BadInput) as refused:
        add(session, form)
    assert refused.value.facts["field"] == field
    assert not registry.listing(session)


@pytest.mark.parametrize("name", ["", "W", "wetter amt", "../x", "x" * 41])
def test_a_name_that_cannot_be(session: Session, name: str) -> None:
    with pytest.raises(BadInput):
        add(session, name=name)


def test_a_name_is_given_once(session: Session) -> None:
    add(session)
    with pytest.raises(BadInput) as refused:
        add(session)
    assert refused.value.facts == {"field": "name", "taken": True}


def test_secrets_are_sealed_and_stand_in_no_log(session: Session) -> None:
    feed = add(session, POLL)
    assert "s3cret" not in feed.secret_sealed
    assert VAULT.open(feed.secret_sealed) == "s3cret-key"
    kept = session.execute(
        text(
            "SELECT string_agg(a::text, '') FROM audit a UNION ALL SELECT string_agg(o::text, '') FROM outbox o"
        )
    ).scalars()
    assert not [row for row in kept if "s3cret" in row]
    assert registry.shown_url("https://h/x?station=5&k={secret}") == "https://h/x?…"


def test_a_change_is_not_written_over_anothers(session: Session) -> None:
    feed = add(session, POLL)
    seen = feed.changed_at.timestamp()

    def change(now: float, **more: Any) -> None:
        given = {name: getattr(POLL, name) for name in FeedForm.__slots__}
        form = FeedForm(**{**given, "secret": "", **more})
        registry.change(session, feed.id, form, seen=seen, actor=ADMIN, now=now, vault=VAULT)

    taking.answered(session, feed, etag='"x"', modified="", next_at=AT + 60, now=AT)
    change(AT + 1)
    assert events(session) == ["FeedAdded"], "nothing differs"
    change(AT + 2, url="https://other.city/api?key={secret}", every_s=120)
    fresh(session, feed)
    assert (feed.every_s, feed.etag, VAULT.open(feed.secret_sealed)) == (120, "", "s3cret-key")
    assert events(session)[1:] == ["FeedChanged"]
    with pytest.raises(WrongStatus):
        change(AT + 3, every_s=240)
    with pytest.raises(BadInput):
        change(AT + 3, bureau="urban")


def test_stopping_and_resuming(session: Session) -> None:
    feed = add(session)
    registry.stop(session, feed.id, actor=ADMIN, now=AT + 1)
    with pytest.raises(WrongStatus):
        registry.stop(session, feed.id, actor=ADMIN, now=AT + 2)
    with pytest.raises(WrongStatus):
        take(session, fresh(session, feed), told(STATION))
    assert not silence.judge(session, now=AT + 9000)
    registry.resume(session, feed.id, actor=ADMIN, now=AT + 9000)
    assert not silence.judge(session, now=AT + 9001), "its time counts from when it was resumed"
    assert events(session) == ["FeedAdded", "FeedStopped", "FeedResumed"]
    with pytest.raises(NotFound):
        registry.stop(session, feed.id + 1000, actor=ADMIN, now=AT)


def test_tokens(session: Session) -> None:
    first = registry.add(session, "weather", PUSH, actor=ADMIN, now=AT, vault=VAULT)
    feed = fresh(session, first.feed)
    assert registry.shows(feed, first.token)
    assert first.token not in feed.token_digest
    second = registry.make_token(session, feed.id, actor=ADMIN, now=AT)
    fresh(session, feed)
    assert registry.shows(feed, second)
    for wrong in (first.token, "", second[:-1], feed.token_digest):
        assert not registry.shows(feed, wrong)
    polled = add(session, POLL, "other")
    assert not registry.shows(polled, "") and not registry.shows(None, second)
    with pytest.raises(BadInput):
        registry.make_token(session, polled.id, actor=ADMIN, now=AT)


NOBODY = Actor(6, "谁", frozenset({"ticket.view", state.PERMISSION}))
VERBS: list[Callable[[Session, Feed], object]] = [
    lambda s, f: registry.add(s, "x1", PUSH, actor=NOBODY, now=AT, vault=VAULT),
    lambda s, f: registry.change(s, f.id, PUSH, seen=AT, actor=NOBODY, now=AT, vault=VAULT),
    lambda s, f: registry.stop(s, f.id, actor=NOBODY, now=AT),
    lambda s, f: registry.resume(s, f.id, actor=NOBODY, now=AT),
    lambda s, f: registry.make_token(s, f.id, actor=NOBODY, now=AT),
    lambda s, f: taking.replay(s, 1, roads=table, actor=NOBODY, now=AT),
]


@pytest.mark.parametrize("verb", VERBS)
def test_who_may(session: Session, verb: Callable[[Session, Feed], object]) -> None:
    feed = add(session)
    before = events(session)
    with pytest.raises(Refused):
        verb(session, feed)
    assert events(session) == before


def test_no_tenant_sees_anothers_feeds(session: Session, neighbour: Any) -> None:
    feed = add(session)
    take(session, feed, b"?")
    take(session, feed, told(STATION))
    session.flush()
    session.execute(text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(neighbour.id)})
    session.expire_all()
    for table_ in (Feed, FeedDead, CityState):
        assert session.scalars(select(table_)).all() == []


# --- dead letters -----------------------------------------------------------------------------


def test_what_cannot_be_read_is_kept_once_and_replayed(session: Session) -> None:
    feed = add(session, FeedForm("weather", "气象台", "push", datum="gcj02"))
    raw = told(STATION)
    taken = take(session, feed, raw)
    assert taken.error and taken.letter
    assert take(session, feed, raw, AT + 5).letter == taken.letter
    (letter,) = dead.waiting(session)
    assert (letter.id, letter.seen, letter.size, letter.cut) == (taken.letter, 2, len(raw), False)
    assert fresh(session, feed).last_error.startswith("unreadable: datum wgs84")
    assert feed.heard_at is None and feed.messages == 0
    still = taking.replay(session, letter.id, roads=table, actor=ADMIN, now=AT + 10)
    assert still.error and dead.waiting(session)
    form = FeedForm("weather", "气象台", "push")  # the cause is mended: the agreement was wrong
    registry.change(
        session, feed.id, form, seen=AT, actor=ADMIN, now=AT + 11, vault=VAULT
    )  # fmt: skip
    fresh(session, feed)
    assert taking.replay(session, letter.id, roads=table, actor=ADMIN, now=AT + 12) == Taken(
        1, 0, {}
    )
    assert not dead.waiting(session)
    with pytest.raises(WrongStatus):
        taking.replay(session, letter.id, roads=table, actor=ADMIN, now=AT + 13)
    assert events(session) == [
        "FeedAdded",
        "LetterKept",
        "FeedChanged",
        "StateTold",
        "LetterReplayed",
    ]
    audited = session.scalars(select(Audit.verb).order_by(Audit.id)).all()
    assert list(audited) == ["add_feed", "replay_letter", "change_feed", "replay_letter"]


def test_a_replayed_letter_does_not_overwrite_what_is_newer(session: Session) -> None:
    feed = add(session)
    broken = told({**STATION, "temperature_c": 1}, {**STATION, "id": "s2", "lat": "north"})
    letter = take(session, feed, broken).letter
    take(session, feed, told({**STATION, "temperature_c": 7}, at=AT + 60), AT + 60)
    taken = taking.replay(session, letter, roads=table, actor=ADMIN, now=AT + 70)
    assert (taken.kept, taken.known) == (0, 1)
    assert taken.error, "an item of it is still broken: it waits on"
    assert state.current(session, now=AT)[0].value == 7


def test_a_letter_that_is_too_long_is_kept_in_part_and_not_replayed(session: Session) -> None:
    feed = add(session)
    letter = take(session, feed, b"[" + b" " * 100_000).letter
    row = session.get_one(FeedDead, letter)
    assert (len(row.raw), row.size) == (dead.RAW_MOST, 100_001)
    with pytest.raises(WrongStatus):
        taking.replay(session, letter, roads=table, actor=ADMIN, now=AT)


def test_the_letters_of_a_feed_do_not_fill_the_disk(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead, "LETTERS_MOST", 3)
    feed, other = add(session), add(session, name="other")
    take(session, other, b"x")
    for n in range(6):
        take(session, feed, f"broken {n}".encode(), AT + n)
    kept = dead.waiting(session, feed_id=feed.id)
    assert [letter.at for letter in kept] == [AT + 5, AT + 4, AT + 3]
    assert len(dead.waiting(session)) == 4
    lines = {line.feed.name: line.dead for line in registry.listing(session)}
    assert lines == {"weather": 3, "other": 1}


def test_a_body_too_large_is_unreadable(session: Session) -> None:
    feed = add(session)
    assert "bytes" in take(session, feed, b" " * (taking.MOST_BYTES + 1)).error


# --- silence ----------------------------------------------------------------------------------


def test_three_silent_periods_raise_one_alarm_and_the_next_word_ends_it(session: Session) -> None:
    feed = add(session)
    take(session, feed, told(STATION), AT)
    assert silence.judge(session, now=AT + 179) == []
    take(session, fresh(session, feed), b"garbage", AT + 179)
    assert silence.judge(session, now=AT + 181) == ["weather"], "garbage is no sign of life"
    assert silence.judge(session, now=AT + 182) == []
    assert silence.silent(session) == ["气象台"]
    (raised,) = session.scalars(select(Outbox).where(Outbox.stream.like("floor:%"))).all()
    assert raised.event["type"] == "AlarmRaised"
    assert (raised.event["rule"], raised.event["subject"]) == ("feed_silent", "气象台")
    assert (raised.event["value"], raised.event["threshold"]) == (181.0, 180.0)
    take(session, fresh(session, feed), told(STATION, at=AT + 200), AT + 200)
    assert silence.silent(session) == []
    told_ = session.scalars(
        select(Outbox).where(Outbox.stream.like("floor:%")).order_by(Outbox.id)
    ).all()
    assert [row.event["type"] for row in told_] == ["AlarmRaised", "AlarmCleared"]
    assert told_[1].event["alarm"] == raised.event["alarm"]
    silenced = [
        place.from_row(row.event)
        for row in session.scalars(select(Outbox))
        if row.event["type"] == "FeedSilenced"
    ]
    assert isinstance(silenced[0], place.FeedSilenced) and silenced[0].since == AT
    assert "FeedSpoke" in events(session)


def test_nothing_new_is_a_sign_of_life_and_a_fault_is_none(session: Session) -> None:
    feed = add(session, POLL)
    taking.unchanged(session, feed, next_at=AT + 160, now=AT + 150)
    assert silence.judge(session, now=AT + 200) == []
    taking.failed(session, feed, "timeout", next_at=AT + 400, now=AT + 300)
    assert silence.judge(session, now=AT + 340) == ["weather"]
    taking.unchanged(session, feed, next_at=AT + 500, now=AT + 400)
    assert silence.silent(session) == []


def test_stopping_a_silent_feed_ends_its_alarm(session: Session) -> None:
    feed = add(session)
    silence.judge(session, now=AT + 1000)
    registry.stop(session, feed.id, actor=ADMIN, now=AT + 1001)
    assert silence.silent(session) == []
    assert events(session, "floor:%") == ["AlarmRaised", "AlarmCleared"]


def test_who_is_asked_and_when(session: Session) -> None:
    feed = add(session, POLL)
    add(session, PUSH, "pushed")
    assert [found.name for found in taking.due(session, now=AT)] == ["weather"]
    assert not taking.due(session, now=AT, skip=[feed.id])
    taking.answered(session, feed, etag='"1"', modified="", next_at=AT + 60, now=AT)
    assert not taking.due(session, now=AT + 59)
    assert taking.due(session, now=AT + 61)
    taking.failed(session, feed, "timeout", next_at=AT + 200, now=AT + 61)
    fresh(session, feed)
    assert (feed.fails, feed.last_error, feed.etag) == (1, "timeout", "")
    assert not taking.due(session, now=AT + 199)


def test_what_the_old_address_says_is_not_written_into_the_changed_feeds_book(
    session: Session,
) -> None:
    asked = add(session, POLL)
    session.flush()
    session.expunge(asked)  # as the poller holds it while it asks
    moved = replace(POLL, url="http://new.intranet/weather")
    seen, at = asked.changed_at.timestamp(), AT + 10
    registry.change(session, asked.id, moved, seen=seen, actor=ADMIN, now=at, vault=VAULT)
    book = as_kept(session, asked.id)
    late = {"next_at": AT + 500, "now": AT + 20}
    taking.answered(session, asked, etag='"old"', modified="", **late)
    taking.unchanged(session, asked, **late)
    taking.failed(session, asked, "timeout", **late)
    with pytest.raises(WrongStatus):
        taking.take(session, asked.id, told(STATION), roads=table, now=AT + 20, asked=asked)
    assert as_kept(session, asked.id) == book
    assert current(session, now=AT + 20) == []


def as_kept(session: Session, feed_id: int) -> dict[str, Any]:
    row = session.execute(select(Feed.__table__).where(Feed.id == feed_id)).one()
    return dict(row._mapping)


# --- cameras and the wind ---------------------------------------------------------------------


def test_cameras_are_known_by_bureau_and_key(session: Session) -> None:
    feed = add(session, FeedForm("police", "公安", "push"), "police")
    camera = {"id": "c1", "name": "路口", "lon": LON, "lat": LAT, "url": "https://cam/1.m3u8"}

    def say(at: float, **more: Any) -> Taken:
        return take(
            session, feed, told(contract="police/1", at=at, cameras=[{**camera, **more}]), at
        )

    assert say(AT).kept == 1
    assert say(AT + 20).kept == 0
    assert say(AT + 10, url="https://cam/old.m3u8").kept == 0, "what comes late does not replace"
    assert say(AT + 30, url="https://cam/2.m3u8").kept == 1
    (row,) = cameras.cameras(session)
    assert (row.bureau, row.key, row.label, row.url) == (
        "police",
        "c1",
        "路口",
        "https://cam/2.m3u8",
    )
    assert events(session) == ["FeedAdded", "CamerasTold", "CamerasTold"]
    with pytest.raises(Refused):
        cameras.tell(
            session, [], bureau="police", datum="wgs84", at=AT, actor=System(frozenset()), now=AT
        )


def test_the_wind_is_that_of_the_nearest_fresh_station(session: Session) -> None:
    feed = add(session)
    near = {**STATION, "wind_from_deg": 315, "wind_m_s": 4.2}
    calm = {**STATION, "id": "s2", "wind_from_deg": 90, "wind_m_s": 0.2}
    lon, lat = lonlat(9000, 0)
    far = {
        **STATION,
        "id": "s3",
        "name": "西站",
        "lon": lon,
        "lat": lat,
        "wind_from_deg": 360,
        "wind_m_s": 8,
    }
    assert weather.wind_at(session, LON, LAT, now=AT) is None
    take(session, feed, told(near, calm, far))
    wind = weather.wind_at(session, LON, LAT, now=AT + 10)
    assert wind and (wind.from_deg, wind.m_s, wind.station, wind.metres) == (315, 4.2, "东站", 0)
    other = weather.wind_at(session, lon, lat, now=AT + 10)
    assert other and (other.from_deg, other.station) == (0, "西站")
    assert weather.wind_at(session, LON, LAT, now=AT + 301) is None, "stale is no wind"
    assert weather.wind_at(session, 118.0, 33.0, now=AT + 10) is None
