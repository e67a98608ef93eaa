"""The versions of a tenant's city: bundles in the file store, one row each, one of them active.

Switching is one transaction; who reads sees the old version or the new one, whole. Nothing is ever removed.
"""

import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Engine, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from gis_data.actor import Actor, System
from gis_data.city.manifest import SHIPPED, read_manifest
from models.clock import Instant, to_datetime
from models.errors import NotFound, Refused, WrongStatus
from models.events.place import CityActivated
from models.store import db, outbox, streams
from models.store.chain import audit
from models.store.files import Files
from models.tables.place import City

PERMISSION = "admin.parameters"
SYSTEM = System(frozenset({PERMISSION}))
_CHUNK = 1 << 20


def add(
    session: Session,
    store: Files,
    path: Path,
    *,
    report: Mapping[str, Any],
    actor: Actor,
    now: Instant,
) -> City:
    """Keep a bundle as a new version, not yet active; one kept already is returned as it is.

    BadInput when the file is no bundle, Unavailable when the disk will not take it.
    """
    _may(actor)
    digest, manifest = read_manifest(path)
    tenant = db.tenant_of(session)
    with store.receive(tenant) as incoming, path.open("rb") as file:
        while part := file.read(_CHUNK):
            incoming.write(part)
        incoming.keep()
    made: City | None = session.scalar(
        insert(City)
        .values(
            tenant_id=tenant, name=manifest.name, sha256=digest, manifest=msgspec.to_builtins(manifest),
            report=dict(report), imported_at=to_datetime(now), imported_by=actor.user_id,
        )
        .on_conflict_do_nothing(index_elements=[City.tenant_id, City.sha256])
        .returning(City)
    )  # fmt: skip
    if made is None:
        return session.scalars(select(City).where(City.sha256 == digest)).one()
    audit(
        session, actor=actor.ref, verb="city_added", subject=f"city:{made.id}", now=now,
        sha256=digest, name=manifest.name,
    )  # fmt: skip
    return made


def activate(
    session: Session, city_id: int, *, was: int | None, actor: Actor, now: Instant
) -> City:
    """Make a version the active one; `was` is the one the actor saw active (None: none).

    NotFound for an unknown one, WrongStatus when it is active already or somebody switched meanwhile.
    """
    _may(actor)
    row = session.get(City, city_id)
    if row is None:
        raise NotFound(f"no city version {city_id}")
    if was == city_id:
        raise WrongStatus(f"city version {city_id} is active already", reason="active")
    moved = WrongStatus("the city was switched meanwhile", reason="switched")
    if was is not None:
        left = update(City).where(City.id == was, City.active).values(active=False)
        if session.scalar(left.returning(City.id)) is None:
            raise moved
    try:
        with session.begin_nested():  # the index allows one active version
            session.execute(
                update(City)
                .where(City.id == city_id)
                .values(active=True, activated_at=to_datetime(now))
            )
    except IntegrityError as error:
        raise moved from error
    session.refresh(row)
    audit(
        session, actor=actor.ref, verb="city_activated", subject=f"city:{city_id}", now=now,
        was=was, sha256=row.sha256,
    )  # fmt: skip
    event = CityActivated(
        id=f"city-{city_id}-{secrets.token_hex(4)}", at=now, actor=actor.ref, city=city_id,
        sha256=row.sha256, was=was or 0,
    )  # fmt: skip
    outbox.record(session, streams.place_stream(db.tenant_of(session)), event)
    return row


def roll_back(session: Session, *, was: int, actor: Actor, now: Instant) -> City:
    """Go back to the version that was active before `was`; NotFound when there was none."""
    before = session.scalar(
        select(City.id)
        .where(City.id != was, City.activated_at.is_not(None))
        .order_by(City.activated_at.desc())
        .limit(1)
    )
    if before is None:
        raise NotFound("no version was active before")
    return activate(session, before, was=was, actor=actor, now=now)


def active(session: Session) -> City | None:
    """Return the tenant's active version, if there is one."""
    return session.scalar(select(City).where(City.active))


def versions(session: Session, limit: int = 100) -> list[City]:
    """Return the newest versions first."""
    return list(session.scalars(select(City).order_by(City.id.desc()).limit(limit)))


def seed_demo(engine: Engine, tenant_id: int, store: Files, *, now: Instant) -> None:
    """Give a tenant without any city the shipped demo city, active."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(City.id).limit(1)) is None:
            row = add(session, store, SHIPPED, report={}, actor=SYSTEM, now=now)
            activate(session, row.id, was=None, actor=SYSTEM, now=now)


def _may(actor: Actor) -> None:
    if PERMISSION not in actor.can:
        raise Refused(f"{actor.ref} lacks {PERMISSION}", permission=PERMISSION)
