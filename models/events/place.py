"""Place events: roads closed and opened, speeds told. Services in `gis_data` make them.

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
    """A closure was lifted by a person; one whose end has come opens without an event."""

    closure: int


class SpeedsTold(Event, frozen=True, kw_only=True):
    """A source told the speeds of `edges` edges, good until `until`; `refused` more could not be."""

    source: str
    edges: int
    refused: int
    until: float


AnyPlaceEvent = RoadClosed | RoadOpened | SpeedsTold


def from_row(row: dict[str, Any]) -> AnyPlaceEvent:
    """Return an event as the outbox keeps it."""
    event: AnyPlaceEvent = msgspec.convert(row, AnyPlaceEvent)
    return event
