"""The life of a queue call up to its answer: join, ring, connect; or abandon, or time out."""

from collections.abc import Callable
from functools import partial

from pbx.dialect import Header
from pbx.simulator.floor import HOTLINE, TRUNK, Floor
from pbx.simulator.people import (
    INUSE,
    NOT_INUSE,
    RINGING,
    RINGING_OUT,
    UP,
    Call,
    Channel,
    Member,
    Queue,
    Ring,
    Seat,
)

QUICK_HANGUP_S = (0.6, 4.6)


def member_headers(member: Member) -> tuple[Header, Header, Header]:
    """Return who an agent event is about."""
    seat = member.seat
    queue = ("Queue", member.queue.name)
    return queue, ("Interface", seat.interface), ("MemberName", seat.name)


class Calls:
    """Moves calls through the queues; `on_connect` takes over when a seat answers."""

    def __init__(self, floor: Floor) -> None:
        """Work on `floor` and answer its word that a seat became free."""
        self.floor = floor
        self.engine = floor.engine
        self.plan = floor.plan
        floor.on_free = self.seek
        self.on_connect: Callable[[Call], None] = lambda _call: None

    # arrival and waiting

    def arrive(self, queue_name: str, number: str) -> Call:
        """Let a citizen ring the hotline; after the greeting the call joins its queue."""
        floor = self.floor
        channel = floor.open_channel(TRUNK, number=number, label="<unknown>", exten=HOTLINE)
        channel.context, channel.exten = "q", queue_name
        floor.set_state(channel, UP)
        call = Call(channel, floor.queues[queue_name], self._patience())
        channel.hang_up = partial(self._leave_greeting, call)
        greeting = self.engine.rng.uniform(*self.plan.greeting_s)
        call.timers.append(self.engine.after(greeting, self.join, call, call.queue))
        return call

    def _patience(self) -> float:
        if self.engine.chance(self.plan.quick_hangup):
            return self.engine.rng.uniform(*QUICK_HANGUP_S)
        return self.plan.least_patience_s + self.engine.exponential(self.plan.patience_s)

    def _leave_greeting(self, call: Call) -> None:
        call.stop_timers()
        self.floor.end_channel(call.channel)

    def join(self, call: Call, queue: Queue) -> None:
        """Put the caller at the end of the queue."""
        floor, channel = self.floor, call.channel
        call.stop_timers()
        queue.waiting.append(call)
        position = len(queue.waiting)
        call.queue, call.joined_at, call.original_position = queue, self.engine.now, position
        channel.context, channel.exten, channel.priority = "q", queue.name, 5
        channel.application, channel.data = "Queue", f"{queue.name},tTkKc,,,{self._timeout}"
        channel.hang_up = partial(self.abandon, call)
        if position == 1:
            floor.say_device(f"Queue:{queue.name}", "RINGING")
        place = ("Position", str(position)), ("Count", str(position))
        floor.say("QueueCallerJoin", channel, ("Queue", queue.name), *place)
        call.timers.append(self.engine.after(call.patience_s, self.abandon, call))
        call.timers.append(self.engine.after(self.plan.queue_timeout_s, self.time_out, call))
        self.offer(queue)

    @property
    def _timeout(self) -> str:
        return f"{self.plan.queue_timeout_s:.0f}"

    def _leave(self, call: Call) -> None:
        queue = call.queue
        position = queue.waiting.index(call) + 1
        queue.waiting.remove(call)
        if not queue.waiting:
            self.floor.say_device(f"Queue:{queue.name}", "NOT_INUSE")
        place = ("Position", str(position)), ("Count", str(len(queue.waiting)))
        self.floor.say("QueueCallerLeave", call.channel, ("Queue", queue.name), *place)

    def _say_abandon(self, call: Call) -> None:
        queue, now = call.queue, self.engine.now
        position = queue.waiting.index(call) + 1
        held = int(now) - int(call.joined_at)
        queue.abandoned += 1
        queue.abandoned_in_level += held <= queue.service_level_s
        self.floor.say(
            "QueueCallerAbandon",
            call.channel,
            ("Queue", queue.name),
            ("Position", str(position)),
            ("OriginalPosition", str(call.original_position)),
            ("HoldTime", str(held)),
        )

    def abandon(self, call: Call) -> None:
        """Let the caller hang up while waiting, whether or not a phone rings."""
        call.stop_timers()
        self.floor.say("HangupRequest", call.channel)
        ring, call.ring = call.ring, None
        if ring is not None:
            self._dial_end(call, ring.channel, "CANCEL")
        self._say_abandon(call)
        self._leave(call)
        self._stop_ring(ring)
        self.floor.end_channel(call.channel)

    def time_out(self, call: Call) -> None:
        """Give up for the caller: Abandon, Leave, then the dialplan's own event and voicemail."""
        call.stop_timers()
        ring, call.ring = call.ring, None
        if ring is not None:
            self._say_no_answer(call, ring)
            self._dial_end(call, ring.channel, "CANCEL")
        self._say_abandon(call)
        self._leave(call)
        self.queue_done(call, "TIMEOUT")
        self._stop_ring(ring)
        call.channel.application, call.channel.data = "VoiceMail", "night"
        call.channel.hang_up = partial(self._leave_greeting, call)
        call.timers.append(self.engine.after(self.plan.voicemail_s, self._leave_greeting, call))

    def queue_done(self, call: Call, status: str) -> None:
        """Say the dialplan's own event after Queue() returned."""
        fields = ("UserEvent", "QueueDone"), ("Queue", call.queue.name), ("Status", status)
        call.channel.priority = 6
        self.floor.say("UserEvent", call.channel, *fields)

    # ringing

    def seek(self, seat: Seat) -> None:
        """Look for work for a seat that became free: heavy queues first, then the longest wait."""
        queues = [m.queue for m in seat.members.values() if m.queue.waiting and not m.paused]
        for queue in sorted(queues, key=lambda q: (-q.weight, q.waiting[0].joined_at)):
            self.offer(queue)

    def offer(self, queue: Queue) -> None:
        """Ring the longest idle members for the longest waiting callers."""
        while queue.free and (call := queue.first_unrung()) is not None:
            self._ring(call, next(iter(queue.free.values())))

    def _ring(self, call: Call, member: Member) -> None:
        floor, seat, caller = self.floor, member.seat, call.channel
        leg = floor.seat_channel(seat, "s", caller.linkedid)
        leg.exten = call.queue.name
        leg.other_number, leg.other_label = caller.number, caller.label
        floor.say("AgentCalled", caller, *member_headers(member), dest=leg)
        floor.say("DialBegin", caller, ("DialString", seat.interface), dest=leg)
        caller.other_number, caller.other_label = leg.number, leg.label
        if self.engine.chance(self.plan.no_answer):
            timer = self.engine.after(self.plan.ring_timeout_s, self.no_answer, call)
        else:
            timer = self.engine.after(self._answer_delay(), self._answer, call)
        call.ring = Ring(member, leg, self.engine.now, timer)
        leg.hang_up = partial(self.no_answer, call)
        floor.set_state(leg, RINGING_OUT)
        floor.set_phone(seat, RINGING)

    def _answer_delay(self) -> float:
        quickest = 0.3 * self.plan.answer_s
        drawn = quickest + self.engine.exponential(0.7 * self.plan.answer_s)
        return min(drawn, 0.9 * self.plan.ring_timeout_s)

    def _dial_end(self, call: Call, leg: Channel, status: str) -> None:
        self.floor.say("DialEnd", call.channel, ("DialStatus", status), dest=leg)

    def _say_no_answer(self, call: Call, ring: Ring) -> None:
        rang_ms = ("RingTime", f"{(self.engine.now - ring.began) * 1000:.0f}")
        who = member_headers(ring.member)
        self.floor.say("AgentRingNoAnswer", call.channel, *who, rang_ms, dest=ring.channel)

    def _stop_ring(self, ring: Ring | None) -> None:
        if ring is not None:
            ring.timer.cancel()
            self.floor.end_channel(ring.channel, 0, "Unknown")
            self.floor.set_phone(ring.member.seat, NOT_INUSE)

    def no_answer(self, call: Call) -> None:
        """Take the call back from a phone that rang in vain; another one is tried soon."""
        ring, call.ring = call.ring, None
        if ring is None:
            return
        self._say_no_answer(call, ring)
        self._dial_end(call, ring.channel, "NOANSWER")
        self._stop_ring(ring)
        self.engine.after(self.plan.retry_s, self.offer, call.queue)

    def _answer(self, call: Call) -> None:
        ring = call.ring
        if ring is None:
            return
        floor, member, leg, now = self.floor, ring.member, ring.channel, self.engine.now
        call.stop_timers()
        call.ring, call.member, call.leg, call.connected_at = None, member, leg, now
        floor.set_state(leg, UP)
        self._dial_end(call, leg, "ANSWER")
        self._leave(call)
        held, rang = int(now) - int(call.joined_at), int(now) - int(ring.began)
        times = ("HoldTime", str(held)), ("RingTime", str(rang))
        floor.say("AgentConnect", call.channel, *member_headers(member), *times, dest=leg)
        member.in_call = True
        self._count_answer(call.queue, held)
        floor.set_phone(member.seat, INUSE)
        floor.join_bridge(leg, call.channel)
        self.on_connect(call)

    @staticmethod
    def _count_answer(queue: Queue, held: int) -> None:
        queue.hold_s = (3 * queue.hold_s + held) // 4
        queue.completed_in_level += held <= queue.service_level_s
