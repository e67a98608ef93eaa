"""The ring expressways: two one-way carriageways each, tied to the arterials by ramps."""

from typing import NamedTuple

import numpy as np

from gis_data.city.demo.ground import BANK, Array
from gis_data.city.demo.streets import Plan, Road, Spot

Place = tuple[float, float]


class Ring(NamedTuple):
    """A rounded rectangle in lattice steps, with the arterials it meets on its straight sides."""

    kind: str
    name: str
    half_i: float
    half_j: float
    corner: float
    columns: tuple[int, ...]
    rows: tuple[int, ...]


RINGS = (
    Ring("trunk", "二环快速路", 43.5, 37.5, 14.0, (-16, 0, 16), (-16, 16)),
    Ring("motorway", "绕城高速", 91.5, 77.5, 30.0, (-32, 0, 32), (-32, 32)),
)
_APART = 0.14
"""Half the distance of the carriageways, in steps."""
_REACH = 2.4
"""How far before and after the arterial its ramps leave and join, in steps."""


def rings(plan: Plan) -> tuple[list[tuple[tuple[Place, ...], Road]], set[Spot]]:
    """Return the carriageways and ramps as paths in the direction of travel, and where ramps land."""
    pieces: list[tuple[tuple[Place, ...], Road]] = []
    landings: set[Spot] = set()
    lattice = {spot for edge in plan.edges for spot in edge}
    for ring in RINGS:
        for side in (1, -1):  # the outer carriageway runs against the clock, the inner with it
            outline = _outline(ring, side * _APART)[::side]
            stops = []
            for crossing in _crossings(ring):
                landing = _landing(crossing, side, lattice)
                if landing is None:
                    continue
                middle = _nearest(outline, crossing[0])
                off, on = _at(outline, middle - _REACH), _at(outline, middle + _REACH)
                stops += [(off, middle - _REACH), (on, middle + _REACH)]
                link = Road(f"{ring.kind}_link", f"{ring.name}匝道", 1)
                pieces += [((off, landing), link), ((landing, on), link)]
                landings.add(landing)
            stops += [(_at(outline, s), s) for s in _shores(outline)]
            stops.sort(key=lambda stop: stop[1])
            road = Road(ring.kind, ring.name, 1)
            for (_, start), (_, end) in zip(stops, [*stops[1:], stops[0]], strict=True):
                pieces.append((_between(outline, start, end), road))
    return pieces, landings


def _outline(ring: Ring, wider: float) -> Array:
    """Return the closed carriageway against the clock, (n, 2) lattice positions, about a step apart."""
    wide, tall, corner = ring.half_i + wider, ring.half_j + wider, ring.corner + wider
    points = []
    corners = ((1, 1, 0.0), (-1, 1, 90.0), (-1, -1, 180.0), (1, -1, 270.0))
    for x, y, start in corners:
        turn = np.deg2rad(np.linspace(start, start + 90.0, 12))
        points += [
            (x * (wide - corner) + corner * np.cos(t), y * (tall - corner) + corner * np.sin(t))
            for t in turn
        ]
    points.append(points[0])
    path = np.array(points)
    along = _along(path)
    even = np.linspace(0.0, along[-1], int(along[-1]))
    return np.column_stack([np.interp(even, along, path[:, k]) for k in (0, 1)])


def _along(path: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(path, axis=0).T))])


def _crossings(ring: Ring) -> list[tuple[Place, Place]]:
    """Return where the ring meets arterials: the place, and the direction outwards."""
    found: list[tuple[Place, Place]] = []
    for side in (1, -1):
        found += [((float(c), side * ring.half_j), (0.0, float(side))) for c in ring.columns]
        found += [((side * ring.half_i, float(r)), (float(side), 0.0)) for r in ring.rows]
    return found


def _landing(crossing: tuple[Place, Place], side: int, lattice: set[Spot]) -> Spot | None:
    """Return the arterial's junction a step beyond the carriageway, on its own side."""
    (i, j), (di, dj) = crossing
    reach = side * 1.5
    spot = (round(i + di * reach), round(j + dj * reach))
    return spot if spot in lattice else None


def _shores(outline: Array) -> list[float]:
    """Return how far along the outline it reaches and leaves the river."""
    along, rows = _along(outline), np.abs(outline[:, 1])
    turns = np.flatnonzero(np.diff(rows < BANK + 0.5))
    return [float(along[k]) for k in turns]


def _nearest(outline: Array, place: Place) -> float:
    """Return how far along the outline it comes nearest to a place."""
    return float(_along(outline)[np.hypot(*(outline - place).T).argmin()])


def _at(outline: Array, distance: float) -> Place:
    along = _along(outline)
    where = distance % along[-1]
    return (
        float(np.interp(where, along, outline[:, 0])), float(np.interp(where, along, outline[:, 1]))
    )  # fmt: skip


def _between(outline: Array, start: float, end: float) -> tuple[Place, ...]:
    """Return the outline from one distance to another, over its seam if need be."""
    along = _along(outline)
    whole = along[-1]
    start, end = start % whole, end % whole
    end = end if end > start else end + whole
    steps = [s for s in [*along[:-1], *(along[:-1] + whole)] if start + 0.3 < s < end - 0.3]
    return (_at(outline, start), *(_at(outline, s) for s in steps), _at(outline, end))
