"""Incident events: one verb, one event. Services in `command` make them, `rules.incident` folds them.

All events of one incident stand in one order, `seq` 1, 2, 3 ...: who sees a gap reads the log. They carry no
caller's name or number.
"""

from typing import Any

import msgspec

from models.events.incident.base import IncidentEvent
from models.events.incident.course import CourseEvent
from models.events.incident.plotting import PlottingEvent
from models.events.incident.response import ResponseEvent

AnyIncidentEvent = CourseEvent | ResponseEvent | PlottingEvent

__all__ = ["AnyIncidentEvent", "IncidentEvent", "decode", "from_row"]

_decoder = msgspec.json.Decoder(AnyIncidentEvent)


class _Kept(msgspec.Struct):
    """Holds any of the events: msgspec remembers what it worked out of a Struct, but never of a bare union, and that
    takes twenty times as long as the event itself."""

    event: AnyIncidentEvent


def decode(stored: str) -> AnyIncidentEvent:
    """Return an event out of its text in the event log; msgspec.MsgspecError when it is none of ours."""
    event: AnyIncidentEvent = _decoder.decode(stored)
    return event


def from_row(row: dict[str, Any]) -> AnyIncidentEvent:
    """Return an event as the outbox keeps it."""
    return msgspec.convert({"event": row}, _Kept).event
