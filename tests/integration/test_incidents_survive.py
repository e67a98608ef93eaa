"""Incidents while ledger, web and PostgreSQL are killed: none lost, none doubled, rows = log = replay."""

import threading
import time
from contextlib import ExitStack
from pathlib import Path

from sqlalchemy import Engine, func, select
from sqlalchemy.orm import Session
from waiting import until
from whole_stack import running_stack

from command import (
    demo_resources,
    dispatch,
    forces,
    incidents,
    levels,
    queries,
    records,
    supplies,
    tasks,
)
from command.moving import read
from command.recount import incidents as faults_of
from ingest.installation import environment_of
from models.clock import now
from models.demo import TENANT
from models.errors import Unavailable, WrongStatus
from models.events.incident.course import Place
from models.rules.incident.moves import MOVES
from models.settings import load
from models.store import chain, db
from models.tables import Assignment, Incident, ResponseUnit, Transfer
from tickets.moving import Actor

INCIDENTS, WRITERS = 24, 3
VERBS = 12
"""Events of every incident, the report among them."""
WHO = Actor(
    0,
    "考验",
    frozenset({"command.view", "command.report", *(move.permission for move in MOVES.values())}),
)
PLACE = Place(114.34165, 33.6312, "考验路")


def write(engine: Engine, tenant: int, first: int) -> None:
    """Report and run every third incident; whatever fails is looked at and sent again, as a person would."""
    for number in range(first, INCIDENTS, WRITERS):
        form = incidents.Form("fire", f"考验{number}", PLACE, origin=f"form:s{number}")
        while True:
            try:
                with db.transaction(engine, tenant) as session:
                    incident = incidents.report(session, form, actor=WHO, now=now()).id
                break
            except (Unavailable, WrongStatus):
                time.sleep(0.1)
        while not _step(engine, tenant, incident):
            time.sleep(0.02)


def _step(engine: Engine, tenant: int, incident: int) -> bool:
    """Do what comes next in an incident; True once it has all its events."""
    try:
        with db.transaction(engine, tenant) as session:
            state, at = read(session, incident, actor=WHO), now()
            if state.seq >= VERBS:
                return True
            do = {"actor": WHO, "now": at}
            if state.status == "reported":
                incidents.verify(session, incident, note="", **do)  # type: ignore[arg-type]
            elif state.status == "verified":
                incidents.respond(session, incident, note="", **do)  # type: ignore[arg-type]
            elif not state.grade:
                levels.ask_level(session, incident, "grade", "IV", was="", reason="考验", **do)  # type: ignore[arg-type]
            elif len(state.tasks) < 2:
                tasks.add_task(session, incident, title="警戒", role="公安", **do)  # type: ignore[arg-type]
            elif not state.transfers and (stock := _stock(session)):
                supplies.send_supply(session, incident, *stock, 1, network=None, **do)  # type: ignore[arg-type]
            elif not state.assignments and (unit := _free(session, at)):
                # all writers want the same one
                sent = {"capability": "", "network": None, "override": "考验", **do}
                dispatch.assign(session, incident, unit, **sent)  # type: ignore[arg-type]
            else:
                records.remark(session, incident, said=f"第 {state.seq} 步", **do)  # type: ignore[arg-type]
    except (Unavailable, WrongStatus):  # away, or somebody else was sooner
        time.sleep(0.1)
    return False


def _stock(session: Session) -> tuple[str, str] | None:
    lines = supplies.stocks(session, actor=WHO)
    return next(((line.row.depot, line.row.code) for line in lines if line.row.amount >= 1), None)


def _free(session: Session, at: float) -> str:
    lines = forces.units(session, actor=WHO, now=at)
    return next((line.row.code for line in lines if line.row.state == "available"), "")


def stock_of(engine: Engine, tenant: int) -> float:
    with db.transaction(engine, tenant) as session:
        return sum(line.row.amount for line in supplies.stocks(session, actor=WHO))


def test_nothing_is_lost_and_nothing_doubled(tmp_path: Path) -> None:
    for path in (tmp_path, *list(tmp_path.parents)[:2]):
        path.chmod(0o755)
    with running_stack(tmp_path / "data") as stack, ExitStack() as open_engine:
        settings = load(environment_of(stack.data))
        engine = db.engine_for(settings.database_url)
        open_engine.callback(engine.dispose)
        tenant = db.tenant_id_of(engine, TENANT)
        until(lambda: has_types(engine, tenant), within_s=60)
        demo_resources.fill(engine, tenant, now=now())
        before = stock_of(engine, tenant)
        writers = [
            threading.Thread(target=write, args=(engine, tenant, first)) for first in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        for name in ("ledger", "web", "postgres", "dispatch", "ledger"):
            time.sleep(0.7)
            stack.kill(name)
        for writer in writers:
            writer.join(120)
            assert not writer.is_alive()
        until(lambda: right(engine, tenant), within_s=60)
        with db.transaction(engine, tenant) as session:
            ours = session.scalars(select(Incident.id).where(Incident.title.like("考验%"))).all()
            assert len(ours) == INCIDENTS
            for incident in ours:
                events = queries.log(session, incident)
                assert [event.seq for event in events] == list(range(1, VERBS + 1))
            assert chain.verify(session) == []
            bound = session.scalars(select(Assignment.unit).where(Assignment.closed_at.is_(None)))
            held = select(ResponseUnit.code).where(ResponseUnit.state == "committed")
            units = list(bound)
            assert units
            assert sorted(units) == sorted(session.scalars(held))  # each bound once, none in vain
            sent = session.scalar(select(func.sum(Transfer.amount)))
            assert sent == INCIDENTS
        assert stock_of(engine, tenant) == before - INCIDENTS
        stack.wait_for_web()


def right(engine: Engine, tenant: int) -> None:
    """Everything is what its log says."""
    try:
        with db.transaction(engine, tenant) as session:
            assert faults_of(session) == []
    except Unavailable as error:
        raise AssertionError from error


def has_types(engine: Engine, tenant: int) -> bool:
    """Whether the demo has given the tenant its incident types."""
    try:
        with db.transaction(engine, tenant) as session:
            return bool(incidents.types(session)) and bool(session.scalar(select(func.now())))
    except Unavailable:
        return False
