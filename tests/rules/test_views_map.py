"""The map's page without a browser: addresses, what was drawn, ways and why there is none, in both languages."""

import json
from typing import Any, get_args

import numpy as np
import pytest
import shapely
from road_maps import CENTRE, both, city, lonlat

from dashboard.pages.city_closures import drawn
from dashboard.pages.city_ways import _ways
from dashboard.texts import LANGUAGES, t
from dashboard.views import city_ways, map_query
from dashboard.views.city_closures import metres, one_way, roads
from dashboard.views.city_ways import Ways
from dashboard.views.map_query import Point, Spot, Way
from dashboard.views.maps import Base, Look
from gis_data.city.manifest import SHIPPED, read_manifest
from gis_data.roads.closures import find
from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Cause, Turn
from models.errors import BadInput

BASE = Base(read_manifest(SHIPPED)[1], "v", Look("desk", False))
NODES = {"a": (0.0, 0.0), "b": (1000.0, 0.0), "c": (2000.0, 0.0), "d": (1000.0, 800.0), "x": (5000.0, 0.0),
         "y": (5500.0, 0.0), "z": (1000.0, -900.0)}  # fmt: skip
FAST: dict[str, Any] = {"speed": 80.0, "name": "环路"}
STREETS = [
    *both("ab", "a", "b", name="直街"), *both("bc", "b", "c", name="直街"), *both("ad", "a", "d", **FAST),
    *both("dc", "d", "c", **FAST), *both("xy", "x", "y"), {"id": "bz", "u": "b", "v": "z"},
]  # fmt: skip
TOWN = city(NODES, STREETS)
ZH = t("zh")


def asked(network: Network, start: Any, end: Any, *, more: bool = False) -> Ways:
    """Ask from node to node, or between (x, y) in metres."""
    points = [Point(*lonlat(*NODES.get(at, at))) for at in (start, end)]
    stops = network.ground.snap(np.array([at[:2] for at in points]))
    assert all(isinstance(stop, Stop) for stop in stops)
    found, none = _ways(network, *stops, more=more)  # type: ignore[arg-type]
    return Ways(Way(points[0], points[1], more), ("甲", "乙"), {}, found, none, {7: "塌方"})


def closed(*edges: str) -> Network:
    return TOWN.close(7, TOWN.table.find(list(edges)), version="1")


def texts(node: Any) -> str:
    return json.dumps([getattr(n, "to_plotly_json", lambda n=n: n)() for n in node], default=lambda o: (
        o.to_plotly_json()), ensure_ascii=False)  # fmt: skip


# --- the address ------------------------------------------------------------------------------


def test_an_address_holds_the_question() -> None:
    search = "?from=114.3,33.6,市政府&to=114.31,33.61&k=3&at=114.3,33.6&wind=45&r=3000&spread=90&on=hospital,x,tickets"
    assert map_query.way(search) == Way(Point(114.3, 33.6, "市政府"), Point(114.31, 33.61), True)
    assert map_query.spot(search) == Spot(Point(114.3, 33.6), 3000, 45.0, 90, False)
    assert map_query.layers(search) == ("hospital", "tickets")
    assert map_query.layers("?at=1,2") == ("state", "traffic"), (
        "how the city is, unless one wants to see else"
    )
    assert map_query.layers("?on=none") == ()
    again = map_query.href(search, "/map", k="")
    assert map_query.way(again.partition("?")[2])[:2] == map_query.way(search)[:2]
    spot = map_query.spot(search)
    assert spot and map_query.around(spot) == "114.300000,33.600000,3000,45,90"


@pytest.mark.parametrize("text", ["", "1", "a,b", "nan,1", "inf,0", "181,0", "1,91", ","])
def test_what_is_no_point_is_none(text: str) -> None:
    assert map_query.point(text) is None
    assert map_query.way(f"?from={text}").start is None


def test_what_cannot_be_is_not_asked() -> None:
    spot = map_query.spot("?at=114,33&r=999999999999&wind=400&spread=7")
    assert spot == Spot(Point(114, 33), map_query.RADIUS, None, map_query.SPREAD, False)
    assert map_query.spot("?r=500") is None


# --- ways -------------------------------------------------------------------------------------


def test_the_shortest_and_the_best_are_told_apart() -> None:
    ways = asked(TOWN, "a", "c")
    by = dict(ways.found)
    assert by["shortest"].length < by["best"].length and by["best"].time < by["shortest"].time
    lines = city_ways.lines(ways, BASE, ZH)["features"]
    drawn_kinds = [f["properties"]["kind"] for f in lines if f["geometry"]["type"] == "LineString"]
    assert drawn_kinds == ["best", "best", "shortest", "shortest"]
    labels = [f["properties"]["label"] for f in lines if "label" in f["properties"]]
    assert [label[:4] for label in labels] == ["最优路径", "最短路径", "起", "终"]
    said = texts(city_ways.told(ways, "", ZH))
    assert "多走" in said and "从环路出发" in said and "经 直街" in said


def test_where_both_are_one_it_says_so() -> None:
    ways = asked(closed("ad", "ad-"), "a", "b")
    assert [kind for kind, _ in ways.found] == ["both"]
    assert "也最少" in texts(city_ways.told(ways, "", ZH))


def test_a_closure_that_changed_the_way_is_named() -> None:
    ways = asked(closed("ad", "ad-"), "a", "c")
    assert "已绕开：封路 7 号（塌方）" in texts(city_ways.told(ways, "", ZH))


@pytest.mark.parametrize(
    ("network", "start", "end", "said"),
    [
        (closed("ab", "ab-", "ad", "ad-"), "a", "c", "封路 7 号（塌方）"),
        (TOWN, "a", "y", "没有道路相连"),
        (TOWN, "z", "a", "不能驶出"),
    ],
)
def test_why_there_is_no_way(network: Network, start: str, end: str, said: str) -> None:
    ways = asked(network, start, end)
    assert not ways.found and "无法到达" in texts(city_ways.told(ways, "", ZH))
    assert said in texts(city_ways.told(ways, "", ZH))


def test_the_same_place_twice_is_said() -> None:
    assert "同一处" in texts(city_ways.told(asked(TOWN, (300.0, 0.0), (300.0, 0.0)), "", ZH))


def test_an_end_far_from_any_road_is_said() -> None:
    ways = asked(TOWN, "a", "c")._replace(found=[], off={"from": 3200.0, "to": float("inf")})
    said = texts(city_ways.told(ways, "", ZH))
    assert "3.2 公里" in said and "市域以外" in said


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_turn_and_every_cause_has_words(lang: str) -> None:
    words = t(lang)
    assert all("{road}" in words[f"turn.{turn}"] for turn in get_args(Turn))
    causes = {*get_args(Cause), "one_way.start", "one_way.end"}
    assert all(f"map.none.{cause}" in words for cause in causes)


# --- what was drawn ---------------------------------------------------------------------------


def draft(*corners: Any, kind: str = "area", done: bool = True) -> dict[str, Any]:
    return {"kind": kind, "corners": list(corners), "done": done}


def wrong(given: Any) -> str:
    with pytest.raises(BadInput) as refused:
        find(TOWN.ground, drawn(given, BASE))
    return str(refused.value.facts["why"])


def test_what_was_drawn_closes_the_roads_under_it() -> None:
    press = drawn(draft(lonlat(500, 5), kind="road"), BASE)
    assert find(TOWN.ground, press) == ["ab", "ab-"]
    corners = [lonlat(x, y) for x, y in ((400, -50), (600, -50), (600, 50), (400, 50))]
    edges = TOWN.table.find(find(TOWN.ground, drawn(draft(*corners), BASE)))
    assert len(one_way(TOWN.table, edges)) == 1 and metres(TOWN.table, edges) == 1000
    assert roads(TOWN.table, edges, ZH) == "直街"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (None, "empty"), ({}, "empty"), (draft(), "empty"), (draft("x"), "empty"),
        (draft([1, "a"]), "empty"), (draft([1, 2, 3]), "empty"), (draft(["nan", 1]), "empty"),
        (draft(CENTRE, done=False), "empty"), (draft(CENTRE, CENTRE), "few"),
        (draft(*[lonlat(*p) for p in ((0, 0), (500, 500), (500, 0), (0, 500))]), "crossing"),
        (draft(*[lonlat(*p) for p in ((9000, 9000), (9100, 9000), (9100, 9100))]), "no_road"),
        (draft((0.0, 0.0), kind="road"), "outside"), (draft(CENTRE[::-1], kind="road"), "swapped"),
    ],
)  # fmt: skip
def test_what_cannot_be_closed_says_why(given: Any, why: str) -> None:
    assert wrong(given) == why
    assert all(f"map.why.{why}" in t(lang) for lang in LANGUAGES)


def test_ten_thousand_corners_are_no_trouble() -> None:
    angles = np.linspace(0, 2 * np.pi, 10_000, endpoint=False)
    corners = [lonlat(500 + 80 * np.cos(a), 80 * np.sin(a)) for a in angles]
    assert find(TOWN.ground, drawn(draft(*corners), BASE)) == ["ab", "ab-"]
    assert isinstance(drawn(draft(*corners), BASE), shapely.Polygon)
