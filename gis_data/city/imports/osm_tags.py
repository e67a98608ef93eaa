"""What OSM's tags mean to us. Pure."""

import re
from collections.abc import Mapping

from gis_data.city.check import ADCODE, SPEED_MAX
from gis_data.city.layers import SPEEDS

_CLASSES = {
    **{kind: kind for kind in SPEEDS},
    "unclassified": "tertiary", "living_street": "residential", "road": "residential",
}  # fmt: skip
_SHUT = frozenset({"no", "private", "agricultural", "forestry", "delivery", "emergency"})
_SPEED = re.compile(r"(\d+(?:\.\d+)?)\s*(mph|km/h|kmh|kph)?")
_MPH = 1.609344
AREAS = ("natural", "waterway", "leisure", "landuse", "water")
_AREA_KINDS: Mapping[tuple[str, str], str] = {
    ("natural", "water"): "water", ("waterway", "riverbank"): "water", ("landuse", "reservoir"): "water",
    ("landuse", "basin"): "water", ("leisure", "park"): "park", ("leisure", "garden"): "park",
    ("landuse", "recreation_ground"): "park", ("landuse", "forest"): "park", ("landuse", "grass"): "park",
    ("landuse", "residential"): "built", ("landuse", "commercial"): "built", ("landuse", "retail"): "built",
    ("landuse", "industrial"): "industry", ("landuse", "farmland"): "farmland",
    ("landuse", "orchard"): "farmland", ("landuse", "meadow"): "farmland",
}  # fmt: skip
_PLACE_KINDS: Mapping[tuple[str, str], str] = {
    ("amenity", "hospital"): "hospital", ("amenity", "fire_station"): "fire_station",
    ("amenity", "police"): "police", ("amenity", "school"): "school",
    ("amenity", "college"): "school", ("amenity", "university"): "school",
    ("amenity", "kindergarten"): "kindergarten", ("amenity", "nursing_home"): "nursing_home",
    ("social_facility", "nursing_home"): "nursing_home", ("emergency", "assembly_point"): "shelter",
    ("amenity", "fuel"): "hazard", ("man_made", "gasometer"): "hazard",
    ("man_made", "surveillance"): "camera", ("office", "government"): "government",
    ("amenity", "townhall"): "government", ("station", "subway"): "metro",
    ("shop", "mall"): "mall", ("shop", "department_store"): "mall", ("leisure", "park"): "park",
    ("man_made", "bridge"): "bridge", ("power", "substation"): "utility",
    ("man_made", "water_works"): "utility", ("man_made", "wastewater_plant"): "utility",
    ("man_made", "pumping_station"): "utility",
}  # fmt: skip
_CODES = ("ref", "gb:code", "adcode", "ref:gb2260", "ref:mca")


def driven(tags: Mapping[str, str]) -> str | None:
    """Return the road class of a way a car may drive, None for any other."""
    kind = _CLASSES.get(tags["highway"])
    if (
        kind is None
        or tags.get("area") == "yes"
        or tags.get("oneway") in ("reversible", "alternating")
    ):
        return None
    for key in ("motorcar", "motor_vehicle", "vehicle", "access"):
        if key in tags:
            return None if tags[key] in _SHUT else kind
    return kind


def oneway(tags: Mapping[str, str]) -> int:
    """Return 1 for as drawn, -1 for against, 0 for both directions."""
    said = tags.get("oneway", "")
    if said in ("yes", "true", "1"):
        return 1
    if said in ("-1", "reverse"):
        return -1
    round_about = tags.get("junction") in ("roundabout", "circular")
    implied = round_about or tags.get("highway") in ("motorway", "motorway_link")
    return 1 if implied and said not in ("no", "false", "0") else 0


def speed(tags: Mapping[str, str]) -> float | None:
    """Return the limit in km/h; None where it is not told as a number."""
    found = _SPEED.fullmatch(tags.get("maxspeed", "").strip())
    if not found:
        return None
    value = float(found[1]) * (_MPH if found[2] == "mph" else 1.0)
    return value if 1.0 <= value <= SPEED_MAX else None


def name_of(tags: Mapping[str, str]) -> str:
    """Return the Chinese name, or the local one."""
    return tags.get("name:zh") or tags.get("name", "")


def place_kind(tags: Mapping[str, str]) -> str:
    """Return the kind of place, empty for none of ours."""
    return _kind(tags, _PLACE_KINDS)


def area_kind(tags: Mapping[str, str]) -> str:
    """Return the kind of area, empty for none of ours."""
    return _kind(tags, _AREA_KINDS)


def adcode(tags: Mapping[str, str]) -> str:
    """Return the GB/T 2260 code of a boundary, empty where no tag holds one."""
    said = (tags.get(key, "") for key in _CODES)
    return next((code for code in said if ADCODE.fullmatch(code)), "")


def _kind(tags: Mapping[str, str], table: Mapping[tuple[str, str], str]) -> str:
    return next((kind for (key, value), kind in table.items() if tags.get(key) == value), "")
