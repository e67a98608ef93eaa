"""Ways of response units: what a drive takes, why there is none, and how a change of it is accounted for."""

import hashlib
from typing import NamedTuple

import numpy as np

from gis_data.roads import routes
from gis_data.roads.network import Network, Stop
from gis_data.roads.routes import Route, Unreachable

NONE = -1.0
"""Seconds and metres where no way leads, or none is known."""


class Drive(NamedTuple):
    """The best way as figures."""

    seconds: float = NONE
    metres: float = NONE


def way(network: Network, lonlat: tuple[float, float], scene: Stop) -> Route | Unreachable | None:
    """Return the best way (least time, closures and speeds of now) from a place; None when it is on no road."""
    start = network.ground.snap(np.array([lonlat]))[0]
    return routes.route(network, start, scene, "time") if isinstance(start, Stop) else None


def drive(network: Network | None, lonlat: tuple[float, float], scene: Stop | None) -> Drive:
    """Return what the best way takes."""
    if network is None or scene is None:
        return Drive()
    found = way(network, lonlat, scene)
    return Drive(found.time, found.length) if isinstance(found, Route) else Drive()


def cut_off(
    network: Network, lonlat: tuple[float, float], scene: Stop
) -> tuple[str, tuple[int, ...]]:
    """Return why no way leads from a place to the scene, and the closures that lifting would open it."""
    found = way(network, lonlat, scene)
    if isinstance(found, Unreachable):
        return found.cause, found.closures
    return "", ()


def closed_mark(network: Network | None) -> str:
    """Return what is the same as long as the same closures count."""
    return "" if network is None else _mark(sorted(network.closures))


def driven_mark(network: Network | None) -> str:
    """Return what is the same as long as the same speeds are driven."""
    return "" if network is None else _mark(sorted(network.speeds.items()))


def _mark(said: object) -> str:
    return hashlib.sha256(repr(said).encode()).hexdigest()[:12]
