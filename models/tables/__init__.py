"""SQLAlchemy tables, one file a subject. Every business row carries its tenant."""

from models.tables.alert import Alert
from models.tables.base import Base
from models.tables.display import Screen, ScreenItem
from models.tables.duty import (
    DutyCalendar,
    DutyContact,
    DutyDelivery,
    DutyGroup,
    DutyHandover,
    DutyLevel,
    DutyMember,
    DutyNotice,
    DutyRemark,
    DutyReport,
    DutyReportVersion,
    DutyShift,
    DutySwap,
)
from models.tables.evaluation import Evaluation, EvaluationIndicator
from models.tables.feed import Camera, Feed, FeedDead
from models.tables.floor import Agent, CallerIdentity, CallLedger, Queue, Seat, SeatInterval, Team
from models.tables.incident import Incident, IncidentTicket, IncidentType, Plan
from models.tables.knowledge import KnowledgeAnswer, KnowledgeItem
from models.tables.log import Audit, EventLog, Outbox
from models.tables.paper import Attachment, Draft, Letter, SavedQuery
from models.tables.people import LoginSession, Role, Tenant, User
from models.tables.place import City, CityState, Closure, RoadSpeed
from models.tables.plotting import DrawingRow, DrawingStep, PlotLayer, PlotSnapshot, Symbol
from models.tables.resource import (
    Assignment,
    Capability,
    Depot,
    Reserve,
    ResponseUnit,
    Shelter,
    Supply,
    Transfer,
    UnitTrack,
)  # fmt: skip
from models.tables.ticket import (
    Category,
    Customer,
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
    "Agent", "AlarmLog", "Alert", "Assignment", "Attachment", "Audit", "Base", "CallLedger", "CallerIdentity",
    "Camera", "Capability", "Category", "City", "CityState", "Closure", "Customer", "Depot", "Draft",
    "DrawingRow", "DrawingStep", "DutyCalendar", "DutyContact", "DutyDelivery", "DutyGroup", "DutyHandover",
    "DutyLevel", "DutyMember", "DutyNotice", "DutyRemark", "DutyReport", "DutyReportVersion", "DutyShift",
    "DutySwap", "Evaluation", "EvaluationIndicator", "EventLog", "Feed", "FeedDead", "Holiday", "Incident",
    "IncidentTicket", "IncidentType", "KnowledgeAnswer", "KnowledgeItem", "Letter", "LoginSession", "Outbox",
    "Parameter", "Plan", "PlotLayer", "PlotSnapshot", "Queue", "Reserve", "ResponseUnit", "RoadSpeed", "Role",
    "SavedQuery", "Screen", "ScreenItem", "Seat", "SeatInterval", "Shelter", "Supervision", "Supply", "Symbol",
    "Team", "Tenant", "Ticket", "TicketHistory", "TicketLeg", "TicketParty", "TicketRequest", "Transfer", "Unit",
    "UnitTrack", "User",
]  # fmt: skip
