"""The simulated floor behaves like one: seeded, conserving calls, one call a seat."""

import time
from collections import Counter
from dataclasses import replace

import pytest

from pbx.dialect import Action, Reply, encode
from pbx.simulator import Plan, World, at_rate, demo_plan

START = 1_795_299_700.0
Message = dict[str, str]


def run(world: World, seconds: float) -> list[Message]:
    return [dict(headers) for _at, headers in world.advance(world.now + seconds)]


def stream(seed: int, steps: int) -> bytes:
    world = World(demo_plan(40), seed, START)
    frames = [f for step in range(steps) for f in world.advance(START + 600 * (step + 1) / steps)]
    return b"".join(encode(headers) for _at, headers in frames)


def action(name: str, **fields: str) -> Action:
    return Action(name.lower(), fields.get("ActionID", ""), tuple(fields.items()))


def count(events: list[Message], kind: str) -> int:
    return sum(event["Event"] == kind for event in events)


def test_it_works() -> None:
    world = World(demo_plan(), 1, START)
    events = run(world, 600)
    kinds = Counter(event["Event"] for event in events)
    assert kinds["QueueCallerJoin"] > 100
    assert kinds["AgentConnect"] > 100
    assert kinds["QueueMemberStatus"] > 500


def test_same_seed_same_bytes_however_it_is_stepped() -> None:
    assert stream(3, 1) == stream(3, 1) == stream(3, 97)
    assert stream(3, 1) != stream(4, 1)


def test_world_is_warm_at_the_start() -> None:
    world = World(demo_plan(), 1, START)
    rows = [dict(row) for row in world.queue_status()]
    statuses = Counter({r["Location"]: r["Status"] for r in rows if "Location" in r}.values())
    assert statuses["2"] > 40
    assert statuses["1"] > 10
    assert len(world.channels()) > 80


def test_default_floor_is_lively_at_any_hour() -> None:
    world = World(demo_plan(60), 5, START)
    busy = []
    for _ in range(36):
        world.advance(world.now + 100)
        on = [seat for seat in world.floor.seats.values() if seat.on_shift]
        busy.append(sum(seat.status in (2, 6) for seat in on) / len(on))
    assert 0.4 < sum(busy) / len(busy) < 0.75


def test_timestamps_rise_and_never_run_ahead() -> None:
    world = World(demo_plan(), 1, START)
    for second in range(1, 300):
        frames = world.advance(START + second)
        stamps = [at for at, _headers in frames]
        assert stamps == sorted(stamps)
        assert not stamps or stamps[-1] <= START + second + 0.01


def test_every_join_ends_once_or_waits() -> None:
    world = World(replace(demo_plan(60), queue_timeout_s=25, warm_up_s=1), 2, START, surge=3)
    world.set_surge(3)
    waiting = {c.channel.uniqueid for q in world.floor.queues.values() for c in q.waiting}
    ends = Counter[str]()
    for event in run(world, 1200):
        if event["Event"] == "QueueCallerJoin":
            assert event["Uniqueid"] not in waiting
            waiting.add(event["Uniqueid"])
        elif event["Event"] in ("AgentConnect", "QueueCallerAbandon"):
            assert event["Uniqueid"] in waiting
            waiting.remove(event["Uniqueid"])
            ends[event["Event"]] += 1
        elif event.get("Status") == "TIMEOUT":
            ends["timeout"] += 1
    left = {c.channel.uniqueid for q in world.floor.queues.values() for c in q.waiting}
    assert waiting == left
    assert ends["timeout"] > 5
    assert ends["QueueCallerAbandon"] > ends["timeout"]


def test_no_seat_has_two_calls() -> None:
    world = World(replace(demo_plan(60), attended_transfer=0.05), 3, START)
    talking = {
        m.seat.interface
        for q in world.floor.queues.values()
        for m in q.members.values()
        if m.in_call
    }
    for event in run(world, 1500):
        if event["Event"] == "AgentCalled":
            assert event["Interface"] not in talking
        elif event["Event"] == "AgentConnect":
            talking.add(event["Interface"])
        elif event["Event"] == "AgentComplete":
            talking.remove(event["Interface"])


def test_wrap_up_is_respected() -> None:
    world = World(replace(demo_plan(60), wrap_s=20, attended_transfer=0), 3, START)
    ended: dict[str, float] = {}
    for event in run(world, 1800):
        at = float(event["Timestamp"])
        if event["Event"] == "AgentComplete":
            ended[event["Interface"]] = at
        elif event["Event"] == "AgentCalled" and event["Interface"] in ended:
            assert at - ended[event["Interface"]] >= 19.9


def test_phone_states_follow_the_queue_events() -> None:
    world = World(demo_plan(60), 4, START)
    rows = [dict(row) for row in world.device_states()]
    states = {row["Device"]: row["State"] for row in rows}
    for event in run(world, 1800):
        if event["Event"] == "DeviceStateChange":
            states[event["Device"]] = event["State"]
        elif event["Event"] == "AgentComplete":
            assert states[event["Interface"]] == "INUSE"
    after = {row["Device"]: row["State"] for row in map(dict, world.device_states())}
    assert {device: states[device] for device in after if device in states} == {
        device: state for device, state in after.items() if device in states
    }


def test_blind_transfer_rejoins_with_the_same_uniqueid() -> None:
    world = World(replace(demo_plan(60), blind_transfer=0.5), 4, START)
    events = run(world, 1200)
    moves = [n for n, e in enumerate(events) if e["Event"] == "BlindTransfer"]
    assert moves
    for n in moves:
        rest = [e["Event"] for e in events[n : n + 40]]
        caller = events[n]["TransfereeUniqueid"]
        joins = [
            e for e in events[n:] if e["Event"] == "QueueCallerJoin" and e["Uniqueid"] == caller
        ]
        assert rest.index("AgentComplete") < rest.index("QueueCallerJoin")
        assert joins[0]["Queue"] == events[n]["Extension"]


def test_surge_raises_arrivals_and_can_be_switched_off() -> None:
    world = World(replace(demo_plan(60), burst_every_s=None), 1, START)
    calm = count(run(world, 900), "QueueCallerJoin")
    reply = world.act(action("UserEvent", UserEvent="Surge", Factor="3", ActionID="s"))
    assert reply == Reply(True, "Event Sent")
    surge = run(world, 900)
    assert surge[0]["UserEvent"] == "Surge"
    assert 2.2 * calm < count(surge, "QueueCallerJoin") < 4.2 * calm
    world.set_surge(1)
    assert count(run(world, 900), "QueueCallerJoin") < 1.8 * calm


def test_a_day_has_plausible_counts_and_is_quick() -> None:
    began = time.process_time()
    world = World(replace(demo_plan(), busy=None), 1, START)
    kinds = Counter[str]()
    quick = 0
    for hour in range(24):
        for _at, headers in world.advance(START + 3600 * (hour + 1)):
            event = dict(headers)
            kinds[event["Event"]] += 1
            quick += event["Event"] == "QueueCallerAbandon" and int(event["HoldTime"]) < 5
    joins = kinds["QueueCallerJoin"]
    assert 2200 < joins < 3800
    assert kinds["AgentConnect"] / (joins - quick) > 0.95
    assert kinds["QueueCallerLeave"] <= joins + 5
    assert time.process_time() - began < 15


@pytest.mark.parametrize("calls_per_s", [2.0, 20.0])
def test_a_given_rate_is_kept(calls_per_s: float) -> None:
    world = World(demo_plan(150, calls_per_s=calls_per_s), 1, START)
    arrivals = [e for e in run(world, 60) if e["Event"] == "Newchannel" and e["Exten"] == "12345"]
    assert 0.7 * 60 * calls_per_s < len(arrivals) < 1.3 * 60 * calls_per_s


def test_test_events_are_a_choice() -> None:
    noisy = World(replace(demo_plan(20), test_events=True), 1, START)
    assert count(run(noisy, 120), "TestEvent") > 10


def test_rate_fits_the_seats() -> None:
    plan = at_rate(Plan(), 10.0)
    assert plan.handling_s * 10.0 < len(plan.seats)
