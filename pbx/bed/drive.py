"""Endless traffic for the demo's real exchange: citizens call, agents answer, hold, pass on, rest."""

import logging
import math
import random
import time
from threading import Event

from models.demo import DemoSeat
from pbx.bed.control import Refused
from pbx.bed.exchange import Bed
from pbx.bed.phones import Behaviour, Sipp, call, start_seats

log = logging.getLogger(__name__)

SEATS_AT_WORK = 12
REST_REASONS = ("小休", "用餐", "培训")

_TICK_S = 0.5
_SURGE_EVERY_S = 45.0
_SURGE_CALLS = 4  # patient ones, and as many who soon give up
_REST_EVERY_S = 20.0
_REST_S = (12.0, 40.0)
_IMPATIENT_SHARE = 0.15
_IMPATIENT_S = (2.5, 6.0)
_PATIENT_S = (40.0, 90.0)
_FIRST_NUMBER = 13800000000


def drive(
    bed: Bed, *, stop: Event, calls_per_s: float = 0.35, seats: int = SEATS_AT_WORK, seed: int = 0
) -> None:
    """Sign `seats` seats in, spread over the teams, and let citizens call until `stop` is set.

    Arrivals are random (`calls_per_s` on average, by the demo's shares of the queues) with a surge
    now and then, so that some callers give up. Agents rest with a reason. A dead exchange is
    started again. Returns when `stop` is set, with every phone ended.
    """
    at_work = _spread(bed.seats, seats)
    behaviours = {seat.extension: _behaviour(i) for i, seat in enumerate(at_work)}
    with start_seats(bed, behaviours):
        traffic = _Traffic(bed, at_work, calls_per_s, seed)
        try:
            while not stop.wait(_TICK_S):
                traffic.tick(time.monotonic())
        finally:
            traffic.close()


def _spread(seats: tuple[DemoSeat, ...], count: int) -> list[DemoSeat]:
    step = max(1, len(seats) // count)
    return list(seats[::step][:count])


def _behaviour(index: int) -> Behaviour:
    ring_s, talk_s = 0.8 + index % 3 * 0.7, 7.0 + index * 7 % 12
    if index % 6 == 3:
        return Behaviour("hold", ring_s=ring_s, talk_s=talk_s / 2, hold_s=5.0)
    if index == 2:
        return Behaviour("transfer", ring_s=ring_s, talk_s=talk_s, transfer_to="9002")
    if index == 8:
        return Behaviour("answer", ring_s=7.0, talk_s=talk_s)  # often too slow: rings out
    return Behaviour("answer", ring_s=ring_s, talk_s=talk_s)


class _Traffic:
    """Who is calling and who is resting; each tick moves both on."""

    def __init__(self, bed: Bed, seats: list[DemoSeat], calls_per_s: float, seed: int) -> None:
        self._bed = bed
        self._seats = seats
        self._calls_per_s = calls_per_s
        self._random = random.Random(seed)  # noqa: S311 - arrivals, not secrets
        self._callers: list[Sipp] = []
        self._resting: dict[str, float] = {}
        now = time.monotonic()
        self._surge_at, self._rest_at = now + _SURGE_EVERY_S, now + _REST_EVERY_S

    def tick(self, now: float) -> None:
        """Let this half-second's citizens call and agents come and go."""
        if not self._bed.alive:
            log.warning("the exchange died; starting it again")
            self._bed.restart()
        self._callers = [caller for caller in self._callers if not caller.done]
        for _ in range(self._arrivals()):
            impatient = self._random.random() < _IMPATIENT_SHARE
            self._citizens(self._pick_queue(), 1, _IMPATIENT_S if impatient else _PATIENT_S)
        if now >= self._surge_at:
            self._surge_at = now + _SURGE_EVERY_S
            queue = self._pick_queue()
            for patience_s in (_PATIENT_S, _IMPATIENT_S):
                self._citizens(queue, _SURGE_CALLS, patience_s)
        self._rest(now)

    def close(self) -> None:
        """End every caller."""
        for caller in self._callers:
            caller.close()

    def _arrivals(self) -> int:
        # Knuth's Poisson draw: the mean is well below one a tick.
        limit, product, drawn = math.exp(-self._calls_per_s * _TICK_S), self._random.random(), 0
        while product > limit:
            product *= self._random.random()
            drawn += 1
        return drawn

    def _pick_queue(self) -> str:
        queues = self._bed.queues
        (queue,) = self._random.choices(queues, [each.share for each in queues])
        return self._bed.extension_of(queue.name)

    def _citizens(self, extension: str, count: int, patience_s: tuple[float, float]) -> None:
        number = str(_FIRST_NUMBER + self._random.randrange(10000))
        caller = call(
            self._bed,
            extension,
            number=number,
            patience_s=self._random.uniform(*patience_s),
            count=count,
            rate=2.0,
        )
        self._callers.append(caller)

    def _rest(self, now: float) -> None:
        for interface in [each for each, until in self._resting.items() if until <= now]:
            del self._resting[interface]
            self._pause(interface, paused=False, reason="")
        if now >= self._rest_at:
            self._rest_at = now + _REST_EVERY_S
            interface = self._random.choice(self._seats).interface
            self._resting[interface] = now + self._random.uniform(*_REST_S)
            self._pause(interface, paused=True, reason=self._random.choice(REST_REASONS))

    def _pause(self, interface: str, *, paused: bool, reason: str) -> None:
        fields = {"Interface": interface, "Paused": str(paused).lower(), "Reason": reason}
        try:
            self._bed.act("QueuePause", **fields)
        except (OSError, Refused) as error:
            log.warning("%s could not be paused or unpaused: %s", interface, error)
