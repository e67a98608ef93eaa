"""Positions written down: each unit's last, its thinned track, and what of the tracks is old enough to go."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from command.positions.fix import Fix
from models.clock import Instant, to_datetime
from models.store.db import tenant_of

EVERY_S = 5
"""A track has one point of each so many seconds, and every point at which a button was pressed."""
PURGED_AT_ONCE = 20_000


class Point(NamedTuple):
    """A believed fix and when it was so, by our clock."""

    fix: Fix
    at: Instant


_MOVE = text("""
UPDATE response_unit AS u
SET lon = v.lon, lat = v.lat, speed = v.speed, heading = v.heading,
    fixed_at = v.at, heard_at = v.heard
FROM unnest(
    CAST(:unit AS text[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]), CAST(:speed AS float8[]),
    CAST(:heading AS float8[]), CAST(:at AS timestamptz[]), CAST(:heard AS timestamptz[])
) AS v(unit, lon, lat, speed, heading, at, heard)
WHERE u.tenant_id = :tenant AND u.code = v.unit
  AND (u.heard_at IS NULL OR u.heard_at < v.heard)
""")
_TRACK = text("""
INSERT INTO unit_track (tenant_id, unit, at, lon, lat, speed, heading)
SELECT :tenant, v.unit, v.at, v.lon, v.lat, v.speed, v.heading
FROM unnest(
    CAST(:unit AS text[]), CAST(:lon AS float8[]), CAST(:lat AS float8[]), CAST(:speed AS float8[]),
    CAST(:heading AS float8[]), CAST(:at AS timestamptz[]), CAST(:since AS timestamptz[]),
    CAST(:pressed AS boolean[])
) AS v(unit, lon, lat, speed, heading, at, since, pressed)
WHERE v.pressed OR NOT EXISTS (
    SELECT 1 FROM unit_track AS t
    WHERE t.tenant_id = :tenant AND t.unit = v.unit
      AND t.at >= v.since AND t.at < v.since + make_interval(secs => :every)
)
ON CONFLICT DO NOTHING
""")
_PURGE = text("""
DELETE FROM unit_track WHERE ctid IN (
    SELECT t.ctid FROM unit_track AS t
    WHERE t.at < :before AND NOT EXISTS (
        SELECT 1 FROM assignment AS a
        WHERE a.unit = t.unit AND a.opened_at <= t.at AND (a.closed_at IS NULL OR a.closed_at >= t.at)
    )
    LIMIT :most
)
""")


def keep(session: Session, latest: Mapping[str, Point], points: Iterable[Point]) -> None:
    """Write each unit's last position, and of all points those its track needs; doing it twice changes nothing.

    latest : unit code -> the fix that moved it. A position that was heard before the one in the row moves nothing.
    """
    moves = [latest[unit] for unit in sorted(latest)]  # one order of locks for all who write
    if moves:
        heard = [to_datetime(point.fix.heard) for point in moves]
        session.execute(_MOVE, {**_columns(session, moves), "heard": heard})
    thin = thinned(points)
    if thin:
        more = {
            "since": [to_datetime(point.at // EVERY_S * EVERY_S) for point in thin],
            "pressed": [bool(point.fix.status) for point in thin], "every": EVERY_S,
        }  # fmt: skip
        session.execute(_TRACK, {**_columns(session, thin), **more})


def thinned(points: Iterable[Point]) -> list[Point]:
    """Return the first point of each unit and stretch of time, and every one with a button."""
    seen: set[tuple[str, int]] = set()
    kept = []
    for point in points:
        stretch = (point.fix.unit, int(point.at // EVERY_S))
        if stretch not in seen or point.fix.status:
            kept.append(point)
        seen.add(stretch)
    return kept


def _columns(session: Session, points: Sequence[Point]) -> dict[str, Any]:
    fixes = [point.fix for point in points]
    return {
        "tenant": tenant_of(session), "unit": [fix.unit for fix in fixes],
        "at": [to_datetime(point.at) for point in points],
        **{name: [getattr(fix, name) for fix in fixes] for name in ("lon", "lat", "speed", "heading")},
    }  # fmt: skip


def purge(session: Session, *, before: Instant) -> int:
    """Delete tracks of before an instant, a heap at a time; return how many points.

    What a unit drove while it was bound to an incident stays: replay needs it.
    """
    done: Any = session.execute(_PURGE, {"before": to_datetime(before), "most": PURGED_AT_ONCE})
    return int(done.rowcount)
