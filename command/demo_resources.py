"""Forces and means of the demo city: units at its own stations, depots, shelters, and what must stay available."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import shapely
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import resources, sites, supplies
from command.capabilities import Said, add_capability
from command.recommend import Floor
from command.resources import UnitForm
from command.sites import DepotForm, ShelterForm
from gis_data.city import bundle
from gis_data.city.manifest import SHIPPED
from models.clock import Instant
from models.store import db
from models.tables import ResponseUnit
from tickets.moving import Actor

CENTRE = Actor(0, "云州中心", frozenset({"command.view", "command.act", "command.edit"}))
CAPABILITIES = (
    ("fire", "灭火"), ("rescue", "破拆救援"), ("ladder", "高空救援"), ("ambulance", "医疗急救"),
    ("police", "治安警戒"), ("gas_repair", "燃气抢修"), ("power_repair", "电力抢修"), ("water_repair", "供水抢修"),
    ("pump", "排涝抽水"), ("hazmat", "危化品处置"), ("monitor", "气体监测"), ("boat", "水上救援"),
    ("dig", "挖掘清障"),
)  # fmt: skip


class Team(NamedTuple):
    """Units of one kind at stations of one kind of place whose names end so, the first `units` of them."""

    code: str
    type: str
    place: str
    ending: str
    units: int
    name: str
    organisation: str
    capabilities: tuple[str, ...]
    staff: int
    min_staff: int


TEAMS = (
    Team("XF", "fire", "fire_station", "消防救援站", 18, "消防站一号车", "市消防救援支队", ("fire", "rescue"), 7, 5),
    Team("YT", "fire", "fire_station", "消防救援站", 3, "消防站云梯车",
         "市消防救援支队", ("fire", "ladder", "rescue"), 5, 4),
    Team("WH", "hazmat", "fire_station", "港口消防救援站", 1, "危化品处置车",
         "市消防救援支队", ("hazmat", "monitor", "fire"), 6, 5),
    Team("WG", "hazmat", "fire_station", "高新消防救援站", 1, "危化品处置车",
         "市消防救援支队", ("hazmat", "monitor"), 6, 5),
    Team("JH", "ambulance", "hospital", "服务中心", 10, "救护车", "市急救中心", ("ambulance",), 3, 3),
    Team("GA", "police", "police", "派出所", 10, "巡逻车", "市公安局", ("police",), 4, 2),
    Team("RQ", "gas", "utility", "燃气调压站", 4, "燃气抢修车", "市燃气集团", ("gas_repair", "monitor"), 4, 3),
    Team("DL", "power", "utility", "变电站", 4, "电力抢修车", "市供电公司", ("power_repair",), 5, 3),
    Team("GS", "water", "utility", "供水加压站", 4, "供水抢修车", "市水务集团", ("water_repair", "dig"), 5, 3),
    Team("PL", "flood", "utility", "污水泵站", 3, "移动泵车", "市排水管理处", ("pump",), 4, 2),
    Team("CZ", "boat", "bridge", "大桥", 3, "冲锋舟分队", "市防汛抢险队", ("boat", "rescue", "pump"), 6, 4),
    Team("WJ", "machine", "utility", "供热站", 4, "挖掘机组", "市政工程抢险队", ("dig",), 3, 2),
)  # fmt: skip
STOCK = (
    ("sandbag", "沙袋", "只", 6000, 2000), ("pump", "排水泵", "台", 24, 8), ("tent", "帐篷", "顶", 300, 100),
    ("quilt", "棉被", "床", 1200, 400), ("water", "瓶装水", "箱", 900, 300), ("foam", "泡沫灭火剂", "吨", 12, 6),
    ("jacket", "救生衣", "件", 400, 150), ("generator", "发电机", "台", 16, 6),
    ("absorbent", "吸附材料", "袋", 260, 100),
)  # fmt: skip
DEPOTS = (
    ("WZ1", "市应急物资中心库", "mall", "990101", 1.0), ("WZ2", "滨江防汛物资库", "mall", "990103", 0.5),
    ("WZ3", "东沙救灾物资库", "government", "990104", 0.4), ("WZ4", "清溪县物资储备点", "government", "990121", 0.15),
)  # fmt: skip
SHELTERS = 14
FLOORS = (
    Floor("fire", "", 8), Floor("fire", "990101", 2), Floor("ambulance", "", 3), Floor("police", "", 3),
    Floor("hazmat", "", 1),
)  # fmt: skip


def fill(engine: Engine, tenant_id: int, *, now: Instant) -> int:
    """Give the demo its forces and means, unless it has any; return how many units."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(ResponseUnit.code).limit(1)) is not None:
            return 0
        town = _Town()
        for position, (code, label) in enumerate(CAPABILITIES):
            add_capability(session, code, Said(label, position), actor=CENTRE, now=now)
        units = [unit for team in TEAMS for unit in _units(town, team)]
        for code, form in units:
            resources.add_unit(session, code, form, actor=CENTRE, now=now)
        _depots(session, town, now)
        _shelters(session, town, now)
        for floor in FLOORS:
            resources.set_reserve(session, floor, actor=CENTRE, now=now)
        resources.mark_out(
            session, "XF17", reason="车辆年检，预计 18:00 归队", actor=CENTRE, now=now
        )
        return len(units)


class _Town:
    """The demo city's places, with the district each lies in."""

    def __init__(self) -> None:
        city = bundle.read(SHIPPED)
        self._places = city.layer("places")
        self._districts = city.districts

    def places(self, kind: str, ending: str = "") -> list[Any]:
        """Return the places of a kind whose names end so, the districts taking turns."""
        of = self._places[self._places["kind"] == kind]
        rows = [row for row in of.itertuples() if row.name.endswith(ending)]
        turns: dict[str, int] = {}
        order = []
        for row in rows:
            district = self.district(row)
            turns[district] = turns.get(district, 0) + 1
            order.append((turns[district], district, row))
        return [row for _, _, row in sorted(order, key=lambda each: each[:2])]

    def district(self, row: Any) -> str:  # noqa: ANN401 - a row of the layer
        """Return the code of the district a place lies in."""
        inside = shapely.contains(self._districts.geometry.to_numpy(), row.geometry)
        codes = self._districts["adcode"][inside].tolist()
        return str(codes[0]) if codes else ""


def _units(town: _Town, team: Team) -> Iterator[tuple[str, UnitForm]]:
    places = town.places(team.place, team.ending)[: team.units]
    for number, place in enumerate(places, 1):
        code = f"{team.code}{number:02}"
        short = place.name.removesuffix(team.ending).removesuffix("社区卫生")
        low = team.staff - team.min_staff + 1
        short_of = low if code in ("GA07", "WJ03") else 0  # too few people today
        yield code, UnitForm(
            label=f"{short}{team.name}", type=team.type, capabilities=team.capabilities,
            staff=team.staff - short_of, min_staff=team.min_staff, station_lon=place.geometry.x,
            station_lat=place.geometry.y, organisation=team.organisation, phone=place.phone,
            district=town.district(place), device=f"BD-{code}",
        )  # fmt: skip


def _depots(session: Session, town: _Town, now: Instant) -> None:
    for number, (code, label, kind, where, share) in enumerate(DEPOTS):
        place = next(p for p in town.places(kind) if town.district(p) == where)
        form = DepotForm(
            label, place.geometry.x, place.geometry.y, town.district(place), place.address, "市应急管理局",
            f"0000-66{number:05}",
        )  # fmt: skip
        sites.add_depot(session, code, form, actor=CENTRE, now=now)
        for supply, name, measure, amount, floor in STOCK:
            supplies.add(
                session, code, supply, label=name, measure=measure, floor=round(floor * share),
                actor=CENTRE, now=now,
            )  # fmt: skip
            low = 0.25 if (code, supply) in (("WZ2", "pump"), ("WZ3", "quilt")) else 1.0
            there = round(amount * share * low)
            if there:
                supplies.stock_in(
                    session, code, supply, there, note="期初盘点", actor=CENTRE, now=now
                )


def _shelters(session: Session, town: _Town, now: Instant) -> None:
    for number, place in enumerate(town.places("shelter")[:SHELTERS], 1):
        form = ShelterForm(
            place.name, place.geometry.x, place.geometry.y, int(place.people), town.district(place), place.address,
            place.phone,
        )  # fmt: skip
        sites.add_shelter(session, f"BN{number:02}", form, actor=CENTRE, now=now)
        if number in (2, 5):
            sites.occupy(session, f"BN{number:02}", 120 * number, seen=0, actor=CENTRE, now=now)
