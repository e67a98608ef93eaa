"""Evacuation (转移安置): which people to which shelter, so that nobody is left out while there is room.

Pure but for `shelters`. The least sum of people's drive times (scipy's `linprog`; the problem is a transport
problem, so whole people come out), after as many of them as there is room for. A place whose people nobody knows
goes where most room is left within reach, uncounted.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import shapely
from scipy import optimize, sparse
from sqlalchemy import select
from sqlalchemy.orm import Session

from command.queries import may_see
from gis_data.roads.many import matrix
from gis_data.roads.network import Network, Stop
from gis_data.roads.table import Floats
from gis_data.surroundings import Kind
from models.tables import Shelter
from tickets.moving import Actor

UNKNOWN = -1
NOT_MOVED = frozenset({"shelter", "camera", "bridge"})
"""Kinds of places where nobody is to be moved from."""


class Group(NamedTuple):
    """People in one place: -1 where nobody knows how many."""

    id: str
    label: str
    people: int
    lon: float
    lat: float


class Haven(NamedTuple):
    """A shelter with room for so many more."""

    code: str
    label: str
    room: int
    lon: float
    lat: float


class Move(NamedTuple):
    """So many people (-1 unknown) of a group to a shelter. nearest : the shelter that would be soonest; why : empty
    when it is this one, `full` when its room goes to others, who would have had to go further."""

    group: str
    label: str
    people: int
    shelter: str
    shelter_label: str
    seconds: float
    nearest: str
    nearest_label: str
    nearest_seconds: float
    why: str


class Left(NamedTuple):
    """People for whom there is no place. why : `room` (all within reach are full), `no_way`, `off_road`."""

    group: str
    label: str
    people: int
    why: str


class Evacuation(NamedTuple):
    """Who goes where, who is left; shelter -> how many of its free places are taken."""

    moves: tuple[Move, ...]
    left: tuple[Left, ...]
    taken: dict[str, int]


def shelters(
    session: Session, *, actor: Actor, outside: shapely.Geometry | None = None
) -> list[Haven]:
    """Return the active shelters, those inside an area (WGS-84) left out: nobody is safe there."""
    may_see(actor)
    rows = session.scalars(
        select(Shelter)
        .where(Shelter.active)
        .order_by(Shelter.code)
        .execution_options(populate_existing=True)
    )
    found = [Haven(r.code, r.label, max(0, r.capacity - r.occupied), r.lon, r.lat) for r in rows]
    if outside is None:
        return found
    return [h for h in found if not shapely.intersects_xy(outside, h.lon, h.lat)]


def groups_of(kinds: Sequence[Kind]) -> list[Group]:
    """Return who is to be moved out of what an area holds (`surroundings.impact`)."""
    return [
        Group(hit.id, hit.name, hit.people, hit.lon, hit.lat)
        for kind in kinds
        if kind.kind not in NOT_MOVED
        for hit in kind.places
        if hit.people != 0
    ]


def evacuate(network: Network, groups: Sequence[Group], havens: Sequence[Haven]) -> Evacuation:
    """Return who goes where on the roads as they are open now."""
    stops = network.ground.snap(_points(groups))
    ends = network.ground.snap(_points(havens))
    seconds = np.full((len(groups), len(havens)), np.inf)
    rows = [n for n, stop in enumerate(stops) if isinstance(stop, Stop)]
    columns = [n for n, stop in enumerate(ends) if isinstance(stop, Stop)]
    if rows and columns:
        found = matrix(
            network, [stops[n] for n in rows], [ends[n] for n in columns]  # type: ignore[misc]
        )  # fmt: skip
        seconds[np.ix_(rows, columns)] = found
    return share(groups, havens, seconds, frozenset(range(len(groups))) - frozenset(rows))


def _points(places: Sequence[Group] | Sequence[Haven]) -> Floats:
    return np.array([[place.lon, place.lat] for place in places]).reshape(-1, 2)


def share(
    groups: Sequence[Group], havens: Sequence[Haven], seconds: Floats, off_road: frozenset[int] = frozenset()
) -> Evacuation:  # fmt: skip
    """Return who goes where, by the (groups, havens) seconds; infinite where no way leads."""
    people = _people(groups, havens, seconds)
    taken = people.sum(axis=0) if len(havens) else np.zeros(0, np.int64)
    moves, left = [], []
    for row, group in enumerate(groups):
        if group.people == UNKNOWN:
            spare = np.where(np.isfinite(seconds[row]), [h.room for h in havens] - taken, 0)
            best = int(spare.argmax()) if len(havens) else -1
            if best >= 0 and spare[best] > 0:
                moves.append(_move(group, UNKNOWN, best, havens, seconds[row]))
                continue
        moves += [
            _move(group, int(people[row, column]), column, havens, seconds[row])
            for column in np.flatnonzero(people[row]).tolist()
        ]
        rest = group.people if group.people == UNKNOWN else group.people - int(people[row].sum())
        if rest:
            reached = len(havens) and np.isfinite(seconds[row]).any()
            why = "off_road" if row in off_road else "room" if reached else "no_way"
            left.append(Left(group.id, group.label, rest, why))
    return Evacuation(
        tuple(moves), tuple(left),
        {h.code: int(n) for h, n in zip(havens, taken, strict=True) if n},
    )  # fmt: skip


def _people(
    groups: Sequence[Group], havens: Sequence[Haven], seconds: Floats
) -> np.typing.NDArray[np.int64]:
    """Return how many of each group go to each shelter: the transport problem."""
    people = np.zeros(seconds.shape, np.int64)
    known = np.array([group.people > 0 for group in groups], np.bool_)
    rows, columns = np.nonzero(np.isfinite(seconds) & known[:, None])
    if not len(rows):
        return people
    each = np.arange(len(rows))
    ones = np.ones(len(rows))
    out = sparse.csr_array((ones, (rows, each)), shape=(len(groups), len(rows)))
    into = sparse.csr_array((ones, (columns, each)), shape=(len(havens), len(rows)))
    most = [max(0, group.people) for group in groups] + [haven.room for haven in havens]
    cost = seconds[rows, columns]
    # a place for one more is worth any detour of the others
    worth = float(cost.max()) * (len(groups) + len(havens) + 1) + 1.0
    found = optimize.linprog(
        cost - worth, A_ub=sparse.vstack([out, into]), b_ub=most, method="highs-ds"
    )
    if found.x is None:  # to move nobody is always allowed
        raise RuntimeError(f"evacuation: {found.message}")
    people[rows, columns] = np.round(found.x)
    return people


def _move(group: Group, people: int, column: int, havens: Sequence[Haven], seconds: Floats) -> Move:
    nearest = int(seconds.argmin())
    haven, near = havens[column], havens[nearest]
    return Move(
        group.id, group.label, people, haven.code, haven.label, float(seconds[column]), near.code, near.label,
        float(seconds[nearest]), "" if seconds[column] <= seconds[nearest] else "full",
    )  # fmt: skip
