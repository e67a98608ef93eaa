"""The criterion `around`: tickets within some metres of a spot, or within the sector a wind blows over."""

import math
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, func

from models.errors import BadInput
from models.tables import Ticket

EARTH_M = 6_371_008.8
DEGREE_M = math.pi * EARTH_M / 180
MOST_M = 100_000.0


class Around(NamedTuple):
    """A circle of `metres` round a WGS-84 point, or of it the sector away from where the wind comes from.

    wind : degrees clockwise from north the wind comes from; spread : degrees of the whole angle, 360 for a circle.
    """

    lon: float
    lat: float
    metres: float
    wind: float = 0.0
    spread: float = 360.0


def read(text: str) -> Around:
    """Read `lon,lat,metres` or `lon,lat,metres,wind,spread`; BadInput (field `around`) when it is neither."""
    try:
        parts = [float(part) for part in text.split(",")]
    except ValueError as error:
        raise BadInput(f"around {text[:40]!r}", field="around") from error
    if len(parts) not in (3, 5) or not all(map(math.isfinite, parts)):
        raise BadInput(f"around {text[:40]!r}", field="around")
    found = Around(*parts)
    known = abs(found.lon) <= 180 and abs(found.lat) < 89 and 0 < found.metres <= MOST_M
    if not (known and 0 < found.spread <= 360):
        raise BadInput(f"around {text[:40]!r}", field="around")
    return found


def metres(lon: float, lat: float, to_lon: float, to_lat: float) -> float:
    """Return how far two WGS-84 points lie apart on the sphere."""
    y, to_y = math.radians(lat), math.radians(to_lat)
    half = math.sin((to_y - y) / 2) ** 2
    half += math.cos(y) * math.cos(to_y) * math.sin(math.radians(to_lon - lon) / 2) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(half))


def inside(area: Around) -> ColumnElement[bool]:
    """Return the condition that a ticket's point lies inside, on the sphere, whatever its point is worth."""
    high = area.metres / DEGREE_M
    wide = high / math.cos(math.radians(min(89.5, abs(area.lat) + high)))
    lat, lon = func.radians(Ticket.lat), func.radians(Ticket.lon)
    y, x = math.radians(area.lat), math.radians(area.lon)
    half = func.pow(func.sin((lat - y) / 2), 2) + math.cos(y) * func.cos(lat) * func.pow(
        func.sin((lon - x) / 2), 2
    )
    found = [
        Ticket.lat.between(area.lat - high, area.lat + high),
        Ticket.lon.between(area.lon - wide, area.lon + wide),
        2 * EARTH_M * func.asin(func.sqrt(half)) <= area.metres,
    ]
    if area.spread < 360:
        toward = math.radians(area.wind + 180)
        bearing = func.atan2(
            func.sin(lon - x) * func.cos(lat),
            math.cos(y) * func.sin(lat) - math.sin(y) * func.cos(lat) * func.cos(lon - x),
        )
        found.append(func.cos(bearing - toward) >= math.cos(math.radians(area.spread / 2)))
    return and_(*found)
