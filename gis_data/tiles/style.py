"""What a tile shows at which zoom, and in which colours: `desk` is light, `wall` dark.

Roads are muted and never red, yellow or green: those mean status, and lie on top of the map.
"""

from typing import Literal, NamedTuple

Theme = Literal["desk", "wall"]
THEMES: tuple[Theme, ...] = ("desk", "wall")
VERSION = 1
"""Raised with every change of what a tile looks like: tiles are kept by it."""
ZOOM_MIN, ZOOM_MAX = 8, 18


class Palette(NamedTuple):
    """Colours of one theme."""

    land: str
    water: str
    park: str
    built: str
    industry: str
    farmland: str
    border: str
    casing: str
    minor: str
    major: str
    motorway: str
    text: str
    quiet: str
    water_text: str
    halo: str


PALETTES: dict[Theme, Palette] = {
    "desk": Palette(
        "#f3f1ec", "#bcd6e8", "#dbe6d3", "#e9e5dd", "#e4e1e6", "#eef0e2", "#9a8fb0", "#d5cfc3",
        "#ffffff", "#fdfbf5", "#e6ddf0", "#2b3446", "#6a7284", "#4a7799", "#ffffff",
    ),
    "wall": Palette(
        "#101a2b", "#0b2b47", "#14291f", "#162338", "#1a2138", "#13231f", "#5b6690", "#0a1322",
        "#25344e", "#314463", "#4a4b75", "#d5deec", "#8797b3", "#6fa3cc", "#0b1220",
    ),
}  # fmt: skip


class RoadStyle(NamedTuple):
    """A class of roads: shown from zoom `since`, `width` in pixels at zoom 14, doubling every two zooms."""

    since: int
    width: float
    colour: Literal["minor", "major", "motorway"]
    named: int


ROADS: dict[str, RoadStyle] = {
    "service": RoadStyle(16, 1.2, "minor", 18),
    "residential": RoadStyle(14, 2.0, "minor", 16),
    "tertiary": RoadStyle(12, 2.8, "minor", 15),
    "secondary": RoadStyle(11, 3.8, "major", 14),
    "primary": RoadStyle(9, 5.0, "major", 13),
    "trunk": RoadStyle(8, 5.6, "motorway", 12),
    "motorway": RoadStyle(8, 6.2, "motorway", 12),
}
"""Thin ones first: they are drawn in this order. A `_link` is drawn as its class."""

AREAS: dict[str, int] = {"farmland": 8, "built": 10, "industry": 11, "park": 11, "water": 8}
"""Kind of area -> zoom it is shown from, in the order they are drawn."""

PLACES: dict[str, int] = {
    "hospital": 13, "government": 13, "metro": 13, "fire_station": 14, "police": 14, "school": 15,
    "mall": 15, "park": 15, "shelter": 16, "nursing_home": 16, "kindergarten": 17, "bridge": 14,
    "utility": 16,
}  # fmt: skip
"""Kind of place -> zoom its name is shown from; hazards and cameras are layers, not map ground."""


def road_width(style: RoadStyle, zoom: int) -> float:
    """Return a road's width in pixels of a 256-pixel tile."""
    return float(max(style.width * 2 ** ((zoom - 14) / 2), 0.6))
