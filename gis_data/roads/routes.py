"""Routes: the best way between two places, what it says of itself, and why there may be none."""

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from gis_data.roads import ends
from gis_data.roads.lines import bearings, cut, points
from gis_data.roads.network import Network, Stop
from gis_data.roads.search import FAR, ball, best
from gis_data.roads.table import Floats, Ints
from gis_data.roads.weights import By, Weights

Turn = Literal[
    "depart", "straight", "slight_right", "right", "sharp_right", "turn_back", "sharp_left", "left",
    "slight_left",
]  # fmt: skip
Cause = Literal["closed", "one_way", "island"]
TURNS: tuple[tuple[float, Turn], ...] = (
    (20, "straight"), (45, "slight_right"), (120, "right"), (170, "sharp_right"), (190, "turn_back"),
    (240, "sharp_left"), (315, "left"), (340, "slight_left"), (361, "straight"),
)  # fmt: skip
"""A turn by the degrees the bearing changes, clockwise, each up to the one that is told."""
AHEAD = ("straight", "slight_left", "slight_right")
OPENING = 1e9
"""What a closed edge costs when the fewest that would have to be opened are looked for."""


class Piece(NamedTuple):
    """An edge of a route and which part of it is driven, as fractions of it."""

    edge: int
    start: float
    end: float


class Step(NamedTuple):
    """A stretch on one road: its name, how one turns into it, metres and seconds."""

    road: str
    turn: Turn
    length: float
    time: float


@dataclass(frozen=True)
class Unreachable:
    """No way, and why.

    cause : `closed` (naming the closures that stand on the way through with the fewest closed edges:
    lifting them opens it), `one_way` (one-way streets or forbidden turns let nobody through), `island`
    (no road leads there at all). trap : for one_way, whether one cannot leave the start or reach the end.
    """

    version: str
    cause: Cause
    closures: tuple[int, ...] = ()
    trap: Literal["", "start", "end"] = ""


@dataclass(frozen=True)
class Route:
    """A way through one version of the network.

    length : metres; time : seconds; closures : those that keep it from the way that would be best if
    nothing were closed. points : (n, 2) WGS-84 degrees. start, end : the places it joins.
    """

    version: str
    by: By
    start: Stop
    end: Stop
    pieces: tuple[Piece, ...]
    steps: tuple[Step, ...]
    length: float
    time: float
    closures: tuple[int, ...]
    points: Floats

    @property
    def edges(self) -> list[int]:
        """Return the edges driven on, in order."""
        return [piece.edge for piece in self.pieces]

    def geojson(self) -> dict[str, Any]:
        """Return the route as a GeoJSON Feature with its figures, WGS-84."""
        return {
            "type": "Feature",
            "geometry": {"type": "LineString", "coordinates": np.round(self.points, 7).tolist()},
            "properties": {
                "version": self.version, "by": self.by, "length": round(self.length, 1),
                "time": round(self.time, 1), "closures": list(self.closures),
                "to_road": [round(self.start.distance, 1), round(self.end.distance, 1)],
                "steps": [step._asdict() for step in self.steps],
            },
        }  # fmt: skip


def route(network: Network, start: Stop, end: Stop, by: By = "time") -> Route | Unreachable:
    """Return the shortest or the quickest way from `start` to `end` as the roads are open now."""
    free = way(network, network.free[by], start, end)
    if free is None:
        return _cut_off(network, start, end)
    held = network.holding(piece.edge for piece in free[1])
    if not held:  # closing roads makes none cheaper: what is best of all and open is best
        return describe(network, by, start, end, free[1])
    found = way(network, network.now[by], start, end)
    if found is None:
        return Unreachable(network.version, "closed", _in_the_way(network, by, start, end))
    return describe(network, by, start, end, found[1], held)


Way = tuple[float, tuple[Piece, ...]]


def way(network: Network, weights: Weights, start: Stop, end: Stop) -> Way | None:
    """Return the cost of the best way by some weights, and its pieces; None if there is none."""
    pace = network.ground.pace if weights.base is network.ground.graph.time else 1.0
    leaving, arriving = ends.leaving(weights, [start])[0], ends.arriving(weights, [end])[0]
    cost, edge, begin, stop = ends.direct(weights, start, end)
    found = best(weights, leaving, arriving, pace=pace)
    if found is None or found.cost >= cost:
        return (cost, (Piece(edge, begin, stop),)) if edge >= 0 else None
    first, last = int(leaving.edge[found.start]), int(arriving.edge[found.end])
    return found.cost, (
        *(Piece(e, part, 1.0) for e, part in start.on if e == first),
        *(Piece(e, 0.0, 1.0) for e in found.edges),
        *(Piece(e, 0.0, part) for e, part in end.on if e == last),
    )


def describe(
    network: Network, by: By, start: Stop, end: Stop, pieces: tuple[Piece, ...],
    closures: tuple[int, ...] = (),
) -> Route:  # fmt: skip
    """Return a way with its steps, length, time and line, under the speeds driven now."""
    table = network.table
    on = np.array([piece.edge for piece in pieces], np.int32)
    share = np.array([piece.end - piece.start for piece in pieces])
    length, time = table.length[on] * share, network.free["time"].of_edges(on) * share
    drawn = _drawn(network, pieces, on)
    line = np.vstack(drawn) if drawn else np.array([start.lonlat, end.lonlat])
    moves = np.concatenate([[True], np.any(np.diff(line, axis=0) != 0, axis=1)])
    line = line[moves] if moves.sum() > 1 else line[:2]
    return Route(
        network.version, by, start, end, pieces, _steps(network, on, drawn, length, time),
        float(length.sum()), float(time.sum()), closures, line,
    )  # fmt: skip


def _drawn(network: Network, pieces: tuple[Piece, ...], on: Ints) -> list[Floats]:
    """Return the line of every piece, WGS-84."""
    at, owner = points(network.table, on)
    drawn = np.split(at, np.flatnonzero(np.diff(owner)) + 1) if len(pieces) else []
    for place in {0, len(pieces) - 1} if pieces else ():
        drawn[place] = cut(network.table, drawn[place], *pieces[place][1:])
    return drawn


def _steps(
    network: Network, on: Ints, drawn: list[Floats], length: Floats, time: Floats
) -> tuple[Step, ...]:
    if not drawn:
        return ()
    sides = np.array([[line[0], line[1], line[-2], line[-1]] for line in drawn])
    into, out = bearings(sides[1:, 0], sides[1:, 1]), bearings(sides[:-1, 2], sides[:-1, 3])
    turns: list[Turn] = ["depart", *map(_turn, ((into - out) % 360).tolist())]
    steps: list[Step] = []
    for edge, turn, metres, seconds in zip(
        on.tolist(), turns, length.tolist(), time.tolist(), strict=True
    ):
        name = network.table.name_of(edge)
        if steps and steps[-1].road == name and turn in AHEAD:
            last = steps[-1]
            steps[-1] = last._replace(length=last.length + metres, time=last.time + seconds)
        else:
            steps.append(Step(name, turn, metres, seconds))
    return tuple(steps)


def _turn(change: float) -> Turn:
    return next(turn for limit, turn in TURNS if change < limit)


# --- why there is none ------------------------------------------------------------------------


def _in_the_way(network: Network, by: By, start: Stop, end: Stop) -> tuple[int, ...]:
    """Return the closures on the way that crosses the fewest closed edges."""
    free = network.free[by]
    edges = np.sort(np.fromiter(network.count, np.int32, len(network.count)))
    dear = free.with_edges(edges, free.of_edges(edges) + OPENING)
    found = way(network, dear, start, end)
    return network.holding(piece.edge for piece in found[1]) if found else ()


def _cut_off(network: Network, start: Stop, end: Stop) -> Unreachable:
    """Return why there is no way even with all roads open."""
    weights, graph = network.free["length"], network.ground.graph
    leaving, arriving = ends.leaving(weights, [start])[0], ends.arriving(weights, [end])[0]
    if not np.isin(graph.weak[leaving.state], graph.weak[arriving.state]).any():
        return Unreachable(network.version, "island")
    there = ball(weights, leaving, FAR, backward=False, pace=1.0)
    back = ball(weights, arriving, FAR, backward=True, pace=1.0)
    out, into = (int(np.isfinite(found.distance[:-2]).sum()) for found in (there, back))
    return Unreachable(network.version, "one_way", trap="start" if out <= into else "end")
