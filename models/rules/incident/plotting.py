"""The fold of what is drawn. Buffers and plumes tell the incident itself what they hold."""

from typing import assert_never

from msgspec.structs import replace

from models.events.incident import plotting as e
from models.rules.incident.state import Assessment, Drawn, Layer, Picture, Snapshot


def fold(p: Picture, event: e.PlottingEvent) -> Picture:
    """Return the picture after an event of plotting."""
    match event:
        case e.DrawingPut():
            drawn = Drawn(
                event.drawing, event.rev, event.body, event.by, event.actor, event.at, event.over
            )
            return replace(p, drawings={**p.drawings, event.drawing: drawn})
        case e.DrawingRemoved():
            gone = Drawn(
                event.drawing, event.rev, None, event.by, event.actor, event.at, event.over
            )
            return replace(p, drawings={**p.drawings, event.drawing: gone})
        case e.LayerSet():
            known = p.layers.get(event.layer)  # who made it keeps it, whoever renames it
            maker = known.actor if known else event.actor
            layer = Layer(event.layer, event.title, event.team, event.locked, maker)
            return replace(p, layers={**p.layers, event.layer: layer})
        case e.SnapshotTaken():
            shot = Snapshot(event.snapshot, event.title, event.at, event.by)
            return replace(p, snapshots={**p.snapshots, event.snapshot: shot})
        case e.AreaAssessed():
            found = Assessment(
                event.drawing, event.places, event.people, event.unknown, event.protected,
                event.tickets, event.at,
            )  # fmt: skip
            held = {**p.incident.assessments, event.drawing: found}
            return replace(p, incident=replace(p.incident, assessments=held))
        case _:
            assert_never(event)
