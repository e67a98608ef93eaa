"""The demo centre: seeded once, the same when seeded again, and nothing a person changed is undone."""

import pytest
from real_stores import Stores
from sqlalchemy import Engine, func, select, update

from models import demo
from models.settings import Settings
from models.store import db, roster
from models.store.people import PERMISSIONS
from models.store.seed import seed
from models.tables import Agent, Queue, Role, Seat, Team, User

TABLES = (Team, Queue, Agent, Seat, Role, User)


@pytest.fixture(scope="module")
def demo_id(engine: Engine) -> int:
    seed(engine)
    return db.tenant_id_of(engine, demo.TENANT)


def counts(engine: Engine, tenant_id: int) -> list[int | None]:
    with db.transaction(engine, tenant_id) as session:
        return [session.scalar(select(func.count()).select_from(table)) for table in TABLES]


def test_it_works(engine: Engine, demo_id: int) -> None:
    assert counts(engine, demo_id) == [6, 8, 120, 120, 10, 11]


def test_seeding_again_adds_nothing_and_undoes_nothing(engine: Engine, demo_id: int) -> None:
    with db.transaction(engine, demo_id) as session:
        session.execute(update(Queue).where(Queue.name == "night").values(label="夜班"))
    seed(engine)
    assert counts(engine, demo_id) == [6, 8, 120, 120, 10, 11]
    with db.transaction(engine, demo_id) as session:
        assert session.scalar(select(Queue.label).where(Queue.name == "night")) == "夜班"
        session.execute(update(Queue).where(Queue.name == "night").values(label="夜间值守"))


def test_every_permission_has_a_role_and_nobody_has_an_unknown_one(
    engine: Engine, demo_id: int
) -> None:
    with db.transaction(engine, demo_id) as session:
        given = {
            p for permissions in session.scalars(select(Role.permissions)) for p in permissions
        }
    assert given == PERMISSIONS


def test_the_roster_is_what_screens_get(engine: Engine, demo_id: int) -> None:
    with db.transaction(engine, demo_id) as session:
        found = roster.roster(session, demo.TENANT)
    assert (found["city"], len(found["seats"]), len(found["queues"])) == (demo.CITY, 120, 8)
    assert found["seats"][0] == {
        "key": "pbx1:PJSIP/8001", "extension": "8001", "agent_no": "1001", "name": "王建国",
        "team": "t1",
    }  # fmt: skip


def test_the_plan_has_the_queues_own_targets(engine: Engine, stores: Stores, demo_id: int) -> None:
    settings: Settings = stores.for_tenant(demo.TENANT, short_abandon_s=7)
    with db.transaction(engine, demo_id) as session:
        plan = roster.floor_plan(session, settings)
    assert plan.service_level["emergency"] == 5
    assert plan.short_abandon_s == 7
