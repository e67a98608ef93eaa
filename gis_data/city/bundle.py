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

from gis_data.city.layers import LAYERS, conform, empty
from models.errors import BadInput

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_MAX = 1 << 20
LAYER_MAX = 4 << 30
"""Bytes of a layer unpacked: more is no city, but a bomb."""
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20


class Source(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a layer's rows came from; `crs` as the source was, `taken_at` an ISO date or empty."""

    layer: str
    source: str
    crs: str = "wgs84"
    taken_at: str = ""
    rows: int = 0


class Held(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A layer in the zip: its rows and the SHA-256 of its file."""

    rows: int
    sha256: str


class About(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a bundle says of itself, but for its format and layers, which `write` finds."""

    id: str
    name: str
    adcode: str
    metric_crs: str
    label: str = ""
    attribution: str = ""
    sources: tuple[Source, ...] = ()


class Manifest(About, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The whole `manifest.json`; `bbox` is west, south, east, north of the districts in degrees."""

    format: int
    bbox: tuple[float, float, float, float]
    layers: dict[str, Held]

    @property
    def about(self) -> About:
        """Return what a following version keeps."""
        return About(**{name: getattr(self, name) for name in About.__struct_fields__})


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
    try:
        digest = _sha256(path)
        with zipfile.ZipFile(path) as archive:
            sizes = {info.filename: info.file_size for info in archive.infolist()}
            if sizes.get(MANIFEST, MANIFEST_MAX + 1) > MANIFEST_MAX:
                raise BadInput(f"{path.name}: no {MANIFEST}", reason="manifest")
            raw = archive.read(MANIFEST)
    except (OSError, zipfile.BadZipFile) as error:
        raise BadInput(f"{path.name}: not a city bundle: {error}", reason="broken") from error
    try:
        told = msgspec.json.decode(raw)
        if isinstance(told, dict) and told.get("format") != FORMAT:
            raise BadInput(
                f"{path.name}: format {told.get('format')!r}, this is made for {FORMAT}",
                reason="format",
            )
        manifest = msgspec.convert(told, Manifest)
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"{path.name}: {MANIFEST}: {error}", reason="manifest") from error
    for name in manifest.layers:
        if name not in LAYERS or sizes.get(f"{name}.fgb", LAYER_MAX + 1) > LAYER_MAX:
            raise BadInput(f"{path.name}: no layer {name}", reason="layer", layer=name)
    return City(path, digest, manifest)


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
    return _sha256(path)


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


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
