"""The roster: tenants' teams, queues, seats and agents, and the plan the floor is folded by."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.rules.floor import FloorPlan
from models.settings import Settings
from models.tables import Agent, Queue, Seat, Team, Tenant


def floor_plan(session: Session, settings: Settings) -> FloorPlan:
    """Return what the fold must know, from the settings and the queues' own targets."""
    targets = {row.name: row.target_s for row in session.scalars(select(Queue))}
    return FloorPlan(
        zone=settings.zone,
        service_level=targets,
        standard_s=settings.standard_s,
        short_abandon_s=settings.short_abandon_s,
        wrap_up_s=settings.wrap_up_s,
    )


def roster(session: Session, tenant: str) -> dict[str, Any]:
    """Return who sits where, in the shape the screens get (docs/events.md, "The board")."""
    place = session.scalar(select(Tenant).where(Tenant.slug == tenant))
    agents = {row.agent_no: row.name for row in session.scalars(select(Agent))}
    teams = session.scalars(select(Team).order_by(Team.position))
    queues = session.scalars(select(Queue).order_by(Queue.position))
    seats = session.scalars(select(Seat).order_by(Seat.extension))
    return {
        "tenant": tenant,
        "city": place.city if place else tenant,
        "zone": place.zone if place else "Asia/Shanghai",
        "teams": [{"id": row.code, "label": row.label} for row in teams],
        "queues": [{"name": r.name, "label": r.label, "target": r.target_s} for r in queues],
        "seats": [
            {
                "key": row.key, "extension": row.extension, "agent_no": row.agent_no,
                "name": agents.get(row.agent_no, ""), "team": row.team_code,
            }
            for row in seats
        ],
    }  # fmt: skip
