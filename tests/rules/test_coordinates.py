"""GCJ-02 and BD-09 there and back, whole shapes, metres."""

from typing import Any

import numpy as np
import pyproj
import pytest
import shapely

from gis_data import coordinates as co
from models.errors import BadInput

GEOD = pyproj.Geod(ellps="WGS84")


def apart(one: Any, other: Any) -> np.ndarray[Any, Any]:
    """Metres between two arrays of lon, lat."""
    return np.asarray(GEOD.inv(*one, *other)[2])


@pytest.fixture(scope="module")
def china() -> co.Pair:
    luck = np.random.default_rng(1)
    return luck.uniform(74, 135, 20_000), luck.uniform(4, 53, 20_000)


@pytest.mark.parametrize("source", ["gcj02", "bd09"])
def test_there_and_back_is_far_under_a_metre(source: str, china: co.Pair) -> None:
    back = co.to_wgs84(*co.from_wgs84(*china, source), source)
    assert apart(china, back).max() < 0.001


def test_the_shift_is_some_hundred_metres(china: co.Pair) -> None:
    shift = apart(china, co.wgs84_to_gcj02(*china))
    assert 300 < shift.mean() < 700
    assert shift.max() < 1200
    assert 500 < apart(co.wgs84_to_gcj02(*china), co.from_wgs84(*china, "bd09")).mean() < 1200


def test_known_points() -> None:
    # 天安门 as published side by side in the three systems
    lon, lat = co.wgs84_to_gcj02(116.391305, 39.905527)
    assert (float(lon), float(lat)) == pytest.approx((116.397549, 39.906930), abs=2e-5)
    lon, lat = co.gcj02_to_bd09(116.404, 39.915)
    assert (float(lon), float(lat)) == pytest.approx((116.41036949371029, 39.92133699351021))


def test_outside_china_nothing_is_shifted() -> None:
    helsinki = np.array([24.94]), np.array([60.17])
    for source in co.SOURCES:
        assert apart(helsinki, co.to_wgs84(*helsinki, source)) == 0


def test_an_unknown_source_is_refused() -> None:
    with pytest.raises(BadInput) as caught:
        co.to_wgs84(1, 2, "mars")
    assert caught.value.facts["reason"] == "source"


def test_whole_shapes_move_with_their_holes() -> None:
    square = shapely.box(114.2, 33.5, 114.4, 33.7).difference(
        shapely.box(114.25, 33.55, 114.3, 33.6)
    )
    moved = co.shapes_from_wgs84(square, "gcj02")
    assert len(moved.interiors) == 1
    back = co.shapes_to_wgs84(np.array([moved, moved]), "gcj02")
    assert shapely.hausdorff_distance(back[1], square) < 1e-8


def test_metres_are_metres() -> None:
    metric = co.metric(co.metric_crs_at(114.3, 33.6))
    assert co.metric(co.metric_crs_at(114.3, 33.6)) is metric
    line = shapely.LineString([(114.3, 33.6), (114.31, 33.61)])
    assert metric.shapes_to(line).length == pytest.approx(GEOD.geometry_length(line), rel=1e-5)
    circle = metric.shapes_back(metric.shapes_to(shapely.Point(114.3, 33.6)).buffer(500))
    far = apart((114.3, 33.6), circle.exterior.coords[0])
    assert float(far) == pytest.approx(500, rel=1e-3)


def test_degrees_and_nonsense_are_no_metric_system() -> None:
    for crs in ("EPSG:4326", "EPSG:nothing"):
        with pytest.raises(BadInput):
            co.metric(crs)


def test_lengths_are_geodesic() -> None:
    lines = shapely.linestrings(
        [[(114.0, 33.0), (114.1, 33.1), (114.1, 33.2)], [(0, 0), (0, 1), (1, 1)]]
    )
    expected = [GEOD.geometry_length(line) for line in lines]
    assert co.lengths(lines) == pytest.approx(expected)
