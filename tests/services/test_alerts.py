"""Warnings: drafted, changed, approved, refused, updated, cancelled and run out; races, rights, tenants."""

import math
import threading
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import shapely
from cap_messages import ACT, AREA, BOTH, LEADER, WRITER, accepted, make_draft, make_incident
from conftest import Place as Tenancy
from factories import AT
from msgspec.structs import replace
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import alert_drafts, alert_lists, alerts, incidents, parameters, plans, queries
from command.alert_lists import Criteria
from command.alert_policy import Policy, policy, set_policy
from gis_data.coordinates import metric, metric_crs_at
from ingest.timers import Timers
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events.incident import from_row
from models.events.incident.plotting import Drawing
from models.rules import incident as rules
from models.rules.cap import Area
from models.rules.cap.draft import Draft
from models.rules.incident.state import Drawn, Picture
from models.store import chain, db
from models.tables import Alert, Audit, Outbox
from tickets.moving import Actor

NOBODY = Actor(10, "话务员", frozenset({"command.report"}))
UNIT = Actor(11, "承办单位", ACT, unit="zjj")
NS = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}


@pytest.fixture
def incident(session: Session, tenant: Tenancy) -> int:
    return make_incident(session, tenant.id)


def drafted(session: Session, incident: int | None, **more: Any) -> Alert:
    return alerts.draft_alert(session, incident, make_draft(**more), actor=WRITER, now=AT)


def approve(session: Session, row: Alert, *, at: float = AT, actor: Actor = LEADER) -> None:
    alerts.approve_alert(session, row.id, rev=row.rev, actor=actor, now=at)


def published(session: Session, incident: int | None, **more: Any) -> Alert:
    row = drafted(session, incident, **more)
    approve(session, row)
    return row


def state_of(session: Session, incident: int) -> Any:
    state = queries.state_of(session, incident)
    assert state is not None
    return state


# --- the plain course -----------------------------------------------------------------------


def test_it_works(session: Session, incident: int) -> None:
    row = drafted(session, incident)
    assert (row.state, row.xml, row.rev) == ("draft", "", 1)
    assert state_of(session, incident).alerts[row.number].state == "draft"
    approve(session, row, at=AT + 60)
    assert row.state == "published"
    read = accepted(row.xml.encode())
    assert read["cap_id"] == row.identifier
    assert read["cap_sent"] == "2026-11-22T06:27:40+08:00"
    assert row.reference.endswith(f",{row.identifier},2026-11-22T06:27:40+08:00")
    told = state_of(session, incident).alerts[row.number]
    assert (told.state, told.decided_by, told.expires) == (
        "published",
        "带班领导",
        AT + 60 + 6 * 3600,
    )
    assert [found.id for found in alert_lists.current(session, now=AT + 61)] == [row.id]


def test_a_draft_begins_with_what_the_incident_says(session: Session, incident: int) -> None:
    draft = alert_drafts.suggested(session, incident, areas=(AREA,), actor=WRITER)
    assert draft.categories == ("Fire",)
    assert (draft.severity, draft.urgency, draft.certainty) == ("Severe", "Immediate", "Observed")
    assert draft.chinese.headline == "云州市发布燃气泄漏橙色预警"
    assert draft.english.event == "Gas leak"
    row = alerts.draft_alert(session, incident, draft, actor=WRITER, now=AT)
    approve(session, row)
    accepted(row.xml.encode())


def test_live_is_replay(session: Session, incident: int) -> None:
    first = published(session, incident)
    second = alerts.succeed_alert(
        session, first.id, "Update", make_draft(), actor=WRITER, now=AT + 10
    )
    approve(session, second, at=AT + 20)
    row = drafted(session, incident)
    alerts.refuse_alert(session, row.id, rev=1, note="措辞", actor=LEADER, now=AT + 30)
    rows = session.scalars(select(Outbox.event).order_by(Outbox.id))
    picture = rules.fold(from_row(event) for event in rows)
    assert picture is not None
    assert picture.incident == state_of(session, incident)
    states = [alert.state for alert in picture.incident.alerts.values()]
    assert states == ["replaced", "published", "refused"]


def test_a_changed_draft_is_another_revision(session: Session, incident: int) -> None:
    row = drafted(session, incident)
    better = replace(alerts.body_of(row), contact="12345")
    alerts.change_draft(session, row.id, better, rev=1, actor=BOTH, now=AT + 5)
    assert (row.rev, row.written_by, alerts.body_of(row).contact) == (2, BOTH.user_id, "12345")
    with pytest.raises(WrongStatus) as error:
        alerts.change_draft(session, row.id, better, rev=1, actor=WRITER, now=AT + 6)
    assert error.value.facts["cap"] == "moved"
    with pytest.raises(BadInput):
        alerts.change_draft(session, row.id, better, rev=2, actor=WRITER, now=AT + 6)
    with pytest.raises(WrongStatus):  # the leader saw the first revision
        alerts.approve_alert(session, row.id, rev=1, actor=LEADER, now=AT + 7)


def test_an_exercise_stays_one(session: Session, tenant: Tenancy) -> None:
    number = make_incident(session, tenant.id, exercise=True)
    row = drafted(session, number, exercise=False)
    alerts.change_draft(
        session, row.id, make_draft(exercise=False, hours=2.0), rev=1, actor=WRITER, now=AT
    )
    approve(session, row)
    assert row.exercise
    assert ET.fromstring(row.xml).findtext("c:status", None, NS) == "Exercise"


def test_one_that_belongs_to_no_incident_is_audited(session: Session) -> None:
    row = alerts.draft_alert(session, None, make_draft(incident="TF9"), actor=WRITER, now=AT)
    approve(session, row)
    assert alerts.body_of(row).incident == ""
    assert "incidents" not in row.xml
    verbs = session.scalars(
        select(Audit.verb).where(Audit.subject == f"alert:{row.number}").order_by(Audit.id)
    )
    assert verbs.all() == ["draft_alert", "approve_alert"]
    assert chain.verify(session) == []


# --- updates and cancels --------------------------------------------------------------------


def test_an_update_names_all_before_it_and_ends_the_last(session: Session, incident: int) -> None:
    first = published(session, incident)
    frozen = first.xml
    second = alerts.succeed_alert(
        session, first.id, "Update", make_draft(), actor=WRITER, now=AT + 60
    )
    assert first.state == "published"  # until the update is out
    approve(session, second, at=AT + 120)
    session.refresh(first)
    assert (first.state, first.xml) == ("replaced", frozen)
    third = alerts.succeed_alert(
        session, second.id, "Cancel", make_draft(), actor=WRITER, now=AT + 180
    )
    approve(session, third, at=AT + 240)
    session.refresh(second)
    assert second.state == "cancelled"
    references = ET.fromstring(third.xml).findtext("c:references", None, NS)
    assert references == f"{first.reference} {second.reference}"
    assert [row.id for row in alert_lists.current(session, now=AT + 300)] == [third.id]
    assert alert_lists.file(session, first.identifier).xml == frozen
    accepted(third.xml.encode())


def test_only_one_message_follows_another(session: Session, incident: int) -> None:
    first = published(session, incident)
    second = alerts.succeed_alert(
        session, first.id, "Update", make_draft(), actor=WRITER, now=AT + 1
    )
    alerts.refuse_alert(session, second.id, rev=1, note="不必", actor=LEADER, now=AT + 2)
    alerts.succeed_alert(session, first.id, "Cancel", make_draft(), actor=WRITER, now=AT + 3)
    with pytest.raises(WrongStatus) as error:
        alerts.succeed_alert(session, first.id, "Update", make_draft(), actor=WRITER, now=AT + 4)
    assert error.value.facts["cap"] == "asked"


@pytest.mark.parametrize("how", ["draft", "expired", "Alert"])
def test_what_cannot_be_followed(session: Session, incident: int, how: str) -> None:
    row = drafted(session, incident) if how == "draft" else published(session, incident)
    at = AT + 7 * 3600 if how == "expired" else AT
    with pytest.raises((WrongStatus, BadInput)):
        alerts.succeed_alert(
            session,
            row.id,
            "Alert" if how == "Alert" else "Update",
            make_draft(),
            actor=WRITER,
            now=at,
        )


def test_an_update_of_what_ran_out_meanwhile_is_not_published(
    session: Session, incident: int
) -> None:
    first = published(session, incident)
    second = alerts.succeed_alert(
        session, first.id, "Update", make_draft(), actor=WRITER, now=AT + 60
    )
    with pytest.raises(WrongStatus) as error:
        approve(session, second, at=AT + 7 * 3600)
    assert error.value.facts["cap"] == "gone"


def test_a_false_alarm_is_taken_back_but_warned_of_no_more(session: Session, incident: int) -> None:
    row = published(session, incident)
    waiting = drafted(session, incident)
    incidents.cancel(session, incident, note="误报", actor=WRITER, now=AT + 1)
    for verb in (lambda: drafted(session, incident), lambda: approve(session, waiting, at=AT + 2)):
        with pytest.raises(WrongStatus) as error:
            verb()
        assert error.value.facts["cap"] == "over"
    cancel = alerts.succeed_alert(session, row.id, "Cancel", make_draft(), actor=WRITER, now=AT + 3)
    approve(session, cancel, at=AT + 4)
    assert cancel.state == "published"


# --- refusals -------------------------------------------------------------------------------


def test_a_refused_draft_is_over_and_says_why(session: Session, incident: int) -> None:
    row = drafted(session, incident)
    with pytest.raises(BadInput):
        alerts.refuse_alert(session, row.id, rev=1, note=" ", actor=LEADER, now=AT)
    alerts.refuse_alert(session, row.id, rev=1, note="范围过大", actor=LEADER, now=AT)
    assert (row.state, row.reason) == ("refused", "范围过大")
    verbs: list[Callable[[], object]] = [
        lambda: approve(session, row),
        lambda: alerts.change_draft(
            session, row.id, make_draft(hours=1.0), rev=1, actor=WRITER, now=AT
        ),
        lambda: alerts.refuse_alert(session, row.id, rev=1, note="再", actor=LEADER, now=AT),
    ]
    for verb in verbs:
        with pytest.raises(WrongStatus):
            verb()


def test_nothing_moves_what_is_published(session: Session, incident: int) -> None:
    row = published(session, incident)
    frozen = row.xml
    verbs: list[Callable[[], object]] = [
        lambda: approve(session, row, at=AT + 60),
        lambda: alerts.change_draft(
            session, row.id, make_draft(hours=1.0), rev=1, actor=WRITER, now=AT
        ),
        lambda: alerts.refuse_alert(session, row.id, rev=1, note="再", actor=LEADER, now=AT),
    ]
    for verb in verbs:
        with pytest.raises(WrongStatus):
            verb()
    session.refresh(row)
    assert row.xml == frozen


def test_who_wrote_it_does_not_approve_it_unless_the_tenant_allows(
    session: Session, incident: int
) -> None:
    row = alerts.draft_alert(session, incident, make_draft(), actor=BOTH, now=AT)
    with pytest.raises(Refused) as error:
        approve(session, row, actor=BOTH)
    assert error.value.facts["cap"] == "own"
    set_policy(session, Policy(self_approve=True), seen=0.0, actor=BOTH, now=AT)
    approve(session, row, actor=BOTH)
    assert row.state == "published"


@pytest.mark.parametrize(
    ("more", "fault"),
    [({"areas": ()}, "area"), ({"categories": ()}, "category"), ({"web": "yunzhou"}, "web")],
)
def test_what_our_rules_refuse_stays_a_draft(
    session: Session, incident: int, more: dict[str, Any], fault: str
) -> None:
    row = drafted(session, incident, **more)
    with pytest.raises(BadInput) as error:
        approve(session, row)
    assert error.value.facts["faults"] == (fault,)
    session.refresh(row)
    assert (row.state, row.xml) == ("draft", "")


@pytest.mark.parametrize("hours", [0.0, -1.0, 169.0, float("nan"), float("inf")])
def test_hours_that_cannot_be(session: Session, incident: int, hours: float) -> None:
    with pytest.raises(BadInput) as error:
        drafted(session, incident, hours=hours)
    assert error.value.facts["field"] == "hours"


@pytest.mark.parametrize("said", ["a\0b", "\ud800", "长" * 10_001])
def test_words_that_no_row_can_keep(session: Session, incident: int, said: str) -> None:
    with pytest.raises(BadInput):
        drafted(session, incident, chinese=replace(make_draft().chinese, headline=said))


def verbs_of(session: Session, row: Alert, incident: int) -> dict[str, Callable[[Actor], object]]:
    at, draft = AT + 1, make_draft()
    return {
        "draft_alert": lambda who: alerts.draft_alert(session, incident, draft, actor=who, now=at),
        "draft_for_none": lambda who: alerts.draft_alert(session, None, draft, actor=who, now=at),
        "succeed_alert": lambda who: alerts.succeed_alert(
            session, row.id, "Update", draft, actor=who, now=at
        ),
        "change_draft": lambda who: alerts.change_draft(
            session, row.id, draft, rev=1, actor=who, now=at
        ),
        "approve_alert": lambda who: alerts.approve_alert(
            session, row.id, rev=1, actor=who, now=at
        ),
        "refuse_alert": lambda who: alerts.refuse_alert(
            session, row.id, rev=1, note="不", actor=who, now=at
        ),
    }


@pytest.mark.parametrize("verb", [
    "draft_alert", "draft_for_none", "succeed_alert", "change_draft", "approve_alert", "refuse_alert",
])  # fmt: skip
def test_rights_are_asked_inside(session: Session, incident: int, verb: str) -> None:
    do = verbs_of(session, drafted(session, incident), incident)[verb]
    wrong_one = WRITER if verb in ("approve_alert", "refuse_alert") else LEADER
    for who in (NOBODY, UNIT, wrong_one):
        with pytest.raises(Refused):
            do(who)


def test_another_district_sees_nothing(session: Session, incident: int) -> None:
    row = published(session, incident)
    far = Actor(12, "外区", ACT | {"command.approve"}, district="990102")
    near = Actor(13, "本区", ACT, district="990101")
    assert alert_lists.one(session, row.id, actor=near).row.id == row.id
    assert alert_lists.listed(session, Criteria(), actor=far, now=AT) == ([], 0)
    for read in (
        lambda: alert_lists.one(session, row.id, actor=far),
        lambda: alert_lists.of_incident(session, incident, actor=far),
        lambda: alerts.succeed_alert(session, row.id, "Cancel", make_draft(), actor=far, now=AT),
        lambda: alerts.approve_alert(session, row.id, rev=1, actor=far, now=AT),
    ):
        with pytest.raises(NotFound):
            read()
    with pytest.raises(Refused):
        alerts.draft_alert(session, None, make_draft(), actor=near, now=AT)


def test_units_and_the_floor_do_not_read_drafts(session: Session, incident: int) -> None:
    row = drafted(session, incident)
    for who in (NOBODY, UNIT):
        with pytest.raises(Refused):
            alert_lists.one(session, row.id, actor=who)
        with pytest.raises(Refused):
            alert_lists.of_incident(session, incident, actor=who)
        with pytest.raises(Refused):
            alert_lists.listed(session, Criteria(), actor=who, now=AT)


# --- lists ----------------------------------------------------------------------------------


def test_lists_filter(session: Session, incident: int, tenant: Tenancy) -> None:
    out, draft = published(session, incident), drafted(session, incident)
    rehearsed = drafted(session, make_incident(session, tenant.id, exercise=True))

    def ids(**more: Any) -> list[int]:
        rows, total = alert_lists.listed(session, Criteria(**more), actor=LEADER, now=AT + 1)
        assert total == len(rows)
        return [each.row.id for each in rows]

    assert ids() == [rehearsed.id, draft.id, out.id]
    assert ids(state="current") == ids(state="published") == [out.id]
    assert ids(state="draft", exercise="no") == [draft.id]
    assert ids(exercise="yes") == [rehearsed.id]
    assert ids(words=out.identifier) == [out.id]
    assert len(ids(words="橙色")) == 3
    assert ids(words="没有") == []


def test_a_draft_is_no_file(session: Session, incident: int) -> None:
    row = drafted(session, incident)
    with pytest.raises(NotFound):
        alert_lists.file(session, row.identifier)
    with pytest.raises(NotFound):
        alert_lists.file(session, "")


def test_the_feed_says_when_it_changed(session: Session, incident: int) -> None:
    assert alert_lists.changed_at(session, now=AT) == 0
    row = published(session, incident)
    assert alert_lists.changed_at(session, now=AT + 1) == AT
    ends = AT + 6 * 3600
    assert alert_lists.changed_at(session, now=ends + 1) == ends
    assert not alert_lists.current(session, now=ends)
    alerts.expire_due(session, now=ends)
    assert alert_lists.changed_at(session, now=ends + 1) == ends
    session.refresh(row)
    assert row.state == "expired"


# --- running out ----------------------------------------------------------------------------


def test_what_is_over_runs_out_once(session: Session, incident: int) -> None:
    row, longer = published(session, incident), published(session, incident, hours=12.0)
    drafted(session, incident)
    assert alerts.expire_due(session, now=AT + 6 * 3600 - 1) == []
    assert alerts.expire_due(session, now=AT + 6 * 3600) == [row.number]
    assert alerts.expire_due(session, now=AT + 6 * 3600) == []
    session.refresh(longer)
    assert longer.state == "published"
    told = session.scalars(select(Audit.actor).where(Audit.verb == "expire_alert")).all()
    assert told == ["system:timers"]


def test_the_timers_let_it_run_out(engine: Engine, tenant: Tenancy) -> None:
    long_ago = now() - 8 * 3600
    with db.transaction(engine, tenant.id) as session:
        number = make_incident(session, tenant.id)
        row = alerts.draft_alert(session, number, make_draft(), actor=WRITER, now=long_ago)
        approve(session, row, at=long_ago)
    timers = Timers(None, engine, tenant.slug)  # type: ignore[arg-type] # no beat in this test
    timers._tenant_id = tenant.id
    timers._tell_next()
    with db.transaction(engine, tenant.id) as session:
        assert session.get_one(Alert, row.id).state == "expired"


# --- races and tenants ----------------------------------------------------------------------


def race(engine: Engine, tenant: Tenancy, verbs: list[Callable[[Session], object]]) -> list[str]:
    """Run the verbs at once, each in a transaction of its own; return what became of each."""
    gate, found = threading.Barrier(len(verbs)), [""] * len(verbs)

    def run(place: int, verb: Callable[[Session], object]) -> None:
        gate.wait()
        try:
            with db.transaction(engine, tenant.id) as session:
                verb(session)
            found[place] = "done"
        except HotlineError as error:
            found[place] = error.code

    threads = [threading.Thread(target=run, args=each) for each in enumerate(verbs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return sorted(found)


@pytest.mark.parametrize("of_incident", [True, False])
def test_of_many_who_decide_one_wins(engine: Engine, tenant: Tenancy, of_incident: bool) -> None:
    with db.transaction(engine, tenant.id) as session:
        row = drafted(session, make_incident(session, tenant.id) if of_incident else None)
    verbs: list[Callable[[Session], object]] = [
        lambda s: alerts.approve_alert(s, row.id, rev=1, actor=LEADER, now=AT),
        lambda s: alerts.approve_alert(s, row.id, rev=1, actor=BOTH, now=AT + 1),
        lambda s: alerts.refuse_alert(s, row.id, rev=1, note="不", actor=LEADER, now=AT),
        lambda s: alerts.change_draft(
            s, row.id, make_draft(hours=3.0), rev=1, actor=WRITER, now=AT
        ),
    ]
    assert race(engine, tenant, verbs) == ["done", "wrong_status", "wrong_status", "wrong_status"]


def test_of_two_updates_one_is_written(engine: Engine, tenant: Tenancy) -> None:
    with db.transaction(engine, tenant.id) as session:
        row = published(session, None)

    def update(session: Session) -> None:
        alerts.succeed_alert(session, row.id, "Update", make_draft(), actor=WRITER, now=AT + 1)

    assert race(engine, tenant, [update] * 3) == ["done", "wrong_status", "wrong_status"]


def test_a_neighbour_sees_nothing(engine: Engine, tenant: Tenancy, neighbour: Tenancy) -> None:
    with db.transaction(engine, tenant.id) as session:
        row = published(session, make_incident(session, tenant.id))
    with db.transaction(engine, neighbour.id) as session:
        assert session.scalars(select(Alert)).all() == []
        assert not alert_lists.current(session, now=AT + 1)
        assert alert_lists.changed_at(session, now=AT + 1) == 0
        assert alerts.expire_due(session, now=AT + 9 * 3600) == []
        with pytest.raises(NotFound):
            alert_lists.file(session, row.identifier)
        for verb in (
            lambda: approve(session, row),
            lambda: alerts.succeed_alert(
                session, row.id, "Cancel", make_draft(), actor=WRITER, now=AT
            ),
        ):
            with pytest.raises(NotFound):
                verb()


# --- parameters -----------------------------------------------------------------------------


def test_the_tenant_says_in_whose_name(session: Session, incident: int) -> None:
    given = Policy(
        sender="12345@yunzhou.example",
        name="云州市应急办",
        contact="0999-12345",
        web="https://y.example/",
    )
    set_policy(session, given, seen=0.0, actor=BOTH, now=AT)
    assert policy(session) == given
    draft = alert_drafts.suggested(session, incident, areas=(AREA,), actor=WRITER)
    row = alerts.draft_alert(session, incident, draft, actor=WRITER, now=AT)
    approve(session, row)
    read = accepted(row.xml.encode())
    assert read["cap_sender"] == "12345@yunzhou.example"
    assert read["cap_info"][0]["cap_sender_name"] == "云州市应急办"
    assert read["cap_info"][0]["cap_contact"] == "0999-12345"


def test_parameters_that_cannot_be(session: Session) -> None:
    for bad, field in ((Policy(sender="a b"), "sender"), (Policy(web="x"), "web")):
        with pytest.raises(BadInput) as error:
            set_policy(session, bad, seen=0.0, actor=BOTH, now=AT)
        assert error.value.facts["field"] == field
    with pytest.raises(Refused):
        set_policy(session, Policy(), seen=0.0, actor=WRITER, now=AT)
    set_policy(session, Policy(name="市应急办"), seen=0.0, actor=BOTH, now=AT)
    with pytest.raises(WrongStatus):
        set_policy(session, Policy(), seen=0.0, actor=BOTH, now=AT)
    with pytest.raises(BadInput):
        parameters.set_policy(session, plans.Policy(stale_s=1.0), seen=0.0, actor=BOTH, now=AT)
    parameters.set_policy(session, plans.Policy(stale_s=30.0), seen=0.0, actor=BOTH, now=AT)
    assert plans.policy(session).stale_s == 30.0


# --- areas ----------------------------------------------------------------------------------


def picture(session: Session, incident: int, **bodies: Drawing) -> Picture:
    drawings = {key: Drawn(key, 1, body, "协调员", "user:7", AT) for key, body in bodies.items()}
    return Picture(state_of(session, incident), drawings)


def area_m2(area: Area) -> float:
    (ring,) = area.polygons
    found: float = metric(metric_crs_at(114.3, 33.6)).shapes_to(shapely.Polygon(ring)).area
    return found


SPOT = (114.3, 33.6)
RING = (SPOT, (114.31, 33.6), (114.31, 33.61))


def test_areas_come_from_what_is_drawn(session: Session, incident: int) -> None:
    drawn = picture(
        session, incident,
        a=Drawing("area", RING, "指挥部", text="疏散区", effect="buffer"),
        c=Drawing("circle", (SPOT,), "指挥部", metres=800.0),
        p=Drawing("sector", (SPOT,), "指挥部", metres=1000.0, bearing=90.0, spread=60.0, effect="plume"),
        line=Drawing("line", RING, "指挥部"),
    )  # fmt: skip
    assert list(alert_drafts.drawn_areas(drawn)) == ["a", "p", "c"]
    codes = ("drawing:a", "drawing:c", "drawing:p", "around:500")
    found = alert_drafts.areas_of(codes, picture=drawn, city=None)
    assert [area.desc for area in found] == [
        "疏散区", "解放路 8 号划定区域", "解放路 8 号扩散范围", "解放路 8 号周边 500 米",
    ]  # fmt: skip
    assert [area_m2(area) / math.pi for area in (found[1], found[3])] == pytest.approx(
        [800**2, 500**2], rel=0.01
    )
    (cloud,) = found[2].polygons
    assert all(lon >= 114.3 - 1e-4 for lon, _ in cloud)  # it drifts east
    row = drafted(session, incident, areas=found)
    approve(session, row)
    accepted(row.xml.encode())


def test_areas_that_are_not_there(session: Session, incident: int) -> None:
    drawn = picture(
        session,
        incident,
        two=Drawing("area", RING[:2], "指挥部"),
        line=Drawing("line", RING, "指挥部"),
    )
    gone = Picture(drawn.incident, {"a": Drawn("a", 2, None, "协调员", "user:7", AT)})
    for code in (
        "drawing:x",
        "drawing:two",
        "drawing:line",
        "district:990101",
        "around:x",
        "around:",
        "moon:1",
        "",
    ):
        with pytest.raises(BadInput):
            alert_drafts.areas_of((code,), picture=drawn, city=None)
    with pytest.raises(BadInput):
        alert_drafts.areas_of(("drawing:a",), picture=gone, city=None)


def test_a_draft_without_anything_is_kept_and_its_faults_told(session: Session) -> None:
    made, faults = alerts.preview(session, alert_drafts.blank(session), now=AT)
    assert made.status == "Actual"
    assert {"event", "headline", "description", "area"} <= set(faults)
    _, faults = alerts.preview(session, replace(make_draft(), hours=float("nan")), now=AT)
    assert faults == ("expires",)
    _, faults = alerts.preview(session, make_draft(msg_type="Cancel"), now=AT)
    assert faults == ()
    assert isinstance(alert_drafts.blank(session), Draft)
