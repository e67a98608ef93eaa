"""Eight weeks of the demo city's tickets, spread over its real addresses, with hot spots to be found.

Planted: a building site loud at night for three weeks, rubbish that was cleared three weeks ago, a water main that
burst this morning; and what real data have: places nobody knows, streets only, a geocoder's default point.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from gis_data.city.bundle import City
from models.clock import Instant, day_of
from models.events.ticket import Grade
from models.rules.places import Precision
from models.store import db
from models.store.crypto import Vault
from tickets.history.job import ACTOR
from tickets.history.load import load
from tickets.history.rows import Old

DAYS = 56
A_DAY = 42
HOURS = (1, 1, 1, 1, 1, 2, 4, 8, 14, 16, 15, 12, 9, 10, 13, 14, 13, 12, 10, 9, 8, 6, 4, 2)
"""How a day's tickets fall on its hours."""
BATCH = 1000
UNKNOWN, STREET, DEFAULT = 0.07, 0.04, 0.03
_METRES = 111_320.0


class Spot(NamedTuple):
    """Where a ticket says it is; nothing of it where that is unknown."""

    address: str
    district: str
    lon: float | None
    lat: float | None
    precision: Precision = "address"


class Matter(NamedTuple):
    """What tickets are about: kind, category, unit, title, what is said."""

    kind: str
    category: str
    unit: str
    title: str
    content: str


NOISE = Matter("complaint", "E01", "hbj", "工地夜间施工噪音扰民", "凌晨还在打桩，整夜无法入睡。")
RUBBISH = Matter("complaint", "C01", "cgj", "垃圾堆放无人清运", "垃圾堆在路边多日，气味难闻。")
BURST = Matter("help", "H01", "zjj", "自来水管爆裂停水", "路面冒水，附近小区全部停水。")


@dataclass(slots=True)
class Town:
    """The demo city's addresses to draw from; the same seed draws the same."""

    city: City
    chance: random.Random
    _rows: list[tuple[str, str, float, float]] = field(default_factory=list)
    _streets: list[tuple[str, str, float, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        told = self.city.addresses
        texts = zip(told["road"], told["number"], told["name"], told["district"], strict=True)
        points = zip(told.geometry.x, told.geometry.y, strict=True)
        self._rows = [
            (f"{road}{number}{name}", district, x, y)
            for (road, number, name, district), (x, y) in zip(texts, points, strict=True)
        ]
        self._streets = [
            (row.name, row.adcode, row.geometry.centroid.x, row.geometry.centroid.y)
            for row in self.city.streets.itertuples(index=False)
        ]

    def anywhere(self) -> Spot:
        """Return an address, any as likely as the other: more where more people live."""
        text, district, lon, lat = self.chance.choice(self._rows)
        return Spot(text, district, round(lon, 6), round(lat, 6))

    def as_told(self) -> Spot:
        """Return a place as data have it: mostly an address, sometimes only a street, a default point, nothing."""
        spot, luck = self.anywhere(), self.chance.random()
        if luck < UNKNOWN:
            return Spot("", spot.district, None, None, "")
        if luck < UNKNOWN + STREET:
            name, district, lon, lat = self.chance.choice(self._streets)
            return Spot(name, district, round(lon, 6), round(lat, 6), "street")
        if luck < UNKNOWN + STREET + DEFAULT:
            name, _, lon, lat = self._streets[0]
            return spot._replace(lon=round(lon, 6), lat=round(lat, 6))  # where its geocoder gave up
        return spot

    def near(self, centre: Spot, metres: float) -> Spot:
        """Return an address-like place around another one."""
        angle, far = self.chance.uniform(0, 2 * math.pi), metres * math.sqrt(self.chance.random())
        lon, lat = centre.lon or 0.0, centre.lat or 0.0
        east, north = far * math.cos(angle), far * math.sin(angle)
        return centre._replace(
            lon=round(lon + east / (_METRES * math.cos(math.radians(lat))), 6),
            lat=round(lat + north / _METRES, 6), precision="point",
        )  # fmt: skip

    def quarter(self, district: str) -> Spot:
        """Return the middle of something: an address of a district."""
        own = [row for row in self._rows if row[1] == district] or self._rows
        text, code, lon, lat = own[self.chance.randrange(len(own))]
        return Spot(text, code, lon, lat)


def moment(chance: random.Random, start: Instant) -> Instant:
    """Return an instant of the day that begins at `start`, as busy as its hours are."""
    hour = chance.choices(range(24), HOURS)[0]
    return start + hour * 3600 + chance.random() * 3600


def elapsed_share(now: Instant, zone: str) -> float:
    """Return the share of a day's tickets that come before `now`'s time of day."""
    local = datetime.fromtimestamp(now, ZoneInfo(zone))
    done = sum(HOURS[: local.hour]) + HOURS[local.hour] * local.minute / 60
    return done / sum(HOURS)


def put(
    engine: Engine, tenant_id: int, vault: Vault, zone: str, town: Town, matters: Sequence[Matter],
    *, now: Instant,
) -> int:  # fmt: skip
    """Write the weeks before today as imported tickets, all or none; return how many."""
    rows = sorted(_all(town, matters, zone, now), key=lambda old: old.opened)
    with db.transaction(engine, tenant_id) as session:
        return sum(
            load(session, rows[first : first + BATCH], actor=ACTOR, now=now, vault=vault)
            for first in range(0, len(rows), BATCH)
        )


def _all(town: Town, matters: Sequence[Matter], zone: str, now: Instant) -> Iterator[Old]:
    chance = town.chance
    site, heap = town.quarter("990103"), town.quarter("990104")
    local = datetime.fromtimestamp(now, ZoneInfo(zone)).date()
    for back in range(DAYS, 0, -1):
        day = local - timedelta(days=back)
        start, end = day_of(
            datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo(zone)).timestamp(), zone
        )
        share = 1.0 if day.weekday() < 5 else 0.8
        for _ in range(round(A_DAY * share * chance.uniform(0.9, 1.1))):
            at = min(moment(chance, start), end - 1)
            yield _old(chance, chance.choice(matters), town.as_told(), at, now)
        if back <= 21:
            for _ in range(chance.randint(2, 5)):
                at = start + chance.choice((22, 23, 0, 1)) * 3600 + chance.random() * 3600
                yield _old(chance, NOISE, town.near(site, 350), at, now)
        if 21 < back <= 42:
            for _ in range(chance.randint(1, 4)):
                yield _old(chance, RUBBISH, town.near(heap, 300), moment(chance, start), now)


def _old(chance: random.Random, matter: Matter, spot: Spot, at: Instant, now: Instant) -> Old:
    kind, category, unit, title, content = matter
    closed = min(at + chance.uniform(0.5, 6) * 86_400, now)
    grade: Grade = chance.choices(("very_good", "good", "fair", "bad"), (4, 5, 2, 1))[0]
    return Old(
        key=f"demo-{chance.getrandbits(48):012x}", status="archived", kind=kind, category=category,
        unit=unit, channel=chance.choice(("phone", "phone", "phone", "web")),
        title=f"{spot.address}{title}"[:100], content=content, address=spot.address,
        district=spot.district, lon=spot.lon, lat=spot.lat, precision=spot.precision, name="市民",
        phone=f"1390000{chance.randint(0, 999):04}", confidential=kind == "report",
        opened=at, closed=closed, due=at + 7 * 86_400, replied=closed, called_back=closed,
        result="已到现场处理完毕。" if unit else "已当场解答。", reply="您反映的事项已处理。",
        grade=grade, solved=grade != "bad",
    )  # fmt: skip
