"""Forces and means: response units with their last position, who is bound to what, depots, supplies, shelters.

A response unit (应急救援队伍, 车组) is not a `Unit`, which is a 承办单位.
"""

from datetime import datetime

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)


class Capability(Owned, Base):
    """What a response unit can do, as plans and needs ask for it: 灭火, 燃气抢修, 医疗急救 ..."""

    __tablename__ = "capability"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    position: Mapped[int] = mapped_column(Integer, default=0, server_default="0")


class ResponseUnit(Owned, Base):
    """A rescue force: a crew with its vehicle, boat or machine.

    type : of `command.resources.TYPES`; staff : people at work now, with fewer than `min_staff` it does not leave.
    station_* : where it is at home, WGS-84. state : available, committed (an open assignment has it) or
    out_of_service, with `reason`. lon, lat, speed (km/h), heading (degrees) : the last position, NULL before the
    first; fixed_at : when the device measured it, heard_at : when it came to us. device : the locator's id, empty
    for none; token_digest : SHA-256 of the secret it shows. rev : of what forms change.
    """

    __tablename__ = "response_unit"
    __table_args__ = (
        Index(
            "uq_response_unit_device",
            "tenant_id",
            "device",
            unique=True,
            postgresql_where=text("device <> ''"),
        ),
        CheckConstraint("state IN ('available', 'committed', 'out_of_service')", name="state"),
    )
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    type: Mapped[str] = mapped_column(Text)
    capabilities: Mapped[list[str]] = mapped_column(ARRAY(Text))
    staff: Mapped[int] = mapped_column(Integer)
    min_staff: Mapped[int] = mapped_column(Integer)
    station_lon: Mapped[float] = mapped_column(Double)
    station_lat: Mapped[float] = mapped_column(Double)
    organisation: Mapped[Words]
    phone: Mapped[Words]
    district: Mapped[Words]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    state: Mapped[str] = mapped_column(Text, default="available", server_default="available")
    reason: Mapped[Words]
    lon: Mapped[float | None] = mapped_column(Double)
    lat: Mapped[float | None] = mapped_column(Double)
    speed: Mapped[float | None] = mapped_column(Double)
    heading: Mapped[float | None] = mapped_column(Double)
    fixed_at: Mapped[datetime | None] = mapped_column(_Later)
    heard_at: Mapped[datetime | None] = mapped_column(_Later)
    device: Mapped[Words]
    token_digest: Mapped[Words]
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class UnitTrack(Owned, Base):
    """Where a response unit was, as its device says: kept for replay."""

    __tablename__ = "unit_track"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    unit: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[Instant] = mapped_column(primary_key=True)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    speed: Mapped[float | None] = mapped_column(Double)
    heading: Mapped[float | None] = mapped_column(Double)


class Assignment(Owned, Base):
    """A response unit bound to an incident; of one unit at most one is open.

    progress : `models.events.incident.response.Progress`. What the last way was found from, for the next to be
    compared with: routed_at, seconds (-1 = none), metres, from_*, to_* WGS-84; closed, driven : marks of the
    closures and the speeds of that moment.
    """

    __tablename__ = "assignment"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "unit"], ["response_unit.tenant_id", "response_unit.code"]
        ),
        Index(
            "uq_assignment_open",
            "tenant_id",
            "unit",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        Index("ix_assignment_incident", "incident_id"),
    )
    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    unit: Mapped[str] = mapped_column(Text)
    capability: Mapped[Words]
    progress: Mapped[str] = mapped_column(Text)
    opened_at: Mapped[Instant]
    opened_by: Mapped[int] = mapped_column(BigInteger)
    closed_at: Mapped[datetime | None] = mapped_column(_Later)
    routed_at: Mapped[Instant]
    seconds: Mapped[float] = mapped_column(Double)
    metres: Mapped[float] = mapped_column(Double)
    from_lon: Mapped[float | None] = mapped_column(Double)
    from_lat: Mapped[float | None] = mapped_column(Double)
    to_lon: Mapped[float | None] = mapped_column(Double)
    to_lat: Mapped[float | None] = mapped_column(Double)
    closed: Mapped[Words]
    driven: Mapped[Words]


class Depot(Owned, Base):
    """A store of supplies."""

    __tablename__ = "depot"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    district: Mapped[Words]
    address: Mapped[Words]
    organisation: Mapped[Words]
    phone: Mapped[Words]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class Supply(Owned, Base):
    """Stock of one thing in one depot. measure : 件, 吨 ...; floor : below it the stock wants filling up."""

    __tablename__ = "supply"
    __table_args__ = (
        ForeignKeyConstraint(["tenant_id", "depot"], ["depot.tenant_id", "depot.code"]),
        CheckConstraint("amount >= 0", name="amount"),
    )
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    depot: Mapped[str] = mapped_column(Text, primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    measure: Mapped[str] = mapped_column(Text)
    amount: Mapped[float] = mapped_column(Double)
    floor: Mapped[float] = mapped_column(Double, default=0.0, server_default="0")


class Transfer(Owned, Base):
    """So much of a supply went from a depot to an incident; `returned` of it came back."""

    __tablename__ = "transfer"
    __table_args__ = (
        ForeignKeyConstraint(
            ["tenant_id", "depot", "supply"], ["supply.tenant_id", "supply.depot", "supply.code"]
        ),
        Index("ix_transfer_incident", "incident_id"),
        CheckConstraint("returned >= 0 AND returned <= amount", name="returned"),
    )
    id: Mapped[Id]
    incident_id: Mapped[int] = mapped_column(ForeignKey("incident.id"))
    depot: Mapped[str] = mapped_column(Text)
    supply: Mapped[str] = mapped_column(Text)
    amount: Mapped[float] = mapped_column(Double)
    returned: Mapped[float] = mapped_column(Double, default=0.0, server_default="0")
    sent_at: Mapped[Instant]
    sent_by: Mapped[int] = mapped_column(BigInteger)


class Shelter(Owned, Base):
    """应急避难场所: `occupied` of `capacity` people are there, or are told to go there."""

    __tablename__ = "shelter"
    __table_args__ = (CheckConstraint("occupied >= 0 AND capacity >= 0", name="people"),)
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    lon: Mapped[float] = mapped_column(Double)
    lat: Mapped[float] = mapped_column(Double)
    district: Mapped[Words]
    address: Mapped[Words]
    phone: Mapped[Words]
    capacity: Mapped[int] = mapped_column(Integer)
    occupied: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    rev: Mapped[int] = mapped_column(Integer, default=1, server_default="1")


class Reserve(Owned, Base):
    """保底力量: so many units of a capability must stay available in a district, or ('') in the whole city."""

    __tablename__ = "reserve"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    capability: Mapped[str] = mapped_column(Text, primary_key=True)
    district: Mapped[str] = mapped_column(Text, primary_key=True)
    least: Mapped[int] = mapped_column(Integer)
