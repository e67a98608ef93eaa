"""Call metrics: each figure's formula, with its source. Counts come from the call ledger only.

A `Tally` is a sum over ledger rows (visits), so the wallboard (which sums while folding), a report
(which sums in SQL) and an export (which lists the rows) agree by construction. Formulas are those
of docs/metrics.md; a ratio without a denominator is None, never 0.
"""

from typing import NamedTuple, Protocol

import msgspec


class Tally(msgspec.Struct, frozen=True):
    """Counts over queue visits; seconds are whole seconds as app_queue counts them."""

    arrived: int = 0  # calls that reached the exchange
    quick: int = 0  # of these, hung up before any queue
    entered: int = 0
    answered: int = 0
    within_sl: int = 0  # answered within the queue's own target
    within_standard: int = 0  # answered within 15 s (GB/T 33358)
    abandoned: int = 0
    short: int = 0  # of these, after less than the short-abandon limit
    timeout: int = 0
    overflow: int = 0
    refused: int = 0  # of these, never let into the queue
    left: int = 0
    unknown: int = 0  # the end fell into a gap
    wait_known: int = 0
    wait_s: int = 0
    talk_known: int = 0
    talk_s: int = 0
    hold_s: int = 0
    ring_outs: int = 0

    def plus(self, other: "Tally", sign: int = 1) -> "Tally":
        """Return this tally with `other` added (sign -1: taken away)."""
        mine, theirs = msgspec.structs.astuple(self), msgspec.structs.astuple(other)
        return Tally(*[a + sign * b for a, b in zip(mine, theirs, strict=True)])


class Minute(msgspec.Struct, frozen=True):
    """Counts of the visits that entered within one minute."""

    entered: int = 0
    answered: int = 0
    abandoned: int = 0
    within: int = 0


class Visit(Protocol):
    """What a ledger row must offer to be counted; `models.rules.floor.Call` and the table row do."""

    @property
    def outcome(self) -> str: ...  # noqa: D102
    @property
    def queue(self) -> str: ...  # noqa: D102
    @property
    def visit(self) -> int: ...  # noqa: D102
    @property
    def arrived(self) -> float: ...  # noqa: D102
    @property
    def entered(self) -> float: ...  # noqa: D102
    @property
    def wait(self) -> int: ...  # noqa: D102
    @property
    def talk(self) -> int: ...  # noqa: D102
    @property
    def held(self) -> float: ...  # noqa: D102
    @property
    def ring_outs(self) -> int: ...  # noqa: D102


class Limits(NamedTuple):
    """The limits a visit is judged by, seconds."""

    target_s: int
    standard_s: int
    short_abandon_s: int


STANDARD = Limits(target_s=15, standard_s=15, short_abandon_s=5)
"""The limits of GB/T 33358 and the usual short abandon, where nothing else is set."""


def counted(visit: Visit, limits: Limits) -> Tally:
    """Return what one visit adds to its queue's tally."""
    outcome, wait, talk = visit.outcome, visit.wait, visit.talk
    taken = outcome in ("talking", "answered")
    known = taken and wait >= 0
    gone = outcome == "abandoned"
    return Tally(
        arrived=int(visit.visit == 1 and visit.arrived > 0),
        quick=int(outcome == "quick"),
        entered=int(visit.entered > 0),
        answered=int(taken),
        within_sl=int(known and wait <= limits.target_s),
        within_standard=int(known and wait <= limits.standard_s),
        abandoned=int(gone),
        short=int(gone and 0 <= wait < limits.short_abandon_s),
        timeout=int(outcome == "timeout"),
        overflow=int(outcome == "overflow"),
        refused=int(outcome == "overflow" and visit.entered == 0),
        left=int(outcome == "left"),
        unknown=int(outcome == "unknown"),
        wait_known=int(known),
        wait_s=wait if known else 0,
        talk_known=int(talk >= 0),
        talk_s=max(talk, 0),
        hold_s=int(visit.held),
        ring_outs=visit.ring_outs,
    )


def total(tallies: "dict[str, Tally]") -> Tally:
    """Return the sum over all queues."""
    result = Tally()
    for tally in tallies.values():
        result = result.plus(tally)
    return result


class Ratio(NamedTuple):
    """A figure that is a ratio, with the two sets it is made of."""

    numerator: float
    denominator: float

    @property
    def value(self) -> float | None:
        """Numerator over denominator, None where nothing could be counted."""
        return self.numerator / self.denominator if self.denominator > 0 else None


def decided(t: Tally) -> int:
    """Offered calls whose fate is known: neither still waiting nor lost in a gap of the link.

    All rates rest on these, so that a rate neither sinks while callers wait nor after an outage;
    how many are unknown is shown beside it.
    """
    return t.answered + t.abandoned + t.timeout + t.overflow - t.refused + t.left


def _unknown_waits(t: Tally) -> int:
    """Answered calls whose wait fell into a gap: they cannot be judged by any limit."""
    return t.answered - t.wait_known


def connect_rate(t: Tally) -> Ratio:
    """接通率 = answered / (offered to agents - short abandons). GB/T 33358-2016: at least 95 % over 24 h."""
    return Ratio(t.answered, decided(t) - t.short)


def within_standard_of_offered(t: Tally) -> Ratio:
    """15秒接通率 = answered within 15 s / offered (our default denominator)."""
    return Ratio(t.within_standard, decided(t) - _unknown_waits(t))


def within_standard_of_answered(t: Tally) -> Ratio:
    """15秒接通率, the other denominator in use: answered within 15 s / answered."""
    return Ratio(t.within_standard, t.wait_known)


def service_level(t: Tally) -> Ratio:
    """Service level = answered within the queue's target / (offered - short abandons)."""
    return Ratio(t.within_sl, decided(t) - t.short - _unknown_waits(t))


def loss_rate(t: Tally) -> Ratio:
    """呼损率 = (quick hang-ups + abandons + timeouts + overflows) / (offered + those that never got to a queue)."""
    lost = t.quick + t.abandoned + t.timeout + t.overflow
    return Ratio(lost, decided(t) + t.quick + t.refused)


def asa(t: Tally) -> Ratio:
    """ASA 平均等待 = queue wait of answered calls / answered calls whose wait is known, seconds."""
    return Ratio(t.wait_s, t.wait_known)


def average_talk(t: Tally) -> Ratio:
    """平均通话 = talk (with hold, as app_queue counts it) / completed calls, seconds."""
    return Ratio(t.talk_s, t.talk_known)


def expected_wait(ahead: int, working: int, idle: int, handle_s: float | None) -> float | None:
    """EWT of the next caller: (ahead + 1) x average handle time / working seats, seconds.

    Source: the usual rate-based estimate (a queue of n served by m seats at 1/AHT each).
    None = 无法预计: no working seat, or no handle time known yet. 0 when a seat is idle and nobody waits.
    """
    if working <= 0:
        return None
    if idle > ahead:
        return 0.0
    if not handle_s:
        return None
    return (ahead + 1) * handle_s / working
