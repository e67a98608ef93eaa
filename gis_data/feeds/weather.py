"""The weather at a place, of the nearest station that told of it and is not stale."""

from typing import NamedTuple

import numpy as np
import shapely
from sqlalchemy import select
from sqlalchemy.orm import Session

from gis_data.coordinates import lengths
from models.clock import Instant, to_datetime
from models.tables import CityState

NEAR_M = 30_000.0
"""A wind measured farther away is another wind."""
CALM_M_S = 0.5
"""Below this a vane points anywhere."""


class Wind(NamedTuple):
    """A wind: degrees clockwise from north it comes from, metres a second, who measured it, how far away, when."""

    from_deg: float
    m_s: float
    station: str
    metres: float
    at: Instant


def wind_at(session: Session, lon: float, lat: float, *, now: Instant) -> Wind | None:
    """Return the wind at a WGS-84 place, None where no fresh station near it knows of one."""
    fresh = select(CityState).where(
        CityState.bureau == "weather", CityState.until > to_datetime(now),
        CityState.facts.has_key("wind_from_deg"), CityState.facts.has_key("wind_m_s"),
    )  # fmt: skip
    rows = [row for row in session.scalars(fresh) if row.facts["wind_m_s"] >= CALM_M_S]
    if not rows:
        return None
    metres = lengths([shapely.LineString([(lon, lat), (row.lon, row.lat)]) for row in rows])
    nearest = int(np.argmin(metres))
    row = rows[nearest]
    if metres[nearest] > NEAR_M:
        return None
    return Wind(
        row.facts["wind_from_deg"] % 360, row.facts["wind_m_s"], row.label,
        float(metres[nearest]), row.at.timestamp(),
    )  # fmt: skip
