"""Duty: the emergency phone book, the roster with swaps and handovers, notices, remarks and reports."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    Date,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_NONE = text("'{}'")


class DutyContact(Owned, Base):
    """An entry of the emergency phone book (应急通讯录).

    kind : person or organisation; offices : published numbers, plain; mobiles are sealed together, one a line,
    masked beside and joined by `digests`; user_id : the login of the person, 0 = none.
    """

    __tablename__ = "duty_contact"
    __table_args__ = (
        Index("ix_duty_contact_name", "tenant_id", "name"),
        Index(
            "uq_duty_contact_user", "tenant_id", "user_id", unique=True,
            postgresql_where=text("user_id <> 0 AND active"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    kind: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    organisation: Mapped[Words]
    position: Mapped[Words]
    offices: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_NONE)
    mobiles_sealed: Mapped[Words]
    masks: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_NONE)
    digests: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=_NONE)
    note: Mapped[Words]
    user_id: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[Instant]


class DutyGroup(Owned, Base):
    """A named group of contacts."""

    __tablename__ = "duty_group"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)


class DutyMember(Owned, Base):
    """A contact in a group; it may be in several."""

    __tablename__ = "duty_member"
    group_id: Mapped[int] = mapped_column(ForeignKey("duty_group.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"), primary_key=True)


class DutyLevel(Owned, Base):
    """A management level that is on duty (带班领导, 值班长, 值班员, 席位).

    slots : `rules.duty.roster.Slot`s of a day; least : people each slot needs.
    """

    __tablename__ = "duty_level"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    code: Mapped[str] = mapped_column(Text, primary_key=True)
    label: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    least: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    slots: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class DutyShift(Owned, Base):
    """One person's duty on one level from start to end; who serves never changes, another is another row.

    day : local day it belongs to; slot : code within its level; state : planned or cancelled;
    version : grows with every change, the calendar's SEQUENCE follows it.
    """

    __tablename__ = "duty_shift"
    __table_args__ = (
        Index("ix_duty_shift_day", "tenant_id", "day"),
        Index("ix_duty_shift_contact", "contact_id", "start_at"),
        Index(
            "ix_duty_shift_end", "tenant_id", "end_at", postgresql_where=text("state = 'planned'")
        ),
    )
    id: Mapped[Id]
    level: Mapped[str] = mapped_column(Text)
    slot: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)
    start_at: Mapped[Instant]
    end_at: Mapped[Instant]
    contact_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"))
    state: Mapped[str] = mapped_column(Text, default="planned", server_default="planned")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    changed_at: Mapped[Instant]


class DutySwap(Owned, Base):
    """A swap (调班): `contact_id` gives `shift_id` to `other_id`, who gives `back_id` for it (NULL = nothing).

    state : asked, agreed, declined, approved, refused.
    """

    __tablename__ = "duty_swap"
    __table_args__ = (
        Index(
            "uq_duty_swap_open", "tenant_id", "shift_id", unique=True,
            postgresql_where=text("state IN ('asked', 'agreed')"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    shift_id: Mapped[int] = mapped_column(ForeignKey("duty_shift.id"))
    back_id: Mapped[int | None] = mapped_column(ForeignKey("duty_shift.id"))
    contact_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"))
    why: Mapped[Words]
    state: Mapped[str] = mapped_column(Text, default="asked", server_default="asked")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    asked_at: Mapped[Instant]
    ended_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ended_by: Mapped[Words]


class DutyHandover(Owned, Base):
    """A handover (交接班): what the outgoing leaves open; once the incoming signed, the database keeps it so."""

    __tablename__ = "duty_handover"
    __table_args__ = (Index("ix_duty_handover_written", "tenant_id", "written_at"),)
    id: Mapped[Id]
    level: Mapped[str] = mapped_column(Text)
    outgoing_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"))
    outgoing: Mapped[str] = mapped_column(Text)
    incoming_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"))
    incoming: Mapped[str] = mapped_column(Text)
    matters: Mapped[str] = mapped_column(Text)
    written_at: Mapped[Instant]
    written_by: Mapped[int] = mapped_column(BigInteger)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    signed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DutyNotice(Owned, Base):
    """A text message to people on duty and in groups (L-03)."""

    __tablename__ = "duty_notice"
    id: Mapped[Id]
    text: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[Instant]
    sent_by: Mapped[int] = mapped_column(BigInteger)
    sent_name: Mapped[Words]


class DutyDelivery(Owned, Base):
    """A notice on its way to one contact: waiting for the gateway, or no_mobile where there is none to send to."""

    __tablename__ = "duty_delivery"
    notice_id: Mapped[int] = mapped_column(ForeignKey("duty_notice.id"), primary_key=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("duty_contact.id"), primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    masked: Mapped[Words]
    state: Mapped[str] = mapped_column(Text)
    state_at: Mapped[Instant]


class DutyRemark(Owned, Base):
    """A remark in the duty log; append-only, a correction is a new one."""

    __tablename__ = "duty_remark"
    __table_args__ = (Index("ix_duty_remark_at", "tenant_id", "at"),)
    id: Mapped[Id]
    at: Mapped[Instant]
    user_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    corrects: Mapped[int | None] = mapped_column(ForeignKey("duty_remark.id"))


class DutyReport(Owned, Base):
    """A duty report of [since, until); facts : as counted when it was drawn; state : draft, submitted, approved.

    drafted_by : whose text it is: who drew it, or wrote it anew since.
    """

    __tablename__ = "duty_report"
    id: Mapped[Id]
    title: Mapped[str] = mapped_column(Text)
    since: Mapped[Instant]
    until: Mapped[Instant]
    state: Mapped[str] = mapped_column(Text, default="draft", server_default="draft")
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    text: Mapped[str] = mapped_column(Text)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    drafted_by: Mapped[int] = mapped_column(BigInteger)
    drafted_at: Mapped[Instant]
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approved_name: Mapped[Words]


class DutyReportVersion(Owned, Base):
    """A text a report had, or a step it took; append-only."""

    __tablename__ = "duty_report_version"
    report_id: Mapped[int] = mapped_column(ForeignKey("duty_report.id"), primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[Instant]
    name: Mapped[str] = mapped_column(Text)
    verb: Mapped[str] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    note: Mapped[Words]


class DutyCalendar(Owned, Base):
    """A calendar address; only the SHA-256 of its token is kept. contact_id NULL = the whole roster."""

    __tablename__ = "duty_calendar"
    __table_args__ = (UniqueConstraint("tenant_id", "token_hash"),)
    id: Mapped[Id]
    token_hash: Mapped[str] = mapped_column(Text)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("duty_contact.id"))
    issued_at: Mapped[Instant]
    issued_by: Mapped[int] = mapped_column(BigInteger)
    revoked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
