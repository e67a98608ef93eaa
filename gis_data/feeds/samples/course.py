"""The course: rain comes, a jam builds, smoke rises near a chemical works; the same at the same second, always. Pure.

It lasts two hours and begins anew at every even hour of UTC. A message is made every `STEP_S` seconds.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import shapely

from models.clock import Instant

LASTS_S = 7200
STEP_S = 30
GOOD_S = 150
JAMMED, FREE = ("长江东路", "人民西路"), ("会展西路", "滨河东路")
"""Roads whose speeds are told: two on which a jam builds, two that stay free."""
WORKS = (114.37278, 33.60043)
"""东方化工厂: the smoke drifts from here."""
Message = dict[str, Any]


class Edge(NamedTuple):
    """An edge of a named road with its free speed, km/h."""

    id: str
    road: str
    kmh: float


class Town(NamedTuple):
    """What the course needs of the city, WGS-84.

    edges : of the roads whose speeds are told; beats : roads patrols drive, with their lines; middles : of the
    jammed roads; cameras : name, lon, lat.
    """

    edges: Sequence[Edge]
    beats: Sequence[tuple[str, shapely.LineString]]
    middles: Mapping[str, tuple[float, float]]
    cameras: Sequence[tuple[str, float, float]]


def step_of(at: Instant) -> Instant:
    """Return when the message of this moment was made."""
    return math.floor(at / STEP_S) * float(STEP_S)


def message(bureau: str, at: Instant, town: Town, base: str) -> Message:
    """Return what a bureau says at an instant; `base` is the address its cameras are served under."""
    made = step_of(at)
    frame = {
        "contract": f"{bureau}/1", "at": said(made), "until": said(made + GOOD_S), "datum": "wgs84",
    }  # fmt: skip
    return {**frame, **_MAKERS[bureau](made % LASTS_S, made, town, base)}


def said(at: Instant) -> str:
    """Return an instant as a message says it."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="seconds")


def wave(t: float, begins: float, peak: float, ends: float) -> float:
    """Return 0 before, 1 at the peak, 0 after, rising and falling smoothly."""
    if not begins < t < ends:
        return 0.0
    share = (t - begins) / (peak - begins) if t < peak else (ends - t) / (ends - peak)
    return 0.5 - 0.5 * math.cos(math.pi * share)


def rain(t: float) -> float:
    """Return the rain, mm/h."""
    return round(14 * wave(t, 1200, 3600, 6300), 1)


def jam(t: float) -> float:
    """Return how much of a jam there is, 0 to 1: it follows the rain."""
    return wave(t, 1500, 4200, 6900)


def smoke(t: float) -> float:
    """Return how much smoke there is, 0 to 1."""
    return wave(t, 2400, 3900, 5700)


def _weather(t: float, made: Instant, _town: Town, _base: str) -> Message:
    wet, gust = rain(t), 3.2 + 5.5 * wave(t, 600, 3300, 6600)
    stations = (
        ("s1", "人民广场气象站", 114.3096, 33.6301), ("s2", "东沙港气象站", 114.3893, 33.6127),
        ("s3", "云岭气象站", 114.2301, 33.6082), ("s4", "清溪气象站", 114.2743, 33.4456),
    )  # fmt: skip
    told = [
        {
            "id": key, "name": name, "lon": lon, "lat": lat, "level": _level(wet, 4, 8, 99),
            "temperature_c": round(12.4 - 3.1 * wave(t, 600, 3900, 7200) - 0.3 * n, 1),
            "humidity_pct": min(99, round(58 + 2.6 * wet + n)), "rain_mm_h": round(max(wet - 0.4 * n, 0), 1),
            "wind_from_deg": round(318 + 9 * n + 30 * wave(t, 0, 3600, 7200)) % 360,
            "wind_m_s": round(gust - 0.3 * n, 1), "visibility_m": round(12_000 - 640 * wet),
        }
        for n, (key, name, lon, lat) in enumerate(stations)
    ]  # fmt: skip
    start, warnings = made - t, []
    for key, colour, name, begins, ends in (
        ("w1", "blue", "暴雨蓝色预警", 1500, 6600), ("w2", "yellow", "大风黄色预警", 2400, 5100),
    ):  # fmt: skip
        if begins <= t < ends:
            at: Message = {"lon": 114.3168 + 0.02 * (key == "w2"), "lat": 33.6512}
            when = {"begins": said(start + begins), "ends": said(start + ends)}
            warnings.append({"id": key, "name": name, "colour": colour, **at, **when})
    return {"stations": told, "warnings": warnings}


def _environment(t: float, _made: Instant, _town: Town, _base: str) -> Message:
    thick = smoke(t)
    near = (
        ("a1", "东方化工厂周界站", WORKS[0] + 0.0031, WORKS[1] - 0.0024, 1.0),
        ("a2", "港口南路空气站", WORKS[0] + 0.0095, WORKS[1] - 0.0081, 0.55),
        ("a3", "望江监测站", 114.3212, 33.6087, 0.0), ("a4", "钟楼监测站", 114.3041, 33.6498, 0.0),
    )  # fmt: skip
    return {
        "stations": [
            {
                "id": key, "name": name, "lon": round(lon, 6), "lat": round(lat, 6),
                "level": _level(thick * share, 0.2, 0.4, 0.8), "aqi": round(61 + 5 * n + 320 * thick * share),
                "pm25_ug_m3": round(38 + 3 * n + 260 * thick * share),
                "pm10_ug_m3": round(64 + 4 * n + 340 * thick * share),
                "voc_mg_m3": round(0.2 + 5.5 * thick * share, 2),
            }
            for n, (key, name, lon, lat, share) in enumerate(near)
        ]
    }  # fmt: skip


def _traffic(t: float, _made: Instant, town: Town, base: str) -> Message:
    thick = jam(t)
    segments = [
        {"edge": edge.id, "kmh": round(max(edge.kmh * _share(edge.road, thick), 4.0), 1)}
        for edge in town.edges
    ]
    events = []
    if thick > 0.15:
        for n, (road, (lon, lat)) in enumerate(town.middles.items()):
            events.append({
                "id": f"j{n + 1}", "name": f"{road}车流积压", "lon": round(lon, 6), "lat": round(lat, 6),
                "level": _level(thick, 0.15, 0.45, 0.8), "kmh": round(45 * _share(road, thick), 1),
                "queue_m": round(1400 * thick),
            })  # fmt: skip
    return {"segments": segments, "events": events, "cameras": _cameras(town, base, 0, 6)}


def _police(t: float, _made: Instant, town: Town, base: str) -> Message:
    patrols = []
    for n, (name, line) in enumerate(town.beats):
        there = line.interpolate(_to_and_fro(t + 470 * n), normalized=True)
        busy = n == 0 and smoke(t) > 0.2
        patrols.append({
            "id": f"p{n + 1}", "name": f"巡逻{n + 1}组（{name}）", "lon": round(there.x, 6), "lat": round(there.y, 6),
            "officers": 2 + n % 2, "busy": busy, "level": "notice" if busy else "",
        })  # fmt: skip
    events = []
    if smoke(t) > 0.2:
        lon, lat = WORKS
        events.append({
            "id": "e1", "name": "东方化工厂冒烟，外围警戒", "lon": lon, "lat": lat, "level": "severe",
        })  # fmt: skip
    return {"patrols": patrols, "events": events, "cameras": _cameras(town, base, 6, 9)}


def _urban(t: float, _made: Instant, town: Town, base: str) -> Message:
    wet = wave(t, 1800, 4500, 7100)
    events: list[Message] = [
        {
            "id": "u1",
            "name": "东风北路路灯成片熄灭",
            "lon": 114.3509,
            "lat": 33.6441,
            "level": "notice",
        }
    ]
    if wet > 0.1:
        events += [
            {
                "id": f"u{n + 2}", "name": f"{name}积水", "lon": lon, "lat": lat,
                "level": _level(wet * share, 0.1, 0.4, 0.8), "depth_cm": round(38 * wet * share),
            }
            for n, (name, lon, lat, share) in enumerate(
                (("文庙南路下穿", 114.2962, 33.6071, 1.0), ("滨河东路桥下", 114.3421, 33.6188, 0.6))
            )
        ]  # fmt: skip
    if 900 <= t < 5400:
        events.append(
            {
                "id": "u9",
                "name": "锦坊九路井盖缺失",
                "lon": 114.2881,
                "lat": 33.6279,
                "level": "warning",
            }
        )
    return {"events": events, "cameras": _cameras(town, base, 9, 11)}


_MAKERS: Mapping[str, Callable[[float, Instant, Town, str], Message]] = {
    "weather": _weather, "environment": _environment, "traffic": _traffic, "police": _police,
    "urban": _urban,
}  # fmt: skip


def _share(road: str, thick: float) -> float:
    """Return the share of the free speed driven on a road: the first of the jammed ones suffers most."""
    if road not in JAMMED:
        return 0.95
    return 0.95 - thick * (0.83 if road == JAMMED[0] else 0.6)


def _level(value: float, notice: float, warning: float, severe: float) -> str:
    steps = ((severe, "severe"), (warning, "warning"), (notice, "notice"))
    return next((level for least, level in steps if value > least), "")


def _to_and_fro(t: float) -> float:
    share = (t % 1800) / 900
    return share if share <= 1 else 2 - share


def _cameras(town: Town, base: str, first: int, last: int) -> list[Message]:
    return [
        {
            "id": f"c{n + 1}", "name": name, "lon": lon, "lat": lat,
            "url": f"{base}/video/c{n + 1}/live.m3u8",
        }
        for n, (name, lon, lat) in enumerate(town.cameras) if first <= n < last
    ]  # fmt: skip
