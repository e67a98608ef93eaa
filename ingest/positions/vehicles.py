"""The stand-in's vehicles: where each is at a moment, and what its crew does next. Pure, the same for the same seed.

A vehicle patrols the roads around its station, goes where it is sent, stays, and drives home; its crew presses the
buttons a real one would, some seconds late.
"""

import random
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from math import atan2, cos, degrees, radians
from typing import Literal, NamedTuple

from models.clock import Instant
from tickets.around import metres

Place = tuple[float, float]
"""lon, lat, WGS-84."""
PATROL_MS, ALARM_MS = 9.0, 18.0
"""Metres a second on patrol, and with the siren on."""
AGAIN_S = 15.0
"""After so long a way that was closed is looked for again."""


class Order(NamedTuple):
    """What a unit is bound to: its assignment, the step it stands at, and where to go."""

    assignment: int
    progress: str
    lon: float
    lat: float


class Spot(NamedTuple):
    """Where a vehicle is: km/h, degrees from north."""

    lon: float
    lat: float
    speed: float
    heading: float


class Way:
    """A line driven at one pace from an instant on."""

    def __init__(self, points: Sequence[Place], pace_ms: float, start: Instant) -> None:
        self._points = list(points)
        legs = [metres(*a, *b) for a, b in pairwise(self._points)]
        self._far = [0.0, *accumulate(legs)]
        self._pace = pace_ms
        self._start = start

    @property
    def end(self) -> Instant:
        """Return when it is driven."""
        return self._start + self._far[-1] / self._pace

    def spot(self, now: Instant) -> Spot:
        """Return where the vehicle is at a moment; at the end it stands."""
        far = max(0.0, (now - self._start) * self._pace)
        if far >= self._far[-1]:
            (lon, lat), heading = self._points[-1], self._heading(len(self._far) - 2)
            return Spot(lon, lat, 0.0, heading)
        leg = bisect_right(self._far, far) - 1
        (lon, lat), (to_lon, to_lat) = self._points[leg], self._points[leg + 1]
        part = (far - self._far[leg]) / (self._far[leg + 1] - self._far[leg])
        return Spot(
            lon + (to_lon - lon) * part, lat + (to_lat - lat) * part, self._pace * 3.6,
            self._heading(leg),
        )  # fmt: skip

    def _heading(self, leg: int) -> float:
        if len(self._points) < 2:
            return 0.0
        (lon, lat), (to_lon, to_lat) = self._points[leg], self._points[leg + 1]
        east = (to_lon - lon) * cos(radians(lat))
        return degrees(atan2(east, to_lat - lat)) % 360


Plan = Callable[[Place, Place], Sequence[Place] | None]
"""The line of the best way from one place to another by the roads as they are open now, None where none leads."""
Doing = Literal["parked", "patrol", "called", "going", "there", "home"]


@dataclass
class Vehicle:
    """One response unit. around : places it may patrol to."""

    unit: str
    device: str
    station: Place
    around: Sequence[Place]
    chance: random.Random
    doing: Doing = "parked"
    assignment: int = 0
    until: Instant = 0.0
    way: Way | None = None
    pressed: list[str] = field(default_factory=list)
    place: Place = (0.0, 0.0)
    heading: float = 0.0

    def __post_init__(self) -> None:
        self.place = self.station

    @property
    def drives(self) -> bool:
        """True while it moves."""
        return self.way is not None

    def spot(self, now: Instant) -> Spot:
        """Return where it is."""
        if self.way is None:
            return Spot(*self.place, 0.0, self.heading)
        found = self.way.spot(now)
        self.place, self.heading = (found.lon, found.lat), found.heading
        return found

    def step(self, order: Order | None, plan: Plan, now: Instant) -> str:
        """Do what is due at a moment; return the button the crew presses, empty for none."""
        self.spot(now)
        if self.way is not None and now >= self.way.end:
            self.way = None
        if order is not None and order.assignment != self.assignment:
            return self._called(order, now)
        if order is None and self.assignment:  # called off, or let go
            self.assignment = 0
            self.doing, self.way = "home", self._way(self.station, plan, PATROL_MS, now)
            return ""
        match self.doing:
            case "called" if order is not None:
                return self._answer(order, plan, now)
            case "going" if order is not None:
                return self._go(order, plan, now)
            case "there" if now >= self.until:
                self.doing, self.way = "home", self._way(self.station, plan, PATROL_MS, now)
                return "returning"
            case "home" if self.way is None:
                self.doing, self.until = "parked", now + self.chance.uniform(30, 120)
                return "clear" if self.assignment else ""
            case "patrol" if self.way is None:
                self.doing, self.until = "parked", now + self.chance.uniform(20, 90)
            case "parked" if now >= self.until and order is None:
                self._patrol(plan, now)
        return ""

    def _called(self, order: Order, now: Instant) -> str:
        """Stop and listen; one that was under way already when the stand-in began goes on from there."""
        self.assignment, self.way = order.assignment, None
        self.pressed = []
        if order.progress == "on_scene":
            self._arrive(now)
        elif order.progress == "returning":
            self.doing = "home"
        elif order.progress == "en_route":
            self.doing, self.until = "going", now
        else:
            self.doing, self.until = "called", now + self.chance.uniform(3, 9)
            self.pressed = ["acknowledged"] if order.progress == "acknowledged" else []
        return ""

    def _answer(self, order: Order, plan: Plan, now: Instant) -> str:
        if now < self.until:
            return ""
        if not self.pressed:
            self.pressed, self.until = ["acknowledged"], now + self.chance.uniform(8, 25)
            return "acknowledged"
        self.way = self._way((order.lon, order.lat), plan, ALARM_MS, now)
        if self.way is None:
            self.until = now + AGAIN_S
            return ""
        self.doing, self.until = "going", self.way.end + self.chance.uniform(2, 8)
        return "en_route"

    def _go(self, order: Order, plan: Plan, now: Instant) -> str:
        if self.way is None and now >= self.until:
            near = metres(*self.place, order.lon, order.lat) < 300
            if near:
                self._arrive(now)
                return "on_scene"
            self.way = self._way((order.lon, order.lat), plan, ALARM_MS, now)
            self.until = self.way.end + 5 if self.way else now + AGAIN_S
        return ""

    def _arrive(self, now: Instant) -> None:
        self.doing, self.until = "there", now + self.chance.uniform(600, 1500)

    def _patrol(self, plan: Plan, now: Instant) -> None:
        out = metres(*self.place, *self.station) < 200
        aim = self.chance.choice(self.around) if out and self.around else self.station
        self.way = self._way(aim, plan, PATROL_MS, now)
        self.doing = "patrol" if self.way else "parked"
        self.until = now + AGAIN_S

    def _way(self, aim: Place, plan: Plan, pace: float, now: Instant) -> Way | None:
        line = plan(self.place, aim)
        return Way(line, pace, now) if line is not None and len(line) > 1 else None


def line_of(device: str, spot: Spot, status: str, said: str) -> bytes:
    """Return the protocol's line of a vehicle; said : the time as ISO 8601 with an offset."""
    return (
        f"{device},{said},{spot.lon:.7f},{spot.lat:.7f},{spot.speed:.1f},{spot.heading:.0f},{status}\n"
    ).encode()
