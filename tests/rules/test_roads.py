"""Roads: routes on small maps drawn by hand, where everybody sees what is right."""

from typing import get_args

import numpy as np
import pytest
import shapely
from road_maps import both, city, frames, lonlat

from gis_data.roads import alternatives, many, routes, table
from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Route, Unreachable
from gis_data.roads.weights import By
from models.errors import BadInput, NotFound, WrongStatus

TOWN: dict[str, tuple[float, float]] = {
    "a": (0, 0), "b": (1000, 0), "c": (2000, 0), "d": (1000, 800), "e": (1000, -3000),
    "x": (9000, 0), "y": (9500, 0),
}  # fmt: skip
STREETS = [
    *both("ab", "a", "b", name="人民路"),
    *both("bc", "b", "c", name="人民路"),
    *both("ad", "a", "d", name="北路"),
    *both("dc", "d", "c", name="北路"),
    *both("ae", "a", "e", name="绕城", speed=120.0),
    *both("ec", "e", "c", name="绕城", speed=120.0),
    *both("xy", "x", "y", name="岛上路"),
]
SHORT = shapely.LineString([lonlat(0, 0), lonlat(50, 0)])


def town(*turns: tuple[str, str]) -> Network:
    return city(TOWN, STREETS, turns)


def at(network: Network, x: float, y: float) -> Stop:
    found = network.ground.snap(np.array([lonlat(x, y)]))[0]
    assert isinstance(found, Stop)
    return found


def node(network: Network, name: str) -> Stop:
    names = network.table.node_id.tolist()
    return network.ground.at_node(names.index(name.encode()))


def closed(network: Network, number: int, *ids: str) -> Network:
    return network.close(number, network.table.find(ids), version=f"{network.version}+{number}")


def way(network: Network, by: By = "length", start: float = 100, end: float = 1900) -> list[str]:
    found = routes.route(network, at(network, start, 3), at(network, end, 3), by)
    assert isinstance(found, Route), found
    return network.table.ids(np.array(found.edges))


def test_it_works() -> None:
    network = town()
    found = routes.route(network, at(network, 100, 5), at(network, 1900, -4), "length")
    assert isinstance(found, Route)
    assert found.length == pytest.approx(1800, rel=1e-3)
    assert found.time == pytest.approx(180, rel=1e-3)
    assert [(step.road, step.turn) for step in found.steps] == [("人民路", "depart")]
    assert (found.version, found.closures) == ("0", ())
    assert found.start.distance == pytest.approx(5, abs=0.1)
    shape = found.geojson()
    assert shape["geometry"]["type"] == "LineString"
    west, east = shape["geometry"]["coordinates"][0], shape["geometry"]["coordinates"][-1]
    assert (west, east) == (
        pytest.approx(lonlat(100, 0), abs=1e-5), pytest.approx(lonlat(1900, 0), abs=1e-5),
    )  # fmt: skip


def test_shortest_and_best_differ_where_a_longer_road_is_faster() -> None:
    network = city({**TOWN, "e": (1000, -600)}, STREETS)
    ends = node(network, "a"), node(network, "c")
    found = {by: routes.route(network, *ends, by) for by in get_args(By)}
    ids = {
        by: network.table.ids(np.array(way.edges))
        for by, way in found.items()
        if isinstance(way, Route)
    }
    assert ids == {"length": ["ab", "bc"], "time": ["ae", "ec"]}


def test_a_jam_changes_the_best_way_and_leaves_the_shortest_alone() -> None:
    network = town()
    edge = int(network.table.find(["bc"])[0])
    jammed = network.drive({edge: 5.0}, version="1")
    assert way(jammed, "length") == way(network, "length") == ["ab", "bc"]
    assert "bc" not in way(jammed, "time")
    assert way(network, "time") == ["ab", "bc"]


def test_a_closed_edge_changes_both_and_is_named_and_one_off_the_way_changes_nothing() -> None:
    network = town()
    start, end = at(network, 100, 0), node(network, "c")
    shut = closed(network, 7, "bc", "bc-")
    elsewhere = closed(network, 8, "ec", "ec-")
    for by in get_args(By):
        before, around, same = (routes.route(n, start, end, by) for n in (network, shut, elsewhere))
        assert isinstance(before, Route) and isinstance(around, Route) and isinstance(same, Route)
        assert (around.closures, around.version) == ((7,), "0+7")
        assert not set(shut.count) & set(around.edges)
        assert around.length > before.length
        assert (same.edges, same.length, same.closures) == (before.edges, before.length, ())


def test_lifting_one_of_two_closures_opens_nothing() -> None:
    network = town()
    twice = closed(closed(network, 1, "ab", "ab-", "bc"), 2, "bc", "bc-")
    one = twice.lift(1, version="3")
    assert set(one.table.ids(np.array(sorted(one.count)))) == {"bc", "bc-"}
    assert "bc" not in way(
        one.lift(2, version="4").close(3, one.table.find(["bc"]), version="5"), end=999
    )
    assert np.isinf(one.now["length"].of_edges(one.table.find(["bc"]))).all()
    assert way(one.lift(2, version="4")) == way(network)
    with pytest.raises(NotFound):
        one.lift(1, version="4")
    with pytest.raises(WrongStatus):
        one.close(2, one.table.find(["ab"]), version="4")


def test_an_older_version_stays_as_it_was() -> None:
    network = town()
    before = way(network)
    closed(network, 1, "ab", "bc").drive({0: 3.0}, version="9")
    assert way(network) == before
    assert not network.count


def test_unreachable_says_why() -> None:
    network = town()
    start = at(network, 100, 0)
    assert routes.route(network, start, at(network, 9200, 0)) == Unreachable("0", "island")
    shut = closed(closed(network, 4, "bc", "dc", "ec"), 5, "dc-")
    found = routes.route(shut, start, node(network, "c"))
    assert isinstance(found, Unreachable)
    assert (found.cause, found.closures) == ("closed", (4,))
    assert network.ground.snap(np.array([lonlat(30_000, 0)])) == [np.inf]
    too_far = network.ground.snap(np.array([lonlat(1000, 1400)]))[0]
    assert too_far == pytest.approx(600, rel=0.01)


def test_on_a_closed_road_one_cannot_begin() -> None:
    network = closed(town(), 3, "ab", "ab-")
    found = routes.route(network, at(network, 500, 0), at(network, 1900, 0))
    assert isinstance(found, Unreachable)
    assert (found.cause, found.closures) == ("closed", (3,))


@pytest.mark.parametrize(
    ("start", "end", "trap"), [("a", "t", ""), ("t", "a", "start"), ("a", "s", "end")]
)
def test_one_way_traps_are_told_by_the_end_they_are_at(start: str, end: str, trap: str) -> None:
    network = city(
        {"a": (0, 0), "b": (500, 0), "c": (500, 500), "t": (900, 0), "s": (-500, 0)},
        [
            *both("ab", "a", "b"), *both("bc", "b", "c"), {"id": "bt", "u": "b", "v": "t"},
            {"id": "sa", "u": "s", "v": "a"},
        ],
    )  # fmt: skip
    found = routes.route(network, node(network, start), node(network, end))
    if trap:
        assert found == Unreachable("0", "one_way", trap=trap)  # type: ignore[arg-type]
    else:
        assert isinstance(found, Route)


def test_a_forbidden_turn_holds_for_who_comes_from_there_and_for_nobody_else() -> None:
    free, banned = town(), town(("ab", "bc"))
    assert way(free) == ["ab", "bc"]
    assert way(banned) != ["ab", "bc"]
    assert way(banned, start=1100) == ["bc"]  # already past it
    back = routes.route(banned, at(banned, 1900, 0), at(banned, 100, 0), "length")
    assert isinstance(back, Route)
    assert banned.table.ids(np.array(back.edges)) == ["bc-", "ab-"]


def test_turns_are_told_and_roads_merged() -> None:
    network = closed(town(), 1, "bc")
    found = routes.route(network, at(network, 100, 0), node(network, "c"), "length")
    assert isinstance(found, Route)
    assert [(step.road, step.turn) for step in found.steps] == [
        ("人民路", "depart"), ("北路", "sharp_right"), ("北路", "right"),
    ]  # fmt: skip
    assert sum(step.length for step in found.steps) == pytest.approx(found.length)
    assert sum(step.time for step in found.steps) == pytest.approx(found.time)


def test_from_a_place_to_itself_and_along_one_edge() -> None:
    network = town()
    here = at(network, 300, 0)
    still = routes.route(network, here, here)
    assert isinstance(still, Route)
    assert (still.length, len(still.points)) == (0.0, 2)
    assert way(network, start=700, end=200) == ["ab-"]


def test_alternatives_differ_and_are_bounded() -> None:
    network = city({**TOWN, "e": (1000, -900)}, STREETS)
    found = alternatives.alternatives(network, at(network, 10, 0), at(network, 1990, 0), "length")
    assert isinstance(found, list)
    assert [round(route.length / 100) for route in found] == [20, 26, 27]
    assert [tuple(network.table.ids(np.array(route.edges)))[1] for route in found][1:] == [
        "ad",
        "ae",
    ]
    line = city(
        {"a": (0, 0), "b": (500, 0), "c": (900, 0)}, [*both("ab", "a", "b"), *both("bc", "b", "c")]
    )
    only = alternatives.alternatives(line, at(line, 10, 0), at(line, 890, 0))
    assert isinstance(only, list) and len(only) == 1


def test_many_to_one_one_to_many_and_the_unreachable_ones() -> None:
    network = town()
    stops = [at(network, x, 0) for x in (50, 400, 1500, 9300)]
    for costs, pair in (
        (many.costs_to(network, stops[0], stops), lambda stop: (stop, stops[0])),
        (many.costs_from(network, stops[0], stops), lambda stop: (stops[0], stop)),
    ):
        ways = [routes.route(network, *pair(stop)) for stop in stops]
        assert np.isinf(costs[3]) and isinstance(ways[3], Unreachable)
        told = [found.time for found in ways if isinstance(found, Route)]
        assert costs[:3].tolist() == pytest.approx(told)
    assert many.matrix(network, stops, stops[:2], "length").shape == (4, 2)


def test_an_isochrone_reaches_as_far_as_one_drives() -> None:
    network = town()
    start = at(network, 700, 0)
    area, edges = many.isochrone(network, start, 1.0)  # 600 m at 36 km/h
    near, far = (shapely.Point(lonlat(x, 0)) for x in (1250, 1500))
    assert area.is_valid and area.contains(near) and not area.contains(far)
    assert set(network.table.ids(edges)) == {"ab", "ab-", "bc"}
    shut, edges = many.isochrone(closed(network, 1, "bc", "bc-"), start, 1.0)
    assert not shut.contains(near) and set(network.table.ids(edges)) == {"ab", "ab-"}


def test_what_a_shape_touches() -> None:
    index = town().ground.index
    names = index.table.ids

    def touched(shape: shapely.Geometry, within: float = 0.0) -> set[str]:
        return set(names(index.touching(shape, within)))

    across = shapely.Polygon([lonlat(*p) for p in ((450, -50), (550, -50), (550, 50), (450, 50))])
    assert touched(across) == {"ab", "ab-"}
    assert touched(shapely.Point(lonlat(1500, 8)), 15) == {"bc", "bc-"}
    assert touched(shapely.Point(lonlat(1500, 90)), 15) == set()
    assert touched(shapely.Point(lonlat(90_000, 0)), 15) == set()


@pytest.mark.parametrize(
    ("kind", "edges", "turns"),
    [
        ("duplicate_edge", [*both("ab", "a", "b"), {"id": "ab", "u": "b", "v": "c"}], ()),
        ("unknown_node", [{"id": "az", "u": "a", "v": "b", "v_": "z"}], ()),
        ("zero_length", [{"id": "aa", "u": "a", "v": "a"}], ()),
        ("impossible_speed", [{"id": "ab", "u": "a", "v": "b", "speed": 900.0}], ()),
        ("impossible_speed", [{"id": "ab", "u": "a", "v": "b", "speed": 0.0}], ()),
        ("unknown_class", [{"id": "ab", "u": "a", "v": "b", "class": "runway"}], ()),
        ("unknown_turn", both("ab", "a", "b"), (("ab", "zz"),)),
        ("unknown_turn", [*both("ab", "a", "b"), *both("bc", "b", "c")], (("bc", "ab"),)),
        ("off_the_nodes", [{"id": "ab", "u": "a", "v": "b", "geometry": SHORT}], ()),
    ],
)  # fmt: skip
def test_what_cannot_be_driven_on_is_refused_at_the_door(
    kind: str, edges: list[dict[str, object]], turns: tuple[tuple[str, str], ...]
) -> None:
    nodes, lines, bans = frames(TOWN, edges, turns)
    if "v_" in lines:
        lines["v"] = lines.pop("v_")
    with pytest.raises(BadInput) as refused:
        table.from_frames(nodes, lines, bans, crs="EPSG:32649")
    assert [fault.kind for fault in refused.value.facts["faults"]] == [kind]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("kmh", "why"),
    [(float("nan"), "not_a_number"), (0.0, "too_slow"), (-4.0, "too_slow"), (400.0, "too_fast")],
)
def test_impossible_speeds_are_refused_with_the_reason(kmh: float, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        town().drive({0: kmh}, version="1")
    assert refused.value.facts["why"] == why
