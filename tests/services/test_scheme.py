"""The response scheme on paper: what runs, what fits, whom to send, as of its moment."""

import pytest
from conftest import new_tenant
from factories import AT
from gas_leak import WATCHER, Leak, play
from msgspec.structs import replace
from sqlalchemy import Engine

from command import advice, dispatch, forces, moving, plans, scheme_page
from dashboard.texts import t
from dashboard.views import scheme
from dashboard.views.command_panes import Seen
from models.rules.incident.plans import Around
from tickets.letter_files import printable


@pytest.fixture(scope="module")
def leak(engine: Engine) -> Leak:
    return play(engine, new_tenant(engine))


def drawn_up(leak: Leak, *, plan_runs: bool = True) -> scheme_page.Page:
    words, now = t("zh"), AT + 8000
    with leak.session() as session:
        state = moving.read(session, leak.incident, actor=WATCHER)
        if not plan_runs:
            state = replace(state, plans={})
        found = scheme.Found(
            state, None, plans.suggest(session, state, Around()),
            dispatch.recommend(session, leak.incident, None, actor=WATCHER, now=now),
            advice.advice(session, state, actor=WATCHER, now=now),
        )  # fmt: skip
        seen = Seen(WATCHER.can, "Asia/Shanghai", {}, {}, {}, now)
        return scheme.printed(found, seen, forces.capabilities(session), "值班员", "zh", words)


def text_of(page: scheme_page.Page) -> str:
    cells = [cell for part in page.parts for row in part.rows for cell in row]
    return "\n".join(
        [*(part.head for part in page.parts), *(part.text for part in page.parts), *cells]
    )


def test_it_says_what_the_incident_is_and_what_was_done(leak: Leak) -> None:
    page, state = drawn_up(leak), leak.live[-1][1].incident
    said = text_of(page)
    assert page.no == state.no
    assert all(plan.title in said for plan in state.plans.values())
    assert "先断气，再疏散" in said  # the plan's own text
    assert all(task.title in said for task in state.tasks.values())
    assert all(each.label in said for each in state.transfers.values())
    html = scheme_page.html(page)
    assert "<script" not in html
    if printable():
        assert scheme_page.pdf(page).startswith(b"%PDF")


def test_while_no_plan_runs_the_fitting_one_is_proposed_with_its_reason(leak: Leak) -> None:
    said = text_of(drawn_up(leak, plan_runs=False))
    assert "建议预案《" in said and "已启动预案" not in said
    assert t("zh")["command.because"] in said
