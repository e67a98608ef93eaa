"""The exchange's list answers, read from the floor as Asterisk prints them."""

from pbx.dialect import Header, Rows
from pbx.simulator.floor import TRUNK, Floor
from pbx.simulator.people import DEVICE_STATES, NOT_INUSE, UNAVAILABLE, Call, Channel, Queue


def queue_status(floor: Floor, name: str, now: float) -> Rows:
    """Return QueueParams, then members, then waiting callers, queue by queue."""
    rows: list[list[Header]] = []
    for queue in _chosen(floor, name):
        rows.append(_params(queue))
        for member in queue.members.values():
            who = ("Name", member.seat.name), ("Location", member.seat.interface)
            head = ("Event", "QueueMember"), ("Queue", queue.name)
            rows.append([*head, *who, *member.headers(), ("Wrapuptime", "0")])
        for index, call in enumerate(queue.waiting):
            rows.append(_entry(queue, call, index + 1, now))
    return rows


def _chosen(floor: Floor, name: str) -> list[Queue]:
    return [queue for queue in floor.queues.values() if name in ("", queue.name)]


def _params(queue: Queue) -> list[Header]:
    ended = queue.completed + queue.abandoned
    in_level = queue.completed_in_level
    both = in_level + queue.abandoned_in_level
    return [
        ("Event", "QueueParams"),
        ("Queue", queue.name),
        ("Max", "0"),
        ("Strategy", "leastrecent"),
        ("Calls", str(len(queue.waiting))),
        ("Holdtime", str(queue.hold_s)),
        ("TalkTime", str(queue.talk_s)),
        ("Completed", str(queue.completed)),
        ("Abandoned", str(queue.abandoned)),
        ("ServiceLevel", str(queue.service_level_s)),
        ("ServicelevelPerf", f"{100 * in_level / max(1, queue.completed):.1f}"),
        ("ServicelevelPerf2", f"{100 * both / max(1, ended):.1f}"),
        ("Weight", str(queue.weight)),
    ]


def _entry(queue: Queue, call: Call, position: int, now: float) -> list[Header]:
    channel = call.channel
    return [
        ("Event", "QueueEntry"),
        ("Queue", queue.name),
        ("Position", str(position)),
        ("Channel", channel.name),
        ("Uniqueid", channel.uniqueid),
        ("CallerIDNum", channel.number),
        ("CallerIDName", channel.label),
        ("ConnectedLineNum", channel.other_number),
        ("ConnectedLineName", channel.other_label),
        ("Wait", str(int(now) - int(call.joined_at))),
        ("Priority", "0"),
    ]


def queue_summary(floor: Floor, name: str, now: float) -> Rows:
    """Return one QueueSummary row a queue."""
    return [_summary(queue, now) for queue in _chosen(floor, name)]


def _summary(queue: Queue, now: float) -> list[Header]:
    signed_in = [m for m in queue.members.values() if m.seat.status != UNAVAILABLE]
    available = [m for m in signed_in if m.seat.status == NOT_INUSE and not m.paused]
    longest = int(now) - int(queue.waiting[0].joined_at) if queue.waiting else 0
    return [
        ("Event", "QueueSummary"),
        ("Queue", queue.name),
        ("LoggedIn", str(len(signed_in))),
        ("Available", str(len(available))),
        ("Callers", str(len(queue.waiting))),
        ("HoldTime", str(queue.hold_s)),
        ("TalkTime", str(queue.talk_s)),
        ("LongestHoldTime", str(longest)),
    ]


def device_states(floor: Floor) -> Rows:
    """Return the state of every phone, the trunk, the queues and the pauses."""
    states = {seat.interface: DEVICE_STATES[seat.status] for seat in floor.seats.values()}
    states[TRUNK] = floor.trunk_state
    for queue in floor.queues.values():
        states[f"Queue:{queue.name}"] = "RINGING" if queue.waiting else "NOT_INUSE"
        for member in queue.members.values():
            pause = f"Queue:{queue.name}_pause_{member.seat.interface}"
            states[pause] = "INUSE" if member.paused else "NOT_INUSE"
    event = ("Event", "DeviceStateChange")
    return [(event, ("Device", device), ("State", state)) for device, state in states.items()]


def channels(floor: Floor, now: float) -> Rows:
    """Return one CoreShowChannel row a leg."""
    return [_channel(channel, now) for channel in floor.channels.values()]


def _channel(channel: Channel, now: float) -> list[Header]:
    minutes, seconds = divmod(int(now - channel.born), 60)
    hours, minutes = divmod(minutes, 60)
    return [
        ("Event", "CoreShowChannel"),
        *channel.headers(),
        ("Application", channel.application),
        ("ApplicationData", channel.data),
        ("Duration", f"{hours:02d}:{minutes:02d}:{seconds:02d}"),
        ("BridgeId", channel.bridge),
    ]
