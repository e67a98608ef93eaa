"""How much a sender may send: so many fixes a second for long, and a heap at once after a gap. Pure."""

from models.clock import Instant


class Bucket:
    """Fills with `rate` a second up to `burst`, and starts full."""

    def __init__(self, rate: float, burst: float) -> None:
        self._rate = rate
        self._burst = burst
        self._left = burst
        self._at: Instant = 0.0

    def take(self, count: int, now: Instant) -> float:
        """Take `count` out; return 0, or the seconds to wait until they are there: then nothing was taken."""
        passed = max(0.0, now - self._at) if self._at else 0.0
        self._left = min(self._burst, self._left + passed * self._rate)
        self._at = now
        if count > self._left:
            return (min(count, self._burst) - self._left) / self._rate
        self._left -= count
        return 0.0
