"""The site side on a real database: a crew does its own part of the incident its unit is bound to, and nothing else."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from factories import AT
from forces import COORD, make_force, make_incident, network, told, town
from sqlalchemy import select
from sqlalchemy.orm import Session

from command import dispatch, incidents, media, moving, records, site, tasks
from models.clock import to_datetime
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events.incident.course import MediaLinked, RemarkMade
from models.events.incident.response import OrderAnswered, OrderDelivered, UnitMoved
from models.rules.incident.site import Sheet
from models.rules.incident.state import Incident as State
from models.store.db import tenant_of
from models.tables import Attachment, ResponseUnit
from tickets import attachments
from tickets.moving import Actor

CREW = Actor(21, "赵队长", frozenset({"site.act"}), force="near")
LEAD = replace(CREW, can=frozenset({"site.act", "site.lead"}))
OTHERS = Actor(22, "钱队长", frozenset({"site.act"}), force="far")
NOBODY = Actor(23, "孙队员", frozenset({"site.act"}))
LATER = AT + 60


@pytest.fixture(autouse=True)
def _town(session: Session) -> None:
    town(session)
    make_force(session, "near", 1500)
    make_force(session, "far", 100)


@pytest.fixture
def incident(session: Session) -> int:
    number = make_incident(session, fire=2)
    send(session, number, "near")
    return number


def send(session: Session, incident: int, unit: str) -> int:
    return dispatch.assign(
        session, incident, unit, capability="fire", network=network(session), override="就近",
        actor=COORD, now=AT,
    ).id  # fmt: skip


def order(session: Session, incident: int, unit: str = "near", to: str = "") -> int:
    return records.order(
        session, incident, to=to, unit=unit, said="到东门集合", actor=COORD, now=AT
    )


def task(session: Session, incident: int, unit: str = "near") -> int:
    return tasks.add_task(
        session, incident, title="检测浓度", role="", unit=unit, actor=COORD, now=AT
    )


def state(session: Session, incident: int) -> State:
    return moving.read(session, incident, actor=COORD)


def present(session: Session, actor: Actor = CREW) -> Sheet:
    found = site.present(session, actor=actor)
    assert found is not None
    return found


def test_it_works(session: Session, incident: int) -> None:
    number, job = order(session, incident), task(session, incident)
    found = present(session)
    assert (found.incident, found.assignment.unit, found.waits) == (incident, "near", {job: 0})
    assert [each.text for each in found.orders] == ["到东门集合"]
    site.deliver(session, incident, actor=CREW, now=LATER)
    site.answer(session, incident, number, said="收到", done=False, actor=CREW, now=LATER)
    site.step(session, incident, "en_route", actor=CREW, now=LATER)
    site.begin_task(session, incident, job, actor=CREW, now=LATER)
    site.move_task(session, incident, job, 50, note="一半", actor=CREW, now=LATER)
    site.move_task(session, incident, job, 100, note="", actor=CREW, now=LATER)
    site.report(session, incident, said="现场有明显气味", actor=CREW, now=LATER)
    whole = state(session, incident)
    known = whole.orders[number]
    assert (known.to, known.delivered) == ("near中队", LATER)
    assert known.answers == ((LATER, "near中队 · 赵队长", "收到"),)
    assert next(iter(whole.assignments.values())).progress == "en_route"
    assert (whole.tasks[job].done, whole.tasks[job].done_by) == (LATER, "near中队 · 赵队长")
    assert [r.text for r in present(session).reports] == ["现场有明显气味"]
    assert told(session, RemarkMade)[-1].actor == "user:21"


def test_a_released_crew_sees_nothing_any_more(session: Session, incident: int) -> None:
    site.step(session, incident, "clear", actor=CREW, now=LATER)
    assert site.present(session, actor=CREW) is None
    assert session.scalars(select(ResponseUnit.state).where(ResponseUnit.code == "near")).one() == (
        "available"
    )
    with pytest.raises(NotFound):
        site.report(session, incident, said="还在", actor=CREW, now=LATER)


VERBS: list[Callable[[Session, int, Actor], object]] = [
    lambda s, i, who: site.seen(s, i, actor=who),
    lambda s, i, who: site.step(s, i, "on_scene", actor=who, now=LATER),
    lambda s, i, who: site.deliver(s, i, actor=who, now=LATER),
    lambda s, i, who: site.answer(s, i, 1, said="收到", done=False, actor=who, now=LATER),
    lambda s, i, who: site.begin_task(s, i, 1, actor=who, now=LATER),
    lambda s, i, who: site.move_task(s, i, 1, 50, note="", actor=who, now=LATER),
    lambda s, i, who: site.report(s, i, said="来看看", actor=who, now=LATER),
    lambda s, i, who: site.order(s, i, "near", said="撤", actor=who, now=LATER),
    lambda s, i, who: attachments.check_add(s, "incident", i, media.HOLDERS, actor=who, now=LATER),
    lambda s, i, who: attachments.listed(s, "incident", i, media.HOLDERS, actor=who, now=LATER),
]


@pytest.mark.parametrize("verb", VERBS)
@pytest.mark.parametrize(
    "who",
    [
        OTHERS, replace(OTHERS, can=frozenset({"site.act", "site.lead"})), NOBODY, replace(CREW, can=frozenset()),
        replace(CREW, unit="zjj"), replace(CREW, force="unknown"),
    ],
    ids=["other unit", "other lead", "no unit", "no right", "ticket unit", "unknown unit"],
)  # fmt: skip
def test_who_is_not_on_the_incident_may_nothing(
    session: Session, incident: int, verb: Callable[[Session, int, Actor], object], who: Actor
) -> None:
    order(session, incident)
    task(session, incident)
    before = state(session, incident)
    with pytest.raises((NotFound, Refused)):
        verb(session, incident, who)
    assert state(session, incident) == before


def test_a_crew_is_no_commander(session: Session, incident: int) -> None:
    own = present(session).assignment.assignment
    for verb in (
        lambda: moving.read(session, incident, actor=CREW),
        lambda: dispatch.move_unit(session, own, "en_route", actor=CREW, now=LATER),
        lambda: records.remark(session, incident, said="x", actor=CREW, now=LATER),
        lambda: incidents.verify(session, incident, note="", actor=CREW, now=LATER),
        lambda: site.order(session, incident, "far", said="撤", actor=CREW, now=LATER),
    ):
        with pytest.raises(Refused):
            verb()


def test_another_incident_is_not_there(session: Session, incident: int) -> None:
    second = make_incident(session)
    assert second != incident
    with pytest.raises(NotFound):
        site.report(session, second, said="看看", actor=CREW, now=LATER)


def test_what_is_for_others_is_neither_seen_nor_answered(session: Session, incident: int) -> None:
    send(session, incident, "far")
    theirs, plain = order(session, incident, "far"), order(session, incident, "", to="街道")
    job = task(session, incident, "far")
    found = present(session)
    assert (found.orders, found.tasks) == ((), ())
    for number in (theirs, plain):
        with pytest.raises(NotFound):
            site.answer(session, incident, number, said="收到", done=False, actor=CREW, now=LATER)
    with pytest.raises(NotFound):
        site.begin_task(session, incident, job, actor=CREW, now=LATER)
    site.deliver(session, incident, actor=CREW, now=LATER)
    assert not told(session, OrderDelivered)


def test_a_crew_does_not_call_itself_off(session: Session, incident: int) -> None:
    with pytest.raises(BadInput):
        site.step(session, incident, "cancelled", actor=CREW, now=LATER)
    site.step(session, incident, "on_scene", actor=CREW, now=LATER)
    with pytest.raises(WrongStatus):
        site.step(session, incident, "en_route", actor=CREW, now=LATER)


def test_a_press_sent_twice_is_one(session: Session, incident: int) -> None:
    number = order(session, incident)
    for at in (LATER, LATER + 5):
        site.deliver(session, incident, actor=CREW, now=at)
        site.answer(session, incident, number, said="收到", done=False, actor=CREW, now=at)
        site.report(session, incident, said="火势已控", actor=CREW, now=at)
        site.step(session, incident, "on_scene", actor=CREW, now=at)
    for kind, count in ((OrderDelivered, 1), (OrderAnswered, 1), (RemarkMade, 1)):
        assert len(told(session, kind)) == count
    assert [e.progress for e in told(session, UnitMoved)] == [
        "acknowledged",
        "en_route",
        "on_scene",
    ]


def test_orders_and_tasks_go_to_units_on_the_incident_alone(
    session: Session, incident: int
) -> None:
    job = task(session, incident)
    for verb in (
        lambda: order(session, incident, "far"),
        lambda: task(session, incident, "far"),
        lambda: tasks.hand_task(session, incident, job, "far", actor=COORD, now=AT),
    ):
        with pytest.raises(BadInput) as refused:
            verb()
        assert refused.value.facts["field"] == "unit"


def test_a_task_is_handed_over_and_taken_back(session: Session, incident: int) -> None:
    job = tasks.add_task(session, incident, title="警戒", role="公安", actor=COORD, now=AT)
    assert not present(session).tasks
    tasks.hand_task(session, incident, job, "near", actor=COORD, now=AT)
    assert [each.task for each in present(session).tasks] == [job]
    tasks.hand_task(session, incident, job, "", actor=COORD, now=AT)
    assert not present(session).tasks


def test_who_leads_on_site_orders_the_other_units(session: Session, incident: int) -> None:
    send(session, incident, "far")
    assert [other.unit for other in present(session, LEAD).others] == ["far"]
    site.order(session, incident, "far", said="支援北侧", actor=LEAD, now=LATER)
    [given] = present(session, OTHERS).orders
    assert (given.to, given.by, given.text) == ("far中队", "near中队 · 赵队长", "支援北侧")
    with pytest.raises(BadInput):
        site.order(session, incident, "near", said="自己", actor=LEAD, now=LATER)


def test_a_crew_sees_the_files_it_sent_and_no_others(session: Session, incident: int) -> None:
    def hang(who: Actor, sha: str) -> int:
        content = attachments.Content("现场.png", "image/png", 10, sha)
        return attachments.add(
            session, "incident", incident, content, media.HOLDERS, actor=who, now=LATER
        )

    own, secret = hang(CREW, "a" * 64), hang(COORD, "b" * 64)
    kept = attachments.listed(session, "incident", incident, media.HOLDERS, actor=CREW, now=LATER)
    assert [each.row.id for each in kept] == [own]
    assert attachments.find(session, own, media.HOLDERS, actor=CREW, now=LATER).id == own
    with pytest.raises(NotFound):
        attachments.find(session, secret, media.HOLDERS, actor=CREW, now=LATER)
    both = attachments.listed(session, "incident", incident, media.HOLDERS, actor=COORD, now=LATER)
    assert len(both) == 2
    linked = [event for event in told(session, MediaLinked) if event.ref == str(own)]
    assert [(event.form, event.by) for event in linked] == [("picture", "near中队 · 赵队长")]
    site.step(session, incident, "clear", actor=CREW, now=LATER)
    with pytest.raises(HotlineError):
        attachments.find(session, own, media.HOLDERS, actor=CREW, now=LATER)


def test_the_sheet_tells_of_nothing_but_the_crews_part(session: Session, incident: int) -> None:
    records.remark(session, incident, said="报警人王某某电话 13900001111", actor=COORD, now=AT)
    order(session, incident, "", to="街道办王主任")
    send(session, incident, "far")
    said = str(present(session))
    assert "139" not in said and "街道" not in said
    session.add(
        Attachment(
            tenant_id=tenant_of(session), subject="incident", subject_id=incident, name="报警录音.mp3",
            media="audio/mpeg", size=1, sha256="c" * 64, added_at=to_datetime(AT), added_by=7,
        )
    )  # fmt: skip
    session.flush()
    assert not attachments.listed(
        session, "incident", incident, media.HOLDERS, actor=CREW, now=LATER
    )
