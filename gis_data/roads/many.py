"""Many ways at once: from many places to one, from one to many, and how far one gets in some minutes."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import shapely
from scipy import ndimage

from gis_data.roads import ends
from gis_data.roads.lines import points
from gis_data.roads.network import Network, Stop
from gis_data.roads.search import FAR, TRIES, Ball, Ends, ball, enclosed, spread
from gis_data.roads.table import Floats, Ints
from gis_data.roads.weights import By, Weights

Mask = npt.NDArray[np.bool_]
GRAIN_M = 50.0
"""The side of the squares an isochrone is made of; larger where it would take too many."""
GRAINS = 800
DETOUR = 1.25
"""How much longer than straight, at the pace of an ordinary road, the farthest of many ways is guessed to be. In a
town of 200,000 nodes that is enough in 99 of 100 searches (1.2 in 86); where it is not, the search is done again, twice
as far, and that costs more than it costs always to look a little further."""


def costs_to(network: Network, end: Stop, starts: Sequence[Stop], by: By = "time") -> Floats:
    """Return what the best way to `end` costs from each place, (n,) seconds or metres, infinite if none."""
    return _costs(network, end, starts, by, backward=True)


def costs_from(network: Network, start: Stop, ends_: Sequence[Stop], by: By = "time") -> Floats:
    """Return what the best way from `start` costs to each place, (n,) seconds or metres, infinite if none."""
    return _costs(network, start, ends_, by, backward=False)


def matrix(
    network: Network, starts: Sequence[Stop], ends_: Sequence[Stop], by: By = "time"
) -> Floats:
    """Return what the best ways cost from every start to every end, (starts, ends)."""
    columns = [costs_to(network, end, starts, by) for end in ends_]
    return np.column_stack(columns) if columns else np.empty((len(starts), 0))


def _costs(network: Network, one: Stop, many: Sequence[Stop], by: By, *, backward: bool) -> Floats:
    weights, graph = network.now[by], network.ground.graph
    found = np.full(len(many), np.inf)
    here, there = (ends.arriving, ends.leaving) if backward else (ends.leaving, ends.arriving)
    begin = here(weights, [one])[0]
    other, owner = there(weights, many)
    for place, stop in enumerate(many):
        first, last = (stop, one) if backward else (one, stop)
        found[place] = ends.direct(weights, first, last)[0]
    if not len(begin.state) or not len(other.state):
        return found
    joined = np.isin(graph.weak[other.state], graph.weak[begin.state])
    owner = owner[joined]
    other = Ends(other.state[joined], other.cost[joined], other.edge[joined])
    pace = network.ground.pace if by == "time" else 1.0
    xy = graph.table.xy[graph.node[other.state]] - graph.table.xy[graph.node[begin.state[0]]]
    limit = (DETOUR * float(np.hypot(*xy.T).max(initial=0.0)) + 200.0) / pace
    asked = np.ones(len(owner), np.bool_)
    for tried in range(TRIES + 1):
        limit = limit if tried < TRIES else FAR
        reached = ball(weights, begin, limit, backward=backward, pace=pace)
        total = reached.of(other.state) + other.cost
        best = found.copy()
        np.minimum.at(best, owner, total)
        asked &= best[owner] > limit
        if tried == 0 and asked.any():
            asked &= ~_cut_off(weights, begin, other, asked, backward=backward)
        if not asked.any():
            break
        limit *= 2
    return best


def _cut_off(weights: Weights, begin: Ends, other: Ends, asked: Mask, *, backward: bool) -> Mask:
    """Return which of the ends asked for cannot be reached, as they, or the beginning, are shut in."""
    if shut := enclosed(weights, begin, backward=backward):
        return np.asarray(np.isinf(shut.of(other.state)))
    cut = np.zeros(len(asked), np.bool_)
    for place in np.flatnonzero(asked).tolist():
        here = slice(place, place + 1)
        one = Ends(other.state[here], other.cost[here], other.edge[here])
        shut = enclosed(weights, one, backward=not backward)
        cut[place] = shut is not None and bool(np.isinf(shut.of(begin.state)).all())
    return cut


# --- how far one gets -------------------------------------------------------------------------


def isochrone(network: Network, start: Stop, minutes: float) -> tuple[shapely.Geometry, Ints]:
    """Return how far one drives from a place in some minutes: a WGS-84 (Multi)Polygon, and the edges reached.

    The polygon covers what lies within some 100 m of a reached stretch of road; a block that is wholly
    surrounded belongs to it.
    """
    edges, share = _reached(network, start, minutes * 60.0)
    if not len(edges):
        return shapely.MultiPolygon(), edges
    return _polygon(network, edges, share), edges


def _reached(network: Network, start: Stop, seconds: float) -> tuple[Ints, Floats]:
    """Return the edges entered within some seconds, and which part of each: (n,) and (n, 2) fractions."""
    weights = network.now["time"]
    begin = ends.leaving(weights, [start])[0]
    first = [(e, part) for e, part in start.on if np.isfinite(weights.of_edges([e])[0])]
    own = np.array([e for e, _ in first], np.int32)
    begun = np.array([part for _, part in first])
    cost = weights.of_edges(own)
    parts = [np.column_stack([begun, np.minimum(1.0, begun + seconds / cost)]).reshape(-1, 2)]
    if not len(begin.state):
        return own, parts[0]
    found = ball(weights, begin, seconds, backward=False, pace=network.ground.pace)
    edges, left = _beyond(found, seconds)
    order = np.lexsort((-left, edges))
    edges, left = edges[order], left[order]
    once = np.concatenate([[True], np.diff(edges) > 0]) if len(edges) else np.empty(0, bool)
    edges, left = edges[once], left[once]
    end = np.minimum(1.0, left / weights.of_edges(edges))
    parts.append(np.column_stack([np.zeros(len(edges)), end]))
    return np.concatenate([own, edges]), np.vstack(parts)


def _beyond(found: Ball, seconds: float) -> tuple[Ints, Floats]:
    """Return the open edges that can be entered in time, and the seconds left at their beginning."""
    part = found.part
    near = np.flatnonzero(found.distance[:-2] < seconds)
    first = part.matrix.indptr[near]
    owner, inside = spread(part.matrix.indptr[near + 1] - first)
    place = first[owner] + inside
    open_ = np.isfinite(part.matrix.data[place])
    left = seconds - found.distance[near][owner]
    return part.graph.edge[part.arcs(place[open_])], left[open_]


def _polygon(network: Network, edges: Ints, share: Floats) -> shapely.Geometry:
    """Return what lies around stretches of road, as squares joined and smoothed."""
    table = network.table
    at, owner = points(table, edges)
    xy = table.metric(at)
    leg = np.flatnonzero(owner[1:] == owner[:-1])
    run = np.hypot(*(xy[leg + 1] - xy[leg]).T)
    total = np.bincount(owner[leg], weights=run, minlength=len(edges))
    along = np.cumsum(run) - run
    begin = along[np.searchsorted(owner[leg], np.arange(len(edges)))]
    width = float((xy.max(axis=0) - xy.min(axis=0)).max())
    grain = max(GRAIN_M, width / GRAINS)
    count = (run // (grain / 2) + 2).astype(np.int64)
    which, number = spread(count)
    fraction = number / (count[which] - 1)
    edge = owner[leg][which]
    done = (along[which] - begin[edge] + fraction * run[which]) / np.maximum(total[edge], 1e-9)
    inside = (done >= share[edge, 0] - 1e-9) & (done <= share[edge, 1] + 1e-9)
    spots = (xy[leg][which] + (xy[leg + 1] - xy[leg])[which] * fraction[:, None])[inside]
    return _squares(network, spots, grain)


def _squares(network: Network, spots: Floats, grain: float) -> shapely.Geometry:
    origin = spots.min(axis=0) - 4 * grain
    column, row = ((spots - origin) // grain).astype(np.int64).T
    full = np.zeros((row.max() + 5, column.max() + 5), np.bool_)
    full[row, column] = True
    near = np.array([[0, 1, 1, 1, 0], *[[1] * 5] * 3, [0, 1, 1, 1, 0]], np.bool_)
    full = ndimage.binary_fill_holes(ndimage.binary_dilation(full, near))
    below = np.diff(np.pad(full, ((1, 1), (0, 0))).astype(np.int8), axis=0)
    beside = np.diff(np.pad(full, ((0, 0), (1, 1))).astype(np.int8), axis=1)
    flat, upright = (np.argwhere(side) for side in (below, beside))
    corners = np.concatenate(
        [np.hstack([flat, np.add(flat, (0, 1))]), np.hstack([upright, np.add(upright, (1, 0))])]
    )
    sides = origin + grain * corners.reshape(-1, 2, 2)[:, :, ::-1]
    faces = shapely.get_parts(shapely.polygonize(shapely.linestrings(sides)))
    spots = shapely.get_coordinates(shapely.point_on_surface(faces))
    column, row = ((spots - origin) // grain).astype(np.int64).T
    area = shapely.simplify(shapely.union_all(faces[full[row, column]]), grain)
    return shapely.transform(area, network.table.degrees)
