"""Who may tell positions: the devices of the response units, and a fleet's gateway that speaks for all of them."""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from command.positions.limits import Bucket
from command.resources import digest
from models.clock import Instant
from models.tables import ResponseUnit

GATEWAY = "*"
DEVICE_RATE, DEVICE_BURST = 10.0, 1000.0
"""Fixes a second of one device, and how many at once after a gap: a quarter of an hour."""
GATEWAY_RATE, GATEWAY_BURST = 5000.0, 20_000.0


class Device(NamedTuple):
    """A unit's device. digest : SHA-256 of its secret, empty when it has none."""

    unit: str
    digest: str


class Sender(NamedTuple):
    """Who sends: a device, or `GATEWAY`; digest : of the secret it showed."""

    name: str
    digest: str


@dataclass(frozen=True)
class Roster:
    """The devices of a tenant by their id. gateway : digest of the gateway's secret, empty for none."""

    devices: Mapping[str, Device]
    gateway: str = ""

    def of_token(self, token: str) -> Sender | None:
        """Return whose secret this is, None when it is nobody's."""
        shown = digest(token)
        if self.gateway and hmac.compare_digest(self.gateway, shown):
            return Sender(GATEWAY, shown)
        for name, device in self.devices.items():
            if device.digest and hmac.compare_digest(device.digest, shown):
                return Sender(name, shown)
        return None

    def admits(self, sender: Sender) -> bool:
        """Say whether a sender may send now: its secret may have been made void."""
        known = self.devices.get(sender.name)
        own = known is not None and bool(known.digest)
        own = known is not None and own and hmac.compare_digest(known.digest, sender.digest)
        return own or self._is_gateway(sender)

    def unit_of(self, sender: Sender, device: str) -> str:
        """Return the unit a sender may tell of by a device's id, empty when it may not or there is none."""
        known = self.devices.get(device)
        if known is None:
            return ""
        if sender.name == device or (sender.name == GATEWAY and self._is_gateway(sender)):
            return known.unit
        return ""

    def _is_gateway(self, sender: Sender) -> bool:
        return bool(self.gateway) and hmac.compare_digest(self.gateway, sender.digest)


def roster(session: Session, gateway_token: str = "") -> Roster:
    """Return the devices of the units in use."""
    found = session.execute(
        select(ResponseUnit.device, ResponseUnit.code, ResponseUnit.token_digest).where(
            ResponseUnit.device != "", ResponseUnit.active
        )
    )
    devices = {device: Device(code, kept) for device, code, kept in found}
    return Roster(devices, digest(gateway_token) if gateway_token else "")


class Allowance:
    """What each sender may still send."""

    def __init__(self) -> None:
        self._buckets: dict[str, Bucket] = {}

    def take(self, sender: Sender, count: int, now: Instant) -> float:
        """Return 0 when a sender may send so many fixes now, else the seconds to wait."""
        bucket = self._buckets.get(sender.name)
        if bucket is None:
            gateway = sender.name == GATEWAY
            rate, burst = (GATEWAY_RATE, GATEWAY_BURST) if gateway else (DEVICE_RATE, DEVICE_BURST)
            bucket = self._buckets[sender.name] = Bucket(rate, burst)
        return bucket.take(count, now)
