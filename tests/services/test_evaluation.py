"""Evaluation reports: measured, judged, approved by another; chain and capability of a period counted again."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from conftest import Place, new_tenant
from factories import AT
from gas_leak import CHIEF, COORD, SPOT, UNIT, WATCHER, Leak, play
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import (
    capability,
    chain,
    evaluation,
    evaluation_lists,
    evaluation_page,
    incidents,
    indicators,
    moving,
    replay,
)
from command.evaluation_lists import Asked
from command.queries import Criteria
from dashboard.texts import LANGUAGES, t
from dashboard.views import review as views
from dashboard.views import reviews
from dashboard.views.reviews import Here
from models.clock import to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import Place as Where
from models.rules.incident.chain import quantiles
from models.rules.incident.measures import JUDGED, MEASURES, Indicator, score, scored, total
from models.store import db
from models.store.chain import verify
from models.tables import Evaluation, Incident, IncidentType, ResponseUnit
from tickets.letter_files import printable
from tickets.moving import Actor

LATER = AT + 10_000
ZONE = "Asia/Shanghai"
JUDGE = {"order": 80.0}


@pytest.fixture(scope="module")
def played(engine: Engine) -> Leak:
    return play(engine, new_tenant(engine))


@pytest.fixture
def leak(played: Leak) -> Iterator[Leak]:
    """The incident without a report: each test writes its own."""
    yield played
    with played.session() as session:
        for row in session.scalars(select(Evaluation)):
            session.delete(row)


@contextmanager
def moved(cap: str) -> Iterator[None]:
    with pytest.raises(WrongStatus) as caught:
        yield
    assert caught.value.facts["cap"] == cap


def drawn(session: Session, leak: Leak) -> Evaluation:
    return evaluation.draw(session, leak.incident, actor=COORD, now=LATER)


def submitted(session: Session, leak: Leak) -> Evaluation:
    row = drawn(session, leak)
    evaluation.save(
        session, row.id, rev=1, sections={"course": "处置经过"}, judged=JUDGE, notes={}, actor=COORD, now=LATER
    )  # fmt: skip
    evaluation.submit(session, row.id, rev=2, actor=COORD, now=LATER)
    return row


def test_a_draft_is_measured_from_what_happened(leak: Leak) -> None:
    with leak.session() as session:
        found = {row.code: row for row in evaluation.rows_of(drawn(session, leak))}
    assert found["first_report"].value == round((380 - 90) / 60, 2)
    assert found["plan"].value == round((160 - 90) / 60, 2)
    assert found["dispatch"].value == round((170 - 90) / 60, 2)
    assert found["arrival"].value == round((500 - 90) / 60, 2)
    assert found["control"].value == round((3500 - 90) / 60, 2)
    assert found["tasks"].inputs == {"good": 1.0, "all": 4.0}
    assert found["tasks"].value == 25.0
    assert found["reports"].value == 100.0
    assert found["order"].value is None
    assert found["order"].score is None


def test_a_report_can_be_counted_again_from_the_sealed_log(leak: Leak) -> None:
    with leak.session() as session:
        row = drawn(session, leak)
        film = replay.film(session, leak.incident, actor=WATCHER)
        again = film.reel.after(row.seq)
        assert again is not None
        for each in evaluation.rows_of(row):
            indicator = Indicator(each.code, each.label, each.measure, each.weight, each.target)
            assert scored(indicator, again.incident) == each
        assert row.score == total(evaluation.rows_of(row))
    # and from the inputs that stand in it
    for each in evaluation.rows_of(row):
        if "from" in each.inputs:
            assert each.value == round((each.inputs["to"] - each.inputs["from"]) / 60, 2)
        if "good" in each.inputs:
            assert each.value == round(100 * each.inputs["good"] / each.inputs["all"], 2)


def test_a_report_goes_from_draft_to_approval(leak: Leak) -> None:
    with leak.session() as session:
        row = submitted(session, leak)
        expected = total(evaluation.rows_of(row))
        with moved("own"):
            both = Actor(COORD.user_id, COORD.name, CHIEF.can)
            evaluation.approve(session, row.id, rev=3, actor=both, now=LATER)
        evaluation.approve(session, row.id, rev=3, note="同意", actor=CHIEF, now=LATER + 60)
        assert (row.state, row.approver, row.score) == ("approved", CHIEF.name, expected)
        state = moving.read(session, leak.incident, actor=WATCHER)
        assert state.evaluation is not None
        assert (state.evaluation.evaluation, state.evaluation.score) == (row.id, expected)
        for verb in (evaluation.drop, evaluation.measure_again):
            with moved("moved"):
                verb(session, row.id, rev=row.rev, actor=COORD, now=LATER)
        second = evaluation.draw(session, leak.incident, actor=COORD, now=LATER + 100)
        assert second.version == 2
        assert verify(session) == []


def test_what_must_not_be(leak: Leak) -> None:
    with leak.session() as session:
        row = drawn(session, leak)
        with moved("exists"):
            drawn(session, leak)
        with pytest.raises(WrongStatus) as caught:
            evaluation.submit(session, row.id, rev=1, actor=COORD, now=LATER)
        # whoever hands it in is told which field is empty, by the name that stands beside it
        assert "人工评分" in reviews.refused(caught.value.facts, t("zh"))
        assert "Judged by a person" in reviews.refused(caught.value.facts, t("en"))
        own = {"cap": "judged", "owed": [["order", "现场秩序"], ["x", ""]]}
        assert "：现场秩序、人工评分。" in reviews.refused(own, t("zh"))
        for judged in ({"order": 101.0}, {"order": -1.0}, {"dispatch": 50.0}):
            with pytest.raises(BadInput):
                evaluation.save(
                    session, row.id, rev=1, sections={}, judged=judged, notes={}, actor=COORD, now=LATER
                )  # fmt: skip
        evaluation.save(
            session, row.id, rev=1, sections={}, judged=JUDGE, notes={}, actor=COORD, now=LATER
        )
        with moved("moved"):
            evaluation.save(
                session, row.id, rev=1, sections={}, judged={}, notes={}, actor=COORD, now=LATER
            )
        evaluation.drop(session, row.id, rev=2, actor=COORD, now=LATER)
        with pytest.raises(NotFound):
            evaluation_lists.one(session, row.id, actor=WATCHER)


def test_who_may_not(leak: Leak) -> None:
    afar = Actor(9, "x", COORD.can, district="990102")
    with leak.session() as session:
        row = submitted(session, leak)
        for actor in (WATCHER, UNIT):
            with pytest.raises(Refused):
                evaluation.draw(session, leak.incident, actor=actor, now=LATER)
        with pytest.raises(Refused):
            evaluation.approve(session, row.id, rev=3, actor=COORD, now=LATER)
        with pytest.raises(NotFound):
            evaluation_lists.one(session, row.id, actor=afar)
        assert evaluation_lists.listed(session, Asked(), actor=afar).total == 0
        with pytest.raises(Refused):
            indicators.set_indicators(session, (), version=0, actor=WATCHER, now=LATER)
        with pytest.raises(Refused):
            evaluation_lists.listed(session, Asked(), actor=Actor(1, "x", frozenset()))


def test_a_running_incident_is_not_evaluated(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        session.add(IncidentType(tenant_id=tenant.id, code="gas", kind="accident", label="燃气"))
        session.flush()
        form = incidents.Form(type="gas", title="燃气泄漏", place=Where(*SPOT, "", ""))
        number = incidents.report(session, form, actor=COORD, now=AT).id
        with moved("running"):
            evaluation.draw(session, number, actor=COORD, now=LATER)


def test_indicators_are_versioned_and_old_reports_stand(leak: Leak) -> None:
    mine = (
        Indicator("arrival", "到场", "on_scene_min", 60, 5), Indicator("say", "协同", JUDGED, 40, 100),
    )  # fmt: skip
    with leak.session() as session:
        row = drawn(session, leak)
        before = list(row.rows)
        version = indicators.set_indicators(session, mine, version=0, actor=COORD, now=LATER)
        assert (version, indicators.indicators(session).rows) == (1, mine)
        with moved("moved"):
            indicators.set_indicators(session, mine, version=0, actor=COORD, now=LATER)
        assert session.get_one(Evaluation, row.id).rows == before
        evaluation.measure_again(session, row.id, rev=1, actor=COORD, now=LATER)
        rows = evaluation.rows_of(row)
        assert [each.code for each in rows] == ["arrival", "say"]
        assert rows[0].score == score(mine[0], rows[0].value) == round(100 * 5 / 6.83, 1)
        session.rollback()


@pytest.mark.parametrize(
    ("row", "field"),
    [
        (Indicator("a", "", "guessed", 1, 1), "measure"),
        (Indicator("a", "", JUDGED, 0, 1), "weight"),
        (Indicator("a", "", JUDGED, float("nan"), 1), "weight"),
        (Indicator("a", "", "on_scene_min", 1, 0), "target"),
        (Indicator("", "", JUDGED, 1, 1), "code"),
        (Indicator("a", "长" * 61, JUDGED, 1, 1), "label"),
    ],
)
def test_indicators_that_cannot_be(session: Session, row: Indicator, field: str) -> None:
    with pytest.raises(BadInput) as caught:
        indicators.set_indicators(session, (row,), version=0, actor=COORD, now=AT)
    assert caught.value.facts["field"] == field


def test_unknown_is_no_zero() -> None:
    assert total([]) is None
    assert quantiles([None, None]) == (None, None, 0, 2)
    assert quantiles([0.0]) == (0.0, 0.0, 1, 1)
    assert quantiles([None, *map(float, range(1, 11))]) == (5.0, 9.0, 10, 11)
    assert all(measure.better in ("low", "high") for measure in MEASURES.values())


def test_lists_comparison_and_statistics(leak: Leak) -> None:
    with leak.session() as session:
        row = submitted(session, leak)
        assert evaluation_lists.listed(session, Asked(state="draft"), actor=WATCHER).total == 0
        assert evaluation_lists.summary(session, Asked(), actor=WATCHER) == []
        assert evaluation_lists.unreported(session, actor=WATCHER) == []
        evaluation.approve(session, row.id, rev=3, actor=CHIEF, now=LATER)
        second = submitted(session, leak)
        sides = evaluation_lists.compared(session, [second.id, row.id], actor=WATCHER)
        assert [side.row.version for side in sides] == [2, 1]
        (found,) = evaluation_lists.summary(session, Asked(type="gas"), actor=WATCHER)
        assert (found.reports, found.exercise) == (1, False)
        assert found.score is not None
        assert found.score.mean == row.score
        assert evaluation_lists.summary(session, Asked(exercise="yes"), actor=WATCHER) == []
        with pytest.raises(BadInput):
            evaluation_lists.compared(session, range(1, 9), actor=WATCHER)


def test_the_chain_of_a_period_is_counted_again(leak: Leak) -> None:
    with leak.session() as session:
        (group,) = chain.statistics(session, Criteria(), "type", zone=ZONE, actor=WATCHER)
        assert (group.key, group.exercise, group.incidents) == ("gas", False, 1)
        assert group.parts["call", "answer"] == (12.0, 12.0, 1, 1)
        assert group.parts["dispatch", "acknowledge"] == (30.0, 30.0, 1, 1)
        assert group.parts["incident", "on_scene"] == (410.0, 410.0, 1, 1)
        (month,) = chain.statistics(session, Criteria(), "month", zone=ZONE, actor=WATCHER)
        assert month.key == "2026-11"
        # a false alarm is no response; an exercise stands apart, and what it lacks is not known
        session.add_all([
            Incident(
                tenant_id=leak.tenant.id, no=f"X{n}", seq=1, status=status, kind="accident", type="gas",
                title="x", exercise=n == 2, reported_at=to_datetime(AT), reported_by=0,
                picture=_reported(session, leak, exercise=n == 2),
            )
            for n, status in ((1, "cancelled"), (2, "reported"))
        ])  # fmt: skip
        session.flush()
        real, exercise = chain.statistics(session, Criteria(), "type", zone=ZONE, actor=WATCHER)
        assert (real.incidents, exercise.incidents, exercise.exercise) == (1, 1, True)
        assert exercise.parts["incident", "on_scene"] == (None, None, 0, 1)
        session.rollback()


def _reported(session: Session, leak: Leak, *, exercise: bool) -> dict[str, object]:
    import msgspec

    film = replay.film(session, leak.incident, actor=WATCHER)
    first = film.reel.after(1)
    assert first is not None
    changed = msgspec.structs.replace(first.incident, id=0, exercise=exercise, merged={})
    return msgspec.to_builtins(changed, str_keys=True)  # type: ignore[no-any-return]


def test_capability_is_counted_again(leak: Leak) -> None:
    with leak.session() as session:
        session.add(
            ResponseUnit(
                tenant_id=leak.tenant.id, code="F1", label="消防一中队", type="engine", capabilities=["fire"],
                staff=6, min_staff=4, station_lon=SPOT[0], station_lat=SPOT[1], district="990101",
            )
        )  # fmt: skip
        session.flush()
        found = capability.capability(session, Criteria(), actor=WATCHER)
        forces = {(force.type, force.district): force for force in found.forces}
        known, unknown = forces["engine", "990101"], forces["", ""]
        assert known.acknowledged == (30.0, 30.0, 1, 1)
        assert known.arrived == (330.0, 330.0, 1, 1)
        # G1's acknowledgement was inferred, M1 was called back: neither counts as known
        assert unknown.acknowledged == (None, None, 0, 2)
        assert unknown.arrived == (485.0, 485.0, 1, 2)
        (ready,) = found.readiness
        assert (ready.incidents, ready.planned) == (1, 1)
        assert (ready.tasks, ready.in_time, ready.late, ready.open) == (4, 1, 3, 0)
        session.rollback()


def test_the_paper_says_what_the_page_says(leak: Leak) -> None:
    with leak.session() as session:
        row = submitted(session, leak)
        report = evaluation_lists.one(session, row.id, actor=WATCHER)
        times = chain.of(session, report.incident)
    for lang, words in LANGUAGES.items():
        here = Here(words, ZONE, {"gas": "燃气泄漏"}, {}, frozenset({"command.view"}))
        page = views.printed(report, times, here, lang)
        html = evaluation_page.html(page)
        for line in views.sheet_rows(report, here):
            assert all(cell.replace("&", "&amp;") in html for cell in line[:2])
        assert "处置经过" in html
        if printable():
            assert evaluation_page.pdf(page).startswith(b"%PDF")
