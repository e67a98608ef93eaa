"""Why here: what a place's tickets are about, compared with the city's, in the words a leader asks."""

from collections.abc import Mapping, Sequence

import msgspec

from models.clock import Instant

SHOWN = 5
LEAST = 2
"""Tickets a category must have here to be compared."""


class Share(msgspec.Struct, frozen=True):
    """A category or unit: its tickets here and in the city, and how many times its share here is that there."""

    key: str
    here: int
    city: int
    lift: float


class Sample(msgspec.Struct, frozen=True):
    """One of the tickets; the title of a protected one is empty."""

    no: str
    at: Instant
    category: str
    title: str


class Why(msgspec.Struct, frozen=True):
    """Why a place is hot.

    total, city : tickets here and in the whole city over the same period.
    categories, units : the largest here first; unfilled : tickets that name no category, and no unit yet.
    hours : tickets by local hour of the day, 24 of them.
    series : tickets by step of time, the oldest first; the first `earlier` of them lie before the period.
    population : residents, -1 where not known; per_10k : tickets per 10,000 of them, -1 likewise.
    groups : numbers of tickets that look like one matter, the largest group first.
    """

    total: int
    city: int
    categories: tuple[Share, ...]
    units: tuple[Share, ...]
    hours: tuple[int, ...]
    samples: tuple[Sample, ...]
    groups: tuple[tuple[str, ...], ...]
    population: float = -1.0
    per_10k: float = -1.0
    unfilled: tuple[int, int] = (0, 0)
    series: tuple[int, ...] = ()
    earlier: int = 0


def why(
    here: Mapping[str, Mapping[str, int]],
    city: Mapping[str, Mapping[str, int]],
    *,
    hours: Sequence[int],
    samples: Sequence[Sample],
    groups: Sequence[Sequence[str]] = (),
    population: float = -1.0,
    series: Sequence[int] = (),
    earlier: int = 0,
) -> Why:
    """Return the answer; `here` and `city` count tickets by `category` and by `unit`, every ticket once in each."""
    total = sum(here["category"].values())
    return Why(
        total=total,
        city=sum(city["category"].values()),
        categories=shares(here["category"], city["category"]),
        units=shares(here["unit"], city["unit"]),
        hours=tuple(hours),
        samples=tuple(samples),
        groups=tuple(tuple(group) for group in groups),
        population=population,
        per_10k=round(total / population * 10_000, 2) if population > 0 else -1.0,
        unfilled=(here["category"].get("", 0), here["unit"].get("", 0)),
        series=tuple(series),
        earlier=earlier,
    )


def shares(here: Mapping[str, int], city: Mapping[str, int]) -> tuple[Share, ...]:
    """Return the most frequent keys with their lift: (share here) / (share in the city); 0 for too few to compare.

    Tickets without a key (nothing filled in) are part of both wholes, and no line of their own.
    """
    total, whole = sum(here.values()), sum(city.values())
    found = [
        Share(
            key, number, city.get(key, 0),
            round(number / total / (city[key] / whole), 2) if number >= LEAST and city.get(key) else 0.0,
        )
        for key, number in here.items() if key and number
    ]  # fmt: skip
    found.sort(key=lambda share: (-share.here, -share.lift, share.key))
    return tuple(found[:SHOWN])
