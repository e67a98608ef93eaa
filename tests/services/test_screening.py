"""矛盾纠纷排查: words only propose a dispute, the form makes it one; the ledger lists what was found."""

from dataclasses import replace
from typing import Any

import pytest
from factories import AT
from sqlalchemy.orm import Session
from test_tickets import CENTRE, folded, opened, same_as_history

from models.errors import BadInput, Refused
from tickets import search
from tickets.criteria import Criteria
from tickets.intake import Form
from tickets.moving import Actor
from tickets.screening import Sheet, screen, sheets

SHEET = Sheet("甲乙两户", "neighbour", 4, "low", "上门调解", "王调解员")
VIEWER = Actor(1, "林值班", CENTRE.can | {"ticket.view"})


def listed(session: Session, flag: str) -> list[tuple[str, str]]:
    page = search.find(session, Criteria(flag=flag), actor=VIEWER, now=AT + 100)
    return [(line.row.no, line.sheet.risk if line.sheet else "") for line in page.lines]


def test_it_works(session: Session) -> None:
    row = opened(session)
    assert listed(session, "disputed") == []
    screen(session, row.id, sheet=SHEET, actor=CENTRE, now=AT + 10)
    screen(session, row.id, sheet=replace(SHEET, risk="high"), actor=CENTRE, now=AT + 20)
    assert row.disputed
    assert sheets(session, [row.id])[row.id].risk == "high"  # the newest counts
    assert folded(session, row.id).flags == frozenset({"disputed"})
    assert listed(session, "screened") == [(row.no, "high")]
    same_as_history(session, row)


def test_words_only_propose_it(session: Session) -> None:
    row = opened(session, Form(kind="help", title="邻里矛盾", content="两家纠纷"))
    assert row.disputed
    assert listed(session, "disputed") == [(row.no, "")]
    assert listed(session, "screened") == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"parties": " "}, "parties"), ({"nature": "war"}, "nature"), ({"people": 0}, "people"),
        ({"risk": "none"}, "risk"), ({"measures": ""}, "measures"), ({"person": "长" * 201}, "person"),
    ],
)  # fmt: skip
def test_a_wrong_sheet_names_its_field(session: Session, wrong: dict[str, Any], field: str) -> None:
    row = opened(session)
    with pytest.raises(BadInput) as caught:
        screen(session, row.id, sheet=replace(SHEET, **wrong), actor=CENTRE, now=AT)
    assert caught.value.facts["field"] == field


def test_who_may_not(session: Session) -> None:
    row = opened(session)
    agent = Actor(3, "话务员", frozenset({"ticket.open"}))
    with pytest.raises(Refused):
        screen(session, row.id, sheet=SHEET, actor=agent, now=AT)
