"""Who calls: repeats by the ledger and by tickets, what they called for before, and who answered first."""

import pytest
from conftest import Place
from factories import AT, make_call, make_missed, put_calls
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, VAULT, opened, units

from models.events.floor import Caller
from tickets import callers, queries
from tickets.callers import CallerCard
from tickets.intake import Form
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
pytestmark = pytest.mark.usefixtures("units")
PHONE = "13900001111"
VIEWER = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
LAMP = Form(kind="help", title="路灯不亮", content="三天了", phone=PHONE)


def card(session: Session, key: str) -> CallerCard:
    return callers.card(session, key, actor=VIEWER, now=AT + 60)


def test_it_works(session: Session, tenant: Place) -> None:
    before = make_missed(entered=AT - 20 * DAY, caller=VAULT.seal(PHONE))
    now = make_call(caller=VAULT.seal(PHONE))
    put_calls(session, tenant.id, before, now)
    found = card(session, now.key)
    assert (found.repeat, found.times, found.had, found.open) == (True, 2, 0, 0)
    assert [row.key for row in found.calls] == [before.key]


def test_a_first_call_is_no_repeat(session: Session, tenant: Place) -> None:
    long_ago = make_call(entered=AT - 91 * DAY, caller=VAULT.seal(PHONE))
    now = make_call(caller=VAULT.seal(PHONE))
    other = make_call(caller=VAULT.seal("13900002222"))
    put_calls(session, tenant.id, long_ago, now, other)
    assert not card(session, now.key).repeat


def test_an_open_ticket_is_said(session: Session, tenant: Place) -> None:
    opened(session, LAMP, at=AT - 100 * DAY)
    now = make_call(caller=VAULT.seal(PHONE))
    put_calls(session, tenant.id, now)
    found = card(session, now.key)
    assert (found.repeat, found.times, found.had, found.open) == (True, 1, 0, 1)


def test_the_ticket_of_this_very_call_makes_no_repeat(session: Session, tenant: Place) -> None:
    now = make_call(caller=VAULT.seal(PHONE))
    put_calls(session, tenant.id, now)
    mine = opened(session, Form(kind="help", title="路灯", content="不亮", call=now.key))
    found = card(session, now.key)
    assert not found.repeat
    assert [row.no for row in found.of_call] == [mine.no]


def test_who_hides_the_number_is_nobody_in_particular(session: Session, tenant: Place) -> None:
    first, second = make_call(caller=Caller()), make_call(caller=Caller())
    put_calls(session, tenant.id, first, second)
    assert not card(session, second.key).repeat


def test_a_call_passed_on_keeps_its_first(session: Session, tenant: Place) -> None:
    first = make_call(name="王建国", caller=VAULT.seal(PHONE), transferred="blind:complaint")
    second = make_call(
        name="李雪", caller=VAULT.seal(PHONE), call=first.call, visit=2, entered=AT + 60,
        key=f"pbx1|{first.call}|2", seat="pbx1:PJSIP/8002",
    )  # fmt: skip
    put_calls(session, tenant.id, first, second)
    row = opened(session, Form(kind="help", title="路灯", content="不亮", call=second.key))
    assert queries.whole(session, row.no, actor=VIEWER, now=AT + 90).first == "王建国"
    assert queries.whole(session, opened(session).no, actor=VIEWER, now=AT + 90).first == ""
