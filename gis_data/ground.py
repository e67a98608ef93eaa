"""One city version made ready for use: tiles, gazetteer, surface; each made when first asked for, then shared."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd

from gis_data.city.bundle import City
from gis_data.gazetteer.index import Gazetteer, gazetteer_of
from gis_data.gazetteer.reverse import Surface
from gis_data.hotspots.terrain import Terrain, terrain_of_city
from gis_data.tiles.sheet import sheet_of
from gis_data.tiles.store import Tiles

T = TypeVar("T")
_KEPT = 3
"""Versions held: the one before a switch is still at work, a second tenant's may be."""


class Ground:
    """What a process derives from one city version; safe to ask from many threads."""

    def __init__(self, city: City, cache: Path) -> None:
        self.city = city
        self._cache = cache
        self._lock = threading.RLock()
        self._made: dict[str, object] = {}
        self._warming = threading.Lock()
        self._warm: threading.Thread | None = None

    @property
    def version(self) -> str:
        """Return what addresses of tiles carry, so that a browser keeps none of another version."""
        return self.city.sha256[:16]

    @property
    def tiles(self) -> Tiles:
        """Return the city's map pictures."""
        return self._once("tiles", self._tiles)

    @property
    def gazetteer(self) -> Gazetteer:
        """Return the city's names."""
        return self._once("gazetteer", self._gazetteer)

    @property
    def surface(self) -> Surface:
        """Return what is where."""
        return self._once("surface", self._surface)

    def terrain(self, resolution: int) -> Terrain:
        """Return the city as H3 cells."""
        return self._once(f"terrain-{resolution}", lambda: terrain_of_city(self.city, resolution))

    def warm(self) -> None:
        """Begin to make the names and the surface ready beside the caller, once; whoever asks meanwhile waits."""
        with self._warming:
            if self._warm is None:
                self._warm = threading.Thread(target=self._ready, name="ground", daemon=True)
                self._warm.start()

    def _ready(self) -> None:
        _ = self.surface, self.gazetteer  # pages wait for the first, only typing for the second

    def _once(self, name: str, make: Callable[[], T]) -> T:
        with self._lock:
            if name not in self._made:
                self._made[name] = make()
            return self._made[name]  # type: ignore[return-value]

    def _layers(self) -> dict[str, gpd.GeoDataFrame]:
        return {name: self.city.layer(name) for name in self.city.manifest.layers}

    def _tiles(self) -> Tiles:
        sheet = sheet_of(self._layers(), self.city.manifest.name)
        return Tiles(sheet, self.city.sha256, self._cache / "tiles")

    def _gazetteer(self) -> Gazetteer:
        return gazetteer_of(self._layers(), self.city.manifest.name)

    def _surface(self) -> Surface:
        return Surface(self._layers(), self.city.manifest.metric_crs)


_grounds: OrderedDict[str, Ground] = OrderedDict()
_lock = threading.Lock()


def ground_of(city: City, cache: Path) -> Ground:
    """Return the process's ground of a version."""
    with _lock:
        ground = _grounds.get(city.sha256) or Ground(city, cache)
        _grounds[city.sha256] = ground
        _grounds.move_to_end(city.sha256)
        while len(_grounds) > _KEPT:
            _grounds.popitem(last=False)
        return ground
