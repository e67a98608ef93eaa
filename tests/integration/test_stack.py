"""The whole installation on one command: up, asked, broken, stopped, with nothing left behind."""

import subprocess
import sys

from whole_stack import APP, Stack


def test_it_works(stack: Stack) -> None:
    with stack.client.live() as pushes:
        first = next(pushes)
    assert first.data["kind"] == "snapshot"
    assert len(first.data["roster"]["seats"]) == 120
    assert len(first.data["board"]["seats"]) > 90
    assert first.data["roster"]["tenant"] == "yunzhou"


def test_a_second_up_says_it_is_already_running(stack: Stack) -> None:
    argv = [sys.executable, str(APP), "up", "--data", str(stack.data), "--port", "0"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=30)
    assert (done.returncode, done.stdout.strip()) == (0, f"already running: {stack.url}")
