"""Tickets: the row, its legs, its history, requests, supervisions, and who asked (apart, encrypted)."""

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
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)  # fmt: skip
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)
_FALSE = text("false")


NUMBERS = Sequence("ticket_no", metadata=Base.metadata, start=10_000_001, maxvalue=99_999_999)
"""Public numbers of eight digits; a gap is harmless, a lock on a counter would make intake wait."""


class Unit(Owned, Base):
    """承办单位: a handling unit or one of its sub-units (`parent`); `duties` are words for proposing."""

    __tablename__ = "unit"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text)
    parent: Mapped[Words]
    name: Mapped[Words]
    level: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    district: Mapped[Words]
    contact: Mapped[Words]
    phone: Mapped[Words]
    duties: Mapped[Words]
    active: Mapped[bool] = mapped_column(Boolean, default=True, server_default=text("true"))


class Category(Owned, Base):
    """事项分类 in three levels; `code` is its path (`H`, `H02`, `H0203`), kept by `version`."""

    __tablename__ = "category"
    __table_args__ = (UniqueConstraint("tenant_id", "version", "code"),)
    id: Mapped[Id]
    version: Mapped[int]
    code: Mapped[str] = mapped_column(Text)
    parent: Mapped[Words]
    label: Mapped[Words]
    keywords: Mapped[Words]
    unit: Mapped[Words]


class Ticket(Owned, Base):
    """工单. Holds no name or number of a citizen: those are in `TicketParty`.

    lead : code of the unit that leads, or led last; due_at : when what is owed now is due, or was due last;
    expired_at : when a lead's clock, or one of the centre's own steps, first ran out.
    pauses : [paused, resumed] instants at which the units' clocks stood, while the citizen was awaited or the
    centre reviewed what it then sent back;
    quality : how the last review rated the result (优良中差);
    urge_at : when the centre wants it urged (E-02); urge_told : the timer has done so.
    later : 不能当时答复: an answer is owed later, at `later_on` if that was said.
    origin : key in the system it was imported from, empty for our own.
    precision : how exactly lon/lat say where: see `rules.places.PRECISIONS`; h9 : the H3 cell (resolution 9) as a
    number, street and grid : codes in the city; all empty where the place is unknown.
    grams : what full text searches, see `rules.grams`.
    """

    __tablename__ = "ticket"
    __table_args__ = (
        UniqueConstraint("tenant_id", "no"),
        Index("ix_ticket_status", "tenant_id", "status", "opened_at"),
        # what hotspots count lies in the index: ten million are counted without opening the table
        Index(
            "ix_ticket_opened",
            "tenant_id",
            "opened_at",
            postgresql_include=["kind", "precision", "h9", "district"],
        ),
        Index(
            "ix_ticket_point", "tenant_id", "lon", "lat", postgresql_where=text("lon IS NOT NULL")
        ),
        Index("ix_ticket_category", "tenant_id", "category", "opened_at"),
        Index("ix_ticket_call", "tenant_id", "call_key", postgresql_where=text("call_key <> ''")),
        Index("ix_ticket_grams", "grams", postgresql_using="gin"),
        Index("ix_ticket_lead", "tenant_id", "lead", "opened_at"),
        Index(
            "ix_ticket_expired",
            "tenant_id",
            "opened_at",
            postgresql_where=text("expired_at IS NOT NULL"),
        ),
        Index("ix_ticket_kind", "tenant_id", "kind", "opened_at"),
        Index(
            "ix_ticket_grade",
            "tenant_id",
            "grade",
            "opened_at",
            postgresql_where=text("grade <> ''"),
        ),
        Index(
            "ix_ticket_quality",
            "tenant_id",
            "quality",
            "opened_at",
            postgresql_where=text("quality <> ''"),
        ),
        Index("ix_ticket_contested", "tenant_id", postgresql_where=text("contested")),
        Index("ix_ticket_paused", "paused_at", postgresql_where=text("paused_at IS NOT NULL")),
        Index("ix_ticket_merged", "merged_into", postgresql_where=text("merged_into IS NOT NULL")),
        Index(
            "ix_ticket_urge", "tenant_id", "urge_at", postgresql_where=text("urge_at IS NOT NULL")
        ),
        Index(
            "uq_ticket_origin",
            "tenant_id",
            "origin",
            unique=True,
            postgresql_where=text("origin <> ''"),
        ),
    )
    id: Mapped[Id]
    no: Mapped[str] = mapped_column(Text)
    query_code: Mapped[Words]
    status: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    kind: Mapped[str] = mapped_column(Text)
    category: Mapped[Words]
    category_version: Mapped[int] = mapped_column(Integer, default=1, server_default="1")
    urgency: Mapped[str] = mapped_column(Text, default="normal", server_default="normal")
    channel: Mapped[Words]
    title: Mapped[Words]
    content: Mapped[Words]
    cause: Mapped[Words]
    happened_at: Mapped[datetime | None] = mapped_column(_Later)
    address: Mapped[Words]
    district: Mapped[Words]
    lon: Mapped[float | None]
    lat: Mapped[float | None]
    point_source: Mapped[Words]
    precision: Mapped[Words]
    h9: Mapped[int | None] = mapped_column(BigInteger)
    street: Mapped[Words]
    grid: Mapped[Words]
    anonymous: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    confidential: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    emergency: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    disputed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    call_key: Mapped[Words]
    recording: Mapped[Words]
    opened_at: Mapped[Instant]
    opened_by: Mapped[int] = mapped_column(BigInteger)
    lead: Mapped[Words]
    due_at: Mapped[datetime | None] = mapped_column(_Later)
    expired_at: Mapped[datetime | None] = mapped_column(_Later)
    mode: Mapped[Words]
    result: Mapped[Words]
    reply: Mapped[Words]
    replied_at: Mapped[datetime | None] = mapped_column(_Later)
    called_back_at: Mapped[datetime | None] = mapped_column(_Later)
    grade: Mapped[Words]
    solved: Mapped[bool | None]
    quality: Mapped[Words]
    closed_at: Mapped[datetime | None] = mapped_column(_Later)
    paused_at: Mapped[datetime | None] = mapped_column(_Later)
    pauses: Mapped[list[tuple[float, float]]] = mapped_column(
        JSONB, server_default=text("'[]'::jsonb")
    )
    bounces: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    reopened: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    contested: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    merged_into: Mapped[int | None] = mapped_column(BigInteger)
    urge_at: Mapped[datetime | None] = mapped_column(_Later)
    later: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    later_on: Mapped[datetime | None] = mapped_column(_Later)
    urge_told: Mapped[bool] = mapped_column(Boolean, default=False, server_default=_FALSE)
    origin: Mapped[Words]
    grams: Mapped[str] = mapped_column(TSVECTOR, server_default=text("''::tsvector"), deferred=True)


class TicketParty(Owned, Base):
    """Who asked, sealed; `digest` (HMAC of the number) finds the same caller again. One row a ticket.

    contact_sealed : whom to call back instead (不能当时答复): a name and a number, a line each.
    """

    __tablename__ = "ticket_party"
    __table_args__ = (
        Index("ix_ticket_party_digest", "tenant_id", "digest", postgresql_where=text("digest <> ''")),
        Index("ix_ticket_party_name", "tenant_id", "name_digest", postgresql_where=text("name_digest <> ''")),
    )  # fmt: skip
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"))
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"), primary_key=True)
    digest: Mapped[Words]
    masked: Mapped[Words]
    phone_sealed: Mapped[Words]
    name_sealed: Mapped[Words]
    contact_sealed: Mapped[Words]
    name_digest: Mapped[Words]


class Customer(Owned, Base):
    """客户资料: a note on who calls with a number, sealed; all else of theirs is in tickets and calls."""

    __tablename__ = "customer"
    tenant_id: Mapped[int] = mapped_column(ForeignKey("tenant.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    note_sealed: Mapped[Words]
    noted_at: Mapped[Instant]
    noted_by: Mapped[int] = mapped_column(BigInteger)


class TicketLeg(Owned, Base):
    """A unit's part in the present or a past assignment (`turn` counts them); number 1 is the lead.

    Numbers below 1 are the centre's own steps after it (`tickets.steps`), which have no unit.
    extra : granted units of time beyond the term;
    timer_at : when a timer looks at it next, none while its clock stands; person : who handles it.
    """

    __tablename__ = "ticket_leg"
    __table_args__ = (
        UniqueConstraint("ticket_id", "turn", "number"),
        Index(
            "ix_ticket_leg_due", "tenant_id", "due_at",
            postgresql_where=text("handled_at IS NULL AND returned_at IS NULL"),
        ),
        Index("ix_ticket_leg_holder", "tenant_id", "holder", "assigned_at"),
        Index("ix_ticket_leg_unit", "tenant_id", "unit", "assigned_at"),
        Index("ix_ticket_leg_person", "tenant_id", "person", postgresql_where=text("person <> ''")),
        Index("ix_ticket_leg_by", "tenant_id", "assigned_by", postgresql_where=text("assigned_by <> 0")),
        Index("ix_ticket_leg_timer", "timer_at", postgresql_where=text("timer_at IS NOT NULL")),
        Index(
            "ix_ticket_leg_urged", "ticket_id",
            postgresql_where=text("urges > 0 AND handled_at IS NULL AND returned_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    turn: Mapped[int] = mapped_column(SmallInteger)
    number: Mapped[int] = mapped_column(SmallInteger)
    unit: Mapped[str] = mapped_column(Text)
    holder: Mapped[str] = mapped_column(Text)
    assigned_at: Mapped[Instant]
    due_at: Mapped[datetime | None] = mapped_column(_Later)
    due_why: Mapped[dict[str, Any] | None] = mapped_column(JSONB)
    warn_at: Mapped[datetime | None] = mapped_column(_Later)
    started_at: Mapped[datetime | None] = mapped_column(_Later)
    handled_at: Mapped[datetime | None] = mapped_column(_Later)
    returned_at: Mapped[datetime | None] = mapped_column(_Later)
    extensions: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    extra: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    urges: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    result: Mapped[Words]
    assigned_by: Mapped[int] = mapped_column(BigInteger, default=0, server_default="0")
    person: Mapped[Words]
    timer_at: Mapped[datetime | None] = mapped_column(_Later)


class TicketHistory(Owned, Base):
    """Every move, with the event that told it: replayed, they give the row."""

    __tablename__ = "ticket_history"
    __table_args__ = (
        Index("ix_ticket_history_ticket", "ticket_id", "id"),
        Index(
            "ix_ticket_history_instruct", "ticket_id", postgresql_where=text("verb = 'instruct'")
        ),
    )
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    at: Mapped[Instant]
    actor: Mapped[str] = mapped_column(Text)
    actor_name: Mapped[Words]
    verb: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    note: Mapped[Words]
    event: Mapped[dict[str, Any]] = mapped_column(JSONB)


class TicketRequest(Owned, Base):
    """A unit's request to return a ticket or to have more time; open until it is decided."""

    __tablename__ = "ticket_request"
    __table_args__ = (
        # one open request of a kind a ticket, whoever presses first
        Index(
            "uq_ticket_request_open", "ticket_id", "what", unique=True,
            postgresql_where=text("decided_at IS NULL"),
        ),
    )  # fmt: skip
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    leg: Mapped[int] = mapped_column(SmallInteger)
    what: Mapped[str] = mapped_column(Text)
    ground: Mapped[Words]
    days: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    reason: Mapped[Words]
    asked_at: Mapped[Instant]
    asked_by: Mapped[int] = mapped_column(BigInteger)
    decided_at: Mapped[datetime | None] = mapped_column(_Later)
    decided_by: Mapped[int | None] = mapped_column(BigInteger)
    granted: Mapped[bool | None]
    answer: Mapped[Words]


class Supervision(Owned, Base):
    """督办: an important matter followed to its end."""

    __tablename__ = "supervision"
    __table_args__ = (
        Index("ix_supervision_ticket", "ticket_id"),
        Index("ix_supervision_open", "ticket_id", postgresql_where=text("ended_at IS NULL")),
    )
    id: Mapped[Id]
    ticket_id: Mapped[int] = mapped_column(ForeignKey("ticket.id"))
    opinion: Mapped[Words]
    started_at: Mapped[Instant]
    started_by: Mapped[int] = mapped_column(BigInteger)
    ended_at: Mapped[datetime | None] = mapped_column(_Later)
    rating: Mapped[int | None] = mapped_column(SmallInteger)
    rating_note: Mapped[Words]


class Parameter(Owned, Base):
    """A parameter of the tenant, effective at once (N-07)."""

    __tablename__ = "parameter"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    value: Mapped[Any] = mapped_column(JSONB)
    set_at: Mapped[Instant]
    set_by: Mapped[str] = mapped_column(Text)


class Holiday(Owned, Base):
    """A day that is not what its weekday says: off, or a make-up working day (调休)."""

    __tablename__ = "holiday"
    __table_args__ = (UniqueConstraint("tenant_id", "day"),)
    id: Mapped[Id]
    day: Mapped[str] = mapped_column(Text)
    work: Mapped[bool]
    note: Mapped[Words]
