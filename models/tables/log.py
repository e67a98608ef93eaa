"""What must not be lost or changed: outbox, event log and audit."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Computed, DateTime, Index, Text, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words


class Outbox(Owned, Base):
    """An event written in the transaction of the row it tells of; the relay publishes and marks it."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "tenant_id", "id", postgresql_where=text("sent_at IS NULL")),
    )
    id: Mapped[Id]
    stream: Mapped[str] = mapped_column(Text)
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[Instant]
    sent_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class EventLog(Owned, Base):
    """Events kept for replay, in the order of their stream; append-only and hash-chained.

    incident : the event's own, NULL where it has none. A column, because row-level security lets no index be asked
    for what a function takes out of the event.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        UniqueConstraint("tenant_id", "event_id"),
        Index("ix_event_log_kind", "tenant_id", "kind", "at"),
        Index(
            "ix_event_log_incident",
            "tenant_id",
            "incident",
            "id",
            postgresql_where=text("incident IS NOT NULL"),
        ),
    )
    id: Mapped[Id]
    event_id: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    kind: Mapped[str] = mapped_column(Text)
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)
    incident: Mapped[int | None] = mapped_column(
        BigInteger, Computed("(event ->> 'incident')::bigint", persisted=True)
    )
    prev_hash: Mapped[Words]
    hash: Mapped[str] = mapped_column(Text)


class Audit(Owned, Base):
    """Who did or saw what; append-only and hash-chained."""

    __tablename__ = "audit"
    __table_args__ = (Index("ix_audit_verb", "tenant_id", "verb", "at"),)
    id: Mapped[Id]
    at: Mapped[Instant]
    actor: Mapped[str] = mapped_column(Text)
    verb: Mapped[str] = mapped_column(Text)
    subject: Mapped[Words]
    detail: Mapped[dict[str, Any]] = mapped_column(JSONB)
    prev_hash: Mapped[Words]
    hash: Mapped[str] = mapped_column(Text)
