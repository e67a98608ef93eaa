"""What pages may open: the database in the viewer's tenant, and the live facts of the system."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from command import media
from dashboard.auth import viewer
from dashboard.views.maps import Base, Look
from gis_data.city.bundle import City
from gis_data.city.present import open_city, present
from gis_data.ground import Ground, ground_of
from gis_data.roads import table
from gis_data.roads.network import Network
from gis_data.roads.present import Roads
from models.clock import now
from models.errors import NotFound, Unavailable
from models.rules.metrics import STANDARD, Limits
from models.settings import Settings
from models.store import db, streams
from models.store.crypto import Vault
from models.store.files import Files
from tickets import attachments

HOLDERS: attachments.Holders = {**attachments.HOLDERS, **media.HOLDERS}
"""All that files hang on."""


@dataclass(frozen=True, slots=True)
class Doors:
    """The process's connections, wired once by `dashboard.server`."""

    settings: Settings
    engine: Engine
    vault: Vault
    redis: "Redis"
    files: Files


_doors: list[Doors] = []


def wire(doors: Doors) -> None:
    """Hand the connections over, once at start."""
    _doors[:] = [doors]


def doors() -> Doors:
    """Return the process's connections."""
    return _doors[0]


@contextmanager
def reading() -> Iterator[Session]:
    """Open a transaction in the viewer's tenant."""
    with db.transaction(doors().engine, viewer().tenant_id) as session:
        yield session


writing = reading
"""The same door; the name says that the page means to change something."""


def ground() -> Ground:
    """Return the viewer's city as it is now; NotFound while the tenant has none."""
    store = doors().files
    with reading() as session:
        city = present(session, store)
    if city is None:
        raise NotFound("no city has been activated")
    return ground_of(city, doors().settings.files.with_name("cache"))


def city(session: Session) -> City | None:
    """Return the transaction's city as it is now, None while there is none."""
    return present(session, doors().files)


_roads = Roads(lambda tenant, sha256: table.of_city(open_city(doors().files, tenant, sha256)))


def network(session: Session) -> Network:
    """Return the viewer's roads as they are open now; the first use of a city builds its graph (seconds)."""
    return _roads.network(session, now=now())


def roads_of(session: Session) -> table.RoadTable | None:
    """Return the road table of the transaction's tenant, that of the maps; None while it has no city."""
    try:
        return network(session).table
    except NotFound:
        return None


def map_base(here: Ground, look: Look) -> Base:
    """Return what maps lie on: our own tiles, or the source the settings name."""
    settings = doors().settings
    return Base(here.city.manifest, here.version, look, settings.tile_url, settings.tile_datum)


def limits() -> Limits:
    """Return the limits by which the floor's figures are judged."""
    settings = doors().settings
    return STANDARD._replace(
        standard_s=settings.standard_s, short_abandon_s=settings.short_abandon_s
    )


def system_view() -> dict[str, Any]:
    """Return every process, stream, source and dead letter of the viewer's tenant, for the system page.

    Raises Unavailable when Redis is away; a lost database is said inside the answer.
    """
    tenant = viewer().tenant
    redis = doors().redis
    try:
        return {
            "processes": _processes(redis),
            "streams": [_stream(redis, name) for name in _streams(tenant)],
            "sources": sources(redis, tenant),
            "dead": _dead(redis, tenant),
            "database": database_state(),
        }
    except RedisError as error:
        raise Unavailable(f"redis: {error}") from error


def _processes(redis: "Redis") -> list[dict[str, Any]]:
    names = sorted(redis.scan_iter("beat:*", count=200))
    bodies: Any = redis.mget(names) if names else []
    found = []
    for body in bodies:
        if body:
            fact = msgspec.json.decode(body)
            kind, _, place = fact["name"].partition("@")
            host, _, pid = place.rpartition(":")
            found.append({"detail": "", "lag": 0, **fact, "name": kind, "host": host, "pid": pid})
    return found


def _streams(tenant: str) -> tuple[str, ...]:
    return (
        streams.floor_stream(tenant),
        streams.floor_delta(tenant),
        streams.ledger_stream(tenant),
        streams.dead_stream(tenant),
    )


def _stream(redis: "Redis", name: str) -> dict[str, Any]:
    if not redis.exists(name):
        return {"name": name, "length": 0, "groups": []}
    groups: Any = redis.xinfo_groups(name)
    return {
        "name": name,
        "length": redis.xlen(name),
        "groups": [
            {"name": g["name"].decode(), "pending": g["pending"], "lag": g.get("lag") or 0}
            for g in groups
        ],
    }


def sources(redis: "Redis", tenant: str) -> list[dict[str, Any]]:
    """Return the links to the exchanges as their workers last told."""
    found = []
    for key in sorted(redis.scan_iter(streams.source_key(tenant, "*"), count=200)):
        fields: Any = redis.hgetall(key)
        found.append(streams.source_facts(fields))
    return found


def _dead(redis: "Redis", tenant: str) -> list[dict[str, Any]]:
    rows: Any = redis.xrevrange(streams.dead_stream(tenant), count=50)
    return [
        {
            "id": entry.decode(), "at": float(fields[b"at"]), "where": fields[b"where"].decode(),
            "error": fields[b"error"].decode(), "raw": fields[b"raw"].decode("utf-8", "replace"),
        }
        for entry, fields in rows
    ]  # fmt: skip


def database_state() -> dict[str, Any]:
    """Return whether the database answers, and how fast in milliseconds."""
    started = now()
    try:
        with doors().engine.connect() as connection:
            version = connection.scalar(text("SHOW server_version"))
    except Exception as error:
        return {"ok": False, "error": type(error).__name__}
    return {"ok": True, "version": version, "ms": round((now() - started) * 1000, 1)}
