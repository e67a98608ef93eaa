"""How a file of places is read: a TOML mapping (docs/city.md). Pure."""

import tomllib
from collections.abc import Sequence

import msgspec
import pyproj

from gis_data.coordinates import SOURCES
from models.errors import BadInput

ENCODINGS = {
    "utf-8": "utf-8-sig", "utf-8-sig": "utf-8-sig", "gb18030": "gb18030", "gbk": "gb18030",
    "gb2312": "gb18030",
}  # fmt: skip
YES = frozenset({"yes", "true", "1", "y", "t", "是"})
FIELDS: dict[str, frozenset[str]] = {
    "roads": frozenset({
        "id", "class", "name", "speed", "lanes", "oneway", "bridge", "tunnel"
    }),
    "osm": frozenset(),
    "districts": frozenset({"adcode", "name", "population", "code", "street"}),
    "places": frozenset({
        "id", "lon", "lat", "kind", "name", "address", "phone", "people", "note", "road", "number"
    }),
}  # fmt: skip
LAYERS: dict[str, tuple[str, ...]] = {
    "roads": ("roads",), "osm": ("roads",), "districts": ("districts", "streets", "grids"),
    "places": ("places", "addresses"),
}  # fmt: skip


class NewCity(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A city that begins with this file; of the present one nothing stays."""

    id: str
    name: str
    adcode: str
    label: str = ""
    attribution: str = ""


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A mapping as the TOML file says it.

    columns : our field -> the file's column; values : field -> their word -> ours; defaults : field -> our
    word where the cell is empty or there is no column;
    table : which one, of a file that holds several; directed : one row of a road file is one direction.
    """

    columns: dict[str, str] = {}
    values: dict[str, dict[str, str]] = {}
    defaults: dict[str, str] = {}
    layer: str = ""
    table: str = ""
    crs: str = ""
    encoding: str = "utf-8-sig"
    delimiter: str = ","
    directed: bool = False
    replace: bool = False
    attribution: str = ""
    taken_at: str = ""
    city: NewCity | None = None

    def word(self, field: str, said: str) -> str:
        """Return our word for theirs, the default for none, or what they said when no table knows it."""
        said = said.strip()
        if not said:
            return self.defaults.get(field, "")
        return self.values.get(field, {}).get(said, said)


def parse(text: str, what: str) -> Plan:
    """Read a mapping for `what` (roads, osm, districts, places); BadInput says what is wrong with it."""
    try:
        plan = msgspec.convert(tomllib.loads(text), Plan)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise BadInput(f"mapping: {error}", reason="mapping") from error
    return judged(plan, what)


def judged(plan: Plan, what: str) -> Plan:
    """Return the mapping with its layer filled in; BadInput when it does not suit `what`."""
    known = FIELDS[what]
    for where, given in (
        ("columns", plan.columns),
        ("defaults", plan.defaults),
        ("values", plan.values),
    ):
        strange = sorted(set(given) - known)
        if strange:
            raise BadInput(
                f"mapping: no such field in [{where}]: {', '.join(strange)}; known: "
                f"{', '.join(sorted(known)) or 'none'}",
                reason="mapping",
            )
    if plan.encoding.lower() not in ENCODINGS:
        raise BadInput(
            f"mapping: encoding {plan.encoding!r} is none of {', '.join(ENCODINGS)}",
            reason="mapping",
        )
    if len(plan.delimiter) != 1 or plan.delimiter in '"\r\n\0':
        raise BadInput(
            f"mapping: delimiter {plan.delimiter!r} is not one character", reason="mapping"
        )
    layer = plan.layer or LAYERS[what][0]
    if layer not in LAYERS[what]:
        raise BadInput(
            f"mapping: layer {layer!r} is none of {', '.join(LAYERS[what])}", reason="mapping"
        )
    shifted(plan.crs)
    return msgspec.structs.replace(plan, layer=layer)


def shifted(crs: str) -> tuple[str, str]:
    """Return what a source is in as (EPSG or PROJ of its numbers, source system of `to_wgs84`).

    Empty is for what the file says of itself; BadInput for nothing known.
    """
    if crs == "":
        return "", "wgs84"
    if crs in SOURCES:
        return "EPSG:4326", crs
    try:
        pyproj.CRS(crs)
    except pyproj.exceptions.CRSError as error:
        raise BadInput(
            f"crs {crs!r}: one of {', '.join(SOURCES)}, or EPSG:...", reason="crs"
        ) from error
    return crs, "wgs84"


def by_own_names(plan: Plan, header: Sequence[str], what: str) -> Plan:
    """Return the plan with the columns that bear our fields' very names, where it says nothing of them."""
    own = {field: field for field in FIELDS[what] if field in header}
    return msgspec.structs.replace(plan, columns={**own, **plan.columns})


def require_columns(plan: Plan, header: Sequence[str], owed: Sequence[str]) -> None:
    """BadInput names every column that is missing, and those there are."""
    nowhere = [
        field for field in owed if not plan.columns.get(field) and field not in plan.defaults
    ]
    if nowhere:
        raise BadInput(
            f"mapping: nothing for {', '.join(nowhere)} (a column, or a default); the file has: "
            f"{', '.join(map(repr, header))}",
            reason="mapping",
        )
    missing = sorted(
        {column for column in plan.columns.values() if column and column not in header}
    )
    if missing:
        raise BadInput(
            f"no column {', '.join(map(repr, missing))}; the file has: {', '.join(map(repr, header))}",
            reason="column",
        )
