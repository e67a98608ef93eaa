"""A recording is played byte for byte, at its own pace or faster, and damaged files say so."""

import asyncio
import gzip
import math
import re
import time
from pathlib import Path

import pytest

from pbx import recording
from pbx.dialect import Headers, controller, reader

RECORDING = Path(__file__).parents[1] / "recordings" / "asterisk22-queue-session.ami.txt.gz"
LOGIN = b"Action: Login\r\nUsername: watch\r\nSecret: s\r\nActionID: in\r\n\r\n"
LISTING = b"Action: QueueStatus\r\nActionID: mine\r\n\r\n"


@pytest.fixture(scope="module")
def session() -> recording.Recording:
    return recording.load(RECORDING)


async def play(path: Path, *, pace: float, rebase: bool = False) -> bytes:
    """Return everything a client receives after its FullyBooted."""
    server = await recording.serve(path, accounts={"watch": reader("s")}, pace=pace, rebase=rebase)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(LOGIN)
    received = asyncio.create_task(incoming.read())
    await asyncio.wait_for(server.done.wait(), 30)
    while server.backlog():
        await asyncio.sleep(0.01)
    outgoing.write(b"Action: Logoff\r\n\r\n")
    data = await asyncio.wait_for(received, 30)
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()
    return data.partition(b"Status: Fully Booted\r\n\r\n")[2].rpartition(b"Response: Goodbye")[0]


async def test_it_works(session: recording.Recording) -> None:
    assert await play(RECORDING, pace=math.inf) == session.body


async def test_real_chunks_give_the_same_bytes(session: recording.Recording) -> None:
    assert await play(RECORDING, pace=500) == session.body


def test_only_what_was_the_recorders_own_is_left_out(session: recording.Recording) -> None:
    raw = gzip.decompress(RECORDING.read_bytes())
    dropped = len(re.findall(rb"(?:\A|\n)Response: \w+\r\n(?=ActionID)", raw))
    assert dropped == 62
    frames = session.body.split(b"\r\n\r\n")
    assert not any(frame.lstrip().startswith(b"Response: ") for frame in frames)
    assert session.body.count(b"Event: QueueMember\r\n") == 79
    assert session.body.count(b"Event: QueueCallerJoin\r\n") == 237


def test_chunks_keep_their_time(session: recording.Recording) -> None:
    times = [chunk.at_s for chunk in session.chunks]
    assert times == sorted(times)
    assert 230 < times[-1] < 250
    assert len(times) > 3000


def test_without_chunks_the_timestamps_set_the_pace(
    tmp_path: Path, session: recording.Recording
) -> None:
    alone = tmp_path / RECORDING.name
    alone.write_bytes(RECORDING.read_bytes())
    paced = recording.load(alone)
    assert paced.body == session.body
    assert 230 < paced.chunks[-1].at_s < 250


async def test_own_list_waits_for_the_end_of_a_frame_cut_by_tcp() -> None:
    server = await recording.serve(RECORDING, accounts={"watch": reader("s")}, pace=60)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(LOGIN)
    received = b""
    for _ in range(40):
        outgoing.write(LISTING)
        await asyncio.sleep(0.02)
        received += await incoming.read(1 << 20)
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()
    heads = [frame.strip().partition(b"\r\n")[0] for frame in received.split(b"\r\n\r\n")[1:-1]]
    assert all(re.fullmatch(rb"(Event|Response): \w+", head) for head in heads)
    assert received.count(b"\r\nActionID: mine\r\nEventList: start") > 5
    assert not re.search(rb"[^\n]Response: ", received)


def test_state_reached_agrees_with_the_recorded_list(session: recording.Recording) -> None:
    body = session.body
    for number in (2, 3, 4, 5):
        mark = f"ActionID: snap-{number}-QueueStatus\r\n".encode()
        first = body.rindex(b"Event: ", 0, body.index(mark))
        last = body.index(b"Event: QueueStatusComplete\r\n" + mark)
        before, after = recording.ReachedState(), recording.ReachedState()
        before.feed(body[:first])
        after.feed(body[:last])
        assert [_short(row) for row in before.queue_status("")] == [
            _short(row) for row in after.queue_status("")
        ]


def _short(row: Headers) -> tuple[str | None, ...]:
    fields = dict(row)
    names = "Event", "Queue", "Location", "Status", "Paused", "Uniqueid", "Position", "Completed"
    return tuple(fields.get(name) for name in names)


def test_rebase_moves_timestamps_and_nothing_else(session: recording.Recording) -> None:
    now = time.time()
    moved = recording.rebased(session, now)
    stamp = re.compile(rb"Timestamp: (\d+\.\d+)\r\n")
    stamps = [float(text) for text in stamp.findall(moved.body)]
    assert abs(stamps[0] - now) < 0.001
    assert 230 < stamps[-1] - stamps[0] < 250
    assert stamp.sub(b"", moved.body) == stamp.sub(b"", session.body)
    assert [len(c.data) for c in moved.chunks] == [len(c.data) for c in session.chunks]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(b"Asterisk Call Manager/11.0.0\r\n" * 99)[:-12], "damaged gzip"),
        (b"\x1f\x8bnot gzip at all", "damaged gzip"),
        (b"hello\r\n\r\n", "not an AMI recording"),
        (b"", "not an AMI recording"),
        (b"Asterisk Call Manager/11.0.0\r\n", "no complete AMI message"),
    ],
    ids=["cut", "no gzip", "other", "empty", "no message"],
)
def test_a_damaged_file_says_what_is_wrong(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "broken.ami.txt.gz"
    path.write_bytes(data)
    with pytest.raises(recording.NotARecording, match=words):
        recording.load(path)


def test_a_damaged_chunks_file_says_so(tmp_path: Path) -> None:
    path = tmp_path / "s.ami.txt"
    path.write_bytes(b"Asterisk Call Manager/11.0.0\r\nEvent: A\r\n\r\n")
    (tmp_path / "s.chunks.txt").write_text("0.1 thirty\n")
    with pytest.raises(recording.NotARecording, match=r"s\.chunks\.txt"):
        recording.load(path)


async def test_rebased_events_show_as_live() -> None:
    server = await recording.serve(RECORDING, accounts={"watch": reader("s")}, pace=1, rebase=True)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(LOGIN)
    data = await asyncio.wait_for(incoming.readuntil(b"Event: QueueCallerJoin\r\n"), 20)
    lag = time.time() - float(re.findall(rb"Timestamp: (\d+\.\d+)", data)[-1])
    assert abs(lag) < 0.5
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()


async def test_the_past_cannot_be_changed() -> None:
    server = await recording.serve(RECORDING, accounts={"watch": controller("s")}, pace=1)
    incoming, outgoing = await asyncio.open_connection("127.0.0.1", server.port)
    outgoing.write(
        LOGIN + b"Action: QueuePause\r\nActionID: p\r\nInterface: x\r\nPaused: 1\r\n\r\n"
    )
    data = await asyncio.wait_for(incoming.readuntil(b"a recording\r\n\r\n"), 10)
    assert b"Response: Error\r\nActionID: p\r\n" in data
    outgoing.close()
    await outgoing.wait_closed()
    await server.close()
