"""Units: a tree without circles, two at once, files with wrong lines, and no ticket lost when one closes."""

import threading
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, assigned, opened, same_as_history

from models.errors import BadInput, HotlineError, Refused, WrongStatus
from models.rules.tickets.moves import MOVES
from models.store import db
from models.tables import Audit, TicketLeg, Unit
from tickets import assignment, queries, units, workflow
from tickets.moving import Actor
from tickets.units import UnitForm

ADMIN = Actor(9, "管理员", frozenset({"admin.units", "ticket.assign", "ticket.view"}))
NOBODY = Actor(8, "谁", frozenset({m.permission for m in MOVES.values()} - {"admin.units"}))


def put(session: Session, code: str, parent: str = "", **more: Any) -> Unit:
    form = UnitForm(name=more.pop("name", code), parent=parent, **more)
    return units.add(session, code, form, actor=ADMIN, now=AT)


def move(session: Session, code: str, parent: str) -> None:
    before = UnitForm.of(units.one(session, code, actor=ADMIN).row)
    units.change(
        session, code, before, UnitForm(name=before.name, parent=parent), actor=ADMIN, now=AT
    )


@pytest.fixture
def tree(session: Session) -> None:
    for code, parent in (("zjj", ""), ("zjj-water", "zjj"), ("jtj", ""), ("village", "zjj-water")):
        put(session, code, parent)


def test_it_works(session: Session) -> None:
    put(session, "lhq", duties="街道、社区, 村委", name="莲湖区")
    put(session, "lhq-wj", "lhq", name="望江街道")
    put(session, "ylq", name="云岭区")
    page = units.listing(session, actor=ADMIN)
    assert [(line.row.code, line.row.level) for line in page.lines] == [
        ("lhq", 1), ("lhq-wj", 2), ("ylq", 1),
    ]  # fmt: skip
    assert units.one(session, "lhq", actor=ADMIN).row.duties == "街道 社区 村委"
    assert units.listing(session, actor=ADMIN, words="望江").total == 1
    assert session.scalars(select(Audit.verb)).all() == ["add_unit"] * 3


@pytest.mark.usefixtures("tree")
def test_a_unit_moves_with_all_below_it_and_never_in_a_circle(session: Session) -> None:
    move(session, "zjj", "jtj")
    assert units.one(session, "village", actor=ADMIN).row.level == 4
    for parent in ("village", "zjj", "nowhere"):
        with pytest.raises(BadInput) as caught:
            move(session, "zjj", parent)
        assert caught.value.facts["field"] == "parent"


@pytest.mark.usefixtures("tree")
def test_the_tree_has_an_end(session: Session) -> None:
    put(session, "l4", "village")
    put(session, "l5", "l4")
    with pytest.raises(BadInput):
        put(session, "l6", "l5")
    with pytest.raises(BadInput):
        move(session, "zjj", "jtj")


@pytest.mark.usefixtures("tree")
def test_what_somebody_else_changed_is_not_written_over(session: Session) -> None:
    before = UnitForm.of(units.one(session, "zjj", actor=ADMIN).row)
    units.change(session, "zjj", before, UnitForm(name="住建局"), actor=ADMIN, now=AT)
    with pytest.raises(WrongStatus):
        units.change(session, "zjj", before, UnitForm(name="建设局"), actor=ADMIN, now=AT)
    assert units.one(session, "zjj", actor=ADMIN).row.name == "住建局"


@pytest.mark.parametrize(
    ("code", "form", "field"),
    [
        ("zjj", {"name": "又一个"}, "code"), ("住建", {"name": "住建"}, "code"), ("", {"name": "x"}, "code"),
        ("n", {"name": " "}, "name"), ("n", {"name": "x", "district": "东"}, "district"),
        ("n", {"name": "x", "phone": "1" * 33}, "phone"), ("n", {"name": "x", "parent": "q"}, "parent"),
    ],
)  # fmt: skip
@pytest.mark.usefixtures("tree")
def test_a_wrong_form_names_its_field(
    session: Session, code: str, form: dict[str, str], field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        units.add(session, code, UnitForm(**form), actor=ADMIN, now=AT)
    assert caught.value.facts["field"] == field


def test_only_who_may(session: Session) -> None:
    with pytest.raises(Refused):
        units.listing(session, actor=NOBODY)
    with pytest.raises(Refused):
        units.add(session, "x", UnitForm("x"), actor=NOBODY, now=AT)


def test_two_moves_at_once_make_no_circle(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        put(session, "a")
        put(session, "b")
    ready, results = threading.Barrier(2), []

    def go(code: str, parent: str) -> None:
        ready.wait()
        try:
            with db.transaction(engine, tenant.id) as own:
                move(own, code, parent)
            results.append("done")
        except HotlineError:
            results.append("refused")

    threads = [threading.Thread(target=go, args=pair) for pair in (("a", "b"), ("b", "a"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "refused"]
    with db.transaction(engine, tenant.id) as session:
        assert units.listing(session, actor=ADMIN).total == 2


# --- closing --------------------------------------------------------------------------------


@pytest.mark.usefixtures("tree")
def test_a_unit_that_owes_tickets_does_not_vanish(session: Session) -> None:
    row = assigned(session, "jtj", "zjj")
    inner = session.begin_nested()
    with pytest.raises(WrongStatus) as caught:
        units.deactivate(session, "jtj", actor=ADMIN, now=AT + 99)
    inner.rollback()
    assert caught.value.facts["open"] == units.one(session, "jtj", actor=ADMIN).open == 1
    assert [t.no for t in units.held(session, "jtj", actor=ADMIN)] == [row.no]
    count = units.deactivate(
        session, "jtj", take_back=True, note="机构撤并", actor=ADMIN, now=AT + 100
    )
    assert (count, row.status, row.bounces) == (1, "pending_assign", 0)
    same_as_history(session, row)
    with pytest.raises(BadInput):
        assignment.assign(session, row.id, units=["jtj"], mode="assign", actor=CENTRE, now=AT + 101)
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 102)
    same_as_history(session, row)


@pytest.mark.usefixtures("tree")
def test_taking_back_owes_a_reason_and_the_right_to_assign(session: Session) -> None:
    assigned(session, "jtj")
    inner = session.begin_nested()
    with pytest.raises(BadInput) as caught:
        units.deactivate(session, "jtj", take_back=True, actor=ADMIN, now=AT)
    inner.rollback()
    assert caught.value.facts["field"] == "note"
    plain = Actor(9, "管理员", frozenset({"admin.units"}))
    with pytest.raises(Refused):
        units.deactivate(session, "jtj", take_back=True, note="撤并", actor=plain, now=AT)


@pytest.mark.usefixtures("tree")
def test_what_is_below_goes_first_and_what_is_above_comes_first(session: Session) -> None:
    with pytest.raises(WrongStatus) as caught:
        units.deactivate(session, "zjj-water", actor=ADMIN, now=AT)
    assert caught.value.facts["below"] == 1
    units.deactivate(session, "village", actor=ADMIN, now=AT)
    units.deactivate(session, "zjj-water", actor=ADMIN, now=AT)
    with pytest.raises(WrongStatus):
        units.activate(session, "village", actor=ADMIN, now=AT)
    units.activate(session, "zjj-water", actor=ADMIN, now=AT)
    units.activate(session, "village", actor=ADMIN, now=AT)


def test_a_unit_that_closes_while_it_is_assigned_owes_the_ticket(
    engine: Engine, tenant: Place
) -> None:
    """The dispatcher was first: who closes the unit waits for them, and then finds the ticket."""
    with db.transaction(engine, tenant.id) as session:
        put(session, "zjj")
        ticket_id = opened(session).id
    found: list[object] = []

    def close() -> None:
        try:
            with db.transaction(engine, tenant.id) as own:
                found.append(units.deactivate(own, "zjj", actor=ADMIN, now=AT + 9))
        except WrongStatus as error:
            found.append(error.facts["open"])

    with db.transaction(engine, tenant.id) as session:
        assignment.assign(session, ticket_id, units=["zjj"], mode="assign", actor=CENTRE, now=AT)
        thread = threading.Thread(target=close)
        thread.start()
        thread.join(0.5)
        assert thread.is_alive()
    thread.join()
    assert found == [1]


@pytest.mark.usefixtures("tree")
def test_a_handled_part_of_a_ticket_taken_back_is_over_too(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")
    other = Actor(4, "交通局经办", frozenset({"ticket.handle"}), "jtj")
    workflow.finish_part(session, row.id, result="已办", actor=other, now=AT + 70)
    assignment.recall(session, row.id, note="改派", actor=CENTRE, now=AT + 80)
    same_as_history(session, row)
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
    assert queries.whole(session, row.no, actor=viewer, now=AT + 90).legs == []
    kept = session.scalars(
        select(TicketLeg).where(TicketLeg.ticket_id == row.id, TicketLeg.number > 0)
    ).all()
    assert [leg.returned_at is None for leg in sorted(kept, key=lambda leg: leg.number)] == [
        False, True,
    ]  # fmt: skip


# --- a file ---------------------------------------------------------------------------------


def test_a_file_of_units_with_its_wrong_lines(session: Session) -> None:
    put(session, "zjj", name="旧名")
    lines = [
        (2, {"code": "cun", "name": "望江村", "parent": "jd"}),
        (3, {"code": "jd", "name": "望江街道", "parent": "lhq"}),
        (4, {"code": "lhq", "name": "莲湖区"}),
        (5, {"code": "zjj", "name": "住建局"}),
        (6, {"code": "bad code", "name": "x"}),
        (7, {"code": "noname", "name": ""}),
        (8, {"code": "lost", "name": "x", "parent": "nowhere"}),
        (9, {"code": "lhq", "name": "又一个莲湖区"}),
        (10, {"code": "loop", "name": "x", "parent": "loop"}),
    ]
    done = units.import_units(session, lines, actor=ADMIN, now=AT)
    assert (done.added, done.changed, done.same) == (3, 1, 0)
    assert [(n, field) for n, field, _ in done.wrong] == [
        (6, "code"), (7, "name"), (8, "parent"), (9, "code"), (10, "parent"),
    ]  # fmt: skip
    assert units.one(session, "cun", actor=ADMIN).row.level == 3
    again = units.import_units(session, lines[:4], actor=ADMIN, now=AT)
    assert (again.added, again.changed, again.same, again.wrong) == (0, 0, 4, [])
