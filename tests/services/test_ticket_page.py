"""The ticket's page over HTTP: what a decision is about, who may do what after a refusal, what was typed."""

from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import PEOPLE, Site, running_site, texts_of
from real_stores import Stores
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from models.clock import now
from models.store.files import Files
from models.store.people import PERMISSIONS
from models.tables import Ticket
from tickets import assignment, districts, intake, parameters, queries, today
from tickets.moving import Actor

CHIEF = Actor(0, "总值班", PERMISSIONS)
LEAD = Actor(0, "住建局", frozenset({"ticket.handle"}), "zjj")


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        for login in PEOPLE:
            running.client(login)
        yield running


def opened(site: Site, session: Session, **more: Any) -> Ticket:
    form = intake.Form(**{"kind": "complaint", "title": "停水", "content": "两天了", **more})
    return intake.open_ticket(session, form, actor=CHIEF, now=now(), vault=site.vault)


def assigned(site: Site, session: Session) -> Ticket:
    row = opened(site, session)
    assignment.assign(session, row.id, units=["zjj"], mode="assign", actor=CHIEF, now=now())
    return row


def shown(site: Site, login: str, no: str) -> str:
    return "\n".join(texts_of(site.page(login, f"/ticket?no={no}")))


def press(site: Site, login: str, row: Ticket, verb: str, **given: Any) -> tuple[str, str]:
    """Press a verb; return what the toast says and the page that was drawn."""
    fields = [({"ticket-field": name, "verb": verb}, value) for name, value in given.items()]
    answer = site.ask(login, "ticket.press", [
        [({"ticket-do": verb, "ticket": row.id}, 1)], fields, [(i, i) for i, _ in fields], row.no,
    ])  # fmt: skip
    return str(answer.json()["response"]["toast"]["data"]["text"]), "\n".join(texts_of(answer))


def test_who_decides_sees_what_is_asked(site: Site) -> None:
    with site.session() as session:
        row = assigned(site, session)
        assignment.ask_extension(session, row.id, days=3, reason="管材未到", actor=LEAD, now=now())
        asked = queries.whole(session, row.no, actor=CHIEF, now=now()).asked["extension"]
        assert asked.then > asked.due
    page = shown(site, "dispatcher", row.no)
    assert "申请延长 3 个工作日" in page
    assert "管材未到" in page
    with site.session() as session:
        assignment.grant_extension(session, row.id, actor=CHIEF, now=now())
        whole = queries.whole(session, row.no, actor=CHIEF, now=now())
        assert whole.legs[0][0].due_at is not None
        assert whole.legs[0][0].due_at.timestamp() == asked.then  # as it was said before the yes
        assert not whole.asked


def test_a_returned_turn_stays_on_the_page(site: Site) -> None:
    with site.session() as session:
        row = assigned(site, session)
        assignment.ask_return(
            session, row.id, ground="function", reason="属交通", actor=LEAD, now=now()
        )
        assignment.grant_return(session, row.id, actor=CHIEF, now=now())
        (turn,) = queries.whole(session, row.no, actor=CHIEF, now=now()).past
        assert (turn.leg.unit, turn.ground) == ("zjj", "function")
    page = shown(site, "dispatcher", row.no)
    assert "以前的承办（1 段）" in page
    assert "退回：职能不符（计入" in page


def test_a_refusal_names_the_state_and_who_may_do_what(site: Site) -> None:
    with site.session() as session:
        row = assigned(site, session)
    told, page = press(site, "dispatcher", row, "reject", ground="area", note="写了很久的理由")
    assert "分配待处理" in told
    assert "签收办理" in told
    assert "（dispatcher）" in told  # the roles of this site are called by their names
    assert "CLOCK" not in told
    assert "分配待处理" in page
    assert "写了很久的理由" in page


def test_what_was_typed_stands_in_its_form_again(site: Site) -> None:
    with site.session() as session:
        row = assigned(site, session)
    told, page = press(site, "dispatcher", row, "grant_extension", note="同意，请抓紧")
    assert told == "延期次数已到上限，或已有一个申请待批"
    assert "同意，请抓紧" in page


def test_districts_have_the_citys_names_everywhere(site: Site) -> None:
    names = {"莲湖区", "云岭区", "滨江区", "东沙区", "北塘区", "清溪县"}
    with site.session() as session:
        row = opened(site, session, district="990103")
        found = districts.names(session, Files(site.settings.files))
        board = today.board(session, now() - 60, now() + 60, now=now(), labels=found)
    assert set(found.values()) == names
    areas = {code: label for code, label, _ in today.of_district(board, "")["areas"]}
    assert areas["990103"] == "滨江区"
    query = texts_of(site.page("dispatcher", "/tickets?desk=all"))
    assert names <= set(query)
    tally = texts_of(site.page("dispatcher", "/tickets?desk=all&tally=district"))
    assert tally.count("滨江区") == query.count("滨江区") + 1
    assert "滨江区" in shown(site, "dispatcher", row.no)
    assert names <= set(texts_of(site.page("admin", "/admin/people")))
    assert names <= set(texts_of(site.page("admin", "/admin/units")))


def test_the_data_dictionary_counts_at_once(site: Site) -> None:
    with site.session() as session:
        row = assigned(site, session)
        seen = parameters.settings(session).get("options", parameters.Setting()).at
    form = "options-choice_return"
    typed = {
        "area": "不归本区",
        "function": "职能不符",
        "authority": "权属不符",
        "used": ["area", "function"],
    }
    fields = [({"admin-field": name, "form": form}, value) for name, value in typed.items()]
    answer = site.ask("admin", "admin.press", [
        [({"admin-do": f"{form}.save", "key": "choice.return"}, 1)], fields, [(i, i) for i, _ in fields],
        [({"admin-seen": form}, {"at": seen})], [({"admin-seen": form}, {"admin-seen": form})],
        "/admin/options", "",
    ])  # fmt: skip
    assert "不归本区" in texts_of(answer)
    page = shown(site, "unit", row.no)
    assert "不归本区" in page
    assert "权属不符" not in page
    told, _ = press(site, "unit", row, "ask_return", ground="authority", reason="不归我们")
    assert told == "请填写或改正：理由"
    told, _ = press(site, "unit", row, "ask_return", ground="area", reason="不归我们")
    assert told == "已完成：申请退回"
