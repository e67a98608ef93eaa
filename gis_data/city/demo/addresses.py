"""Addresses of the demo city: doors numbered along the roads, compounds and their buildings."""

from collections import defaultdict
from collections.abc import Iterator

import geopandas as gpd
import numpy as np
import shapely

from gis_data.city.demo.ground import (
    BLOCK,
    block_kind,
    built_land,
    chance,
    degrees,
    in_lake,
    metres,
)
from gis_data.city.demo.names import RESERVED_ESTATES, Names
from gis_data.city.demo.network import Network, Piece
from gis_data.city.demo.regions import Regions
from gis_data.city.layers import WGS84

_APART_M = {"primary": 110.0, "secondary": 100.0, "tertiary": 120.0, "residential": 260.0}
_ASIDE_M = {"primary": 32.0, "secondary": 26.0, "tertiary": 22.0, "residential": 14.0}
_STEP_M = 125.0
_CORNER_M = 12.0
_COUNTRY = ("国道", "省道", "县道")
_LANDMARKS = (
    ("人民广场", "人民东路", "1号", 6.0, 15.2), ("金桥市场", "工农北路", "66号", 30.0, 12.0),
    ("云州市人民政府", "人民东路", "9号", 2.5, 16.6), ("云州火车站", "太平东路", "1号", 4.0, 56.6),
    ("会展中心", "会展东路", "18号", 10.0, -23.0),
)  # fmt: skip
"""Name, road, number, lattice position."""

Row = tuple[str, str, str, float, float]
"""Road, number, name, lattice position."""


def addresses(network: Network, regions: Regions) -> gpd.GeoDataFrame:
    """Return the layer `addresses`, every row with the district, street and grid it lies in."""
    rows = [*_doors(network), *_compounds(network)]
    rows += [(road, number, name, i, j) for name, road, number, i, j in _LANDMARKS]
    points = shapely.points(degrees(*metres(*np.array([row[3:] for row in rows]).T)))
    grids = regions.grids
    at, of = shapely.STRtree(grids.geometry.to_numpy()).query(points, predicate="within")
    rows, points = [rows[index] for index in at], points[at]
    codes = grids["code"].iloc[of].tolist()
    return gpd.GeoDataFrame(
        {
            "id": [f"d{number:05}" for number in range(1, len(rows) + 1)],
            "road": [row[0] for row in rows], "number": [row[1] for row in rows],
            "name": [row[2] for row in rows], "district": [code[:6] for code in codes],
            "street": [code[:9] for code in codes], "grid": codes,
        },
        geometry=points, crs=WGS84,
    )  # fmt: skip


def _doors(network: Network) -> Iterator[Row]:
    """Number the doors of every named road from its beginning: odd on the left, even on the right."""
    roads: dict[str, list[Piece]] = defaultdict(list)
    for piece in network.pieces:
        kind, name, _ = piece.road
        if kind in _APART_M and name and name[-2:] not in _COUNTRY and not piece.bridge:
            roads[name].append(piece)
    for name in sorted(roads):
        luck = chance(f"doors {name}")
        number, ahead = 1, 0.35 * _APART_M[roads[name][0].road.kind]
        for piece in sorted(roads[name], key=lambda piece: (piece.path[0], piece.path[-1])):
            apart, aside = _APART_M[piece.road.kind], _ASIDE_M[piece.road.kind] / _STEP_M
            line = np.array(piece.path)
            along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line, axis=0).T))]) * _STEP_M
            ahead_x, ahead_y = (line[-1] - line[0]) / np.hypot(*(line[-1] - line[0]))
            for where in np.arange(ahead, along[-1] - _CORNER_M, apart):
                x, y = (float(np.interp(where, along, line[:, axis])) for axis in (0, 1))
                for door, side in ((number, aside), (number + 1, -aside)):
                    slip = (luck.random() - 0.5) * 0.15
                    yield (
                        name, f"{door}号", "", x - ahead_y * side + ahead_x * slip,
                        y + ahead_x * side + ahead_y * slip,
                    )  # fmt: skip
                number += 2
            # the next stretch goes on in the same rhythm
            passed = max(0.0, np.ceil((along[-1] - _CORNER_M - ahead) / apart)) * apart
            ahead = max(ahead + passed - along[-1], _CORNER_M)


def _compounds(network: Network) -> Iterator[Row]:
    """Place compounds in the quarters of built blocks, each with a gate number and its buildings."""
    names = Names()
    luck = chance("compounds")
    spots = [(name, i, j) for name, i, j in RESERVED_ESTATES]
    for a, b in sorted(built_land()):
        if block_kind((a, b)) not in ("home", "business"):
            continue
        for x in (2, 6):
            for y in (2, 6):
                i, j = a * BLOCK + x + luck.random() - 0.5, b * BLOCK + y + luck.random() - 0.5
                if luck.random() < 0.36 and abs(j) > 2.5 and not in_lake(i, j, 1.1):
                    spots.append((names.estate(), i, j))
    roads = network.nearest([(i, j) for _, i, j in spots])
    for road, (name, i, j) in zip(roads, spots, strict=True):
        gate = f"{2 * luck.randrange(1, 60)}号"
        yield road, gate, name, i, j
        for building in range(1, luck.randrange(4, 10)):
            off = (building % 4 - 1.5) * 0.28, (building // 4 - 1.0) * 0.3
            yield road, gate, f"{name}{building}号楼", i + off[0], j + off[1]
