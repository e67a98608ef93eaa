"""The big screens of the centre: how each is arranged, and what the console put on them."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words


class Screen(Owned, Base):
    """A screen: `pages` in turn, each `rotation` seconds; `panels` of its own page; `focus` an incident or none.

    rev : counts its arrangements; who saves compares it.
    """

    __tablename__ = "screen"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    pages: Mapped[list[str]] = mapped_column(JSONB)
    panels: Mapped[list[str]] = mapped_column(JSONB)
    rotation: Mapped[int] = mapped_column(Integer)
    focus: Mapped[int | None] = mapped_column(ForeignKey("incident.id"), index=True)
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[Instant]
    changed_by: Mapped[int] = mapped_column(BigInteger)


class ScreenItem(Owned, Base):
    """What the console put on a screen (`screen` empty: on all): state pinned, hidden or pushed.

    kind, ref : see `models.rules.display.KINDS`; an incident's id, a ticket's number, a reading's bureau/key.
    until : NULL = until it is released.
    """

    __tablename__ = "screen_item"
    __table_args__ = (
        Index(
            "uq_screen_item_placed", "tenant_id", "screen", "kind", "ref", unique=True,
            postgresql_where=text("state <> 'pushed'"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    screen: Mapped[Words]
    kind: Mapped[str] = mapped_column(Text)
    ref: Mapped[Words]
    state: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    text: Mapped[Words]
    by: Mapped[Words]
    at: Mapped[Instant]
    until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
