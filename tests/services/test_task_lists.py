"""Tasks over all incidents: who sees which, what each filter finds, and a file that is the list."""

from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import HERE, Site, running_site, texts_of
from forces import SCENE
from real_stores import Stores
from sqlalchemy import Engine

from command import demo, incidents, task_lists, tasks
from command.task_lists import TaskCriteria
from dashboard import export
from models.clock import now
from models.errors import BadInput, Refused
from models.events.incident.course import Place
from models.store.people import PERMISSIONS
from tickets.moving import Actor

EDITOR = Actor(0, "编辑", PERMISSIONS)
AT = now() - 7200


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        with running.session() as session:
            demo.seed(session, now=AT)
            for district, title in ((HERE, "东街泄漏"), ("990102", "西街泄漏")):
                form = incidents.Form("gas_leak", title, Place(*SCENE, "路1号", district))
                number = incidents.report(session, form, actor=EDITOR, now=AT).id
                incidents.respond(session, number, note="", actor=EDITOR, now=AT + 1)
                for task, role, due in (
                    ("设警戒", "公安", AT + 600), ("测浓度", "环保", AT + 90_000), ("搭帐篷", "民政", 0.0),
                    ("清点人数", "社区", AT + 1200),
                ):  # fmt: skip
                    tasks.add_task(
                        session, number, title=task, role=role, due=due, actor=EDITOR, now=AT + 2
                    )
                tasks.finish_task(session, number, 4, actor=EDITOR, now=AT + 1800)
                tasks.drop_task(session, number, 3, note="不用", actor=EDITOR, now=AT + 3)
        yield running


def found(site: Site, actor: Actor = EDITOR, **asked: Any) -> list[str]:
    with site.session() as session:
        rows = task_lists.listed(session, TaskCriteria(**asked), actor=actor, now=now()).rows
    return [row.task.title for row in rows]


def test_each_filter_finds_its_tasks_by_deadline(site: Site) -> None:
    assert found(site, incident="东街") == ["设警戒", "清点人数", "测浓度", "搭帐篷"]
    assert found(site, incident="东街", state="open") == ["设警戒", "测浓度"]
    assert found(site, state="late") == ["设警戒", "设警戒"]
    assert found(site, incident="东街", state="done") == ["清点人数"]
    assert found(site, incident="东街", state="dropped") == ["搭帐篷"]
    assert found(site, words="环保") == ["测浓度", "测浓度"]
    assert set(found(site, words="编辑")) == {"清点人数"}
    assert found(site, incident="东街", start=AT + 601, end=AT + 1201) == ["清点人数"]
    with site.session() as session, pytest.raises(BadInput):
        task_lists.listed(session, TaskCriteria(state="x"), actor=EDITOR, now=now())


def test_one_sees_the_tasks_of_ones_district(site: Site) -> None:
    mine = Actor(5, "区", frozenset({"command.view"}), district=HERE)
    assert len(found(site, mine)) == 4 and found(site, mine, incident="西街") == []
    for nobody in (
        Actor(6, "无", frozenset()),
        Actor(7, "承办", frozenset({"command.view"}), unit="x"),
    ):
        with pytest.raises(Refused):
            found(site, nobody)


def test_the_task_of_an_incident_that_is_over_is_owed_no_more(site: Site) -> None:
    with site.session() as session:
        form = incidents.Form("gas_leak", "误报", Place(*SCENE, "路1号", HERE))
        number = incidents.report(session, form, actor=EDITOR, now=AT).id
        tasks.add_task(
            session, number, title="核对", role="值班", due=AT + 9, actor=EDITOR, now=AT + 1
        )
        incidents.cancel(session, number, note="误报", actor=EDITOR, now=AT + 10)
    assert found(site, incident="误报") == ["核对"]
    assert (
        found(site, incident="误报", state="open")
        == found(site, incident="误报", state="late")
        == []
    )


@pytest.mark.parametrize(
    "asked",
    ["", "state=late", "state=done&words=%E7%A4%BE%E5%8C%BA", "incident=%E4%B8%9C%E8%A1%97"],
)
def test_the_file_is_the_list(site: Site, asked: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[list[Any]] = []
    file = export.xlsx_file

    def keep(head: Any, rows: Any) -> bytes:
        kept.extend(rows)
        return file(head, rows)

    monkeypatch.setattr(export, "xlsx_file", keep)
    assert site.client("leader").get(f"/api/export/tasks.xlsx?{asked}").status == 200
    said = texts_of(site.page("leader", f"/command/tasks?{asked}"))
    assert kept and all(cell in said for row in kept for cell in row)
    titles = [text for text in said if text in {row[1] for row in kept}]
    assert titles == [row[1] for row in kept]
