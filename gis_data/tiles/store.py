"""Tiles as they are asked for: drawn once, kept on disk by city version, look and theme."""

import os
import tempfile
import threading
from functools import lru_cache
from pathlib import Path

import msgspec

from gis_data.tiles.labels import Label, by_tile, labels_of
from gis_data.tiles.render import render
from gis_data.tiles.sheet import Sheet
from gis_data.tiles.style import THEMES, VERSION, ZOOM_MAX, ZOOM_MIN, Theme
from models.errors import NotFound


class Tiles:
    """The tiles of one city version; safe to ask from many threads."""

    def __init__(self, sheet: Sheet, city: str, folder: Path) -> None:
        self._sheet = sheet
        self._folder = folder / f"{city[:16]}-{VERSION}"
        self._lock = threading.Lock()
        self._labels = lru_cache(maxsize=ZOOM_MAX - ZOOM_MIN + 1)(self._labels_of)

    def tile(self, theme: Theme, zoom: int, x: int, y: int, *, scale: int = 1) -> bytes:
        """Return a tile as PNG; NotFound for one that no map can ask for.

        A full disk costs only time: the tile is drawn again when it is asked for again.
        """
        known = theme in THEMES and scale in (1, 2) and ZOOM_MIN <= zoom <= ZOOM_MAX
        if not known or not (0 <= x < 2**zoom and 0 <= y < 2**zoom):
            raise NotFound(f"no tile {theme}/{zoom}/{x}/{y}@{scale}")
        path = self._folder / theme / str(zoom) / str(x) / f"{y}@{scale}.png"
        try:
            return path.read_bytes()
        except OSError:
            pass
        with self._lock:  # labels of a zoom are laid out once, not once a thread
            labels = self._labels(zoom).get((x, y), [])
        drawn = render(self._sheet, labels, zoom, x, y, theme=theme, scale=scale)
        _keep(path, drawn)
        return drawn

    def _labels_of(self, zoom: int) -> dict[tuple[int, int], list[Label]]:
        """Where a zoom's names stand: laid out once for a city, seconds of work where house numbers show."""
        path = self._folder / f"labels-{zoom}"
        try:
            return by_tile(_labels.decode(path.read_bytes()))
        except (OSError, msgspec.MsgspecError):
            found = labels_of(self._sheet, zoom)
            _keep(path, msgspec.msgpack.encode(found))
            return by_tile(found)


_labels = msgspec.msgpack.Decoder(list[Label])


def _keep(path: Path, content: bytes) -> None:
    """Write beside and rename: a reader never sees half a tile."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as beside:
            beside.write(content)
        os.replace(beside.name, path)  # noqa: PTH105 - the name is a text here
    except OSError:
        return
