"""CAP 1.2: public warnings as the world's alerting systems read them."""

from models.rules.cap.draft import Draft, Words, drafted, message
from models.rules.cap.message import Area, Info, Message, Resource
from models.rules.cap.wrong import Fault, wrong
from models.rules.cap.xml import Entry, feed, text_of

__all__ = [
    "Area", "Draft", "Entry", "Fault", "Info", "Message", "Resource", "Words",
    "drafted", "feed", "message", "text_of", "wrong",
]  # fmt: skip
