"""Upkeep of the duty's lists: groups renamed and removed, contacts taken in again, levels put out of use."""

import io
import threading
from collections.abc import Iterator
from datetime import timedelta

import pytest
from conftest import Place
from desk_site import Site, running_site, texts_of
from factories import AT, make_user
from openpyxl import load_workbook
from real_stores import Stores
from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from test_duty import DAY, EDITOR, READER, SLOTS, add, kinds, make_chiefs, told

from command.duty import contacts, groups, roster
from command.duty.contacts import Form
from models.clock import now
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events import duty as events
from models.store import db
from models.store.crypto import Vault
from models.tables import DutyContact, DutyGroup, DutyLevel, DutyMember


@pytest.fixture
def vault(stores: Stores) -> Vault:
    settings = stores.for_tenant("x")
    return Vault(settings.encryption_keys, settings.hash_key)


def make(session: Session, name: str) -> int:
    return groups.add(session, name, actor=EDITOR, now=AT).id


def members(session: Session, group: int) -> int:
    found = select(func.count()).where(DutyMember.group_id == group)
    return session.scalar(found) or 0


# --- groups -----------------------------------------------------------------------------------


@pytest.mark.usefixtures("tenant")
def test_a_group_is_renamed_by_who_saw_its_name(session: Session) -> None:
    first, second = make(session, "抢修"), make(session, "医疗")
    groups.rename(session, first, "抢修", "燃气抢修", actor=EDITOR, now=AT)
    groups.rename(session, first, "燃气抢修", "燃气抢修", actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus):
        groups.rename(session, first, "抢修", "抢险", actor=EDITOR, now=AT)
    with pytest.raises(BadInput):
        groups.rename(session, second, "医疗", "燃气抢修", actor=EDITOR, now=AT)
    with pytest.raises(BadInput):
        groups.rename(session, second, "医疗", " ", actor=EDITOR, now=AT)
    named = {row.id: row.name for row in groups.listed(session, actor=READER)}
    assert named == {first: "燃气抢修", second: "医疗"}
    assert kinds(session) == ["ContactGroupAdded"] * 2 + ["ContactGroupRenamed"]


@pytest.mark.usefixtures("tenant")
def test_a_group_is_removed_empty_or_with_its_members_moved(session: Session, vault: Vault) -> None:
    first, second, third = make(session, "抢修"), make(session, "医疗"), make(session, "空")
    both = add(session, vault, name="甲", groups=[first, second])
    one = add(session, vault, name="乙", groups=[first])
    assert groups.size(session, first) == 2
    with pytest.raises(WrongStatus) as full:
        groups.remove(session, first, 0, actor=EDITOR, now=AT)
    assert full.value.facts == {"reason": "members", "n": 2}
    for into in (first, 0x7FFFFFFF):
        with pytest.raises((BadInput, NotFound)):
            groups.remove(session, first, into, actor=EDITOR, now=AT)
    assert groups.remove(session, first, second, actor=EDITOR, now=AT) == 1
    assert members(session, second) == 2
    assert {contacts.group_ids(session, row.id)[0] for row in (both, one)} == {second}
    assert groups.remove(session, third, 0, actor=EDITOR, now=AT) == 0
    assert [row.id for row in groups.listed(session, actor=READER)] == [second]
    last = [event for event in told(session) if isinstance(event, events.ContactGroupRemoved)]
    assert [(event.name, event.into, event.moved) for event in last] == [
        ("抢修", second, 1), ("空", 0, 0),
    ]  # fmt: skip


@pytest.mark.usefixtures("tenant")
def test_a_group_of_contacts_that_were_taken_out_is_empty(session: Session, vault: Vault) -> None:
    group = make(session, "旧")
    row = add(session, vault, groups=[group])
    contacts.deactivate(session, row.id, row.version, actor=EDITOR, now=AT)
    assert groups.size(session, group) == 0
    groups.remove(session, group, 0, actor=EDITOR, now=AT)
    assert contacts.group_ids(session, row.id) == []


def test_nobody_joins_a_group_while_it_is_removed(
    engine: Engine, tenant: Place, vault: Vault
) -> None:
    with db.transaction(engine, tenant.id) as session:
        group = make(session, "抢修")
    refused: list[HotlineError] = []

    def join() -> None:
        try:
            with db.transaction(engine, tenant.id) as own:
                add(own, vault, name="丙", groups=[group])
        except HotlineError as error:
            refused.append(error)

    other = threading.Thread(target=join)
    with db.transaction(engine, tenant.id) as session:
        groups.remove(session, group, 0, actor=EDITOR, now=AT)
        session.flush()
        other.start()
        other.join(0.5)
        assert other.is_alive(), "who joins waits until the group is gone or stays"
    other.join()
    assert [type(error) for error in refused] == [BadInput]
    with db.transaction(engine, tenant.id) as session:
        assert session.scalars(select(DutyContact.id)).all() == []


# --- contacts ---------------------------------------------------------------------------------


@pytest.mark.usefixtures("tenant")
def test_a_contact_taken_out_is_found_and_taken_in_again(session: Session, vault: Vault) -> None:
    row = add(session, vault, mobiles="13909900107")
    other = add(session, vault, name="在册")
    contacts.deactivate(session, row.id, 1, actor=EDITOR, now=AT)
    listed = contacts.find(session, actor=EDITOR, vault=vault)
    assert [line.row.id for line in listed.lines] == [other.id]
    gone = contacts.find(session, "13909900107", out=True, actor=EDITOR, vault=vault)
    assert [line.row.id for line in gone.lines] == [row.id]
    with pytest.raises(Refused):
        contacts.find(session, out=True, actor=READER, vault=vault)
    with pytest.raises(WrongStatus):
        contacts.restore(session, row.id, 1, actor=EDITOR, now=AT)
    contacts.restore(session, row.id, 2, actor=EDITOR, now=AT)
    with pytest.raises(WrongStatus):
        contacts.restore(session, row.id, 3, actor=EDITOR, now=AT)
    assert contacts.find(session, actor=EDITOR, vault=vault).total == 2
    assert contacts.reveal(session, row.id, actor=EDITOR, now=AT, vault=vault) == ["13909900107"]
    assert kinds(session)[-1] == "ContactRestored"


def test_a_contact_does_not_come_back_with_the_login_of_another(
    session: Session, tenant: Place, vault: Vault
) -> None:
    user = make_user(session, tenant.id).id
    row = add(session, vault, user_id=user)
    contacts.deactivate(session, row.id, 1, actor=EDITOR, now=AT)
    add(session, vault, name="接任", user_id=user)
    with pytest.raises(BadInput) as taken:
        contacts.restore(session, row.id, 2, actor=EDITOR, now=AT)
    assert (taken.value.facts["reason"], taken.value.facts["name"]) == ("taken", "接任")


# --- levels -----------------------------------------------------------------------------------


def test_a_level_without_shifts_to_come_is_put_out_of_use(
    session: Session, tenant: Place, vault: Vault
) -> None:
    chiefs = make_chiefs(session, tenant, vault)
    row = roster.place(session, "chief", DAY, "day", chiefs[0], actor=EDITOR, now=AT)
    ends = row.end_at.timestamp()
    with pytest.raises(WrongStatus) as busy:
        roster.switch_level(session, "chief", active=False, actor=EDITOR, now=ends - 1)
    assert busy.value.facts == {"reason": "coming", "shifts": 1}
    roster.switch_level(session, "chief", active=False, actor=EDITOR, now=ends)
    assert [each.active for each in roster.levels(session)] == [False]
    assert [line.row.id for line in roster.shifts(session, DAY, DAY)] == [row.id]
    assert roster.gaps(session, DAY, DAY, actor=READER) == []
    later = DAY + timedelta(days=3)
    with pytest.raises(BadInput):
        roster.place(session, "chief", later, "day", chiefs[0], actor=EDITOR, now=ends)
    with pytest.raises(BadInput):
        roster.generate(session, "chief", later, later, chiefs, actor=EDITOR, now=ends)
    with pytest.raises(WrongStatus):
        roster.switch_level(session, "chief", active=False, actor=EDITOR, now=ends)
    roster.switch_level(session, "chief", active=True, actor=EDITOR, now=ends)
    roster.place(session, "chief", later, "day", chiefs[0], actor=EDITOR, now=ends)
    said = [event.active for event in told(session) if isinstance(event, events.DutyLevelSet)]
    assert said == [True, False, True]


def test_an_event_of_before_is_of_a_level_in_use() -> None:
    old = {
        "type": "DutyLevelSet", "id": "duty-level-x", "at": AT, "actor": "user:1", "by": "排班",
        "level": "x", "label": "值班", "least": 1,
    }  # fmt: skip
    event = events.from_row(old)
    assert isinstance(event, events.DutyLevelSet) and event.active


def test_upkeep_is_for_who_may_edit(session: Session, tenant: Place, vault: Vault) -> None:
    roster.set_level(session, "chief", "值班长", 1, SLOTS, 0, actor=EDITOR, now=AT)
    group, row = make(session, "抢修"), add(session, vault)
    before = len(told(session))
    for act in (
        lambda: groups.rename(session, group, "抢修", "x", actor=READER, now=AT),
        lambda: groups.remove(session, group, 0, actor=READER, now=AT),
        lambda: contacts.restore(session, row.id, 1, actor=READER, now=AT),
        lambda: roster.switch_level(session, "chief", active=False, actor=READER, now=AT),
    ):
        with pytest.raises(Refused):
            act()
    for missing in (
        lambda: groups.rename(session, 0x7FFFFFFF, "抢修", "x", actor=EDITOR, now=AT),
        lambda: groups.remove(session, 0x7FFFFFFF, 0, actor=EDITOR, now=AT),
        lambda: roster.switch_level(session, "none", active=False, actor=EDITOR, now=AT),
    ):
        with pytest.raises(NotFound):
            missing()
    assert len(told(session)) == before
    assert tenant.id


# --- on the pages -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        running.client("coordinator")
        yield running


def press(
    site: Site, verb: str, key: object, form: str, path: str, version: int = 0, **typed: object
) -> str:
    fields = [({"duty-field": name, "form": form}, value) for name, value in typed.items()]
    button = {"duty-do": verb, "key": str(key), "version": version}
    answer = site.ask("coordinator", "duty.press", [
        [(button, 1)], fields, [(i, i) for i, _ in fields], path.partition("?")[0],
        f"?{path.partition('?')[2]}",
    ])  # fmt: skip
    return "\n".join(texts_of(answer))


def shown(site: Site, address: str) -> list[str]:
    return [str(each) for each in texts_of(site.page("coordinator", address))]


def test_the_phone_book_keeps_its_groups_and_who_was_taken_out(site: Site) -> None:
    with site.session() as session:
        first, second = make(session, "抢修一"), make(session, "抢修二")
        form = Form("贺磊", "person", "燃气", groups=(first,))
        row = contacts.add(session, form, actor=EDITOR, now=now(), vault=site.vault)
    here = f"/duty/contacts?group={first}"
    form_ = f"group{first}"
    assert "改名：抢修一" in shown(site, here)
    press(site, "group.rename", first, form_, here, was="抢修一", group="抢修总队")
    assert "改名：抢修总队" in shown(site, here)
    assert "组内还有 1 人" in press(site, "group.remove", first, form_, here, into=0)
    assert "已删除分组，移入 1 人" in press(site, "group.remove", first, form_, here, into=second)
    with site.session() as session:
        assert session.get(DutyGroup, first) is None
        assert contacts.group_ids(session, row.id) == [second]

    press(site, "contact.deactivate", row.id, "contact", "/duty/contacts", version=1)
    assert "贺磊" not in shown(site, "/duty/contacts")
    assert "贺磊" in shown(site, "/duty/contacts?out=1")
    file = site.client("coordinator").ask("GET", "/api/duty/contacts.xlsx?out=1")
    rows = [r[0] for r in load_workbook(io.BytesIO(file.body)).active.iter_rows(values_only=True)]
    assert rows[1:] == ["贺磊"]
    assert "恢复到通讯录" in shown(site, f"/duty/contacts?contact={row.id}")
    press(site, "contact.restore", row.id, "contact", "/duty/contacts", version=2)
    assert "贺磊" in shown(site, "/duty/contacts")


def test_the_roster_puts_levels_out_of_use(site: Site) -> None:
    with site.session() as session:
        roster.set_level(session, "spare", "备勤", 1, SLOTS, 9, actor=EDITOR, now=now())
    assert "备勤" in shown(site, "/duty/roster")
    press(site, "level.off", "spare", "levelspare", "/duty/roster")
    with site.session() as session:
        assert session.scalar(select(DutyLevel.active).where(DutyLevel.code == "spare")) is False
    page = shown(site, "/duty/roster")
    assert "备勤 · 已停用" in page
    assert "备勤" not in page
    assert "备勤" not in shown(site, "/duty")
    assert "备勤" not in shown(site, "/duty/notices")
    press(site, "level.on", "spare", "levelspare", "/duty/roster")
    assert "备勤" in shown(site, "/duty/roster")
