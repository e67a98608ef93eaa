"""The hotspot map as one picture: the layer, step and comparison that are shown, and what a picture must say alone."""

from collections.abc import Iterator
from html import escape
from math import cos, radians
from typing import Any

import numpy as np
import shapely
from h3.api import basic_str as h3

from dashboard.door import ground
from dashboard.views import clock
from dashboard.views.hotspot_map import Shown, badge, cells, districts, key_of
from dashboard.views.hotspot_scale import FAINT, Key, differences, place, shade, signs, told
from dashboard.views.kit import Words
from gis_data.tiles.grid import side
from gis_data.tiles.picture import Frame, frame_of, picture

WIDTH, HEIGHT, HEAD, FOOT = 1600, 1200, 84, 126
PALETTE = ("#e3dcf2", "#bfaee3", "#9677cd", "#6c41ad", "#431a7d")
SIDES = {"more": "#7a2fb0", "less": "#1f7a8c"}
TEXT, MUTED = "#172033", "#5b6b82"
"""As `37-maps.css` and the tokens have them for paper."""
EMPTY = 'fill="none"'
_EARTH_M = 40_075_016.686
_BAR_PX = 180
"""The scale bar is at most so long."""


def png(shown: Shown, words: Words) -> bytes:
    """Return what the page shows on our own ground."""
    here, key = ground(), key_of(shown, words)
    frame = frame_of(shown.base.manifest.bbox, WIDTH, HEIGHT - HEAD - FOOT)
    frame = frame._replace(top=frame.top - HEAD, height=HEIGHT)
    shapes = _districts if key.layer == "districts" else _cells
    parts = [
        *shapes(shown, key, frame, words),
        *_head(shown, key, words),
        *_foot(shown, key, frame, words),
    ]
    return picture(here.tiles, frame, parts)  # fmt: skip


def _facts(collection: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield from (each["properties"] for each in collection["features"])


def _cells(shown: Shown, key: Key, frame: Frame, words: Words) -> Iterator[str]:
    """Yield the cells as the page paints them: what its script asks of a cell is asked here, too."""
    whole = key.name != "step"
    for facts in _facts(cells(shown, words)):
        ring = np.array([(lon, lat) for lat, lon in h3.cell_to_boundary(facts["k"])])
        path = _path(ring, frame)
        fill = _fill(facts, shown, key)
        edge = ""
        if (
            whole
            and facts["c" if key.layer == "clusters" else "s"]
            and key.layer in ("clusters", "surge")
        ):
            edge = f' stroke="{TEXT}" stroke-width="2.4"'
        elif key.name == "clusters" and facts["fading"]:
            edge = f' stroke="{TEXT}" stroke-width="2" stroke-dasharray="3 4"'
        if edge or fill != EMPTY:
            yield f'<path d="{path}" {fill}{edge}/>'
    if key.name in ("surge", "clusters"):
        yield from _badges(shown, frame)


def _fill(facts: dict[str, Any], shown: Shown, key: Key) -> str:
    if key.name == "change":
        at = shade(abs(facts["change"]), key.edges, len(FAINT))
        side_of = SIDES["more" if facts["change"] > 0 else "less"]
        return f'fill="{side_of}" fill-opacity="{FAINT[at]}"' if at >= 0 else EMPTY
    value = facts["n" if key.layer == "clusters" else key.layer]
    if key.name == "step":
        value = facts["f"][shown.step] if facts["f"] else 0
    at = shade(value, key.edges)
    return f'fill="{PALETTE[at]}" fill-opacity="0.62"' if at >= 0 else EMPTY


def _badges(shown: Shown, frame: Frame) -> Iterator[str]:
    for row in shown.board.surge.raised:
        if row.level == "cell":
            lat, lon = h3.cell_to_latlng(row.key)
            ((x, y),) = frame.pixels(np.array([(lon, lat)]))
            text = badge(row)
            wide = 12 + 8 * len(text)
            yield f'<rect x="{x - wide / 2:.1f}" y="{y - 27:.1f}" width="{wide}" height="18" rx="9" fill="{TEXT}"/>'
            yield _text(x, y - 13, text, 13, "#ffffff", "middle")


def _districts(shown: Shown, key: Key, frame: Frame, words: Words) -> Iterator[str]:
    rates = {
        facts["k"].removeprefix("district:"): facts for facts in _facts(districts(shown, words))
    }
    for each in shown.districts:
        facts = rates[each.code]
        rate = facts["rate"]
        if key.name == "district_step" and rate >= 0:
            rate = facts["per"] * (facts["f"][shown.step] if facts["f"] else 0)
        at = shade(rate, key.edges)
        fill = PALETTE[at] if at >= 0 else "#ffffff" if rate >= 0 else MUTED
        opacity = 0.6 if at >= 0 else 0 if rate >= 0 else 0.25
        rises = facts["s"] and key.name == "districts"
        edge = (
            f'stroke="{TEXT}" stroke-width="3"' if rises else f'stroke="{MUTED}" stroke-width="1.6"'
        )
        rings = (part.exterior for part in shapely.get_parts(each.shape))
        path = " ".join(_path(shapely.get_coordinates(ring), frame) for ring in rings)
        yield f'<path d="{path}" fill="{fill}" fill-opacity="{opacity}" {edge}/>'


def _path(points: np.ndarray, frame: Frame) -> str:
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in frame.pixels(points)) + "Z"


# --- words -----------------------------------------------------------------------------------


def span(shown: Shown, words: Words) -> str:
    """Return the period as it is written."""
    period = shown.board.period
    since, until = (clock.moment(at, shown.zone, words) for at in (period.since, period.until))
    return f"{since} – {until}"


def _head(shown: Shown, key: Key, words: Words) -> Iterator[str]:
    layer = words[f"hot.layer.{key.name}"].format(step=key.step)
    title = f"{shown.base.manifest.name} {words['hot.heading']} · {layer}"
    yield f'<rect width="{WIDTH}" height="{HEAD}" fill="#ffffff" fill-opacity="0.94"/>'
    yield f'<text x="28" y="38" font-size="26" font-weight="700" fill="{TEXT}">{escape(title)}</text>'
    total = words["hot.total"].format(n=shown.board.total)
    said = " · ".join(filter(None, (span(shown, words), total, key.other)))
    yield _text(28, 66, said, 17, MUTED)


def _foot(shown: Shown, key: Key, frame: Frame, words: Words) -> Iterator[str]:
    top, manifest = HEIGHT - FOOT, shown.base.manifest
    yield f'<rect y="{top}" width="{WIDTH}" height="{FOOT}" fill="#ffffff" fill-opacity="0.94"/>'
    x = 28.0
    for colour, opacity, text in _classes(key):
        yield f'<rect x="{x}" y="{top + 14}" width="62" height="14" fill="{colour}" fill-opacity="{opacity}"/>'
        yield _text(x + 62, top + 44, text, 14, TEXT, "end")
        x += 66
    if key.edges:
        yield _text(x + 6, top + 28, words[f"hot.unit.{key.name}"], 15, TEXT)
    said = " · ".join(words[f"hot.sign.{sign}"] for sign in signs(key))
    yield _text(x + 170, top + 28, said, 15, TEXT)
    yield _text(28, top + 76, words[f"hot.about.{key.name}"], 15, MUTED)
    yield _text(
        28, top + 104, " · ".join(filter(None, (manifest.label, manifest.attribution))), 15, MUTED
    )
    yield from _bar(frame, (manifest.bbox[1] + manifest.bbox[3]) / 2)


def _classes(key: Key) -> list[tuple[str, float, str]]:
    if key.name == "change":
        return [(SIDES[side_of], FAINT[at], text) for side_of, at, text in differences(key.edges)]
    classes = len(key.edges)
    return [(PALETTE[place(n, classes)], 1.0, told(end)) for n, end in enumerate(key.edges)]


def _bar(frame: Frame, lat: float) -> Iterator[str]:
    """Yield the scale bar: the longest round length that fits, true at the city's middle."""
    metres_a_pixel = _EARTH_M * cos(radians(lat)) / side(frame.zoom)
    fits = [n * 10**power for power in range(1, 6) for n in (1, 2, 5)]
    metres = max(n for n in fits if n <= max(_BAR_PX * metres_a_pixel, fits[0]))
    long = metres / metres_a_pixel
    right, y = WIDTH - 28, HEIGHT - 24
    line = f"M{right - long:.1f} {y - 8}V{y}H{right}V{y - 8}"
    yield f'<path d="{line}" fill="none" stroke="{TEXT}" stroke-width="2"/>'
    text = f"{metres // 1000} km" if metres >= 1000 else f"{metres} m"
    yield _text(right, y - 14, text, 14, TEXT, "end")


def _text(x: float, y: float, text: str, size: int, colour: str, anchor: str = "start") -> str:
    at = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}"'
    return f"<text {at}>{escape(text)}</text>"
