"""Feeds of the city's bureaus: who is asked or may push, what could not be read, and the cameras they name."""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)


class Feed(Owned, Base):
    """A source of the city's state: polled at `url`, or pushed to us under a token.

    bureau : see `gis_data.state.BUREAUS`; name : unique, stands in addresses; kind : poll or push;
    url : without credentials, `{secret}` where they belong; secret_sealed : what the source is asked with;
    token_digest : of the token a pushing source shows; datum : what its coordinates are agreed to be in;
    every_s : the agreed period, by which silence is judged; good_s : how long a reading is good.
    next_at : when to ask again; heard_at : the last message that could be read, or was unchanged;
    silent_at : since when it is known to be silent, NULL while it speaks;
    refused_last : reason -> how many readings, of the last message that refused any.
    """

    __tablename__ = "feed"
    __table_args__ = (
        UniqueConstraint("tenant_id", "name"),
        Index("ix_feed_due", "tenant_id", "next_at", postgresql_where=text("active")),
    )
    id: Mapped[Id]
    bureau: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    label: Mapped[Words]
    kind: Mapped[str] = mapped_column(Text)
    url: Mapped[Words]
    secret_sealed: Mapped[Words]
    token_digest: Mapped[Words]
    datum: Mapped[str] = mapped_column(Text, default="wgs84", server_default="wgs84")
    every_s: Mapped[int] = mapped_column(Integer)
    good_s: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    changed_at: Mapped[Instant]
    began_at: Mapped[Instant]
    next_at: Mapped[Instant]
    tried_at: Mapped[datetime | None] = mapped_column(_Later)
    heard_at: Mapped[datetime | None] = mapped_column(_Later)
    silent_at: Mapped[datetime | None] = mapped_column(_Later)
    silent_key: Mapped[Words]
    fails: Mapped[int] = mapped_column(Integer, default=0, server_default=text("0"))
    last_error: Mapped[Words]
    etag: Mapped[Words]
    modified: Mapped[Words]
    messages: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    readings: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    refused: Mapped[int] = mapped_column(BigInteger, default=0, server_default=text("0"))
    refused_last: Mapped[dict[str, int]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))


class FeedDead(Owned, Base):
    """A dead letter: what a feed said that could not be read, up to 64 kB of it, until it is replayed.

    sha256 : of the whole message, so that the same one is kept once; size : of the whole message in bytes.
    """

    __tablename__ = "feed_dead"
    __table_args__ = (
        UniqueConstraint("feed_id", "sha256"),
        Index("ix_feed_dead_open", "tenant_id", "feed_id", "at"),
    )
    id: Mapped[Id]
    feed_id: Mapped[int] = mapped_column(ForeignKey("feed.id"))
    sha256: Mapped[str] = mapped_column(Text)
    raw: Mapped[bytes] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer)
    error: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
    seen: Mapped[int] = mapped_column(Integer, default=1, server_default=text("1"))
    replayed_at: Mapped[datetime | None] = mapped_column(_Later)
    replayed_by: Mapped[int | None] = mapped_column(BigInteger)


class Camera(Owned, Base):
    """A camera of a bureau: where it stands (WGS-84) and the HLS playlist of what it sees."""

    __tablename__ = "camera"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    bureau: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    url: Mapped[str] = mapped_column(Text)
    at: Mapped[Instant]
