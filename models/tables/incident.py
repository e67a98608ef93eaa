"""Incidents: the row that verbs lock, the tickets that tell of it, its types, and the plans."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Sequence,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)

INCIDENT_NUMBERS = Sequence("incident_no", start=1001, metadata=Base.metadata)


class IncidentType(Owned, Base):
    """A type of incident as the tenant names it; `event` is its CAP event, `category` its CAP category."""

    __tablename__ = "incident_type"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    words: Mapped[Words]
    category: Mapped[Words]
    event: Mapped[Words]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class Incident(Owned, Base):
    """突发事件. `picture` is `rules.incident.state.Incident` after the event `seq`, written with it.

    The columns beside it are what lists and claims ask for; drawings are rows of their own.
    """

    __tablename__ = "incident"
    __table_args__ = (
        UniqueConstraint("tenant_id", "no"),
        Index("ix_incident_reported", "tenant_id", "reported_at"),
        Index(
            "ix_incident_open",
            "tenant_id",
            postgresql_where=text("status NOT IN ('closed', 'cancelled')"),
        ),
        Index(
            "uq_incident_origin",
            "tenant_id",
            "origin",
            unique=True,
            postgresql_where=text("origin <> ''"),
        ),
    )
    id: Mapped[Id]
    no: Mapped[str] = mapped_column(Text)
    seq: Mapped[int] = mapped_column(Integer)
    status: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    grade: Mapped[Words]
    colour: Mapped[Words]
    level: Mapped[Words]
    exercise: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    district: Mapped[Words]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    origin: Mapped[Words]
    reported_at: Mapped[Instant]
    reported_by: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None] = mapped_column(_Later)
    picture: Mapped[dict[str, Any]] = mapped_column(JSONB)


class IncidentTicket(Owned, Base):
    """A ticket that tells of an incident: of one at most."""

    __tablename__ = "incident_ticket"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), index=True)


class Plan(Owned, Base):
    """预案: one version. `body` is `command.plans.Body`; versions of one plan share `code`.

    state : draft, active (at most one of a code), retired; version of a draft is that it will have.
    """

    __tablename__ = "plan"
    __table_args__ = (
        UniqueConstraint("tenant_id", "code", "version"),
        Index(
            "uq_plan_active",
            "tenant_id",
            "code",
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    state: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)
    active_at: Mapped[datetime | None] = mapped_column(_Later)
    active_by: Mapped[int | None] = mapped_column(BigInteger)
