"""Incidents: from report to close, one fold for row and log, refusals that change nothing, two who press at once."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
import pytest
from conftest import Place as Tenant
from factories import AT
from road_maps import SHIPPED
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from test_tickets import opened

from command import demo, incidents, levels, moving, plans, queries, records, tasks
from dashboard.pages.command_verbs import MOVES
from gis_data.city import bundle
from models.clock import to_datetime
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events.incident import from_row
from models.events.incident.course import Place
from models.events.incident.response import Card, PlanActivated
from models.rules import incident as rules
from models.rules.incident.plans import Around, Body, LevelRule, Trigger
from models.rules.incident.state import Incident as State
from models.store import db, streams
from models.store.chain import log_event
from models.store.db import tenant_of
from models.tables import (
    Alert,
    DutyContact,
    DutyGroup,
    DutyMember,
    Incident,
    Outbox,
    Parameter,
    Plan,
)
from tickets.moving import Actor

SPOT = Place(114.34165, 33.6312, "金桥市场东门", "D1")
COORD = Actor(
    7, "江协调", frozenset({"command.view", "command.report", "command.act", "ticket.view", "roads.close"})
)  # fmt: skip
LEADER = Actor(8, "带班领导", frozenset({"command.view", "command.report", "command.approve"}))
AGENT = Actor(9, "话务员", frozenset({"ticket.open", "command.report", "ticket.view"}))
CITY = bundle.read(SHIPPED)
FORM = incidents.Form(type="gas_leak", title="燃气泄漏", place=SPOT)


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> None:
    if "session" in request.fixturenames:
        demo.seed(request.getfixturevalue("session"), now=AT)


def reported(session: Session, form: incidents.Form = FORM, now: float = AT) -> int:
    return incidents.report(session, form, actor=COORD, now=now).id


def state(session: Session, incident: int) -> State:
    return moving.read(session, incident, actor=COORD)


def told(session: Session, incident: int) -> list[Any]:
    rows = session.scalars(
        select(Outbox.event).where(Outbox.stream.startswith("incidents:")).order_by(Outbox.id)
    )
    return [event for event in map(from_row, rows) if event.incident == incident]


def same_as_log(session: Session, incident: int) -> None:
    """The row is what its events say, whatever they were."""
    events = told(session, incident)
    folded = rules.fold(events)
    assert folded is not None
    assert folded.incident == state(session, incident)
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    row = session.get_one(Incident, incident)
    assert (row.seq, row.status, row.grade, row.level) == (
        folded.incident.seq, folded.incident.status, folded.incident.grade, folded.incident.level,
    )  # fmt: skip


def test_the_whole_way(session: Session) -> None:
    i = reported(session)
    for place, verb in enumerate(
        (
            incidents.verify,
            incidents.respond,
            incidents.control,
            incidents.relapse,
            incidents.control,
            incidents.end,
        )
    ):
        verb(session, i, note="核实无误", actor=COORD, now=AT + 60 * (place + 1))
    records.file_report(session, i, "first", said="首报", to="市应急局", actor=COORD, now=AT + 400)
    records.file_report(session, i, "final", said="终报", to="市应急局", actor=COORD, now=AT + 410)
    incidents.close(session, i, note="", actor=COORD, now=AT + 420)
    now = state(session, i)
    assert now.status == "closed"
    assert now.times["responding"] == AT + 120, "the first time counts"
    assert now.times["controlled"] == AT + 300, "one that broke out again was not under control"
    same_as_log(session, i)


@pytest.mark.parametrize(
    ("verb", "after"),
    [
        (incidents.control, ()), (incidents.end, ()), (incidents.close, ()), (incidents.relapse, ()),
        (incidents.verify, (incidents.verify,)), (incidents.cancel, (incidents.respond,)),
        (incidents.control, (incidents.cancel,)), (incidents.close, (incidents.respond, incidents.control)),
    ],
)  # fmt: skip
def test_an_illegal_move_changes_nothing(
    session: Session, verb: Callable[..., None], after: Sequence[Callable[..., None]]
) -> None:
    i = reported(session)
    for step in after:
        step(session, i, note="说明", actor=COORD, now=AT + 10)
    before = state(session, i)
    with pytest.raises(WrongStatus):
        verb(session, i, note="说明", actor=COORD, now=AT + 20)
    assert state(session, i) == before
    same_as_log(session, i)


def test_closing_says_what_is_owed(session: Session) -> None:
    i = reported(session)
    task = tasks.add_task(session, i, title="警戒", role="公安", actor=COORD, now=AT + 1)
    for verb in (incidents.respond, incidents.control, incidents.end):
        verb(session, i, note="好", actor=COORD, now=AT + 5)
    with pytest.raises(WrongStatus) as caught:
        incidents.close(session, i, note="", actor=COORD, now=AT + 6)
    assert caught.value.facts["owed"] == ["tasks", "final"]
    tasks.drop_task(session, i, task, note="已无必要", actor=COORD, now=AT + 7)
    records.file_report(session, i, "first", said="a", to="b", actor=COORD, now=AT + 8)
    records.file_report(session, i, "final", said="a", to="b", actor=COORD, now=AT + 9)
    incidents.close(session, i, note="", actor=COORD, now=AT + 10)


# --- reports --------------------------------------------------------------------------------


def test_a_ticket_becomes_one_incident(session: Session) -> None:
    row = opened(session)
    found = incidents.escalate(session, row.id, "fire", actor=COORD, now=AT + 30)
    assert (found.title, found.source, list(found.merged)) == (row.title, "ticket", [row.id])
    with pytest.raises(WrongStatus) as caught:
        incidents.escalate(session, row.id, "fire", actor=COORD, now=AT + 31)
    assert caught.value.facts["incident"] == found.id
    assert incidents.of_ticket(session, row.id, actor=COORD) == (found.id, found.no)


def test_a_protected_ticket_gives_neither_title_nor_address(session: Session) -> None:
    row = opened(session)
    row.confidential, row.address = True, "和平里3号楼2单元501"
    session.flush()
    found = incidents.escalate(session, row.id, "fire", actor=COORD, now=AT + 30)
    assert found.title == "火灾"
    assert found.place.address == ""


def test_reports_are_merged_and_parted(session: Session) -> None:
    i, row = reported(session), opened(session)
    incidents.merge_report(session, i, row.id, actor=COORD, now=AT + 5)
    assert state(session, i).merged[row.id].no == row.no
    other = reported(session, incidents.Form("fire", "火灾"))
    with pytest.raises(WrongStatus):
        incidents.merge_report(session, other, row.id, actor=COORD, now=AT + 6)
    incidents.part_report(session, i, row.id, note="另一起", actor=COORD, now=AT + 7)
    incidents.merge_report(session, other, row.id, actor=COORD, now=AT + 8)
    with pytest.raises(NotFound):
        incidents.part_report(session, i, row.id, note="另一起", actor=COORD, now=AT + 9)
    same_as_log(session, i)


def test_one_incident_goes_into_another(session: Session) -> None:
    main, second, row = reported(session), reported(session), opened(session)
    incidents.merge_report(session, second, row.id, actor=COORD, now=AT + 5)
    incidents.cancel(session, second, note="同一起", into=main, actor=COORD, now=AT + 6)
    assert list(state(session, main).merged) == [row.id]
    assert (state(session, second).status, state(session, second).into) == ("cancelled", main)
    assert incidents.of_ticket(session, row.id, actor=COORD) == (main, state(session, main).no)
    for each in (main, second):
        same_as_log(session, each)
    with pytest.raises(BadInput):
        incidents.cancel(session, main, note="x", into=main, actor=COORD, now=AT + 7)


def test_a_real_event_never_becomes_part_of_an_exercise(session: Session) -> None:
    real, drill = reported(session), reported(session, incidents.Form("fire", "演", exercise=True))
    for one, other in ((real, drill), (drill, real)):
        with pytest.raises(BadInput) as caught, session.begin_nested():
            incidents.cancel(session, one, note="同一起", into=other, actor=COORD, now=AT + 6)
        assert caught.value.facts["cap"] == "exercise"
        assert state(session, one).status == "reported"


def test_the_same_form_is_one_incident(session: Session) -> None:
    form = incidents.Form("fire", "火灾", origin="hotspot:1")
    assert reported(session, form) == reported(session, form)


def test_a_form_of_another_district_tells_nothing_of_its_incident(session: Session) -> None:
    form = incidents.Form("fire", "火灾", SPOT, origin="hotspot:1")
    number = reported(session, form)
    rights = frozenset({"command.report"})
    with pytest.raises(WrongStatus) as caught:
        incidents.report(session, form, actor=Actor(20, "别区", rights, district="D2"), now=AT)
    assert caught.value.facts == {"cap": "saved"}
    for actor in (
        Actor(21, "本区", rights, district="D1"),
        Actor(7, "本人", rights, district="D2"),
    ):
        assert incidents.report(session, form, actor=actor, now=AT).id == number


@pytest.mark.parametrize(
    ("form", "field"),
    [
        (incidents.Form("war", "x"), "type"), (incidents.Form("fire", " "), "title"),
        (incidents.Form("fire", "火" * 101), "title"), (incidents.Form("fire", "x", Place(117.0)), "place"),
        (incidents.Form("fire", "x", Place(33.6, 114.3)), "place"),
        (incidents.Form("fire", "x", Place(float("nan"), 33.0)), "place"),
        (incidents.Form("fire", "x", happened=AT + 3600), "happened"),
        (incidents.Form("fire", "x", source="radio"), "source"),  # type: ignore[arg-type]
    ],
)  # fmt: skip
def test_a_wrong_form_names_its_field(session: Session, form: incidents.Form, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        incidents.report(session, form, actor=COORD, now=AT)
    assert caught.value.facts["field"] == field
    assert session.scalars(select(Incident.id)).all() == []


def test_one_without_a_place_stands_and_is_placed_later(session: Session) -> None:
    i = reported(session, incidents.Form("missing", "老人走失"))
    incidents.amend(session, i, place=SPOT, actor=COORD, now=AT + 9)
    row = session.get_one(Incident, i)
    assert (row.lon, row.lat, row.district) == (SPOT.lon, SPOT.lat, "D1")
    with pytest.raises(BadInput):
        incidents.amend(session, i, place=SPOT, actor=COORD, now=AT + 10)
    same_as_log(session, i)


# --- levels ---------------------------------------------------------------------------------


def test_a_level_waits_for_its_approver(session: Session) -> None:
    i = reported(session)
    assert not levels.ask_level(
        session, i, "grade", "III", was="", reason="伤亡", actor=COORD, now=AT + 1
    )
    with pytest.raises(WrongStatus):
        levels.ask_level(session, i, "grade", "II", was="", reason="x", actor=COORD, now=AT + 2)
    assert state(session, i).grade == ""
    (revision,) = state(session, i).revisions
    with pytest.raises(Refused):
        levels.approve_level(session, i, revision, actor=COORD, now=AT + 3)
    levels.approve_level(session, i, revision, actor=LEADER, now=AT + 4)
    now = state(session, i)
    assert (now.grade, now.revisions[revision].decided_by) == ("III", "带班领导")
    with pytest.raises(WrongStatus):
        levels.refuse_level(session, i, revision, note="x", actor=LEADER, now=AT + 5)
    assert levels.ask_level(
        session, i, "level", "II", was="", reason="升级", actor=LEADER, now=AT + 6
    )
    with pytest.raises(WrongStatus):
        levels.ask_level(session, i, "level", "I", was="", reason="x", actor=LEADER, now=AT + 7)
    for field, value in (("colour", "III"), ("grade", "red"), ("size", "I"), ("grade", "III")):
        with pytest.raises(BadInput):
            levels.ask_level(
                session, i, field, value, was=getattr(now, field, ""), reason="x", actor=LEADER, now=AT + 8  # type: ignore[arg-type]
            )  # fmt: skip
    same_as_log(session, i)


# --- plans and tasks ------------------------------------------------------------------------


def gas(session: Session) -> Plan:
    return session.scalars(select(Plan).where(Plan.code == "gas", Plan.state == "active")).one()


def test_a_plan_fits_with_its_reasons_and_brings_its_cards(session: Session) -> None:
    i = reported(session)
    first, *_ = plans.suggest(session, state(session, i), Around({}, 600))
    assert (first.code, first.fit.level) == ("gas", "III")
    assert ("people", "600") in first.fit.level_reasons
    plans.activate(session, i, first.plan, level="III", reason="人多", actor=COORD, now=AT + 60)
    now = state(session, i)
    body = plans.body_of(gas(session))
    assert [task.title for task in now.tasks.values()] == [card.title for card in body.cards]
    assert now.tasks[1].due == AT + 60 + body.cards[0].minutes * 60
    assert now.needs == {need.capability: need.count for need in body.needs}
    assert [r.field for r in now.revisions.values()] == ["level"], "its level waits for approval"
    with pytest.raises(WrongStatus):
        plans.activate(session, i, first.plan, level="III", reason="x", actor=COORD, now=AT + 61)
    same_as_log(session, i)


def test_a_plan_changed_meanwhile_stays_as_it_was_in_the_incident(session: Session) -> None:
    i, row = reported(session), gas(session)
    plans.activate(session, i, row.id, level="IV", reason="x", actor=COORD, now=AT + 1)
    before = state(session, i)
    fresh = msgspec.structs.replace(plans.body_of(row), cards=plans.body_of(row).cards[:1])
    draft = plans.save_draft(
        session, "gas", title="新版", body=fresh, rev=0, actor=demo.COORDINATOR, now=AT + 2
    )
    plans.publish(session, draft.id, rev=1, actor=demo.COORDINATOR, now=AT + 3)
    assert state(session, i) == before
    other = reported(session)
    with pytest.raises(WrongStatus):
        plans.activate(session, other, row.id, level="IV", reason="x", actor=COORD, now=AT + 4)
    plans.activate(session, other, draft.id, level="IV", reason="x", actor=COORD, now=AT + 4)
    assert len(state(session, other).tasks) == 1


def test_the_text_of_a_plan_is_frozen_with_it(session: Session) -> None:
    i, row = reported(session), gas(session)
    text = plans.body_of(row).sections
    assert text
    plans.activate(session, i, row.id, level="IV", reason="泄漏", actor=COORD, now=AT + 1)
    fresh = msgspec.structs.replace(plans.body_of(row), sections=(("新", "全改了"),))
    draft = plans.save_draft(
        session, "gas", title="新版", body=fresh, rev=0, actor=demo.COORDINATOR, now=AT + 2
    )
    plans.publish(session, draft.id, rev=1, actor=demo.COORDINATOR, now=AT + 3)
    assert state(session, i).plans[row.id].sections == text
    same_as_log(session, i)


def test_a_log_from_before_plans_had_a_text_is_read(session: Session) -> None:
    i = reported(session)
    plans.activate(session, i, gas(session).id, level="IV", reason="泄漏", actor=COORD, now=AT + 1)
    rows = session.scalars(select(Outbox.event).order_by(Outbox.id)).all()
    old = [{k: v for k, v in row.items() if k != "sections"} for row in rows]
    (started,) = [event for event in map(from_row, old) if isinstance(event, PlanActivated)]
    assert started.sections == ()


def test_a_plan_that_does_not_fit_is_called_up_with_a_reason(session: Session) -> None:
    i = reported(session)
    fitting = {s.plan for s in plans.suggest(session, state(session, i), Around())}
    others = [row for row in plans.startable(session, state(session, i)) if row.id not in fitting]
    water = next(row for row in others if row.code == "water")
    with pytest.raises(BadInput) as caught:
        plans.activate(session, i, water.id, level="IV", reason=" ", actor=COORD, now=AT + 1)
    assert caught.value.facts["field"] == "reason"
    plans.activate(session, i, water.id, level="IV", reason="波及水管", actor=COORD, now=AT + 2)
    assert state(session, i).plans[water.id].reason == "波及水管"
    assert water.id not in {row.id for row in plans.startable(session, state(session, i))}
    same_as_log(session, i)


def test_of_two_editors_one_is_told(session: Session) -> None:
    edit: dict[str, Any] = {"title": "预案", "body": Body(), "actor": demo.COORDINATOR, "now": AT}
    plans.save_draft(session, "new", rev=0, **edit)
    plans.save_draft(session, "new", rev=1, **edit)
    with pytest.raises(WrongStatus):
        plans.save_draft(session, "new", rev=1, **edit)


def automatic(session: Session, by_itself: str = "no") -> None:
    """The tenant lets plans start by themselves, and says what becomes of warnings."""
    policy = session.scalars(select(Parameter).where(Parameter.name == plans.PARAMETER)).one()
    policy.value = {"automatic": True}
    warning = {"by_itself": by_itself}
    session.add(
        Parameter(
            tenant_id=tenant_of(session), name="alerts", value=warning, set_at=to_datetime(AT), set_by="user:1"
        )
    )  # fmt: skip
    session.flush()


def plan_where(session: Session, trigger: Trigger, people: int = 0) -> Plan:
    """An active plan of its own that may start itself where a trigger fits, the graver level from so many people."""
    body = Body(
        triggers=(trigger,), levels=(*[LevelRule("II", people=people)] * bool(people), LevelRule("IV")),
        cards=(Card("go", "出动", "现场", 10),), automatic=True,
    )  # fmt: skip
    editor = demo.COORDINATOR
    row = plans.save_draft(session, "own", title="自建", body=body, rev=0, actor=editor, now=AT)
    plans.publish(session, row.id, rev=1, actor=editor, now=AT)
    return row


OTHER_FORM = incidents.Form(type="missing", title="走失", place=Place(address="位置未明"))
"""Of a type no plan is for, at a place nobody knows yet."""
SCHOOL = incidents.Form(type="missing", title="走失", place=SPOT)


def test_what_starts_by_itself(session: Session) -> None:
    i = reported(session)
    assert not state(session, i).plans, "not unless the tenant says so"
    automatic(session)
    other = reported(session)
    now = state(session, other)
    (plan,) = now.plans.values()
    assert (plan.title, plan.automatic, plan.level) == ("燃气泄漏事故应急预案", True, "IV")
    (asked,) = now.revisions.values()
    assert (asked.field, asked.now, asked.state) == ("level", "IV", "asked")
    assert not now.alerts, "no warning unless the tenant says so"
    same_as_log(session, other)


def test_what_lies_round_the_place_starts_a_plan_too(session: Session) -> None:
    automatic(session)
    near = Trigger(types=("missing",), hazards=("school",), metres=1500)
    row = plan_where(session, near, people=1)
    blind = reported(session, SCHOOL)
    assert not state(session, blind).plans, "nobody looked round"
    seen = incidents.report(session, SCHOOL, city=CITY, actor=COORD, now=AT).id
    plan = state(session, seen).plans[row.id]
    assert plan.level == "II" and "hazard=school" in plan.reason
    same_as_log(session, seen)


@pytest.mark.parametrize("moment", ["verified", "placed"])
def test_it_is_tried_again_when_more_is_known(session: Session, moment: str) -> None:
    automatic(session)
    i = reported(session, OTHER_FORM if moment == "placed" else SCHOOL)
    row = plan_where(session, Trigger(hazards=("school",), metres=1500))
    incidents.verify(session, i, note="", city=CITY, actor=COORD, now=AT + 5)
    if moment == "placed":
        assert not state(session, i).plans
        incidents.amend(session, i, place=SPOT, city=CITY, actor=COORD, now=AT + 6)
    assert list(state(session, i).plans) == [row.id]
    same_as_log(session, i)


@pytest.mark.parametrize("approved", [True, False])
def test_a_grade_starts_a_plan_when_it_holds(session: Session, approved: bool) -> None:
    automatic(session)
    i = reported(session, OTHER_FORM)
    row = plan_where(session, Trigger(types=("missing",), grades=("II",)))
    ask: dict[str, Any] = {"was": "", "reason": "严重"}
    if approved:
        levels.ask_level(session, i, "grade", "II", actor=COORD, now=AT + 1, **ask)
        assert not state(session, i).plans, "a proposal is no grade"
        (asked,) = state(session, i).revisions
        levels.approve_level(session, i, asked, actor=LEADER, now=AT + 2)
    else:
        levels.ask_level(session, i, "grade", "II", actor=LEADER, now=AT + 1, **ask)
    now = state(session, i)
    assert list(now.plans) == [row.id]
    assert now.level == "IV", "who grades may approve the level, too"
    same_as_log(session, i)


def test_a_level_that_holds_stays_when_a_plan_starts_by_itself(session: Session) -> None:
    automatic(session)
    i = reported(session, OTHER_FORM)
    plan_where(session, Trigger(grades=("III",)))
    levels.ask_level(session, i, "level", "I", was="", reason="重大活动", actor=LEADER, now=AT + 1)
    assert not state(session, i).plans
    levels.ask_level(session, i, "grade", "III", was="", reason="较大", actor=LEADER, now=AT + 2)
    now = state(session, i)
    assert now.plans and now.level == "I"
    same_as_log(session, i)


def test_what_is_over_starts_nothing(session: Session) -> None:
    i = reported(session)
    for verb in (incidents.respond, incidents.control, incidents.end):
        verb(session, i, note="好", actor=COORD, now=AT + 5)
    automatic(session)
    incidents.amend(session, i, title="燃气轻微泄漏", actor=COORD, now=AT + 9)
    assert not state(session, i).plans


@pytest.mark.parametrize(
    ("how", "form", "became"),
    [
        ("draft", FORM, "draft"), ("publish", FORM, "published"),
        ("publish", replace(FORM, place=Place(address="位置未明")), "draft"),
    ],
)  # fmt: skip
def test_a_plan_that_starts_by_itself_warns_as_the_tenant_says(
    session: Session, how: str, form: incidents.Form, became: str
) -> None:
    automatic(session, how)
    i = reported(session, form)
    now = state(session, i)
    (alert,) = now.alerts.values()
    assert (alert.state, alert.by) == (became, "系统")
    row = session.scalars(select(Alert).where(Alert.incident_id == i)).one()
    assert (row.state, row.written_by, bool(row.xml)) == (became, 0, became == "published")
    same_as_log(session, i)
    incidents.verify(session, i, note="", actor=COORD, now=AT + 5)
    assert len(state(session, i).alerts) == 1


def test_a_template_no_message_can_carry_keeps_nobody_from_reporting(session: Session) -> None:
    automatic(session, "publish")
    row = gas(session)
    row.body = {**row.body, "templates": {"alert_description": "长" * 10_001}}
    session.flush()
    i = reported(session)
    assert state(session, i).plans and not state(session, i).alerts


def test_tasks_wait_for_those_before_them(session: Session) -> None:
    i = reported(session)
    first = tasks.add_task(session, i, title="关阀", role="燃气", due=AT + 600, actor=COORD, now=AT)
    second = tasks.add_task(
        session, i, title="抢修", role="燃气", after=(first,), actor=COORD, now=AT
    )
    for verb in (tasks.start_task, tasks.finish_task):
        with pytest.raises(WrongStatus) as caught:
            verb(session, i, second, actor=COORD, now=AT + 1)
        assert caught.value.facts["waits"] == (first,)
    tasks.progress_task(session, i, first, 40, actor=COORD, now=AT + 2)
    tasks.finish_task(session, i, first, note="已关", actor=COORD, now=AT + 3)
    tasks.finish_task(session, i, second, actor=COORD, now=AT + 4)
    now = state(session, i)
    assert (now.tasks[first].started, now.tasks[first].done, now.tasks[second].percent) == (
        AT + 2,
        AT + 3,
        100,
    )
    with pytest.raises(WrongStatus):
        tasks.finish_task(session, i, first, actor=COORD, now=AT + 5)
    with pytest.raises(BadInput):
        tasks.add_task(session, i, title="x", role="y", after=(99,), actor=COORD, now=AT + 5)
    same_as_log(session, i)


# --- records --------------------------------------------------------------------------------


def test_reports_go_up_in_their_order(session: Session) -> None:
    i = reported(session)
    send: dict[str, Any] = {"said": "情况", "to": "市应急局", "actor": COORD}
    for wrong in ("follow", "final"):
        with pytest.raises(WrongStatus):
            records.file_report(session, i, wrong, now=AT + 1, **send)
    records.file_report(session, i, "first", now=AT + 2, **send)
    with pytest.raises(WrongStatus):
        records.file_report(session, i, "final", now=AT + 3, **send)
    records.file_report(session, i, "follow", now=AT + 4, **send)
    assert [r.stage for r in state(session, i).reports.values()] == ["first", "follow"]
    same_as_log(session, i)


def test_orders_questions_and_remarks(session: Session) -> None:
    i = reported(session)
    order = records.order(session, i, to="现场", said="疏散", actor=COORD, now=AT + 1)
    records.answer_order(session, i, order, said="收到", actor=COORD, now=AT + 2)
    records.answer_order(session, i, order, said="已疏散", done=True, actor=COORD, now=AT + 3)
    with pytest.raises(WrongStatus):
        records.answer_order(session, i, order, said="再报", actor=COORD, now=AT + 4)
    asked = records.ask_decision(session, i, question="是否停气？", actor=COORD, now=AT + 5)
    with pytest.raises(Refused):
        records.decide(session, i, asked, answer="停", actor=COORD, now=AT + 6)
    records.decide(session, i, asked, answer="停", actor=LEADER, now=AT + 6)
    noted = records.remark(session, i, said="闻到气味", about=AT - 60, actor=COORD, now=AT + 7)
    records.change_remark(session, i, noted, said="东门闻到气味", actor=COORD, now=AT + 8)
    with pytest.raises(BadInput):
        records.remark(session, i, said="将来", about=AT + 9000, actor=COORD, now=AT + 9)
    records.link_media(
        session, i, form="picture", ref="attachment:1", title="现场", actor=COORD, now=AT + 9
    )
    records.notify(session, i, to=("应急组",), said="集合", actor=COORD, now=AT + 9)
    now = state(session, i)
    assert [words for _, _, words in now.orders[order].answers] == ["收到", "已疏散"]
    assert (now.remarks[noted].text, now.remarks[noted].about) == ("东门闻到气味", AT - 60)
    same_as_log(session, i)


def in_the_book(session: Session, name: str, *mobiles: str, group: int = 0) -> DutyContact:
    row = DutyContact(
        tenant_id=tenant_of(session), kind="person", name=name, masks=list(mobiles), changed_at=to_datetime(AT)
    )  # fmt: skip
    session.add(row)
    session.flush()
    if group:
        session.add(DutyMember(tenant_id=row.tenant_id, contact_id=row.id, group_id=group))
        session.flush()
    return row


def test_a_notice_names_everybody_the_choice_meant_at_that_moment(session: Session) -> None:
    i = reported(session)
    rescue = DutyGroup(tenant_id=tenant_of(session), name="抢险组")
    session.add(rescue)
    session.flush()
    one = in_the_book(session, "李抢险", "138****0001", group=rescue.id)
    mute = in_the_book(session, "王留守", group=rescue.id)
    both = in_the_book(session, "赵专家", "138****0002", group=rescue.id)
    form = {
        "groups": [str(rescue.id)], "people": [str(both.id)], "to": "物业，街道", "said": "集合",
    }  # fmt: skip
    MOVES["notify"](session, i, 0, form, COORD, AT + 1)
    session.delete(session.scalars(select(DutyMember).where(DutyMember.contact_id == one.id)).one())
    (notice,) = state(session, i).notices.values()
    assert (notice.groups, notice.to) == (("抢险组",), ("物业", "街道"))
    assert set(notice.members.values()) == {"李抢险", "王留守", "赵专家"}
    assert notice.without == (f"contact:{mute.id}",)
    assert "138" not in msgspec.json.encode(told(session, i)[-1]).decode(), "no event has a number"
    same_as_log(session, i)
    with pytest.raises(BadInput) as caught:
        records.notify(session, i, said="集合", people=[0], actor=COORD, now=AT + 2)
    assert caught.value.facts["field"] == "to"


# --- who may --------------------------------------------------------------------------------


def test_who_may_not(session: Session) -> None:
    i = reported(session)
    with pytest.raises(Refused):
        incidents.report(session, FORM, actor=Actor(1, "x", frozenset()), now=AT)
    for who in (AGENT, LEADER, Actor(1, "承办", COORD.can, unit="zjj")):
        with pytest.raises(Refused):
            incidents.verify(session, i, note="", actor=who, now=AT)
    with pytest.raises(Refused):
        moving.read(session, i, actor=Actor(1, "承办", COORD.can, unit="zjj"))
    elsewhere = Actor(1, "外区", COORD.can, district="D2")
    for act in (
        lambda: incidents.verify(session, i, note="", actor=elsewhere, now=AT),
        lambda: moving.read(session, i, actor=elsewhere),
        lambda: queries.timeline(session, i, actor=elsewhere),
    ):
        with pytest.raises(NotFound):
            act()
    assert queries.listed(session, queries.Criteria(), actor=elsewhere).total == 0
    unplaced = reported(session, incidents.Form("missing", "走失"))
    assert moving.read(session, unplaced, actor=elsewhere).id == unplaced, (
        "nobody's district is everybody's"
    )
    same_as_log(session, i)


def test_another_tenant_sees_nothing(engine: Engine, tenant: Tenant, neighbour: Tenant) -> None:
    with db.transaction(engine, tenant.id) as session:
        demo.seed(session, now=AT)
        i = reported(session)
    with db.transaction(engine, neighbour.id) as session:
        assert queries.state_of(session, i) is None
        with pytest.raises(NotFound):
            moving.read(session, i, actor=COORD)


def test_of_two_who_press_at_once_one_is_told(engine: Engine, tenant: Tenant) -> None:
    with db.transaction(engine, tenant.id) as session:
        demo.seed(session, now=AT)
        i = reported(session)
    errors: list[HotlineError] = []
    gate = threading.Barrier(2)

    def press() -> None:
        gate.wait()
        try:
            with db.transaction(engine, tenant.id) as own:
                incidents.verify(own, i, note="", actor=COORD, now=AT + 5)
        except HotlineError as error:
            errors.append(error)

    both = [threading.Thread(target=press) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert [type(error) for error in errors] == [WrongStatus]
    with db.transaction(engine, tenant.id) as session:
        same_as_log(session, i)


def test_the_timeline_is_whole_before_the_log_has_it(session: Session) -> None:
    i = reported(session)
    stream = streams.incident_stream(db.tenant_of(session))
    first = session.scalars(select(Outbox.event).where(Outbox.stream == stream)).one()
    log_event(session, first)
    incidents.verify(session, i, note="", actor=COORD, now=AT + 5)
    session.flush()
    assert len(queries.log(session, i)) == 1
    assert [event.seq for event in queries.timeline(session, i, actor=COORD)] == [1, 2]
    for kinds, left in (({"IncidentReported"}, [2]), ({"IncidentVerified"}, [1])):
        some = queries.timeline(session, i, actor=COORD, without=kinds)
        assert [event.seq for event in some] == left
    assert [event.seq for event in queries.timeline(session, i, actor=COORD, most=1)] == [2]


def test_the_timeline_is_in_order_whatever_order_the_log_was_kept_in(session: Session) -> None:
    i = reported(session)
    incidents.verify(session, i, note="", actor=COORD, now=AT + 5)
    records.remark(session, i, said="到场", actor=COORD, now=AT + 6)
    session.flush()
    stream = streams.incident_stream(db.tenant_of(session))
    first, second, third = session.scalars(
        select(Outbox.event).where(Outbox.stream == stream).order_by(Outbox.id)
    )
    for event in (first, third):  # two copies keep it: the second is with the other one
        log_event(session, event)
    assert [event.seq for event in queries.timeline(session, i, actor=COORD)] == [1, 2, 3]
    log_event(session, second)
    for most in (1, 2, 3):
        some = queries.timeline(session, i, actor=COORD, most=most)
        assert [event.seq for event in some] == [1, 2, 3][-most:]
