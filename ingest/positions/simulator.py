"""The stand-in for vehicles' devices: the tenant's units driven along its roads, told over TCP as real ones do."""

import asyncio
import contextlib
import logging
import random
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np
from sqlalchemy import Engine, select

from command.positions import units
from gis_data.city.present import open_city
from gis_data.roads import table
from gis_data.roads.network import Network, Stop
from gis_data.roads.present import Roads
from gis_data.roads.routes import Route, route
from ingest.loop import STORE_LOST
from ingest.positions.vehicles import Order, Place, Vehicle, line_of
from models.clock import Instant, now
from models.settings import Settings
from models.store import db
from models.store.files import Files
from models.tables import ResponseUnit

log = logging.getLogger(__name__)

TICK_S = 1.0
ORDERS_S = 2.0
PARKED_S = 10.0
"""A parked vehicle tells its place so often."""
AROUND_DEG = 0.03
"""Patrols go so far from the station, about three kilometres."""
PLACES = 40


class Radio:
    """A vehicle's connection; a lost one is dialled again, and what could not be sent is not kept."""

    def __init__(self, host: str, port: int, device: str, token: str) -> None:
        self._address = host, port
        self._hello = f"HELLO {device} {token}\n".encode()
        self._writer: asyncio.StreamWriter | None = None
        self._hearing: asyncio.Task[None] | None = None

    async def send(self, line: bytes) -> bool:
        """Send a line; False when nobody was there."""
        try:
            if self._writer is None or self._writer.is_closing():
                await self._dial()
            if self._writer is not None:
                self._writer.write(line)
                await self._writer.drain()
        except OSError:
            self.close()
            return False
        return True

    async def _dial(self) -> None:
        self.close()
        reader, self._writer = await asyncio.open_connection(*self._address)
        self._writer.write(self._hello)
        self._hearing = asyncio.ensure_future(self._hear(reader))

    async def _hear(self, reader: asyncio.StreamReader) -> None:
        with contextlib.suppress(OSError):
            while answer := await reader.readline():
                if answer.startswith(b"ERR"):
                    log.warning("told %s", answer.decode("utf-8", "replace").strip())
        self.close()

    def close(self) -> None:
        """Hang up."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


class Simulator:
    """Drives the units of the house's own tenant."""

    def __init__(
        self, settings: Settings, engine: Engine, *, host: str, port: int, seed: int
    ) -> None:
        self._settings = settings
        self._engine = engine
        self._address = host, port
        self._seed = seed
        files = Files(settings.files)
        self._roads = Roads(lambda tenant, sha256: table.of_city(open_city(files, tenant, sha256)))
        self._network: Network | None = None
        self._vehicles: dict[str, Vehicle] = {}
        self._radios: dict[str, Radio] = {}
        self._orders: dict[str, Order] = {}
        self._said: dict[str, Instant] = {}

    async def run(self) -> None:
        """Drive for ever; a store that is away leaves the vehicles with what they were told."""
        looked = 0.0
        while True:
            began = now()
            if began - looked >= ORDERS_S:
                looked = began
                try:
                    await asyncio.to_thread(self._look)
                except STORE_LOST as error:
                    log.warning("vehicles: %s", error)
            buttons = await asyncio.to_thread(self._drive, began)
            await asyncio.gather(
                *(self._tell(unit, status, began) for unit, status in buttons.items())
            )
            await asyncio.sleep(max(0.0, TICK_S - (now() - began)))

    def _look(self) -> None:
        """Read the units, what they are bound to, and the roads as they are open now."""
        with db.transaction(
            self._engine, db.tenant_id_of(self._engine, self._settings.tenant)
        ) as session:
            self._network = self._roads.network(session, now=now())
            rows = session.scalars(
                select(ResponseUnit)
                .where(ResponseUnit.active, ResponseUnit.device != "")
                .order_by(ResponseUnit.code)
            ).all()
            found = units.orders(session)
        for row in rows:
            if row.code not in self._vehicles:
                self._vehicles[row.code] = self._vehicle(row, self._network)
                token = self._settings.positions_token
                self._radios[row.code] = Radio(*self._address, row.device, token)
        self._orders = {unit: Order(*order) for unit, order in found.items()}

    def _vehicle(self, row: ResponseUnit, network: Network) -> Vehicle:
        chance = random.Random(f"{self._seed}-{row.code}")  # noqa: S311 - a stand-in's dice
        station = (row.station_lon, row.station_lat)
        made = Vehicle(row.code, row.device, station, _around(network, station, chance), chance)
        if row.lon is not None and row.lat is not None:
            made.place = (row.lon, row.lat)  # it goes on from where it was seen last
        made.until = now() + chance.uniform(0, 40)
        return made

    def _drive(self, at: Instant) -> dict[str, str]:
        """Let every crew do what is due; return unit -> button, of those that have something to tell."""
        told = {}
        for unit, vehicle in self._vehicles.items():
            status = vehicle.step(self._orders.get(unit), self._plan, at)
            due = vehicle.drives or at - self._said.get(unit, 0.0) >= PARKED_S
            if status or due:
                self._said[unit] = at
                told[unit] = status
        return told

    def _plan(self, start: Place, end: Place) -> Sequence[Place] | None:
        network = self._network
        if network is None:
            return None
        stops = network.ground.snap(np.array([start, end]))
        first, last = stops
        if not (isinstance(first, Stop) and isinstance(last, Stop)):
            return None
        found = route(network, first, last)
        if not isinstance(found, Route):
            return None
        return [(float(lon), float(lat)) for lon, lat in found.points]

    async def _tell(self, unit: str, status: str, at: Instant) -> None:
        vehicle = self._vehicles[unit]
        said = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds")
        line = line_of(vehicle.device, vehicle.spot(at), status, said)
        if await self._radios[unit].send(line) and status:
            log.info("%s -> %s", unit, status)


def _around(network: Network, station: Place, chance: random.Random) -> list[Place]:
    """Return some crossings near a station."""
    nodes = network.table.lonlat
    near = np.flatnonzero(np.abs(nodes - np.array(station)).max(axis=1) < AROUND_DEG)
    picked = chance.sample(near.tolist(), min(PLACES, len(near)))
    return [(float(nodes[node][0]), float(nodes[node][1])) for node in picked]
