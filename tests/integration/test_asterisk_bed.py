"""The bed keeps its promises: a real Asterisk that boots, takes calls, dies, heals and goes."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from bed_support import asterisk_root, gone, require_bed, until
from floor_session import Told

from models.demo import QUEUES
from models.demo import seats as demo_seats
from pbx.bed import fetch as fetching
from pbx.bed.control import Account, AmiLine, Refused
from pbx.bed.drive import drive
from pbx.bed.errors import BedUnavailable
from pbx.bed.exchange import Bed, start
from pbx.bed.fetch import archive_uri, fetch
from pbx.bed.phones import Behaviour, call, start_seats
from pbx.bed.queue_log import QueueLogRow, parse_line, read_queue_log
from pbx.bed.session import REST_REASON, session_bed

pytestmark = pytest.mark.bed

SEATS = demo_seats()[::10]


@pytest.fixture(scope="module")
def root() -> Path:
    return require_bed()


@pytest.fixture(scope="module")
def bed(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    with start(root, work=tmp_path_factory.mktemp("bed"), seats=SEATS) as running:
        yield running


def verbs(bed: Bed) -> list[str]:
    return [row.verb for row in read_queue_log(bed.queue_log_path)]


def events_until(line: AmiLine, last: str) -> list[str]:
    seen: list[str] = []
    while last not in seen:
        seen.append(line.frame().get("Event", ""))
    return seen


def test_it_works(bed: Bed) -> None:
    calling = {"8001": Behaviour(ring_s=0.3, talk_s=1.0)}
    with (
        AmiLine(bed.ami_port, bed.reader, events=True, timeout_s=10) as line,
        start_seats(bed, calling),
        call(bed, bed.extension_of("consult"), number="13800000042", name="王女士") as citizen,
    ):
        seen = events_until(line, "AgentComplete")
        assert citizen.wait(10)
    told = [each for each in seen if each in {"QueueCallerJoin", "AgentConnect", "AgentComplete"}]
    assert told == ["QueueCallerJoin", "AgentConnect", "AgentComplete"]
    assert not {"VarSet", "TestEvent", "RTCPSent", "SuccessfulAuth"} & set(seen)
    rows = [row for row in read_queue_log(bed.queue_log_path) if row.queue == "consult"]
    assert [row.verb for row in rows] == ["ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]
    assert rows[0].args[1] == "13800000042"
    assert rows[1].member == SEATS[0].agent_name
    assert rows[0].call.startswith("pbx01-")


def test_queue_status_shows_the_roster(bed: Bed) -> None:
    with AmiLine(bed.ami_port, bed.reader, events=False) as line:
        frames = line.ask_list("QueueStatus", "QueueStatusComplete")
    queues = {f["Queue"]: f for f in frames if f.get("Event") == "QueueParams"}
    assert {name: int(f["ServiceLevel"]) for name, f in queues.items()} == {
        queue.name: queue.target_s for queue in QUEUES
    }
    members = {(f["Queue"], f["Name"]) for f in frames if f.get("Event") == "QueueMember"}
    assert members == {(queue, seat.agent_name) for seat in SEATS for queue in seat.queues}


def test_wrong_secret_is_refused(bed: Bed) -> None:
    with pytest.raises(Refused, match="Authentication failed"):
        AmiLine(bed.ami_port, Account("hotline_reader", "wrong"), events=False)


def test_reader_may_not_act(bed: Bed) -> None:
    pause = {"Interface": "PJSIP/8001", "Paused": "true"}
    with (
        AmiLine(bed.ami_port, bed.reader, events=False) as line,
        pytest.raises(Refused, match="Permission denied"),
    ):
        line.ask("QueuePause", pause)


def test_account_without_rights_hears_and_does_nothing(bed: Bed) -> None:
    with AmiLine(bed.ami_port, bed.norights, events=True, timeout_s=1.0) as line:
        with pytest.raises(Refused, match="Permission denied"):
            line.ask("CoreShowChannels")
        bed.act("QueuePause", Interface="PJSIP/8001", Paused="true", Reason=REST_REASON)
        bed.act("QueuePause", Interface="PJSIP/8001", Paused="false")
        with pytest.raises(TimeoutError):
            line.frame()


def test_a_line_break_in_a_value_is_rejected(bed: Bed) -> None:
    with pytest.raises(ValueError, match="line break"):
        bed.act("QueuePause", Interface="PJSIP/8001\r\nAction: Logoff")


def test_an_unanswered_night_call_times_out(root: Path, tmp_path: Path) -> None:
    with (
        session_bed(root, tmp_path) as bed,
        AmiLine(bed.ami_port, bed.reader, events=True, timeout_s=15) as line,
        call(bed, bed.extension_of("night")) as citizen,
    ):
        frame = line.frame()
        while frame.get("UserEvent") != "QueueDone":
            frame = line.frame()
        assert (frame["Queue"], frame["Status"]) == ("night", "TIMEOUT")
        assert citizen.wait(5)
        assert verbs(bed) == ["QUEUESTART", "ENTERQUEUE", "EXITWITHTIMEOUT"]


def test_kill_and_restart_keep_ports_secrets_and_seats(root: Path, tmp_path: Path) -> None:
    with (
        start(root, work=tmp_path, seats=SEATS) as bed,
        start_seats(bed, {"8001": Behaviour(ring_s=0.2, talk_s=0.5)}),
    ):
        # Asterisk's own database writes registrations to disk once a second
        until(lambda: _saved(bed, "8001"), within_s=5)
        first = bed.pid
        bed.kill9()
        assert gone(first)
        assert not bed.alive
        bed.restart()
        assert bed.pid != first
        with call(bed, bed.extension_of("consult")) as citizen:
            assert citizen.wait(10)
        assert verbs(bed) == ["QUEUESTART", "QUEUESTART", "ENTERQUEUE", "CONNECT", "COMPLETEAGENT"]


def _saved(bed: Bed, extension: str) -> bool:
    database = bed.folders.work / "lib/astdb.sqlite3"
    return f"registrar/contact/{extension}".encode() in database.read_bytes()


def test_stop_leaves_no_process(root: Path, tmp_path: Path) -> None:
    with start(root, work=tmp_path, seats=SEATS) as bed:
        pids = [bed.pid]
        with (
            start_seats(bed, {"8001": Behaviour("silent")}) as phones,
            call(bed, "9001") as citizen,
        ):
            pids += [*phones.pids, citizen.pid]
            assert not any(map(gone, pids))
    assert all(map(gone, pids))


_HOLDER = """
import json, sys, threading
from pathlib import Path
from pbx.bed.exchange import start
from pbx.bed.phones import Behaviour, call, start_seats
made = []
def make():
    bed = start(Path(sys.argv[1]), work=Path(sys.argv[2]))
    phones = start_seats(bed, {"8001": Behaviour("silent")})
    made.extend((bed, phones, call(bed, "9001")))
worker = threading.Thread(target=make)
worker.start()
worker.join()  # the thread that started them is gone: they must live on
bed, phones, citizen = made
print(json.dumps([bed.pid, *phones.pids, citizen.pid]), flush=True)
threading.Event().wait()
"""


def test_killing_the_parent_leaves_no_orphan(root: Path, tmp_path: Path) -> None:
    argv = [sys.executable, "-c", _HOLDER, str(root), str(tmp_path)]
    here = Path(__file__).parents[2]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=here) as parent:
        assert parent.stdout is not None
        pids = json.loads(parent.stdout.readline())
        assert not any(map(gone, pids))
        os.kill(parent.pid, signal.SIGKILL)
    until(lambda: all(map(gone, pids)), within_s=5)


def test_floor_session_has_every_kind_of_call(floor_session: Told) -> None:
    rows = floor_session.log
    counted = Counter(row.verb for row in rows)
    assert counted["ENTERQUEUE"] >= 46
    assert counted["EXITWITHTIMEOUT"] == 3
    assert min(counted[verb] for verb in ("CONNECT", "COMPLETEAGENT", "RINGNOANSWER")) >= 10
    assert min(counted[verb] for verb in ("ABANDON", "BLINDTRANSFER", "PAUSEALL")) >= 1
    ended = counted["ABANDON"] + counted["EXITWITHTIMEOUT"] + counted["CONNECT"]
    assert ended == counted["ENTERQUEUE"]
    finished = sum(counted[verb] for verb in ("COMPLETEAGENT", "COMPLETECALLER", "BLINDTRANSFER"))
    assert finished == counted["CONNECT"]
    assert any(row.verb == "PAUSE" and row.args == (REST_REASON,) for row in rows)


def test_drive_moves_the_floor_and_stops_clean(root: Path, tmp_path: Path) -> None:
    stop = threading.Event()
    with start(root, work=tmp_path) as bed:
        driver = threading.Thread(
            target=drive, args=(bed,), kwargs={"stop": stop, "calls_per_s": 2.0}
        )
        driver.start()
        try:
            until(lambda: bed.queue_log_path.exists() and "CONNECT" in verbs(bed), within_s=20)
            bed.kill9()
            until(lambda: verbs(bed).count("QUEUESTART") == 2, within_s=20)
        finally:
            stop.set()
            driver.join(20)
        assert not driver.is_alive()
        assert bed.alive
        assert list((tmp_path / "sipp").iterdir()) == []


def test_queue_log_line_becomes_a_row() -> None:
    row = parse_line("1700000000|pbx01-1.2|consult|王建国|CONNECT|3|pbx01-1.3|2||\n")
    assert row == QueueLogRow(
        row.at, "pbx01-1.2", "consult", "王建国", "CONNECT", ("3", "pbx01-1.3", "2")
    )
    assert row.at.isoformat() == "2023-11-14T22:13:20+00:00"


def test_a_half_written_last_line_is_left_out(tmp_path: Path) -> None:
    log = tmp_path / "queue_log"
    log.write_text("1700000000|NONE|NONE|NONE|QUEUESTART|\n17000", encoding="utf-8")
    assert [row.verb for row in read_queue_log(log)] == ["QUEUESTART"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sources.list", "deb [signed-by=/k.gpg] http://mirror.invalid/debian stable main\n"),
        ("sources.list.d/debian.sources", "Types: deb\nURIs: http://mirror.invalid/debian\n"),
    ],
)
def test_archive_comes_from_the_systems_own_sources(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d/other.list").write_text("deb http://other.invalid/x stable main\n")
    assert archive_uri(tmp_path) is None
    (tmp_path / name).write_text(text)
    assert archive_uri(tmp_path) == "http://mirror.invalid/debian"


def test_a_second_fetch_does_nothing(root: Path) -> None:
    said: list[str] = []
    fetch(root, said.append)
    assert said == []


def test_without_apt_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fetching, "which", lambda _program: None)
    monkeypatch.setattr(fetching, "find", lambda _root: None)
    with pytest.raises(BedUnavailable, match="apt-get is not on this machine: install the package"):
        fetch(tmp_path, print)


def test_without_a_network_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fetching, "archive_uri", lambda _etc: "http://127.0.0.1:9/debian")
    monkeypatch.setattr(fetching, "find", lambda _root: None)
    for proxy in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.delenv(proxy, raising=False)
    with pytest.raises(BedUnavailable, match="check the network"):
        fetch(tmp_path, print)


def test_start_before_fetch_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbx.bed.exchange.find", lambda _root: None)
    with pytest.raises(BedUnavailable, match="not been fetched"):
        start(tmp_path)


def test_without_sipp_it_says_what_to_install(bed: Bed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pbx.bed.phones.which", lambda _program: None)
    with pytest.raises(BedUnavailable, match="install the package sip-tester"):
        call(bed, "9001")


def test_cache_folder_can_be_moved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_CACHE", "/elsewhere")
    assert asterisk_root() == Path("/elsewhere/asterisk")
