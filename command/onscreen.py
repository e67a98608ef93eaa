"""What the centre's map shows of forces (K-19): where each unit is and how it stands, and what every depot has.

How units stand and where they are are sections apart: the first seldom changes, the second is a few bytes a unit.
"""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from command import forces
from command.forces import UnitLine
from gis_data.coordinates import from_wgs84
from models.clock import Instant
from models.tables import Depot, Supply

NEVER = -1
"""In place of the instant a lost unit was last heard: it never was, and is shown at its station."""


def sections(session: Session, *, district: str, now: Instant, datum: str) -> dict[str, Any]:
    """Return the sections `units`, `where` and `depots` of one district and of none (empty: the whole city).

    units : code -> [label, type, state, progress, number of its incident, empty where that is another district's].
    where : code -> [x, y, lost] as a map on tiles of `datum` draws it, to a metre; lost = 0, or the instant (s) since
    when nothing is heard, or `NEVER`. depots : [label, [x, y], [[label, amount, measure, low], ...]], by code.
    """
    lines = [
        line for line in forces.everywhere(session, now=now)
        if not district or line.row.district in ("", district)
    ]  # fmt: skip
    return {
        "units": {line.row.code: _stands(line, district) for line in lines},
        "where": {line.row.code: [*_xy(line.lon, line.lat, datum), _lost(line)] for line in lines},
        "depots": _depots(session, district, datum),
    }


def _stands(line: UnitLine, district: str) -> list[str]:
    row, bound = line.row, line.bound
    theirs = bound is not None and (not district or bound.district in ("", district))
    return [
        row.label, row.type, row.state,
        bound.progress if bound else "", bound.no if bound and theirs else "",
    ]  # fmt: skip


def _lost(line: UnitLine) -> int:
    if line.row.heard_at is None:
        return NEVER
    return int(line.row.heard_at.timestamp()) if line.stale else 0


def _xy(lon: float, lat: float, datum: str) -> list[float]:
    return [round(float(each), 5) for each in from_wgs84(lon, lat, datum)]


def _depots(session: Session, district: str, datum: str) -> list[list[Any]]:
    wanted = [Depot.active, *([Depot.district.in_((district, ""))] if district else [])]
    rows = session.execute(
        select(Depot, Supply)
        .outerjoin(Supply, Supply.depot == Depot.code)
        .where(*wanted)
        .order_by(Depot.code, Supply.code)
    ).all()
    found: dict[str, list[Any]] = {}
    for depot, supply in rows:
        shown = found.setdefault(depot.code, [depot.label, _xy(depot.lon, depot.lat, datum), []])
        if supply is not None:
            low = supply.amount < supply.floor
            shown[2].append([supply.label, supply.amount, supply.measure, int(low)])
    return list(found.values())
