"""People and roles: nobody is locked out of the house, nobody stays in who was shown the door."""

import threading
from collections.abc import Callable
from dataclasses import replace

import pytest
from conftest import Place
from factories import AT, make_user
from forces import make_force
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from models.errors import BadInput, HotlineError, Refused, WrongStatus
from models.store import db, people, staff
from models.store.people import PERMISSIONS, Viewer
from models.store.staff import PersonForm
from models.tables import Audit, Role, Unit, User


def viewer(user: User, can: frozenset[str] = PERMISSIONS) -> Viewer:
    return Viewer(user.id, user.name, user.login, "admin", "t", user.tenant_id, "", can)


@pytest.fixture
def admin(session: Session, tenant: Place) -> Viewer:
    return viewer(make_user(session, tenant.id, "admin"))


@pytest.fixture
def clerk(session: Session, admin: Viewer) -> Role:
    return staff.add_role(session, "clerk", "经办", ["ticket.view"], actor=admin, now=AT)


def hired(session: Session, admin: Viewer, role: Role, login: str = "wang", **more: str) -> User:
    form = PersonForm(name="王经办", role_id=role.id, **more)
    return staff.add_person(session, login, form, actor=admin, now=AT)[0]


def signed_in(session: Session, user: User, password: str) -> str:
    return people.sign_in(session, user.tenant_id, user.login, password, now=AT, hours=8)


def test_it_works(session: Session, tenant: Place, admin: Viewer, clerk: Role) -> None:
    session.add(Unit(tenant_id=tenant.id, code="zjj", name="住建局"))
    session.flush()
    user, password = staff.add_person(
        session, "wang", PersonForm("王经办", clerk.id, unit="zjj"), actor=admin, now=AT
    )
    token = signed_in(session, user, password)
    seen = people.viewers_of(session, tenant.slug, tenant.id, {token}, now=AT + 1)[token]
    assert (seen.unit, seen.can) == ("zjj", frozenset({"ticket.view"}))
    told = str(session.execute(select(Audit.verb, Audit.subject, Audit.detail)).all())
    assert "add_person" in told
    assert password not in told + user.password_hash


def test_who_is_shut_out_is_out_at_once(
    session: Session, tenant: Place, admin: Viewer, clerk: Role
) -> None:
    user, password = staff.add_person(
        session, "wang", PersonForm("王经办", clerk.id), actor=admin, now=AT
    )
    token = signed_in(session, user, password)
    staff.deactivate(session, user.id, actor=admin, now=AT + 1)
    session.flush()
    assert people.viewers_of(session, tenant.slug, tenant.id, {token}, now=AT + 1) == {}
    with pytest.raises(Refused):
        signed_in(session, user, password)
    staff.activate(session, user.id, actor=admin, now=AT + 2)
    session.flush()
    assert people.viewers_of(session, tenant.slug, tenant.id, {token}, now=AT + 2) == {}
    fresh = staff.reset_password(session, user.id, actor=admin, now=AT + 3)
    session.flush()
    with pytest.raises(Refused):
        signed_in(session, user, password)
    assert signed_in(session, user, fresh)


def test_nobody_takes_the_right_from_themself(session: Session, admin: Viewer, clerk: Role) -> None:
    hired(session, admin, clerk)
    me = session.get_one(User, admin.user_id)
    before = PersonForm.of(me)
    tries: tuple[Callable[[], None], ...] = (
        lambda: staff.deactivate(session, me.id, actor=admin, now=AT),
        lambda: staff.change_person(
            session, me.id, before, replace(before, role_id=clerk.id), actor=admin, now=AT
        ),
        lambda: staff.change_role(
            session, me.role_id, "管理员", ["ticket.view"], before=PERMISSIONS, actor=admin, now=AT
        ),
    )
    for wrong in tries:
        with session.begin_nested() as inner:
            with pytest.raises(WrongStatus) as caught:
                wrong()
            inner.rollback()
        assert caught.value.facts["cap"] in ("self", "last_admin")


def test_two_admins_cannot_dismiss_each_other(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        pair = [viewer(make_user(session, tenant.id, login)) for login in ("ann", "bob")]
    ready, results = threading.Barrier(2), []

    def dismiss(who: Viewer, whom: Viewer) -> None:
        ready.wait()
        try:
            with db.transaction(engine, tenant.id) as own:
                staff.deactivate(own, whom.user_id, actor=who, now=AT)
            results.append("done")
        except HotlineError:
            results.append("refused")

    threads = [threading.Thread(target=dismiss, args=two) for two in (pair, pair[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "refused"]


@pytest.mark.parametrize(
    ("login", "more", "field"),
    [
        ("admin", {}, "login"), ("A B", {}, "login"), ("", {}, "login"), ("li", {"name": " "}, "name"),
        ("li", {"unit": "nowhere"}, "unit"), ("li", {"team": "t9"}, "team"),
        ("li", {"agent_no": "1001"}, "agent_no"), ("li", {"district": "东"}, "district"),
        ("li", {"role_id": 0}, "role_id"),
    ],
)  # fmt: skip
def test_a_wrong_form_names_its_field(
    session: Session, admin: Viewer, clerk: Role, login: str, more: dict[str, str], field: str
) -> None:
    hired(session, admin, clerk, "held", agent_no="1001")
    form = replace(PersonForm("李经办", clerk.id), **more)  # type: ignore[arg-type]
    with pytest.raises(BadInput) as caught:
        staff.add_person(session, login, form, actor=admin, now=AT)
    assert caught.value.facts["field"] == field


def test_a_number_is_free_again_when_its_person_left(
    session: Session, admin: Viewer, clerk: Role
) -> None:
    gone = hired(session, admin, clerk, "old", agent_no="1001")
    staff.deactivate(session, gone.id, actor=admin, now=AT)
    hired(session, admin, clerk, "new", agent_no="1001")
    with pytest.raises(BadInput) as caught:
        staff.activate(session, gone.id, actor=admin, now=AT)
    assert caught.value.facts["field"] == "agent_no"


def test_a_role_in_use_stays(session: Session, admin: Viewer, clerk: Role) -> None:
    user = hired(session, admin, clerk)
    with pytest.raises(WrongStatus) as caught:
        staff.drop_role(session, clerk.id, actor=admin, now=AT)
    assert caught.value.facts["used"] == 1
    own = session.get_one(User, admin.user_id).role_id
    before = PersonForm.of(user)
    staff.change_person(session, user.id, before, replace(before, role_id=own), actor=admin, now=AT)
    staff.drop_role(session, clerk.id, actor=admin, now=AT)
    assert [role.name for role, _ in staff.roles(session)] == ["role-admin"]


def test_what_somebody_else_changed_is_not_written_over(
    session: Session, admin: Viewer, clerk: Role
) -> None:
    staff.change_role(
        session, clerk.id, "经办", ["ticket.handle"], before=["ticket.view"], actor=admin, now=AT
    )
    with pytest.raises(WrongStatus):
        staff.change_role(
            session, clerk.id, "经办", ["ticket.open"], before=["ticket.view"], actor=admin, now=AT
        )
    with pytest.raises(BadInput):
        staff.change_role(
            session, clerk.id, "经办", ["fly"], before=["ticket.handle"], actor=admin, now=AT
        )


def test_only_who_may(session: Session, admin: Viewer, clerk: Role) -> None:
    nobody = replace(admin, can=PERMISSIONS - {"admin.people"})
    with pytest.raises(Refused):
        staff.listing(session, actor=nobody)
    with pytest.raises(Refused):
        hired(session, nobody, clerk)
    with pytest.raises(Refused):
        staff.reset_password(session, admin.user_id, actor=nobody, now=AT)


def test_a_search_finds_by_role_and_takes_signs_as_they_are(
    session: Session, admin: Viewer, clerk: Role
) -> None:
    hired(session, admin, clerk)
    assert [u.login for u, _ in staff.listing(session, actor=admin, words="经办").lines] == ["wang"]
    assert staff.listing(session, actor=admin, words="%").total == 0
    assert staff.listing(session, actor=admin).total == 2


def test_a_person_is_bound_to_a_response_unit_in_use(
    session: Session, tenant: Place, admin: Viewer, clerk: Role
) -> None:
    unit = make_force(session, "XF1")
    with pytest.raises(BadInput) as refused:
        hired(session, admin, clerk, "nobody", force="XF9")
    assert refused.value.facts["field"] == "force"
    user, password = staff.add_person(
        session, "crew", PersonForm("赵队长", clerk.id, force="XF1"), actor=admin, now=AT
    )
    token = signed_in(session, user, password)
    seen = people.viewers_of(session, tenant.slug, tenant.id, {token}, now=AT + 1)[token]
    assert seen.force == "XF1"
    assert ("XF1", f"XF1 {unit.label}") in staff.forces(session)
    unit.active = False
    session.flush()
    assert not staff.forces(session)
    with pytest.raises(BadInput):
        hired(session, admin, clerk, "late", force="XF1")
