"""值班: phone book, roster, swaps, handovers, notices, log, report, calendar, on the real database."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from conftest import Place
from factories import AT, make_call, make_missed, make_user, put_calls
from forces import SCENE, town
from real_stores import Stores
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.orm import Session
from waiting import until

from command import display, incidents, levels, records, tasks
from command.duty import (
    calendar,
    contact_import,
    contacts,
    groups,
    handovers,
    journal,
    notices,
    report_words,
    reports,
    roster,
    swaps,
    wall,
)
from command.duty.contacts import Form
from dashboard.texts import LANGUAGES
from dashboard.views.duty.log import sentence
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events import duty as events
from models.events.incident.course import Place as Scene
from models.rules import board
from models.rules.duty.roster import Slot
from models.rules.metrics import STANDARD, total
from models.store import chain, db, ledger
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.tables import (
    Audit,
    DutyContact,
    DutyHandover,
    DutyRemark,
    DutyReport,
    DutyReportVersion,
    DutyShift,
    DutySwap,
    Outbox,
)
from tickets import intake, today
from tickets.moving import Actor

ZONE = ZoneInfo("Asia/Shanghai")
DAY = datetime.fromtimestamp(AT, ZONE).date()
EDITOR = Actor(0, "编辑", PERMISSIONS)
READER = Actor(77, "只读", frozenset({"duty.view"}))
SLOTS = (Slot("day", "白班", 480, 720), Slot("night", "夜班", 1200, 720))


@pytest.fixture
def vault(stores: Stores) -> Vault:
    settings = stores.for_tenant("x")
    return Vault(settings.encryption_keys, settings.hash_key)


@pytest.fixture
def chiefs(session: Session, tenant: Place, vault: Vault) -> list[int]:
    """Return four chiefs of duty, the first two with logins of their own, and the level they serve on."""
    return make_chiefs(session, tenant, vault)


def make_chiefs(session: Session, tenant: Place, vault: Vault) -> list[int]:
    roster.set_level(session, "chief", "值班长", 1, SLOTS, 0, actor=EDITOR, now=AT)
    users = [make_user(session, tenant.id, f"chief{n}").id if n < 2 else 0 for n in range(4)]
    return [
        contacts.add(
            session, Form(f"值班长{n}", user_id=user, mobiles=f"1380000000{n}"), actor=EDITOR,
            now=AT, vault=vault,
        ).id
        for n, user in enumerate(users)
    ]  # fmt: skip


def login_of(session: Session, contact: int) -> Actor:
    row = session.get_one(DutyContact, contact)
    return Actor(row.user_id, row.name, frozenset({"duty.view"}))


def told(session: Session) -> list[events.AnyDutyEvent]:
    rows = session.scalars(
        select(Outbox).where(Outbox.stream.startswith("duty:")).order_by(Outbox.id)
    )
    return [events.from_row(row.event) for row in rows]


def kinds(session: Session) -> list[str]:
    return [type(event).__name__ for event in told(session)]


def at(day: date, hour: int) -> float:
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZONE).timestamp()


# --- the phone book -------------------------------------------------------------------------


def add(session: Session, vault: Vault, **more: object) -> DutyContact:
    form = Form(**{"name": "贺磊", "organisation": "燃气集团", **more})  # type: ignore[arg-type]
    return contacts.add(session, form, actor=EDITOR, now=AT, vault=vault)


def test_a_contact_is_found_and_its_mobile_is_sealed(session: Session, vault: Vault) -> None:
    group = groups.add(session, "抢修", actor=EDITOR, now=AT)
    row = add(
        session, vault, offices="0990-8696777，96777", mobiles="139 0990 0107", groups=[group.id]
    )
    assert row.offices == ["0990-8696777", "96777"]
    assert row.masks == ["139****0107"]
    assert "13909900107" not in row.mobiles_sealed
    for said in ("贺", "燃气", "96777", "8696777", "13909900107"):
        found = contacts.find(session, said, actor=READER, vault=vault)
        assert [line.row.id for line in found.lines] == [row.id], said
        assert found.lines[0].groups == ("抢修",)
    assert contacts.find(session, "13909900108", actor=READER, vault=vault).total == 0
    assert contacts.find(session, group=group.id, actor=READER, vault=vault).total == 1
    assert "13909900107" not in str(told(session))
    assert kinds(session) == ["ContactGroupAdded", "ContactAdded"]


@pytest.mark.parametrize(
    ("numbers", "fault"),
    [
        ("1380000", "length"),
        ("12800000000", "mobile"),
        ("call me", "letters"),
        ("990861235011", "area"),
    ],
)
def test_a_wrong_number_says_what_is_wrong(
    session: Session, vault: Vault, numbers: str, fault: str
) -> None:
    with pytest.raises(BadInput) as caught:
        add(session, vault, offices=numbers)
    assert caught.value.facts["fault"] == fault
    assert caught.value.facts["said"] == numbers


def test_a_change_keeps_the_sealed_numbers_and_tells_what_changed(
    session: Session, vault: Vault
) -> None:
    row = add(session, vault, mobiles="13909900107", offices="119")
    same = Form("贺磊", organisation="燃气集团", offices="119")
    contacts.change(session, row.id, 1, same, actor=EDITOR, now=AT, vault=vault)
    assert row.version == 1  # no change, no event
    form = Form("贺磊", organisation="燃气集团", offices="119", position="队长")
    contacts.change(session, row.id, 1, form, actor=EDITOR, now=AT, vault=vault)
    assert contacts.reveal(session, row.id, actor=READER, now=AT, vault=vault) == ["13909900107"]
    look = session.scalars(select(Audit).where(Audit.verb == "view_contact")).one()
    assert (look.actor, look.subject) == (READER.ref, f"contact:{row.id}")
    changed = told(session)[-1]
    assert isinstance(changed, events.ContactChanged) and changed.fields == ("position",)
    with pytest.raises(WrongStatus):
        contacts.change(session, row.id, 1, same, actor=EDITOR, now=AT, vault=vault)


def test_who_has_shifts_to_come_stays_in_the_book(session: Session, chiefs: list[int]) -> None:
    roster.place(session, "chief", DAY, "night", chiefs[2], actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus) as caught:
        contacts.deactivate(session, chiefs[2], 1, actor=EDITOR, now=AT)
    assert caught.value.facts["shifts"] == 1


def test_an_export_is_the_list_and_is_written_down(session: Session, vault: Vault) -> None:
    for n in range(7):
        add(session, vault, name=f"人{n}", mobiles=f"1390990010{n}")
    add(session, vault, name="外", organisation="别处")
    listed = contacts.find(session, "燃气", actor=EDITOR, vault=vault)
    whole = contacts.export(session, "燃气", 0, actor=EDITOR, now=AT, vault=vault)
    assert len(whole) == listed.total == 7
    assert whole[0][1] == ["13909900100"]
    hidden = contacts.export(session, "燃气", 0, actor=READER, now=AT, vault=vault)
    assert hidden[0][1] == ["139****0100"]
    rows = session.scalars(select(Audit).where(Audit.verb == "export_contacts").order_by(Audit.id))
    assert [(row.detail["rows"], row.detail["whole"]) for row in rows] == [(7, True), (7, False)]


def test_an_import_loses_nothing_and_names_what_is_wrong(session: Session, vault: Vault) -> None:
    lines = [
        (2, {"name": "段长河", "organisation": "消防", "offices": "119", "groups": "消防、应急"}),
        (3, {"name": "", "offices": "120"}),
        (4, {"name": "坏号", "mobiles": "1390"}),
        (5, {"name": "段长河", "organisation": "消防", "offices": "119", "mobiles": "13909900102"}),
        (6, {"name": "段长河", "organisation": "消防", "offices": "119"}),
        (7, {"name": "怪", "kind": "机器"}),
    ]
    taken = contact_import.take(session, lines, actor=EDITOR, now=AT, vault=vault)
    assert (taken.added, taken.changed, taken.same) == (1, 1, 1)
    assert [(each.line, each.field, each.fault) for each in taken.wrong] == [
        (3, "name", "bad"), (4, "mobiles", "length"), (7, "kind", "bad"),
    ]  # fmt: skip
    assert taken.added + taken.changed + taken.same + len(taken.wrong) == len(lines)
    row = session.scalars(select(DutyContact)).one()
    assert row.masks == ["139****0102"]
    assert len(contacts.group_ids(session, row.id)) == 2


# --- the roster -----------------------------------------------------------------------------


def test_a_month_is_made_kept_and_shown(session: Session, chiefs: list[int]) -> None:
    until = DAY + timedelta(days=6)
    made = roster.generate(session, "chief", DAY, until, chiefs, actor=EDITOR, now=AT)
    assert (made.made, made.kept, made.left) == (14, 0, 0)
    assert roster.gaps(session, DAY, until, actor=READER) == []
    later = until + timedelta(days=2)
    again = roster.generate(session, "chief", DAY, later, chiefs, actor=EDITOR, now=AT)
    assert (again.made, again.kept) == (4, 14)
    people = [line.row.contact_id for line in roster.shifts(session, DAY, later)]
    turns = [chiefs.index(person) for person in people]
    assert turns == [n % 4 for n in range(18)]  # the rotation went on behind who served last


def test_nobody_is_on_duty_twice_at_a_moment(session: Session, chiefs: list[int]) -> None:
    roster.set_level(
        session,
        "leader",
        "带班领导",
        1,
        (Slot("whole", "全天", 480, 1440),),
        0,
        actor=EDITOR,
        now=AT,
    )
    roster.place(session, "leader", DAY, "whole", chiefs[0], actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus) as caught:
        roster.place(session, "chief", DAY, "night", chiefs[0], actor=EDITOR, now=AT)
    facts = caught.value.facts
    assert (facts["name"], facts["level"], facts["start"]) == ("值班长0", "带班领导", at(DAY, 8))
    tomorrow = DAY + timedelta(days=1)
    roster.place(
        session, "chief", tomorrow, "day", chiefs[0], actor=EDITOR, now=AT
    )  # begins as it ends
    made = roster.generate(session, "chief", DAY, DAY, chiefs[:2], actor=EDITOR, now=AT)
    assert (made.made, made.left) == (1, 1)
    assert [(gap.slot, gap.have) for gap in roster.gaps(session, DAY, DAY, actor=READER)] == [
        ("day", 0)
    ]


def test_one_cell_is_changed(session: Session, chiefs: list[int]) -> None:
    first = roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    second = roster.place(
        session, "chief", DAY, "day", chiefs[1], instead=first.id, actor=EDITOR, now=AT
    )
    assert (first.state, first.version) == ("cancelled", 2)
    event = told(session)[-1]
    assert isinstance(event, events.ShiftPlaced) and (event.was, event.who) == (
        "值班长0",
        "值班长1",
    )
    later = at(DAY, 21)
    roster.retime(session, second.id, 1, at(DAY, 9), later, actor=EDITOR, now=AT)
    assert second.version == 2
    with pytest.raises(WrongStatus):
        roster.cancel(session, second.id, 1, "", actor=EDITOR, now=AT)
    roster.cancel(session, second.id, 2, "请假", actor=EDITOR, now=AT)
    assert roster.shifts(session, DAY, DAY) == []


def test_who_is_on_duty_now(session: Session, chiefs: list[int]) -> None:
    roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    roster.place(session, "chief", DAY, "night", chiefs[1], actor=EDITOR, now=AT)
    named = {
        hour: [each.name for each in roster.on_duty(session, now=at(DAY, hour))]
        for hour in (7, 8, 19, 20)
    }
    assert named == {7: [], 8: ["值班长0"], 19: ["值班长0"], 20: ["值班长1"]}
    head = wall.header(session, now=at(DAY, 21))
    assert head == [{"level": "chief", "label": "值班长", "names": ["值班长1"]}]
    shown = {**today.board(session, AT - 9, AT + 9, now=AT), "duty": head}
    for district in ("", "990101"):
        assert today.of_district(shown, district)["duty"] == head


def test_two_who_put_one_person_on_duty_at_once(
    engine: Engine, tenant: Place, vault: Vault
) -> None:
    with db.transaction(engine, tenant.id) as session:
        chief = make_chiefs(session, tenant, vault)[0]
        roster.set_level(
            session,
            "leader",
            "带班领导",
            1,
            (Slot("whole", "全天", 480, 1440),),
            0,
            actor=EDITOR,
            now=AT,
        )

    def put(level: str, slot: str) -> bool:
        try:
            with db.transaction(engine, tenant.id) as session:
                roster.place(session, level, DAY, slot, chief, actor=EDITOR, now=AT)
        except WrongStatus:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(put, ["chief", "leader"] * 4, ["day", "whole"] * 4))
    assert done.count(True) == 1


def test_nobody_leaves_the_book_while_being_put_on_duty(
    engine: Engine, tenant: Place, vault: Vault
) -> None:
    with db.transaction(engine, tenant.id) as session:
        chief = make_chiefs(session, tenant, vault)[0]
        version = session.get_one(DutyContact, chief).version

    def leave() -> bool:
        try:
            with db.transaction(engine, tenant.id) as session:
                contacts.deactivate(session, chief, version, actor=EDITOR, now=AT)
        except WrongStatus:
            return False
        return True

    def settled() -> bool:
        """Whether the one who leaves is through, or waits for the one who is put on duty."""
        with db.transaction(engine, tenant.id) as session:
            lock = text(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
                " AND classid = :tenant"
            )
            return left.done() or bool(session.scalar(lock, {"tenant": tenant.id}))

    with ThreadPoolExecutor(1) as pool:
        with db.transaction(engine, tenant.id) as session:
            roster.place(session, "chief", DAY, "day", chief, actor=EDITOR, now=AT)
            left = pool.submit(leave)
            until(settled)
        assert not left.result()


# --- swaps ----------------------------------------------------------------------------------


@pytest.fixture
def shifts(session: Session, chiefs: list[int]) -> list[DutyShift]:
    """Return two shifts to come, of the two chiefs with logins."""
    tomorrow = DAY + timedelta(days=1)
    return [
        roster.place(session, "chief", tomorrow, slot, chief, actor=EDITOR, now=AT)
        for slot, chief in zip(("day", "night"), chiefs, strict=False)
    ]


def ask(session: Session, chiefs: list[int], shifts: list[DutyShift], back: int = 0) -> DutySwap:
    return swaps.ask(
        session, shifts[0].id, chiefs[1], "家中有事", back_id=back, actor=login_of(session, chiefs[0]),
        now=AT,
    )  # fmt: skip


def test_a_swap_changes_both_shifts(
    session: Session, chiefs: list[int], shifts: list[DutyShift]
) -> None:
    swap = ask(session, chiefs, shifts, back=shifts[1].id)
    swaps.agree(session, swap.id, actor=login_of(session, chiefs[1]), now=AT)
    swaps.approve(session, swap.id, actor=EDITOR, now=AT)
    tomorrow = DAY + timedelta(days=1)
    served = {
        line.row.slot: line.row.contact_id for line in roster.shifts(session, tomorrow, tomorrow)
    }
    assert served == {"day": chiefs[1], "night": chiefs[0]}
    assert kinds(session)[-3:] == ["SwapAsked", "SwapAgreed", "SwapApproved"]


def test_who_may_not_swap(session: Session, chiefs: list[int], shifts: list[DutyShift]) -> None:
    other = login_of(session, chiefs[1])
    with pytest.raises(Refused):
        swaps.ask(session, shifts[0].id, chiefs[1], "", actor=other, now=AT)
    with pytest.raises(BadInput):  # without a login nobody can agree
        swaps.ask(session, shifts[0].id, chiefs[2], "", actor=login_of(session, chiefs[0]), now=AT)
    swap = ask(session, chiefs, shifts)
    with pytest.raises(WrongStatus):
        ask(session, chiefs, shifts)
    with pytest.raises(Refused):
        swaps.agree(session, swap.id, actor=login_of(session, chiefs[0]), now=AT)
    with pytest.raises(WrongStatus):
        swaps.approve(session, swap.id, actor=EDITOR, now=AT)  # the other has not agreed
    swaps.agree(session, swap.id, actor=other, now=AT)
    with pytest.raises(Refused):
        swaps.approve(session, swap.id, actor=other, now=AT)


def test_nobody_approves_their_own_swap(
    session: Session, chiefs: list[int], shifts: list[DutyShift]
) -> None:
    swap = ask(session, chiefs, shifts)
    other = login_of(session, chiefs[1])
    swaps.agree(session, swap.id, actor=other, now=AT)
    with pytest.raises(Refused), session.begin_nested():
        swaps.approve(session, swap.id, actor=Actor(other.user_id, other.name, PERMISSIONS), now=AT)
    assert session.get_one(DutySwap, swap.id, populate_existing=True).state == "agreed"


def test_a_swap_of_a_shift_that_changed_hands_is_refused(
    session: Session, chiefs: list[int], shifts: list[DutyShift]
) -> None:
    swap = ask(session, chiefs, shifts)
    swaps.agree(session, swap.id, actor=login_of(session, chiefs[1]), now=AT)
    roster.cancel(session, shifts[0].id, 1, "", actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus):
        swaps.approve(session, swap.id, actor=EDITOR, now=AT)


def test_two_who_decide_one_swap_at_once(engine: Engine, tenant: Place, vault: Vault) -> None:
    tomorrow = DAY + timedelta(days=1)
    with db.transaction(engine, tenant.id) as session:
        chiefs = make_chiefs(session, tenant, vault)
        shift = roster.place(session, "chief", tomorrow, "day", chiefs[0], actor=EDITOR, now=AT)
        swap = ask(session, chiefs, [shift]).id
        swaps.agree(session, swap, actor=login_of(session, chiefs[1]), now=AT)

    def decide(turn: int) -> bool:
        try:
            with db.transaction(engine, tenant.id) as session:
                if turn % 2:
                    swaps.approve(session, swap, actor=EDITOR, now=AT)
                else:
                    swaps.refuse(session, swap, "人手不足", actor=EDITOR, now=AT)
        except WrongStatus:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(decide, range(8))).count(True) == 1
    with db.transaction(engine, tenant.id) as session:
        served = [line.row.contact_id for line in roster.shifts(session, tomorrow, tomorrow)]
        ended = [kind for kind in kinds(session) if kind in ("SwapApproved", "SwapRefused")]
        assert len(ended) == 1
        assert served == [chiefs[1] if ended == ["SwapApproved"] else chiefs[0]]


# --- handovers ------------------------------------------------------------------------------


def test_a_handover_is_signed_and_then_stands(session: Session, chiefs: list[int]) -> None:
    roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    out, back = login_of(session, chiefs[0]), login_of(session, chiefs[1])
    row = handovers.write(session, "chief", chiefs[1], "一件未办", actor=out, now=at(DAY, 19))
    handovers.amend(session, row.id, 1, "两件未办", actor=out, now=at(DAY, 19))
    with pytest.raises(WrongStatus):  # what was read is not what stands now
        handovers.sign(session, row.id, 1, actor=back, now=at(DAY, 20))
    with pytest.raises(Refused):
        handovers.sign(session, row.id, 2, actor=out, now=at(DAY, 20))
    handovers.sign(session, row.id, 2, actor=back, now=at(DAY, 20))
    with pytest.raises(WrongStatus):
        handovers.amend(session, row.id, 3, "没有", actor=out, now=at(DAY, 20))
    for statement in (
        update(DutyHandover).where(DutyHandover.id == row.id).values(matters="改"),
        delete(DutyHandover).where(DutyHandover.id == row.id),
    ):
        assert session.execute(statement).rowcount == 0  # type: ignore[attr-defined]
    last = told(session)[-1]
    assert isinstance(last, events.HandoverSigned)
    assert (last.outgoing, last.incoming, last.matters) == ("值班长0", "值班长1", "两件未办")


def test_who_is_not_on_duty_hands_nothing_over(session: Session, chiefs: list[int]) -> None:
    with pytest.raises(Refused):
        handovers.write(
            session, "chief", chiefs[1], "话", actor=login_of(session, chiefs[0]), now=AT
        )


def test_who_served_a_short_shift_hands_over_after_it(session: Session, chiefs: list[int]) -> None:
    """Neither now nor four hours ago were they on duty, and yet they were relieved just now."""
    shift = roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    roster.retime(session, shift.id, 1, at(DAY, 9), at(DAY, 11), actor=EDITOR, now=AT)
    out = login_of(session, chiefs[0])
    assert handovers.write(session, "chief", chiefs[1], "话", actor=out, now=at(DAY, 11) + 1800)
    with pytest.raises(Refused):
        handovers.write(session, "chief", chiefs[1], "话", actor=out, now=at(DAY, 16))


# --- notices, log, report -------------------------------------------------------------------


def test_a_notice_waits_for_the_gateway(session: Session, chiefs: list[int], vault: Vault) -> None:
    group = groups.add(session, "组", actor=EDITOR, now=AT)
    without = add(session, vault, name="无手机", offices="119", groups=[group.id])
    roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    notice = notices.send(
        session, "今晚降温", people=[chiefs[0], chiefs[1]], groups=[group.id], levels=["chief"],
        actor=EDITOR, now=at(DAY, 9),
    )  # fmt: skip
    rows = notices.deliveries(session, notice.id, actor=READER)
    assert {row.contact_id: row.state for row in rows} == {
        chiefs[0]: "waiting", chiefs[1]: "waiting", without.id: "no_mobile",
    }  # fmt: skip
    event = told(session)[-1]
    assert isinstance(event, events.DutyNoticeSent) and (event.people, event.without) == (2, 1)
    with pytest.raises(BadInput):
        notices.send(session, "话", people=[without.id], actor=EDITOR, now=AT)
    with pytest.raises(Refused):
        notices.send(session, "话", people=chiefs, actor=READER, now=AT)


def log_all(session: Session) -> None:
    """Put what waits in the outbox into the event log, as the loops do."""
    for row in session.scalars(select(Outbox).where(Outbox.sent_at.is_(None)).order_by(Outbox.id)):
        chain.log_event(session, row.event)


def open_ticket(session: Session, vault: Vault, **more: object) -> str:
    form = intake.Form(**{"kind": "help", "title": "燃气泄漏", "content": "味道很大", **more})  # type: ignore[arg-type]
    return intake.open_ticket(session, form, actor=EDITOR, now=AT, vault=vault).no


def test_the_log_writes_itself(session: Session, tenant: Place, vault: Vault) -> None:
    plain = open_ticket(session, vault, title="路灯不亮", content="三天了")
    grave = open_ticket(session, vault, emergency=True)
    hidden = open_ticket(session, vault, emergency=True, confidential=True, title="不可见")
    chain.audit(
        session,
        actor="system",
        verb="road_closed",
        subject="closure:1",
        now=AT,
        reason="塌方",
        edges=3,
    )
    first = journal.remark(session, "已电话核实", actor=READER, now=AT + 1)
    journal.remark(session, "应为已到场核实", corrects=first.id, actor=READER, now=AT + 2)
    log_all(session)
    lines = journal.entries(session, AT - 60, AT + 60, actor=EDITOR)
    assert [line.name for line in lines[:2]] == ["correction", "remark"]
    reported = {line.facts["no"]: line.facts["title"] for line in lines if line.cls == "report"}
    assert reported == {grave: "燃气泄漏", hidden: ""}
    assert plain not in str(lines)
    assert [line.facts["reason"] for line in lines if line.cls == "road"] == ["塌方"]
    only = journal.entries(
        session, AT - 60, AT + 60, actor=EDITOR, which=journal.Which(frozenset({"road"}))
    )
    assert {line.cls for line in only} == {"road"}
    away = Actor(5, "别区", frozenset({"duty.view"}), district="990199")
    assert not [
        line
        for line in journal.entries(session, AT - 60, AT + 60, actor=away)
        if line.cls == "report"
    ]
    for statement in (update(DutyRemark).values(text="改"), delete(DutyRemark)):
        assert session.execute(statement).rowcount == 0  # type: ignore[attr-defined]


def report_incident(session: Session, district: str, *, exercise: bool = False) -> int:
    where = Scene(*SCENE, "路1号", district)
    form = incidents.Form("gas", f"{district}燃气泄漏", where, exercise=exercise)
    return incidents.report(session, form, actor=EDITOR, now=AT).id


def test_the_log_shows_incidents_to_whom_they_are_shown_elsewhere(
    session: Session, tenant: Place
) -> None:
    town(session)
    here, there = report_incident(session, "1"), report_incident(session, "2")
    log_all(session)

    def about(actor: Actor) -> set[str]:
        lines = journal.entries(session, AT - 60, AT + 60, actor=actor)
        tally = journal.tally(session, AT - 60, AT + 60, actor=actor)
        assert sum(tally.values()) == len(lines)
        return {line.about for line in lines}

    both = frozenset({"duty.view", "command.view"})
    assert about(Actor(5, "全市", both)) == {f"incident:{here}", f"incident:{there}"}
    assert about(Actor(5, "一区", both, district="1")) == {f"incident:{here}"}
    assert about(READER) == set()


def test_the_whole_course_of_an_incident_is_in_the_log(session: Session, tenant: Place) -> None:
    town(session)
    number = report_incident(session, "1")
    do: dict[str, Any] = {"actor": EDITOR, "now": AT + 1}
    incidents.verify(session, number, note="", **do)
    incidents.respond(session, number, note="", **do)
    levels.ask_level(session, number, "colour", "red", was="", reason="蔓延", **do)
    levels.ask_level(session, number, "grade", "II", was="", reason="蔓延", **do)
    question = records.ask_decision(session, number, question="是否疏散", **do)
    records.decide(session, number, question, answer="立即疏散", **do)
    order = records.order(session, number, to="消防", said="先灭火", **do)
    records.answer_order(session, number, order, said="收到", **do)
    late, done, dropped = (
        tasks.add_task(session, number, title=title, role="现场", due=AT + 5, **do)
        for title in ("设警戒", "测浓度", "搭帐篷")
    )
    tasks.finish_task(session, number, done, **do)
    tasks.drop_task(session, number, dropped, note="不用", **do)
    assert tasks.note_late(session, now=AT + 4) == []
    assert tasks.note_late(session, now=AT + 6) == [(number, late)]
    assert tasks.note_late(session, now=AT + 7) == []
    incidents.control(session, number, note="", actor=EDITOR, now=AT + 8)
    incidents.relapse(session, number, note="复燃", actor=EDITOR, now=AT + 9)
    display.add_screen(session, "a", "指挥厅", actor=EDITOR, now=AT)
    display.push(session, "", "incident", str(number), until=AT + 99, actor=EDITOR, now=AT + 9)
    log_all(session)
    lines = journal.entries(session, AT - 60, AT + 60, actor=EDITOR)
    said = [sentence(line, LANGUAGES["zh"]) for line in reversed(lines)]
    of = "1燃气泄漏："
    assert {
        f"{of}情况核实", f"{of}启动处置", f"{of}预警颜色 未发 → 红色", f"{of}事件等级 未定 → Ⅱ级",
        f"{of}请示 是否疏散", f"{of}批复 立即疏散", f"{of}下达指令 消防 先灭火", f"{of}消防 答复指令 收到",
        f"{of}任务“测浓度”完成", f"{of}任务“搭帐篷”不再需要 不用", f"{of}任务“设警戒”超时未完成",
        f"{of}事态已控制", f"{of}险情反复 复燃",
    } <= set(said)  # fmt: skip
    assert any(line.startswith("大屏推送 突发事件") for line in said)
    away = Actor(5, "二区", frozenset({"duty.view", "command.view"}), district="2")
    assert journal.entries(session, AT - 60, AT + 60, actor=away) == []
    row = reports.draft(session, "日报", AT - 60, AT + 60, judged=JUDGED, actor=EDITOR, now=AT + 60)
    assert (
        "预警颜色 未发 → 红色" in row.text and "立即疏散" in row.text and "超时未完成" in row.text
    )
    assert not {"TaskDone", "OrderAnswered", "ItemPushed"} & set(row.facts["log"])


JUDGED = reports.Judged({}, STANDARD)


def test_ordinary_requests_hide_no_emergency(
    session: Session, tenant: Place, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    grave = [open_ticket(session, vault, emergency=True, title=f"泄漏{n}") for n in range(3)]
    for n in range(9):
        open_ticket(session, vault, title=f"路灯不亮{n}", content="三天了")
    log_all(session)
    since, until = AT - 60, AT + 60
    lines = journal.entries(session, since, until, actor=EDITOR, most=2)
    assert [line.facts["no"] for line in lines] == [grave[2], grave[1]]
    rest = journal.entries(session, since, until, actor=EDITOR, skip=2, most=2)
    assert [line.facts["no"] for line in rest] == [grave[0]]
    assert journal.tally(session, since, until, actor=EDITOR) == {"TicketOpened": 3}
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=EDITOR, now=AT + 60)
    assert row.facts["log"] == {"TicketOpened": 3}
    assert all(no in row.text for no in grave)
    monkeypatch.setattr(report_words, "LISTED", 1)
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=EDITOR, now=AT + 60)
    assert grave[0] in row.text and grave[1] not in row.text and "另有 2 条" in row.text


def test_an_exercise_is_marked_in_the_log_and_is_no_matter_of_the_report(
    session: Session, tenant: Place
) -> None:
    town(session)
    drill = report_incident(session, "1", exercise=True)
    log_all(session)
    (line,) = journal.entries(session, AT - 60, AT + 60, actor=EDITOR)
    assert (line.about, line.exercise) == (f"incident:{drill}", True)
    assert sentence(line, LANGUAGES["zh"]).startswith("（演练）突发事件")
    since, until = AT - 60, AT + 60
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=EDITOR, now=AT)
    assert row.facts["log"] == {}
    assert "本期无应急接报。" in row.text
    report_incident(session, "2")
    log_all(session)
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=EDITOR, now=AT)
    assert row.facts["log"] == {"IncidentReported": 1}
    assert "2燃气泄漏" in row.text and "1燃气泄漏" not in row.text
    blind = Actor(1, "值班员", frozenset({"duty.view", "duty.edit"}))
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=blind, now=AT)
    assert "突发事件未列入" in row.text and "本期无应急接报" not in row.text


def test_a_report_has_the_houses_own_figures(session: Session, tenant: Place, vault: Vault) -> None:
    put_calls(session, tenant.id, make_call(), make_call(), make_missed())
    open_ticket(session, vault, emergency=True)
    open_ticket(session, vault, kind="complaint", title="路灯不亮", content="三天了")
    log_all(session)
    since, until = AT - 3600, AT + 3600
    row = reports.draft(session, "日报", since, until, judged=JUDGED, actor=EDITOR, now=AT + 60)
    counted = ledger.day_tally(session, since, until, {}, STANDARD)
    assert row.facts["calls"] == board.kpi(total(counted))
    day = today.board(session, since, until, now=AT)
    assert row.facts["tickets"] == {
        name: day[name] for name in ("opened", "kinds", "states", "results")
    }
    assert row.facts["log"]["TicketOpened"] == 1
    assert "来电 3 次" in row.text and "登记诉求 2 件" in row.text and "应急接报：" in row.text


def test_reports_are_found_by_state_words_and_period(session: Session, tenant: Place) -> None:
    made = [
        reports.draft(
            session, title, AT + start, AT + start + 100, judged=JUDGED, actor=EDITOR, now=AT + 900
        )
        for title, start in (("周一日报", 0), ("周二日报", 200), ("周三日报", 400))
    ]
    reports.submit(session, made[1].id, made[1].version, actor=EDITOR, now=AT + 901)

    def found(**asked: Any) -> list[str]:
        given = reports.Criteria(**asked)
        rows, total = reports.listing(session, given, actor=READER)
        assert total == len(rows)
        return [row.title for row in rows]

    assert found() == ["周三日报", "周二日报", "周一日报"]
    assert found(state="submitted") == ["周二日报"]
    assert found(words="周一") == ["周一日报"]
    assert found(start=AT + 150) == ["周三日报", "周二日报"]
    assert found(start=AT + 50, end=AT + 200) == ["周一日报"]


def test_every_page_of_reports_is_reached(
    session: Session, tenant: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        reports.draft(session, f"{n}", AT, AT + 1, judged=JUDGED, actor=EDITOR, now=AT)
    monkeypatch.setattr(reports, "PAGE", 2)
    pages = [reports.listing(session, actor=READER, page=n) for n in range(3)]
    assert [[row.title for row in page.rows] for page in pages] == [["2", "1"], ["0"], []]
    assert {page.total for page in pages} == {3}


def test_a_report_is_the_citys_and_no_districts(session: Session, tenant: Place) -> None:
    row = reports.draft(session, "日报", AT - 60, AT, judged=JUDGED, actor=EDITOR, now=AT)
    of_one = Actor(7, "一区", PERMISSIONS, district="1")
    for asked in (
        lambda: reports.draft(session, "x", AT - 60, AT, judged=JUDGED, actor=of_one, now=AT),
        lambda: reports.one(session, row.id, actor=of_one),
        lambda: reports.listing(session, actor=of_one),
        lambda: reports.versions(session, row.id, actor=of_one),
        lambda: reports.printed(session, row.id, actor=of_one),
        lambda: reports.submit(session, row.id, 1, actor=of_one, now=AT),
    ):
        with pytest.raises(Refused):
            asked()


def test_whoever_served_in_the_period_is_named_whatever_day_the_shift_is_of(
    session: Session, chiefs: list[int]
) -> None:
    shift = roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    later = at(DAY + timedelta(days=2), 1)
    roster.retime(session, shift.id, 1, later - 20 * 3600, later, actor=EDITOR, now=AT)
    row = reports.draft(
        session, "日报", later - 1800, later + 3600, judged=JUDGED, actor=EDITOR, now=AT
    )
    assert row.facts["people"] == [["值班长", ["值班长0"]]]


def test_nobody_approves_a_report_they_wrote_anew(session: Session, tenant: Place) -> None:
    first = Actor(1, "值班员", frozenset({"duty.view", "duty.edit"}))
    second = Actor(2, "值班长", PERMISSIONS)
    row = reports.draft(session, "日报", AT - 60, AT, judged=JUDGED, actor=first, now=AT)
    reports.edit(session, row.id, 1, "另写的话", actor=second, now=AT)
    reports.submit(session, row.id, 2, actor=first, now=AT)
    with pytest.raises(Refused), session.begin_nested():
        reports.approve(session, row.id, 3, actor=second, now=AT)
    reports.approve(session, row.id, 3, actor=Actor(3, "领导", PERMISSIONS), now=AT)


def test_a_report_is_approved_by_another_and_keeps_every_text(
    session: Session, tenant: Place
) -> None:
    writer = Actor(1, "值班员", frozenset({"duty.view", "duty.edit"}))
    leader = Actor(2, "领导", frozenset({"duty.view", "command.approve"}))
    row = reports.draft(session, "日报", AT - 60, AT, judged=JUDGED, actor=writer, now=AT)
    reports.edit(session, row.id, 1, "改过的话", actor=writer, now=AT)
    with pytest.raises(WrongStatus):
        reports.edit(session, row.id, 1, "另一个人的话", actor=writer, now=AT)
    reports.submit(session, row.id, 2, actor=writer, now=AT)
    with pytest.raises(Refused):
        reports.approve(session, row.id, 3, actor=writer, now=AT)
    with pytest.raises(Refused):
        own = Actor(1, "值班员", PERMISSIONS)
        with session.begin_nested():
            reports.approve(session, row.id, 3, actor=own, now=AT)
    reports.give_back(session, row.id, 3, "补充道路情况", actor=leader, now=AT)
    reports.submit(session, row.id, 4, actor=writer, now=AT)
    reports.approve(session, row.id, 5, actor=leader, now=AT)
    with pytest.raises(WrongStatus):
        reports.edit(session, row.id, 6, "晚了", actor=writer, now=AT)
    kept = reports.versions(session, row.id, actor=leader)
    assert [each.verb for each in reversed(kept)] == [
        "draft", "edit", "submit", "give_back", "submit", "approve",
    ]  # fmt: skip
    assert session.execute(delete(DutyReportVersion)).rowcount == 0  # type: ignore[attr-defined]
    assert reports.printed(session, row.id, actor=leader).closing == ("批准：领导",)
    assert session.scalar(select(func.count()).select_from(DutyReport)) == 1


# --- who may --------------------------------------------------------------------------------


def test_nothing_without_the_permission(session: Session, chiefs: list[int], vault: Vault) -> None:
    nobody = Actor(9, "无权", frozenset({"ticket.view"}))
    unit = Actor(9, "单位", PERMISSIONS, "zjj")
    edits: list[Callable[[Actor], object]] = [
        lambda who: contacts.add(session, Form("人"), actor=who, now=AT, vault=vault),
        lambda who: contacts.deactivate(session, chiefs[0], 1, actor=who, now=AT),
        lambda who: roster.place(session, "chief", DAY, "day", chiefs[0], actor=who, now=AT),
        lambda who: roster.generate(session, "chief", DAY, DAY, chiefs, actor=who, now=AT),
        lambda who: reports.draft(session, "日", AT - 1, AT, judged=JUDGED, actor=who, now=AT),
        lambda who: notices.send(session, "话", people=chiefs, actor=who, now=AT),
    ]
    looks: list[Callable[[Actor], object]] = [
        lambda who: contacts.find(session, actor=who, vault=vault),
        lambda who: journal.entries(session, AT - 1, AT, actor=who),
        lambda who: journal.remark(session, "话", actor=who, now=AT),
        lambda who: calendar.issue(session, whole=True, actor=who, now=AT),
    ]
    before = len(told(session))
    for who, asked in ((nobody, edits + looks), (unit, edits + looks), (READER, edits)):
        for verb in asked:
            with pytest.raises(Refused):
                verb(who)
    assert len(told(session)) == before


def test_a_neighbour_has_none_of_it(
    engine: Engine, tenant: Place, neighbour: Place, vault: Vault
) -> None:
    with db.transaction(engine, tenant.id) as session:
        chiefs = make_chiefs(session, tenant, vault)
        shift = roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT).id
    with db.transaction(engine, neighbour.id) as session:
        assert contacts.find(session, actor=EDITOR, vault=vault).total == 0
        with pytest.raises(NotFound):
            roster.cancel(session, shift, 1, "", actor=EDITOR, now=AT)
        with pytest.raises(HotlineError):
            roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
