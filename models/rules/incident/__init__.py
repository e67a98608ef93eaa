"""Incidents: the fold that is live and replay alike, and what may be done when."""

from collections.abc import Iterable

from msgspec.structs import replace

from models.errors import WrongStatus
from models.events.incident import AnyIncidentEvent
from models.events.incident.course import CourseEvent, IncidentReported
from models.events.incident.response import ResponseEvent
from models.rules.incident import course, plotting, response
from models.rules.incident.state import Incident, Picture

__all__ = ["Incident", "Picture", "fold", "reduce"]


def reduce(picture: Picture | None, event: AnyIncidentEvent) -> Picture:
    """Return the picture after `event`. Pure; an event seen before changes nothing.

    WrongStatus when one is missing before it: the caller reads the log.
    """
    if picture is None:
        if not isinstance(event, IncidentReported):
            raise WrongStatus(f"{type(event).__name__} before the incident was reported")
        return Picture(course.begin(event))
    seen = picture.incident.seq
    if event.seq <= seen:
        return picture
    if event.seq != seen + 1:
        raise WrongStatus(f"event {event.seq} after {seen}", gap=True)
    incident = picture.incident
    if isinstance(event, CourseEvent):
        picture = replace(picture, incident=course.fold(incident, event))
    elif isinstance(event, ResponseEvent):
        picture = replace(picture, incident=response.fold(incident, event))
    else:
        picture = plotting.fold(picture, event)
    return replace(picture, incident=replace(picture.incident, seq=event.seq, at=event.at))


def fold(events: Iterable[AnyIncidentEvent]) -> Picture | None:
    """Return what a whole log says; None for an empty one."""
    picture: Picture | None = None
    for event in events:
        picture = reduce(picture, event)
    return picture
