"""Places of the demo city: hospitals, fire stations, police, schools, shelters, hazards, cameras and more."""

import random
from collections.abc import Iterator
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from gis_data.city.demo.ground import (
    PARKS,
    WIDE,
    Block,
    block_kind,
    block_of,
    built_land,
    chance,
    degrees,
    in_lake,
    metres,
    town_land,
)
from gis_data.city.demo.names import DISTRICTS, STREETS
from gis_data.city.demo.network import Network
from gis_data.city.demo.regions import Regions
from gis_data.city.demo.streets import BRIDGES
from gis_data.city.layers import WGS84

NEAR = 0.6
"""Steps a place may be from a road: no engine leaves a station that no road leads to."""


class Found(NamedTuple):
    """A place by lattice position."""

    kind: str
    name: str
    i: float
    j: float
    people: int = -1
    note: str = ""


_METRO = ("火车站", "太平", "北环", "和平", "学府", "人民广场", "钟楼", "解放", "望江", "滨江", "会展", "南苑",
          "迎春", "石门", "云岭", "建设", "胜利", "文庙", "莲湖", "金桥", "工农", "东沙", "科技园", "港口")  # fmt: skip
_HAZARDS = (
    ("加油站", "汽油、柴油"), ("液化气储配站", "液化石油气"), ("化工厂", "甲醇、液氨"), ("冷库", "液氨"),
    ("油库", "成品油"), ("自来水厂氯库", "液氯"), ("烟花爆竹仓库", "烟花爆竹"), ("尾矿库", "溃坝风险"),
)  # fmt: skip


def places(network: Network, regions: Regions) -> gpd.GeoDataFrame:
    """Return the layer `places`, each with the address of its road and a telephone that rings nowhere."""
    luck = chance("places")
    drawn = [p for p in _all(regions, luck) if block_of(p.i, p.j) in regions.grid_of]
    found = []
    for place in drawn:
        i, j = network.beside((place.i, place.j), NEAR)
        found.append(place._replace(i=i, j=j))
    districts = {b: DISTRICTS[code[:6]] for b, code in regions.street_of.items()}
    roads = network.nearest([(p.i, p.j) for p in found])
    spots = degrees(*metres(*np.array([(p.i, p.j) for p in found]).T))
    return gpd.GeoDataFrame(
        {
            "id": [f"p{number:04}" for number in range(1, len(found) + 1)],
            "kind": [p.kind for p in found], "name": [p.name for p in found],
            "address": [
                f"{districts[block_of(p.i, p.j)]}{road}{luck.randrange(1, 90)}号"
                for p, road in zip(found, roads, strict=True)
            ],
            "phone": [
                "" if p.kind in ("camera", "bridge", "metro") else f"0000-8{n:07}"
                for n, p in enumerate(found)
            ],
            "people": [p.people for p in found], "note": [p.note for p in found],
        },
        geometry=shapely.points(spots), crs=WGS84,
    )  # fmt: skip


def _all(regions: Regions, luck: random.Random) -> Iterator[Found]:
    yield from _by_street(regions, luck)
    yield from _by_district(regions, luck)
    yield from _metro()
    for column, name in BRIDGES.items():
        yield Found("bridge", name, column, 0.0, note="跨云水")
    for name in sorted(set(PARKS.values())):
        block = min(b for b in PARKS if PARKS[b] == name)
        yield Found("park", name, block[0] * 8 + 4.3, block[1] * 8 + 3.4, 5000)
    yield Found("park", "人民广场", 6.0, 15.2, 20000)
    yield Found("mall", "金桥市场", 30.0, 12.0, 6000)
    yield Found("government", "云州市人民政府", 2.5, 16.6)
    for number in range(1, 131):
        i, j = _spot(sorted(built_land()), luck)
        yield Found("camera", f"监控{number:04}", round(i / 4) * 4 + 0.12, round(j / 4) * 4 + 0.12)
    yield from _hazards(luck)


def _by_street(regions: Regions, luck: random.Random) -> Iterator[Found]:
    """Yield what every street has."""
    for row in regions.streets.itertuples():
        short = row.name.removesuffix("街道").removesuffix("镇").removesuffix("乡")
        blocks = [block for block, code in sorted(regions.street_of.items()) if code == row.code]
        lived = [b for b in blocks if block_kind(b) in ("home", "business")] or blocks
        office = "街道办事处" if row.name.endswith("街道") else "人民政府"
        yield Found("government", f"{row.name.removesuffix('街道')}{office}", *_spot(lived, luck))
        yield Found("police", f"{short}派出所", *_spot(lived, luck))
        hospital = "社区卫生服务中心" if row.name.endswith("街道") else "卫生院"
        yield Found("hospital", f"{short}{hospital}", *_spot(lived, luck), luck.randrange(20, 120))
        for number, kind in ((1, "小学"), (2, "小学"), (1, "中学")):
            pupils = luck.randrange(400, 2400)
            title = f"{short}第{'一二'[number - 1]}{kind}" if kind == "小学" else f"{short}{kind}"
            yield Found("school", title, *_spot(lived, luck), pupils)
        for number in (1, 2):
            yield Found(
                "kindergarten", f"{short}{'中心第二'[2 * number - 2 : 2 * number]}幼儿园",
                *_spot(lived, luck), luck.randrange(90, 420),
            )  # fmt: skip
        yield Found("nursing_home", f"{short}养老院", *_spot(lived, luck), luck.randrange(40, 260))
        yield Found(
            "shelter", f"{short}应急避难场所", *_spot(lived, luck), luck.randrange(8, 90) * 100
        )
        if luck.random() < 0.7:
            yield Found(
                "mall", f"{short}购物中心", *_spot(lived, luck), luck.randrange(5, 60) * 100
            )
        if luck.random() < 0.8:
            what = luck.choice(("变电站", "供水加压站", "燃气调压站", "污水泵站", "供热站"))
            yield Found("utility", f"{short}{what}", *_spot(blocks, luck))


def _by_district(regions: Regions, luck: random.Random) -> Iterator[Found]:
    for adcode, name in DISTRICTS.items():
        blocks = [b for b, code in sorted(regions.street_of.items()) if code[:6] == adcode]
        built = [b for b in blocks if b in built_land()] or blocks
        beds = luck.randrange(300, 1500)
        yield Found("hospital", f"{name}人民医院", *_spot(built, luck), beds, "有急诊")
        yield Found("hospital", f"{name}中医院", *_spot(built, luck), beds // 2)
        yield Found("government", f"{name}人民政府", *_spot(built, luck))
        yield Found("police", f"云州市公安局{name[:-1]}分局", *_spot(built, luck))
        for number, town in enumerate(STREETS[adcode][:4], 1):
            short = town.removesuffix("街道").removesuffix("镇")
            where = [
                b for b, code in sorted(regions.street_of.items()) if code == f"{adcode}{number:03}"
            ]
            yield Found("fire_station", f"{short}消防救援站", *_spot(where or built, luck), 24)
    for name in ("云州市中心医院", "云州市第一人民医院", "云州市儿童医院", "云州大学附属医院"):
        core = [b for b in sorted(built_land()) if abs(b[0]) < 6 and abs(b[1]) < 5]
        yield Found(
            "hospital", name, *_spot(core, luck), luck.randrange(900, 2600), "三级甲等，有急诊"
        )


def _metro() -> Iterator[Found]:
    """Yield two lines: along 中山路 from north to south, along 解放路 from west to east."""
    rows = np.linspace(60, -46, 13)
    for name, j in zip(_METRO[:13], rows, strict=True):
        yield Found("metro", f"{name}站", 0.2, float(j if abs(j) > 3 else 3.4), note="1号线")
    columns = np.linspace(-58, 62, 11)
    for name, i in zip(_METRO[13:], columns, strict=True):
        yield Found("metro", f"{name}站", float(i), 8.2, note="2号线")


def _hazards(luck: random.Random) -> Iterator[Found]:
    works = [b for b in sorted(built_land()) if block_kind(b) == "industry"]
    fields = sorted(town_land() - built_land())
    for number in range(44):
        what, note = _HAZARDS[0] if number % 3 == 0 else _HAZARDS[number % len(_HAZARDS)]
        where = fields if what in ("烟花爆竹仓库", "尾矿库") else works
        where = sorted(built_land()) if what == "加油站" else where
        i, j = _spot(where, luck)
        stem = luck.choice(("云州", "东方", "华星", "宏达", "金桥", "沙河", "长江", "永昌"))
        yield Found("hazard", f"{stem}{what}{number + 1:02}", i, j, luck.randrange(20, 2000), note)


def _spot(blocks: list[Block], luck: random.Random) -> tuple[float, float]:
    """Return a dry position beside a road in one of the blocks."""
    while True:
        a, b = luck.choice(blocks)
        i = a * 8 + luck.choice((0.2, 3.8, 4.2, 7.8))
        j = b * 8 + 0.5 + 7 * luck.random()
        if abs(i) < WIDE and abs(j) > 2.3 and not in_lake(i, j, 1.15):
            return i, j
