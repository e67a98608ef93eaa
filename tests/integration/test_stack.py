"""The whole installation on one command: up, asked, broken in every part, stopped, nothing left behind."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from waiting import until
from web_client import Client, Push
from whole_stack import APP, Stack, command_of, running_stack

PARTS = ("valkey", "postgres", "exchange", "ami", "floor", "web")


def boards(pushes: Iterator[Push]) -> Iterator[dict[str, Any]]:
    return (push.data["board"] for push in pushes if "board" in push.data)


def entered_at_least(stack: Stack, count: int, within_s: float = 25) -> int:
    """Read snapshots until the day's count of calls is at least `count`; return it."""
    found = [0]

    def check() -> bool:
        try:
            with stack.client.live() as pushes:
                found[0] = next(boards(pushes))["kpi"]["entered"]["v"]
        except (OSError, StopIteration, AssertionError):
            return False
        return found[0] >= count

    until(check, within_s=within_s)
    return found[0]


def source_is(stack: Stack, state: str, within_s: float) -> float:
    """Wait until the beat says that the exchange is in `state`."""
    began = time.monotonic()
    with stack.client.live() as pushes:
        for push in pushes:
            if push.data["kind"] == "beat":
                source = push.data["sources"].get("pbx1", {})
                if source.get("state") == state:
                    return time.monotonic() - began
            assert time.monotonic() - began < within_s, push.data.get("sources")
    raise AssertionError("the stream ended")


def test_it_works(stack: Stack) -> None:
    with stack.client.live() as pushes:
        first = next(pushes)
        assert first.data["kind"] == "snapshot"
        assert len(first.data["roster"]["seats"]) == 120
        assert len(first.data["board"]["seats"]) > 90
        later = next(pushes)
        while later.data["kind"] != "delta":
            later = next(pushes)
    assert later.data["board"]


def test_every_person_of_the_demo_can_sign_in(stack: Stack) -> None:
    for login, password in stack.logins.items():
        assert Client(stack.url).sign_in(login, password).status == 303


def test_a_second_up_says_it_is_already_running(stack: Stack) -> None:
    argv = [sys.executable, str(APP), "up", "--data", str(stack.data), "--port", "0"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, f"already running: {stack.url}")


def test_secrets_are_neither_shown_nor_logged(stack: Stack) -> None:
    secrets = json.loads((stack.data / "secrets.json").read_text(encoding="utf-8"))
    assert (stack.data / "secrets.json").stat().st_mode & 0o077 == 0
    said = [
        path.read_text(encoding="utf-8", errors="replace") for path in stack.data.glob("logs/*")
    ]
    said.append((stack.data / "up.log").read_text(encoding="utf-8"))
    said += [command_of(pid) for pid in stack.seen]
    for name, secret in secrets.items():
        assert not any(secret in text for text in said), name


def test_a_screen_resumes_after_the_web_process_was_restarted(stack: Stack) -> None:
    visitor = stack.client
    with visitor.live() as pushes:
        last = next(push for push in pushes if "board" in push.data)
        before = last.data["board"]["kpi"]["entered"]["v"]
        stack.restart_web()
    with visitor.live(last_id=last.id) as pushes:
        first = next(push for push in pushes if "board" in push.data)
        assert first.data["kind"] == "snapshot"
        assert first.data["board"]["kpi"]["entered"]["v"] >= before


def test_a_frozen_exchange_shows_within_the_time_promised(stack: Stack) -> None:
    source_is(stack, "up", 10)
    stack.stop_exchange()
    try:
        assert source_is(stack, "down", 8) < 5.5
    finally:
        stack.start_exchange()
    assert source_is(stack, "up", 8) < 4


@pytest.mark.parametrize("part", PARTS)
def test_a_part_killed_comes_back_with_its_figures(stack: Stack, part: str) -> None:
    before = entered_at_least(stack, 1)
    stack.kill(part)
    stack.wait_for_web()
    entered_at_least(stack, before + 1)
    source_is(stack, "up", 15)


def test_the_logs_are_whole_and_the_chains_unbroken(stack: Stack) -> None:
    lines = (stack.data / "logs/floor.log").read_text(encoding="utf-8").splitlines()
    faults = [line for line in lines if '"level": "error"' in line]
    assert [line for line in faults if "store forgot" not in line] == []
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")
    }
    environ = Path(f"/proc/{stack.pid('floor')}/environ").read_bytes().decode().split("\0")
    settings = dict(line.partition("=")[::2] for line in environ if line.startswith("HOTLINE_"))
    done = subprocess.run(
        [sys.executable, str(APP), "verify"], env=environment | settings, capture_output=True,
        text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert done.stdout.splitlines()[-1] == "nothing is amiss"


def test_a_kill_leaves_no_orphans_and_loses_no_figures(tmp_path: Path) -> None:
    for path in (tmp_path, *list(tmp_path.parents)[:3]):
        path.chmod(0o755)
    data = tmp_path / "data"
    with running_stack(data) as first:
        counted, rows = entered_at_least(first, 2), calls_of(first)
        first.kill_all(within_s=10)
    with running_stack(data) as second:
        assert entered_at_least(second, counted) >= counted
        assert calls_of(second) >= rows


def calls_of(stack: Stack) -> int:
    """Return how many calls the export of today holds."""
    answer = stack.client.get("/api/export/calls.csv")
    assert answer.status == 200
    return len(re.findall(r"\n", answer.text)) - 1
