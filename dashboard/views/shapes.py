"""What the views need of the rows the store returns, so that they depend on no store."""

from collections.abc import Mapping, Sequence
from typing import Protocol


class CallShape(Protocol):
    """One visit of a call, as the ledger tells it."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def pbx(self) -> str: ...  # noqa: D102
    @property
    def call(self) -> str: ...  # noqa: D102
    @property
    def queue(self) -> str: ...  # noqa: D102
    @property
    def queue_label(self) -> str: ...  # noqa: D102
    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def caller(self) -> str: ...  # noqa: D102
    @property
    def arrived(self) -> float | None: ...  # noqa: D102
    @property
    def entered(self) -> float | None: ...  # noqa: D102
    @property
    def agent_name(self) -> str: ...  # noqa: D102
    @property
    def agent_no(self) -> str: ...  # noqa: D102
    @property
    def wait(self) -> int: ...  # noqa: D102
    @property
    def talk(self) -> int: ...  # noqa: D102
    @property
    def held(self) -> float: ...  # noqa: D102
    @property
    def ring_outs(self) -> int: ...  # noqa: D102
    @property
    def transferred(self) -> str: ...  # noqa: D102
    @property
    def gap(self) -> bool: ...  # noqa: D102
    @property
    def callback_at(self) -> float | None: ...  # noqa: D102
    @property
    def callback_by(self) -> int: ...  # noqa: D102
    @property
    def callback_note(self) -> str: ...  # noqa: D102


class StepShape(Protocol):
    """One step of a call's course."""

    @property
    def at(self) -> float: ...  # noqa: D102
    @property
    def what(self) -> str: ...  # noqa: D102
    @property
    def detail(self) -> str: ...  # noqa: D102


class IntervalShape(Protocol):
    """A seat's stay in one state; `end` is empty while it lasts."""

    @property
    def state(self) -> str: ...  # noqa: D102
    @property
    def reason(self) -> str: ...  # noqa: D102
    @property
    def start(self) -> float: ...  # noqa: D102
    @property
    def end(self) -> float | None: ...  # noqa: D102


class SeatDayShape(Protocol):
    """A seat's day: intervals, calls, seconds by state, and whether its computer is on line."""

    @property
    def intervals(self) -> Sequence[IntervalShape]: ...  # noqa: D102
    @property
    def calls(self) -> Sequence[CallShape]: ...  # noqa: D102
    @property
    def sums(self) -> Mapping[str, float]: ...  # noqa: D102
    @property
    def desk(self) -> str: ...  # noqa: D102


class AlarmShape(Protocol):
    """One alarm from raise to clear."""

    @property
    def key(self) -> str: ...  # noqa: D102
    @property
    def rule(self) -> str: ...  # noqa: D102
    @property
    def subject(self) -> str: ...  # noqa: D102
    @property
    def value(self) -> float: ...  # noqa: D102
    @property
    def threshold(self) -> float: ...  # noqa: D102
    @property
    def raised_at(self) -> float: ...  # noqa: D102
    @property
    def cleared_at(self) -> float | None: ...  # noqa: D102
    @property
    def ack_name(self) -> str: ...  # noqa: D102
    @property
    def ack_at(self) -> float | None: ...  # noqa: D102
