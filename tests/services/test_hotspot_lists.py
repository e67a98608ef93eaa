"""Hotspots on the real database: every number is as long as its list, whoever looks."""

from typing import Any

import msgspec
import pytest
from conftest import Place
from factories import AT
from shapely.geometry import box
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, UNIT, opened, units

from gis_data.hotspots import periods
from gis_data.hotspots.board import Board
from gis_data.hotspots.result import Period
from gis_data.hotspots.terrain import District, terrain_of
from models.clock import day_of
from models.errors import BadInput, Refused
from models.rules.places import cell_of
from models.tables import Audit, Ticket
from tickets import assignment, default_points, hotspots, search
from tickets.criteria import Criteria
from tickets.hotspot_why import why
from tickets.intake import Form
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
ZONE = "Asia/Shanghai"
SEES = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
START, _ = day_of(AT, ZONE)
WATER: dict[str, Any] = {"title": "望江街水管爆裂停水", "content": "自来水管爆裂"}


def put(
    session: Session, number: int, lon: float, lat: float, at: float = AT, **more: Any
) -> list[Ticket]:
    """Open tickets within some 100 m of a point."""
    facts = {"kind": "help", "title": "路灯不亮", "content": "三天了", "district": "990101", **more}
    return [
        opened(session, Form(lon=lon + n % 5 * 2e-4, lat=lat + n // 5 % 5 * 2e-4, **facts), at + n * 0.01)
        for n in range(number)
    ]  # fmt: skip


def shown(session: Session, who: Actor = SEES, *, now: float = AT + 60, **asked: Any) -> Board:
    return hotspots.board(session, Criteria(**asked), city=None, actor=who, now=now, zone=ZONE)


def listed(session: Session, criteria: Criteria, who: Actor = SEES) -> int:
    return search.count(session, criteria, actor=who, now=AT + 60, most=10_000)


def agrees(session: Session, board: Board, who: Actor = SEES, **asked: Any) -> None:
    """Every number of the board is the length of the list a press on it opens."""
    period = {"since": board.period.since, "until": board.period.until}
    here = Criteria(**asked)
    assert listed(session, Criteria(**{**asked, **period}), who) == board.total
    for how in ("area", "default", "no"):
        number = listed(session, Criteria(**{**asked, **period, "located": how}), who)
        assert getattr(board.left_out, how) == number
    located = listed(session, Criteria(**{**asked, **period, "located": "yes"}), who)
    assert located == board.density.counted + board.left_out.outside
    for row in board.density.rows:
        assert listed(session, hotspots.opens(here, board, row.key), who) == row.observed
    if board.ranking:
        some = [hot.cell for hot in board.ranking]
        number = sum(hot.tickets for hot in board.ranking)
        assert listed(session, hotspots.opens(here, board, *some), who) == number
    for row in board.surge.rows:
        if row.level == "district":
            own = Criteria(**{**asked, **period, "district": row.key})
            assert listed(session, own, who) == row.observed


@pytest.mark.usefixtures("units")
def test_a_number_is_as_long_as_its_list(session: Session) -> None:
    put(session, 12, 114.30, 33.60, **WATER)
    put(session, 5, 114.34, 33.62, district="990102")
    put(session, 3, 114.40, 33.65, at=AT - 9 * DAY)
    opened(session, Form(kind="help", title="不知在哪", content="不知"))
    near = put(session, 2, 114.31, 33.61)
    near[0].precision, near[1].precision = "street", "default"
    session.flush()
    board = shown(session)
    assert (board.total, board.density.counted) == (20, 17)
    agrees(session, board)
    agrees(session, shown(session, district="990102"), district="990102")
    agrees(session, shown(session, words="停水"), words="停水")
    agrees(session, shown(session, since=AT - 30 * DAY), since=AT - 30 * DAY)
    far = Actor(5, "云岭值守", SEES.can, "", "990102")
    only = shown(session, far)
    assert only.total == 5
    agrees(session, only, far)
    row = session.scalars(select(Ticket).where(Ticket.district == "990102")).first()
    assert row is not None
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 1)
    unit = Actor(2, "经办", UNIT.can | {"ticket.view"}, "zjj")
    assert shown(session, unit).total == 1
    agrees(session, shown(session, unit), unit)
    with pytest.raises(Refused):
        shown(session, Actor(9, "路人", frozenset()))


def test_a_list_by_cells_of_any_resolution(session: Session) -> None:
    put(session, 7, 114.30, 33.60)
    put(session, 2, 114.50, 33.70)
    import h3.api.basic_int as h3

    here = cell_of(114.30, 33.60)
    for resolution in (4, 5, 7, 8):
        cell = h3.cell_to_parent(here, resolution)
        inside = sum(
            h3.cell_to_parent(t.h9, resolution) == cell for t in session.scalars(select(Ticket))
        )
        assert listed(session, Criteria(cells=f"{cell:x}")) == inside
    assert listed(session, Criteria(cells=f"{here:x}, {cell_of(114.50, 33.70):x}")) >= 3
    for wrong in ("x", f"{h3.latlng_to_cell(33.6, 114.3, 10):x}", ",".join(["0"] * 200), "8"):
        with pytest.raises(BadInput):
            listed(session, Criteria(cells=wrong))
    with pytest.raises(BadInput):
        listed(session, Criteria(located="perhaps"))


def test_midnight_and_empty_periods(session: Session) -> None:
    put(session, 1, 114.30, 33.60, at=START - 0.5)
    put(session, 1, 114.30, 33.60, at=START)
    assert shown(session).total == 1
    assert shown(session, since=START - DAY, until=START).total == 1
    assert shown(session, since=START - DAY).total == 2
    assert shown(session, since=AT - 50 * DAY, until=AT - 40 * DAY).total == 0
    for since, until in ((AT, AT), (AT, AT - 5), (AT + DAY, AT + 2 * DAY)):
        with pytest.raises(BadInput):
            shown(session, since=since, until=until)


def test_today_is_compared_with_the_same_hours_of_weeks_before(session: Session) -> None:
    for week in range(1, 7):
        put(session, 2, 114.30, 33.60, at=AT - week * 7 * DAY)
        put(session, 9, 114.30, 33.60, at=AT - week * 7 * DAY + 3 * 3600)  # later that day
    put(session, 40, 114.30, 33.60, **WATER)
    board = shown(session)
    assert len(board.surge.baseline_periods) in (5, 6)  # the first day has no whole morning
    (city,) = (row for row in board.surge.rows if row.level == "city")
    assert city.expected == pytest.approx(2, abs=0.1)
    assert city.raised
    assert board.surge.raised[0].level in ("city", "district", "cell")
    agrees(session, board)
    msgspec.json.decode(msgspec.json.encode(board), type=Board)


def test_why_here(session: Session) -> None:
    put(session, 8, 114.30, 33.60, **WATER)
    secret = put(session, 1, 114.3005, 33.6005, kind="report", title="举报王某", content="违建")
    put(session, 9, 114.40, 33.65)
    board = shown(session)
    cells = [hot.cell for hot in board.ranking[:1]]
    ground = terrain_of([District("990101", "莲湖区", 90_000, box(114.2, 33.5, 114.5, 33.7))], 8)
    told = why(
        session, hotspots.opens(Criteria(), board, *cells), actor=SEES, now=AT + 60, zone=ZONE,
        period=board.period, ground=ground,
    )  # fmt: skip
    assert told.total == board.ranking[0].tickets
    assert told.city == 18
    assert sum(told.hours) == told.total
    assert told.hours[6] == told.total
    assert told.population > 0
    assert "举报王某" not in str(told)
    assert secret[0].no in [sample.no for sample in told.samples] or told.total == 9
    assert max(map(len, told.groups)) >= 8


def test_why_a_district(session: Session) -> None:
    """Its people are known to the city, its tickets are compared with the whole city's, its course is told."""
    put(session, 4, 114.30, 33.60, at=AT - 2 * DAY)
    put(session, 2, 114.30, 33.60, at=AT - 3600)
    for row in put(session, 3, 114.30, 33.60):
        row.category = "C02"
    session.flush()
    put(session, 9, 114.34, 33.62, district="990102")
    ground = terrain_of([District("990101", "莲湖区", 90_000, box(114.2, 33.5, 114.5, 33.7))], 8)
    period = Period(START, AT + 60)
    asked = Criteria(since=START, until=START + DAY, district="990101")
    told = why(session, asked, actor=SEES, now=AT + 60, zone=ZONE, period=period, ground=ground)
    assert (told.total, told.city, told.population) == (5, 14, 90_000)
    assert told.unfilled[0] + sum(share.here for share in told.categories) == 5
    assert sum(told.series[: told.earlier]) == 4
    assert sum(told.series[told.earlier :]) == told.total
    no_city = why(session, asked, actor=SEES, now=AT + 60, zone=ZONE, period=period)
    assert no_city.population == -1


def test_a_step_of_time_is_as_long_as_its_list(session: Session) -> None:
    put(session, 5, 114.30, 33.60, at=AT - 3600)
    put(session, 3, 114.30, 33.60)
    board = shown(session)
    hours = periods.steps(board.period, ZONE)
    told = hotspots.counted(session, Criteria(), hours, actor=SEES, now=AT + 60)
    numbers = [told[hour].total for hour in hours]
    assert sum(numbers) == board.total == 8
    assert max(numbers) in (5, 8)
    for hour, number in zip(hours, numbers, strict=True):
        step = Criteria(since=hour.since, until=hour.until)
        assert listed(session, step) == number
        found = why(session, step, actor=SEES, now=AT + 60, zone=ZONE, period=board.period)
        assert (found.total, sum(found.series[found.earlier :])) == (number, 8)


def test_a_brief_tells_no_factor_of_what_is_never_there(session: Session) -> None:
    for week in range(1, 8):
        put(session, 1, 114.40, 33.65, at=AT - week * 7 * DAY)  # there is a past, elsewhere
    put(session, 30, 114.30, 33.60, **WATER)
    board = shown(session)
    told = hotspots.brief(board, None)
    hot = next(hot for hot in board.ranking if hot.surging)
    assert hot.expected < 0.5 < hot.ratio
    place = next(place for place in told["places"] if place["cell"] == hot.cell)
    assert (place["surging"], place["ratio"]) == (True, 0)


def test_default_points_are_set_apart(session: Session, tenant: Place) -> None:
    for n in range(25):
        opened(session, Form(kind="help", title="路灯", content="不亮", address=f"某{chr(0x4E00 + n)}路{n}号",
                             lon=114.35, lat=33.65))  # fmt: skip
        opened(session, Form(kind="help", title="电梯", content="坏", address=f"幸福小区{n}号楼",
                             lon=114.36, lat=33.66))  # fmt: skip
    session.flush()
    with pytest.raises(Refused):
        default_points.set_apart(session, actor=Actor(1, "x", frozenset()), now=AT)
    ((point, marked),) = default_points.set_apart(session, actor=CENTRE, now=AT + 9)
    assert (point.lon, point.lat, marked) == (114.35, 33.65, 25)
    board = shown(session)
    assert (board.total, board.left_out.default, board.density.counted) == (50, 25, 25)
    agrees(session, board)
    assert default_points.set_apart(session, actor=CENTRE, now=AT + 9) == []
    late = opened(
        session, Form(kind="help", title="路灯", content="不亮", lon=114.35, lat=33.65), AT + 20
    )
    own = opened(
        session, Form(kind="help", title="路灯", content="不亮", lon=114.35, lat=33.65), AT + 20
    )
    own.point_source = "placed"
    session.flush()
    ((_, marked),) = default_points.set_apart(session, actor=CENTRE, now=AT + 30)
    session.refresh(late)
    session.refresh(own)
    assert (marked, late.precision, own.precision) == (1, "default", "point")
    assert session.scalars(select(Audit.verb).where(Audit.tenant_id == tenant.id)).all() == [
        "default_point", "default_point",
    ]  # fmt: skip
