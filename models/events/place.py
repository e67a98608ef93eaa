"""Place events: roads closed and opened, speeds and states told, the city switched. Services in `gis_data` make them.

`closure` is the row's id. No event carries the edges: who needs them reads the row.
"""

from typing import Any

import msgspec

from models.events.envelope import Event


class RoadClosed(Event, frozen=True, kw_only=True):
    """A closure holds `edges` edges of city version `city` from now on, until `ends` (0 = until lifted)."""

    closure: int
    city: int
    reason: str
    edges: int
    ends: float = 0.0


class RoadOpened(Event, frozen=True, kw_only=True):
    """A closure holds nothing any more: a person lifted it, or its end has come (actor `system:timers`)."""

    closure: int


class SpeedsTold(Event, frozen=True, kw_only=True):
    """A source told the speeds of `edges` edges, good until `until`; `refused` more could not be."""

    source: str
    edges: int
    refused: int
    until: float


class StateTold(Event, frozen=True, kw_only=True):
    """A bureau told the state of `points` of its points; `refused` more could not be."""

    bureau: str
    points: int
    refused: int


class CityActivated(Event, frozen=True, kw_only=True):
    """Another version of the city is the active one: `city` is its row, `was` that before it (0 = none)."""

    city: int
    sha256: str
    was: int = 0


AnyPlaceEvent = RoadClosed | RoadOpened | SpeedsTold | StateTold | CityActivated


def from_row(row: dict[str, Any]) -> AnyPlaceEvent:
    """Return an event as the outbox keeps it."""
    event: AnyPlaceEvent = msgspec.convert(row, AnyPlaceEvent)
    return event
