"""Seeding the demo centre: safe to repeat, changes nothing that is there."""

from sqlalchemy import Engine, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import demo
from models.store import db
from models.store.people import PERMISSIONS, hash_password
from models.tables import Agent, Queue, Role, Seat, Team, Tenant, User

PERMISSIONS_OF: dict[str, frozenset[str]] = {
    "admin": PERMISSIONS,
    "duty": PERMISSIONS,
    "leader": frozenset({"floor.view", "calls.view"}),
    "coordinator": frozenset({"floor.view", "calls.view"}),
    "agent": frozenset({"floor.view"}),
    "unit": frozenset(),
    "wall": frozenset({"floor.view"}),
}


def seed(engine: Engine, pbx: str = "pbx1") -> None:
    """Put the demo tenant, its roster for the exchange `pbx`, and a person of every role."""
    with Session(engine) as session, session.begin():
        session.execute(
            insert(Tenant)
            .values(slug=demo.TENANT, city=demo.CITY, zone="Asia/Shanghai")
            .on_conflict_do_nothing()
        )
    tenant_id = db.tenant_id_of(engine, demo.TENANT)
    with db.transaction(engine, tenant_id) as session:
        _roster(session, tenant_id, pbx)
        if not session.scalar(select(func.count()).select_from(User)):
            _people(session, tenant_id)


def _roster(session: Session, tenant_id: int, pbx: str) -> None:
    seats = demo.seats()
    rows: list[tuple[type[Team | Queue | Agent | Seat], list[dict[str, object]]]] = [
        (Team, [
            {"code": code, "label": label, "position": place}
            for place, (code, label, _) in enumerate(demo.TEAMS)
        ]),
        (Queue, [
            {"name": q.name, "label": q.label, "target_s": q.target_s, "position": place}
            for place, q in enumerate(demo.QUEUES)
        ]),
        (Agent, [{"agent_no": s.agent_no, "name": s.agent_name} for s in seats]),
        (Seat, [
            {
                "key": f"{pbx}:{s.interface}", "extension": s.extension, "team_code": s.team,
                "agent_no": s.agent_no,
            }
            for s in seats
        ]),
    ]  # fmt: skip
    for table, values in rows:
        owned = [{"tenant_id": tenant_id, **value} for value in values]
        session.execute(insert(table).values(owned).on_conflict_do_nothing())


def _people(session: Session, tenant_id: int) -> None:
    hashed = hash_password(demo.PASSWORD)
    for name, label, login, person in demo.PEOPLE:
        role = Role(
            tenant_id=tenant_id, name=name, label=label, permissions=sorted(PERMISSIONS_OF[name])
        )
        session.add(role)
        session.flush()
        session.add(
            User(
                tenant_id=tenant_id, login=login, name=person, role_id=role.id,
                agent_no="1001" if name == "agent" else "", password_hash=hashed,
            )
        )  # fmt: skip
