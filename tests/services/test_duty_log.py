"""The duty log as a page and as a file: words, people, incidents, exercises; every page; one list for both."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from desk_site import HERE, WORDS, Site, running_site, texts_of
from forces import SCENE
from real_stores import Stores
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import demo, incidents, records
from command.duty import journal
from dashboard import duty_files
from dashboard.views.duty import log, log_query
from models.clock import now
from models.events.incident.course import Place
from models.store import chain
from models.store.people import PERMISSIONS
from models.tables import Outbox
from tickets.moving import Actor

EDITOR = Actor(0, "周编辑", PERMISSIONS)
OTHER = Actor(0, "吴值守", PERMISSIONS)


def log_all(session: Session) -> None:
    for row in session.scalars(select(Outbox).order_by(Outbox.id)):
        chain.log_event(session, row.event)


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        yield running


@pytest.fixture(scope="module")
def numbers(site: Site) -> dict[str, str]:
    """A real incident and an exercise elsewhere, each with an order; a remark."""
    made = {}
    with site.session() as session:
        at = now() - 5
        demo.seed(session, now=at)
        for title, district, drill in (("东街泄漏", HERE, False), ("演习泄漏", "990102", True)):
            form = incidents.Form(
                "gas_leak", title, Place(*SCENE, "路1号", district), exercise=drill
            )
            state = incidents.report(session, form, actor=EDITOR, now=at)
            records.order(session, state.id, to="消防", said="先灭火", actor=OTHER, now=at + 1)
            made[title] = state.no
        journal.remark(session, "已电话核实", actor=OTHER, now=at + 2)
        log_all(session)
    return made


def filed(
    site: Site, monkeypatch: pytest.MonkeyPatch, login: str = "leader", **asked: str
) -> list[list[Any]]:
    """Return the lines of the file, and see that the page shows the same in the same order."""
    kept: list[list[Any]] = []
    table = duty_files._table

    def keep(head: Any, rows: Any, *, width: int) -> bytes:
        kept.extend(rows)
        return table(head, rows, width=width)

    with monkeypatch.context() as patch:
        patch.setattr(duty_files, "_table", keep)
        answer = site.client(login).get(f"/api/duty/log.xlsx?{urlencode(asked)}")
    assert answer.status == 200 and answer.body.startswith(b"PK")
    said = texts_of(site.page(login, f"/duty/log?{urlencode(asked)}"))
    sentences = [row[2] for row in kept]
    assert [text for text in said if text in set(sentences)] == sentences
    return kept


def test_the_file_is_the_list_whatever_is_asked(
    site: Site, numbers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(**asked: str) -> list[str]:
        return [row[2] for row in filed(site, monkeypatch, **asked)]

    order, drill = "东街泄漏：下达指令 消防 先灭火", "（演练）演习泄漏：下达指令 消防 先灭火"
    assert {order, drill, "已电话核实"} <= set(said())
    assert set(said(text="先灭火")) == {order, drill}
    assert set(said(person="吴值")) == {order, drill, "已电话核实"}
    assert set(said(text="先灭火", exercise="no")) == {order}
    assert all(line.startswith("（演练）") for line in said(exercise="yes"))
    real = said(incident=numbers["东街泄漏"])
    assert order in real and len(real) == 2
    assert said(incident="没有") == [] and said(text="没有这样的话") == []
    assert said(cls="remark") == ["已电话核实"]


def test_who_sees_one_district_finds_nothing_of_another(
    site: Site, numbers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert filed(site, monkeypatch, "district", incident=numbers["演习泄漏"]) == []
    assert filed(site, monkeypatch, "district", text="演习") == []
    assert filed(site, monkeypatch, "district", incident=numbers["东街泄漏"])


def test_the_pages_hold_every_line_once(
    site: Site, numbers: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = [row[2] for row in filed(site, monkeypatch)]
    for module in ("dashboard.pages.duty.log", "dashboard.views.duty.log"):
        monkeypatch.setattr(f"{module}.PAGE", 2)
    for asked in ({}, {"person": "值守"}, {"text": "泄漏"}):
        found: list[str] = []
        for page in range(len(whole)):
            said = texts_of(site.page("leader", f"/duty/log?{urlencode({**asked, 'page': page})}"))
            found += [text for text in said if text in set(whole)]
        wanted = [row[2] for row in filed_rows(site, asked)]
        assert found == wanted


def filed_rows(site: Site, asked: dict[str, str]) -> list[tuple[str, ...]]:
    with site.session() as session:
        lines = journal.entries(session, now() - 3600, now() + 1, actor=site.actor("leader"))
    rows = [log.cells(line, "Asia/Shanghai", WORDS) for line in lines]
    return [
        row for row in rows
        if asked.get("text", "") in row[2] and asked.get("person", "") in row[3]
    ]  # fmt: skip


def test_another_question_begins_at_its_first_page() -> None:
    query = log_query.read("?text=a&page=3&cls=order")
    assert query.page == 3
    assert query.href(cls="") == "/duty/log?text=a"
    assert log_query.read("?page=-1").page == 0
