"""Knowledge: needs (items) and their reviewed answers, versioned by replacement (F-01, F-03)."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, Integer, Text, text
from sqlalchemy.dialects.postgresql import TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)


class KnowledgeItem(Owned, Base):
    """A need people have; `shelf` sorts it: policy, guide, duty, faq, current. `grams` is searched."""

    __tablename__ = "knowledge_item"
    __table_args__ = (
        Index("ix_knowledge_item_grams", "grams", postgresql_using="gin"),
        Index("ix_knowledge_item_shelf", "tenant_id", "shelf", "published_at"),
    )
    id: Mapped[Id]
    title: Mapped[str] = mapped_column(Text)
    description: Mapped[Words]
    shelf: Mapped[Words]
    category: Mapped[Words]
    published_at: Mapped[datetime | None] = mapped_column(_Later)
    published_by: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[Words]
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger)
    reviewed_at: Mapped[datetime | None] = mapped_column(_Later)
    views: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    viewed_at: Mapped[datetime | None] = mapped_column(_Later)
    remarks: Mapped[Words]
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    grams: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)


class KnowledgeAnswer(Owned, Base):
    """One of the answers to a need; shown to callers only once it is reviewed."""

    __tablename__ = "knowledge_answer"
    __table_args__ = (Index("ix_knowledge_answer_item", "item_id"),)
    id: Mapped[Id]
    item_id: Mapped[int] = mapped_column(ForeignKey("knowledge_item.id"))
    content: Mapped[str] = mapped_column(Text)
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[Words]
    reviewed_by: Mapped[int | None] = mapped_column(BigInteger)
    reviewed_at: Mapped[datetime | None] = mapped_column(_Later)
    views: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    viewed_at: Mapped[datetime | None] = mapped_column(_Later)
    remarks: Mapped[Words]
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
