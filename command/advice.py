"""处置参考 (K-13, K-26): what the city knows of an incident's type: laws, advice, and how others of it went."""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.moving import sees
from models.clock import Instant
from models.rules.incident.state import Incident as State
from models.tables import Incident, IncidentType
from tickets import knowledge
from tickets.knowledge import Line
from tickets.moving import Actor

SHOWN = 5
LAWS = ("policy",)
"""Shelves of the knowledge base that hold laws and policies; the others hold advice."""


class Advice(NamedTuple):
    """What there is of a type, the likeliest first; cases are ended incidents, exercises apart by their flag."""

    laws: Sequence[Line]
    guides: Sequence[Line]
    cases: Sequence[State]


def advice(session: Session, state: State, *, actor: Actor, now: Instant) -> Advice:
    """Return what is known of an incident's type; no knowledge for who may not see the knowledge base."""
    label = session.scalar(select(IncidentType.label).where(IncidentType.code == state.type)) or ""
    lines: list[Line] = []
    if "knowledge.view" in actor.can:
        lines = knowledge.suggest(session, f"{label} {state.title}", actor=actor, now=now, limit=20)
    rows = session.scalars(
        select(Incident.picture)
        .where(
            Incident.type == state.type, Incident.id != state.id,
            Incident.status.in_(("ended", "closed")), sees(actor),
        )
        .order_by(Incident.reported_at.desc())
        .limit(SHOWN)
    )  # fmt: skip
    return Advice(
        [line for line in lines if line.row.shelf in LAWS][:SHOWN],
        [line for line in lines if line.row.shelf not in LAWS][:SHOWN],
        [msgspec.convert(row, State, str_keys=True) for row in rows],
    )
