"""The command page asked as the browser asks it: any plan is called up, read, and started with a reason."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from desk_site import WORDS, Site, running_site
from real_stores import Stores
from sqlalchemy import Engine, select
from test_incidents import COORD, FORM
from web_client import Answer

from command import demo, incidents, moving, plans
from models.clock import now
from models.tables import Plan


@pytest.fixture(scope="module")
def site(stores: Stores, engine: Engine) -> Iterator[Site]:
    with running_site(stores, engine) as running:
        with running.session() as session:
            demo.seed(session, now=now() - 1000)
        yield running


@pytest.fixture
def incident(site: Site) -> int:
    with site.session() as session:
        return incidents.report(session, FORM, actor=COORD, now=now() - 900).id


def said(answer: Answer) -> str:
    assert answer.status == 200
    return json.dumps(answer.json(), ensure_ascii=False)


def done(site: Site, incident: int, verb: str, about: str, **fields: Any) -> str:
    """Press a form's button, its fields filled; return what is drawn."""
    names = [{"incident-field": name, "verb": verb} for name in fields]
    given = [
        {"verb": verb, "about": about}, list(zip(names, fields.values(), strict=True)),
        [(name, name) for name in names], incident,
    ]  # fmt: skip
    return said(site.ask("duty", "command_moves.done", given))


def test_a_plan_no_trigger_asked_for_is_chosen_read_and_started(site: Site, incident: int) -> None:
    with site.session() as session:
        flood = session.scalars(select(Plan).where(Plan.code == "flood")).one()
        gas = session.scalars(select(Plan).where(Plan.code == "gas")).one()
    opened = site.ask(
        "duty", "command_moves.opened", [{"verb": "call_plan", "about": ""}, incident]
    )
    text = said(opened)
    assert f"{gas.title}（{WORDS['command.plan_fits']}）" in text and flood.title in text
    asked = done(site, incident, "call_plan", "", plan=str(flood.id))
    assert WORDS["command.plan_unfit"] in asked and f"/command/plan?id={flood.id}" in asked
    fits = done(site, incident, "call_plan", "", plan=str(gas.id))
    assert WORDS["command.plan_unfit"] not in fits
    assert all(text in fits for _, text in plans.body_of(gas).sections), "it is read before"
    about = str(flood.id)
    done(site, incident, "activate_plan", about, level="IV", reason="")
    with site.session() as session:
        assert not moving.read(session, incident, actor=COORD).plans, "why is owed"
    done(site, incident, "activate_plan", about, level="IV", reason="消防用水倒灌")
    with site.session() as session:
        (running,) = moving.read(session, incident, actor=COORD).plans.values()
    assert (running.plan, running.reason) == (flood.id, "消防用水倒灌")


@pytest.mark.parametrize("chosen", [None, "", "x", "-1", "999999"])
def test_what_is_no_plan_is_refused_in_the_form(site: Site, incident: int, chosen: Any) -> None:
    assert "form-note" in done(site, incident, "call_plan", "", plan=chosen)
