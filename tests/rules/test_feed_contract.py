"""The contract with the bureaus: what is read of a message, what is refused item by item, what not at all."""

import json
import random
from typing import Any

import pytest
from factories import AT

from gis_data.feeds.contract import RANGES
from gis_data.feeds.reading import ITEMS_MOST, Content, Unreadable, plain_url, read
from gis_data.feeds.samples import video
from gis_data.feeds.samples.course import (
    LASTS_S,
    STEP_S,
    Edge,
    Town,
    jam,
    message,
    rain,
    said,
    smoke,
)
from gis_data.feeds.samples.server import encode, swapped
from gis_data.feeds.taking import PAUSE_MOST_S, pause_s
from gis_data.state import BUREAUS

STATION = {
    "id": "s1",
    "name": "东站",
    "lon": 114.3,
    "lat": 33.6,
    "temperature_c": 9.5,
    "wind_from_deg": 315,
    "wind_m_s": 4,
}
TOWN = Town(
    [Edge("w1+", "长江东路", 50.0), Edge("w2+", "会展西路", 40.0)],
    [],
    {},
    [("路口", 114.3, 33.6)] * 11,
)


def weather(*stations: Any, **more: Any) -> bytes:
    frame = {"contract": "weather/1", "at": said(AT), "datum": "wgs84", "stations": list(stations)}
    return json.dumps({**frame, **more}).encode()


def heard(raw: bytes, bureau: str = "weather", now: float = AT, datum: str = "wgs84") -> Content:
    return read(raw, bureau=bureau, datum=datum, good_s=300, now=now)


def test_it_works() -> None:
    content = heard(weather(STATION))
    (reading,) = content.readings
    assert (reading.key, reading.label, reading.value, reading.unit) == (
        "station/s1",
        "东站",
        9.5,
        "°C",
    )
    assert (reading.at, reading.until) == (AT, AT + 300)
    assert reading.facts == {"temperature_c": 9.5, "wind_from_deg": 315.0, "wind_m_s": 4.0}
    assert not content.refused and not content.broken


def test_the_message_says_how_long_it_is_good() -> None:
    content = heard(
        weather(STATION, {**STATION, "id": "s2", "at": said(AT - 60)}, until=said(AT + 60))
    )
    assert [(r.at, r.until) for r in content.readings] == [(AT, AT + 60), (AT - 60, AT)]


def test_rain_stands_before_the_temperature_only_when_it_rains() -> None:
    wet, dry = heard(
        weather({**STATION, "rain_mm_h": 3.5}, {**STATION, "id": "s2", "rain_mm_h": 0})
    ).readings
    assert (wet.value, wet.unit, dry.value, dry.unit) == (3.5, "mm/h", 9.5, "°C")


@pytest.mark.parametrize(
    ("why", "raw"),
    [
        ("text", b"<html>502 Bad Gateway</html>"),
        ("bytes", b'{"contract": "weather/1\xff"}'),
        ("nothing", b""),
        ("half", weather(STATION)[:-20]),
        ("list", b"[]"),
        ("deep", b'{"contract":"weather/1","stations":' + b"[" * 100_000),
        ("version", weather(contract="weather/2")),
        ("unknown field", weather(station=[])),
        ("no offset", weather(at="2026-11-21T14:05:00")),
        ("no date", weather(at="gestern")),
        ("datum", weather(datum="epsg:4490")),
        ("other datum", weather(datum="gcj02")),
        ("other bureau", weather(contract="urban/1").replace(b"stations", b"events")),
        ("too many", weather(*[0] * (ITEMS_MOST + 1))),
    ],
)
def test_what_breaks_the_frame_is_unreadable(why: str, raw: bytes) -> None:
    with pytest.raises(Unreadable) as told:
        heard(raw)
    assert str(told.value), why


@pytest.mark.parametrize(
    "more",
    [
        {"lon": "114.3"}, {"lat": None}, {"id": 7}, {"wind_form_deg": 12}, {"level": "red"},
        {"temperature_c": "9"}, {"at": "14:05"},
    ],
)  # fmt: skip
def test_a_broken_item_costs_no_other(more: dict[str, Any]) -> None:
    content = heard(weather({**STATION, **more}, {**STATION, "id": "s2"}))
    assert [reading.key for reading in content.readings] == ["station/s2"]
    assert content.refused == {"station#1": "contract"}
    assert len(content.broken) == 1


@pytest.mark.parametrize(
    "name", [name for name in RANGES if name.endswith(("_c", "_pct", "_h", "_deg", "_m_s"))]
)
@pytest.mark.parametrize("end", [0, 1])
def test_values_that_cannot_be_are_refused(name: str, end: int) -> None:
    most = RANGES[name][end]
    step = 1 if end else -1
    good, bad = {**STATION, name: most}, {**STATION, "id": "s2", name: most + step * 0.1}
    content = heard(weather(good, bad))
    assert content.refused == {"station/s2": "range"}
    assert [reading.key for reading in content.readings] == ["station/s1"]


def test_what_is_said_of_the_future_is_refused() -> None:
    late = {**STATION, "at": said(AT + 3600)}
    assert heard(weather(late)).refused == {"station/s1": "future"}
    assert heard(weather(STATION, at=said(AT + 50))).readings  # a clock that is a little fast
    traffic = message("traffic", AT + 3 * 3600, TOWN, "http://x")
    content = heard(encode(traffic), "traffic")
    assert not content.speeds and not content.cameras and not content.readings
    assert set(content.refused.values()) == {"future"}


def test_a_warning_is_drawn_while_it_is_in_force() -> None:
    def warned(begins: float, ends: float, colour: str = "orange") -> Content:
        item = {
            "id": "w1", "name": "暴雨预警", "lon": 114.3, "lat": 33.6, "colour": colour,
            "begins": said(begins), "ends": said(ends),
        }  # fmt: skip
        return heard(weather(warnings=[item]))

    (reading,) = warned(AT - 60, AT + 90).readings
    assert (reading.level, reading.until) == ("severe", AT + 90)
    assert warned(AT - 60, AT + 9000).readings[0].until == AT + 300, (
        "taken back, it goes with the message"
    )
    assert not warned(AT + 60, AT + 90).readings
    assert warned(AT - 60, AT + 90, "black").broken


def test_speeds_by_edge() -> None:
    frame = {"contract": "traffic/1", "at": said(AT), "datum": "wgs84"}
    segments = [
        {"edge": "a", "kmh": 12.5},
        {"edge": "a", "kmh": 50},
        {"edge": "b"},
        {"edge": "c", "kmh": 31},
    ]
    content = heard(json.dumps({**frame, "segments": segments}).encode(), "traffic")
    assert content.speeds == {"a": 12.5, "c": 31.0}
    assert content.refused == {"segment/a": "twice", "segment#3": "contract"}


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("url", {"url": "file:///etc/passwd"}), ("url", {"url": "rtsp://cam/1"}),
        ("url", {"url": "https://user:pass@cam/1.m3u8"}), ("url", {"url": "javascript:alert(1)"}),
        ("url", {"url": "https://cam/\n.m3u8"}), ("url", {"url": "https://" + "c" * 600}),
        ("swapped", {"lon": 33.6, "lat": 114.3}), ("outside", {"lon": 0, "lat": 0}),
        ("no_label", {"name": " "}), ("too_long", {"name": "长" * 201}),
    ],
)  # fmt: skip
def test_cameras_that_cannot_be(why: str, more: dict[str, Any]) -> None:
    camera = {"id": "c1", "name": "路口", "lon": 114.3, "lat": 33.6, "url": "https://cam/1.m3u8"}
    frame = {"contract": "police/1", "at": said(AT), "datum": "wgs84"}
    content = heard(
        json.dumps({**frame, "cameras": [{**camera, **more}, {**camera, "id": "c2"}]}).encode(),
        "police",
    )
    assert content.refused == {"camera/c1": why}
    assert [(told.key, told.url) for told in content.cameras] == [("c2", "https://cam/1.m3u8")]


@pytest.mark.parametrize("url", ["http://10.0.0.1:8080/a?x={secret}", "https://host/path"])
def test_addresses_that_may_be(url: str) -> None:
    assert plain_url(url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "host/path",
        "ftp://h/x",
        "http://u@h/x",
        "http:///x",
        "http://h:99999/",
        "http://h/#f",
        "http://h/ x",
    ],
)
def test_addresses_that_may_not(url: str) -> None:
    assert not plain_url(url)


def test_after_faults_one_waits_longer_and_not_for_ever() -> None:
    chance = random.Random(1)
    calm = [pause_s(60, 0, chance) for _ in range(200)]
    assert 57 <= min(calm) < 60 < max(calm) <= 63
    for fails in range(1, 40):
        pause = pause_s(60, fails, chance)
        whole = min(60 * 2.0**fails, PAUSE_MOST_S)
        assert 0.75 * whole <= pause <= 1.25 * whole
    assert pause_s(7200, 5, chance) >= 5400, "a slow feed is not asked faster because it fails"


# --- the sample course ------------------------------------------------------------------------


@pytest.mark.parametrize("bureau", BUREAUS)
def test_the_course_keeps_the_contract_at_every_step(bureau: str) -> None:
    for n in range(0, LASTS_S // STEP_S, 4):
        at = AT - AT % LASTS_S + n * STEP_S
        content = heard(encode(message(bureau, at, TOWN, "http://127.0.0.1:1")), bureau, now=at)
        assert not content.refused and not content.broken
        assert content.readings or content.speeds or bureau == "police"


@pytest.mark.parametrize("bureau", BUREAUS)
def test_the_course_is_the_same_at_the_same_second(bureau: str) -> None:
    one = encode(message(bureau, AT, TOWN, "http://x"))
    assert one == encode(message(bureau, AT + STEP_S - 1 - AT % STEP_S, TOWN, "http://x"))
    assert one != encode(message(bureau, AT + STEP_S, TOWN, "http://x"))


def test_rain_comes_a_jam_builds_and_smoke_rises_and_all_end() -> None:
    for course in (rain, jam, smoke):
        told = [course(t) for t in range(0, LASTS_S, 60)]
        assert told[0] == told[-1] == 0
        assert max(told) > 0.9
    assert rain(1800) > rain(1500) > rain(1200) == 0


def test_swapped_turns_every_place() -> None:
    told = swapped(message("weather", AT, TOWN, "http://x"))
    assert all(item["lon"] < 40 < item["lat"] for item in told["stations"])


def test_the_picture_goes_round_and_says_where_it_begins_anew(tmp_path: Any) -> None:
    segments = video.make(tmp_path)
    assert [path.read_bytes()[:1] for path in segments] == [b"G"] * video.SEGMENTS
    assert sum(path.stat().st_size for path in segments) < 500_000
    stamp = segments[0].stat().st_mtime_ns
    assert video.make(tmp_path)[0].stat().st_mtime_ns == stamp
    for at in range(int(AT), int(AT) + 40):
        lines = video.playlist(float(at)).splitlines()
        first = int(next(line for line in lines if "MEDIA-SEQUENCE" in line).partition(":")[2])
        round_ = int(
            next(line for line in lines if "DISCONTINUITY-SEQUENCE" in line).partition(":")[2]
        )
        number = first
        assert round_ == (first - 1) // video.SEGMENTS
        for line in lines[5:]:
            if line == "#EXT-X-DISCONTINUITY":
                assert number % video.SEGMENTS == 0
            if line.endswith(".ts"):
                assert line == f"../{number % video.SEGMENTS}.ts"
                number += 1
        assert number - first == video.SHOWN
        assert (number - 1) * video.SEGMENT_S <= at < number * video.SEGMENT_S
