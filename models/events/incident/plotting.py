"""Plotting (标绘): objects on the incident's map, whole in every event: the last one of an object is it."""

from typing import Literal, get_args

import msgspec

from models.events.incident.base import IncidentEvent

Shape = Literal["point", "line", "area", "text", "sector", "arrow", "circle"]
Effect = Literal["", "closes", "buffer", "plume"]
"""What a drawing does besides being seen: `closes` roads (it has a closure), is a `buffer` or a `plume`."""


class Drawing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One object.

    points : ((lon, lat), ...) WGS-84: a point has 1, an area its ring without the closing point, a circle its
    centre, a sector its apex; metres : radius of circle or sector, 0 elsewhere; bearing, spread : of a sector,
    degrees; symbol : code in the library; layer : the team's; closure : id of the closure it made, 0 = none.
    """

    shape: Shape
    points: tuple[tuple[float, float], ...]
    layer: str
    symbol: str = ""
    text: str = ""
    stroke: str = ""
    fill: str = ""
    width: float = 2.0
    dash: bool = False
    metres: float = 0.0
    bearing: float = 0.0
    spread: float = 0.0
    effect: Effect = ""
    closure: int = 0


Aspect = Literal["points", "style", "text", "layer", "effect", "being"]
"""What of a drawing one changes: where it is, how it looks, what it says, its layer, what it does, that it is."""
ASPECTS: tuple[Aspect, ...] = get_args(Aspect)


class Over(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What of another's a change stands over: the revision `rev` of `actor`, shown as `by`, still holds it."""

    aspect: Aspect
    rev: int
    actor: str
    by: str


class DrawingPut(IncidentEvent, frozen=True, kw_only=True):
    """An object was drawn or changed. rev : its new revision; base : the revision its author had before his eyes:
    where that is not rev - 1, somebody else had changed it meanwhile, and both are kept in the log. body : what the two
    come to; over : what of the others did not stand."""

    drawing: str
    rev: int
    base: int
    body: Drawing
    over: tuple[Over, ...] = ()


class DrawingRemoved(IncidentEvent, frozen=True, kw_only=True):
    """An object was taken away; putting it again (undo) brings it back with the next revision."""

    drawing: str
    rev: int
    base: int = 0
    over: tuple[Over, ...] = ()


class LayerSet(IncidentEvent, frozen=True, kw_only=True):
    """A team's layer was made or renamed; locked: only its maker and approvers draw on it."""

    layer: str
    title: str
    team: str
    locked: bool = False


class SnapshotTaken(IncidentEvent, frozen=True, kw_only=True):
    """快照: this moment of the map was put on the timeline under a name."""

    snapshot: int
    title: str


class AreaAssessed(IncidentEvent, frozen=True, kw_only=True):
    """What a buffer or plume holds: places by kind, people known of, tickets open; figures of that moment."""

    drawing: str
    places: int
    people: int
    unknown: int
    protected: int
    tickets: int


PlottingEvent = DrawingPut | DrawingRemoved | LayerSet | SnapshotTaken | AreaAssessed
