"""Tickets around a spot: the criterion counts what its circle or plume holds, for whoever looks."""

import math
from typing import Any

import pytest
import shapely
from factories import AT
from sqlalchemy.orm import Session
from test_hotspot_lists import SEES, put
from test_tickets import CENTRE, UNIT, units

from gis_data import surroundings
from gis_data.coordinates import metric_crs_at
from models.errors import BadInput
from models.tables import Ticket
from tickets import around, assignment, search
from tickets.criteria import Criteria
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
HERE = (114.30, 33.60)
DEGREE = 111_195.0


def spot(east: float, north: float) -> tuple[float, float]:
    lat = HERE[1] + north / DEGREE
    return HERE[0] + east / (DEGREE * math.cos(math.radians(HERE[1]))), lat


def at(session: Session, east: float, north: float, **more: Any) -> Ticket:
    """Open a ticket some metres east and north of the spot."""
    return put(session, 1, *spot(east, north), **more)[0]


def inside(session: Session, *more: float, who: Actor = SEES, **asked: Any) -> set[str]:
    text = ",".join(str(part) for part in (*HERE, *more))
    page = search.find(session, Criteria(around=text, **asked), actor=who, now=AT + 60)
    assert page.total == len(page.lines)
    return {line.row.no for line in page.lines}


@pytest.mark.usefixtures("units")
def test_a_circle_holds_what_lies_within_its_metres(session: Session) -> None:
    near, edge = at(session, 0, 0), at(session, 0, 495)
    at(session, 505, 0)
    assert inside(session, 500) == {near.no, edge.no}
    assert len(inside(session, 510)) == 3
    assert inside(session, 100, kind="complaint") == set()


@pytest.mark.usefixtures("units")
def test_only_a_true_location_is_inside(session: Session) -> None:
    true, street, default = (at(session, 0, 0) for _ in range(3))
    street.precision, default.precision = "street", "default"
    session.flush()
    assert inside(session, 500) == {true.no}


@pytest.mark.usefixtures("units")
def test_a_plume_lies_where_the_wind_blows_to(session: Session) -> None:
    ahead = at(session, -700, -700)  # a north-east wind carries it south-west
    behind, beside = at(session, 700, 700), at(session, -700, 700)
    assert inside(session, 1500, 45, 60) == {ahead.no}
    assert inside(session, 1500, 225, 60) == {behind.no}
    assert inside(session, 1500, 45, 200) == {ahead.no, beside.no} | inside(session, 1500, 45, 60)
    assert inside(session, 1500, 0, 360) == {ahead.no, behind.no, beside.no}
    assert inside(session, 900, 45, 60) == set()


def test_it_agrees_with_the_area_that_is_drawn() -> None:
    """The shapes of the map and the sphere of the list differ by less than a metre in a thousand."""
    crs = metric_crs_at(*HERE)
    area = surroundings.plume(*HERE, wind_from=45, spread=60, length=2000, crs=crs)
    for share, drawn in ((0.99, True), (1.01, False)):
        for angle in (200, 225, 250):
            side = math.radians(angle)
            point = spot(2000 * share * math.sin(side), 2000 * share * math.cos(side))
            assert shapely.Point(point).within(area) == drawn


@pytest.mark.usefixtures("units")
def test_a_unit_counts_only_its_own(session: Session) -> None:
    own = at(session, 0, 0)
    at(session, 50, 0)
    assignment.assign(session, own.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 1)
    unit = Actor(2, "经办", UNIT.can | {"ticket.view"}, "zjj")
    assert inside(session, 500, who=unit) == {own.no}


@pytest.mark.parametrize(
    "wrong",
    ["", "114.3", "114.3,33.6", "114.3,33.6,0", "114.3,33.6,nan", "114.3,33.6,200000", "a,b,c",
     "114.3,33.6,500,45", "114.3,33.6,500,45,0", "114.3,33.6,500,45,361", "114.3,95,500", "1,2,3,4,5,6"],
)  # fmt: skip
def test_what_is_no_area_is_refused(wrong: str) -> None:
    with pytest.raises(BadInput) as refused:
        around.read(wrong)
    assert refused.value.facts["field"] == "around"
