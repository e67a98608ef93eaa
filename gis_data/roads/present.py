"""The network as it is now, in this process: asked of the tables each time, made anew only where they differ.

Every process comes to the same version from the same rows, so none has to be told. A version is put in place
whole by one assignment; a route that is being looked for stays on the one it began with.
"""

import hashlib
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from gis_data.roads import closures, speeds
from gis_data.roads.network import Ground, Network, ground
from gis_data.roads.table import RoadTable
from models.clock import Instant
from models.errors import NotFound
from models.process import give_back
from models.store.db import tenant_of
from models.tables import City, Closure

SPEEDS_EVERY_S = 3.0
"""Speeds are looked for no more often than this: a feed tells them by the minute."""


class _Held(NamedTuple):
    city: int
    sha256: str
    network: Network
    open: frozenset[int]
    speeds: str
    looked: Instant


class Roads:
    """The present network of every tenant of this process.

    load : (tenant id, SHA-256 of a city version) -> its road table.
    """

    def __init__(self, load: Callable[[int, str], RoadTable]) -> None:
        self._load = load
        self._held: dict[int, _Held] = {}
        self._making = threading.Lock()

    def network(self, session: Session, *, now: Instant) -> Network:
        """Return the network of the transaction's tenant as it is now; NotFound while no city is active."""
        tenant = tenant_of(session)
        city, sha256 = _active(session)
        held = self._held.get(tenant)
        open_ = closures.current_ids(session, now=now)
        told, looked = _told(session, held, now)
        if held and (held.city, held.open, held.speeds) == (city, open_, told):
            self._held[tenant] = held._replace(looked=looked)
            return held.network
        with self._making:
            before = self._held.get(tenant)
            if before is None or before.city != city:
                before = _fresh(city, sha256, self._ground(tenant, sha256))
            network = _renewed(session, before, open_, told, now)
            self._held[tenant] = _Held(city, sha256, network, open_, told, looked)
        return network

    def _ground(self, tenant: int, sha256: str) -> Ground:
        """Return the ground of a city version, shared by all tenants that have it."""
        alike = (held.network.ground for held in self._held.values() if held.sha256 == sha256)
        shared = next(alike, None)
        if shared is None:
            shared = ground(self._load(tenant, sha256))
            give_back()
        return shared


def network_of(session: Session, shared: Ground, *, now: Instant) -> Network:
    """Return the present network of the active city on its ground, made from the tables alone."""
    open_, told = closures.current_ids(session, now=now), speeds.stamp(session, now=now)
    return _renewed(session, _fresh(*_active(session), shared), open_, told, now)


def _active(session: Session) -> tuple[int, str]:
    city = session.execute(select(City.id, City.sha256).where(City.active)).first()
    if city is None:
        raise NotFound("no city is active")
    return city.id, city.sha256


def _fresh(city: int, sha256: str, shared: Ground) -> _Held:
    return _Held(city, sha256, Network(shared), frozenset(), "", 0.0)


def _told(session: Session, held: _Held | None, now: Instant) -> tuple[str, Instant]:
    """Return the stamp of the speeds, and when it was looked at."""
    if held and 0 <= now - held.looked < SPEEDS_EVERY_S:
        return held.speeds, held.looked
    return speeds.stamp(session, now=now), now


def _renewed(
    session: Session, held: _Held, open_: frozenset[int], told: str, now: Instant
) -> Network:
    """Return a version with what is open now, made of one before by what differs."""
    network, table = held.network, held.network.table
    said = f"{held.sha256} {sorted(open_)} {told}"
    # the same name in every process that sees the same rows
    version = hashlib.sha256(said.encode()).hexdigest()[:12]
    for gone in held.open - open_:
        network = network.lift(gone, version=version)
    fresh = select(Closure).where(Closure.id.in_(open_ - held.open)).order_by(Closure.id)
    for row in session.scalars(fresh):
        ids = row.edges if row.city_id == held.city else closures.edges_in(network.ground, row)
        edges = table.find(ids)
        network = network.close(row.id, edges[edges >= 0], version=version)
    if told != held.speeds:
        found = speeds.current(session, now=now)
        places = table.find(list(found)).tolist()
        driven = zip(places, found.values(), strict=True)
        network = network.drive({edge: kmh for edge, kmh in driven if edge >= 0}, version=version)
    return replace(network, version=version)
