"""首次自动派单: off by default; where a tenant lets it, the system assigns by its rule and says which."""

import pytest
from conftest import Place
from factories import AT, make_user
from sqlalchemy import select
from sqlalchemy.orm import Session
from test_tickets import CENTRE, UNIT, VAULT, opened, same_as_history, units

from models.errors import BadInput, Refused
from models.rules.tickets.policy import AutoAssign
from models.tables import TicketHistory
from tickets import assignment as a
from tickets import first, parameters
from tickets.intake import Form, open_ticket
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
ADMIN = Actor(9, "管理员", frozenset({"admin.parameters"}))


@pytest.fixture(autouse=True)
def people(session: Session, tenant: Place, units: None) -> None:
    make_user(session, tenant.id)


def let(session: Session, *kinds: str) -> None:
    parameters.set_auto_assign(session, AutoAssign(kinds), seen=0.0, actor=ADMIN, now=AT)


def test_nothing_is_assigned_until_the_tenant_says_so(session: Session) -> None:
    opened(session)
    assert first.next_one(session) is None


def test_a_new_ticket_goes_to_the_proposed_unit_with_the_reason(session: Session) -> None:
    row = opened(session)
    let(session, "complaint")
    assert first.next_one(session) is row
    assert first.send(session, row, now=AT + 60)
    assert (row.status, row.lead) == ("assigned", "zjj")
    line = session.scalars(select(TicketHistory).where(TicketHistory.verb == "assign")).one()
    assert (line.actor, line.event["why"]) == ("system", "duties:停水")
    same_as_history(session, row)
    assert first.next_one(session) is None


def test_what_is_for_a_person_waits_for_one(session: Session) -> None:
    let(session, "complaint")
    emergency = Form(kind="complaint", title="煤气泄漏", content="有人被困", phone="13812345678")
    assert open_ticket(session, emergency, actor=CENTRE, now=AT, vault=VAULT).emergency
    help_ = Form(kind="help", title="停水", content="停水", phone="13812345678")
    open_ticket(session, help_, actor=CENTRE, now=AT, vault=VAULT)
    web = Form(kind="complaint", title="停水", content="停水", channel="web")
    open_ticket(session, web, actor=Actor(0, "", CENTRE.can), now=AT, vault=VAULT)
    back = opened(session)
    a.assign(session, back.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 1)
    a.ask_return(session, back.id, ground="area", reason="不属", actor=UNIT, now=AT + 2)
    a.grant_return(session, back.id, actor=CENTRE, now=AT + 3)
    assert first.next_one(session) is None


def test_without_a_proposal_it_is_left_alone(session: Session) -> None:
    let(session, "complaint")
    form = Form(kind="complaint", title="噪音", content="半夜", phone="13812345678")
    row = open_ticket(session, form, actor=CENTRE, now=AT, vault=VAULT)
    assert not first.send(session, row, now=AT + 1)
    assert row.status == "pending_assign"
    assert first.next_one(session, skip={row.id}) is None


def test_only_known_kinds_and_categories_by_who_may(session: Session) -> None:
    for rule in (AutoAssign(("staff",)), AutoAssign(("x",)), AutoAssign(("help",), ("Q9",))):
        with pytest.raises(BadInput):
            parameters.set_auto_assign(session, rule, seen=0.0, actor=ADMIN, now=AT)
    with pytest.raises(Refused):
        parameters.set_auto_assign(session, AutoAssign(), seen=0.0, actor=UNIT, now=AT)
