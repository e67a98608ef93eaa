"""The shipped demo city is what its generator makes, and holds together."""

import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely

from gis_data.city import bundle, demo
from gis_data.city.bundle import City
from gis_data.city.layers import AREA_KINDS, LAYERS, PLACE_KINDS, SPEEDS, conform
from gis_data.city.manifest import SHIPPED


@pytest.fixture(scope="module")
def city() -> City:
    return bundle.read(SHIPPED)


def test_the_generator_still_makes_what_is_shipped(city: City) -> None:
    made = demo.build()
    assert set(made) == set(LAYERS)
    for name, frame in made.items():
        fresh, shipped = conform(name, frame), city.layer(name)
        plain = list(LAYERS[name].columns)
        pd.testing.assert_frame_equal(pd.DataFrame(fresh[plain]), pd.DataFrame(shipped[plain]))
        # another libm may round the last bit otherwise: 0.2 m is forgiven
        np.testing.assert_allclose(
            shapely.get_coordinates(fresh.geometry.to_numpy()),
            shapely.get_coordinates(shipped.geometry.to_numpy()),
            rtol=0,
            atol=2e-6,
        )


def test_it_says_that_it_is_fictional(city: City) -> None:
    assert city.manifest.label == "演示城市（虚构）"
    assert city.manifest.about == demo.ABOUT


def test_it_is_small() -> None:
    assert SHIPPED.stat().st_size < 3_000_000


def test_from_every_node_one_may_drive_to_every_other(city: City) -> None:
    graph: nx.DiGraph = nx.DiGraph(zip(city.roads["u"], city.roads["v"], strict=True))
    assert set(graph) == set(city.nodes["id"])
    assert nx.is_strongly_connected(graph)
    assert 19_000 <= len(graph) <= 22_000


def test_only_the_bridges_cross_the_river(city: City) -> None:
    river = city.areas.loc[city.areas["name"] == "云水"].geometry.iloc[0]
    over = city.roads[shapely.crosses(city.roads.geometry.to_numpy(), river)]
    assert over["bridge"].all()
    assert len(over["name"].unique()) == 11


def test_roads_are_driven_as_their_class_says(city: City) -> None:
    assert set(city.roads["class"]) <= set(SPEEDS)
    assert city.roads["speed"].between(15, 120).all()
    assert (city.roads["length"] > 1).all()


def test_districts_streets_and_grids_nest(city: City) -> None:
    for inner, column, outer, code in (
        (city.grids, "street", city.streets, "code"),
        (city.streets, "adcode", city.districts, "adcode"),
    ):
        whole = outer.set_index(code).geometry
        assert set(inner[column]) == set(whole.index)
        for key, group in inner.groupby(column):
            joined = shapely.coverage_union_all(group.geometry.to_numpy())
            assert shapely.symmetric_difference(joined, whole[key]).area < 1e-9


def test_addresses_lie_where_they_say(city: City) -> None:
    grids = city.grids.set_index("code").geometry
    addresses = city.addresses
    assert len(addresses) >= 20_000
    inside = shapely.covers(grids.loc[addresses["grid"]].to_numpy(), addresses.geometry.to_numpy())
    assert inside.mean() > 0.995  # borders are drawn with fewer bends than the ground has
    assert (addresses["grid"].str[:9] == addresses["street"]).all()
    assert (addresses["street"].str[:6] == addresses["district"]).all()


def test_the_places_of_the_demo_tickets_are_there(city: City) -> None:
    addresses = city.addresses
    for name, district in (("幸福小区", "990101"), ("滨河花园", "990102"), ("锦绣二期", "990102"),
                           ("人民广场", "990101"), ("金桥市场", "990101")):  # fmt: skip
        assert addresses.loc[addresses["name"] == name, "district"].tolist() == [district]
    for road, district in (("望江街", "990101"), ("建设大街", "990102"), ("学府路", "990102")):
        doors = addresses[(addresses["road"] == road) & (addresses["name"] == "")]
        assert set(doors["district"]) == {district}
        assert {f"{number}号" for number in range(1, 61)} <= set(doors["number"])


def test_there_are_places_and_areas_of_every_kind(city: City) -> None:
    assert set(city.places["kind"]) == set(PLACE_KINDS)
    assert set(city.areas["kind"]) == set(AREA_KINDS)
    assert len(city.places) >= 500


def test_every_place_can_be_driven_to(city: City) -> None:
    from gis_data.roads import table
    from gis_data.roads.network import Stop, ground

    spots = shapely.get_coordinates(city.places.geometry.to_numpy())
    assert all(isinstance(stop, Stop) for stop in ground(table.of_city(city)).snap(spots, 200.0))
