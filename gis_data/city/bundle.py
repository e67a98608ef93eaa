"""A city bundle: a zip of FlatGeobuf layers and `manifest.json` (docs/city.md). Its SHA-256 is its version."""

import hashlib
import shutil
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import geopandas as gpd
import msgspec
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from gis_data.city.layers import conform, empty
from gis_data.city.manifest import FORMAT, MANIFEST, About, Held, Manifest, read_manifest, sha256_of
from models.errors import BadInput

_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """One version of a city. Layers are read when first asked for and kept; nobody may change them.

    sha256 : version, SHA-256 of the file; frames are in EPSG:4326, sorted by the layer's key.
    """

    path: Path
    sha256: str
    manifest: Manifest
    _frames: dict[str, gpd.GeoDataFrame] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def __contains__(self, name: str) -> bool:
        return name in self.manifest.layers

    def layer(self, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the contract, without rows where the bundle has none; BadInput if it is broken."""
        with self._lock:
            if name not in self._frames:
                self._frames[name] = self._read(name)
            return self._frames[name]

    def _read(self, name: str) -> gpd.GeoDataFrame:
        held = self.manifest.layers.get(name)
        if held is None:
            return empty(name)
        try:
            with zipfile.ZipFile(self.path) as archive:
                content = archive.read(f"{name}.fgb")
        except (OSError, KeyError, zipfile.BadZipFile) as error:
            raise BadInput(f"{self.path.name}: {name}: {error}", reason="broken") from error
        if hashlib.sha256(content).hexdigest() != held.sha256:
            raise BadInput(f"{self.path.name}: {name} is not what it was", reason="broken")
        try:
            frame = pyogrio.read_dataframe(content)
        except (DataSourceError, DataLayerError) as error:
            raise BadInput(f"{self.path.name}: {name}: {error}", reason="broken") from error
        return conform(name, frame)

    @property
    def districts(self) -> gpd.GeoDataFrame:
        """Return 区县."""
        return self.layer("districts")

    @property
    def streets(self) -> gpd.GeoDataFrame:
        """Return 街道 and 乡镇."""
        return self.layer("streets")

    @property
    def grids(self) -> gpd.GeoDataFrame:
        """Return 网格."""
        return self.layer("grids")

    @property
    def nodes(self) -> gpd.GeoDataFrame:
        """Return the road network's nodes."""
        return self.layer("nodes")

    @property
    def roads(self) -> gpd.GeoDataFrame:
        """Return directed edges; `length` in metres, `speed` in km/h."""
        return self.layer("roads")

    @property
    def turns(self) -> gpd.GeoDataFrame:
        """Return forbidden turns."""
        return self.layer("turns")

    @property
    def places(self) -> gpd.GeoDataFrame:
        """Return 地点."""
        return self.layer("places")

    @property
    def addresses(self) -> gpd.GeoDataFrame:
        """Return 门牌."""
        return self.layer("addresses")

    @property
    def areas(self) -> gpd.GeoDataFrame:
        """Return water, parks, built-up land, industry and farmland."""
        return self.layer("areas")


def read(path: Path) -> City:
    """Open a bundle; only the manifest is read. BadInput when it is none, with `reason`."""
    return City(path, *read_manifest(path))


def write(path: Path, about: About, layers: Mapping[str, gpd.GeoDataFrame]) -> str:
    """Write a bundle and return its SHA-256: the same content makes the same file.

    layers : name -> frame with a CRS; layers without rows are left out. BadInput as `conform`.
    """
    held: dict[str, Held] = {}
    boxes: dict[str, tuple[float, ...]] = {}
    with TemporaryDirectory(dir=path.parent, prefix="city-") as name:
        folder = Path(name)
        for layer in sorted(layers):
            if len(layers[layer]):
                frame = conform(layer, layers[layer])
                _flatgeobuf(frame, folder / f"{layer}.fgb")
                boxes[layer] = tuple(map(float, frame.total_bounds))
                held[layer] = Held(len(frame), sha256_of(folder / f"{layer}.fgb"))
        manifest = Manifest(
            **{name: getattr(about, name) for name in About.__struct_fields__},
            format=FORMAT, bbox=_bbox(boxes), layers=held,
        )  # fmt: skip
        (folder / MANIFEST).write_bytes(
            msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        )
        with zipfile.ZipFile(path, "w") as archive:
            for file in sorted(folder.iterdir()):
                _put(archive, file)
    return sha256_of(path)


def _put(archive: zipfile.ZipFile, file: Path) -> None:
    """Add a file with nothing of its date or owner, through little memory."""
    entry = zipfile.ZipInfo(file.name, _EPOCH)
    entry.create_system, entry.external_attr = 3, 0o644 << 16
    entry.compress_type, entry.file_size = zipfile.ZIP_DEFLATED, file.stat().st_size
    with file.open("rb") as source, archive.open(entry, "w") as target:
        shutil.copyfileobj(source, target, 1 << 20)


def _flatgeobuf(frame: gpd.GeoDataFrame, file: Path) -> None:
    kinds = set(frame.geom_type)
    pyogrio.write_dataframe(
        frame, file, driver="FlatGeobuf", promote_to_multi=False,
        geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
        SPATIAL_INDEX="NO",  # so the rows keep their order; a bundle is read whole
    )  # fmt: skip


def _bbox(boxes: Mapping[str, tuple[float, ...]]) -> tuple[float, float, float, float]:
    """Return the districts' box, that of everything where there are none; degrees, 6 digits."""
    found = [boxes["districts"]] if "districts" in boxes else list(boxes.values())
    if not found:
        raise BadInput("a bundle without a row", reason="empty")
    west, south, east, north = zip(*found, strict=True)
    return round(min(west), 6), round(min(south), 6), round(max(east), 6), round(max(north), 6)
