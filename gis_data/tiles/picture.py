"""A map as one picture, to be printed or sent: our tiles, what lies on them, and the words that go with it."""

from collections.abc import Sequence
from io import BytesIO
from typing import NamedTuple

import numpy as np
import resvg_py
from PIL import Image

from gis_data.tiles.grid import PIXELS, side, to_world
from gis_data.tiles.render import FONTS
from gis_data.tiles.store import Tiles
from gis_data.tiles.style import ZOOM_MAX, ZOOM_MIN, Theme


class Frame(NamedTuple):
    """A window on the map: `zoom`, and its left upper corner in pixels of the world at that zoom."""

    zoom: int
    left: float
    top: float
    width: int
    height: int

    def pixels(self, lonlat: np.ndarray) -> np.ndarray:
        """Return WGS-84 points, shape (n, 2), as pixels of the picture."""
        there: np.ndarray = to_world(np.asarray(lonlat, dtype=float)) * side(self.zoom)
        return there - (self.left, self.top)


def frame_of(bbox: Sequence[float], width: int, height: int) -> Frame:
    """Return the closest window of so many pixels that shows west, south, east, north whole."""
    west, south, east, north = bbox
    corners = to_world(np.array([[west, north], [east, south]]))
    spans = corners[1] - corners[0]
    fits = [z for z in range(ZOOM_MIN, ZOOM_MAX) if (spans * side(z) <= (width, height)).all()]
    zoom = max(fits, default=ZOOM_MIN)
    left, top = corners.mean(axis=0) * side(zoom) - (width / 2, height / 2)
    return Frame(zoom, float(left), float(top), width, height)


def picture(tiles: Tiles, frame: Frame, over: Sequence[str], *, theme: Theme = "desk") -> bytes:
    """Return a PNG: the ground, and `over`, parts of an SVG in the frame's pixels, on top."""
    ground = Image.new("RGB", (frame.width, frame.height))
    first_x, first_y = int(frame.left // PIXELS), int(frame.top // PIXELS)
    last_x = int((frame.left + frame.width) // PIXELS)
    last_y = int((frame.top + frame.height) // PIXELS)
    for x in range(first_x, last_x + 1):
        for y in range(first_y, last_y + 1):
            tile = Image.open(BytesIO(tiles.tile(theme, frame.zoom, x, y)))
            ground.paste(tile, (round(x * PIXELS - frame.left), round(y * PIXELS - frame.top)))
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{frame.width}" height="{frame.height}" '
        f'font-family="{FONTS}">{"".join(over)}</svg>'
    )
    drawn = Image.open(BytesIO(bytes(resvg_py.svg_to_bytes(svg_string=svg)))).convert("RGBA")
    ground.paste(drawn, (0, 0), drawn)
    out = BytesIO()
    ground.save(out, "PNG", optimize=True)
    return out.getvalue()
