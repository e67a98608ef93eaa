"""Each figure's formula, and what it says when nothing can be said."""

from models.events.floor import Caller
from models.rules import metrics as m
from models.rules.floor.state import Call, Outcome

LIMITS = m.Limits(target_s=10, standard_s=15, short_abandon_s=5)


def visit(outcome: Outcome, *, wait: int = -1, talk: int = -1, entered: float = 100.0) -> Call:
    return Call(
        key="k", pbx="p", call="c", visit=1, outcome=outcome, caller=Caller(), queue="q",
        arrived=100.0, entered=entered, wait=wait, talk=talk,
    )  # fmt: skip


def tally(*visits: Call) -> m.Tally:
    result = m.Tally()
    for one in visits:
        result = result.plus(m.counted(one, LIMITS))
    return result


def test_it_works() -> None:
    day = tally(
        visit("answered", wait=4, talk=100),
        visit("answered", wait=12, talk=50),
        visit("answered", wait=30, talk=30),
        visit("abandoned", wait=2),
        visit("abandoned", wait=40),
        visit("timeout", wait=60),
    )
    assert m.connect_rate(day) == m.Ratio(3, 5)
    assert m.service_level(day) == m.Ratio(1, 5)
    assert m.within_standard_of_offered(day) == m.Ratio(2, 6)
    assert m.within_standard_of_answered(day) == m.Ratio(2, 3)
    assert m.asa(day) == m.Ratio(46, 3)
    assert m.average_talk(day) == m.Ratio(180, 3)
    assert m.loss_rate(day) == m.Ratio(3, 6)


def test_nothing_counted_is_no_figure_not_zero() -> None:
    assert m.connect_rate(m.Tally()).value is None
    assert m.asa(m.Tally()).value is None


def test_a_waiting_caller_lowers_no_rate() -> None:
    before = tally(visit("answered", wait=3))
    after = before.plus(m.counted(visit("waiting"), LIMITS))
    assert after.entered == 2
    assert m.connect_rate(after) == m.connect_rate(before)
    assert m.within_standard_of_offered(after) == m.within_standard_of_offered(before)


def test_what_a_gap_hides_counts_in_no_rate() -> None:
    before = tally(visit("answered", wait=3), visit("abandoned", wait=20))
    hidden = m.counted(visit("unknown"), LIMITS)
    unjudged = m.counted(visit("answered", wait=-1), LIMITS)
    assert m.connect_rate(before.plus(hidden)) == m.connect_rate(before)
    assert m.service_level(before.plus(unjudged)) == m.service_level(before)
    assert before.plus(hidden).unknown == 1


def test_an_abandon_at_the_limit_is_not_short() -> None:
    assert tally(visit("abandoned", wait=4)).short == 1
    assert tally(visit("abandoned", wait=5)).short == 0


def test_a_refused_call_was_never_offered() -> None:
    refused = tally(visit("overflow", entered=0.0))
    assert (refused.entered, refused.overflow, refused.refused) == (0, 1, 1)
    assert m.loss_rate(refused) == m.Ratio(1, 1)
    assert m.connect_rate(refused).value is None


def test_taking_away_what_was_added_leaves_nothing() -> None:
    one = m.counted(visit("answered", wait=3, talk=9), LIMITS)
    assert m.Tally().plus(one).plus(one, -1) == m.Tally()


def test_expected_wait() -> None:
    assert m.expected_wait(0, working=0, idle=0, handle_s=100.0) is None
    assert m.expected_wait(0, working=5, idle=2, handle_s=None) == 0.0
    assert m.expected_wait(3, working=5, idle=0, handle_s=None) is None
    assert m.expected_wait(3, working=8, idle=0, handle_s=160.0) == 80.0
