"""A bundle is the same bytes for the same content; what is wrong with a city is mended or said."""

import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely

from gis_data.city import bundle
from gis_data.city.check import check, errors, require
from gis_data.city.layers import empty
from gis_data.city.manifest import MANIFEST, About, Source
from models.errors import BadInput

ABOUT = About(
    id="t", name="试城", adcode="990100", metric_crs="EPSG:32650",
    sources=(Source(layer="roads", source="t.shp", crs="gcj02", rows=2),),
)  # fmt: skip
Layers = dict[str, gpd.GeoDataFrame]


def frame(rows: list[dict[str, Any]], crs: Any = 4326) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(rows, geometry="geometry", crs=crs)


def district(code: str = "990101", shape: Any = None, **more: Any) -> dict[str, Any]:
    shape = shapely.box(114, 33, 115, 34) if shape is None else shape
    return {"adcode": code, "name": f"{code}区", "population": 5, "geometry": shape, **more}


def edge(
    key: str, u: str, v: str, points: list[tuple[float, float]], **more: Any
) -> dict[str, Any]:
    return {
        "id": key, "u": u, "v": v, "way": key, "name": "路", "class": "primary", "speed": 60.0,
        "lanes": 1, "bridge": False, "tunnel": False, "length": 0.0,
        "geometry": shapely.LineString(points), **more,
    }  # fmt: skip


AT = {
    "a": (114.1, 33.1),
    "b": (114.2, 33.1),
    "c": (114.2, 33.2),
    "d": (114.7, 33.7),
    "e": (114.8, 33.7),
}


def town(*edges: dict[str, Any], **layers: gpd.GeoDataFrame) -> Layers:
    """A city of one district with a small network."""
    pairs = edges or (
        edge("ab", "a", "b", [AT["a"], AT["b"]]), edge("ba", "b", "a", [AT["b"], AT["a"]]),
    )  # fmt: skip
    used = sorted({end for e in pairs for end in (e["u"], e["v"]) if end in AT})
    nodes = frame([{"id": key, "geometry": shapely.Point(AT[key])} for key in used])
    return {"districts": frame([district()]), "nodes": nodes, "roads": frame(list(pairs)), **layers}


def codes(layers: Layers) -> list[str]:
    return [fault.code for fault in check(layers)[1] if fault.code != "length"]


# --- the file -------------------------------------------------------------------------------


def test_it_works(tmp_path: Path) -> None:
    layers, _ = check(town())
    digest = bundle.write(tmp_path / "one.zip", ABOUT, layers)
    city = bundle.read(tmp_path / "one.zip")
    assert city.sha256 == digest
    assert city.manifest.about == ABOUT
    assert list(city.manifest.bbox) == [114, 33, 115, 34]
    assert city.roads["id"].tolist() == ["ab", "ba"]
    assert city.roads["length"].iloc[0] == pytest.approx(9333, rel=0.001)
    assert city.roads["bridge"].dtype == bool
    assert list(city.places.columns) == list(empty("places").columns)
    assert "places" not in city


def test_the_same_content_is_the_same_file(tmp_path: Path) -> None:
    layers, _ = check(town())
    upside_down = {name: layers[name].iloc[::-1] for name in reversed(layers)}
    one = bundle.write(tmp_path / "one.zip", ABOUT, layers)
    other = bundle.write(tmp_path / "other.zip", ABOUT, upside_down)
    assert one == other
    assert not [path for path in tmp_path.iterdir() if path.is_dir()]


def test_other_systems_are_brought_to_wgs84(tmp_path: Path) -> None:
    metric = frame([district()]).to_crs("EPSG:32650")
    bundle.write(tmp_path / "one.zip", ABOUT, {"districts": metric})
    box = bundle.read(tmp_path / "one.zip").districts.total_bounds
    assert box == pytest.approx((114, 33, 115, 34), abs=1e-6)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        ({MANIFEST: b"{"}, "manifest"),
        ({MANIFEST: b'{"format": 99}'}, "format"),
        ({"nodes.fgb": b"not what it was"}, "broken"),
        ({"nodes.fgb": None}, "layer"),
        ({MANIFEST: None}, "manifest"),
    ],
)
def test_a_spoilt_bundle_is_refused(
    tmp_path: Path, spoil: dict[str, bytes | None], reason: str
) -> None:
    bundle.write(tmp_path / "one.zip", ABOUT, check(town())[0])
    with (
        zipfile.ZipFile(tmp_path / "one.zip") as good,
        zipfile.ZipFile(tmp_path / "bad.zip", "w") as bad,
    ):
        for name in good.namelist():
            content = spoil.get(name, good.read(name))
            if content is not None:
                bad.writestr(name, content)
    with pytest.raises(BadInput) as caught:
        _ = bundle.read(tmp_path / "bad.zip").nodes
    assert caught.value.facts["reason"] == reason


def test_no_zip_and_no_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "text.zip").write_text("no zip")
    for name in ("text.zip", "absent.zip"):
        with pytest.raises(BadInput):
            bundle.read(tmp_path / name)


def test_a_layer_without_column_or_crs_is_refused(tmp_path: Path) -> None:
    bare = frame([{"adcode": "990101", "geometry": shapely.box(0, 0, 1, 1)}])
    for spoilt in (bare, frame([district()], crs=None)):
        with pytest.raises(BadInput):
            bundle.write(tmp_path / "one.zip", ABOUT, {"districts": spoilt})
    with pytest.raises(BadInput):
        bundle.write(tmp_path / "one.zip", ABOUT, {})


# --- faults ---------------------------------------------------------------------------------


def test_a_sound_city_has_no_faults() -> None:
    assert codes(town()) == []


def test_a_self_crossing_polygon_is_mended() -> None:
    bow = shapely.Polygon([(114, 33), (115, 34), (115, 33), (114, 34)])
    layers, faults = check({"districts": frame([district(shape=bow)])})
    assert [(f.code, f.severity) for f in faults] == [("self_crossing", "mended")]
    assert "自相交" in faults[0].text
    shape = layers["districts"].geometry.iloc[0]
    assert shape.is_valid
    assert shape.area == pytest.approx(0.5)


def test_a_polygon_without_area_is_an_error() -> None:
    flat = shapely.Polygon([(114, 33), (115, 34), (114, 33)])
    assert codes({"districts": frame([district(shape=flat)])}) == ["no_area"]


def test_swapped_lon_and_lat_are_turned_round() -> None:
    swapped = shapely.box(33, 114, 34, 115)
    layers, faults = check({"districts": frame([district(shape=swapped)])})
    assert [fault.code for fault in faults] == ["swapped"]
    assert tuple(layers["districts"].total_bounds) == (114, 33, 115, 34)


def test_metres_that_call_themselves_degrees_are_an_error() -> None:
    metres = shapely.box(500_000, 3_700_000, 510_000, 3_710_000)
    assert codes({"districts": frame([district(shape=metres)])}) == ["crs"]


def test_points_outside_the_city_are_errors() -> None:
    place = {
        "id": "p1", "kind": "school", "name": "远小学", "address": "", "phone": "", "people": 1,
        "note": "", "geometry": shapely.Point(120, 30),
    }  # fmt: skip
    near = {**place, "id": "p2", "geometry": shapely.Point(114.5, 33.5)}
    _, faults = check(town(places=frame([place, near])))
    assert [(f.code, f.samples) for f in errors(faults)] == [("outside", ("p1",))]


def test_codes_and_parents_are_judged() -> None:
    wrong = {
        "districts": frame([district("99010"), district("990101")]),
        "streets": frame([
            {"code": "990101001", "adcode": "990101", "name": "一", "population": 1,
             "geometry": shapely.box(114, 33, 114.5, 34)},
            {"code": "990199001", "adcode": "990199", "name": "二", "population": 1,
             "geometry": shapely.box(114.5, 33, 115, 34)},
            {"code": "12", "adcode": "990101", "name": "三", "population": 1,
             "geometry": shapely.box(114.5, 33, 115, 34)},
        ]),
    }  # fmt: skip
    assert codes(wrong) == ["adcode", "overlap", "code", "unknown_parent"]


def test_a_key_that_stands_twice_is_an_error() -> None:
    assert "duplicate_id" in codes({"districts": frame([district(), district()])})


def test_unknown_kinds_are_errors() -> None:
    area = {"id": "a1", "kind": "moon", "name": "", "geometry": shapely.box(114, 33, 115, 34)}
    assert codes(town(areas=frame([area]))) == ["kind"]


def test_edges_without_length_and_doubled_ones_are_left_out() -> None:
    a, b = AT["a"], AT["b"]
    layers, faults = check(
        town(
            edge("1", "a", "b", [a, b]),
            edge("2", "b", "a", [b, a]),
            edge("3", "a", "b", [a, b]),
            edge("4", "a", "a", [a, a]),
        )
    )
    assert {"zero_length", "duplicate_edge"} <= {fault.code for fault in faults}
    assert layers["roads"]["id"].tolist() == ["1", "2"]


def test_a_second_road_between_the_same_nodes_stays() -> None:
    a, b = AT["a"], AT["b"]
    bent = edge("2", "a", "b", [a, (114.15, 33.12), b])
    assert len(check(town(edge("1", "a", "b", [a, b]), bent))[0]["roads"]) == 2


def test_islands_and_traps_are_noticed() -> None:
    both = [edge("ab", "a", "b", [AT["a"], AT["b"]]), edge("ba", "b", "a", [AT["b"], AT["a"]])]
    trap = edge("bc", "b", "c", [AT["b"], AT["c"]])
    island = edge("de", "d", "e", [AT["d"], AT["e"]])
    _, faults = check(town(*both, trap, island))
    said = {fault.code: fault.samples for fault in faults}
    assert said["islands"] == ("d",)
    assert said["traps"] == ("c",)
    assert not errors(faults)


def test_unknown_and_distant_nodes_are_errors() -> None:
    lost = edge("az", "a", "z", [AT["a"], AT["b"]])
    torn = edge("ac", "a", "c", [AT["a"], AT["b"]])
    assert {"unknown_node", "torn"} <= set(codes(town(lost, torn)))


def test_impossible_speeds_and_lengths_are_mended() -> None:
    fast = edge("ab", "a", "b", [AT["a"], AT["b"]], speed=900.0, length=3.0)
    layers, faults = check(town(fast))
    assert [fault.code for fault in faults if fault.severity == "mended"] == ["length", "speed"]
    assert layers["roads"]["speed"].tolist() == [60.0]


def test_turns_of_roads_that_are_gone_are_left_out() -> None:
    turn = {"from_edge": "ab", "node": "b", "kind": "no", "geometry": shapely.Point(AT["b"])}
    turns = frame([{**turn, "to_edge": "ba"}, {**turn, "to_edge": "bx"}])
    layers, faults = check(town(turns=turns))
    assert "turn" in [fault.code for fault in faults]
    assert layers["turns"]["to_edge"].tolist() == ["ba"]


def test_roads_of_another_city_are_an_error() -> None:
    far = frame([district(shape=shapely.box(120, 30, 121, 31))])
    assert "elsewhere" in codes({**town(), "districts": far})


def test_errors_keep_a_bundle_from_being_made() -> None:
    with pytest.raises(BadInput) as caught:
        require({"districts": frame([district("1")])})
    assert "区划代码" in str(caught.value)
    assert caught.value.facts["reason"] == "adcode"
