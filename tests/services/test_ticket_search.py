"""Combined query, desks, ledgers, tallies and the day's board: every number is as long as its list."""

from dataclasses import replace
from typing import Any

import pytest
from conftest import Place
from factories import AT
from sqlalchemy import Engine
from sqlalchemy.orm import Session
from test_tickets import CENTRE, DAY, OTHER, UNIT, VAULT, assigned, opened, units

from models.demo_tickets import CATEGORIES, UNITS
from models.errors import BadInput, Refused
from models.store import db
from models.store.people import PERMISSIONS
from models.store.seed import PERMISSIONS_OF
from models.tables import Category, Role, SavedQuery, Unit, User
from tickets import demo, duplicates, saved, search, today
from tickets import workflow as w
from tickets.criteria import DESKS, Criteria, Desk, may_open
from tickets.intake import Form, answer
from tickets.moving import Actor

__all__ = ["units"]  # the fixture
SEES = Actor(1, "林值班", CENTRE.can | {"ticket.view"})
LAMP = Form(
    kind="help", title="望江街路灯不亮", content="三天了", address="望江街3号", district="990101",
    phone="13900000001", urgency="urgent", channel="web",
)  # fmt: skip


def numbers(
    session: Session, who: Actor = SEES, *, now: float = AT + 100, **asked: Any
) -> list[str]:
    page = search.find(session, Criteria(**asked), actor=who, now=now)
    assert (page.total, page.more) == (len(page.lines), False)
    assert search.count(session, Criteria(**asked), actor=who, now=now, most=99) == page.total
    streamed = [
        line.row.no for line in search.stream(session, Criteria(**asked), actor=who, now=now)
    ]
    found = [line.row.no for line in page.lines]
    assert streamed == found
    return found


@pytest.mark.usefixtures("units")
def test_each_criterion_finds_its_own(session: Session, tenant: Place) -> None:
    session.add(Category(tenant_id=tenant.id, version=1, code="C02", label="路灯"))
    session.flush()
    water = assigned(session, "zjj", "jtj")
    lamp = opened(session, LAMP, at=AT + 50)
    w.start(session, water.id, actor=UNIT, now=AT + 70)
    asked: dict[str, Any]
    for asked in (
        {"kind": "help"}, {"urgency": "urgent"}, {"channel": "web"}, {"district": "990101"},
        {"no": lamp.no}, {"status": "pending_assign"}, {"since": AT + 50}, {"words": lamp.no},
        {"words": "路灯"}, {"words": "望江街 路灯"}, {"words": "灯"}, {"caller": VAULT.digest(LAMP.phone)},
        {"result": "open", "kind": "help"},
    ):  # fmt: skip
        assert numbers(session, **asked) == [lamp.no], asked
    for asked in (
        {"unit": "zjj"}, {"co_unit": "jtj"}, {"person": UNIT.name}, {"direction": "assign"},
        {"until": AT + 50}, {"dispatcher": CENTRE.user_id}, {"status": "in_progress"},
        {"unit": "zjj", "co_unit": "jtj", "words": "停水"},
    ):  # fmt: skip
        assert numbers(session, **asked) == [water.no], asked
    nothing: tuple[dict[str, Any], ...] = (
        {"unit": "jtj"}, {"co_unit": "zjj"}, {"replied": "yes"}, {"grade": "discontent"},
        {"words": "路灯停水"}, {"category": "C"}, {"returned": "yes"}, {"flag": "emergency"},
        {"co_person": "某人"}, {"caller": VAULT.digest("13700000000")}, {"desk": "archive"},
    )  # fmt: skip
    for asked in nothing:
        assert numbers(session, **asked) == [], asked
    assert numbers(session) == [lamp.no, water.no]
    assert numbers(session, rising=True) == [water.no, lamp.no]
    assert numbers(session, sort="no") == [lamp.no, water.no]


@pytest.mark.usefixtures("units")
def test_who_is_late_and_who_calls_again(session: Session) -> None:
    first = assigned(session)
    again = opened(session, at=AT + 60)
    other = opened(session, LAMP, at=AT + 61)
    later = AT + 90 * DAY
    assert numbers(session, now=later, late="unit") == [first.no]
    assert numbers(session, now=later, late="centre") == [other.no, again.no]  # not dispatched
    assert numbers(session, now=later, late="yes") == [other.no, again.no, first.no]
    assert numbers(session, late="yes") == []
    assert numbers(session, repeat="yes") == [again.no]
    assert other.no not in numbers(session, repeat="yes")


@pytest.mark.usefixtures("units")
def test_a_unit_finds_only_what_it_has_and_never_by_caller(session: Session) -> None:
    held = assigned(session, "jtj")
    opened(session, LAMP)
    who = Actor(4, "经办", OTHER.can | {"ticket.view"}, "jtj")
    assert numbers(session, who) == [held.no]
    assert numbers(session, who, words="路灯") == []
    assert sum(t.number for t in search.tally(session, Criteria(), "kind", actor=who, now=AT)) == 1
    with pytest.raises(Refused):
        numbers(session, who, caller=VAULT.digest(LAMP.phone))
    with pytest.raises(Refused):
        numbers(session, who, desk="review")
    near = Actor(5, "莲湖值守", SEES.can, "", "990101")
    assert numbers(session, near) == [row for row in numbers(session) if row != held.no]


@pytest.mark.usefixtures("units")
def test_a_tally_adds_up_to_its_list(session: Session) -> None:
    assigned(session, "zjj")
    assigned(session, "jtj")
    opened(session, LAMP)
    for by in ("unit", "category", "kind", "status", "district", "grade"):
        counted = search.tally(session, Criteria(), by, actor=SEES, now=AT)
        assert sum(each.number for each in counted) == 3, by
        for each in counted:
            if each.key:
                assert len(numbers(session, SEES, **dict[str, Any]({by: each.key}))) == each.number
    with pytest.raises(BadInput):
        search.tally(session, Criteria(), "no", actor=SEES, now=AT)


def test_nothing_to_search_for_is_said(session: Session) -> None:
    with pytest.raises(BadInput):
        numbers(session, words="，。！")
    for odd in ("'", "a' | b", "路灯:*", "\\", "&", "!灯"):
        try:
            numbers(session, words=odd)
        except BadInput:
            assert odd in ("'", "\\", "&")


@pytest.mark.usefixtures("units")
def test_the_board_of_the_day_is_its_lists(session: Session) -> None:
    assigned(session)
    done = opened(session, Form(kind="consult", title="社保", content="怎么缴费"))
    answer(session, done.id, reply="网上办理", actor=CENTRE, now=AT + 9)
    secret = opened(session, Form(kind="report", title="举报某人", content="违建"))
    main = opened(session, LAMP)
    duplicates.merge(session, opened(session, LAMP).id, into=main.no, actor=CENTRE, now=AT + 5)
    opened(session, at=AT - 40 * DAY)
    session.flush()
    day: dict[str, Any] = {"since": AT - DAY, "until": AT + DAY}
    board = today.board(session, day["since"], day["until"], now=AT)
    assert board["opened"] == len(numbers(session, **day)) == 5
    for section, criterion in (("kinds", "kind"), ("states", "status"), ("results", "result")):
        assert sum(board[section].values()) == board["opened"]
        for key, count in board[section].items():
            assert (
                len(numbers(session, SEES, **day, **dict[str, Any]({criterion: key}))) == count
            ), (
                section,
                key,
            )
    titles = {each["no"]: each["title"] for each in board["newest"]}
    assert titles[secret.no] == ""
    assert titles[main.no] == LAMP.title
    assert "138" not in str(board["newest"])


def test_saved_queries_are_ones_own(session: Session, tenant: Place) -> None:
    role = Role(tenant_id=tenant.id, name="r", label="r", permissions=[])
    session.add(role)
    session.flush()
    people = [
        User(tenant_id=tenant.id, login=login, name=login, role_id=role.id, password_hash="x")
        for login in ("a", "b")
    ]
    session.add_all(people)
    session.flush()
    one, two = (user.id for user in people)
    saved.keep(session, one, "我的超期", "late=yes", now=AT)
    saved.keep(session, one, "我的超期", "late=yes&unit=zjj", now=AT)
    ((number, name, query),) = saved.of(session, one)
    assert (name, query) == ("我的超期", "late=yes&unit=zjj")
    saved.drop(session, two, number)
    assert saved.of(session, one)
    saved.drop(session, one, number)
    assert (saved.of(session, one), saved.of(session, two)) == ([], [])
    with pytest.raises(BadInput):
        saved.keep(session, one, " ", "", now=AT)
    assert session.query(SavedQuery).count() == 0


def test_the_demo_fills_itself_once(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        session.add_all(Unit(tenant_id=tenant.id, **unit._asdict()) for unit in UNITS)
        session.add_all(
            Category(
                tenant_id=tenant.id, version=1, code=code, parent=parent, label=label, unit=unit
            )
            for code, parent, label, unit in CATEGORIES
        )
    made = 0
    for fill, least in ((demo.fill, 112), (demo.fill_history, 2_200)):
        done = fill(engine, tenant.id, VAULT, "Asia/Shanghai", now=AT)
        assert done >= least
        assert fill(engine, tenant.id, VAULT, "Asia/Shanghai", now=AT) == 0
        made += done
    with db.transaction(engine, tenant.id) as session:
        seen = search.find(session, Criteria(), actor=SEES, now=AT)
        assert seen.total == made - 1  # one is about the centre's own staff, on its own desk
        for desk in ("dispatch", "review", "call_back"):
            assert search.find(session, Criteria(desk), actor=SEES, now=AT).total


@pytest.mark.usefixtures("units")
def test_every_desk_counts_what_it_lists(session: Session) -> None:
    mine, late, done = opened(session), assigned(session), opened(session, LAMP, at=AT + 2)
    answer(session, done.id, reply="已修", actor=CENTRE, now=AT + 60)
    w.archive(session, done.id, actor=CENTRE, now=AT + 70)
    asks = opened(session, replace(LAMP, kind="consult"), at=AT + 3)
    chief = Actor(CENTRE.user_id, "值班", PERMISSIONS)
    at = AT + 90 * DAY
    for desk in DESKS:
        listed = search.find(session, Criteria(desk), actor=chief, now=at)
        assert listed.total == len(listed.lines), desk
        counted = search.count(session, Criteria(desk), actor=chief, now=at, most=100)
        assert counted == listed.total, desk
    wanted: dict[Desk, list[str]] = {
        "entry": [asks.no, late.no, mine.no], "complaint": [late.no, mine.no], "consult": [asks.no],
        "dispatch": [asks.no, mine.no], "management": [asks.no, late.no, mine.no],
        "statistics": [asks.no, done.no, late.no, mine.no],
    }  # fmt: skip
    for desk, expected in wanted.items():
        assert numbers(session, chief, desk=desk, now=at) == expected, desk
    other = Actor(77, "另一人", PERMISSIONS)
    assert numbers(session, other, desk="entry", now=at) == []
    agent = Actor(1, "话务员", PERMISSIONS_OF["agent"])
    for desk in DESKS:
        if may_open(desk, agent.can):
            numbers(session, agent, desk=desk)
        else:
            with pytest.raises(Refused):
                numbers(session, agent, desk=desk)


def test_a_district_s_board_is_its_own_list(session: Session) -> None:
    lamp = opened(session, LAMP)
    opened(session, replace(LAMP, district="990102", title="别区的事"), at=AT + 1)
    opened(session, replace(LAMP, district="", title="不知哪区"), at=AT + 2)
    day = {"since": AT - 60, "until": AT + 60}
    whole = today.board(session, day["since"], day["until"], now=AT + 9)
    near = Actor(5, "莲湖值守", SEES.can, "", "990101")
    for who in (SEES, near):
        shown = today.of_district(whole, who.district)
        assert shown["opened"] == len(numbers(session, who, **day))
        assert [line["no"] for line in shown["newest"]] == numbers(session, who, **day)
        for section, criterion in (("kinds", "kind"), ("states", "status"), ("results", "result")):
            for key, number in shown[section].items():
                assert len(numbers(session, who, **day, **{criterion: key})) == number
        assert "districts" not in shown
    assert [line["no"] for line in today.of_district(whole, "990101")["newest"]] == [lamp.no]
    assert "别区" not in str(today.of_district(whole, "990101"))
    nothing = today.of_district(whole, "990199")
    assert (nothing["opened"], nothing["newest"]) == (0, [])
