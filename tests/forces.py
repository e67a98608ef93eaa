"""A small town of four corners with response units, an incident and a network that follows the tables."""

from typing import Any

from factories import AT
from road_maps import both, city, lonlat
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import dispatch, incidents
from gis_data.roads.network import Network
from gis_data.roads.present import network_of
from models.clock import to_datetime
from models.events.incident import AnyIncidentEvent, from_row
from models.events.incident.course import Place
from models.rules.incident.moves import MACHINE
from models.store.db import tenant_of
from models.tables import Capability, City, IncidentType, Outbox, ResponseUnit
from tickets.moving import Actor

RIGHTS = frozenset({"command.view", "command.report", "command.act", "command.edit", "roads.close"})
COORD = Actor(7, "协调员", RIGHTS)
OTHER = Actor(8, "另一协调员", RIGHTS)
HERE = Actor(9, "莲湖协调员", RIGHTS, district="1")
LOOKS = Actor(10, "领导", frozenset({"command.view"}))
MACHINE_ACTOR = Actor(0, "系统", RIGHTS | {MACHINE})
NODES = {
    "a": (0.0, 0.0), "b": (1000.0, 0.0), "c": (2000.0, 0.0), "d": (1000.0, 1200.0),
    "w": (-1000.0, 0.0), "e": (3000.0, 0.0), "x": (9000.0, 0.0), "y": (9500.0, 0.0),
}  # fmt: skip
STREETS = [
    *both("ab", "a", "b"), *both("bc", "b", "c"), *both("ad", "a", "d"), *both("dc", "d", "c"),
    *both("wa", "w", "a"), *both("ce", "c", "e"), *both("xy", "x", "y"),
]  # fmt: skip
"""All at 36 km/h: 10 m/s. From x to y is an island."""
GROUND = city(NODES, STREETS).ground
SCENE = lonlat(1900, 0)


def town(session: Session) -> None:
    """Put the city, an incident type and the capabilities into the tenant."""
    tenant = tenant_of(session)
    session.add(
        City(
            tenant_id=tenant, name="云州市", sha256="one", manifest={}, active=True,
            imported_at=to_datetime(AT), imported_by=1, activated_at=to_datetime(AT),
        )
    )  # fmt: skip
    session.add(IncidentType(tenant_id=tenant, code="gas", kind="accident", label="燃气泄漏"))
    for place, (code, label) in enumerate(
        (("fire", "灭火"), ("gas", "燃气抢修"), ("boat", "水上救援"))
    ):
        session.add(Capability(tenant_id=tenant, code=code, label=label, position=place))
    session.flush()


def make_force(
    session: Session, code: str, x: float = 100.0, y: float = 0.0, **more: Any
) -> ResponseUnit:
    """Put a staffed fire unit into the tenant, at home some metres from the centre."""
    lon, lat = lonlat(x, y)
    given = {
        "label": f"{code}中队", "type": "fire", "capabilities": ["fire"], "staff": 6, "min_staff": 4,
        "station_lon": lon, "station_lat": lat, **more,
    }  # fmt: skip
    row = ResponseUnit(tenant_id=tenant_of(session), code=code, **given)
    session.add(row)
    session.flush()
    return row


def make_incident(session: Session, place: tuple[float, float] | None = SCENE, **needs: int) -> int:
    """Report an incident with needs; return its id."""
    lon, lat = place or (None, None)
    form = incidents.Form("gas", "幸福小区燃气泄漏", Place(lon, lat, "幸福路1号", "1"))
    state = incidents.report(session, form, actor=COORD, now=AT)
    for capability, count in needs.items():
        dispatch.set_need(session, state.id, capability, count, actor=COORD, now=AT)
    return state.id


def network(session: Session, now: float = AT) -> Network:
    """Return the roads as the tables say."""
    return network_of(session, GROUND, now=now)


def told(session: Session, kind: type[AnyIncidentEvent] | Any) -> list[Any]:
    """Return the incident events of a kind in the outbox."""
    rows = session.scalars(
        select(Outbox.event).where(Outbox.stream.like("incidents:%")).order_by(Outbox.id)
    )
    return [event for event in map(from_row, rows) if isinstance(event, kind)]
