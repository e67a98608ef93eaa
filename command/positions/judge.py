"""Which fixes are believed: clocks that are wrong, places nobody can have driven to, what comes late or twice. Pure.

A device's clock is compared with itself: how long it drove from one fix to the next it knows, whatever hour it
thinks it is.
"""

from typing import Literal, NamedTuple

from command.positions.fix import Fix
from models.clock import Instant
from tickets.around import metres

AHEAD_S = 60.0
"""A fix from further in the future has a wrong clock."""
OLD_S = 300.0
"""So has one from further back, unless it is one of a heap that waited for a link."""
FASTEST_MS = 60.0
"""Metres a second nobody drives."""
DOUBTS = 5
"""So many fixes that agree with each other are believed against the one before them: that one was wrong."""
PACE = 3
"""Old fixes in a row that come at the pace of their clock: the clock fell behind, they did not wait."""
RELAX_S = 1.0
"""How much of the shortest delay seen is forgotten with every fix: clocks are set."""

Verdict = Literal["moved", "late", "duplicate", "jump"]


class Known(NamedTuple):
    """What is known of a unit: its last believed fix, and what is doubted since.

    told, at, heard : by the device's clock, by ours, when it came. lag : the shortest recent delay between the
    device's clock and ours. doubted, doubts : the last unbelievable fix and how many agreed. old, paced : the last
    fix of long ago, and how many in a row came at the pace of their clock.
    """

    told: Instant
    at: Instant
    heard: Instant
    lon: float
    lat: float
    skewed: bool = False
    lag: float = 0.0
    doubted: Fix | None = None
    doubts: int = 0
    old: Fix | None = None
    paced: int = 0


class Judged(NamedTuple):
    """What a fix is. at : when it was so, by our clock; pressed : when its button was; known : what is known now."""

    verdict: Verdict
    at: Instant
    pressed: Instant
    skewed: bool
    known: Known


def judge(known: Known | None, fix: Fix) -> Judged:
    """Return what a fix is, and what is known of its unit after it."""
    delay = fix.heard - fix.told
    lag = delay if known is None else min(known.lag + RELAX_S, delay)
    skewed = delay < -AHEAD_S or delay > OLD_S
    at = fix.heard if skewed else fix.told
    pressed = min(fix.told + lag, fix.heard)
    if known is None:
        return Judged("moved", at, pressed, skewed, _moved(fix, at, skewed, lag))
    known = known._replace(lag=lag)
    back = known.told - fix.told
    if back == 0:
        return Judged("duplicate", known.at, pressed, known.skewed, known)
    clock_set = back > OLD_S and known.skewed
    if back > 0 and not clock_set:
        known = _paced(known, fix) if skewed else known._replace(old=None, paced=0)
        if known.paced < PACE:
            verdict: Verdict = "jump" if _jumps(known, fix, abs(back)) else "late"
            return Judged(verdict, fix.told, pressed, False, known)
        clock_set = True
    if _jumps(known, fix, fix.heard - known.heard if clock_set else -back):
        known = _doubted(known, fix)
        if known.doubts < DOUBTS:
            return Judged("jump", at, pressed, skewed, known)
    return Judged("moved", at, pressed, skewed, _moved(fix, at, skewed, lag))


def _moved(fix: Fix, at: Instant, skewed: bool, lag: float) -> Known:
    return Known(fix.told, at, fix.heard, fix.lon, fix.lat, skewed, lag)


def _jumps(known: Known, fix: Fix, seconds: float) -> bool:
    away = metres(known.lon, known.lat, fix.lon, fix.lat)
    return away > FASTEST_MS * max(seconds, 1.0)


def _doubted(known: Known, fix: Fix) -> Known:
    before = known.doubted
    agrees = before is not None and (
        metres(before.lon, before.lat, fix.lon, fix.lat)
        <= FASTEST_MS * max(abs(fix.told - before.told), 1.0)
    )
    return known._replace(doubted=fix, doubts=known.doubts + 1 if agrees else 1)


def _paced(known: Known, fix: Fix) -> Known:
    """Count an old fix that came as long after the one before as it was made after it; a heap comes at once."""
    before = known.old
    if before is None:
        return known._replace(old=fix, paced=1)
    made, came = fix.told - before.told, fix.heard - before.heard
    in_pace = made > 0 and came >= made / 2
    return known._replace(old=fix, paced=known.paced + 1 if in_pace else 1)


# --- arriving -------------------------------------------------------------------------------

DWELL_S = 20.0
"""So long a unit is near a scene before it is taken to have arrived: it did not pass by."""


class Scene(NamedTuple):
    """Where a bound unit is expected. near_m : within it the unit is there."""

    assignment: int
    lon: float
    lat: float
    near_m: float


def near_since(since: Instant | None, scene: Scene, fix: Fix, at: Instant) -> Instant | None:
    """Return since when a unit has been near a scene, None while it is not."""
    if metres(fix.lon, fix.lat, scene.lon, scene.lat) > scene.near_m:
        return None
    return at if since is None else since
