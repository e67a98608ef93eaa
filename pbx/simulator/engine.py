"""The clock of the simulated world: a heap of jobs, no wall clock, one seeded random source."""

import heapq
import math
from collections.abc import Callable
from functools import partial
from random import Random
from typing import TypeVarTuple

Ts = TypeVarTuple("Ts")

STAMP_STEP_S = 0.000007  # events of one instant follow each other as closely as a real exchange's


class Timer:
    """A job to run at a world time; it can be called off."""

    __slots__ = ("at", "job", "order")

    def __init__(self, at: float, order: int, job: Callable[[], object]) -> None:
        self.at = at
        self.order = order
        self.job: Callable[[], object] | None = job

    def __lt__(self, other: "Timer") -> bool:
        return (self.at, self.order) < (other.at, other.order)

    def cancel(self) -> None:
        """Call the job off."""
        self.job = None


class Engine:
    """Runs jobs in the order of their time; equal times keep the order they were given in."""

    def __init__(self, seed: int, now: float) -> None:
        self.now = now
        self.rng = Random(seed)  # noqa: S311 - a simulation, not a secret
        self._heap: list[Timer] = []
        self._order = 0
        self._stamp = now

    def after(self, delay_s: float, job: Callable[[*Ts], object], *args: *Ts) -> Timer:
        """Run `job(*args)` in `delay_s` seconds."""
        self._order += 1
        timer = Timer(self.now + max(0.0, delay_s), self._order, partial(job, *args))
        heapq.heappush(self._heap, timer)
        return timer

    def run_until(self, until: float) -> None:
        """Run every job due up to `until` and set the clock there."""
        heap = self._heap
        while heap and heap[0].at <= until:
            timer = heapq.heappop(heap)
            if timer.job is not None:
                self.now = max(self.now, timer.at)
                timer.job()
        self.now = max(self.now, until)

    def next_at(self) -> float:
        """Return the time of the next job, infinity when there is none."""
        while self._heap and self._heap[0].job is None:
            heapq.heappop(self._heap)
        return self._heap[0].at if self._heap else math.inf

    def stamp(self) -> float:
        """Return a strictly rising time for the next event."""
        self._stamp = max(self.now, self._stamp + STAMP_STEP_S)
        return self._stamp

    def exponential(self, mean_s: float) -> float:
        """Draw a duration with the given mean."""
        return self.rng.expovariate(1.0 / mean_s)

    def lognormal(self, mean_s: float, sigma: float) -> float:
        """Draw a duration with the given mean and a long right tail."""
        return self.rng.lognormvariate(math.log(mean_s) - sigma * sigma / 2, sigma)

    def chance(self, probability: float) -> bool:
        """Draw yes with the given probability."""
        return self.rng.random() < probability
