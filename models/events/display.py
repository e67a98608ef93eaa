"""Display events: what the console did to the screens of the centre. Services in `command.display` make them.

`screen` is a screen's code, empty for all of them; `item` a row's number. `by` is the name of who did it.
"""

from typing import Any

import msgspec

from models.events.envelope import Event


class DisplayEvent(Event, frozen=True, kw_only=True):
    """Something the console did; `by` is the name of who did it, as it was then."""

    by: str = ""


class ScreenAdded(DisplayEvent, frozen=True, kw_only=True):
    """A screen got a code and a name."""

    screen: str
    label: str


class ScreenRemoved(DisplayEvent, frozen=True, kw_only=True):
    """A screen is no more; what was put on it alone went with it."""

    screen: str


class ScreenArranged(DisplayEvent, frozen=True, kw_only=True):
    """A screen shows `pages` in turn, each `rotation` seconds, `panels` on the first kind; `focus`: 0 = no incident."""

    screen: str
    label: str
    pages: tuple[str, ...]
    panels: tuple[str, ...]
    rotation: int
    focus: int
    revision: int


class ScreensSwitched(DisplayEvent, frozen=True, kw_only=True):
    """All screens show `pages` from now on; `focus` is the incident they show, 0 = none."""

    screens: tuple[str, ...]
    pages: tuple[str, ...]
    rotation: int
    focus: int


class ItemPinned(DisplayEvent, frozen=True, kw_only=True):
    """An incident or ticket stands above the scrolling events until `until` (0 = until it is released)."""

    item: int
    screen: str
    kind: str
    ref: str
    until: float = 0.0


class ItemHidden(DisplayEvent, frozen=True, kw_only=True):
    """An incident or ticket does not scroll on a screen until `until` (0 = until it is released)."""

    item: int
    screen: str
    kind: str
    ref: str
    until: float = 0.0


class ItemPushed(DisplayEvent, frozen=True, kw_only=True):
    """Something is shown large on a screen until `until`: an incident, a ticket, a city reading, or words alone."""

    item: int
    screen: str
    kind: str
    ref: str
    text: str
    until: float


class ItemsOrdered(DisplayEvent, frozen=True, kw_only=True):
    """What is pinned on a screen stands in this order from now on."""

    screen: str
    items: tuple[int, ...]


class ItemReleased(DisplayEvent, frozen=True, kw_only=True):
    """What was pinned, hidden or pushed (`was`) is so no more."""

    item: int
    screen: str
    kind: str
    ref: str
    was: str


AnyDisplayEvent = (
    ScreenAdded
    | ScreenRemoved
    | ScreenArranged
    | ScreensSwitched
    | ItemPinned
    | ItemHidden
    | ItemPushed
    | ItemsOrdered
    | ItemReleased
)


def from_row(row: dict[str, Any]) -> AnyDisplayEvent:
    """Return an event as the outbox keeps it."""
    event: AnyDisplayEvent = msgspec.convert(row, AnyDisplayEvent)
    return event
