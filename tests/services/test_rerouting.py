"""Ways that follow the roads, supplies that come from depots, people that go to shelters."""

from typing import Any

import numpy as np
import pytest
import shapely
from factories import AT
from forces import (
    COORD,
    GROUND,
    HERE,
    LOOKS,
    SCENE,
    make_force,
    make_incident,
    network,
    told,
    town,
)  # fmt: skip
from road_maps import lonlat
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import (
    deliveries,
    dispatch,
    evacuation,
    incidents,
    moving,
    rerouting,
    resources,
    sites,
    supplies,
)
from command.evacuation import Group, Haven, evacuate, share
from command.resources import UnitForm
from command.sites import DepotForm, ShelterForm
from dashboard.pages import command_moves, command_verbs
from dashboard.texts import LANGUAGES
from dashboard.views import dispatch as pane
from gis_data.roads import closures, routes, speeds
from models.clock import to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import Place
from models.events.incident.response import RouteChanged, SupplyRerouted, SupplyReturned, SupplySent
from models.rules.incident.progress import arrival
from models.tables import Assignment, ResponseUnit, Supply

INF = float("inf")


@pytest.fixture(autouse=True)
def _town(session: Session) -> None:
    town(session)


def shut(session: Session, x: float, y: float = 0.0) -> int:
    row = closures.close(
        session,
        GROUND,
        shapely.Point(lonlat(x, y)),
        reason="塌方",
        ends_at=None,
        actor=COORD,
        now=AT,
    )
    return row.id


def reroute(session: Session, at: float) -> list[tuple[str, str, int, int]]:
    """Find the ways anew; return what was told: unit, cause, seconds before and now."""
    before = len(told(session, RouteChanged))
    count = rerouting.reroute(session, network(session, at), now=at)
    events = told(session, RouteChanged)[before:]
    assert len(events) == count
    return [(e.unit, e.cause, round(e.was), round(e.seconds)) for e in events]


def sent(session: Session, *units: str) -> list[Assignment]:
    """Send units from west of the ring to east of it, 220 s, and let them leave at AT + 10."""
    for unit in units:
        make_force(session, unit, -100)
    incident = make_incident(session, lonlat(2100, 0), fire=len(units))
    rows = []
    for unit in units:
        row = dispatch.assign(
            session,
            incident,
            unit,
            capability="fire",
            network=network(session),
            actor=COORD,
            now=AT,
        )
        dispatch.move_unit(session, row.id, "en_route", actor=COORD, now=AT + 10)
        rows.append(row)
    return rows


def heard(session: Session, unit: str, x: float, at: float) -> None:
    row = session.scalars(select(ResponseUnit).where(ResponseUnit.code == unit)).one()
    (row.lon, row.lat), row.heard_at = lonlat(x, 0), to_datetime(at)
    session.flush()


def test_it_works(session: Session) -> None:
    (row,) = sent(session, "one")
    assert reroute(session, AT + 20) == []
    number = shut(session, 1500)
    assert reroute(session, AT + 30) == [("one", "closure", 200, 312)]
    assert reroute(session, AT + 40) == []
    state = moving.read(session, row.incident_id, actor=LOOKS).assignments[row.id]
    assert arrival(state) == pytest.approx(AT + 30 + 312, abs=1)
    assert round(rerouting.expected(row, AT + 40)) == 302
    way = rerouting.route_of(session, network(session), row.id, actor=LOOKS)
    assert isinstance(way, routes.Route)
    assert way.closures == (number,)
    closures.lift(session, number, actor=COORD, now=AT + 50)
    assert reroute(session, AT + 60) == [("one", "closure", 282, 170)]


def test_a_closure_changes_the_best_way_alone(session: Session) -> None:
    stops: Any = GROUND.snap(np.array([lonlat(-100, 0), lonlat(2100, 0)]))

    def ways(at: float) -> list[Any]:
        roads = network(session, at)
        by: tuple[Any, Any] = ("length", "time")
        return [routes.route(roads, stops[0], stops[1], each) for each in by]

    free = ways(AT)
    speeds.tell(
        session,
        GROUND.table,
        {"ab": 5.0},
        source="交警",
        at=AT,
        until=AT + 900,
        actor=COORD,
        now=AT,
    )
    shortest, best = ways(AT)
    assert shortest.edges == free[0].edges
    assert best.edges != free[1].edges
    (row,) = sent(session, "one")
    assert round(row.seconds) == round(best.time) < round(shortest.time)


def test_traffic_position_and_place_are_told_apart(session: Session) -> None:
    one, _two = sent(session, "one", "two")
    speeds.tell(
        session,
        GROUND.table,
        {"bc": 9.0},
        source="交警",
        at=AT,
        until=AT + 9000,
        actor=COORD,
        now=AT,
    )
    assert [(unit, cause) for unit, cause, *_ in reroute(session, AT + 20)] == [
        ("one", "traffic"), ("two", "traffic"),
    ]  # fmt: skip
    heard(session, "two", -900.0, AT + 200)  # it turned back
    assert [(unit, cause) for unit, cause, *_ in reroute(session, AT + 200)] == [
        ("two", "position")
    ]
    lon, lat = lonlat(1000, 700)
    incidents.amend(session, one.incident_id, place=Place(lon, lat), actor=COORD, now=AT + 210)
    assert {(unit, cause) for unit, cause, *_ in reroute(session, AT + 220)} == {
        ("one", "target"), ("two", "target"),
    }  # fmt: skip


def test_a_way_that_is_lost_is_told_and_found_again(session: Session) -> None:
    (row,) = sent(session, "one")
    first, second = shut(session, 1500), shut(session, 500, 600)
    assert reroute(session, AT + 20) == [("one", "closure", 210, -1)]
    assert reroute(session, AT + 80) == []
    found = rerouting.route_of(session, network(session), row.id, actor=LOOKS)
    assert isinstance(found, routes.Unreachable)
    assert found.cause == "closed"
    assert {first, second} & set(found.closures)
    closures.lift(session, first, actor=COORD, now=AT + 90)
    told_ = reroute(session, AT + 100)
    assert [(cause, was) for _, cause, was, _ in told_] == [("closure", -1)]
    with pytest.raises(NotFound):
        rerouting.route_of(session, network(session), 10**9, actor=LOOKS)


def test_a_unit_that_keeps_to_its_time_says_nothing_and_one_that_is_there_neither(
    session: Session,
) -> None:
    (row,) = sent(session, "one")
    for after in (30, 60, 90):
        heard(session, "one", -100 + 10 * (after - 10), AT + after)
        assert reroute(session, AT + after) == []
    dispatch.move_unit(session, row.id, "on_scene", actor=COORD, now=AT + 200)
    shut(session, 1500)
    assert reroute(session, AT + 210) == []


# --- supplies -------------------------------------------------------------------------------


def stock(
    session: Session, code: str, x: float, amount: float, floor: float = 0.0, district: str = ""
) -> None:
    lon, lat = lonlat(x, 0)
    sites.add_depot(session, code, DepotForm(f"{code}库", lon, lat, district), actor=COORD, now=AT)
    supplies.add(session, code, "bag", label="沙袋", measure="只", floor=floor, actor=COORD, now=AT)
    if amount:
        supplies.stock_in(session, code, "bag", amount, note="入库", actor=COORD, now=AT)


def test_supplies_come_from_the_soonest_depots_that_have_them(session: Session) -> None:
    stock(session, "far", 100, 500)
    stock(session, "near", 1500, 30, floor=20)
    stock(session, "none", 1700, 0)
    stock(session, "isle", 9200, 900)
    incident = make_incident(session)
    found = supplies.sources(session, incident, "bag", 100, network(session), actor=LOOKS)
    assert [(s.line.depot.code, s.send, s.below) for s in found.sources] == [
        ("none", 0, False), ("near", 30, True), ("far", 70, False), ("isle", 0, False),
    ]  # fmt: skip
    assert (found.missing, found.problem) == (0, "")
    assert (
        supplies.sources(session, incident, "bag", 999, network(session), actor=LOOKS).missing
        == 469
    )
    row = supplies.send_supply(
        session, incident, "near", "bag", 25, network=network(session), actor=COORD, now=AT
    )
    event = told(session, SupplySent)[0]
    assert (event.amount, event.label, event.measure) == (25, "沙袋", "只")
    assert event.seconds == pytest.approx(40, rel=0.02)
    assert {line.depot.code for line in supplies.stocks(session, actor=LOOKS) if line.low} == {
        "near"
    }
    with pytest.raises(WrongStatus) as empty:
        supplies.send_supply(session, incident, "near", "bag", 6, network=None, actor=COORD, now=AT)
    assert empty.value.facts["left"] == 5
    assert supplies.return_supply(session, row.id, 10, actor=COORD, now=AT + 60) == 10
    assert supplies.return_supply(session, row.id, 15, actor=COORD, now=AT + 70) == 25
    with pytest.raises(WrongStatus) as more:
        supplies.return_supply(session, row.id, 1, actor=COORD, now=AT + 80)
    assert more.value.facts == {"cap": "returned", "out": 0}
    assert [e.amount for e in told(session, SupplyReturned)] == [10, 25]
    assert moving.read(session, incident, actor=LOOKS).transfers[row.id].returned == 25
    assert session.scalars(select(Supply.amount).where(Supply.depot == "near")).one() == 30


def test_tenths_add_up_as_on_paper(session: Session) -> None:
    stock(session, "near", 1500, 0.3)
    incident = make_incident(session)
    sent = [
        supplies.send_supply(session, incident, "near", "bag", part, network=None, actor=COORD, now=AT)
        for part in (0.1, 0.1, 0.1)
    ]  # fmt: skip
    assert session.scalars(select(Supply.amount)).one() == 0
    for each in sent:
        supplies.return_supply(session, each.id, 0.1, actor=COORD, now=AT)
    whole = supplies.send_supply(
        session, incident, "near", "bag", 0.3, network=None, actor=COORD, now=AT
    )
    assert supplies.return_supply(session, whole.id, 0.1, actor=COORD, now=AT) == 0.1
    assert supplies.return_supply(session, whole.id, 0.2, actor=COORD, now=AT) == 0.3
    assert session.scalars(select(Supply.amount)).one() == 0.3
    with pytest.raises(WrongStatus) as more:
        supplies.return_supply(session, whole.id, 0.000001, actor=COORD, now=AT)
    assert more.value.facts["out"] == 0


def test_what_is_out_is_brought_back_from_the_pane(session: Session) -> None:
    stock(session, "near", 1500, 30)
    incident = make_incident(session)
    row = supplies.send_supply(
        session, incident, "near", "bag", 25, network=None, actor=COORD, now=AT
    )
    words = LANGUAGES["zh"]

    def shown(*, acts: bool = True) -> str:
        state = moving.read(session, incident, actor=LOOKS)
        seen = pane.Seen(state, None, (), {}, {}, {}, {}, "Asia/Shanghai", AT, acts)
        return str(pane.pane(seen, words))

    assert words["incident_verb.return_supply"] in shown()
    assert words["incident_verb.return_supply"] not in shown(acts=False)
    begins = command_moves._begins(
        session, "return_supply", str(row.id), moving.read(session, incident, actor=LOOKS)
    )
    assert begins == {"amount": 25}
    bring = command_verbs.MOVES["return_supply"]
    with pytest.raises(WrongStatus) as more:
        bring(session, incident, row.id, {"amount": 26}, COORD, AT)
    assert more.value.facts == {"cap": "returned", "out": 25}
    bring(session, incident, row.id, {"amount": 25}, COORD, AT)
    assert words["incident_verb.return_supply"] not in shown()


@pytest.mark.parametrize("amount", [0, -5, float("nan"), INF])
def test_an_amount_that_cannot_be_is_refused(session: Session, amount: float) -> None:
    stock(session, "near", 1500, 30)
    incident = make_incident(session)
    with pytest.raises(BadInput):
        supplies.send_supply(
            session, incident, "near", "bag", amount, network=None, actor=COORD, now=AT
        )
    with pytest.raises(BadInput):
        supplies.stock_out(session, "near", "bag", amount, note="x", actor=COORD, now=AT)


def on_the_way(session: Session, incident: int, at: float) -> list[deliveries.Delivery]:
    state = moving.read(session, incident, actor=LOOKS)
    return deliveries.deliveries(session, network(session), state, now=at)


def test_the_way_of_supplies_is_drawn_until_they_are_there_and_follows_the_closures(
    session: Session,
) -> None:
    stock(session, "west", -500, 500)
    stock(session, "isle", 9200, 900)
    incident = make_incident(session)
    for depot in ("west", "isle"):
        supplies.send_supply(
            session, incident, depot, "bag", 25, network=network(session), actor=COORD, now=AT
        )
    (one,) = on_the_way(session, incident, AT + 60)
    assert (one.depot, one.transfer.label) == ("west库", "沙袋")
    assert one.arrives == pytest.approx(AT + 240, abs=3)
    shut(session, 500)
    (again,) = on_the_way(session, incident, AT + 60)
    assert again.way.length > one.way.length + 500
    assert again.arrives == pytest.approx(AT + again.way.time)
    supplies.return_supply(session, one.transfer.transfer, 25, actor=COORD, now=AT + 70)
    assert on_the_way(session, incident, AT + 80) == []


def test_supplies_are_timed_anew_once_when_a_road_closes_and_wait_while_none_leads(
    session: Session,
) -> None:
    stock(session, "west", -500, 500)
    incident = make_incident(session)
    supplies.send_supply(
        session, incident, "west", "bag", 25, network=network(session), actor=COORD, now=AT
    )

    def again(at: float) -> list[tuple[int, int, float]]:
        before = len(told(session, SupplyRerouted))
        count = deliveries.reroute(session, network(session, at), now=at)
        events = told(session, SupplyRerouted)[before:]
        assert len(events) == count
        return [(round(e.was), round(e.seconds), e.began) for e in events]

    assert again(AT + 10) == []
    first = shut(session, 500)
    ((was, seconds, began),) = again(AT + 20)
    assert (was, began) == (240, AT) and seconds > 300
    assert again(AT + 30) == [], "it is told once"
    transfer = next(iter(moving.read(session, incident, actor=LOOKS).transfers.values()))
    assert transfer.arrives == pytest.approx(AT + seconds, abs=1)
    second = shut(session, 500, 600)
    assert again(AT + 40) == [(seconds, -1, AT)]
    assert on_the_way(session, incident, AT + 50) == []
    for closure in (first, second):
        closures.lift(session, closure, actor=COORD, now=AT + 90)
    assert again(AT + 100) == [(-1, 240, AT + 100)], "it waited in its depot"
    assert [round(each.arrives - AT) for each in on_the_way(session, incident, AT + 200)] == [340]
    shut(session, 500)
    assert again(AT + 400) == [], "it is there"


def test_supplies_of_another_district_are_not_ones_own(session: Session) -> None:
    stock(session, "theirs", 1500, 30, district="2")
    incident = make_incident(session)
    assert supplies.stocks(session, actor=HERE) == []
    with pytest.raises(Refused):
        supplies.send_supply(
            session, incident, "theirs", "bag", 1, network=None, actor=HERE, now=AT
        )
    with pytest.raises(Refused):
        supplies.stock_in(session, "theirs", "bag", 1, note="x", actor=LOOKS, now=AT)


# --- upkeep ---------------------------------------------------------------------------------


def test_a_unit_is_written_down_and_of_two_who_save_one_does(session: Session) -> None:
    lon, lat = lonlat(0, 0)
    form = UnitForm("一中队", "fire", ("fire", "boat"), 6, 4, lon, lat, device="dev-1")
    row = resources.add_unit(session, "F1", form, actor=COORD, now=AT)
    assert (row.state, row.capabilities, row.rev) == ("available", ["boat", "fire"], 1)
    assert UnitForm.of(row) == UnitForm(
        "一中队", "fire", ("boat", "fire"), 6, 4, lon, lat, device="dev-1"
    )
    changed = UnitForm("一中队", "fire", ("fire",), 8, 4, lon, lat)
    resources.change_unit(session, "F1", changed, rev=1, actor=COORD, now=AT)
    with pytest.raises(WrongStatus) as moved:
        resources.change_unit(session, "F1", form, rev=1, actor=COORD, now=AT)
    assert moved.value.facts["cap"] == "moved"
    token = resources.new_token(session, "F1", actor=COORD, now=AT)
    assert row.token_digest == resources.digest(token) != token
    with pytest.raises(BadInput):
        resources.add_unit(session, "F1", form, actor=COORD, now=AT)
    incident = make_incident(session, fire=1)
    dispatch.assign(
        session, incident, "F1", capability="fire", network=network(session), actor=COORD, now=AT
    )
    with pytest.raises(WrongStatus) as bound:
        resources.deactivate_unit(session, "F1", actor=COORD, now=AT)
    assert bound.value.facts["cap"] == "busy"


@pytest.mark.parametrize(
    ("field", "more"),
    [
        ("label", {"label": " "}), ("type", {"type": "ufo"}), ("capabilities", {"capabilities": ()}),
        ("capabilities", {"capabilities": ("fly",)}), ("staff", {"staff": -1}),
        ("station", {"station_lon": 33.0, "station_lat": 112.0}), ("phone", {"phone": "1" * 40}),
        ("station", {"station_lon": float("nan")}),
    ],
)  # fmt: skip
def test_what_cannot_be_of_a_unit_is_refused(
    session: Session, field: str, more: dict[str, Any]
) -> None:
    lon, lat = lonlat(0, 0)
    given: dict[str, Any] = {
        "label": "一中队", "type": "fire", "capabilities": ("fire",), "staff": 6, "min_staff": 4,
        "station_lon": lon, "station_lat": lat, **more,
    }  # fmt: skip
    with pytest.raises(BadInput) as refused:
        resources.add_unit(session, "F1", UnitForm(**given), actor=COORD, now=AT)
    assert refused.value.facts["field"] == field
    with pytest.raises(Refused):
        resources.add_unit(session, "F1", UnitForm(**given), actor=LOOKS, now=AT)
    with pytest.raises(Refused):
        resources.add_unit(
            session, "F1", UnitForm(**{**given, "district": "2"}), actor=HERE, now=AT
        )


# --- evacuation -----------------------------------------------------------------------------


def test_people_go_where_there_is_room(session: Session) -> None:
    lon, lat = lonlat(900, 0)
    for code, x, room in (("near", 1200, 100), ("far", 100, 500), ("inside", 1900, 900)):
        east, north = lonlat(x, 0)
        form = ShelterForm(f"{code}所", east, north, room)
        sites.add_shelter(session, code, form, actor=COORD, now=AT)
    sites.occupy(session, "near", 40, seen=0, actor=COORD, now=AT)
    with pytest.raises(WrongStatus):
        sites.occupy(session, "near", 50, seen=0, actor=COORD, now=AT)
    area = shapely.Point(SCENE).buffer(0.002)
    havens = evacuation.shelters(session, actor=LOOKS, outside=area)
    assert [(h.code, h.room) for h in havens] == [("far", 500), ("near", 60)]
    groups = [
        Group("school", "学校", 100, *lonlat(1600, 0)), Group("home", "养老院", 30, lon, lat),
        Group("shop", "商场", -1, lon, lat), Group("isle", "岛", 7, *lonlat(9200, 0)),
    ]  # fmt: skip
    found = evacuate(network(session), groups, havens)
    assert {(m.group, m.shelter): m.people for m in found.moves} == {
        ("school", "near"): 60, ("school", "far"): 40, ("home", "far"): 30, ("shop", "far"): -1,
    }  # fmt: skip
    full = [m for m in found.moves if m.why == "full"]
    assert {(m.group, m.nearest) for m in full if m.people > 0} == {
        ("school", "near"),
        ("home", "near"),
    }
    assert [(x.group, x.people, x.why) for x in found.left] == [("isle", 7, "no_way")]
    assert found.taken == {"near": 60, "far": 70}


def test_nobody_is_left_while_there_is_room_and_no_sharing_is_quicker() -> None:
    chance = np.random.default_rng(5)
    for _ in range(50):
        people, room = chance.integers(1, 4, 3).tolist(), chance.integers(0, 4, 2).tolist()
        seconds = chance.integers(1, 50, (3, 2)).astype(float)
        seconds[chance.random((3, 2)) < 0.15] = INF
        groups = [Group(str(n), "", p, 0.0, 0.0) for n, p in enumerate(people)]
        havens = [Haven(str(n), "", r, 0.0, 0.0) for n, r in enumerate(room)]
        found = share(groups, havens, seconds)
        cost = sum(m.people * m.seconds for m in found.moves)
        left = sum(x.people for x in found.left)
        assert (left, cost) == pytest.approx(_least(people, room, seconds))


def _least(people: list[int], room: list[int], seconds: Any) -> tuple[int, float]:
    """Return the least (left, person-seconds) by trying every sharing, one person after another."""
    each = [group for group, count in enumerate(people) for _ in range(count)]
    best = {tuple(room): (0, 0.0)}
    for group in each:
        after: dict[tuple[int, ...], tuple[int, float]] = {}
        for free, (left, cost) in best.items():
            ways = [(free, (left + 1, cost))]
            for haven, spare in enumerate(free):
                if spare and np.isfinite(seconds[group, haven]):
                    taken = tuple(n - (at == haven) for at, n in enumerate(free))
                    ways.append((taken, (left, cost + float(seconds[group, haven]))))
            for key, value in ways:
                after[key] = min(after.get(key, value), value)
        best = after
    return min(best.values())
