"""The gazetteer: found however it is said, and said how exactly; back from a point to an address."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from gis_data.gazetteer.index import Gazetteer, gazetteer_of
from gis_data.gazetteer.names import read
from gis_data.gazetteer.reverse import Surface
from gis_data.gazetteer.search import search

LON, LAT = 114.30, 33.60
METRIC = "+proj=tmerc +lat_0=33.6 +lon_0=114.3 +ellps=WGS84 +units=m"


def frame(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def layers() -> dict[str, gpd.GeoDataFrame]:
    east = shapely.LineString([(LON - 0.05, LAT), (LON + 0.05, LAT)])
    north = shapely.LineString([(LON, LAT - 0.05), (LON, LAT + 0.05)])
    square = shapely.box(LON - 0.1, LAT - 0.1, LON + 0.1, LAT + 0.1)
    numbers = [1, 2, 3, 5, 8, 21]
    return {
        "districts": frame([square], adcode=["990101"], name=["莲湖区"]),
        "streets": frame([square], code=["990101001"], adcode=["990101"], name=["望江街道"]),
        "grids": frame([square], code=["990101001001"], street=["990101001"], name=["一网格"]),
        "nodes": frame([shapely.Point(LON, LAT)], id=["n1"]),
        "roads": frame(
            [east, north], way=["w1", "w2"], name=["长江东路", "中山南路"], u=["n0", "n1"], v=["n1", "n2"],
            length=[9000.0, 9000.0],
        ),
        "places": frame(
            [shapely.Point(LON + 0.01, LAT + 0.01)], name=["人民公园"], kind=["park"], address=["莲湖区长江东路8号"],
        ),
        "addresses": frame(
            [shapely.Point(LON + 0.001 * n, LAT + 0.0002) for n in numbers], road=["长江东路"] * 6,
            number=[f"{n}号" for n in numbers], name=["", "", "", "", "世纪名邸", ""],
            district=["990101"] * 6,
        ),
    }  # fmt: skip


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
    got = Surface({"districts": areas}, METRIC).districts_of(points)
    for (x, y), code in zip(points, got, strict=True):
        inside = [
            a
            for a, shape in zip(areas.adcode, areas.geometry, strict=True)
            if shape.intersects(shapely.Point(x, y))
        ]
        assert code == (inside[0] if inside else "")
