"""The floor fold: `reduce(floor, event)` turns the exchange's events into seats, queues, calls and counts."""

from models.rules.floor.reduce import reduce
from models.rules.floor.state import Call, Floor, FloorPlan, Gap, Link, Seat, empty_floor

__all__ = ["Call", "Floor", "FloorPlan", "Gap", "Link", "Seat", "empty_floor", "reduce"]
