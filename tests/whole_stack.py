"""The whole installation as a test sees it: `app.py up` in a folder of its own, and the means to break it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from waiting import until
from web_client import Client

from models import demo

APP = Path(__file__).resolve().parents[1] / "app.py"
READY_S = 90.0
STOP_S = 20.0


class Stack:
    """A running installation; children are named as in run/up.json."""

    def __init__(self, data: Path, process: subprocess.Popen[bytes]) -> None:
        state = json.loads((data / "run/up.json").read_text(encoding="utf-8"))
        self.data = data
        self.url: str = state["url"]
        self.ports: dict[str, int] = state["ports"]
        self.logins = {login: password for login, password, _ in demo.LOGINS}
        self._process = process
        self._commands = {name: command_of(pid) for name, pid in state["pids"].items()}
        self.seen: set[int] = set(state["pids"].values())

    @property
    def client(self) -> Client:
        """A visitor signed in as the duty officer."""
        visitor = Client(self.url)
        answer = visitor.sign_in("duty", self.logins["duty"])
        assert answer.status == 303, answer.text
        return visitor

    def login(self, page: Any, login: str = "duty", path: str = "/wall") -> None:
        """Sign a playwright page in through the form and land on `path`."""
        page.goto(f"{self.url}/login?next={path}")
        page.fill("input[name=login]", login)
        page.fill("input[name=password]", self.logins[login])
        page.click("button[type=submit]")
        page.wait_for_url(f"**{path}")

    def deafen(self, page: Any) -> None:
        """Let a page hear nothing of the floor: no call pops up in the middle of what is tested there."""
        page.context.add_cookies([{"name": "live", "value": "0", "url": self.url}])

    def pid(self, name: str) -> int:
        """Return the pid of a child as it is now, 0 while it is being started again."""
        found = [
            pid for pid in children_of(self._process.pid) if command_of(pid) == self._commands[name]
        ]
        self.seen.update(found)
        return found[0] if found else 0

    def kill(self, name: str) -> None:
        """Kill a child as a crash would; the supervisor starts it again."""
        old = self.pid(name)
        os.kill(old, signal.SIGKILL)
        until(lambda: self.pid(name) not in (0, old), within_s=15)

    def stop_exchange(self) -> None:
        """Freeze the exchange: its connections stay, it says nothing."""
        os.kill(self.pid("exchange"), signal.SIGSTOP)

    def start_exchange(self) -> None:
        """Let the exchange go on."""
        os.kill(self.pid("exchange"), signal.SIGCONT)

    def restart_web(self) -> None:
        """Stop the web process in good order and wait until the supervisor's new one answers."""
        old = self.pid("web")
        os.kill(old, signal.SIGTERM)
        until(lambda: self.pid("web") not in (0, old), within_s=15)
        self.wait_for_web()

    def wait_for_web(self) -> None:
        """Wait until the web process answers and can reach its stores."""
        until(self._healthy, within_s=30)

    def _healthy(self) -> bool:
        try:
            return Client(self.url).get("/healthz").status == 200
        except OSError:
            return False

    def kill_all(self, *, within_s: float) -> None:
        """Kill `up` itself as a crash would, and prove that its children go with it."""
        everything = descendants(self._process.pid)
        assert everything >= {pid for pid in self.seen if runs(pid)}
        self._process.kill()
        self._process.wait()
        until(lambda: not [pid for pid in everything if runs(pid)], within_s=within_s)
        (self.data / "run/up.json").unlink()

    def end(self) -> None:
        """Press Ctrl-C and prove that nothing is left behind."""
        everything = self.seen | descendants(self._process.pid)
        for pid in everything:
            wake(pid)
        self._process.send_signal(signal.SIGINT)
        assert self._process.wait(STOP_S) == 0
        left = [pid for pid in everything if runs(pid)]
        assert left == [], [command_of(pid) for pid in left]
        assert not (self.data / "run/up.json").exists()


@contextmanager
def running_stack(data: Path, *options: str, empty: bool = True) -> Iterator[Stack]:
    """Run `app.py up` on free ports in `data`; afterwards Ctrl-C, and nothing may be left.

    empty : without the demo's tickets, whose making is work that no test means to measure.
    """
    options += ("--empty",) if empty else ()
    argv = [sys.executable, str(APP), "up", "--data", str(data), "--port", "0", *options]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOTLINE_")}
    data.mkdir(parents=True, exist_ok=True)
    with (data / "up.log").open("wb") as output:
        process = subprocess.Popen(argv, stdout=output, stderr=output, env=clean)
    try:
        until(lambda: _is_up(data, process), within_s=READY_S)
        stack = Stack(data, process)
        stack.wait_for_web()
        yield stack
        if process.poll() is None:
            stack.end()
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(STOP_S)


def _is_up(data: Path, process: subprocess.Popen[bytes]) -> bool:
    assert process.poll() is None, (data / "up.log").read_text(encoding="utf-8")
    return (data / "run/up.json").exists()


def children_of(pid: int) -> list[int]:
    """Return the direct children of a process."""
    found: list[int] = []
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in path.read_text(encoding="ascii").split()]
    return found


def descendants(pid: int) -> set[int]:
    """Return every process below `pid`."""
    found: set[int] = set()
    for child in children_of(pid):
        found |= {child} | descendants(child)
    return found


def command_of(pid: int) -> str:
    """Return a process's command line, empty when it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def runs(pid: int) -> bool:
    """Whether the process runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return False
    return not stat.rpartition(") ")[2].startswith(("Z", "X"))


def wake(pid: int) -> None:
    """Let a frozen process run on; harmless when it is gone."""
    try:
        os.kill(pid, signal.SIGCONT)
    except ProcessLookupError:
        return
