"""Places: the versions of the city, closed roads and the speeds that are driven now."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Double,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words


class City(Owned, Base):
    """One version of the tenant's city: a bundle kept under its `sha256`; at most one is active.

    manifest : what the bundle says of itself (docs/city.md); report : what its import found.
    """

    __tablename__ = "city"
    __table_args__ = (
        UniqueConstraint("tenant_id", "sha256"),
        Index("uq_city_active", "tenant_id", unique=True, postgresql_where=text("active")),
    )
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    sha256: Mapped[str] = mapped_column(Text)
    manifest: Mapped[dict[str, Any]] = mapped_column(JSONB)
    report: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
    active: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    imported_at: Mapped[Instant]
    imported_by: Mapped[int] = mapped_column(BigInteger)
    activated_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Closure(Owned, Base):
    """A closed stretch of road or a blocked area; it counts until it is lifted or its end has come.

    shape : WKB, WGS-84: an area closes every edge it touches, a line or a point the edges under it;
    edges : ids of the edges closed in the city version `city_id`, found anew when the city is switched.
    """

    __tablename__ = "closure"
    __table_args__ = (
        Index("ix_closure_open", "tenant_id", postgresql_where=text("lifted_at IS NULL")),
    )
    id: Mapped[Id]
    city_id: Mapped[int] = mapped_column(ForeignKey("city.id"))
    reason: Mapped[str] = mapped_column(Text)
    shape: Mapped[bytes] = mapped_column(LargeBinary)
    edges: Mapped[list[str]] = mapped_column(JSONB)
    closed_at: Mapped[Instant]
    closed_by: Mapped[int] = mapped_column(BigInteger)
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lifted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    lifted_by: Mapped[int | None] = mapped_column(BigInteger)


class RoadSpeed(Owned, Base):
    """A speed told of an edge, in km/h, from `at` until `until`; what a forecast says of later lies beside it."""

    __tablename__ = "road_speed"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    edge: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True)
    until: Mapped[Instant]
    kmh: Mapped[float] = mapped_column(Double)
    source: Mapped[Words]


class CityState(Owned, Base):
    """The latest a bureau told of one of its points (J-04): a reading, a warning, a patrol.

    bureau : see `gis_data.state.BUREAUS`; key : the point's id there; lon, lat : WGS-84; value : NULL where only
    the text says something; level : empty, notice, warning or severe, as the bureau judges it;
    facts : what else was measured there, by the names of docs/feeds.md (units in the names).
    """

    __tablename__ = "city_state"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    bureau: Mapped[str] = mapped_column(Text, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    value: Mapped[float | None] = mapped_column(Double)
    unit: Mapped[Words]
    level: Mapped[Words]
    at: Mapped[Instant]
    until: Mapped[Instant]
    facts: Mapped[dict[str, float]] = mapped_column(JSONB, server_default=text("'{}'::jsonb"))
