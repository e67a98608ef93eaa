"""The simulated exchange as one object: pure, seeded, driven only by the time it is given."""

from pbx.dialect import Action, Reply, Rows
from pbx.simulator import rows
from pbx.simulator.calls import Calls
from pbx.simulator.citizens import Citizens
from pbx.simulator.controls import Controls
from pbx.simulator.desks import Desks
from pbx.simulator.direct import DirectCalls
from pbx.simulator.engine import Engine
from pbx.simulator.floor import Floor, Frame
from pbx.simulator.plan import Plan
from pbx.simulator.talks import Talks


class World:
    """A hotline centre in operation; times are world times, in epoch seconds.

    The same plan, seed, start and calls give the same frames, byte for byte.
    """

    def __init__(self, plan: Plan, seed: int, start_at: float, *, surge: float = 1.0) -> None:
        """Build the centre and let it warm up, so that at `start_at` it is in full swing."""
        self.plan = plan
        self.start_at = start_at
        self.engine = Engine(seed, start_at - plan.warm_up_s)
        self.floor = Floor(plan, self.engine)
        direct = DirectCalls(self.floor)
        calls = Calls(self.floor)
        Talks(self.floor, calls, direct)
        desks = Desks(self.floor, direct)
        self.citizens = Citizens(self.floor, calls, desks)
        self._controls = Controls(self.floor, desks, self.citizens)
        self.engine.run_until(start_at)
        self.floor.muted = False
        if surge != 1.0:
            self.citizens.set_surge(surge)

    @property
    def now(self) -> float:
        """Return the world time reached."""
        return self.engine.now

    def advance(self, until: float) -> list[Frame]:
        """Let the world go on up to `until`; return what was said since the last call."""
        self.engine.run_until(until)
        frames, self.floor.frames = self.floor.frames, []
        return frames

    def next_at(self) -> float:
        """Return the world time of the next thing to happen."""
        return self.engine.next_at()

    def set_surge(self, factor: float) -> None:
        """Multiply the arrivals by `factor` (1: normal)."""
        self.citizens.set_surge(factor)

    def act(self, action: Action) -> Reply | None:
        """Carry out a controller action; its events come with the next `advance`."""
        return self._controls.act(action)

    def queue_status(self, queue: str = "") -> Rows:
        """Return QueueParams, QueueMember and QueueEntry rows."""
        return rows.queue_status(self.floor, queue, self.now)

    def queue_summary(self, queue: str = "") -> Rows:
        """Return QueueSummary rows."""
        return rows.queue_summary(self.floor, queue, self.now)

    def device_states(self) -> Rows:
        """Return DeviceStateChange rows."""
        return rows.device_states(self.floor)

    def channels(self) -> Rows:
        """Return CoreShowChannel rows."""
        return rows.channels(self.floor, self.now)
