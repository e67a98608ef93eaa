"""Public warnings (预警): drafts, and the CAP files that went out."""

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
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)

ALERT_NUMBERS = Sequence("alert_no", start=1001, metadata=Base.metadata)


class Alert(Owned, Base):
    """A CAP message. `body` is `rules.cap.Draft`; `xml` the file, empty until it was published, never changed after.

    state : draft, refused, published, expired, replaced (an update came), cancelled (a cancel came);
    reference : how other messages name it, once published; supersedes : the one it updates or cancels;
    incident_id : None for one that belongs to no incident.
    """

    __tablename__ = "alert"
    __table_args__ = (
        UniqueConstraint("tenant_id", "identifier"),
        UniqueConstraint("tenant_id", "number"),
        Index("ix_alert_incident", "tenant_id", "incident_id"),
        Index("ix_alert_written", "tenant_id", "written_at"),
        Index(
            "ix_alert_current",
            "tenant_id",
            "expires_at",
            postgresql_where=text("state = 'published'"),
        ),
        Index(
            "uq_alert_successor",
            "tenant_id",
            "supersedes",
            unique=True,
            postgresql_where=text("supersedes IS NOT NULL AND state <> 'refused'"),
        ),
    )
    id: Mapped[Id]
    incident_id: Mapped[int | None] = mapped_column(ForeignKey("incident.id"))
    number: Mapped[int] = mapped_column(BigInteger)
    identifier: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    msg_type: Mapped[str] = mapped_column(Text)
    exercise: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    headline: Mapped[Words]
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    xml: Mapped[Words]
    reference: Mapped[Words]
    supersedes: Mapped[int | None] = mapped_column(ForeignKey("alert.id"))
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)
    sent_at: Mapped[datetime | None] = mapped_column(_Later)
    expires_at: Mapped[datetime | None] = mapped_column(_Later)
    decided_at: Mapped[datetime | None] = mapped_column(_Later)
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    reason: Mapped[Words]
