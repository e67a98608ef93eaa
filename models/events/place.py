"""Place events: roads closed and opened, speeds and states told, feeds kept, the city switched; made in `gis_data`.

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


class CamerasTold(Event, frozen=True, kw_only=True):
    """A bureau named `cameras` cameras that are new, moved, or seen at another address."""

    bureau: str
    cameras: int


class FeedAdded(Event, frozen=True, kw_only=True):
    """An administrator added the feed `feed` (its name) of a bureau."""

    feed: str
    bureau: str
    kind: str


class FeedChanged(Event, frozen=True, kw_only=True):
    """An administrator changed what a feed is asked by; `what` names the facts that differ."""

    feed: str
    what: list[str]


class FeedStopped(Event, frozen=True, kw_only=True):
    """A feed is neither asked nor heard any more."""

    feed: str


class FeedResumed(Event, frozen=True, kw_only=True):
    """A stopped feed is asked and heard again."""

    feed: str


class FeedTokenMade(Event, frozen=True, kw_only=True):
    """A pushing feed has a new token; the one before opens nothing any more."""

    feed: str


class FeedSilenced(Event, frozen=True, kw_only=True):
    """Nothing readable came of a feed for three of its periods; `since` is when it was last heard."""

    feed: str
    since: float


class FeedSpoke(Event, frozen=True, kw_only=True):
    """A feed that was silent is heard again."""

    feed: str


class LetterKept(Event, frozen=True, kw_only=True):
    """What a feed said could not be read: the dead letter `letter` keeps it, with the reason."""

    feed: str
    letter: int
    error: str


class LetterReplayed(Event, frozen=True, kw_only=True):
    """A dead letter was read after all: `kept` readings, speeds and cameras of it were news."""

    feed: str
    letter: int
    kept: int


class CityActivated(Event, frozen=True, kw_only=True):
    """Another version of the city is the active one: `city` is its row, `was` that before it (0 = none)."""

    city: int
    sha256: str
    was: int = 0


AnyPlaceEvent = (
    RoadClosed
    | RoadOpened
    | SpeedsTold
    | StateTold
    | CamerasTold
    | FeedAdded
    | FeedChanged
    | FeedStopped
    | FeedResumed
    | FeedTokenMade
    | FeedSilenced
    | FeedSpoke
    | LetterKept
    | LetterReplayed
    | CityActivated
)


def from_row(row: dict[str, Any]) -> AnyPlaceEvent:
    """Return an event as the outbox keeps it."""
    event: AnyPlaceEvent = msgspec.convert(row, AnyPlaceEvent)
    return event
