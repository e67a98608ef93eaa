"""Where a ticket is, and how well that is known: precision, cell, default points. Pure.

A geocoder that finds nothing often answers with one fixed point, the city hall or the middle of a
district. Drawn as a place it is the hottest of the city and hides the others, so what sits on such a
point is set apart: not deleted, countable, and listed by its own criterion.
"""

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from h3.api import basic_int as h3

from models.errors import BadInput

Precision = Literal["point", "address", "place", "road", "street", "district", "default", ""]
PRECISIONS: tuple[Precision, ...] = get_args(Precision)
"""How exactly lon/lat say where, best first: set by hand, house number, known place, road; then the middle
of a 街道 or of a district, a geocoder's default point, nothing."""
TRUE: tuple[Precision, ...] = ("point", "address", "place", "road")
"""What counts as a true location: it may be drawn and tested."""
AREA: tuple[Precision, ...] = ("street", "district")
"""Only the area is known: counted for the area, never for a cell."""
CHOSEN: tuple[Precision, ...] = (*TRUE, *AREA, "")
"""What a form may say; that a point is a default one is found, never said."""

Located = Literal["yes", "area", "default", "no"]
LOCATED: tuple[Located, ...] = get_args(Located)
"""Every ticket is exactly one of these."""

RESOLUTION = 9
"""Of the cell kept with a ticket: hexagons of about 0.1 km2, 200 m from side to side."""
PILE = 20
"""Tickets on exactly one coordinate from which on it may be a default point."""
_DIGIT = 3
_FINEST = 15


def located(precision: str) -> Located:
    """Return how far a precision says where."""
    if precision in TRUE:
        return "yes"
    if precision in AREA:
        return "area"
    return "default" if precision == "default" else "no"


def cell_of(lon: float, lat: float) -> int:
    """Return the H3 cell (resolution 9) of a WGS-84 point as a number that fits a bigint."""
    return int(h3.latlng_to_cell(lat, lon, RESOLUTION))


def kept(
    lon: float | None, lat: float | None, precision: Precision
) -> tuple[Precision, int | None]:
    """Return (precision, cell) as a ticket keeps them: both empty without a point."""
    if lon is None or lat is None:
        return "", None
    return precision, cell_of(lon, lat)


def coarser(resolution: int) -> tuple[int, int]:
    """Return (kept, set) bits: `cell & kept | set` is the cell of a coarser resolution that holds `cell`."""
    return ~(0xF << 52), resolution << 52 | (1 << _DIGIT * (_FINEST - resolution)) - 1


def cell_range(cell: str) -> tuple[int, int]:
    """Return the first and the last number of the resolution-9 cells within `cell` (hex text).

    BadInput when it is no cell, or finer than what is kept with a ticket.
    """
    try:
        number = int(cell, 16)
    except ValueError as error:
        raise BadInput(f"no cell {cell!r}", field="cells") from error
    if not 0 <= number < 1 << 63 or not h3.is_valid_cell(number):
        raise BadInput(f"no cell {cell!r}", field="cells")
    resolution = h3.get_resolution(number)
    if resolution > RESOLUTION:
        raise BadInput(f"cell {cell!r} is finer than {RESOLUTION}", field="cells")
    # the digits below the cell run from 0 to 6, those below resolution 9 are all ones
    below = (1 << _DIGIT * (_FINEST - RESOLUTION)) - 1
    digits = RESOLUTION - resolution
    free = ((1 << _DIGIT * digits) - 1) << _DIGIT * (_FINEST - RESOLUTION)
    sixes = int("6" * digits or "0", 8) << _DIGIT * (_FINEST - RESOLUTION)
    base = (number & ~(0xF << 52) & ~free & ~below) | (RESOLUTION << 52)
    return base | below, base | sixes | below


def stem(address: str) -> str:
    """Return what an address says before its first number: flats of one compound have the same."""
    return re.split(r"\d", address, maxsplit=1)[0].strip()


class Sitting(NamedTuple):
    """The tickets on exactly one coordinate: how many, how many different stems of addresses, how many say none."""

    lon: float
    lat: float
    tickets: int
    stems: int
    silent: int


def default_points(
    sitting: Iterable[Sitting], *, pile: int = PILE, apart: float = 0.5
) -> list[Sitting]:
    """Return the coordinates that are no places but a geocoder's default.

    At least `pile` tickets sit on exactly one coordinate, and of them the share `apart` or more says no
    address or one that begins otherwise: a tower block has many tickets, too, but they name one compound.
    """
    return [
        each
        for each in sitting
        if each.tickets >= pile
        and each.silent + (each.stems if each.stems > 1 else 0) >= apart * each.tickets
    ]
