"""What a big screen of the centre can show: its pages, their panels, and what may be put on it from the console."""

from collections.abc import Mapping
from typing import Literal, get_args

Panel = Literal[
    "map", "events", "incidents", "tickets", "seats", "city", "hotspots", "duty", "alarms", "focus"
]
Page = Literal["whole", "map", "events", "city", "incident"]
PANELS: tuple[Panel, ...] = get_args(Panel)
PAGES: tuple[Page, ...] = get_args(Page)
CHOSEN: Page = "whole"
"""The page whose panels the console chooses; the others are made up as `PANELS_OF` says."""
PANELS_OF: Mapping[Page, tuple[Panel, ...]] = {
    "whole": (
        "incidents",
        "tickets",
        "seats",
        "map",
        "events",
        "city",
        "hotspots",
        "duty",
        "alarms",
    ),
    "map": ("map", "alarms", "events"),
    "events": ("events", "incidents", "tickets", "alarms"),
    "city": ("map", "city", "hotspots"),
    "incident": ("map", "focus", "duty"),
}
ROTATION_S = (0, 10, 15, 20, 30, 60, 120)
"""Seconds a page stands before the next one; 0 = the first page stays."""

Kind = Literal["incident", "ticket", "state", "text"]
State = Literal["pinned", "hidden", "pushed"]
KINDS: tuple[Kind, ...] = get_args(Kind)
PLACED: tuple[Kind, ...] = ("incident", "ticket")
"""What the scrolling events hold: only that can be pinned or hidden."""
ALL_SCREENS = ""
TEXT_MAX = 200
PUSH_MOST_S = 86_400.0
PUSHES_MOST = 20
"""Messages that stand on one screen at once: more is read by nobody."""
