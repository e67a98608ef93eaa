"""What a controller may do to the simulated exchange, answered in Asterisk's words."""

import math
from collections.abc import Callable, Mapping

from pbx.dialect import Action, Reply
from pbx.simulator.citizens import Citizens
from pbx.simulator.desks import Desks
from pbx.simulator.floor import Floor
from pbx.simulator.people import UNAVAILABLE, Seat

MAX_SURGE = 100.0


class Controls:
    """Carries out QueuePause, QueueAdd, QueueRemove, Hangup and UserEvent."""

    def __init__(self, floor: Floor, desks: Desks, citizens: Citizens) -> None:
        """Work on `floor`; `citizens` hear of a surge."""
        self.floor = floor
        self.desks = desks
        self.citizens = citizens
        self._verbs: Mapping[str, Callable[[Action], Reply]] = {
            "queuepause": self._pause,
            "queueadd": self._add,
            "queueremove": self._remove,
            "hangup": self._hang_up,
            "userevent": self._user_event,
        }

    def act(self, action: Action) -> Reply | None:
        """Carry an action out; None when it is not one of ours."""
        verb = self._verbs.get(action.name)
        return verb(action) if verb else None

    def _pause(self, action: Action) -> Reply:
        interface, queue = action.get("Interface"), action.get("Queue")
        if not interface or not action.get("Paused"):
            return Reply(False, "Need 'Interface' and 'Paused' parameters.")
        seat = self.floor.seats.get(interface)
        members = [m for m in seat.members.values() if queue in ("", m.queue.name)] if seat else []
        if not members:
            return Reply(False, "Interface not found")
        paused = _truth(action.get("Paused"))
        for member in members:
            self.desks.pause(member, paused, action.get("Reason"))
        return Reply(True, f"Interface {'paused' if paused else 'unpaused'} successfully")

    def _add(self, action: Action) -> Reply:
        name, interface = action.get("Queue"), action.get("Interface")
        if not name or not interface:
            return Reply(False, f"'{'Interface' if name else 'Queue'}' not specified.")
        queue = self.floor.queues.get(name)
        if queue is None:
            return Reply(False, "Unable to add interface to queue: No such queue")
        if interface in queue.members:
            return Reply(False, "Unable to add interface: Already there")
        seat = self.floor.seats.get(interface) or self._stranger(action, interface)
        penalty = action.get("Penalty")
        self.desks.add(
            queue,
            seat,
            penalty=int(penalty) if penalty.isdecimal() else 0,
            paused=_truth(action.get("Paused")),
        )
        return Reply(True, "Added interface to queue")

    def _stranger(self, action: Action, interface: str) -> Seat:
        extension = interface.rpartition("/")[2]
        name = action.get("MemberName") or interface
        seat = Seat(interface, extension, name, (), status=UNAVAILABLE)
        self.floor.seats[interface] = seat
        return seat

    def _remove(self, action: Action) -> Reply:
        name, interface = action.get("Queue"), action.get("Interface")
        if not name or not interface:
            return Reply(False, "Need 'Queue' and 'Interface' parameters.")
        queue = self.floor.queues.get(name)
        if queue is None:
            return Reply(False, "Unable to remove interface from queue: No such queue")
        member = queue.members.get(interface)
        if member is None:
            return Reply(False, "Unable to remove interface: Not there")
        self.desks.remove(member)
        return Reply(True, "Removed interface from queue")

    def _hang_up(self, action: Action) -> Reply:
        if not action.get("Channel"):
            return Reply(False, "No channel specified")
        channel = self.floor.channels.get(action.get("Channel"))
        if channel is None:
            return Reply(False, "No such channel")
        channel.hang_up()
        return Reply(True, "Channel Hungup")

    def _user_event(self, action: Action) -> Reply:
        name = action.get("UserEvent")
        if not name:
            return Reply(False, "Missing UserEvent header")
        factor = _factor(action.get("Factor")) if name == "Surge" else None
        if name == "Surge" and factor is None:
            return Reply(False, f"Factor must be a number from 0 to {MAX_SURGE:g}")
        hidden = {"action", "actionid", "userevent"}
        extra = [field for field in action.fields if field[0].lower() not in hidden]
        mark = [("ActionID", action.action_id)] if action.action_id else []
        self.floor.say("UserEvent", None, ("UserEvent", name), *mark, *extra)
        if factor is not None:
            self.citizens.set_surge(factor)
        return Reply(True, "Event Sent")


def _truth(text: str) -> bool:
    return text.lower() in {"1", "true", "yes", "on", "y", "t"}


def _factor(text: str) -> float | None:
    try:
        factor = float(text)
    except ValueError:
        return None
    return factor if math.isfinite(factor) and 0 <= factor <= MAX_SURGE else None
