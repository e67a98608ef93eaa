"""The floor at any moment of a day is its visits, each cut there, counted one by one."""

import random

from models.events.floor import Caller
from models.rules.floor.state import Call, Outcome
from models.rules.floor.then import Figures, cut, day
from models.rules.metrics import STANDARD, Tally, counted

LIMITS = {"consult": STANDARD._replace(target_s=10)}


def visit(number: int, chance: random.Random) -> Call:
    """Return a visit of a day of a thousand seconds; some never end, some meet nobody, some never came in."""
    at = float(chance.randrange(1000))
    entered = at + 1 if chance.random() < 0.9 else 0.0
    answered = entered + chance.randrange(1, 30) if entered and chance.random() < 0.7 else 0.0
    ended = max(at, entered, answered) + chance.randrange(200) if chance.random() < 0.9 else 0.0
    outcome: Outcome = (
        ("answered" if ended else "talking") if answered else "abandoned" if ended else "waiting"
    )
    return Call(
        key=str(number), pbx="b", call=str(number), visit=1, outcome=outcome, caller=Caller("", "", ""),
        queue=chance.choice(("consult", "other")), arrived=at, entered=entered, answered=answered, ended=ended,
        wait=int(answered - entered) if answered else -1, talk=int(ended - answered) if ended and answered else -1,
    )  # fmt: skip


def naive(visits: list[Call], moment: float) -> Figures:
    """Count every visit as it was at the moment."""
    parts = [part for part in (cut(one, moment) for one in visits) if part is not None]
    tally = Tally()
    for part in parts:
        tally = tally.plus(counted(part, LIMITS.get(part.queue, STANDARD)))
    return Figures(
        sum(part.outcome == "waiting" for part in parts),
        sum(part.outcome == "talking" for part in parts),
        tally,
    )


def test_at_every_moment() -> None:
    chance = random.Random(4)
    visits = [visit(number, chance) for number in range(60)]
    made = day(visits, LIMITS, STANDARD)
    edges = {
        0.0,
        *(t for one in visits for t in (one.arrived, one.entered, one.answered, one.ended)),
    }
    for moment in sorted({edge + step for edge in edges for step in (-0.5, 0.0, 0.5)}):
        assert made.at(moment) == naive(visits, moment), moment


def test_a_day_without_calls() -> None:
    assert day([], LIMITS, STANDARD).at(5.0) == Figures(0, 0, Tally())
