"""What every layer says of itself, in one shape: method, period, baseline, parameters, what was left out, age."""

from typing import Literal

import msgspec

from models.clock import Instant

Method = Literal["density", "clusters", "surge"]
Level = Literal["cell", "district", "city"]
Trend = Literal["", "new", "emerging", "persistent", "recurring", "fading"]
Baseline = Literal["none", "city mean", "own history"]


class Period(msgspec.Struct, frozen=True, order=True):
    """A stretch of time [since, until), in seconds UTC."""

    since: Instant
    until: Instant


class LeftOut(msgspec.Struct, frozen=True):
    """Tickets of the period that no cell shows, each of its own criterion `located`, or outside the city.

    area : only the street or district is known; default : on a geocoder's default point; no : unknown.
    """

    area: int = 0
    default: int = 0
    no: int = 0
    outside: int = 0

    @property
    def total(self) -> int:
        """Return how many there are."""
        return self.area + self.default + self.no + self.outside


class Row(msgspec.Struct, frozen=True, omit_defaults=True):
    """One place of a layer.

    key : H3 cell as hex text, or the district's code, or empty for the city.
    observed, expected : tickets of the period, and those the baseline lets expect (-1 = no baseline).
    value : what the layer draws: tickets per km2 (density), Gi* (clusters), observed / expected (surge; of half
        a ticket at least).
    per_10k : tickets per 10,000 people, -1 where the population is not known.
    p : probability of so much by chance anywhere among the places of this level; 1 where nothing is tested.
    raised : p is below the layer's alpha. beyond_city : it is, even when the whole city rose alike.
    """

    key: str
    observed: float
    value: float
    level: Level = "cell"
    expected: float = -1.0
    per_10k: float = -1.0
    p: float = 1.0
    raised: bool = False
    beyond_city: bool = False


class Layer(msgspec.Struct, frozen=True):
    """One layer of hotspots.

    test : False for a picture of where tickets are, which says nothing of chance.
    baseline_periods : what the expected numbers were counted over, the latest first.
    counted : tickets in `rows` of level cell; made_at : when it was computed.
    """

    method: Method
    test: bool
    period: Period
    baseline: Baseline
    baseline_periods: tuple[Period, ...]
    parameters: dict[str, float]
    counted: int
    left_out: LeftOut
    made_at: Instant
    rows: tuple[Row, ...]

    def age(self, now: Instant) -> float:
        """Return how many seconds ago it was computed."""
        return max(now - self.made_at, 0.0)

    @property
    def raised(self) -> tuple[Row, ...]:
        """Return the places that are raised, the surest first."""
        return tuple(
            sorted((r for r in self.rows if r.raised), key=lambda r: (r.p, -r.value, r.key))
        )


class Frame(msgspec.Struct, frozen=True):
    """What the layers of one computation share.

    periods : the baseline's, the latest first, empty without a history.
    """

    period: Period
    periods: tuple[Period, ...]
    left_out: LeftOut
    made_at: Instant
