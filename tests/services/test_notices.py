"""滚动通知: one line on every wall of the tenant until its end, by who may, written down."""

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.errors import BadInput, Refused
from models.tables import Audit
from tickets import notices, today
from tickets.moving import Actor

DUTY = Actor(1, "林值班", frozenset({"alarms.ack"}))


def test_it_scrolls_until_its_end_and_in_every_district(session: Session, tenant: Place) -> None:
    notices.write(session, " 今晚降温，\n请提前致电 ", AT + 60, actor=DUTY, now=AT)
    board = today.board(session, AT - 9, AT + 9, now=AT)
    for district in ("", "990101"):
        told = today.of_district(board, district)["notice"]
        assert told == {"text": "今晚降温， 请提前致电", "until": AT + 60}
    assert today.board(session, AT - 9, AT + 99, now=AT + 61)["notice"]["text"] == ""
    audit = session.scalars(select(Audit).where(Audit.verb == "write_notice")).one()
    assert audit.detail["text"] == "今晚降温， 请提前致电"


def test_a_new_one_takes_its_place_and_an_empty_one_ends_it(
    session: Session, tenant: Place
) -> None:
    for text in ("一", "二"):
        notices.write(session, text, AT + 60, actor=DUTY, now=AT)
    assert notices.present(session, now=AT).text == "二"
    notices.write(session, "", 0.0, actor=DUTY, now=AT)
    assert notices.present(session, now=AT).text == ""


def test_who_may_not_and_what_may_not(session: Session, tenant: Place) -> None:
    unit = Actor(2, "单位", frozenset({"alarms.ack"}), "zjj")
    for actor in (unit, Actor(3, "座席", frozenset({"ticket.open"}))):
        with pytest.raises(Refused):
            notices.write(session, "话", AT + 60, actor=actor, now=AT)
    for text, until in (("长" * 101, AT + 60), ("话", AT), ("话", AT + 8 * 86_400)):
        with pytest.raises(BadInput):
            notices.write(session, text, until, actor=DUTY, now=AT)
