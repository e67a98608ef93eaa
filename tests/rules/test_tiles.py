"""Tiles: names agree where tiles meet, nothing is asked of outside, a full disk costs only time."""

from io import BytesIO
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PIL import Image

from gis_data.tiles.grid import box, to_world
from gis_data.tiles.labels import by_tile, labels_of
from gis_data.tiles.render import draw, render
from gis_data.tiles.sheet import Sheet, sheet_of
from gis_data.tiles.store import Tiles
from gis_data.tiles.style import PALETTES
from models.errors import NotFound

HERE = (114.30, 33.60)


def frame(shapes: list[object], **columns: object) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=shapes, crs="EPSG:4326")


def town() -> Sheet:
    lon, lat = HERE
    road = shapely.LineString([(lon - 0.05, lat), (lon + 0.05, lat)])
    lake = shapely.box(lon - 0.02, lat + 0.005, lon + 0.02, lat + 0.02)
    return sheet_of(
        {
            "districts": frame([shapely.box(lon - 0.1, lat - 0.1, lon + 0.1, lat + 0.1)], name=["莲湖区"]),
            "roads": frame(
                [road, shapely.reverse(road)], way=["w1", "w1"], name=["望江<大道>"] * 2,
                bridge=[True, True], **{"class": ["primary"] * 2},
            ),
            "areas": frame([lake], kind=["water"], name=["莲湖"]),
            "places": frame([shapely.Point(lon, lat - 0.01)], kind=["hospital"], name=["市中心医院"]),
        },
        "云州市",
    )  # fmt: skip


def tile_at(zoom: int) -> tuple[int, int]:
    x, y = (to_world(np.array([HERE]))[0] * 2**zoom).astype(int)
    return int(x), int(y)


def test_it_works() -> None:
    sheet, (x, y) = town(), tile_at(14)
    labels = by_tile(labels_of(sheet, 14)).get((x, y), [])
    for scale in (1, 2):
        picture = Image.open(BytesIO(render(sheet, labels, 14, x, y, theme="desk", scale=scale)))
        assert picture.size == (256 * scale, 256 * scale)
        assert len(set(picture.convert("RGB").get_flattened_data())) > 3


def test_the_world_is_a_square_whose_middle_is_on_the_equator() -> None:
    corners = np.array([(0.0, 0.0), (-180.0, 85.0511287798), (180.0, -85.0511287798)])
    assert np.allclose(to_world(corners), [(0.5, 0.5), (0, 0), (1, 1)])
    west, north, east, south = box(14, *tile_at(14))
    ((x, y),) = to_world(np.array([HERE]))
    assert west <= x < east
    assert north <= y < south


def test_names_lie_at_the_same_place_in_neighbouring_tiles() -> None:
    labels = labels_of(town(), 15)
    assert {label.text for label in labels} >= {"望江<大道>", "莲湖", "市中心医院"}
    shown = by_tile(labels)
    wide = [label for label in labels if sum(label in some for some in shown.values()) > 1]
    assert wide  # a name over an edge is drawn by both, at one place of the zoom's pixels


def test_names_never_overlap_and_a_two_way_road_is_one_line() -> None:
    labels = labels_of(town(), 16)
    boxes = [
        shapely.box(
            one.x - one.width / 2, one.y - one.height / 2, one.x + one.width / 2, one.y + one.height / 2
        )
        for one in labels
    ]  # fmt: skip
    assert len(labels) > 3
    assert not any(a.intersects(b) for i, a in enumerate(boxes) for b in boxes[:i])
    assert len(town().roads["primary"].shapes) == 1


def test_a_name_is_text_whatever_it_holds() -> None:
    sheet, (x, y) = town(), tile_at(16)
    labels = [label for label in labels_of(sheet, 16) if label.kind.startswith("road")]
    svg = draw(sheet, labels, 16, x, y, PALETTES["wall"])
    assert "望江&lt;大道&gt;" in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_a_bundle_without_layers_is_blank_land() -> None:
    sheet = sheet_of({}, "空城")
    picture = Image.open(BytesIO(render(sheet, [], 10, 1, 1, theme="desk")))
    assert picture.convert("RGB").get_flattened_data()[0] == (0xF3, 0xF1, 0xEC)
    assert labels_of(sheet, 10) == []


def test_tiles_are_kept_and_a_full_disk_costs_only_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    x, y = tile_at(13)
    first = Tiles(town(), "a" * 64, tmp_path).tile("wall", 13, x, y)
    kept = list(tmp_path.rglob("*.png"))
    assert [path.read_bytes() for path in kept] == [first]
    monkeypatch.setattr("tempfile.NamedTemporaryFile", full)
    elsewhere = tmp_path / "other"
    assert Tiles(town(), "b" * 64, elsewhere).tile("wall", 13, x, y) == first
    assert not list(elsewhere.rglob("*.png"))


def full(**_options: object) -> object:
    raise OSError(28, "No space left on device")


@pytest.mark.parametrize(
    ("theme", "zoom", "x", "y", "scale"),
    [
        ("red", 12, 0, 0, 1), ("desk", 3, 0, 0, 1), ("desk", 12, 4096, 0, 1), ("desk", 12, -1, 0, 1),
        ("desk", 12, 0, 0, 3),
    ],
)  # fmt: skip
def test_what_no_map_asks_for_is_not_found(
    tmp_path: Path, theme: str, zoom: int, x: int, y: int, scale: int
) -> None:
    with pytest.raises(NotFound):
        Tiles(town(), "c" * 64, tmp_path).tile(theme, zoom, x, y, scale=scale)  # type: ignore[arg-type]
