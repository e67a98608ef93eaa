"""Calls beside the queues: agents who ring out, or ring each other."""

from dataclasses import dataclass, field
from functools import partial

from pbx.simulator.engine import Timer
from pbx.simulator.floor import TRUNK, Floor
from pbx.simulator.people import (
    INUSE,
    NOT_INUSE,
    RINGING,
    RINGING_OUT,
    UNAVAILABLE,
    UP,
    Channel,
    Seat,
)


@dataclass(slots=True, eq=False)
class DirectCall:
    """A call a seat began; `target` is the other end, a seat's or the trunk's leg."""

    origin: Channel
    target: Channel
    ended: bool = False
    timers: list[Timer] = field(default_factory=list)

    @property
    def ringing(self) -> bool:
        """Return whether nobody has answered yet."""
        return self.target.state != UP


class DirectCalls:
    """Places and ends calls that no queue knows of; the phones show them as in use."""

    def __init__(self, floor: Floor) -> None:
        """Work on `floor`."""
        self.floor = floor
        self.engine = floor.engine
        self.plan = floor.plan

    def idle_seat(self, other_than: Seat) -> Seat | None:
        """Return a random colleague whose phone is free, or None."""
        idle = [s for s in self.floor.seats.values() if s.free and s is not other_than]
        idle = [s for s in idle if s.on_shift]
        return self.engine.rng.choice(idle) if idle else None

    def outbound(self, seat: Seat, number: str) -> DirectCall:
        """Let a seat ring a citizen back."""
        origin = self._dial(seat, number)
        target = self.floor.open_channel(
            TRUNK, number=number, label="<unknown>", exten="s", linkedid=origin.linkedid
        )
        return self._ring(DirectCall(origin, target))

    def between(self, seat: Seat, colleague: Seat) -> DirectCall:
        """Let a seat ring a colleague."""
        origin = self._dial(seat, colleague.extension)
        target = self.floor.seat_channel(colleague, "s", origin.linkedid)
        call = self._ring(DirectCall(origin, target))
        self.floor.set_phone(colleague, RINGING)
        return call

    def _dial(self, seat: Seat, exten: str) -> Channel:
        origin = self.floor.seat_channel(seat, exten)
        origin.application, origin.data = "Dial", f"PJSIP/{exten},30"
        self.floor.set_phone(seat, INUSE)
        return origin

    def _ring(self, call: DirectCall) -> DirectCall:
        origin, target = call.origin, call.target
        target.application, target.data = "AppDial", "(Outgoing Line)"
        target.context = "seats"
        self.floor.say("DialBegin", origin, ("DialString", target.device), dest=target)
        self.floor.set_state(target, RINGING_OUT)
        origin.hang_up = target.hang_up = partial(self.end, call)
        answer_s = min(self.engine.exponential(self.plan.answer_s), 2 * self.plan.answer_s)
        call.timers.append(self.engine.after(answer_s, self._answer, call))
        return call

    def _answer(self, call: DirectCall) -> None:
        origin, target = call.origin, call.target
        self.floor.set_state(target, UP)
        self.floor.say("DialEnd", origin, ("DialStatus", "ANSWER"), dest=target)
        self.floor.set_state(origin, UP)
        seat = self.floor.seats.get(target.device)
        if seat is not None:
            self.floor.set_phone(seat, INUSE)
        self.floor.join_bridge(target, origin)
        talk_s = self.engine.lognormal(self.plan.direct_s, self.plan.talk_sigma)
        call.timers.append(self.engine.after(talk_s, self.end, call))

    def end(self, call: DirectCall) -> None:
        """Hang both ends up, whatever stage they are in."""
        if call.ended:
            return
        self._stop(call)
        target = call.target
        if target.state == UP:
            self.floor.leave_bridge(target, call.origin)
        else:
            self.floor.say("DialEnd", call.origin, ("DialStatus", "CANCEL"), dest=target)
        self.hang_up_leg(target)
        self.hang_up_leg(call.origin)

    def give_away(self, call: DirectCall) -> None:
        """End only the origin's leg: the target goes on talking to somebody else."""
        self._stop(call)
        self.floor.leave_bridge(call.target, call.origin)
        self.hang_up_leg(call.origin)

    @staticmethod
    def _stop(call: DirectCall) -> None:
        call.ended = True
        for timer in call.timers:
            timer.cancel()

    def hang_up_leg(self, leg: Channel) -> None:
        """Hang one leg up; a seat's phone is free once its last leg is gone."""
        self.floor.end_channel(leg)
        seat = self.floor.seats.get(leg.device)
        if seat is not None and not seat.channels and seat.status != UNAVAILABLE:
            self.floor.set_phone(seat, NOT_INUSE)
