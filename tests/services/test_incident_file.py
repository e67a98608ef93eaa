"""The list of incidents as a file: of one moment, though incidents come while it is written."""

from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import Site, running_site
from real_stores import Stores
from sqlalchemy import Engine
from test_incidents import COORD, FORM

from command import demo, incidents, queries
from dashboard import export
from dashboard.views import incidents as views
from models.clock import now

MANY = queries.PAGE * 2 + 3


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        yield running


def test_no_incident_stands_twice_when_one_comes_meanwhile(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with site.session() as session:
        demo.seed(session, now=now() - 1000)
        expected = [
            incidents.report(session, FORM, actor=COORD, now=now() - 900 + n).no
            for n in range(MANY)
        ]
    written: list[list[Any]] = []
    line, file = views.line, export.xlsx_file
    came: list[str] = []

    def line_while_one_comes(*given: Any) -> Any:
        if not came:
            with site.session() as session:
                came.append(incidents.report(session, FORM, actor=COORD, now=now()).no)
        return line(*given)

    def kept(head: Any, rows: Any) -> bytes:
        written.extend(rows)
        return file(head, rows)

    monkeypatch.setattr(views, "line", line_while_one_comes)
    monkeypatch.setattr(export, "xlsx_file", kept)
    answer = site.client("leader").get("/api/export/incidents.xlsx")
    assert answer.status == 200 and answer.body.startswith(b"PK")
    where = views.COLUMNS.index("no")
    assert [row[where] for row in written] == expected[::-1]
    assert came and came[0] not in expected
