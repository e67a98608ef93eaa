"""Closing and opening roads, speeds from feeds, and the network every process comes to from the tables."""

import threading
from typing import Any

import numpy as np
import pytest
import shapely
from conftest import Place
from factories import AT
from road_maps import both, city, lonlat
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session

from gis_data.roads import closures, routes, speeds
from gis_data.roads.network import Network
from gis_data.roads.present import Roads, network_of
from gis_data.roads.routes import Route, Unreachable
from models.clock import to_datetime
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events import place
from models.store import db
from models.tables import Audit, City, Closure, Outbox, RoadSpeed
from tickets.moving import Actor

HERE = Actor(5, "值班长", frozenset({"roads.close"}))
NOBODY = Actor(6, "谁", frozenset({"ticket.view"}))
NODES = {"a": (0.0, 0.0), "b": (1000.0, 0.0), "c": (2000.0, 0.0), "d": (1000.0, 800.0)}
STREETS = [
    *both("ab", "a", "b"), *both("bc", "b", "c"), *both("ad", "a", "d"), *both("dc", "d", "c"),
]  # fmt: skip
MOVED = [
    *both("ab2", "a", "b"),
    *both("bc2", "b", "c"),
    *both("ad", "a", "d"),
    *both("dc", "d", "c"),
]
GROUND = city(NODES, STREETS).ground
NEXT = city(NODES, MOVED).ground


def activate(session: Session, tenant_id: int, sha256: str = "one") -> City:
    for old in session.scalars(select(City).where(City.active)):
        old.active = False
    session.flush()
    row = City(
        tenant_id=tenant_id, name="云州市", sha256=sha256, manifest={}, active=True,
        imported_at=to_datetime(AT), imported_by=1, activated_at=to_datetime(AT),
    )  # fmt: skip
    session.add(row)
    session.flush()
    return row


@pytest.fixture
def town(session: Session, tenant: Place) -> City:
    return activate(session, tenant.id)


def spot(x: float, y: float = 0.0) -> shapely.Point:
    return shapely.Point(lonlat(x, y))


def box(west: float, south: float, east: float, north: float) -> shapely.Polygon:
    corners = ((west, south), (east, south), (east, north), (west, north))
    return shapely.Polygon([lonlat(*corner) for corner in corners])


def close(session: Session, shape: shapely.Geometry, **more: Any) -> Closure:
    given = {"reason": "塌方", "ends_at": None, "actor": HERE, "now": AT}
    return closures.close(session, GROUND, shape, **{**given, **more})


def way(network: Network, by: Any = "length") -> Route | Unreachable:
    stops = network.ground.snap(np.array([lonlat(200, 0), lonlat(1800, 0)]))
    return routes.route(network, stops[0], stops[1], by)  # type: ignore[arg-type]


def events(session: Session) -> list[place.AnyPlaceEvent]:
    rows = session.scalars(select(Outbox).where(Outbox.stream.like("places:%")).order_by(Outbox.id))
    return [place.from_row(row.event) for row in rows]


@pytest.mark.usefixtures("town")
def test_it_works(session: Session) -> None:
    before = way(network_of(session, GROUND, now=AT))
    row = close(session, box(450, -50, 550, 50), ends_at=AT + 3600)
    assert row.edges == ["ab", "ab-"]
    assert [c.id for c in closures.current(session, now=AT)] == [row.id]
    shut = way(network_of(session, GROUND, now=AT))
    assert isinstance(before, Route) and shut == Unreachable(
        network_of(session, GROUND, now=AT).version, "closed", (row.id,)
    )
    closures.lift(session, row.id, actor=HERE, now=AT + 10)
    again = network_of(session, GROUND, now=AT + 10)
    assert not again.closures
    opened = way(again)
    assert isinstance(opened, Route) and opened.edges == before.edges
    assert opened.version == before.version
    told = events(session)
    assert [type(event).__name__ for event in told] == ["RoadClosed", "RoadOpened"]
    assert isinstance(told[0], place.RoadClosed)
    assert (told[0].closure, told[0].edges, told[0].reason) == (row.id, 2, "塌方")
    assert session.scalars(select(Audit.verb)).all() == ["road_closed", "road_opened"]


@pytest.mark.usefixtures("town")
def test_the_audit_keeps_why_a_road_was_opened(session: Session) -> None:
    row = close(session, spot(500))
    with pytest.raises(BadInput):
        closures.lift(session, row.id, reason="x" * 501, actor=HERE, now=AT + 1)
    closures.lift(session, row.id, reason="已修复", actor=HERE, now=AT + 1)
    last = session.scalars(select(Audit).order_by(Audit.id.desc())).first()
    assert last is not None and last.detail["reason"] == "已修复"


@pytest.mark.usefixtures("town")
def test_points_and_lines_close_the_road_under_them(session: Session) -> None:
    assert close(session, spot(1500, 6)).edges == ["bc", "bc-"]
    line = shapely.LineString([lonlat(900, 3), lonlat(1100, 3)])
    assert set(close(session, line).edges) >= {"ab", "ab-", "bc", "bc-"}


@pytest.mark.usefixtures("town")
def test_what_ends_opens_by_itself_and_cannot_be_lifted_then(session: Session) -> None:
    row = close(session, spot(500), ends_at=AT + 60)
    assert network_of(session, GROUND, now=AT + 59).count
    assert not network_of(session, GROUND, now=AT + 60).count
    assert closures.current(session, now=AT + 60) == []
    with pytest.raises(WrongStatus):
        closures.lift(session, row.id, actor=HERE, now=AT + 61)


@pytest.mark.usefixtures("town")
def test_lifting_one_of_two_opens_nothing_and_lifting_twice_says_who_did_it(
    session: Session,
) -> None:
    first, second = close(session, spot(500)), close(session, box(400, -10, 600, 10))
    closures.lift(session, first.id, actor=HERE, now=AT + 5)
    network = network_of(session, GROUND, now=AT + 5)
    assert way(network) == Unreachable(network.version, "closed", (second.id,))
    with pytest.raises(WrongStatus) as late:
        closures.lift(session, first.id, actor=HERE, now=AT + 6)
    assert late.value.facts["lifted_by"] == HERE.user_id
    with pytest.raises(NotFound):
        closures.lift(session, 10**9, actor=HERE, now=AT)
    closures.lift(session, second.id, actor=HERE, now=AT + 7)
    assert isinstance(way(network_of(session, GROUND, now=AT + 7)), Route)
    assert len(events(session)) == 4


@pytest.mark.usefixtures("town")
@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (shapely.Polygon(), "empty"),
        (shapely.MultiPoint([lonlat(0, 0)]), "empty"),
        (shapely.Polygon([lonlat(0, 0), lonlat(900, 500), lonlat(900, 0), lonlat(0, 500)]), "crossing"),
        (shapely.Point(33.0, 112.0), "swapped"),
        (shapely.Point(2.35, 48.85), "outside"),
        (spot(60_000), "no_road"),
        (spot(500, 300), "no_road"),
    ],
)  # fmt: skip
def test_a_shape_that_cannot_be_says_why(session: Session, shape: Any, why: str) -> None:
    with pytest.raises(BadInput) as refused:
        close(session, shape)
    assert (refused.value.facts["field"], refused.value.facts["why"]) == ("shape", why)
    assert session.scalar(select(func.count()).select_from(Closure)) == 0


@pytest.mark.usefixtures("town")
def test_what_else_is_refused(session: Session) -> None:
    wrong = (("reason", " "), ("reason", "长" * 501), ("ends_at", AT))
    for field, value in wrong:
        with pytest.raises(BadInput) as refused:
            close(session, spot(500), **{field: value})
        assert refused.value.facts["field"] == field
    with pytest.raises(Refused):
        close(session, spot(500), actor=NOBODY)
    row = close(session, spot(500))
    with pytest.raises(Refused):
        closures.lift(session, row.id, actor=NOBODY, now=AT)


def test_without_an_active_city_there_is_nothing_to_close(session: Session) -> None:
    with pytest.raises(NotFound):
        close(session, spot(500))
    with pytest.raises(NotFound):
        network_of(session, GROUND, now=AT)


def test_closures_are_found_anew_in_another_version_of_the_city(
    session: Session, tenant: Place
) -> None:
    activate(session, tenant.id)
    kept, gone = close(session, spot(500)), close(session, spot(1500))
    gone.shape = shapely.to_wkb(spot(40_000))
    newer = activate(session, tenant.id, "two")
    at_once = network_of(session, NEXT, now=AT)
    assert at_once.table.ids(at_once.closures[kept.id]) == ["ab2", "ab2-"]
    assert not len(at_once.closures.get(gone.id, []))
    assert newer.id != kept.city_id
    assert [row.id for row in closures.current(session, now=AT)] == [gone.id, kept.id]


def test_an_end_that_has_come_is_written_and_told_once(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        activate(session, tenant.id)
        number, later = (close(session, spot(500), ends_at=AT + end).id for end in (60, 600))
    came: list[int] = []

    def end() -> None:
        with db.transaction(engine, tenant.id) as session:
            came.extend(closures.end_due(session, now=AT + 61))

    with db.transaction(engine, tenant.id) as session:
        assert closures.end_due(session, now=AT + 59) == []
    threads = [threading.Thread(target=end) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert came == [number]
    with db.transaction(engine, tenant.id) as session:
        told = [event for event in events(session) if isinstance(event, place.RoadOpened)]
        assert [(event.closure, event.actor) for event in told] == [(number, closures.CLOCK)]
        assert session.get_one(Closure, number).lifted_at == to_datetime(AT + 60)
        assert closures.current_ids(session, now=AT + 61) == {later}
        with pytest.raises(WrongStatus):
            closures.lift(session, number, actor=HERE, now=AT + 62)


def test_of_two_who_lift_at_once_one_does(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        activate(session, tenant.id)
        number = close(session, spot(500)).id
    came: list[str] = []

    def lift() -> None:
        try:
            with db.transaction(engine, tenant.id) as session:
                closures.lift(session, number, actor=HERE, now=AT + 1)
            came.append("lifted")
        except HotlineError as error:
            came.append(error.code)

    threads = [threading.Thread(target=lift) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came) == ["lifted", "wrong_status", "wrong_status", "wrong_status"]
    with db.transaction(engine, tenant.id) as session:
        assert len(events(session)) == 2


def test_every_process_comes_to_the_same_version(engine: Engine, tenant: Place) -> None:
    loads: list[str] = []

    def load(_tenant: int, sha256: str) -> Any:
        loads.append(sha256)
        return GROUND.table

    here, there = Roads(load), Roads(load)
    with db.transaction(engine, tenant.id) as session:
        activate(session, tenant.id)
        open_ = here.network(session, now=AT)
        number = close(session, spot(500)).id
    with db.transaction(engine, tenant.id) as session:
        shut, other = here.network(session, now=AT + 1), there.network(session, now=AT + 1)
        assert shut.version == other.version != open_.version
        assert dict(shut.count) == dict(other.count)
        assert here.network(session, now=AT + 2) is shut
        assert isinstance(way(open_), Route)  # who began on the old one ends on it
        speeds.tell(
            session, GROUND.table, {"bc": 5.0}, source="交警", at=AT, until=AT + 300, actor=HERE, now=AT
        )  # fmt: skip
        assert here.network(session, now=AT + 2).speeds == {}
        jammed = here.network(session, now=AT + 6)
        assert list(jammed.speeds.values()) == [5.0]
        assert here.network(session, now=AT + 301).speeds == {}
        closures.lift(session, number, actor=HERE, now=AT + 400)
        back = here.network(session, now=AT + 401)
        assert (dict(back.count), back.version) == (
            {},
            there.network(session, now=AT + 401).version,
        )
    assert loads == ["one", "one"]


@pytest.mark.usefixtures("town")
def test_speeds_are_told_and_end_and_only_later_ones_count(session: Session) -> None:
    def tell(kmh: dict[str, float], at: float) -> speeds.Told:
        return speeds.tell(
            session, GROUND.table, kmh, source="交警", at=at, until=at + 600, actor=HERE, now=AT + 100
        )  # fmt: skip

    first = tell({"ab": 12.0, "bc": 400.0, "zz": 30.0, "ad": float("nan")}, AT)
    assert first == speeds.Told(
        1, 0, {"bc": "too_fast", "zz": "unknown_edge", "ad": "not_a_number"}
    )
    assert tell({"ab": 12.0}, AT) == speeds.Told(0, 1, {})  # told twice
    assert tell({"ab": 50.0}, AT - 60) == speeds.Told(1, 0, {})  # late: what came after it counts
    assert speeds.current(session, now=AT + 100) == {"ab": 12.0}
    before = speeds.stamp(session, now=AT + 100)
    assert tell({"ab": 15.0}, AT + 50).kept == 1
    assert speeds.stamp(session, now=AT + 100) != before
    assert speeds.current(session, now=AT + 700) == {}
    told = events(session)
    assert [(e.edges, e.refused) for e in told if isinstance(e, place.SpeedsTold)] == [
        (1, 3),
        (1, 0),
        (1, 0),
    ]
    driven = network_of(session, GROUND, now=AT + 100)
    assert driven.now["time"].of_edges(driven.table.find(["ab"])) == pytest.approx(
        1000 / (15 / 3.6)
    )
    tell({"ab": 40.0}, AT + 3000)
    assert session.scalar(select(func.count()).select_from(RoadSpeed)) == 4


@pytest.mark.usefixtures("town")
def test_a_forecast_counts_when_its_time_has_come_and_what_is_over_goes(session: Session) -> None:
    def tell(kmh: float, at: float, now: float = AT) -> None:
        speeds.tell(
            session, GROUND.table, {"ab": kmh}, source="交警", at=at, until=at + 3600, actor=HERE, now=now
        )  # fmt: skip

    tell(30.0, AT)
    tell(8.0, AT + 1800)
    assert speeds.current(session, now=AT + 1799) == {"ab": 30.0}
    stamp = speeds.stamp(session, now=AT + 1799)
    assert speeds.current(session, now=AT + 1801) == {"ab": 8.0}
    assert speeds.stamp(session, now=AT + 1801) != stamp
    later = AT + 3 * 86_400
    tell(20.0, later, now=later)
    assert session.scalar(select(func.count()).select_from(RoadSpeed)) == 1


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("source", {"source": " "}),
        ("until", {"until": AT}),
        ("until", {"until": AT + 86_400}),
        ("until", {"at": AT + 90_000, "until": AT + 90_090}),
    ],
)
def test_speeds_of_another_time_or_of_nobody_are_refused(
    session: Session, field: str, more: dict[str, Any]
) -> None:
    given = {"source": "交警", "at": AT, "until": AT + 60, "actor": HERE, "now": AT}
    with pytest.raises(BadInput) as refused:
        speeds.tell(session, GROUND.table, {"ab": 20.0}, **{**given, **more})
    assert refused.value.facts["field"] == field
