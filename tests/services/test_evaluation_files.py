"""The after-action room as files: the figures of the pages, number for number, and the list whole as it is searched."""

import io
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote

import pytest
from conftest import new_tenant
from desk_site import Site, running_site, texts_of
from factories import AT
from gas_leak import CHIEF, COORD, WATCHER, Leak, play
from openpyxl import load_workbook
from real_stores import Stores
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from command import capability, chain, demo, evaluation, evaluation_lists, incidents
from command.evaluation_lists import Asked, Report
from command.queries import Criteria
from dashboard import evaluation_files
from dashboard.texts import LANGUAGES
from dashboard.views import clock, reviews
from dashboard.views import review_sheets as sheets
from dashboard.views.review_sheets import Cell
from dashboard.views.reviews import Here
from models.clock import now
from models.events.incident.course import Place
from models.store.people import PERMISSIONS
from tickets.moving import Actor

LATER = AT + 10_000
ZONE = "Asia/Shanghai"
ZH = LANGUAGES["zh"]
HERE = Here(ZH, ZONE, {"gas": "燃气泄漏"}, {}, frozenset({"command.view"}))
UNKNOWN = ZH["replay.unknown"]


@pytest.fixture(scope="module")
def leak(engine: Engine) -> Leak:
    """An incident with three reports: two approved, one a draft."""
    played = play(engine, new_tenant(engine))
    with played.session() as session:
        for version, mark in enumerate((80.0, 50.0, 60.0), 1):
            row = evaluation.draw(session, played.incident, actor=COORD, now=LATER + version)
            evaluation.save(
                session, row.id, rev=1, sections={}, judged={"order": mark}, notes={}, actor=COORD,
                now=LATER + version,
            )  # fmt: skip
            if version < 3:
                evaluation.submit(session, row.id, rev=2, actor=COORD, now=LATER + version)
                evaluation.approve(
                    session, row.id, rev=3, note="", actor=CHIEF, now=LATER + version
                )
    return played


def drawn(page: Any) -> list[list[str]]:
    """Return the rows of all tables of a page, a cell's texts one after another."""
    found: list[list[str]] = []
    if type(page).__name__ == "Tr":
        cells = page.children if isinstance(page.children, list) else [page.children]
        return [["|".join(said(cell)) for cell in cells]] if type(cells[0]).__name__ == "Td" else []
    children = getattr(page, "children", page if isinstance(page, list | tuple) else None)
    for child in children if isinstance(children, list | tuple) else [children]:
        if child is not None and not isinstance(child, str | int | float):
            found += drawn(child)
    return found


def said(part: Any) -> list[str]:
    if part is None or isinstance(part, str | int | float):
        return [] if part is None else [str(part)]
    children = getattr(part, "children", part if isinstance(part, list | tuple) else None)
    return [text for child in (children if isinstance(children, list | tuple) else [children])
            for text in said(child)]  # fmt: skip


def took(q: Sequence[Cell]) -> str:
    """Return [P50, P90, known, of] as the page says it."""
    if isinstance(q[0], str):
        return f"{q[0]}|n={q[2]}/{q[3]}"
    return f"{clock.duration(float(q[0]), ZH)} / {clock.duration(float(q[1]), ZH)}|n={q[2]}/{q[3]}"


def mark(score: Cell) -> str:
    return score if isinstance(score, str) else f"{score:.1f}"


def reports(leak: Leak) -> list[Report]:
    with leak.session() as session:
        return evaluation_lists.every(session, Asked(), actor=WATCHER)


def test_the_list_as_a_file_is_the_list_of_the_page(leak: Leak) -> None:
    with leak.session() as session:
        page = evaluation_lists.listed(session, Asked(), actor=WATCHER)
        (sheet,) = sheets.reports(evaluation_lists.every(session, Asked(), actor=WATCHER), HERE)
    rows = drawn(reviews.reports(page, (), 0, {}, HERE))
    assert len(rows) == len(sheet.rows) == 3
    for shown, line in zip(rows, sheet.rows, strict=True):
        no, title, type_, _exercise, version, state, score, author, written = line
        assert shown[1:8] == [
            f"{no} {title}", type_, str(version), state, mark(score), author, str(written)[:-3],
        ]  # fmt: skip


def test_the_comparison_as_a_file_has_the_pages_figures(leak: Leak) -> None:
    chosen = reports(leak)
    rows = drawn(reviews.compare(chosen, HERE))
    (sheet,) = sheets.compare(chosen, HERE)
    assert len(rows) == len(sheet.rows) > 5
    for number, (shown, line) in enumerate(zip(rows, sheet.rows, strict=True)):
        pairs = [line[at : at + 2] for at in range(1, len(line), 2)]
        told = [mark(a) if number < 3 or not b else f"{mark(a)}|{b}" for a, b in pairs]
        assert shown == [line[0], *told]
    assert len(sheet.heads) == 1 + 2 * len(chosen)


def test_the_statistics_as_a_file_have_the_pages_figures(leak: Leak) -> None:
    with leak.session() as session:
        found = evaluation_lists.summary(session, Asked(), actor=WATCHER)
    rows = drawn(reviews.stats(found, HERE))
    (sheet,) = sheets.stats(found, HERE)
    assert rows == [
        [str(name), f"{mean:.1f}", f"{low:.1f}", f"{high:.1f}", f"{n} / {of}"]
        for _type, _exercise, _reports, name, mean, low, high, n, of in sheet.rows
    ]
    assert {(line[0], line[1], line[2]) for line in sheet.rows} == {("燃气泄漏", "实战", 1)}


def test_the_response_chain_as_a_file_has_the_pages_figures(leak: Leak) -> None:
    with leak.session() as session:
        groups = chain.statistics(session, Criteria(), "type", zone=ZONE, actor=WATCHER)
    rows = drawn(reviews.chain(groups, "type", HERE))
    (sheet,) = sheets.chain(groups, "type", HERE)
    assert len(groups) == 1 and len(rows) == len(sheet.rows)
    for shown, line in zip(rows, sheet.rows, strict=True):
        assert shown == [str(line[3]).replace(" → ", "| → |"), took(line[4:])]
    known = [line[4:6] for line in sheet.rows if line[4] != UNKNOWN]
    assert [12.0, 12.0] in known and [410.0, 410.0] in known, "seconds, to count with"


def test_the_capability_as_a_file_has_the_pages_figures(leak: Leak) -> None:
    with leak.session() as session:
        found = capability.capability(session, Criteria(), actor=WATCHER)
    ready, forces = sheets.capability(found, HERE)
    rows = drawn(reviews.capability(found, HERE))
    told = [
        [
            str(type_), str(n), f"{planned} ({share(planned, n)})", str(tasks), f"{in_time} ({share(in_time, tasks)})",
            str(late), str(open_),
        ]
        for type_, _exercise, n, planned, tasks, in_time, late, open_ in ready.rows
    ]  # fmt: skip
    told += [
        [*map(str, line[:4]), took(line[4:8]), took(line[8:12]), took(line[12:16])]
        for line in forces.rows
    ]
    assert rows == told
    assert forces.rows


def share(part: Cell, whole: Cell) -> str:
    return f"{100 * float(part) / float(whole):.0f} %" if whole else UNKNOWN


def test_reports_are_found_by_number_title_and_kind(leak: Leak) -> None:
    with leak.session() as session:
        (any_, *_) = evaluation_lists.every(session, Asked(), actor=WATCHER)
        no, title = any_.incident.no, any_.incident.title

        def found(**asked: Any) -> int:
            return evaluation_lists.listed(session, Asked(**asked), actor=WATCHER).total

        assert found(words=no.lower()) == found(words=title[1:4]) == found(words=f" {no} ") == 3
        assert found(words="%") == found(words="_") == found(words="无此事件") == 0
        assert found(kind=any_.incident.kind) == 3
        assert found(kind="health") == 0
        assert found(kind=any_.incident.kind, words="无此事件") == 0


# --- over HTTP --------------------------------------------------------------------------------


def over(session: Session) -> None:
    """Put two incidents that are over into the tenant, each with a draft of a report."""
    chief = Actor(0, "总值班", PERMISSIONS)
    demo.seed(session, now=now())
    for place, (type_, title) in enumerate((("fire", "=1+1 仓库火灾"), ("snow", "暴雪封路"))):
        form = incidents.Form(type_, title, Place(114.3, 33.6, "金桥", ""))
        number = incidents.report(session, form, actor=chief, now=now() - 600).id
        for verb in (incidents.verify, incidents.respond, incidents.control, incidents.end):
            verb(session, number, note="已处置", actor=chief, now=now() - 500)
        evaluation.draw(session, number, actor=chief, now=now() - 100 + place)


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        with running.session() as session:
            over(session)
        running.client("coordinator")
        yield running


def rows_of(site: Site, address: str) -> list[tuple[Any, ...]]:
    answer = site.client("coordinator").ask("GET", address)
    assert answer.status == 200
    return list(load_workbook(io.BytesIO(answer.body)).worksheets[0].iter_rows(values_only=True))


def test_the_file_is_searched_as_the_page_is(site: Site) -> None:
    for search, titles in (
        ("", ["暴雪封路", "=1+1 仓库火灾"]), ("kind=natural", ["暴雪封路"]), ("words=仓库", ["=1+1 仓库火灾"]),
        ("words=仓库&kind=natural", []),
    ):  # fmt: skip
        page = "\n".join(texts_of(site.page("coordinator", f"/command/reviews?{search}")))
        assert f"共 {len(titles)} 份" in page
        asked = quote(search, safe="=&")
        head, *lines = rows_of(site, f"/api/command/reviews/reports.xlsx?{asked}")
        assert head[1] == "事件"
        assert [line[1] for line in lines] == titles


def test_every_tab_is_a_file(site: Site) -> None:
    for tab in ("compare", "stats", "chain", "capability"):
        assert rows_of(site, f"/api/command/reviews/{tab}.xlsx?by=month")
    (_, *lines) = rows_of(site, "/api/command/reviews/chain.xlsx?by=month&period=all")
    assert {line[0] for line in lines} == {f"{clock.local(now(), ZONE):%Y-%m}"}
    answer = site.client("coordinator").ask("GET", "/api/command/reviews/none.xlsx")
    assert answer.status == 404


@pytest.mark.parametrize("lang", LANGUAGES)
def test_a_file_can_be_made_in_either_language(leak: Leak, lang: str) -> None:
    here = HERE._replace(words=LANGUAGES[lang])
    with leak.session() as session:
        found = capability.capability(session, Criteria(), actor=WATCHER)
    made = load_workbook(io.BytesIO(evaluation_files.packed(sheets.capability(found, here))))
    assert made.sheetnames == [here.words["reviews.readiness"], here.words["reviews.forces"]]
