"""Categories: a change is a new version, whole or not at all; a ticket keeps the label of its day."""

import pytest
from conftest import Place
from factories import AT
from sqlalchemy.orm import Session
from test_tickets import CENTRE, opened

from models.errors import BadInput, Refused, WrongStatus
from models.tables import Unit
from tickets import assignment, dictionary, queries
from tickets.dictionary import Entry
from tickets.intake import Form
from tickets.moving import Actor

ADMIN = Actor(9, "管理员", frozenset({"admin.parameters"}))
FIRST = (Entry("H", "住建水电"), Entry("H01", "供水", "H", "zjj"), Entry("H0101", "停水", "H01"))


@pytest.fixture
def first(session: Session, tenant: Place) -> int:
    session.add(Unit(tenant_id=tenant.id, code="zjj", name="住建局"))
    session.flush()
    return dictionary.publish(session, FIRST, seen=0, actor=ADMIN, now=AT)


def test_an_old_ticket_keeps_its_label(session: Session, first: int) -> None:
    row = opened(session, Form(kind="help", title="没水", content="没水", category="H01"))
    renamed = Entry("H01", "供水与排水", "H", keywords="自来水、下水道")
    second = dictionary.put(session, renamed, seen=first, actor=ADMIN, now=AT)
    assert (first, second) == (1, 2)
    late = opened(session, Form(kind="help", title="没水", content="没水", category="H01"))
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
    shown = [queries.whole(session, t.no, actor=viewer, now=AT).category for t in (row, late)]
    assert shown == ["住建水电 / 供水", "住建水电 / 供水与排水"]
    assert assignment.propose(session, row) == ("zjj", "category:H01")
    assert assignment.propose(session, late) == ("", "")
    assert dictionary.present(session)[1][1].keywords == "自来水 下水道"


def test_a_version_is_published_over_the_one_that_was_seen(session: Session, first: int) -> None:
    dictionary.put(session, Entry("T", "交通"), seen=first, actor=ADMIN, now=AT, new=True)
    with pytest.raises(WrongStatus):
        dictionary.put(session, Entry("C", "城管"), seen=first, actor=ADMIN, now=AT, new=True)
    assert [entry.code for entry in dictionary.present(session)[1]] == ["H", "H01", "H0101", "T"]


def test_nothing_changed_is_no_version(session: Session, first: int) -> None:
    assert dictionary.publish(session, FIRST, seen=first, actor=ADMIN, now=AT) == first


def test_what_has_others_below_it_stays(session: Session, first: int) -> None:
    with pytest.raises(WrongStatus) as caught:
        dictionary.drop(session, "H01", seen=first, actor=ADMIN, now=AT)
    assert caught.value.facts["below"] == 1
    second = dictionary.drop(session, "H0101", seen=first, actor=ADMIN, now=AT)
    dictionary.drop(session, "H01", seen=second, actor=ADMIN, now=AT)


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        (Entry("H01", "重复", "H"), "code"), (Entry("供", "x"), "code"), (Entry("", "x"), "code"),
        (Entry("T", " "), "label"), (Entry("T01", "x", "H"), "parent"), (Entry("T01", "x", "T"), "parent"),
        (Entry("H010101", "第四级", "H0101"), "parent"), (Entry("T", "x", unit="nowhere"), "unit"),
    ],
)  # fmt: skip
def test_a_wrong_entry_names_its_field(
    session: Session, first: int, entry: Entry, field: str
) -> None:
    with pytest.raises(BadInput) as caught:
        dictionary.put(session, entry, seen=first, actor=ADMIN, now=AT, new=True)
    assert caught.value.facts["field"] == field
    assert dictionary.present(session)[0] == first


def test_a_file_is_taken_whole_or_not_at_all(session: Session, first: int) -> None:
    lines = [
        (2, {"code": "H01", "label": "供水", "parent": "H"}),
        (3, {"code": "H", "label": "住建"}),
        (4, {"code": "T01", "label": "公交", "parent": "T"}),
    ]
    with pytest.raises(BadInput) as caught:
        dictionary.import_entries(session, lines, seen=first, actor=ADMIN, now=AT)
    assert (caught.value.facts["line"], caught.value.facts["field"]) == (4, "parent")
    second = dictionary.import_entries(session, lines[:2], seen=first, actor=ADMIN, now=AT)
    assert [entry.label for entry in dictionary.of_version(session, second).values()] == [
        "住建", "供水",
    ]  # fmt: skip
    with pytest.raises(BadInput):
        dictionary.import_entries(session, [], seen=second, actor=ADMIN, now=AT)


def test_only_who_may(session: Session, first: int) -> None:
    with pytest.raises(Refused):
        dictionary.publish(session, FIRST, seen=first, actor=CENTRE_ONLY, now=AT)


CENTRE_ONLY = Actor(1, "林值班", CENTRE.can - {"admin.parameters"})


def test_a_removed_category_takes_no_new_ticket(session: Session, first: int) -> None:
    form = Form(kind="help", title="没水", content="没水", category="H0101")
    old = opened(session, form)
    dictionary.drop(session, "H0101", seen=first, actor=ADMIN, now=AT)
    with pytest.raises(BadInput) as caught:
        opened(session, form)
    assert caught.value.facts == {"field": "category", "removed": True}
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
    assert queries.whole(session, old.no, actor=viewer, now=AT).category == "住建水电 / 供水 / 停水"
    with pytest.raises(BadInput) as caught:
        opened(session, Form(kind="help", title="没水", content="没水", category="X"))
    assert "removed" not in caught.value.facts
