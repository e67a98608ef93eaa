"""The citizens who call: how many, when, from which number, about what."""

from pbx.simulator.calls import Calls
from pbx.simulator.desks import Desks
from pbx.simulator.engine import Timer
from pbx.simulator.floor import Floor
from pbx.simulator.plan import HOUR_WEIGHTS

RECHECK_S = 30.0  # the rate follows the hour and the staff, so no gap is drawn for longer


class Citizens:
    """Rings the hotline at the plan's rate, times the surge, with a rush now and then."""

    def __init__(self, floor: Floor, calls: Calls, desks: Desks) -> None:
        """Start calling."""
        self.engine = floor.engine
        self.plan = floor.plan
        self.calls = calls
        self.desks = desks
        self.surge = 1.0
        self._queues = list(floor.queues.values())
        self._shares = [queue.share for queue in self._queues]
        self._next: Timer = self._plan_next()
        if self.plan.burst_every_s is not None and self.plan.calls_per_s is None:
            self.engine.after(self.engine.exponential(self.plan.burst_every_s), self._rush)

    def set_surge(self, factor: float) -> None:
        """Multiply the arrivals by `factor` from now on (1: normal)."""
        self.surge = factor
        self._next.cancel()  # arrivals have no memory, so drawing anew changes nothing else
        self._next = self._plan_next()

    def rate(self) -> float:
        """Return the arrivals per second now."""
        plan = self.plan
        if plan.calls_per_s is not None:
            base = plan.calls_per_s
        elif plan.busy is not None:
            base = plan.busy * self.desks.on_duty / plan.handling_s
        else:
            hour = int((self.engine.now + plan.utc_offset_s) // 3600) % 24
            base = plan.calls_per_day * HOUR_WEIGHTS[hour] / sum(HOUR_WEIGHTS) / 3600
        return base * self.surge

    def _plan_next(self) -> Timer:
        rate = self.rate()
        gap_s = self.engine.exponential(1 / rate) if rate > 0 else RECHECK_S
        if gap_s >= RECHECK_S:
            return self.engine.after(RECHECK_S, self._look_again)
        return self.engine.after(gap_s, self._ring_up)

    def _look_again(self) -> None:
        self._next = self._plan_next()

    def _ring_up(self) -> None:
        [queue] = self.engine.rng.choices(self._queues, self._shares)
        self.calls.arrive(queue.name, self._number())
        self._next = self._plan_next()

    def _number(self) -> str:
        number = self.engine.rng.randrange(10_000)
        if self.engine.chance(0.15):
            return f"0559555{number:04d}"
        return f"1380000{number:04d}"

    def _rush(self) -> None:
        """Let many call one queue within a minute, as after a burst pipe."""
        plan, rng = self.plan, self.engine.rng
        assert plan.burst_every_s is not None  # noqa: S101 - planned only then
        [queue] = rng.choices(self._queues, self._shares)
        load = plan.burst_load if plan.busy is not None else plan.burst_load / 10
        for _ in range(round(load * len(queue.members))):
            delay_s = rng.uniform(0, plan.burst_s)
            self.engine.after(delay_s, self.calls.arrive, queue.name, self._number())
        self.engine.after(self.engine.exponential(plan.burst_every_s), self._rush)
