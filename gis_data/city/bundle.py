"""A city bundle: a zip of FlatGeobuf layers and `manifest.json` (docs/city.md). Its SHA-256 is its version."""

import hashlib
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path

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
    files: dict[str, bytes] = {}
    held: dict[str, Held] = {}
    tidy = {name: conform(name, frame) for name, frame in sorted(layers.items()) if len(frame)}
    for name, frame in tidy.items():
        content = _flatgeobuf(frame)
        files[f"{name}.fgb"] = content
        held[name] = Held(len(frame), hashlib.sha256(content).hexdigest())
    manifest = Manifest(
        **{name: getattr(about, name) for name in About.__struct_fields__},
        format=FORMAT, bbox=_bbox(tidy), layers=held,
    )  # fmt: skip
    files[MANIFEST] = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
    with zipfile.ZipFile(path, "w") as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name], compresslevel=9)
    return sha256_of(path)


def _flatgeobuf(frame: gpd.GeoDataFrame) -> bytes:
    buffer = BytesIO()
    kinds = set(frame.geom_type)
    pyogrio.write_dataframe(
        frame, buffer, driver="FlatGeobuf", promote_to_multi=False,
        geometry_type=kinds.pop() if len(kinds) == 1 else "Unknown",
        SPATIAL_INDEX="NO",  # so the rows keep their order; a bundle is read whole
    )  # fmt: skip
    return buffer.getvalue()


def _bbox(layers: Mapping[str, gpd.GeoDataFrame]) -> tuple[float, float, float, float]:
    """Return the districts' box, that of everything where there are none; degrees, 6 digits."""
    frames = [layers["districts"]] if "districts" in layers else list(layers.values())
    if not frames:
        raise BadInput("a bundle without a row", reason="empty")
    boxes = [frame.total_bounds for frame in frames]
    west, south = (round(float(min(box[side] for box in boxes)), 6) for side in (0, 1))
    east, north = (round(float(max(box[side] for box in boxes)), 6) for side in (2, 3))
    return west, south, east, north
