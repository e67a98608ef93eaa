"""Seeding the demo centre: safe to repeat, changes nothing that is there."""

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models import demo, demo_knowledge, demo_tickets
from models.clock import now, to_datetime
from models.store import db
from models.store.fulltext import held
from models.store.people import PERMISSIONS, hash_password
from models.tables import (
    Agent,
    Category,
    KnowledgeAnswer,
    KnowledgeItem,
    Queue,
    Role,
    Seat,
    Team,
    Tenant,
    Unit,
    User,
)

_ADMIN = {permission for permission in PERMISSIONS if permission.startswith("admin.")}
_CENTRE = PERMISSIONS - {"ticket.handle", "site.act", "site.lead"}


def _may(*permissions: str) -> frozenset[str]:
    """Return permissions of somebody who works with tickets."""
    return frozenset({"ticket.view", "knowledge.view", *permissions})


PERMISSIONS_OF: dict[str, frozenset[str]] = {
    "admin": _CENTRE,
    "duty": _CENTRE - _ADMIN,
    "leader": _may(
        "floor.view",
        "calls.view",
        "ticket.supervise",
        "ticket.instruct",
        "command.view",
        "command.report",
        "command.approve",
        "duty.view",
    ),
    "coordinator": _may(
        "floor.view",
        "calls.view",
        "roads.close",
        "command.view",
        "command.report",
        "command.act",
        "command.edit",
        "duty.view",
        "duty.edit",
    ),
    "agent": _may("floor.view", "ticket.open", "ticket.call_back", "command.report"),
    "dispatcher": _may("floor.view", "ticket.assign", "ticket.supervise", "command.report"),
    "reviewer": _may(
        "floor.view",
        "ticket.review",
        "ticket.call_back",
        "ticket.staff",
        "knowledge.edit",
        "knowledge.review",
    ),
    "unit": _may("ticket.handle", "knowledge.edit"),
    "wall": frozenset({"floor.view", "command.view"}),
    "site": frozenset({"site.act", "site.lead"}),
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
        _tickets(session, tenant_id)
        _people(session, tenant_id)
        _knowledge(session, tenant_id)


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


def _tickets(session: Session, tenant_id: int) -> None:
    for table, values in (
        (Unit, [unit._asdict() for unit in demo_tickets.UNITS]),
        (Category, [
            {"version": 1, "code": code, "parent": parent, "label": label, "unit": unit}
            for code, parent, label, unit in demo_tickets.CATEGORIES
        ]),
    ):  # fmt: skip
        owned = [{"tenant_id": tenant_id, **value} for value in values]
        session.execute(insert(table).values(owned).on_conflict_do_nothing())


def _people(session: Session, tenant_id: int) -> None:
    """Add the people that are missing; a role of an older demo gets the permissions it lacks."""
    known = {user.login: user for user in session.scalars(select(User))}
    roles = {role.name: role for role in session.scalars(select(Role))}
    hashed = ""
    for name, label, login, person in demo.PEOPLE:
        unit = demo_tickets.UNIT_OF.get(login, "")
        role = roles.get(name)
        if role is None:
            role = roles[name] = Role(tenant_id=tenant_id, name=name, label=label, permissions=[])
            session.add(role)
        if not PERMISSIONS_OF[name] <= set(role.permissions):
            role.permissions = sorted(PERMISSIONS_OF[name] | set(role.permissions))
        session.flush()
        if login in known:
            known[login].unit = known[login].unit or unit
            known[login].force = known[login].force or demo.FORCE_OF.get(login, "")
            continue
        hashed = hashed or hash_password(demo.PASSWORD)
        session.add(
            User(
                tenant_id=tenant_id, login=login, name=person, role_id=role.id, unit=unit,
                agent_no="1001" if name == "agent" else "", password_hash=hashed,
                force=demo.FORCE_OF.get(login, ""),
            )
        )  # fmt: skip


def _knowledge(session: Session, tenant_id: int) -> None:
    """Fill an empty knowledge base; one that has anything is somebody's work and is left alone."""
    if session.scalar(select(KnowledgeItem.id).limit(1)) is not None:
        return
    login = {user.login: user.id for user in session.scalars(select(User))}
    writer, reviewer = login["duty"], login["review"]
    for item in demo_knowledge.ITEMS:
        at = to_datetime(now() - item.days * 86_400)
        row = KnowledgeItem(
            tenant_id=tenant_id, shelf=item.shelf, category=item.category, title=item.title,
            description=item.description, remarks=demo_knowledge.REMARKS, published_at=at,
            published_by=writer, state="reviewed", reviewed_by=reviewer, reviewed_at=at,
            grams=held(item.title, item.description, *item.answers),
        )  # fmt: skip
        session.add(row)
        session.flush()
        session.add_all(
            KnowledgeAnswer(
                tenant_id=tenant_id, item_id=row.id, content=content, written_at=at,
                written_by=writer, state="reviewed", reviewed_by=reviewer, reviewed_at=at,
            )
            for content in item.answers
        )  # fmt: skip
