"""客户资料: found by number or exact name, a look is written down, units and strangers see nothing."""

import pytest
from conftest import Place
from factories import AT, make_call, put_calls
from sqlalchemy import select, text
from sqlalchemy.orm import Session
from test_tickets import CENTRE, UNIT, VAULT, opened, units

from models.errors import BadInput, NotFound, Refused
from models.tables import Audit
from tickets import customers
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
AGENT = Actor(5, "座席", CENTRE.can | {"calls.view"})
NUMBER = "13812345678"


def test_it_works(session: Session, tenant: Place, units: None) -> None:
    row = opened(session)
    put_calls(session, tenant.id, make_call(caller=VAULT.seal(NUMBER)))
    for said in (NUMBER, "李女士", " 李 女士 "):
        (who,) = customers.find(session, said, actor=AGENT, now=AT, vault=VAULT)
        assert who == VAULT.digest(NUMBER)
    assert customers.find(session, "李", actor=AGENT, now=AT, vault=VAULT) == []
    customers.annotate(session, who, "耳背，请慢说", actor=AGENT, now=AT, vault=VAULT)
    customers.annotate(session, who, "耳背，请大声", actor=AGENT, now=AT + 1, vault=VAULT)
    found = customers.record(session, who, actor=AGENT, now=AT, vault=VAULT)
    assert [ticket.id for ticket in found.tickets] == [row.id]
    assert (len(found.calls), found.note, found.masked) == (1, "耳背，请大声", "138****5678")
    assert customers.record(session, who, actor=CENTRE, now=AT, vault=VAULT).calls == []
    verbs = session.scalars(select(Audit.verb).where(Audit.verb.like("%customer"))).all()
    assert set(verbs) == {"search_customer", "note_customer", "view_customer"}
    kept = session.scalar(text("SELECT note_sealed FROM customer"))
    assert "耳背" not in kept
    subjects = session.execute(select(Audit.subject, Audit.detail)).all()
    assert all(NUMBER not in str(each) and "李女士" not in str(each) for each in subjects)


def test_who_may_not_sees_nothing(session: Session, units: None) -> None:
    opened(session)
    who = VAULT.digest(NUMBER)
    for actor in (UNIT, Actor(6, "旁人", frozenset({"ticket.view"}))):
        with pytest.raises(Refused):
            customers.find(session, NUMBER, actor=actor, now=AT, vault=VAULT)
        with pytest.raises(Refused):
            customers.record(session, who, actor=actor, now=AT, vault=VAULT)
        with pytest.raises(Refused):
            customers.annotate(session, who, "x", actor=actor, now=AT, vault=VAULT)


def test_nobody_and_nonsense(session: Session, units: None) -> None:
    with pytest.raises(BadInput):
        customers.find(session, " ", actor=AGENT, now=AT, vault=VAULT)
    with pytest.raises(NotFound):
        customers.record(session, "nobody", actor=AGENT, now=AT, vault=VAULT)
    with pytest.raises(NotFound):
        customers.annotate(session, "nobody", "x", actor=AGENT, now=AT, vault=VAULT)
