"""Who asked is opened for a reason, to who may, and written down; a protected caller to no unit."""

from dataclasses import replace
from typing import Any

import pytest
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, FORM, VAULT, assigned, opened, units

from models.errors import BadInput, NotFound, Refused
from models.store import chain
from models.tables import Audit
from tickets import assignment, identity
from tickets.identity import Identity
from tickets.intake import Form
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
CAN = frozenset({"ticket.view", "caller.reveal"})
DUTY, UNIT = Actor(1, "林值班", CAN), Actor(2, "住建局经办", CAN, "zjj")


def reveal(
    session: Session, ticket: int, actor: Actor = DUTY, reason: str = "回访核实"
) -> Identity:
    return identity.reveal(session, ticket, reason=reason, actor=actor, now=AT, vault=VAULT)


def test_it_works(session: Session) -> None:
    row = assigned(session)
    assert reveal(session, row.id) == Identity("李女士", "13812345678")
    assert reveal(session, row.id, UNIT) == Identity("李女士", "13812345678")
    assert identity.may_reveal(session, row, UNIT)
    lines = session.scalars(select(Audit).where(Audit.verb == "reveal_caller")).all()
    assert [(line.actor, line.subject) for line in lines] == [
        ("user:1", f"ticket:{row.no}"), ("user:2", f"ticket:{row.no}"),
    ]  # fmt: skip
    assert lines[0].detail["reason"] == "回访核实"
    assert "13812345678" not in str([line.detail for line in lines])
    assert chain.verify(session) == []


@pytest.mark.parametrize("reason", ["", "  ", "x" * 6000, "a\0b"])
def test_a_reason_is_owed(session: Session, reason: str) -> None:
    row = opened(session)
    with pytest.raises(BadInput):
        reveal(session, row.id, reason=reason)
    assert session.scalars(select(Audit)).all() == []


@pytest.mark.parametrize(
    "more",
    [{"anonymous": True}, {"confidential": True}, {"kind": "report"}],
    ids=["anonymous", "confidential", "report"],
)
def test_a_protected_caller_is_shown_to_no_unit(session: Session, more: dict[str, Any]) -> None:
    row = opened(session, replace(FORM, **more))
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT)
    assert not identity.may_reveal(session, row, UNIT)
    with pytest.raises(Refused):
        reveal(session, row.id, UNIT)
    assert reveal(session, row.id).phone == "13812345678"


def test_permission_scope_and_nobody_known(session: Session) -> None:
    row = opened(session)
    with pytest.raises(Refused):
        reveal(session, row.id, Actor(1, "王建国", CAN - {"caller.reveal"}))
    with pytest.raises(NotFound):
        reveal(session, row.id, Actor(2, "交通局", CAN, "jtj"))
    with pytest.raises(NotFound):
        reveal(session, row.id, Actor(1, "区", CAN, district="990109"))
    unknown = opened(session, Form(kind="help", title="停水", content="停水"))
    assert not identity.may_reveal(session, unknown, DUTY)
    with pytest.raises(NotFound):
        reveal(session, unknown.id)
