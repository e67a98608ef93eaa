"""Surroundings: metres are metres, a plume drifts with the wind, and counts agree with their lists."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from road_maps import CENTRE, CRS, SHIPPED, both, city, lonlat, yunzhou

from gis_data import surroundings
from gis_data.city import bundle
from gis_data.roads.network import Network, Stop, ground
from models.errors import BadInput

GEOD = Geod(ellps="WGS84")


def places(*rows: tuple[str, str, float, float, int]) -> gpd.GeoDataFrame:
    ids, kinds, x, y, people = zip(*rows, strict=True)
    at = [lonlat(*spot) for spot in zip(x, y, strict=True)]
    table = {"id": ids, "kind": kinds, "name": [f"{i}号" for i in ids], "people": people}
    return gpd.GeoDataFrame(table, geometry=shapely.points(at), crs="EPSG:4326")


@given(st.floats(10, 20_000), st.floats(0, 360))
def test_a_buffer_is_as_wide_as_it_says(metres: float, direction: float) -> None:
    area = surroundings.buffer(shapely.Point(CENTRE), metres, crs=CRS)
    near, far = (GEOD.fwd(*CENTRE, direction, metres * share)[:2] for share in (0.98, 1.02))
    assert area.contains(shapely.Point(near)) and not area.contains(shapely.Point(far))


@given(st.floats(0, 360), st.floats(5, 170), st.floats(100, 20_000))
def test_a_plume_lies_where_the_wind_goes(wind: float, spread: float, length: float) -> None:
    area = surroundings.plume(
        *lonlat(9000, 9000), wind_from=wind, spread=spread, length=length, crs=CRS
    )

    def at(degrees: float, share: float) -> shapely.Point:
        return shapely.Point(GEOD.fwd(*lonlat(9000, 9000), degrees, length * share)[:2])

    assert area.is_valid
    assert area.contains(at(wind + 180, 0.5)) and not area.contains(at(wind, 0.5))
    assert not area.contains(at(wind + 180, 1.02))
    for side in (-1, 1):
        assert area.contains(at(wind + 180 + side * spread * 0.45, 0.5))
        assert not area.contains(at(wind + 180 + side * spread * 0.55, 0.5))


def test_a_plume_of_no_wind_is_a_circle() -> None:
    area = surroundings.plume(*CENTRE, wind_from=0, spread=360, length=500, crs=CRS)
    assert area.equals(surroundings.buffer(shapely.Point(CENTRE), 500, crs=CRS))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wind_from", float("nan")), ("spread", 0), ("spread", 400), ("length", 0), ("length", 1e9),
        ("length", float("nan")),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_by_its_field(field: str, value: float) -> None:
    given_ = {"wind_from": 90.0, "spread": 60.0, "length": 1000.0, field: value}
    with pytest.raises(BadInput) as refused:
        surroundings.plume(*CENTRE, crs=CRS, **given_)
    assert refused.value.facts["field"] == field


def test_who_is_inside_by_kind() -> None:
    around = places(
        ("h1", "hospital", 300, 0, 800), ("s1", "school", 500, 0, 1200), ("s2", "school", 100, 0, -1),
        ("m1", "mall", 200, 200, 5000), ("s3", "school", 5000, 0, 900),
    )  # fmt: skip
    area = surroundings.buffer(shapely.Point(CENTRE), 1000, crs=CRS)
    found = surroundings.impact(area, around, spot=CENTRE, crs=CRS)
    assert [(k.kind, k.total, k.people, k.known, k.at_risk) for k in found] == [
        ("school", 2, 1200, 1, True), ("hospital", 1, 800, 1, True), ("mall", 1, 5000, 1, False),
    ]  # fmt: skip
    assert [hit.id for hit in found[0].places] == ["s2", "s1"]
    assert found[0].places[0].metres == pytest.approx(100, rel=0.01)
    nowhere = surroundings.buffer(shapely.Point(lonlat(50_000, 0)), 10, crs=CRS)
    assert surroundings.impact(nowhere, around, spot=CENTRE, crs=CRS) == []
    crossing = shapely.Polygon([lonlat(0, 0), lonlat(9, 5), lonlat(9, 0), lonlat(0, 5)])
    with pytest.raises(BadInput):
        surroundings.impact(crossing, around, spot=CENTRE, crs=CRS)


def test_the_nearest_by_driving_is_not_the_nearest_by_air() -> None:
    network = city(
        {"a": (0, 0), "b": (3000, 0), "c": (3000, 900), "d": (0, 900), "e": (0, 1800), "f": (900, 1800)},
        [*both("ab", "a", "b"), *both("bc", "b", "c"), *both("cd", "c", "d"), *both("ef", "e", "f")],
    )  # fmt: skip
    stations = places(
        ("across", "fire_station", 50, 900, -1), ("along", "fire_station", 1500, 0, -1),
        ("island", "fire_station", 50, 1800, -1), ("afar", "fire_station", 0, 9000, -1),
        ("other", "police", 10, 0, -1),
    )  # fmt: skip
    spot = network.ground.snap(np.array([lonlat(50, 0)]))[0]
    assert isinstance(spot, Stop)
    come, cannot = surroundings.nearest(network, spot, stations, "fire_station")
    assert [drive.id for drive in come] == ["along", "across"]
    assert come[0].seconds == pytest.approx(145, rel=0.01)
    assert [(drive.id, drive.why) for drive in cannot] == [
        ("island", "no_way"),
        ("afar", "off_road"),
    ]
    there, _ = surroundings.nearest(network, spot, stations, "fire_station", count=1, outbound=True)
    assert [drive.id for drive in there] == ["along"]
    assert surroundings.nearest(network, spot, stations, "school") == ([], [])


def test_in_the_demo_city() -> None:
    demo = bundle.read(SHIPPED)
    network = Network(ground(yunzhou()))
    hospital = demo.places[demo.places["kind"] == "hospital"].geometry.iloc[0]
    spot = network.ground.snap(shapely.get_coordinates(hospital))[0]
    assert isinstance(spot, Stop)
    come, _ = surroundings.nearest(network, spot, demo.places, "fire_station")
    assert len(come) == 5 and come[0].seconds < come[-1].seconds < 3600
    area = surroundings.buffer(hospital, 2000, crs=demo.manifest.metric_crs)
    found = surroundings.impact(
        area, demo.places, spot=(hospital.x, hospital.y), crs=demo.manifest.metric_crs
    )
    assert "hospital" in {kind.kind for kind in found}
    assert all(kind.total == len(kind.places) for kind in found)
