"""What differs between two pictures of an incident, as screens get it: fields, of maps only the keys that moved."""

from typing import Any

import msgspec
from msgspec.structs import fields

from models.rules.incident.state import Incident, Picture

Section = dict[str, Any]
SECTIONS = ("drawings", "layers", "snapshots")


def changes(before: Picture | None, after: Picture) -> dict[str, Section]:
    """Return section -> what changed; a key that is gone is None. Applying it twice equals applying it once.

    `incident` holds the course, its maps by key; `drawings`, `layers`, `snapshots` are maps themselves.
    """
    found = {"incident": _incident(before.incident if before else None, after.incident)}
    for name in SECTIONS:
        found[name] = _map(getattr(before, name) if before else {}, getattr(after, name))
    return {name: section for name, section in found.items() if section}


def _incident(before: Incident | None, after: Incident) -> Section:
    out: Section = {}
    for field in fields(Incident):
        now = getattr(after, field.name)
        was = getattr(before, field.name) if before else None
        if now is was and before is not None:
            continue
        if isinstance(now, dict):
            moved = _map(was or {}, now)
            if moved or before is None:
                out[field.name] = moved
        elif now != was or before is None:
            out[field.name] = msgspec.to_builtins(now)
    return out


def _map(was: dict[Any, Any], now: dict[Any, Any]) -> Section:
    if was is now:
        return {}
    moved = {str(key): None for key in was if key not in now}
    return moved | {
        str(key): msgspec.to_builtins(value, str_keys=True)
        for key, value in now.items()
        if was.get(key) is not value
    }


def brief(incident: Incident) -> Section:
    """Return what lists and the wall show of an incident."""
    units = [a for a in incident.assignments.values() if a.open]
    return {
        "id": incident.id, "no": incident.no, "title": incident.title, "kind": incident.kind,
        "type": incident.type, "status": incident.status, "grade": incident.grade,
        "colour": incident.colour, "level": incident.level, "exercise": incident.exercise,
        "lon": incident.place.lon, "lat": incident.place.lat, "address": incident.place.address,
        "district": incident.place.district, "reported": incident.reported, "at": incident.at,
        "units": len(units), "on_scene": sum(a.progress == "on_scene" for a in units),
        "tasks": sum(task.open for task in incident.tasks.values()),
    }  # fmt: skip
