"""The stand-in's vehicles: the same drives for the same seed, on the line they were given, buttons in their order."""

import random
from collections.abc import Sequence
from itertools import pairwise

from factories import AT

from command.positions.read import fix_of, read_line
from ingest.positions.vehicles import (
    ALARM_MS,
    Order,
    Place,
    Spot,
    Vehicle,
    Way,
    line_of,
)
from tickets.around import metres

HOME, CORNER, SCENE = (114.30, 33.60), (114.31, 33.60), (114.31, 33.61)


def plan(start: Place, end: Place) -> Sequence[Place] | None:
    return [start, (end[0], start[1]), end]


def make_vehicle(seed: str = "1") -> Vehicle:
    return Vehicle("u1", "d1", HOME, [SCENE], random.Random(seed))


def run(
    vehicle: Vehicle, seconds: int, order: Order | None = None, since: int = 0
) -> list[tuple[int, str]]:
    pressed = []
    for n in range(since, since + seconds):
        button = vehicle.step(order, plan, AT + n)
        if button:
            pressed.append((n, button))
            if order is not None:
                order = order._replace(progress=button)
    return pressed


def test_a_way_is_driven_at_its_pace_and_along_its_line() -> None:
    way = Way([HOME, CORNER, SCENE], 10.0, AT)
    first = metres(*HOME, *CORNER)
    assert way.spot(AT) == Spot(*HOME, 36.0, way.spot(AT).heading)
    half = way.spot(AT + first / 20)
    assert (round(half.lon, 6), half.lat, round(half.heading)) == (114.305, 33.60, 90)
    assert round(way.spot(AT + first / 10 + 1).heading) == 0
    end = way.spot(way.end + 5)
    assert (end.lon, end.lat, end.speed) == (*SCENE, 0.0)


def test_a_crew_that_is_sent_presses_its_buttons_in_order() -> None:
    vehicle = make_vehicle()
    pressed = run(vehicle, 4000, Order(7, "dispatched", *SCENE))
    assert [button for _, button in pressed] == [
        "acknowledged",
        "en_route",
        "on_scene",
        "returning",
        "clear",
    ]
    gone, there = pressed[1][0], pressed[2][0]
    length = metres(*HOME, *CORNER) + metres(*CORNER, *SCENE)
    assert there - gone >= length / ALARM_MS
    assert metres(*vehicle.place, *HOME) < 1


def test_it_is_the_same_for_the_same_seed() -> None:
    order = Order(7, "dispatched", *SCENE)
    assert run(make_vehicle("1"), 3000, order) == run(make_vehicle("1"), 3000, order)
    assert run(make_vehicle("1"), 3000, order) != run(make_vehicle("2"), 3000, order)


def test_who_is_called_off_drives_home() -> None:
    vehicle = make_vehicle()
    run(vehicle, 60, Order(7, "dispatched", *SCENE))
    assert vehicle.doing == "going"
    assert run(vehicle, 600, None, since=60) == []
    assert metres(*vehicle.place, *HOME) < 2000
    assert vehicle.assignment == 0


def test_it_never_leaps() -> None:
    vehicle = make_vehicle()
    places = []
    for n in range(3000):
        order = Order(7, "dispatched", *SCENE) if 500 < n < 1500 else None
        vehicle.step(order, plan, AT + n)
        spot = vehicle.spot(AT + n)
        places.append((spot.lon, spot.lat))
    leaps = [metres(*a, *b) for a, b in pairwise(places)]
    assert max(leaps) < ALARM_MS + 2


def test_it_waits_where_no_way_leads() -> None:
    vehicle = make_vehicle()
    order = Order(7, "dispatched", *SCENE)
    for n in range(200):
        assert vehicle.step(order, lambda _start, _end: None, AT + n) in ("", "acknowledged")
    assert vehicle.place == HOME


def test_a_line_is_what_the_door_reads() -> None:
    line = line_of("d1", Spot(*SCENE, 36.0, 359.6), "on_scene", "2026-11-21T06:05:32.250+00:00")
    fix = fix_of(read_line(line.strip()), "u1", AT)
    assert (fix.lon, fix.lat, fix.speed, fix.heading, fix.status) == (
        *SCENE,
        36.0,
        360.0,
        "on_scene",
    )
