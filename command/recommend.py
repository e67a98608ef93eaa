"""Which units to send: several needs at once, each unit for one of them, what must stay at home respected.

Pure. The objective, in this order: as few unmet needs as possible; then the least sum of drive times. The sum
and not the latest arrival: it is what a whole city loses of its forces' time, no unit is sent further than it
must be because another is late anyway, and the first unit at the scene is never traded for the last.

Without floors this is an assignment problem (scipy's `linear_sum_assignment`); where its answer would break a
floor the same problem is solved with them as a mixed-integer programme (HiGHS), first for the number of needs
met, then for the sum.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from scipy import optimize, sparse

from models.errors import BadInput

Why = Literal[
    "no_capability", "busy", "out_of_service", "understaffed", "stale", "district", "no_place", "off_road",
    "no_way", "reserve",
]  # fmt: skip
MOST = 99
"""No need asks for more units of one kind at once."""
Floats = npt.NDArray[np.float64]


class Floor(NamedTuple):
    """At least so many units of a capability stay available, in a district or ('') in the whole city."""

    capability: str
    district: str
    least: int


@dataclass(frozen=True, slots=True)
class Candidate:
    """A unit as it is now.

    seconds : drive to the scene, infinite where no way leads there. why : why it cannot be sent whatever is
    needed, empty when it can; spare : it counts for the floors (there, staffed, heard of).
    """

    code: str
    label: str
    capabilities: frozenset[str]
    district: str = ""
    seconds: float = 0.0
    why: Why | Literal[""] = ""
    spare: bool = True


class Near(NamedTuple):
    """A unit that comes into question for a need, too. taken_for : the other need it fills instead."""

    unit: str
    label: str
    seconds: float
    taken_for: str = ""


class Choice(NamedTuple):
    """A unit for a need.

    rank : its place among those chosen for the need, by drive time. nearer : units that would be sooner and were not
    taken for this need: they fill another, or stay in reserve. runner_up : the best not chosen for this need that
    could stand in for it, None if there is none.
    """

    capability: str
    unit: str
    label: str
    seconds: float
    rank: int
    nearer: tuple[Near, ...]
    runner_up: Near | None


class Ruled(NamedTuple):
    """A unit that is not sent, and why. floor : for `reserve`, the floor that sending it would break."""

    unit: str
    label: str
    why: Why
    seconds: float
    floor: Floor | None = None


class Need(NamedTuple):
    """How many units of a capability are asked for, and how many of them there are none for."""

    capability: str
    asked: int
    missing: int


@dataclass(frozen=True, slots=True)
class Recommendation:
    """What to send.

    ranking : capability -> codes in the order in which one would take them: the chosen, then the others that may
    be sent. problem : why nothing can be said of ways (no_place, outside, off_road, closed, one_way, island,
    no_city), empty when all is well; closures : those in the way where it is `closed`.
    """

    needs: tuple[Need, ...]
    choices: tuple[Choice, ...]
    ruled: tuple[Ruled, ...]
    ranking: Mapping[str, tuple[str, ...]]
    problem: str = ""
    closures: tuple[int, ...] = ()

    def chosen(self, capability: str) -> tuple[Choice, ...]:
        """Return the units chosen for a need, the soonest first."""
        return tuple(choice for choice in self.choices if choice.capability == capability)


def recommend(
    needs: Mapping[str, int],
    candidates: Sequence[Candidate],
    floors: Sequence[Floor] = (),
    problem: str = "",
    closures: tuple[int, ...] = (),
) -> Recommendation:
    """Return the best units for all needs at once; BadInput when a need asks for a number that cannot be."""
    if any(not 0 <= count <= MOST for count in needs.values()):
        raise BadInput(f"needs {dict(needs)}", field="count")
    asked = {capability: count for capability, count in sorted(needs.items()) if count}
    fit = sorted(
        (c for c in candidates if not c.why and not c.capabilities.isdisjoint(asked)),
        key=lambda c: (c.seconds, c.code),
    )
    limits = _limits(floors, candidates)
    taken = _solve(asked, fit, limits)
    held = _held(asked, fit, limits, taken)
    choices = _choices(asked, fit, limits, taken, held)
    ruled: list[Ruled] = []
    for c in candidates:
        reason = "no_capability" if c.capabilities.isdisjoint(asked) else c.why
        if reason:
            ruled.append(Ruled(c.code, c.label, reason, c.seconds))
    ruled += [
        Ruled(c.code, c.label, "reserve", c.seconds, held[c.code]) for c in fit if c.code in held
    ]
    return Recommendation(
        tuple(
            Need(capability, count, count - sum(1 for need in taken.values() if need == capability))
            for capability, count in asked.items()
        ),
        choices,
        tuple(ruled),
        {capability: _ranking(capability, fit, taken, held) for capability in asked},
        problem,
        closures,
    )


# --- floors -------------------------------------------------------------------------------------


class _Limit(NamedTuple):
    """Of these units at most `slack` may be taken, else `floor` breaks."""

    floor: Floor
    members: frozenset[str]
    slack: int


def _limits(floors: Iterable[Floor], candidates: Sequence[Candidate]) -> list[_Limit]:
    """Return what the floors allow; who is not there, or not heard of, is no reserve and breaks none."""
    able: dict[str, list[Candidate]] = {}
    for c in candidates:
        for capability in c.capabilities if c.spare else ():
            able.setdefault(capability, []).append(c)
    found = []
    for floor in floors:
        members = frozenset(
            c.code for c in able.get(floor.capability, ()) if floor.district in ("", c.district)
        )
        found.append(_Limit(floor, members, max(0, len(members) - floor.least)))
    return found


def broken(limits: Iterable[_Limit], taken: Iterable[str]) -> Floor | None:
    """Return the first floor that taking these units breaks, None if they all hold."""
    codes = frozenset(taken)
    return next((x.floor for x in limits if len(x.members & codes) > x.slack), None)


# --- solving ------------------------------------------------------------------------------------

Taken = dict[str, str]
"""Unit -> the need it fills."""


def _solve(asked: Mapping[str, int], fit: Sequence[Candidate], limits: Sequence[_Limit]) -> Taken:
    kept = _worth_a_look(asked, fit, limits)
    if not kept:
        return {}
    taken = _by_assignment(asked, kept)
    return taken if broken(limits, taken) is None else _by_programme(asked, kept, limits)


def _worth_a_look(
    asked: Mapping[str, int], fit: Sequence[Candidate], limits: Sequence[_Limit]
) -> list[Candidate]:
    """Return the units an optimum may take: of those that fill the same needs and count for the same floors, no
    more than there are needs, the soonest."""
    most, needs = sum(asked.values()), frozenset(asked)
    counts_for: dict[str, list[int]] = {}
    for place, limit in enumerate(limits):
        for code in limit.members:
            counts_for.setdefault(code, []).append(place)
    alike: Counter[tuple[frozenset[str], tuple[int, ...]]] = Counter()
    kept = []
    for c in fit:  # the soonest first
        kind = c.capabilities & needs, tuple(counts_for.get(c.code, ()))
        alike[kind] += 1
        if alike[kind] <= most:
            kept.append(c)
    return kept


def _by_assignment(asked: Mapping[str, int], fit: Sequence[Candidate]) -> Taken:
    """Solve without floors: a row for every unit asked for; the last columns mean that none is sent."""
    places = [capability for capability, count in asked.items() for _ in range(count)]
    seconds = np.array([c.seconds for c in fit])
    unmet = 1.0 + len(places) * float(seconds.max())  # dearer than all drives together
    cost = np.full((len(places), len(fit) + len(places)), np.inf)
    cost[:, len(fit) :] = unmet
    able = {need: np.array([need in c.capabilities for c in fit]) for need in asked}
    for row, need in enumerate(places):
        cost[row, : len(fit)][able[need]] = seconds[able[need]]
    rows, columns = optimize.linear_sum_assignment(cost)
    pairs = zip(rows.tolist(), columns.tolist(), strict=True)
    return {fit[column].code: places[row] for row, column in pairs if column < len(fit)}


def _by_programme(
    asked: Mapping[str, int], fit: Sequence[Candidate], limits: Sequence[_Limit]
) -> Taken:
    """Solve with floors: 0 or 1 for every pair of unit and need it can fill."""
    pairs = [(n, need) for n, c in enumerate(fit) for need in asked if need in c.capabilities]
    one_need = [[n == unit for n, _ in pairs] for unit in range(len(fit))]
    per_need = [[need == each for _, need in pairs] for each in asked]
    per_floor = [[fit[n].code in limit.members for n, _ in pairs] for limit in limits]
    matrix = sparse.csr_array(np.array([*one_need, *per_need, *per_floor], np.float64))
    most = np.array([*[1] * len(fit), *asked.values(), *(limit.slack for limit in limits)])
    within = optimize.LinearConstraint(matrix, -np.inf, most)
    met = _minimum(-np.ones(len(pairs)), [within])
    enough = optimize.LinearConstraint(np.ones((1, len(pairs))), met.sum(), np.inf)
    chosen = _minimum(np.array([fit[n].seconds for n, _ in pairs]), [within, enough])
    return {fit[n].code: need for (n, need), yes in zip(pairs, chosen, strict=True) if yes}


def _minimum(cost: Floats, constraints: Sequence[optimize.LinearConstraint]) -> Floats:
    found = optimize.milp(
        cost, constraints=constraints, integrality=np.ones(len(cost)), bounds=optimize.Bounds(0, 1),
        options={"mip_rel_gap": 0.0},
    )  # fmt: skip
    if found.x is None:  # to send nobody is always allowed
        raise RuntimeError(f"recommendation: {found.message}")
    return np.asarray(np.round(found.x))


# --- saying why ---------------------------------------------------------------------------------


def _held(
    asked: Mapping[str, int], fit: Sequence[Candidate], limits: Sequence[_Limit], taken: Taken
) -> dict[str, Floor]:
    """Return the units that stay at home for a floor's sake alone, and which floor it is.

    They would be sooner than one that is sent, or would fill a need that stays unmet.
    """
    met = {need: sum(1 for filled in taken.values() if filled == need) for need in asked}
    latest = {
        need: max((c.seconds for c in fit if taken.get(c.code) == need), default=0.0) for need in asked
    }  # fmt: skip
    found = {}
    for c in fit:
        if c.code in taken:
            continue
        wanted = any(
            met[need] < asked[need] or c.seconds < latest[need] for need in asked if need in c.capabilities
        )  # fmt: skip
        if wanted and (floor := broken(limits, [*taken, c.code])):
            found[c.code] = floor
    return found


def _choices(
    asked: Mapping[str, int], fit: Sequence[Candidate], limits: Sequence[_Limit], taken: Taken,
    held: Mapping[str, Floor],
) -> tuple[Choice, ...]:  # fmt: skip
    def near(c: Candidate) -> Near:
        return Near(c.code, c.label, c.seconds, taken.get(c.code, ""))

    choices = []
    for need in asked:
        chosen = [c for c in fit if taken.get(c.code) == need]
        others = [
            c for c in fit if need in c.capabilities and taken.get(c.code) != need
        ]  # the soonest first, as `fit`
        for rank, c in enumerate(chosen, 1):
            nearer = tuple(
                near(o)
                for o in others
                if o.seconds < c.seconds and (o.code in taken or o.code in held)
            )
            second = next((near(o) for o in others if _stands_in(o, c, limits, taken)), None)
            choices.append(Choice(need, c.code, c.label, c.seconds, rank, nearer, second))
    return tuple(choices)


def _stands_in(other: Candidate, chosen: Candidate, limits: Sequence[_Limit], taken: Taken) -> bool:
    """Return whether a unit could be sent in the place of a chosen one, or is sent already, for another need."""
    if other.code in taken:
        return True
    return broken(limits, [other.code, *(code for code in taken if code != chosen.code)]) is None


def _ranking(
    need: str, fit: Sequence[Candidate], taken: Taken, held: Mapping[str, Floor]
) -> tuple[str, ...]:
    able = [c.code for c in fit if need in c.capabilities]
    chosen = [code for code in able if taken.get(code) == need]
    return (*chosen, *(code for code in able if code not in taken and code not in held))
