"""定位 on the real database: set, refused, two at once, found by the address; who sees what around it."""

from typing import Any

import pytest
from factories import AT
from small_city import LAT, LON, METRIC, layers
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, UNIT, opened, same_as_history, units

from gis_data.gazetteer.index import Gazetteer, gazetteer_of
from gis_data.gazetteer.reverse import Surface
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.rules.places import cell_of
from models.store.people import PERMISSIONS
from models.tables import Ticket, TicketHistory
from tickets import assignment, default_points, duplicates, placing, search
from tickets.criteria import Criteria
from tickets.intake import Form
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
SEES = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
WATCHES = Actor(3, "督办", frozenset({"ticket.view", "ticket.supervise"}))
CHIEF = Actor(1, "林值班", PERMISSIONS)
LOST = Form(kind="help", title="路灯不亮", content="三天了", address="长江东路附近")


@pytest.fixture(scope="module")
def surface() -> Surface:
    return Surface(layers(), METRIC)


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return gazetteer_of(layers(), "云州市")


def put(session: Session, row: Ticket, surface: Surface, **more: Any) -> None:
    given: dict[str, Any] = {
        "lon": LON + 0.001,
        "lat": LAT,
        "precision": "address",
        "version": row.version,
    }
    placing.place(
        session, row.id, surface=surface, **{"actor": SEES, "now": AT + 60, **given, **more}
    )


def test_it_works(session: Session, surface: Surface) -> None:
    row = opened(session, LOST)
    assert (row.precision, row.h9, row.district) == ("", None, "")
    put(session, row, surface, address="长江东路1号", note="回拨问过")
    same_as_history(session, row)
    where = (row.lon, row.lat, row.precision, row.h9, row.point_source)
    assert where == (LON + 0.001, LAT, "address", cell_of(LON + 0.001, LAT), "placed")
    assert (row.district, row.street, row.grid) == ("990101", "990101001", "990101001001")
    told = session.scalars(select(TicketHistory).where(TicketHistory.verb == "place")).one()
    assert (told.event["was"], told.event["address"], told.note) == (
        "长江东路附近",
        "长江东路1号",
        "回拨问过",
    )
    assert told.status == "pending_assign"
    found = search.find(session, Criteria(words="长江东路1号"), actor=SEES, now=AT + 70)
    assert [line.row.id for line in found.lines] == [row.id]
    # only an area: no grid, and of a district no street
    put(session, row, surface, precision="street")
    assert (row.street, row.grid, row.address) == ("990101001", "", "长江东路1号")
    put(session, row, surface, precision="district")
    assert (row.district, row.street) == ("990101", "")


def test_refusals(session: Session, surface: Surface) -> None:
    row = opened(session, LOST)
    nan = float("nan")
    for wrong, field in (
        ({"lon": LAT, "lat": LON}, "point"), ({"lon": 0.0}, "point"), ({"lat": nan}, "point"),
        ({"precision": "default"}, "precision"), ({"precision": ""}, "precision"), ({"precision": "x"}, "precision"),
        ({"address": "长" * 201}, "address"), ({"address": "a\0"}, "address"),
    ):  # fmt: skip
        with pytest.raises(BadInput) as error:
            put(session, row, surface, **wrong)
        assert error.value.facts["field"] == field
    for who in (UNIT, Actor(9, "路人", frozenset({"ticket.view"}))):
        with pytest.raises(Refused):
            put(session, row, surface, actor=who)
    with pytest.raises(NotFound):
        placing.place(
            session, 0, lon=LON, lat=LAT, precision="point", version=1, surface=surface, actor=SEES, now=AT
        )  # fmt: skip
    assert (row.version, row.lon) == (1, None)


def test_two_who_place_at_once(session: Session, surface: Surface) -> None:
    row = opened(session, LOST)
    seen = row.version
    put(session, row, surface, version=seen)
    with session.begin_nested(), pytest.raises(WrongStatus) as error:
        put(session, row, surface, version=seen, lon=LON - 0.001)
    assert error.value.facts["cap"] == "moved"


@pytest.mark.usefixtures("units")
def test_from_every_state_but_merged(session: Session, surface: Surface) -> None:
    row, main = opened(session, LOST), opened(session, LOST)
    assignment.assign(session, main.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 9)
    session.refresh(main)
    put(session, main, surface)
    assert main.status == "assigned"
    duplicates.merge(session, row.id, into=main.no, actor=CENTRE, now=AT + 20)
    with pytest.raises(WrongStatus):
        put(session, row, surface)


def test_an_intake_form_is_placed_by_what_it_says(gazetteer: Gazetteer, surface: Surface) -> None:
    def found(**more: Any) -> Form:
        given = {"kind": "help", "title": "路灯", "content": "不亮", **more}
        return placing.on_ground(Form(**given), gazetteer, surface)

    sure = found(address="云州市莲湖区长江东路8号2单元")
    assert (sure.precision, sure.point_source, sure.district) == ("address", "matched", "990101")
    assert (sure.lon, sure.grid) == (LON + 0.008, "990101001001")
    assert found(address="人民公园").precision == "place"
    assert found(address="望江街道").precision == "street"
    for vague in (
        "",
        "长江东路",
        "长江东路8号对面",
        "长江东路99号",
        "我家",
        "长江东路与中山南路交叉口",
    ):
        assert found(address=vague).lon is None, vague
    assert found(address="人民公园", district="990102").lon is None
    pressed = found(lon=LON, lat=LAT, precision="point", district="990105", address="人民公园")
    assert (pressed.district, pressed.point_source, pressed.lon) == ("990101", "entered", LON)
    assert found(lon=LON, lat=LAT, precision="road").point_source == "gazetteer"
    for wrong in (
        {"lon": LAT, "lat": LON},
        {"precision": "point"},
        {"lon": LON, "lat": LAT, "precision": "default"},
    ):
        with pytest.raises(BadInput):
            found(**wrong)


def test_what_waits_is_counted_as_it_is_listed(session: Session, surface: Surface) -> None:
    rows = [opened(session, LOST, AT + n) for n in range(3)]
    put(session, rows[1], surface, precision="street", now=AT + 60)
    listed = placing.waiting(session, "no", actor=SEES, now=AT + 90)
    assert ([row.id for row in listed.rows], listed.counts) == (
        [rows[2].id, rows[0].id], {"no": 2, "area": 1, "default": 0},
    )  # fmt: skip
    following = placing.after(session, "no", rows[2], actor=SEES, now=AT + 90)
    assert following is rows[0]
    assert placing.after(session, "no", rows[0], actor=SEES, now=AT + 90) is rows[2]
    abroad = Actor(5, "云岭值守", SEES.can, "", "990105")
    assert placing.waiting(session, "no", actor=abroad, now=AT + 90).counts["area"] == 0


@pytest.mark.usefixtures("units")
def test_near_is_metres_and_within_sight(session: Session) -> None:
    point: dict[str, Any] = {
        "kind": "help",
        "title": "路灯",
        "content": "不亮",
        "district": "990101",
    }
    rows = [
        opened(session, Form(lon=LON + east / 92_700, lat=LAT, **point)) for east in (0, 490, 510)
    ]
    near = Criteria(around=f"{LON},{LAT},500")

    def seen(who: Actor) -> set[int]:
        return {line.row.id for line in search.find(session, near, actor=who, now=AT + 9).lines}

    assert seen(SEES) == {rows[0].id, rows[1].id}
    assert seen(Actor(5, "云岭值守", SEES.can, "", "990105")) == set()
    unit = Actor(2, "经办", UNIT.can | {"ticket.view"}, "zjj")
    assert seen(unit) == set()
    assignment.assign(session, rows[1].id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 1)
    assert seen(unit) == {rows[1].id}
    for wrong in ("x", "1,2", "200,0,5", f"{LON},{LAT},0", f"{LON},{LAT},999999", f"nan,{LAT},5"):
        with pytest.raises(BadInput):
            search.count(session, Criteria(around=wrong), actor=SEES, now=AT, most=9)


def test_a_default_point_is_declared_and_taken_back(session: Session) -> None:
    tower = [
        opened(session, Form(kind="help", title="电梯", content="坏", address=f"幸福小区{n}号楼", lon=LON, lat=LAT))
        for n in range(22)
    ]  # fmt: skip
    session.flush()
    (pile,) = default_points.piles(session, since=AT - 9, actor=CHIEF, now=AT + 9)
    assert pile == (LON, LAT, 22, False)
    with pytest.raises(Refused):
        default_points.declare(session, LON, LAT, default=True, actor=WATCHES, now=AT + 9)
    with pytest.raises(NotFound):
        default_points.declare(session, 1.0, 2.0, default=True, actor=CHIEF, now=AT + 9)
    assert default_points.declare(session, LON, LAT, default=True, actor=CHIEF, now=AT + 9) == 22
    assert tower[0].precision == "default"
    late = opened(session, Form(kind="help", title="灯", content="坏", lon=LON, lat=LAT), AT + 20)
    ((_, marked),) = default_points.set_apart(session, actor=CHIEF, now=AT + 30)
    assert (marked, late.precision) == (1, "default")
    assert default_points.declare(session, LON, LAT, default=False, actor=CHIEF, now=AT + 40) == 23
    assert tower[0].precision == "place"
    assert default_points.set_apart(session, actor=CHIEF, now=AT + 50) == []
    assert default_points.piles(session, since=AT - 9, actor=CHIEF, now=AT + 50) == [
        (LON, LAT, 23, False)
    ]
