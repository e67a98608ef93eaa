"""What happens in a connected call: talk, hold, blind and attended transfer, the end."""

from functools import partial

from pbx.dialect import Header
from pbx.simulator.calls import Calls, member_headers
from pbx.simulator.direct import DirectCall, DirectCalls
from pbx.simulator.floor import Floor, bridge_headers
from pbx.simulator.people import NOT_INUSE, Call, Channel, Member, Queue, Seat

CONSULT_S = 6.0  # what the agent says to the colleague before handing a call over


class Talks:
    """Plans each talk at its answer and carries the plan out."""

    def __init__(self, floor: Floor, calls: Calls, direct: DirectCalls) -> None:
        """Take over the calls a seat answered."""
        self.floor = floor
        self.engine = floor.engine
        self.plan = floor.plan
        self.calls = calls
        self.direct = direct
        calls.on_connect = self.begin

    def begin(self, call: Call) -> None:
        """Draw how long the talk lasts, whether it is held and how it ends."""
        _member, leg = _talking(call)
        after, plan = self.engine.after, self.plan
        call.channel.hang_up = partial(self.complete, call, "caller")
        leg.hang_up = partial(self.complete, call, "agent")
        talk_s = max(1.0, self.engine.lognormal(plan.talk_s, plan.talk_sigma))
        if self.engine.chance(plan.hold):
            held_s = self.engine.exponential(plan.hold_s)
            call.timers.append(after(0.35 * talk_s, self._hold, call))
            call.timers.append(after(0.35 * talk_s + held_s, self._unhold, call))
            talk_s += held_s
        draw = self.engine.rng.random()
        if draw < plan.blind_transfer:
            call.timers.append(after(talk_s, self._transfer_somewhere, call))
        elif draw < plan.blind_transfer + plan.attended_transfer:
            call.timers.append(after(talk_s, self._consult, call))
        else:
            who = "caller" if self.engine.chance(plan.caller_ends) else "agent"
            call.timers.append(after(talk_s, self.complete, call, who))

    def _hold(self, call: Call) -> None:
        _member, leg = _talking(call)
        call.held = True
        self.floor.say("Hold", leg, ("MusicClass", "default"))
        self.floor.say("MusicOnHoldStart", call.channel, ("Class", "default"))

    def _unhold(self, call: Call) -> None:
        if call.held:
            _member, leg = _talking(call)
            call.held = False
            self.floor.say("Unhold", leg)
            self.floor.say("MusicOnHoldStop", call.channel)

    # the ordinary end

    def complete(self, call: Call, reason: str) -> None:
        """End the talk; `reason` is who hung up, `caller` or `agent`."""
        member, leg = _talking(call)
        call.stop_timers()
        self.floor.say("HangupRequest", call.channel if reason == "caller" else leg)
        self._say_complete(call, reason)
        self.floor.leave_bridge(leg, call.channel)
        if reason == "agent":  # the caller's channel lives on in the dialplan only then
            self.calls.queue_done(call, "CONTINUE")
        self._release(call, member, leg)
        self.floor.end_channel(call.channel)

    def _say_complete(self, call: Call, reason: str) -> None:
        member, leg = _talking(call)
        now, began = int(self.engine.now), int(call.connected_at)
        talked = now - began
        facts: list[Header] = [
            ("HoldTime", str(began - int(call.joined_at))),
            ("TalkTime", str(talked)),
            ("Reason", reason),
        ]
        call.queue.completed += 1
        call.queue.talk_s = (3 * call.queue.talk_s + talked) // 4
        draw = self.engine.rng.random()
        caller = None if draw < self.plan.lost_caller_fields else call.channel
        lost = self.plan.lost_caller_fields + self.plan.lost_agent_fields
        dest = None if caller and draw < lost else leg
        self.floor.say("AgentComplete", caller, *member_headers(member), *facts, dest=dest)

    def _release(self, call: Call, member: Member, leg: Channel) -> None:
        """Hang up the seat's leg and start the after-call work, which AMI does not show."""
        seat = member.seat
        call.member = call.leg = None
        call.held = False
        member.in_call = False
        seat.calls_taken += 1
        seat.last_call = int(self.engine.now)
        self.floor.end_channel(leg)
        seat.wrapping = True
        self.engine.after(self.plan.wrap_s, self._end_wrap, seat)
        self.floor.set_phone(seat, NOT_INUSE)

    def _end_wrap(self, seat: Seat) -> None:
        seat.wrapping = False
        self.floor.refresh(seat)

    # blind transfer

    def _transfer_somewhere(self, call: Call) -> None:
        others = [q for q in self.floor.queues.values() if q is not call.queue]
        if not others:
            self.complete(call, "agent")
            return
        [target] = self.engine.rng.choices(others, [queue.share for queue in others])
        self.transfer(call, target)

    def transfer(self, call: Call, target: Queue) -> None:
        """Send the caller to another queue; the same Uniqueid joins again."""
        member, leg = _talking(call)
        caller, bridge = call.channel, leg.bridge
        call.stop_timers()
        caller.exten = target.name
        self.floor.say(
            "BlindTransfer",
            None,
            ("Result", "Success"),
            *leg.headers("Transferer"),
            *caller.headers("Transferee"),
            *bridge_headers(bridge, 2),
            ("IsExternal", "Yes"),
            ("Context", "seats"),
            ("Extension", target.name),
        )
        self.floor.leave_bridge(leg, caller)
        self._say_complete(call, "transfer")
        self._release(call, member, leg)
        self.calls.join(call, target)

    # attended transfer

    def _consult(self, call: Call) -> None:
        member, _leg = _talking(call)
        colleague = self.direct.idle_seat(member.seat)
        if colleague is None:
            self.complete(call, "agent")
            return
        self._hold(call)
        consult = self.direct.between(member.seat, colleague)
        call.channel.hang_up = partial(self._break_off, call, consult, "caller")
        _member, leg = _talking(call)
        leg.hang_up = partial(self._break_off, call, consult, "agent")
        wait_s = self.plan.answer_s + CONSULT_S
        call.timers.append(self.engine.after(wait_s, self._hand_over, call, consult))

    def _break_off(self, call: Call, consult: DirectCall, reason: str) -> None:
        self.direct.end(consult)
        self.complete(call, reason)

    def _hand_over(self, call: Call, consult: DirectCall) -> None:
        target = consult.target
        if consult.ended or consult.ringing:
            self._break_off(call, consult, "agent")
            return
        member, leg = _talking(call)
        call.stop_timers()
        self._say_attended(call, leg, consult, target)
        self._say_complete(call, "transfer")
        self.floor.leave_bridge(leg, call.channel)
        self.direct.give_away(consult)
        self._release(call, member, leg)
        self._keep_talking(call, target)

    def _say_attended(self, call: Call, leg: Channel, consult: DirectCall, target: Channel) -> None:
        self.floor.say(
            "AttendedTransfer",
            None,
            ("Result", "Success"),
            *leg.headers("OrigTransferer"),
            *bridge_headers(leg.bridge, 2, "Orig"),
            *consult.origin.headers("SecondTransferer"),
            *bridge_headers(consult.origin.bridge, 2, "Second"),
            *call.channel.headers("Transferee"),
            *target.headers("TransferTarget"),
            ("IsExternal", "No"),
            ("DestType", "Bridge"),
            ("DestBridgeUniqueid", leg.bridge),
        )

    def _keep_talking(self, call: Call, target: Channel) -> None:
        """Let the colleague finish the talk outside the queue."""
        self.floor.join_bridge(target, call.channel)
        finish = partial(self._finish_handed, call, target)
        call.channel.hang_up = target.hang_up = finish
        call.timers.append(self.engine.after(self.engine.exponential(self.plan.talk_s), finish))

    def _finish_handed(self, call: Call, target: Channel) -> None:
        call.stop_timers()
        self.floor.leave_bridge(target, call.channel)
        self.calls.queue_done(call, "CONTINUE")
        self.direct.hang_up_leg(target)
        self.floor.end_channel(call.channel)


def _talking(call: Call) -> tuple[Member, Channel]:
    if call.member is None or call.leg is None:
        raise RuntimeError(f"{call.channel.uniqueid} talks to nobody")
    return call.member, call.leg
