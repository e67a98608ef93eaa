"""An incident's events as lines a person reads: the timeline, and whatever else tells of them."""

from typing import Any, NamedTuple

import msgspec

from dashboard.views.kit import Words
from models.events.incident import AnyIncidentEvent

QUIET = frozenset({"DrawingPut", "DrawingRemoved", "RouteChanged"})
"""What happens by the dozen: the timeline shows it only where it is asked for."""
_NAMED = {
    "kind": "incident_kind", "source": "incident_source", "field": "level_field", "stage": "report_stage",
    "progress": "progress", "cause": "reroute", "state": "conference_state", "level": "grade",
}  # fmt: skip


class Line(NamedTuple):
    """One event: when, who, what it says, and the reason given; `group` what it belongs to."""

    seq: int
    at: float
    by: str
    kind: str
    text: str
    note: str
    implied: bool


def line(event: AnyIncidentEvent, words: Words) -> Line:
    """Return an event as a line, in the words of its kind."""
    kind = type(event).__name__
    facts = {name: _said(name, value, event, words) for name, value in _facts(event).items()}
    text = words[f"incident_event.{kind}"].format(**facts)
    implied = bool(getattr(event, "implied", False) or getattr(event, "automatic", False))
    return Line(event.seq, event.at, event.by, kind, text, event.note, implied)


def _facts(event: AnyIncidentEvent) -> dict[str, Any]:
    return {name: getattr(event, name) for name in event.__struct_fields__}


def _said(name: str, value: Any, event: AnyIncidentEvent, words: Words) -> Any:  # noqa: ANN401 - any fact
    if name in ("was", "now") and hasattr(event, "field"):
        family = "colour" if event.field == "colour" else "grade"
        return words[f"{family}.{value or 'none'}"]
    if name in _NAMED and isinstance(value, str):
        return words.get(f"{_NAMED[name]}.{value or 'none'}", value)
    if isinstance(value, float) and name in ("seconds", "was"):
        return words["command.no_way"] if value < 0 else f"{value / 60:.0f} {words['unit.minute']}"
    if isinstance(value, tuple) and all(isinstance(part, str) for part in value):
        return words["told.or"].join(value)
    if isinstance(value, msgspec.Struct):
        return msgspec.to_builtins(value)
    return value
