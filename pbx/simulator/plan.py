"""What a simulated day is like: people, patience, talk, pauses and shifts, all in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from models.demo import QUEUES, DemoQueue, DemoSeat, seats

# Share of a day's calls by hour, after the usual curve of a city's government hotline.
HOUR_WEIGHTS: tuple[float, ...] = (
    0.9, 0.6, 0.5, 0.4, 0.5, 0.9, 1.8, 3.6, 7.6, 9.4, 9.0, 7.2,
    4.6, 4.8, 7.0, 7.6, 7.4, 6.2, 4.6, 4.2, 3.8, 3.2, 2.4, 1.8,
)  # fmt: skip

PAUSES: Mapping[str, tuple[float, float]] = {
    "小休": (0.55, 8 * 60.0),
    "用餐": (0.20, 30 * 60.0),
    "培训": (0.15, 35 * 60.0),
    "会议": (0.10, 30 * 60.0),
}  # reason: (share of pauses, mean seconds)


@dataclass(frozen=True, slots=True)
class Plan:
    """One simulated centre. Times are in seconds, probabilities between 0 and 1."""

    seats: tuple[DemoSeat, ...] = field(default_factory=seats)
    queues: tuple[DemoQueue, ...] = QUEUES

    # Arrivals: `calls_per_s` fixes the rate; else `busy` is the share of the signed-in seats to
    # keep on calls at any hour; with neither, the city's own `calls_per_day` by hour of day.
    calls_per_s: float | None = None
    busy: float | None = 0.55
    calls_per_day: float = 2600.0
    utc_offset_s: float = 8 * 3600.0
    burst_every_s: float | None = 420.0  # mean gap between short rushes on one queue
    burst_s: float = 60.0
    burst_load: float = 0.45  # calls of a rush per skilled seat

    greeting_s: tuple[float, float] = (0.4, 2.5)
    least_patience_s: float = 5.0  # of those who do not give up at once
    patience_s: float = 80.0  # mean of the exponential beyond it
    quick_hangup: float = 0.02  # share that gives up within five seconds
    queue_timeout_s: float = 120.0
    voicemail_s: float = 8.0  # what a timed-out caller still hears

    answer_s: float = 3.0  # mean ring of an answered call
    ring_timeout_s: float = 15.0
    no_answer: float = 0.02
    retry_s: float = 0.5
    talk_s: float = 150.0  # mean of the lognormal
    talk_sigma: float = 0.6
    hold: float = 0.12
    hold_s: float = 20.0
    blind_transfer: float = 0.03
    attended_transfer: float = 0.006
    caller_ends: float = 0.45
    wrap_s: float = 15.0
    lost_caller_fields: float = 0.03  # AgentComplete without the caller's fields, as app_queue does
    lost_agent_fields: float = 0.055

    signed_in: float = 0.9  # share of seats on shift at the start
    shift_s: float = 7 * 3600.0
    off_shift_s: float = 2700.0
    pause_every_s: float = 9000.0
    direct_every_s: float | None = 3600.0  # outbound and seat-to-seat calls of one seat
    direct_s: float = 60.0

    test_events: bool = False  # TestEvent noise as Debian's build sends it
    warm_up_s: float = 1200.0

    @property
    def handling_s(self) -> float:
        """Return the mean seconds a queue call keeps a phone busy."""
        return self.answer_s + self.talk_s + self.hold * self.hold_s


def demo_plan(count: int = 120, *, calls_per_s: float | None = None) -> Plan:
    """Return the demo centre with `count` seats; a given rate shortens the calls to fit them."""
    plan = Plan(seats=seats(count))
    return plan if calls_per_s is None else at_rate(plan, calls_per_s)


def at_rate(plan: Plan, calls_per_s: float) -> Plan:
    """Return `plan` with a fixed arrival rate and calls short enough for its seats to keep up."""
    on_duty = plan.signed_in * len(plan.seats)
    handling_s = min(plan.handling_s, 0.55 * on_duty / calls_per_s)
    talk_s = max(1.0, handling_s * 0.75)
    return replace(
        plan,
        calls_per_s=calls_per_s,
        talk_s=talk_s,
        answer_s=max(0.3, min(plan.answer_s, handling_s * 0.2)),
        wrap_s=min(plan.wrap_s, handling_s * 0.2),
        hold_s=min(plan.hold_s, talk_s / 4),
        warm_up_s=min(plan.warm_up_s, 6 * handling_s + 10),
    )
