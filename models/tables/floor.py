"""The call floor: roster, call ledger (one row a visit of a call to a queue) and seat state intervals."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from models.tables.base import Base, Id, Instant, Owned, Words

_Later = DateTime(timezone=True)


class Team(Owned, Base):
    """A group of seats led by one supervisor (班组)."""

    __tablename__ = "team"
    __table_args__ = (UniqueConstraint("tenant_id", "code"),)
    id: Mapped[Id]
    code: Mapped[str] = mapped_column(Text)
    label: Mapped[Words]
    position: Mapped[int] = mapped_column(default=0, server_default="0")


class Queue(Owned, Base):
    """An ACD queue: `name` is Asterisk's, `target_s` its service level in seconds."""

    __tablename__ = "queue"
    __table_args__ = (UniqueConstraint("tenant_id", "name"),)
    id: Mapped[Id]
    name: Mapped[str] = mapped_column(Text)
    label: Mapped[Words]
    target_s: Mapped[int]
    position: Mapped[int] = mapped_column(default=0, server_default="0")


class Agent(Owned, Base):
    """A person who takes calls; `agent_no` (工号) is spoken to the caller."""

    __tablename__ = "agent"
    __table_args__ = (UniqueConstraint("tenant_id", "agent_no"),)
    id: Mapped[Id]
    agent_no: Mapped[str] = mapped_column(Text)
    name: Mapped[Words]


class Seat(Owned, Base):
    """A workplace: a phone at an exchange, in a team, with the agent who sits there."""

    __tablename__ = "seat"
    __table_args__ = (UniqueConstraint("tenant_id", "key"),)
    id: Mapped[Id]
    key: Mapped[str] = mapped_column(Text)
    extension: Mapped[Words]
    team_code: Mapped[Words]
    agent_no: Mapped[Words]


class CallLedger(Owned, Base):
    """One visit of a call to one queue, from the archiver; every KPI is counted from these rows.

    `version` is the position in the floor stream of the change that wrote the row: an older change
    delivered late never overwrites a newer one. `wait` and `talk` are whole seconds, -1 = unknown.
    `seal` is the keyed hash of what the archiver wrote (`store.ledger_seal`), empty on rows of before.
    """

    __tablename__ = "call_ledger"
    __table_args__ = (
        Index("ix_call_ledger_entered", "tenant_id", "entered_at"),
        Index("ix_call_ledger_arrived", "tenant_id", "arrived_at"),
        Index("ix_call_ledger_counted", "tenant_id", "counted_at"),
        Index("ix_call_ledger_seat", "tenant_id", "seat", "entered_at"),
        Index("ix_call_ledger_call", "tenant_id", "pbx", "call"),
        Index("ix_call_ledger_caller", "tenant_id", "caller_digest"),
    )
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    pbx: Mapped[Words]
    call: Mapped[Words]
    visit: Mapped[int]
    outcome: Mapped[Words]
    caller_masked: Mapped[Words]
    caller_digest: Mapped[Words]
    queue: Mapped[Words]
    arrived_at: Mapped[datetime | None] = mapped_column(_Later)
    entered_at: Mapped[datetime | None] = mapped_column(_Later)
    answered_at: Mapped[datetime | None] = mapped_column(_Later)
    ended_at: Mapped[datetime | None] = mapped_column(_Later)
    counted_at: Mapped[Instant]
    seat: Mapped[Words]
    agent_name: Mapped[Words]
    wait: Mapped[int]
    talk: Mapped[int]
    held: Mapped[float]
    ring_outs: Mapped[int]
    transferred: Mapped[Words]
    reason: Mapped[Words]
    gap: Mapped[bool]
    seal: Mapped[Words]
    callback_at: Mapped[datetime | None] = mapped_column(_Later)
    callback_by: Mapped[int | None] = mapped_column(BigInteger)
    callback_note: Mapped[Words]


class CallerIdentity(Owned, Base):
    """A caller's number, encrypted; joined by its keyed hash. Reading one is audited."""

    __tablename__ = "caller_identity"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    digest: Mapped[str] = mapped_column(Text, primary_key=True)
    sealed: Mapped[str] = mapped_column(Text)


class SeatInterval(Owned, Base):
    """A seat's stay in one state; `end_at` is empty while it lasts."""

    __tablename__ = "seat_interval"
    tenant_id: Mapped[int] = mapped_column(primary_key=True)
    seat: Mapped[str] = mapped_column(Text, primary_key=True)
    start_at: Mapped[datetime] = mapped_column(_Later, primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[Words]
    reason: Mapped[Words]
    end_at: Mapped[datetime | None] = mapped_column(_Later)
