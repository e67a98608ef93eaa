"""The recorded session's floor equals its ground truth, whatever the chunks and wherever the link is cut."""

import random
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path

import pytest

from models.errors import BadInput
from models.events import floor as e
from models.rules.floor import Floor, FloorPlan, empty_floor, reduce
from models.rules.floor.state import OPEN
from models.rules.metrics import Tally, total
from pbx.frames import Framer
from pbx.replay import events_of, figures, fold, read_bytes
from pbx.translate import Translator

RECORDING = Path(__file__).parent.parent / "recordings" / "asterisk22-queue-session.ami.txt.gz"
PLAN = FloorPlan(service_level={"emergency": 5}, default_service_level=10)
TRUTH = {"entered": 237, "answered": 191, "abandoned": 40, "timeout": 6, "within_sl": 153}
SEATS = {
    "测试坐席01": 24, "测试坐席02": 24, "测试坐席03": 26, "测试坐席04": 26,
    "测试坐席07": 24, "测试坐席08": 26, "测试坐席09": 23, "测试坐席10": 18,
}  # fmt: skip
RECONNECTS = 200


@pytest.fixture(scope="module")
def data() -> bytes:
    return read_bytes(RECORDING)


@pytest.fixture(scope="module")
def events(data: bytes) -> list[e.AnyFloorEvent]:
    return events_of(data)


@pytest.fixture(scope="module")
def whole(events: list[e.AnyFloorEvent]) -> Floor:
    return fold(events, PLAN)


def test_it_works() -> None:
    found = figures(RECORDING, {"emergency": 5})
    assert found["total"] == TRUTH
    assert found["seats"] == SEATS
    assert found["queues"]["consult"] == {
        "entered": 95, "answered": 82, "abandoned": 13, "timeout": 0, "within_sl": 76,
    }  # fmt: skip
    assert found["queues"]["complaint"]["within_sl"] == 55
    assert found["queues"]["night"]["timeout"] == 6


def test_one_byte_at_a_time(data: bytes) -> None:
    framer, whole_frames = Framer(), Framer().feed(data)
    part = data[:400_000]
    frames = [frame for index in range(len(part)) for frame in framer.feed(part[index : index + 1])]
    assert frames == whole_frames[: len(frames)]
    assert len(frames) > 900


def test_one_byte_at_a_time_folds_to_the_same_floor(
    events: list[e.AnyFloorEvent], data: bytes
) -> None:
    assert events_of(data, chunk=1) == events


def test_random_chunks(data: bytes, events: list[e.AnyFloorEvent]) -> None:
    rng = random.Random(12345)
    framer, translator = Framer(), Translator("recording", 1, lambda _: e.Caller())
    ids: list[str] = []
    start = 0
    while start < len(data):
        size = rng.choice((1, 2, 3, 7, 100, 1460, 4096, 70_000))
        for frame in framer.feed(data[start : start + size]):
            ids += [event.id for event in translator.feed(frame, 0.0)]
        start += size
    assert ids == [event.id for event in events]


def test_delivered_twice_counts_once(events: list[e.AnyFloorEvent], whole: Floor) -> None:
    doubled = [copy for event in events for copy in (event, event)]
    assert fold(doubled, PLAN) == whole


def test_an_older_link_is_not_heard(events: list[e.AnyFloorEvent], whole: Floor) -> None:
    floor = whole
    link = floor.links["recording"]
    newer = e.LinkUp(
        id="x", at=link.heard + 1, actor="pbx:recording", pbx="recording", epoch=2, seq=1
    )
    floor = reduce(floor, newer)
    for event in events[:500]:
        assert reduce(floor, event) is floor


def test_every_state_is_taken_back(whole: Floor) -> None:
    """After the last call nobody waits, rings or talks, and no call stays open."""
    assert {seat.state for seat in whole.seats.values()} == {"idle"}
    assert not [call for call in whole.calls.values() if call.outcome in OPEN]
    assert total(whole.tallies).unknown == 0


def _after_cut(events: list[e.AnyFloorEvent], lost: int, resumed: int) -> Iterator[e.AnyFloorEvent]:
    """What comes after the link is lost at `lost` and regained just before the list at `resumed`."""
    at = events[lost].at
    yield e.LinkDown(
        id="down",
        at=at,
        actor="pbx:recording",
        pbx="recording",
        epoch=1,
        seq=10**6,
        reason="closed",
    )
    back = events[resumed].at
    yield e.LinkUp(id="up", at=back, actor="pbx:recording", pbx="recording", epoch=2, seq=1)
    for seq, event in enumerate(events[resumed:], start=2):
        yield _with_epoch(event, seq)
    yield e.TimePassed(id="late", at=events[-1].at + 60, actor="system", pbx="", epoch=0, seq=0)


def _with_epoch(event: e.AnyFloorEvent, seq: int) -> e.AnyFloorEvent:
    from msgspec.structs import replace

    return replace(event, epoch=2, seq=seq)


def _final(floor: Floor) -> object:
    """What must be equal after a gap: who is there, in which queues, in which state."""
    return {
        seat.key: (seat.name, seat.state, seat.device, seat.memberships, seat.call, seat.ringing)
        for seat in floor.seats.values()
    }


def _lists(events: list[e.AnyFloorEvent]) -> list[int]:
    return [index for index, event in enumerate(events) if isinstance(event, e.QueuesListed)]


def test_link_lost_at_200_random_points(events: list[e.AnyFloorEvent], whole: Floor) -> None:
    rng = random.Random(20261121)
    lists = _lists(events)
    truth = total(whole.tallies)
    before = list(accumulate(events, reduce, initial=empty_floor(PLAN, events[1].at)))
    for _ in range(RECONNECTS):
        lost = rng.randrange(lists[0] + 1, lists[-1])
        resumed = next(index for index in lists if index > lost)
        floor = before[lost]
        for event in _after_cut(events, lost, resumed):
            floor = reduce(floor, event)
        found = total(floor.tallies)
        assert _final(floor) == _final(whole)
        assert [(gap.start, gap.end) for gap in floor.gaps] == [
            (events[lost].at, events[resumed].at)
        ]
        _never_more_than_true(found, truth)
        _every_entry_has_one_end(floor)
        _seen_is_counted(events, lost, resumed, found)


def _never_more_than_true(found: Tally, truth: Tally) -> None:
    for name in ("entered", "answered", "abandoned", "timeout", "within_sl", "ring_outs"):
        assert getattr(found, name) <= getattr(truth, name), name


def _every_entry_has_one_end(floor: Floor) -> None:
    found = total({queue: tally for queue, tally in floor.tallies.items() if queue})
    ended = found.answered + found.abandoned + found.timeout + found.unknown + found.left
    assert found.entered == ended


def _seen_is_counted(events: list[e.AnyFloorEvent], lost: int, resumed: int, found: Tally) -> None:
    """Every entry, answer and end whose event was received is in the figures."""
    seen = [*events[:lost], *events[resumed:]]
    joined = sum(isinstance(event, e.CallerJoined) for event in seen)
    answered = {
        (event.call, event.queue, event.interface)
        for event in seen
        if isinstance(event, e.CallAnswered | e.CallCompleted) and event.call
    }
    assert found.entered >= joined
    assert found.answered >= sum(isinstance(event, e.CallAnswered) for event in seen)
    assert found.answered >= len(answered) - 1
    timeouts = sum(isinstance(x, e.QueueDone) and x.status == "TIMEOUT" for x in seen)
    abandons = sum(isinstance(x, e.CallerAbandoned) for x in seen)
    assert found.abandoned + found.timeout >= abandons
    assert found.timeout >= timeouts - 1


def test_a_file_that_is_no_recording(tmp_path: Path) -> None:
    other = tmp_path / "x.txt"
    other.write_bytes(b"GET / HTTP/1.1\r\n\r\n")
    with pytest.raises(BadInput, match="no greeting"):
        read_bytes(other)
    other.write_bytes(RECORDING.read_bytes()[:1000])
    with pytest.raises(BadInput):
        read_bytes(other)
