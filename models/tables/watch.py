"""Alarms: raised, taken on, cleared; the history behind the alarm panel."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Instant, Owned, Words

_Later = DateTime(timezone=True)


class AlarmLog(Owned, Base):
    """One alarm from raise to clear."""

    __tablename__ = "alarm_log"
    __table_args__ = (Index("ix_alarm_log_raised", "tenant_id", "raised_at"),)
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    rule: Mapped[Words]
    subject: Mapped[Words]
    value: Mapped[float]
    threshold: Mapped[float]
    raised_at: Mapped[Instant]
    cleared_at: Mapped[datetime | None] = mapped_column(_Later)
    ack_at: Mapped[datetime | None] = mapped_column(_Later)
    ack_by: Mapped[int | None] = mapped_column(BigInteger)
    ack_name: Mapped[Words]
