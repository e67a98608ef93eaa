"""What may be chosen in intake and workflow: one list for services, forms and tests."""

from typing import get_args

from models.events.ticket import (
    Finding,
    Grade,
    Ground,
    How,
    Mode,
    Nature,
    Point,
    Quality,
    Risk,
)

KINDS = ("consult", "help", "complaint", "report", "suggestion", "thanks", "other", "staff")
"""咨询, 求助, 投诉, 举报, 意见建议, 表扬感谢, 其他, 投诉本中心人员."""
STAFF = "staff"
"""A complaint about the hotline's own staff: seen and settled by those who hold `STAFF_PERMISSION`, no unit."""
STAFF_PERMISSION = "ticket.staff"
URGENCIES = ("normal", "urgent", "critical")
CHANNELS = ("phone", "letter", "visit", "mail", "fax", "web", "mobile", "sms")
MODES: tuple[Mode, ...] = get_args(Mode)
GRADES: tuple[Grade, ...] = get_args(Grade)
DISCONTENT: tuple[Grade, ...] = ("bad", "very_bad")
"""Grades upon which somebody decides whether the matter is handled again."""
POINTS: tuple[Point, ...] = get_args(Point)
QUALITIES: tuple[Quality, ...] = tuple(each for each in get_args(Quality) if each)
HOWS: tuple[How, ...] = get_args(How)
FINDINGS: tuple[Finding, ...] = get_args(Finding)
RETURN_GROUNDS: tuple[Ground, ...] = get_args(Ground)
NATURES: tuple[Nature, ...] = get_args(Nature)
RISKS: tuple[Risk, ...] = get_args(Risk)
REJECT_GROUNDS = ("area", "court", "police", "petition", "same", "closed", "other")
"""辖区外, 司法机关, 110/119/120/122, 信访, 同一事项已办, 三级终结, 其他."""
