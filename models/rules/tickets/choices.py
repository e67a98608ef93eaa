"""What may be chosen in intake and workflow: one list for services, forms and tests."""

from typing import get_args

from models.events.ticket import Grade, Ground, Mode

KINDS = ("consult", "help", "complaint", "report", "suggestion", "thanks", "other")
"""咨询, 求助, 投诉, 举报, 意见建议, 表扬感谢, 其他."""
URGENCIES = ("normal", "urgent", "critical")
CHANNELS = ("phone", "letter", "visit", "mail", "fax", "web", "mobile", "sms")
MODES: tuple[Mode, ...] = get_args(Mode)
GRADES: tuple[Grade, ...] = get_args(Grade)
RETURN_GROUNDS: tuple[Ground, ...] = get_args(Ground)
REJECT_GROUNDS = ("area", "court", "police", "petition", "same", "closed", "other")
"""辖区外, 司法机关, 110/119/120/122, 信访, 同一事项已办, 三级终结, 其他."""
