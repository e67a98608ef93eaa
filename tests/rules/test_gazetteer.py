"""The gazetteer: found however it is said, and said how exactly; back from a point to an address."""

import numpy as np
import pytest
import shapely
from small_city import LAT, LON, METRIC, frame, layers

from gis_data.gazetteer.index import Gazetteer, gazetteer_of
from gis_data.gazetteer.names import read
from gis_data.gazetteer.reverse import Surface
from gis_data.gazetteer.search import search
from gis_data.gazetteer.sure import sure


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return gazetteer_of(layers(), "云州市")


@pytest.mark.parametrize(
    ("typed", "text", "kind", "precision"),
    [
        ("人民公园", "人民公园", "place", "place"),
        ("人民公圆", "人民公园", "place", "place"),
        ("renmingongyuan", "人民公园", "place", "place"),
        ("RMGY", "人民公园", "place", "place"),
        ("长江路", "长江东路", "road", "road"),
        ("云州市长江东路8号", "长江东路8号", "road", "address"),
        ("长江东路二十一号", "长江东路21号", "road", "address"),
        ("长江东路 7号", "长江东路7号", "road", "road"),
        ("云州市莲湖区长江东路３号院", "长江东路3号", "road", "address"),
        ("世纪名邸2栋", "世纪名邸", "building", "address"),
        ("长江东路与中山南路路口", "中山南路与长江东路交叉口", "junction", "point"),
        ("莲湖", "莲湖区", "district", "district"),
        ("望江街道", "望江街道", "street", "street"),
    ],
)
def test_it_is_found(
    gazetteer: Gazetteer, typed: str, text: str, kind: str, precision: str
) -> None:
    best = search(gazetteer, typed)[0]
    assert (best.text, best.kind, best.precision) == (text, kind, precision)


@pytest.mark.parametrize(
    "typed", ["", "   ", "号", "火星基地", "qqqq", "\n", "12345", "、、", "%_\\"]
)
def test_nothing_like_it_is_nothing(gazetteer: Gazetteer, typed: str) -> None:
    assert search(gazetteer, typed) == []


def test_a_number_that_is_not_there_takes_the_nearest_of_its_side(gazetteer: Gazetteer) -> None:
    found = search(gazetteer, "长江东路19号")[0]
    assert (found.number, found.precision) == ("near", "road")
    assert found.lon == pytest.approx(LON + 0.021)
    assert search(gazetteer, "长江东路6号")[0].lon == pytest.approx(LON + 0.008)


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("人民路一百二十号", "120"),
        ("人民路十号", "10"),
        ("人民路二〇八号", "208"),
        ("人民路", ""),
        ("12345热线", ""),
    ],
)
def test_numbers_as_spoken(said: str, number: str) -> None:
    assert read(said).number == number


def test_an_empty_city_finds_nothing_and_breaks_nothing() -> None:
    assert search(gazetteer_of({}, "空城"), "人民公园") == []
    assert Surface({}, METRIC).at(LON, LAT).inside is False


def test_from_a_point_to_what_is_there() -> None:
    surface = Surface(layers(), METRIC)
    at = surface.at(LON + 0.0081, LAT + 0.0002)
    assert (at.district, at.street, at.grid, at.near) == (
        "990101", "990101001", "990101001001", "长江东路8号",
    )  # fmt: skip
    assert 0 < at.metres < 15
    assert surface.at(LON + 0.04, LAT + 0.001).near == "长江东路"
    outside = surface.at(LON + 1, LAT)
    assert (outside.inside, outside.district, outside.near) == (False, "", "")


def test_districts_agree_with_asking_every_polygon() -> None:
    chance = np.random.default_rng(5)
    lines = shapely.MultiPoint(chance.uniform(-1, 1, (40, 2))).convex_hull.buffer(0.3)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(shapely.MultiPoint(chance.uniform(-1, 1, (30, 2))))
    )
    areas = frame(
        [cell & lines for cell in cells], adcode=[f"{n:06}" for n in range(30)], name=[""] * 30
    )
    points = chance.uniform(-1.5, 1.5, (2000, 2))
    surface = Surface({"districts": areas}, METRIC)
    for x, y in points:
        code = surface.at(x, y).district
        inside = [
            a
            for a, shape in zip(areas.adcode, areas.geometry, strict=True)
            if shape.intersects(shapely.Point(x, y))
        ]
        assert code == (inside[0] if inside else "")


@pytest.mark.parametrize(
    ("said", "text", "precision"),
    [
        ("长江东路8号", "长江东路8号", "address"),
        ("云州市莲湖区望江街道长江东路8号3栋2单元", "长江东路8号", "address"),
        ("长江东路8号世纪名邸2单元", "长江东路8号世纪名邸", "address"),
        ("莲湖区人民公园", "人民公园", "place"),
        ("世纪名邸", "世纪名邸", "address"),
        ("望江街道", "望江街道", "street"),
        ("莲湖区", "莲湖区", "district"),
        ("长江东路", "", ""),  # its middle is nowhere
        ("长江东路100米", "", ""),
        ("长江东路8号对面", "", ""),
        ("长江东路8号往东", "", ""),
        ("新长江东路8号", "", ""),
        ("长江东路9号", "", ""),  # no such number
        ("长江路8号", "", ""),
        ("人民公园附近", "", ""),
        ("人民公圆", "", ""),
        ("", "", ""),
    ],
)
def test_an_address_that_leaves_no_doubt(
    gazetteer: Gazetteer, said: str, text: str, precision: str
) -> None:
    found = sure(gazetteer, said)
    assert (found.text, found.precision) == (text, precision) if found else text == ""


def test_what_two_places_are_called_is_not_sure() -> None:
    twice = layers()
    parks = twice["places"]
    twice["places"] = parks.loc[[0, 0]].reset_index(drop=True)
    assert sure(gazetteer_of(twice, "云州市"), "人民公园") is None
