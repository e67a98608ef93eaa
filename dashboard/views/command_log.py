"""An incident's events as lines a person reads: the timeline, and whatever else tells of them."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from dashboard.views.kit import Words
from models.events.incident import AnyIncidentEvent
from models.events.incident.course import IncidentAmended
from models.events.incident.response import RouteChanged
from models.rules.incident.state import Incident, level_key

DRAWN = frozenset({"DrawingPut", "DrawingRemoved"})
DRIFTS = frozenset({"position", "traffic"})
NAMES = ("unit", "task", "capability", "member")
"""Facts that are a code or a number where people have a name."""
_NAMED = {
    "kind": "incident_kind", "source": "incident_source", "field": "level_field", "stage": "report_stage",
    "progress": "progress", "cause": "reroute", "state": "conference_state", "level": "grade",
}  # fmt: skip


class Known(NamedTuple):
    """What the numbers and codes in events mean: the incident they are of, names of capabilities by code."""

    incident: Incident
    capabilities: Mapping[str, str]


def quiet(event: AnyIncidentEvent) -> bool:
    """Tell whether an event is one of dozens, for which the timeline has no room: an edit, an arrival that drifts."""
    if isinstance(event, RouteChanged):
        return event.cause in DRIFTS and event.was >= 0 and event.seconds >= 0
    return type(event).__name__ in DRAWN


class Line(NamedTuple):
    """One event: when, who, what it says, and the reason given; `group` what it belongs to."""

    seq: int
    at: float
    by: str
    kind: str
    text: str
    note: str
    implied: bool


def line(event: AnyIncidentEvent, known: Known, words: Words) -> Line:
    """Return an event as a line, in the words of its kind."""
    kind = type(event).__name__
    facts = {name: _said(name, value, event, words) for name, value in _facts(event).items()}
    if isinstance(event, IncidentAmended):
        facts["what"] = words["told.or"].join(_corrected(event, facts, words))
    facts |= {name: _named(name, facts[name], event, known) for name in NAMES if name in facts}
    text = words[f"incident_event.{kind}"].format(**facts)
    implied = bool(getattr(event, "implied", False) or getattr(event, "automatic", False))
    return Line(event.seq, event.at, event.by, kind, text, event.note, implied)


def _corrected(event: IncidentAmended, facts: Mapping[str, Any], words: Words) -> list[str]:
    """Return what a correction says anew, each with its name."""
    given = {"title": facts["title"], "type": facts["kind"]}
    if event.place:
        given["place"] = event.place.address or words["told.new_place"]
    return [f"{words[f'incident_field.{name}']} {said}" for name, said in given.items() if said]


def _facts(event: AnyIncidentEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def _named(name: str, value: Any, event: AnyIncidentEvent, known: Known) -> Any:  # noqa: ANN401 - any fact
    i = known.incident
    match name:
        case "unit":
            sent = i.assignments.get(getattr(event, "assignment", 0))
            return sent.label if sent else value
        case "task":
            task = i.tasks.get(value)
            return f"{value} {task.title}" if task else value
        case "member":
            talk = i.conferences.get(getattr(event, "conference", 0))
            return talk.names.get(value, value) if talk else value
        case _:
            return known.capabilities.get(value, value)


def _said(name: str, value: Any, event: AnyIncidentEvent, words: Words) -> Any:  # noqa: ANN401 - any fact
    if name in ("was", "now") and hasattr(event, "field"):
        return words[level_key(event.field, value)]
    if name in _NAMED and isinstance(value, str):
        return words.get(f"{_NAMED[name]}.{value or 'none'}", value)
    if isinstance(value, float) and name in ("seconds", "was"):
        return words["command.no_way"] if value < 0 else f"{value / 60:.0f} {words['unit.minute']}"
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return words["told.or"].join(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    return value
