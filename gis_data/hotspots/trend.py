"""How a place stands over consecutive periods of equal length, by fixed rules on what was raised when."""

from collections.abc import Mapping, Sequence

from gis_data.hotspots.result import Trend

PERSISTENT = 0.75
"""Share of the periods in which a persistent place is raised, the present one among them."""
PERSISTENT_LEAST = 3


def trend(raised: Sequence[bool], observed: Sequence[float]) -> Trend:
    """Return what a place is, the oldest period first, the present one last; nothing without an earlier one.

    persistent : raised now and in three quarters of at least three periods.
    new : raised now for the first time.
    emerging : raised now and in the period before, with more tickets than the mean of the earlier periods.
    recurring : raised now and earlier, none of the above.
    fading : raised in one of the two periods before, not now.
    """
    if len(raised) < 2:
        return ""
    now, before = raised[-1], raised[:-1]
    if not now:
        return "fading" if any(before[-2:]) else ""
    if len(raised) >= PERSISTENT_LEAST and sum(raised) >= PERSISTENT * len(raised):
        return "persistent"
    if not any(before):
        return "new"
    earlier = observed[:-1]
    if before[-1] and observed[-1] > sum(earlier) / len(earlier):
        return "emerging"
    return "recurring"


def trends(
    raised: Sequence[frozenset[str]], observed: Sequence[Mapping[str, float]]
) -> dict[str, Trend]:
    """Return place -> what it is, of every place raised in any period; the oldest period first."""
    found = {
        key: trend([key in each for each in raised], [each.get(key, 0.0) for each in observed])
        for key in sorted(frozenset().union(*raised))
    }
    return {key: what for key, what in found.items() if what}
