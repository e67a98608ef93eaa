"""Plotting: what is drawn on an incident's map, every revision of it, its layers and snapshots; the symbol library."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Integer,
    Text,
    UniqueConstraint,
    false,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Instant, Owned, Words


class DrawingRow(Owned, Base):
    """An object as it is now; `body` is `models.events.incident.plotting.Drawing`, NULL once it was removed."""

    __tablename__ = "drawing"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    id: Mapped[str] = mapped_column(Text, primary_key=True)
    rev: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class DrawingStep(Owned, Base):
    """One revision of an object, as one operation of a browser made it; `op` is the browser's own id of it.

    base : the revision its author saw; over : what of others it stands over; seq : of its event.
    """

    __tablename__ = "drawing_step"
    __table_args__ = (UniqueConstraint("tenant_id", "incident_id", "op"),)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    drawing: Mapped[str] = mapped_column(Text, primary_key=True)
    rev: Mapped[int] = mapped_column(Integer, primary_key=True)
    op: Mapped[str] = mapped_column(Text)
    base: Mapped[int] = mapped_column(Integer)
    body: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    over: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default=text("'[]'::jsonb"))
    seq: Mapped[int] = mapped_column(Integer)
    at: Mapped[Instant]
    actor: Mapped[str] = mapped_column(Text)
    by: Mapped[Words]


class PlotLayer(Owned, Base):
    """A team's layer of an incident; `actor` made it."""

    __tablename__ = "plot_layer"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    layer: Mapped[str] = mapped_column(Text, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    team: Mapped[Words]
    locked: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    actor: Mapped[str] = mapped_column(Text)


class PlotSnapshot(Owned, Base):
    """A named moment of an incident's map; `snapshot` is the place of its event in the incident's order."""

    __tablename__ = "plot_snapshot"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"), primary_key=True)
    snapshot: Mapped[int] = mapped_column(Integer, primary_key=True)
    title: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    by: Mapped[Words]


class Symbol(Owned, Base):
    """What a tenant changed of the symbol library: a symbol of its own, or one of ours renamed, moved, put away.

    svg : a cleaned drawing of its own, empty where the built-in one of this code is meant.
    """

    __tablename__ = "symbol"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    category: Mapped[str] = mapped_column(Text)
    label: Mapped[str] = mapped_column(Text)
    svg: Mapped[Words]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    position: Mapped[int] = mapped_column(Integer)
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[Instant]
    changed_by: Mapped[int] = mapped_column(BigInteger)
