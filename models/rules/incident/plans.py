"""预案: what a plan says, what is wrong with one, and whether it fits an incident, with the reasons."""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from models.events.incident.course import Grade, Kind
from models.events.incident.response import Card, Contact, PlannedNeed
from models.rules.incident.state import Incident

Why = Literal["type", "kind", "grade", "district", "hazard", "people", "word"]
"""What made a plan, or a level of it, fit."""
GRADES: tuple[Grade, ...] = ("I", "II", "III", "IV")
CARDS_MOST = 200


class Trigger(Struct, frozen=True, forbid_unknown_fields=True):
    """When a plan fits: every list that is not empty must hold the incident's own; an empty one asks nothing.

    hazards : kinds of places of the city, one of which lies within `metres`.
    """

    types: tuple[str, ...] = ()
    kinds: tuple[Kind, ...] = ()
    grades: tuple[Grade, ...] = ()
    districts: tuple[str, ...] = ()
    hazards: tuple[str, ...] = ()
    metres: float = 500.0


class LevelRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A response level and what suggests it: any of its grades, so many people at risk, or a word in the title."""

    level: Grade
    grades: tuple[Grade, ...] = ()
    people: int = 0
    words: tuple[str, ...] = ()


class Body(Struct, frozen=True, forbid_unknown_fields=True):
    """What a plan says. levels : the gravest first; the first that fits is suggested, else the last.

    automatic : may start by itself where the tenant lets plans do that (K-17); sections : title and text.
    """

    triggers: tuple[Trigger, ...] = ()
    levels: tuple[LevelRule, ...] = ()
    cards: tuple[Card, ...] = ()
    needs: tuple[PlannedNeed, ...] = ()
    contacts: tuple[Contact, ...] = ()
    templates: dict[str, str] = {}
    sections: tuple[tuple[str, str], ...] = ()
    automatic: bool = False


class Around(NamedTuple):
    """What lies round an incident: kind of place -> metres to the nearest; people at risk, -1 unknown."""

    hazards: dict[str, float] = {}  # noqa: RUF012 - never changed
    people: int = -1


class Fit(NamedTuple):
    """How well a plan fits, and the level it suggests; reasons as (what, value) for the page to say."""

    score: int
    level: Grade
    reasons: tuple[tuple[Why, str], ...]
    level_reasons: tuple[tuple[Why, str], ...]


def fit(body: Body, incident: Incident, around: Around) -> Fit | None:
    """Return how a plan fits an incident, None if no trigger does. A type counts more than a kind."""
    found = [_triggered(trigger, incident, around) for trigger in body.triggers]
    fitting = [reasons for reasons in found if reasons]
    if not fitting:
        return None
    weight = {"type": 4, "hazard": 2, "district": 2, "grade": 1, "kind": 1}
    best = max(fitting, key=lambda reasons: sum(weight[what] for what, _ in reasons))
    level, why = suggested(body.levels, incident, around)
    return Fit(sum(weight[what] for what, _ in best), level, tuple(best), tuple(why))


def _triggered(trigger: Trigger, incident: Incident, around: Around) -> list[tuple[Why, str]]:
    """Return why a trigger fits; empty when it does not, or asks nothing at all."""
    reasons: list[tuple[Why, str]] = []
    asked: Sequence[tuple[Why, tuple[str, ...], str]] = (
        ("type", trigger.types, incident.type),
        ("kind", trigger.kinds, incident.kind),
        ("grade", trigger.grades, incident.grade),
        ("district", trigger.districts, incident.place.district),
    )
    for what, wanted, own in asked:
        if wanted and own not in wanted:
            return []
        if wanted:
            reasons.append((what, own))
    if trigger.hazards:
        near = [
            kind for kind in trigger.hazards if around.hazards.get(kind, trigger.metres + 1) <= trigger.metres
        ]  # fmt: skip
        if not near:
            return []
        reasons.append(("hazard", near[0]))
    return reasons


def suggested(
    levels: Sequence[LevelRule], incident: Incident, around: Around
) -> tuple[Grade, list[tuple[Why, str]]]:
    """Return the level of the first rule that fits with why, the last one's without a reason; "" without rules."""
    for rule in levels:
        if incident.grade and incident.grade in rule.grades:
            return rule.level, [("grade", incident.grade)]
        if rule.people and around.people >= rule.people:
            return rule.level, [("people", str(around.people))]
        word = next((word for word in rule.words if word in incident.title), "")
        if word:
            return rule.level, [("word", word)]
    return (levels[-1].level if levels else ""), []


def wrong(body: Body) -> str:
    """Return the first thing that cannot be, as the name of a field, empty when the plan can be activated."""
    keys = [card.key for card in body.cards]
    checks = {
        "triggers": not body.triggers or any(trigger == Trigger() for trigger in body.triggers),
        "levels": any(rule.level not in GRADES for rule in body.levels),
        "cards": not keys or len(set(keys)) != len(keys) or len(keys) > CARDS_MOST
        or any(not card.key or not card.title or not card.role or not 0 < card.minutes <= 100_000
               for card in body.cards),
        "after": not _ordered(body.cards),
        "needs": any(not need.capability or not 0 < need.count <= 100 for need in body.needs),
    }  # fmt: skip
    return next((field for field, fails in checks.items() if fails), "")


def _ordered(cards: Sequence[Card]) -> bool:
    """True when every card comes after cards that are there, and none after itself in the end."""
    after = {card.key: set(card.after) for card in cards}
    while after:
        free = {key for key, before in after.items() if not before & set(after)}
        if not free or any(not after[key] <= {card.key for card in cards} for key in free):
            return False
        after = {key: before for key, before in after.items() if key not in free}
    return True
