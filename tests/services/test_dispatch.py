"""Dispatch on a real database: who gets a unit, what a recommendation says, and which statuses are taken down."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from factories import AT
from forces import COORD, GROUND, HERE, LOOKS, make_force, make_incident, network, told, town
from road_maps import lonlat
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import dispatch, forces, incidents, moving, resources
from command.recommend import Floor
from dashboard.texts import t
from dashboard.views import resources as views
from gis_data.roads import many, routes
from models.clock import to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import Place
from models.events.incident.response import UnitAssigned, UnitMoved
from models.tables import Assignment, ResponseUnit


@pytest.fixture(autouse=True)
def _town(session: Session) -> None:
    town(session)


def assign(session: Session, incident: int, unit: str, **more: Any) -> Assignment:
    given = {"capability": "fire", "network": network(session), "actor": COORD, "now": AT, **more}
    return dispatch.assign(session, incident, unit, **given)


def move(session: Session, row: Assignment, to: str, at: float = AT + 10) -> tuple[str, ...]:
    return dispatch.move_unit(session, row.id, to, actor=COORD, now=at)


def state_of(session: Session, unit: str) -> str:
    return session.scalars(select(ResponseUnit.state).where(ResponseUnit.code == unit)).one()


def test_it_works(session: Session) -> None:
    make_force(session, "near", 1500)
    make_force(session, "far", 100)
    incident = make_incident(session, fire=1)
    found = dispatch.recommend(session, incident, network(session), actor=LOOKS, now=AT)
    assert [(c.unit, c.runner_up and c.runner_up.unit) for c in found.choices] == [("near", "far")]
    row = assign(session, incident, "near")
    event = told(session, UnitAssigned)[0]
    assert (event.assignment, event.unit, event.rank, event.best, event.override) == (
        row.id, "near", 1, "near", "",
    )  # fmt: skip
    assert state_of(session, "near") == "committed"
    here = moving.read(session, incident, actor=LOOKS)
    assert here.assignments[row.id].progress == "dispatched"
    assert dispatch.open_needs(here) == {}
    assert move(session, row, "acknowledged") == ("acknowledged",)
    assert move(session, row, "clear", AT + 900) == ("clear",)
    assert state_of(session, "near") == "available"
    assert dispatch.open_needs(moving.read(session, incident, actor=LOOKS)) == {"fire": 1}


def test_the_figures_are_those_of_the_roads(session: Session) -> None:
    make_force(session, "one", 150)
    make_force(session, "two", 700, 40)
    incident = make_incident(session, fire=2)
    roads = network(session)
    found = dispatch.recommend(session, incident, roads, actor=LOOKS, now=AT)
    stops: Any = GROUND.snap(np.array([lonlat(700, 40), lonlat(150, 0), lonlat(1900, 0)]))
    costs = many.costs_to(roads, stops[2], stops[:2])
    assert [c.unit for c in found.choices] == ["two", "one"]
    assert [c.seconds for c in found.choices] == pytest.approx(costs.tolist())
    way = routes.route(roads, stops[1], stops[2], "time")
    assert isinstance(way, routes.Route)
    event = (assign(session, incident, "one"), told(session, UnitAssigned)[0])[1]
    assert (event.seconds, event.metres) == (pytest.approx(way.time), pytest.approx(way.length))
    assert event.seconds == pytest.approx(175, rel=0.02)
    assert (event.rank, event.best) == (2, "two")  # chosen too: no reason is owed


def test_another_unit_than_the_recommended_wants_a_reason(session: Session) -> None:
    make_force(session, "near", 1500)
    make_force(session, "far", 100)
    make_force(session, "gas", 1800, capabilities=["gas"], type="gas")
    incident = make_incident(session, fire=1)
    with pytest.raises(BadInput) as refused:
        assign(session, incident, "far")
    assert refused.value.facts == {"field": "override", "best": "near", "why": ""}
    with pytest.raises(BadInput) as refused:
        assign(session, incident, "gas")
    assert refused.value.facts["why"] == "no_capability"
    assert told(session, UnitAssigned) == []
    assign(session, incident, "far", override="近队正在换装")
    event = told(session, UnitAssigned)[0]
    assert (event.rank, event.best, event.override) == (2, "near", "近队正在换装")


def test_a_unit_that_is_bound_or_out_is_not_to_be_had_and_it_is_said_who_has_it(
    session: Session,
) -> None:
    make_force(session, "only", 1500)
    first, second = make_incident(session, fire=1), make_incident(session, fire=1)
    row = assign(session, first, "only")
    with pytest.raises(WrongStatus) as busy:
        assign(session, second, "only", override="都要")
    facts = busy.value.facts
    assert (facts["cap"], facts["incident"], facts["assignment"]) == ("busy", first, row.id)
    assert facts["title"] == "幸福小区燃气泄漏"
    found = dispatch.recommend(session, second, network(session), actor=LOOKS, now=AT)
    assert [(r.unit, r.why) for r in found.ruled] == [("only", "busy")]
    dispatch.cancel(session, row.id, note="误派", actor=COORD, now=AT + 5)
    resources.mark_out(session, "only", reason="检修", actor=COORD, now=AT + 6)
    with pytest.raises(WrongStatus) as out:
        assign(session, second, "only", override="急")
    assert (out.value.facts["cap"], out.value.facts["reason"]) == ("out_of_service", "检修")
    resources.mark_available(session, "only", actor=COORD, now=AT + 7)
    assert assign(session, second, "only").incident_id == second


def test_which_incident_of_another_district_has_a_unit_is_not_said(session: Session) -> None:
    make_force(session, "both", 1500)
    there = make_incident(session, fire=1)
    form = incidents.Form("gas", "莲湖燃气泄漏", Place(*lonlat(1900, 0), "莲湖路1号", "2"))
    here = incidents.report(session, form, actor=COORD, now=AT)
    row = assign(session, there, "both")
    neighbour = replace(HERE, district="2")
    with pytest.raises(WrongStatus) as busy:
        assign(session, here.id, "both", override="急", actor=neighbour)
    facts = busy.value.facts
    assert (facts["cap"], facts["incident"], facts["no"], facts["title"]) == ("busy", 0, "", "")
    assert moving.read(session, there, actor=COORD).no not in str(busy.value)
    (line,) = forces.units(session, actor=neighbour, now=AT)
    assert line.bound == forces.Bound(0, 0, "", "", "", "dispatched")
    said = str(views.state(line, t("zh")))
    assert "在执行其他区的任务" in said and "燃气" not in said
    (own,) = forces.units(session, actor=HERE, now=AT)
    assert own.bound is not None and own.bound.assignment == row.id


# --- who is ruled out -----------------------------------------------------------------------


def test_every_unit_that_cannot_come_is_listed_with_why(session: Session) -> None:
    heard = {"lon": lonlat(1000, 0)[0], "lat": lonlat(1000, 0)[1]}
    make_force(
        session, "ok", 100, heard_at=to_datetime(AT - 30), fixed_at=to_datetime(AT - 30), **heard
    )
    make_force(
        session, "lost", 100, heard_at=to_datetime(AT - 999), fixed_at=to_datetime(AT), **heard
    )
    make_force(session, "few", 100, staff=3)
    make_force(session, "gas", 100, capabilities=["gas"])
    make_force(session, "isle", 9200)
    make_force(session, "field", 5500, 3000)
    make_force(session, "gone", 100, active=False)
    make_force(session, "their", 100, district="2")
    incident = make_incident(session, fire=2)
    found = dispatch.recommend(session, incident, network(session), actor=COORD, now=AT)
    assert [c.unit for c in found.choices] == ["ok", "their"]
    assert {r.unit: r.why for r in found.ruled} == {
        "lost": "stale", "few": "understaffed", "gas": "no_capability", "isle": "no_way", "field": "off_road",
    }  # fmt: skip
    mine = dispatch.recommend(session, incident, network(session), actor=HERE, now=AT)
    assert {r.unit: r.why for r in mine.ruled}["their"] == "district"
    with pytest.raises(Refused):
        assign(session, incident, "their", actor=HERE, override="急")
    with pytest.raises(Refused):
        assign(session, incident, "ok", actor=LOOKS)
    with pytest.raises(NotFound):
        assign(session, incident, "gone", override="急")
    lines = {line.row.code: line for line in forces.units(session, actor=LOOKS, now=AT)}
    assert (lines["ok"].age, lines["ok"].stale) == (30, False)
    assert (lines["lost"].stale, lines["few"].age) == (True, None)
    assert "their" not in {line.row.code for line in forces.units(session, actor=HERE, now=AT)}


@pytest.mark.parametrize(
    ("place", "problem", "why"),
    [
        (None, "no_place", "no_place"),
        ((116.4, 39.9), "outside", "no_place"),
        (lonlat(2400, 600), "off_road", "no_place"),
        (lonlat(9250, 0), "island", "no_way"),
    ],
)
def test_an_incident_no_road_leads_to_gets_an_answer(
    session: Session, place: tuple[float, float] | None, problem: str, why: str
) -> None:
    make_force(session, "one", 100)
    incident = make_incident(session, place, fire=1)
    found = dispatch.recommend(session, incident, network(session), actor=LOOKS, now=AT)
    assert (found.problem, found.choices, found.needs[0].missing) == (problem, (), 1)
    assert [(r.unit, r.why) for r in found.ruled] == [("one", why)]
    with pytest.raises(BadInput) as refused:
        assign(session, incident, "one")
    assert refused.value.facts["why"] == why
    row = assign(session, incident, "one", override="电话指路")
    event = told(session, UnitAssigned)[0]
    assert (event.seconds, event.metres, event.rank, event.best) == (-1, -1, 0, "")
    assert row.seconds == -1


def test_without_a_city_nobody_is_ranked(session: Session) -> None:
    make_force(session, "one", 100)
    incident = make_incident(session, fire=1)
    found = dispatch.recommend(session, incident, None, actor=LOOKS, now=AT)
    assert (found.problem, [r.why for r in found.ruled]) == ("no_city", ["no_place"])


def test_a_floor_is_broken_by_override_alone(session: Session) -> None:
    make_force(session, "one", 1500)
    make_force(session, "two", 100)
    resources.set_reserve(session, Floor("fire", "", 2), actor=COORD, now=AT)
    incident = make_incident(session, fire=1)
    found = dispatch.recommend(session, incident, network(session), actor=LOOKS, now=AT)
    assert found.choices == ()
    assert {r.unit: (r.why, r.floor) for r in found.ruled} == {
        code: ("reserve", Floor("fire", "", 2)) for code in ("one", "two")
    }
    with pytest.raises(BadInput) as refused:
        assign(session, incident, "one")
    assert refused.value.facts["why"] == "reserve"
    assign(session, incident, "one", override="总指挥同意动用保底力量")
    assert told(session, UnitAssigned)[0].override


# --- step by step ---------------------------------------------------------------------------


def test_a_later_step_seen_first_inserts_those_it_implies(session: Session) -> None:
    make_force(session, "one", 1500)
    row = assign(session, make_incident(session, fire=1), "one")
    assert move(session, row, "on_scene", AT + 300) == ("acknowledged", "en_route", "on_scene")
    assert [(e.progress, e.implied) for e in told(session, UnitMoved)] == [
        ("acknowledged", True), ("en_route", True), ("on_scene", False),
    ]  # fmt: skip
    assert move(session, row, "on_scene", AT + 301) == ()
    for back in ("en_route", "acknowledged", "dispatched"):
        with pytest.raises(WrongStatus) as refused:
            move(session, row, back)
        assert "transporting" in refused.value.facts["may"]  # type: ignore[operator]
    assert move(session, row, "at_destination") == ("transporting", "at_destination")
    with pytest.raises(BadInput):
        move(session, row, "asleep")


def test_no_status_bleeds_into_another_assignment(session: Session) -> None:
    make_force(session, "one", 1500)
    first, second = make_incident(session, fire=1), make_incident(session, fire=1)
    old = assign(session, first, "one")
    move(session, old, "on_scene")
    move(session, old, "clear", AT + 100)
    new = assign(session, second, "one", now=AT + 200)
    with pytest.raises(WrongStatus) as over:
        move(session, old, "returning", AT + 210)
    assert over.value.facts["cap"] == "over"
    given: dict[str, Any] = {"network": network(session), "actor": COORD, "now": AT + 220}
    with pytest.raises(WrongStatus) as late:
        dispatch.report(session, "one", "on_scene", at=AT + 150, **given)
    assert late.value.facts["cap"] == "late"
    with pytest.raises(WrongStatus) as other:
        dispatch.report(session, "one", "on_scene", at=AT + 215, incident=first, **given)
    assert other.value.facts["cap"] == "other"
    assert moving.read(session, second, actor=LOOKS).assignments[new.id].progress == "dispatched"
    assert moving.read(session, first, actor=LOOKS).assignments[old.id].progress == "clear"
    assert dispatch.report(session, "one", "en_route", at=AT + 215, **given) == (
        "acknowledged",
        "en_route",
    )


def test_a_unit_on_its_way_without_a_dispatch_gets_the_implied_one(session: Session) -> None:
    make_force(session, "one", 1500)
    incident = make_incident(session, fire=1)
    given: dict[str, Any] = {"at": AT, "network": network(session), "actor": COORD, "now": AT}
    with pytest.raises(WrongStatus) as unbound:
        dispatch.report(session, "one", "en_route", **given)
    assert unbound.value.facts["cap"] == "unbound"
    dispatch.report(session, "one", "en_route", incident=incident, **given)
    event = told(session, UnitAssigned)[0]
    assert (event.implied, event.capability, event.override) == (True, "fire", "")
    held = moving.read(session, incident, actor=LOOKS).assignments[event.assignment]
    assert (held.progress, held.implied) == ("en_route", ("dispatched", "acknowledged"))
    assert state_of(session, "one") == "committed"


def test_a_unit_that_breaks_down_on_its_way_is_out_until_it_is_mended(session: Session) -> None:
    make_force(session, "one", 1500)
    row = assign(session, make_incident(session, fire=1), "one")
    resources.mark_out(session, "one", reason="抛锚", actor=COORD, now=AT + 5)
    with pytest.raises(WrongStatus):
        resources.mark_out(session, "one", reason="抛锚", actor=COORD, now=AT + 6)
    resources.mark_available(session, "one", actor=COORD, now=AT + 7)
    assert state_of(session, "one") == "committed"
    resources.mark_out(session, "one", reason="抛锚", actor=COORD, now=AT + 8)
    dispatch.cancel(session, row.id, note="车坏", actor=COORD, now=AT + 9)
    assert state_of(session, "one") == "out_of_service"
    with pytest.raises(BadInput):
        resources.mark_out(session, "one", reason=" ", actor=COORD, now=AT + 9)


def test_a_need_is_set_and_taken_away(session: Session) -> None:
    incident = make_incident(session, fire=2)
    dispatch.set_need(session, incident, "fire", 0, actor=COORD, now=AT)
    assert moving.read(session, incident, actor=LOOKS).needs == {}
    for capability, count in (("fly", 1), ("fire", -1), ("fire", 1000)):
        with pytest.raises(BadInput):
            dispatch.set_need(session, incident, capability, count, actor=COORD, now=AT)
    with pytest.raises(Refused):
        dispatch.set_need(session, incident, "fire", 1, actor=LOOKS, now=AT)
