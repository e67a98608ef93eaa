"""Incidents: the fold that is live and replay alike, and what may be done when."""

from collections.abc import Callable, Iterable
from typing import Any, get_args

from msgspec.structs import replace

from models.errors import WrongStatus
from models.events.incident import AnyIncidentEvent
from models.events.incident.course import CourseEvent, IncidentReported
from models.events.incident.plotting import PlottingEvent
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
    picture = _FOLDS[type(event)](picture, event)
    return replace(picture, incident=replace(picture.incident, seq=event.seq, at=event.at))


def _course(picture: Picture, event: CourseEvent) -> Picture:
    return replace(picture, incident=course.fold(picture.incident, event))


def _response(picture: Picture, event: ResponseEvent) -> Picture:
    return replace(picture, incident=response.fold(picture.incident, event))


_FOLDS: dict[type[AnyIncidentEvent], Callable[[Picture, Any], Picture]] = {
    **dict.fromkeys(get_args(CourseEvent), _course),
    **dict.fromkeys(get_args(ResponseEvent), _response),
    **dict.fromkeys(get_args(PlottingEvent), plotting.fold),
}
"""The part of the fold an event belongs to: to ask forty classes one by one takes as long as the fold itself."""


def fold(events: Iterable[AnyIncidentEvent]) -> Picture | None:
    """Return what a whole log says; None for an empty one."""
    picture: Picture | None = None
    for event in events:
        picture = reduce(picture, event)
    return picture
