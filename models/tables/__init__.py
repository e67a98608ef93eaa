"""SQLAlchemy tables, one file a subject. Every business row carries its tenant."""

from models.tables.base import Base
from models.tables.floor import Agent, CallerIdentity, CallLedger, Queue, Seat, SeatInterval, Team
from models.tables.log import Audit, EventLog, Outbox
from models.tables.people import LoginSession, Role, Tenant, User
from models.tables.watch import AlarmLog

__all__ = [
    "Agent", "AlarmLog", "Audit", "Base", "CallLedger", "CallerIdentity", "EventLog", "LoginSession",
    "Outbox", "Queue", "Role", "Seat", "SeatInterval", "Team", "Tenant", "User",
]  # fmt: skip
