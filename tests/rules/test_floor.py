"""Seats and calls one event at a time: the four states, holds, wrap-up, refusals, days."""

from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import astuple

from models.clock import day_of
from models.events import floor as e
from models.rules.alarms import Watched, judge, readings
from models.rules.board import board, changes, merge
from models.rules.floor import Floor, FloorPlan, empty_floor, reduce
from models.rules.floor.book import LOST_KEPT
from models.rules.metrics import total

NOON = 1_795_233_600.0
PLAN = FloorPlan(wrap_up_s=10, service_level={"consult": 15})
SEAT = "PJSIP/8001"
KEY = f"p:{SEAT}"


class Story:
    """Folds events with running numbers; `at` seconds after noon."""

    def __init__(self, plan: FloorPlan = PLAN) -> None:
        self.floor = empty_floor(plan, NOON)
        self._seq = count(1)

    def tell(self, event_type: type[Any], at: float, **fields: Any) -> "Story":
        seq = next(self._seq)
        event = event_type(
            id=str(seq), at=NOON + at, actor="pbx:p", pbx="p", epoch=1, seq=seq, **fields
        )
        self.floor = reduce(self.floor, event)
        return self

    def wait(self, at: float) -> "Story":
        event = e.TimePassed(id="t", at=NOON + at, actor="system", pbx="", epoch=0, seq=0)
        self.floor = reduce(self.floor, event)
        return self

    def link_up(self, at: float, *waiting: e.EntryRow) -> "Story":
        self.tell(e.LinkUp, at)
        return self.tell(e.QueuesListed, at, queues=("consult",), members=(), entries=waiting)

    def sign_in(
        self, at: float = 0, *, paused: bool = False, reason: str = "", device: int = 1
    ) -> "Story":
        row = e.MemberRow("consult", SEAT, "王建国", device, paused, reason)
        return self.tell(e.SeatStatus, at, member=row)

    def join(self, at: float, call: str = "c1", queue: str = "consult") -> "Story":
        return self.tell(
            e.CallerJoined, at, queue=queue, call=call, channel="PJSIP/t-1",
            caller=e.Caller("138****0001"), position=1,
        )  # fmt: skip

    def answer(self, at: float, call: str = "c1", wait: int = 4) -> "Story":
        return self.tell(
            e.CallAnswered, at, queue="consult", call=call, interface=SEAT, name="王建国",
            channel=f"{SEAT}-0001", wait=wait, ring=2,
        )  # fmt: skip

    def complete(self, at: float, call: str = "c1", wait: int = 4, talk: int = 60) -> "Story":
        return self.tell(
            e.CallCompleted, at, queue="consult", call=call, interface=SEAT, wait=wait, talk=talk,
            reason="agent",
        )  # fmt: skip

    @property
    def state(self) -> str:
        return self.floor.seats[KEY].state

    def figures(self) -> Any:
        return total(self.floor.tallies)


def test_it_works() -> None:
    story = Story().sign_in().join(1)
    assert story.state == "idle"
    story.tell(e.SeatRang, 2, queue="consult", call="c1", interface=SEAT, name="王建国")
    assert story.state == "ring"
    story.answer(5)
    assert story.state == "talk"
    story.tell(e.CallHeld, 10, channel=f"{SEAT}-0001")
    assert story.state == "hold"
    story.tell(e.CallUnheld, 14, channel=f"{SEAT}-0001")
    assert story.state == "talk"
    story.complete(65)
    assert story.state == "wrap"
    story.wait(76)
    seat = story.floor.seats[KEY]
    assert (seat.state, seat.since) == ("idle", NOON + 75)
    call = next(iter(story.floor.calls.values()))
    assert (call.outcome, call.wait, call.talk, call.held) == ("answered", 4, 60, 4.0)


def test_saving_the_ticket_ends_the_after_call_work() -> None:
    story = Story().sign_in().join(1).answer(5)
    assert story.tell(e.WorkSaved, 20, seat=KEY).state == "talk"
    assert story.complete(60).state == "wrap"
    assert story.tell(e.WorkSaved, 63, seat="pbx1:nobody").state == "wrap"
    assert story.tell(e.WorkSaved, 64, seat=KEY).state == "idle"
    assert story.floor.seats[KEY].since == NOON + 64
    assert story.wait(76).state == "idle"


def test_pause_kinds() -> None:
    assert Story().sign_in(paused=True, reason="小休").state == "rest"
    assert Story().sign_in(paused=True, reason="培训").state == "learn"
    assert Story().sign_in(paused=True, reason="设备故障").state == "busy"


def test_paused_in_one_queue_only_is_still_working() -> None:
    story = Story().sign_in(paused=True)
    other = e.MemberRow("help", SEAT, "王建国", 1, False)
    assert story.tell(e.SeatStatus, 1, member=other).state == "idle"


def test_a_direct_call_is_not_idle() -> None:
    story = Story().sign_in().tell(e.DeviceChanged, 5, device=SEAT, state=2)
    assert story.state == "direct"
    assert story.tell(e.DeviceChanged, 9, device=SEAT, state=1).state == "idle"


def test_the_phone_of_an_ended_queue_call_is_after_call_work_not_a_direct_call() -> None:
    story = Story().sign_in().join(1).tell(e.DeviceChanged, 2, device=SEAT, state=2).answer(3)
    assert story.complete(60).state == "wrap"
    assert story.tell(e.DeviceChanged, 60.1, device=SEAT, state=1).state == "wrap"


def test_a_seat_whose_phone_is_gone_is_offline() -> None:
    assert Story().sign_in(device=5).state == "offline"


def test_abandon_then_timeout_is_a_timeout() -> None:
    story = Story().join(0).tell(e.CallerAbandoned, 9, queue="consult", call="c1", wait=9)
    assert story.figures().abandoned == 1
    story.tell(e.CallerLeft, 9, queue="consult", call="c1")
    story.tell(e.QueueDone, 9, queue="consult", call="c1", status="TIMEOUT")
    assert (story.figures().abandoned, story.figures().timeout) == (0, 1)


def test_a_full_queue_never_let_the_caller_in() -> None:
    story = Story().tell(
        e.CallArrived,
        0,
        call="c1",
        channel="x",
        caller=e.Caller(),
        context="callers",
        dialled="12345",
    )
    story.tell(e.QueueDone, 1, queue="consult", call="c1", status="FULL")
    found = story.figures()
    assert (found.arrived, found.entered, found.overflow, found.refused) == (1, 0, 1, 1)


def test_a_hang_up_before_any_queue_is_quick() -> None:
    story = Story().tell(
        e.CallArrived,
        0,
        call="c1",
        channel="x",
        caller=e.Caller(),
        context="callers",
        dialled="12345",
    )
    story.tell(e.CallGone, 2, call="c1", channel="x", linked="c1", cause_code=16)
    assert (story.figures().quick, story.figures().entered) == (1, 0)


def test_a_transferred_call_is_a_second_visit_of_one_call() -> None:
    story = Story().sign_in().join(0).answer(4)
    story.tell(e.CallTransferred, 30, call="c1", channel=f"{SEAT}-0001", kind="blind", to="9002")
    story.join(30.1, queue="complaint").complete(30.2, talk=26)
    found = story.figures()
    assert (found.arrived, found.entered, found.answered) == (1, 2, 1)
    assert sorted(call.transferred for call in story.floor.calls.values()) == ["", "blind:9002"]


def test_completion_without_the_callers_fields_is_joined_by_seat() -> None:
    story = Story().sign_in().join(0).answer(4).complete(60, call="")
    assert story.figures().talk_s == 60
    assert story.state == "wrap"


def _left_the_queue() -> Story:
    return Story().link_up(0).join(1).tell(e.CallerLeft, 7, queue="consult", call="c1")


def test_leaving_by_a_key_is_neither_answered_nor_abandoned() -> None:
    story = _left_the_queue().wait(20)
    assert (story.figures().left, story.figures().abandoned) == (1, 0)


def test_where_the_link_went_with_the_caller_nobody_knows_whether_it_was_a_key() -> None:
    """Connect or Abandon follows a Leave within milliseconds: here it fell into the gap."""
    story = _left_the_queue().tell(e.LinkDown, 7.1, reason="closed").wait(20)
    assert story.figures().left == 0  # an answer may have followed: still open
    story.link_up(21).wait(23)
    assert (story.figures().left, story.figures().unknown) == (0, 1)
    assert [call.gap for call in story.floor.calls.values()] == [True]


def test_who_left_and_waits_again_after_a_gap_is_waiting() -> None:
    story = _left_the_queue().tell(e.LinkDown, 7.1, reason="closed")
    again = e.EntryRow("consult", "c1", "PJSIP/t-1", e.Caller("138****0001"), 1, 13)
    story.link_up(21, again).wait(60)
    assert [call.outcome for call in story.floor.calls.values()] == ["waiting"]


def test_the_days_last_lost_calls_stay_on_the_feed() -> None:
    story = Story().sign_in()
    for n in range(LOST_KEPT + 5):
        story.join(n, f"c{n}").tell(
            e.CallerAbandoned, n + 0.5, queue="consult", call=f"c{n}", wait=0
        )
    story.join(40, "taken").answer(41, "taken").complete(42, "taken")
    story.wait(3600).wait(7200)
    shown = board(story.floor, NOON + 7200)["feed"]
    assert {key.split("|")[1] for key in shown} == {f"c{n}" for n in range(5, LOST_KEPT + 5)}
    assert set(story.floor.closed) == set(shown)
    assert story.wait(86_400).wait(86_401).floor.closed == {}


def test_a_call_that_follows_another_at_once_has_an_age_of_its_own() -> None:
    """After a gap the seat talks to somebody else: nobody has talked for an hour."""
    story = Story().sign_in().join(1).answer(5)
    story.join(3000, "c2").answer(3600, "c2")
    assert story.state == "talk"
    assert story.floor.seats[KEY].since == NOON + 3600


def test_a_second_call_that_rings_has_an_age_of_its_own() -> None:
    story = Story().sign_in().join(1).join(1, "c2")
    story.tell(e.SeatRang, 2, queue="consult", call="c1", interface=SEAT, name="王建国")
    story.tell(e.SeatRang, 9, queue="consult", call="c2", interface=SEAT, name="王建国")
    assert (story.state, story.floor.seats[KEY].since) == ("ring", NOON + 9)


def test_midnight_starts_new_counts_and_keeps_open_calls_with_their_day() -> None:
    _, midnight = day_of(NOON, "Asia/Shanghai")
    late = midnight - NOON
    story = Story().sign_in().join(late - 3).answer(late + 3, wait=6)
    assert story.figures().entered == 0
    assert story.figures().answered == 0
    assert story.state == "talk"
    assert story.join(late + 9, call="c2").figures().entered == 1


def test_the_clock_going_back_does_not_lose_the_day() -> None:
    story = Story().join(0).join(-7200, call="c2")
    assert story.figures().entered == 2


@pytest.mark.parametrize("state", ["wrap", "talk", "ring"])
def test_removed_from_its_last_queue_a_seat_leaves_once_free(state: str) -> None:
    story = Story().sign_in().join(0)
    if state != "ring":
        story.answer(4)
    story.tell(e.SeatRemoved, 5, queue="consult", interface=SEAT)
    assert (KEY in story.floor.seats) == (state != "ring")
    story.complete(60)
    assert KEY not in story.floor.seats


# --- the board -------------------------------------------------------------------------------


def _steps() -> Iterator[Story]:
    story = Story()
    yield story.sign_in()
    yield story.join(1)
    yield story.tell(e.SeatRang, 2, queue="consult", call="c1", interface=SEAT, name="王建国")
    yield story.answer(5)
    yield story.tell(e.CallHeld, 10, channel=f"{SEAT}-0001")
    yield story.complete(65)
    yield story.join(66, call="c2")
    yield story.tell(e.CallerAbandoned, 80, queue="consult", call="c2", wait=14)
    yield story.wait(90)
    yield story.tell(e.SeatRemoved, 95, queue="consult", interface=SEAT)
    yield story.wait(400)


def test_snapshot_plus_changes_is_the_next_snapshot() -> None:
    old: Floor | None = None
    at = NOON + 100
    shown: dict[str, Any] = {}
    for story in _steps():
        floor = story.floor
        if old is None:
            shown = board(floor, at)
        else:
            shown = merge(shown, changes(old, floor, at))
            for section in shown.values():
                if isinstance(section, dict):
                    for key in [key for key, value in section.items() if value is None]:
                        del section[key]
        assert shown == board(floor, at)
        old = floor


def test_nothing_changed_says_nothing() -> None:
    story = Story().sign_in()
    before = story.floor
    assert changes(before, story.sign_in(5).floor, NOON) == {}


# --- alarms ----------------------------------------------------------------------------------


def test_an_alarm_needs_its_duration_and_clears_below_its_release() -> None:
    story = Story().sign_in().join(0)
    watched: dict[tuple[str, str], Watched] = {}

    def look(at: float) -> Any:
        now = NOON + at
        found = [r for r in readings(story.floor, {}, now) if r[0] == "longest_wait"]
        return judge(story.floor, found, watched, now)

    assert look(61).raised == []
    verdict = look(65)
    assert [rule.name for rule, _ in verdict.raised] == ["longest_wait"]
    raised = e.AlarmRaised(
        id="a", at=NOON + 65, actor="system", pbx="", epoch=0, seq=0, alarm="a",
        rule="longest_wait", subject="consult", value=65, threshold=60,
    )  # fmt: skip
    story.floor = reduce(reduce(story.floor, raised), raised)
    assert len(story.floor.alarms) == 1
    assert look(70) == ([], [])
    story.answer(71)
    assert [key for key, _ in look(72).cleared] == ["a"]


def test_acknowledging_keeps_the_first_name() -> None:
    story = Story()
    common: dict[str, Any] = {"actor": "x", "pbx": "", "epoch": 0, "seq": 0, "alarm": "a"}
    floor = reduce(
        story.floor,
        e.AlarmRaised(id="1", at=NOON, rule="r", subject="", value=1, threshold=0, **common),
    )
    floor = reduce(floor, e.AlarmAcknowledged(id="2", at=NOON, name="林值班", **common))
    floor = reduce(floor, e.AlarmAcknowledged(id="3", at=NOON, name="周主任", **common))
    assert floor.alarms["a"].ack_name == "林值班"
    assert reduce(floor, e.AlarmCleared(id="4", at=NOON, value=0, **common)).alarms == {}


# --- properties ------------------------------------------------------------------------------

_KINDS = st.sampled_from(
    ["join", "answer", "complete", "abandon", "leave", "timeout", "wait", "list"]
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(_KINDS, st.sampled_from(["a", "b", "c"])), max_size=40))
def test_no_order_of_events_breaks_the_books(steps: list[tuple[str, str]]) -> None:
    story = Story().sign_in()
    for at, (kind, call) in enumerate(steps, start=1):
        match kind:
            case "join":
                story.join(at, call=call)
            case "answer":
                story.answer(at, call=call)
            case "complete":
                story.complete(at, call=call)
            case "abandon":
                story.tell(e.CallerAbandoned, at, queue="consult", call=call, wait=3)
            case "leave":
                story.tell(e.CallerLeft, at, queue="consult", call=call)
            case "timeout":
                story.tell(e.QueueDone, at, queue="consult", call=call, status="TIMEOUT")
            case "wait":
                story.wait(at + 5)
            case _:
                rows = (e.MemberRow("consult", SEAT, "王建国", 1, False),)
                story.tell(e.QueuesListed, at, queues=("consult",), members=rows, entries=())
        found = story.figures()
        waiting = sum(call.outcome == "waiting" for call in story.floor.calls.values())
        ended = found.answered + found.abandoned + found.timeout + found.left + found.unknown
        assert found.entered == ended + waiting
        assert min(astuple(found)) >= 0
