"""Signing in and out: who gets in, who does not, and until when."""

import pytest
from conftest import Place
from factories import AT, PASSWORD, make_user
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.errors import Refused
from models.store import people
from models.store.people import Viewer
from models.tables import Audit, LoginSession, User

HOURS = 12


def sign_in(session: Session, tenant: Place, login: str = "duty", password: str = PASSWORD) -> str:
    return people.sign_in(session, tenant.id, login, password, now=AT, hours=HOURS)


def seen(session: Session, tenant: Place, token: str, now: float = AT + 1) -> Viewer | None:
    return people.viewers_of(session, tenant.slug, tenant.id, {token}, now=now).get(token)


def test_sign_in(session: Session, tenant: Place) -> None:
    user = make_user(session, tenant.id, permissions=frozenset({"floor.view", "fly"}))
    viewer = seen(session, tenant, sign_in(session, tenant))
    assert viewer is not None
    assert (viewer.user_id, viewer.login, viewer.tenant) == (user.id, "duty", tenant.slug)
    assert viewer.can == {"floor.view"}
    assert session.scalars(select(Audit.verb)).all() == ["sign_in"]


@pytest.mark.parametrize(
    ("login", "password"),
    [
        ("duty", "wrong"), ("duty", ""), ("nobody", PASSWORD), ("", ""), ("DUTY", PASSWORD),
        ("duty' OR '1'='1", PASSWORD),
    ],
)  # fmt: skip
def test_sign_in_is_refused(session: Session, tenant: Place, login: str, password: str) -> None:
    make_user(session, tenant.id)
    with pytest.raises(Refused):
        sign_in(session, tenant, login, password)
    assert session.scalars(select(LoginSession)).all() == []


def test_an_inactive_person_is_refused(session: Session, tenant: Place) -> None:
    make_user(session, tenant.id, active=False)
    with pytest.raises(Refused):
        sign_in(session, tenant)


def test_a_person_of_a_neighbour_is_refused(
    session: Session, tenant: Place, neighbour: Place
) -> None:
    make_user(session, tenant.id)
    with pytest.raises(Refused):
        people.sign_in(session, neighbour.id, "nobody", PASSWORD, now=AT, hours=HOURS)


def test_no_password_and_no_token_is_stored(session: Session, tenant: Place) -> None:
    user = make_user(session, tenant.id)
    token = sign_in(session, tenant)
    assert user.password_hash.startswith("$argon2id$")
    assert token not in str(session.scalars(select(LoginSession.token_hash)).all())


def test_a_session_ends_after_its_hours(session: Session, tenant: Place) -> None:
    make_user(session, tenant.id)
    token = sign_in(session, tenant)
    assert seen(session, tenant, token, AT + HOURS * 3600 - 1) is not None
    assert seen(session, tenant, token, AT + HOURS * 3600) is None


def test_sign_out_ends_it_at_once_and_may_be_repeated(session: Session, tenant: Place) -> None:
    make_user(session, tenant.id)
    token, other = sign_in(session, tenant), sign_in(session, tenant)
    for _ in range(2):
        people.sign_out(session, token, now=AT + 1)
    assert seen(session, tenant, token) is None
    assert seen(session, tenant, other) is not None


def test_a_person_made_inactive_is_out(session: Session, tenant: Place) -> None:
    make_user(session, tenant.id)
    token = sign_in(session, tenant)
    session.execute(update(User).values(active=False))
    assert seen(session, tenant, token) is None


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --"])
def test_an_unknown_token_is_nobody(session: Session, tenant: Place, token: str) -> None:
    make_user(session, tenant.id)
    sign_in(session, tenant)
    assert seen(session, tenant, token) is None


def test_a_desk_is_online_while_it_is_seen(session: Session, tenant: Place) -> None:
    make_user(session, tenant.id, agent_no="1001")
    assert people.desk_state(session, "1001", now=AT) == "offline"
    token = sign_in(session, tenant)
    assert people.desk_state(session, "1001", now=AT + 60) == "online"
    assert people.desk_state(session, "1001", now=AT + 120) == "offline"
    seen(session, tenant, token, AT + 120)
    session.flush()
    assert people.desk_state(session, "1001", now=AT + 121) == "online"
    people.sign_out(session, token, now=AT + 122)
    assert people.desk_state(session, "1001", now=AT + 123) == "offline"
    assert people.desk_state(session, "", now=AT) == people.desk_state(session, "9", now=AT) == ""
