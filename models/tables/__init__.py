"""SQLAlchemy tables, one file a subject. Every business row carries its tenant."""

from models.tables.base import Base
from models.tables.floor import Agent, CallerIdentity, CallLedger, Queue, Seat, SeatInterval, Team
from models.tables.log import Audit, EventLog, Outbox
from models.tables.people import LoginSession, Role, Tenant, User
from models.tables.ticket import (
    Category,
    Holiday,
    Parameter,
    Supervision,
    Ticket,
    TicketHistory,
    TicketLeg,
    TicketParty,
    TicketRequest,
    Unit,
)  # fmt: skip
from models.tables.watch import AlarmLog

__all__ = [
    "Agent", "AlarmLog", "Audit", "Base", "CallLedger", "CallerIdentity", "Category", "EventLog",
    "Holiday", "LoginSession", "Outbox", "Parameter", "Queue", "Role", "Seat", "SeatInterval",
    "Supervision", "Team", "Tenant", "Ticket", "TicketHistory", "TicketLeg", "TicketNumber",
    "TicketParty", "TicketRequest", "Unit", "User",
]  # fmt: skip
