"""What a bundle says of itself: `manifest.json`. Needs no geometry, so a start or a list costs nothing."""

import hashlib
import zipfile
from pathlib import Path

import msgspec

from models.errors import BadInput

FORMAT = 1
MANIFEST = "manifest.json"
MANIFEST_MAX = 1 << 20
LAYER_MAX = 4 << 30
"""Bytes of a layer unpacked: more is no city, but a bomb."""
NAMES = ("districts", "streets", "grids", "nodes", "roads", "turns", "places", "addresses", "areas")
SHIPPED = Path(__file__).parent / "yunzhou.zip"
"""The demo city."""


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


def read_manifest(path: Path) -> tuple[str, Manifest]:
    """Return a bundle's SHA-256 and manifest; BadInput when it is none, with `reason`."""
    try:
        digest = sha256_of(path)
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
        if name not in NAMES or sizes.get(f"{name}.fgb", LAYER_MAX + 1) > LAYER_MAX:
            raise BadInput(f"{path.name}: no layer {name}", reason="layer", layer=name)
    return digest, manifest


def sha256_of(path: Path) -> str:
    """Return the SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
