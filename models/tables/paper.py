"""Papers: attached files, letters made from tickets, drafts and saved queries of a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words


class Attachment(Owned, Base):
    """A file of a ticket, a knowledge item or an answer (`subject`, `subject_id`), kept on disk under `sha256`."""

    __tablename__ = "attachment"
    __table_args__ = (Index("ix_attachment_subject", "subject", "subject_id"),)
    id: Mapped[Id]
    subject: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    media: Mapped[str] = mapped_column(Text)
    size: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(Text)
    added_at: Mapped[Instant]
    added_by: Mapped[int] = mapped_column(BigInteger)
    removed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Letter(Owned, Base):
    """交办函, 转办单 or 告知书: what was said when it was made (`body`); rendered the same ever after."""

    __tablename__ = "letter"
    __table_args__ = (
        UniqueConstraint("tenant_id", "no"),
        Index("ix_letter_ticket", "ticket_id"),
    )
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    kind: Mapped[str] = mapped_column(Text)
    no: Mapped[str] = mapped_column(Text)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    made_at: Mapped[Instant]
    made_by: Mapped[int] = mapped_column(BigInteger)


class Draft(Owned, Base):
    """What a person typed and has not saved, sealed whole: it may hold a caller's name and number."""

    __tablename__ = "draft"
    __table_args__ = (UniqueConstraint("tenant_id", "user_id", "name"),)
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[str] = mapped_column(Text)
    sealed: Mapped[Words]
    saved_at: Mapped[Instant]


class SavedQuery(Owned, Base):
    """A combined query a person keeps by name; `query` is its address."""

    __tablename__ = "saved_query"
    __table_args__ = (UniqueConstraint("tenant_id", "user_id", "name"),)
    id: Mapped[Id]
    user_id: Mapped[int] = mapped_column(ForeignKey("app_user.id"))
    name: Mapped[str] = mapped_column(Text)
    query: Mapped[Words]
    saved_at: Mapped[Instant]
