"""Evaluation (事件评估): the tenant's indicators by version, and the reports with their frozen scores."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)


class EvaluationIndicator(Owned, Base):
    """An indicator (评价指标) of one version of the tenant's set; the newest version is what reports are drawn by.

    measure : of `models.rules.incident.measures.MEASURES`, or `judged` where a person gives 0 to 100;
    target : what counts as full marks, in the measure's unit; weight : its share of the score.
    """

    __tablename__ = "evaluation_indicator"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(Text)
    weight: Mapped[float] = mapped_column(Double)
    target: Mapped[float] = mapped_column(Double)
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)


class Evaluation(Owned, Base):
    """An evaluation report (评估报告) of an incident, in one version.

    rows : `models.rules.incident.measures.Scored` of every indicator, with the inputs it was measured from, frozen
    when the report is drawn or measured again; seq : the incident's events counted in it; sections : the report's
    texts by name. rev : of what forms change; state : draft, submitted, approved.
    """

    __tablename__ = "evaluation"
    __table_args__ = (
        UniqueConstraint("tenant_id", "incident_id", "version"),
        CheckConstraint("state IN ('draft', 'submitted', 'approved')", name="state"),
        Index(
            "uq_evaluation_unapproved",
            "tenant_id",
            "incident_id",
            unique=True,
            postgresql_where=text("state <> 'approved'"),
        ),
    )
    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    version: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    indicators: Mapped[int] = mapped_column(Integer)
    seq: Mapped[int] = mapped_column(Integer)
    score: Mapped[float | None] = mapped_column(Double)
    rows: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    sections: Mapped[dict[str, str]] = mapped_column(JSONB)
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)
    author: Mapped[Words]
    submitted_at: Mapped[datetime | None] = mapped_column(_Later)
    approved_at: Mapped[datetime | None] = mapped_column(_Later)
    approved_by: Mapped[int | None] = mapped_column(BigInteger)
    approver: Mapped[Words]
    note: Mapped[Words]
