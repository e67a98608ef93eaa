"""Controller actions change the simulated floor and are answered in Asterisk's words."""

import pytest

from pbx.dialect import Action
from pbx.simulator import World, demo_plan

START = 1_795_299_700.0
Message = dict[str, str]


@pytest.fixture
def world() -> World:
    return World(demo_plan(40), 1, START)


def act(world: World, name: str, **fields: str) -> str:
    reply = world.act(Action(name.lower(), "", tuple(fields.items())))
    assert reply is not None
    return ("" if reply.ok else "! ") + reply.message


def said(world: World, seconds: float = 0.0) -> list[Message]:
    return [dict(headers) for _at, headers in world.advance(world.now + seconds)]


def member(world: World, interface: str, queue: str = "consult") -> Message:
    rows = [dict(row) for row in world.queue_status(queue)]
    return next(row for row in rows if row.get("Location") == interface)


def test_pause_says_one_event_a_queue(world: World) -> None:
    done = act(world, "QueuePause", Interface="PJSIP/8001", Paused="true", Reason="小休")
    assert done == "Interface paused successfully"
    pauses = [e for e in said(world) if e["Event"] == "QueueMemberPause"]
    assert [(e["Queue"], e["Paused"], e["PausedReason"]) for e in pauses] == [
        ("consult", "1", "小休"),
        ("help", "1", "小休"),
    ]
    assert member(world, "PJSIP/8001")["PausedReason"] == "小休"
    assert all(
        e.get("Interface") != "PJSIP/8001" or e["Event"] != "AgentCalled" for e in said(world, 60)
    )
    undone = act(world, "QueuePause", Interface="PJSIP/8001", Paused="false")
    assert undone == "Interface unpaused successfully"
    assert member(world, "PJSIP/8001")["Paused"] == "0"


def test_pause_of_one_queue_leaves_the_other(world: World) -> None:
    act(world, "QueuePause", Interface="PJSIP/8002", Queue="help", Paused="1")
    assert member(world, "PJSIP/8002", "help")["Paused"] == "1"
    assert member(world, "PJSIP/8002")["Paused"] == "0"


def test_remove_and_add(world: World) -> None:
    removed = act(world, "QueueRemove", Queue="consult", Interface="PJSIP/8003")
    assert removed == "Removed interface from queue"
    added = act(world, "QueueAdd", Queue="consult", Interface="PJSIP/8003", Penalty="2")
    assert added == "Added interface to queue"
    assert member(world, "PJSIP/8003")["Penalty"] == "2"
    kinds = [e["Event"] for e in said(world) if e["Event"].startswith("QueueMember")]
    assert kinds[:2] == ["QueueMemberRemoved", "QueueMemberAdded"]


def test_a_stranger_may_be_added(world: World) -> None:
    act(world, "QueueAdd", Queue="consult", Interface="PJSIP/7777", MemberName="借调员")
    row = member(world, "PJSIP/7777")
    assert (row["Name"], row["Status"]) == ("借调员", "5")


def test_hangup_of_a_talking_caller_completes_the_call(world: World) -> None:
    said(world, 5)
    channels = world.floor.channels.values()
    # a caller on a seat's queue leg: one handed on by an attended transfer has completed already
    bridges = {c.bridge for c in channels if c.application == "AppQueue" and c.bridge}
    leg = next(c for c in channels if c.bridge in bridges and c.application == "Queue")
    assert act(world, "Hangup", Channel=leg.name) == "Channel Hungup"
    kinds = [e["Event"] for e in said(world)]
    assert kinds.index("AgentComplete") < kinds.index("Hangup")


def test_hangup_of_every_channel_leaves_a_quiet_floor(world: World) -> None:
    said(world, 20)
    for name in list(world.floor.channels):
        if name in world.floor.channels:
            act(world, "Hangup", Channel=name)
    assert world.channels() == []
    assert all(seat.status != 2 for seat in world.floor.seats.values())
    said(world, 60)
    assert len(world.channels()) > 5


def test_refusals(world: World) -> None:
    refusals = {
        "! Interface not found": act(world, "QueuePause", Interface="PJSIP/1", Paused="1"),
        "! Need 'Interface' and 'Paused' parameters.": act(world, "QueuePause"),
        "! No such channel": act(world, "Hangup", Channel="PJSIP/1-0"),
        "! Unable to add interface: Already there": act(
            world, "QueueAdd", Queue="consult", Interface="PJSIP/8004"
        ),
        "! Unable to add interface to queue: No such queue": act(
            world, "QueueAdd", Queue="no", Interface="PJSIP/8004"
        ),
        "! Unable to remove interface: Not there": act(
            world, "QueueRemove", Queue="night", Interface="PJSIP/8004"
        ),
        "! Factor must be a number from 0 to 100": act(
            world, "UserEvent", UserEvent="Surge", Factor="nan"
        ),
    }
    assert all(expected == answer for expected, answer in refusals.items())


def test_other_actions_are_not_known(world: World) -> None:
    assert world.act(Action("makecoffee", "", ())) is None
