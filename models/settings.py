"""Every setting of every process, in one frozen object. Wrong or unknown ones stop the process at once.

Settings come from the environment; `NAME_FILE` reads a secret from a file. docs/settings.md lists
each one (a test holds the two together).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.errors import SettingsError

PREFIX = "HOTLINE_"


@dataclass(frozen=True, slots=True)
class Exchange:
    """One Asterisk: where its AMI listens and who reads it.

    `contexts` are the dialplan contexts where citizens' calls begin.
    """

    name: str
    host: str
    port: int
    username: str
    secret: str = field(repr=False)
    tenant: str
    contexts: tuple[str, ...] = ("callers", "hotline", "from-trunk", "from-pstn")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings, with the defaults of production where a default is safe."""

    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
    owner_database_url: str = field(default="", repr=False)
    exchanges: tuple[Exchange, ...] = ()
    encryption_keys: tuple[str, ...] = field(default=(), repr=False)
    hash_key: str = field(default="", repr=False)
    tenant: str = "yunzhou"
    host: str = "127.0.0.1"
    port: int = 8765
    public_url: str = ""
    files: Path = Path(".data/files")
    zone: str = "Asia/Shanghai"
    standard_s: int = 15
    short_abandon_s: int = 5
    wrap_up_s: int = 10
    snapshot_s: float = 30.0
    session_hours: int = 12
    metrics_token: str = field(default="", repr=False)
    positions_host: str = "127.0.0.1"
    positions_port: int = 0
    positions_token: str = field(default="", repr=False)
    tile_url: str = ""
    tile_datum: str = "wgs84"
    feeds_loopback: bool = False
    demo: bool = False
    log_level: str = "INFO"


_WHOLE = ("port", "positions_port", "standard_s", "short_abandon_s", "wrap_up_s", "session_hours")


def load(env: Mapping[str, str]) -> Settings:
    """Read the settings from an environment; SettingsError names the one that is wrong."""
    given = {name: value for name, value in env.items() if name.startswith(PREFIX)}
    values: dict[str, object] = {}
    known = {spec.name for spec in fields(Settings)}
    for name, value in given.items():
        key = name.removeprefix(PREFIX).lower()
        if key.endswith("_file") and key.removesuffix("_file") in known:
            key, value = key.removesuffix("_file"), _secret(name, value)  # noqa: PLW2901
        if key == "cache":
            continue
        if key not in known:
            raise SettingsError(f"unknown setting {name}", name=name)
        values[key] = _read(name, key, value)
    for key in ("database_url", "redis_url"):
        if not values.get(key):
            raise SettingsError(f"{PREFIX}{key.upper()} is not set", name=key)
    settings = Settings(**values)  # type: ignore[arg-type]
    _check(settings)
    return settings


def _secret(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise SettingsError(f"{name}: cannot read {path}: {error.strerror}", name=name) from error


def _read(name: str, key: str, value: str) -> object:
    try:
        match key:
            case "exchanges":
                return tuple(exchange(url) for url in value.split(";") if url.strip())
            case "encryption_keys":
                return tuple(part.strip() for part in value.split(",") if part.strip())
            case "demo" | "feeds_loopback":
                return {"1": True, "true": True, "0": False, "false": False}[value.lower()]
            case "files":
                return Path(value)
            case "snapshot_s":
                return float(value)
            case "log_level":
                return value.upper()
            case _ if key in _WHOLE:
                return int(value)
            case _:
                return value
    except (KeyError, ValueError) as error:
        raise SettingsError(f"{name}: cannot read {value!r} ({error})", name=name) from error


def exchange(url: str) -> Exchange:
    """Read `ami://user:secret@host:port/name?tenant=T&contexts=a,b`; ValueError says what is missing."""
    parts = urlsplit(url.strip())
    name = parts.path.strip("/")
    if parts.scheme != "ami" or not parts.hostname or not parts.username or not name:
        raise ValueError("an exchange is ami://user:secret@host:port/name?tenant=T")
    query = parse_qs(parts.query)
    contexts = query.get("contexts", [""])[0]
    more = {"contexts": tuple(contexts.split(","))} if contexts else {}
    return Exchange(
        name=name,
        host=parts.hostname,
        port=parts.port or 5038,
        username=unquote(parts.username),
        secret=unquote(parts.password or ""),
        tenant=query.get("tenant", ["yunzhou"])[0],
        **more,
    )


def _check(settings: Settings) -> None:
    try:
        ZoneInfo(settings.zone)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise SettingsError(f"{PREFIX}ZONE: no such zone {settings.zone!r}") from error
    if not settings.encryption_keys or not settings.hash_key:
        raise SettingsError(f"{PREFIX}ENCRYPTION_KEYS and {PREFIX}HASH_KEY must be set")
    names = [item.name for item in settings.exchanges]
    if len(set(names)) != len(names):
        raise SettingsError(f"{PREFIX}EXCHANGES: a name stands twice in {names}")
    parts = urlsplit(settings.tile_url)
    if settings.tile_url and (
        parts.scheme not in ("http", "https")
        or not parts.hostname
        or not all(part in settings.tile_url for part in ("{x}", "{y}", "{z}"))
    ):
        raise SettingsError(f"{PREFIX}TILE_URL: not https://host/...{{z}}...{{x}}...{{y}}")
    if settings.tile_datum not in ("wgs84", "gcj02"):
        raise SettingsError(f"{PREFIX}TILE_DATUM: {settings.tile_datum!r} is not wgs84 or gcj02")
    if settings.log_level not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise SettingsError(f"{PREFIX}LOG_LEVEL: {settings.log_level!r} is not a level")
