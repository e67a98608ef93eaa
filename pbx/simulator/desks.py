"""The agents' day: signing in and out, pauses with reasons, calls of their own."""

from models.demo import DemoSeat
from pbx.simulator.direct import DirectCalls
from pbx.simulator.floor import Floor
from pbx.simulator.people import NOT_INUSE, UNAVAILABLE, Member, Queue, Seat
from pbx.simulator.plan import PAUSES

BUSY_RETRY_S = 45.0  # an agent in a call leaves, or rings out, a little later


class Desks:
    """Seats and their agents; one agent in four leaves by closing the softphone, not the queue."""

    def __init__(self, floor: Floor, direct: DirectCalls) -> None:
        """Seat the plan's roster and plan everybody's day."""
        self.floor = floor
        self.engine = floor.engine
        self.plan = floor.plan
        self.direct = direct
        self.on_duty = 0
        for index, demo in enumerate(self.plan.seats):
            self._seat(demo, keeps_membership=index % 4 == 3)

    def _seat(self, demo: DemoSeat, *, keeps_membership: bool) -> None:
        seat = Seat(demo.interface, demo.extension, demo.agent_name, demo.queues)
        self.floor.seats[seat.interface] = seat
        rng, plan = self.engine.rng, self.plan
        if keeps_membership:
            seat.status = UNAVAILABLE
            for name in seat.skills:
                self.add(self.floor.queues[name], seat)
        if self.engine.chance(plan.signed_in):
            self._sign_in(seat, keeps_membership, rng.uniform(0.02, 1.0) * plan.shift_s)
        else:
            delay_s = rng.uniform(0.02, 1.0) * plan.off_shift_s
            self.engine.after(delay_s, self._sign_in, seat, keeps_membership, plan.shift_s)
        self.engine.after(self.engine.exponential(plan.pause_every_s), self._pause_begins, seat)
        self._plan_direct(seat)

    # memberships

    def add(self, queue: Queue, seat: Seat, *, penalty: int = 0, paused: bool = False) -> Member:
        """Make the seat a member of the queue and say so."""
        member = Member(queue, seat, int(self.engine.now), penalty, paused=paused)
        seat.members[queue.name] = queue.members[seat.interface] = member
        self.floor.say_member("QueueMemberAdded", member)
        self.floor.refresh(seat)
        return member

    def remove(self, member: Member) -> None:
        """Take the seat out of the queue and say so."""
        queue, seat = member.queue, member.seat
        del seat.members[queue.name], queue.members[seat.interface]
        queue.free.pop(seat.interface, None)
        self.floor.say_member("QueueMemberRemoved", member)

    def pause(self, member: Member, paused: bool, reason: str = "") -> None:
        """Pause or unpause one membership; the queue's pause device changes with it."""
        member.paused, member.reason = paused, reason if paused else ""
        if paused:
            member.last_pause = int(self.engine.now)
        device = f"Queue:{member.queue.name}_pause_{member.seat.interface}"
        self.floor.say_device(device, "INUSE" if paused else "NOT_INUSE")
        self.floor.say_member("QueueMemberPause", member)
        self.floor.refresh(member.seat)

    # shifts

    def _sign_in(self, seat: Seat, keeps_membership: bool, stay_s: float) -> None:
        seat.on_shift = True
        self.on_duty += 1
        for name in seat.skills:
            if name not in seat.members:
                self.add(self.floor.queues[name], seat)
        if seat.status == UNAVAILABLE:
            self.floor.set_phone(seat, NOT_INUSE)
        self.engine.after(stay_s, self._sign_out, seat, keeps_membership)

    def _sign_out(self, seat: Seat, keeps_membership: bool) -> None:
        if not seat.free:
            self.engine.after(BUSY_RETRY_S, self._sign_out, seat, keeps_membership)
            return
        seat.on_shift = False
        self.on_duty -= 1
        self._unpause_all(seat)
        if keeps_membership:
            self.floor.set_phone(seat, UNAVAILABLE)
        else:
            for member in tuple(seat.members.values()):
                self.remove(member)
        away_s = self.plan.off_shift_s * self.engine.rng.uniform(0.5, 1.5)
        stay_s = self.plan.shift_s * self.engine.rng.uniform(0.7, 1.2)
        self.engine.after(away_s, self._sign_in, seat, keeps_membership, stay_s)

    # pauses

    def _pause_begins(self, seat: Seat) -> None:
        reasons = list(PAUSES)
        [reason] = self.engine.rng.choices(reasons, [PAUSES[name][0] for name in reasons])
        if seat.on_shift and not any(member.paused for member in seat.members.values()):
            for member in seat.members.values():
                self.pause(member, True, reason)
        rest_s = PAUSES[reason][1] * self.engine.rng.uniform(0.5, 1.5)
        self.engine.after(rest_s, self._pause_ends, seat, reason)

    def _pause_ends(self, seat: Seat, reason: str) -> None:
        self._unpause_all(seat, reason)
        self.engine.after(
            self.engine.exponential(self.plan.pause_every_s), self._pause_begins, seat
        )

    def _unpause_all(self, seat: Seat, reason: str | None = None) -> None:
        for member in seat.members.values():
            if member.paused and reason in (None, member.reason):
                self.pause(member, False)

    # calls of their own

    def _plan_direct(self, seat: Seat) -> None:
        if self.plan.direct_every_s is not None:
            gap_s = self.engine.exponential(self.plan.direct_every_s)
            self.engine.after(gap_s, self._ring_somebody, seat)

    def _ring_somebody(self, seat: Seat) -> None:
        if seat.on_shift and seat.free:
            colleague = self.direct.idle_seat(seat)
            if colleague is not None and self.engine.chance(0.3):
                self.direct.between(seat, colleague)
            else:
                self.direct.outbound(seat, f"1380000{self.engine.rng.randrange(10000):04d}")
        self._plan_direct(seat)
