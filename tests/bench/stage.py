"""The stage: embedded stores and real processes of the product, all ended with the bench."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any
from urllib.parse import urlencode

from redis import Redis
from sqlalchemy import select

from dashboard.auth import COOKIE
from models import demo
from models.clock import now
from models.store import embedded, people, streams
from models.store.db import engine_for, tenant_id_of, transaction
from models.tables import User

ROOT = Path(__file__).resolve().parents[2]
START_S = 30.0
STOP_S = 5.0
LOGINS = ("duty", "leader", "coord", "agent", "wall", "admin")
"""Who signs in on the screens: everybody who may see the floor, because tries are limited by login."""


def say(text: str) -> None:
    """Tell the person who waits what is being measured."""
    print(f"bench: {text}", file=sys.stderr, flush=True)


def until(ready: Callable[[], Any], what: str, timeout: float = START_S) -> Any:
    """Return the first true answer of `ready`; TimeoutError names what did not come."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        found = ready()
        if found:
            return found
        time.sleep(0.02)
    raise TimeoutError(f"{what} not within {timeout:.0f} s")


def listens(port: int) -> bool:
    """Return whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0


class Helper:
    """A process of the bench itself: one JSON line in for each command, one out for each answer."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    @property
    def pid(self) -> int:
        """Return the helper's pid."""
        return self._process.pid

    def tell(self, command: str) -> None:
        """Send a command."""
        assert self._process.stdin is not None
        self._process.stdin.write(command.encode() + b"\n")
        self._process.stdin.flush()

    def hear(self) -> Any:
        """Return the next answer; EOFError when the helper died instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise EOFError(f"{self._process.args!r} ended early")
        return json.loads(line)

    def ask(self, command: str) -> Any:
        """Send a command and return its answer."""
        self.tell(command)
        return self.hear()


class Stage:
    """Stores in a folder, prepared once, and the processes started on them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.secrets = embedded.keys(folder)
        self.ports = {name: embedded.free_port() for name in ("valkey", "postgres")}
        self._running: list[tuple[subprocess.Popen[bytes], signal.Signals]] = []

    def __enter__(self) -> "Stage":
        try:
            self._start_stores()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.end()

    def _start_stores(self) -> None:
        valkey = embedded.valkey(
            self.folder / "valkey", self.secrets["valkey"], self.ports["valkey"]
        )
        postgres = embedded.postgres(
            self.folder / "postgres", self.secrets["owner"], self.ports["postgres"]
        )
        for service, stop in ((valkey, signal.SIGTERM), (postgres, signal.SIGINT)):
            self._start(service.argv, service.name, service.before_exec, stop=stop)
            until(lambda port=service.port: listens(port), service.name)  # type: ignore[misc]
        self.redis = Redis.from_url(self.env()["HOTLINE_REDIS_URL"], protocol=2)
        until(self._prepare, "database")

    def _prepare(self) -> bool:
        done = subprocess.run(
            [sys.executable, str(ROOT / "app.py"), "prepare"],
            env=self.env(), cwd=ROOT, capture_output=True, text=True, check=False, timeout=START_S,
        )  # fmt: skip
        if done.returncode:
            say(done.stderr.strip()[-300:])
        return done.returncode == 0

    def plain_env(self) -> dict[str, str]:
        """Return the environment without any of the product's settings."""
        return {k: v for k, v in os.environ.items() if not k.startswith("HOTLINE_")}

    def env(self, **more: str) -> dict[str, str]:
        """Return the settings of a process on this stage."""
        base = f"127.0.0.1:{self.ports['postgres']}/hotline"
        return {
            **self.plain_env(),
            "HOTLINE_DATABASE_URL": f"postgresql://hotline_app:{self.secrets['app']}@{base}",
            "HOTLINE_OWNER_DATABASE_URL": (
                f"postgresql://hotline_owner:{self.secrets['owner']}@{base}"
            ),
            "HOTLINE_REDIS_URL": (
                f"redis://:{self.secrets['valkey']}@127.0.0.1:{self.ports['valkey']}/0"
            ),
            "HOTLINE_ENCRYPTION_KEYS": self.secrets["encryption"],
            "HOTLINE_HASH_KEY": self.secrets["hash"],
            "HOTLINE_FILES": str(self.folder / "files"),
            "PYTHONUNBUFFERED": "1",
            **more,
        }

    def reads(self, port: int, **more: str) -> dict[str, str]:
        """Return the settings of an ingest process that reads the exchange on `port`."""
        secret, tenant = self.secrets["ami"], demo.TENANT
        url = f"ami://hotline_reader:{secret}@127.0.0.1:{port}/pbx1?tenant={tenant}"
        return self.env(HOTLINE_EXCHANGES=url, **more)

    def app(
        self, name: str, *words: str, env: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[bytes]":
        """Start `app.py words`."""
        settings = env or self.env()
        if words[0] == "pbx":
            settings = {**self.plain_env(), "HOTLINE_AMI_SECRET": self.secrets["ami"]}
        argv = (sys.executable, str(ROOT / "app.py"), *words)
        return self._start(argv, name, embedded.die_with_parent, env=settings)

    def helper(self, module: ModuleType, *words: str) -> Helper:
        """Start a process of the bench itself and return the line to it."""
        argv = (sys.executable, "-m", module.__name__, *words)
        process = self._start(
            argv, module.__name__, embedded.die_with_parent, pipes=True,
            env={**os.environ, "BENCH_AMI_SECRET": self.secrets["ami"]},
        )  # fmt: skip
        return Helper(process)

    def _start(
        self,
        argv: tuple[str, ...],
        name: str,
        before_exec: Callable[[], None],
        *,
        env: Mapping[str, str] | None = None,
        pipes: bool = False,
        stop: signal.Signals = signal.SIGTERM,
    ) -> "subprocess.Popen[bytes]":
        (self.folder / "logs").mkdir(exist_ok=True)
        with (self.folder / "logs" / f"{name}.log").open("ab") as output:
            process = subprocess.Popen(
                argv, env=env, cwd=ROOT if name not in self.ports else self.folder,
                stdin=subprocess.PIPE if pipes else subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipes else output, stderr=output,
                preexec_fn=before_exec,  # noqa: PLW1509 - no threads run while children start
            )  # fmt: skip
        self._running.append((process, stop))
        return process

    def end(self, keep: int = 0) -> None:
        """End the processes, last first, but the first `keep`; what does not obey is killed."""
        while len(self._running) > keep:
            process, stop = self._running.pop()
            with suppress(ProcessLookupError):
                process.send_signal(stop)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            for pipe in (process.stdin, process.stdout):
                with suppress(OSError):
                    if pipe is not None:
                        pipe.close()

    def clear(self) -> None:
        """End everything but the stores, and empty Valkey: the next part starts from nothing."""
        self.end(keep=2)
        self.redis.flushall()

    def exchange(self, *, seats: int, calls_per_s: float | None = None) -> "Running":
        """Start the simulated exchange in its own process."""
        port = embedded.free_port()
        rate = () if calls_per_s is None else ("--calls-per-s", str(calls_per_s))
        process = self.app(
            "exchange", "pbx", "simulator", "--port", str(port), "--seats", str(seats), *rate
        )
        until(lambda: listens(port), "exchange")
        return Running(process.pid, port)

    def web(self) -> "Running":
        """Start the web process."""
        port = embedded.free_port()
        process = self.app("web", "web", env=self.env(HOTLINE_PORT=str(port)))
        until(lambda: listens(port), "web")
        return Running(process.pid, port)

    def floor_is_up(self) -> bool:
        """Return whether the projector knows a floor whose exchange is linked, saved or only told."""
        saved: Any = self.redis.hget(streams.floor_state(demo.TENANT), "floor")
        told: Any = self.redis.xrange(streams.floor_delta(demo.TENANT))
        boards = [json.loads(fields[b"m"]).get("board", {}) for _, fields in told]
        boards.append(json.loads(saved or b"{}"))
        return any(link["up"] for board in boards for link in board.get("links", {}).values())


class Running:
    """A process and the port it listens on."""

    def __init__(self, pid: int, port: int) -> None:
        self.pid = pid
        self.port = port


def sessions(stage: Stage, count: int) -> list[str]:
    """Return the cookies of `count` sessions of the wall's own login, one for each screen.

    Opened at the store: a thousand passwords would take half a minute and the login's limit forbids it.
    """
    engine = engine_for(stage.env()["HOTLINE_DATABASE_URL"])
    with transaction(engine, tenant_id_of(engine, demo.TENANT)) as session:
        user = session.scalars(select(User).where(User.login == "wall")).one()
        tokens = [people.open_session(session, user, now=now(), hours=1) for _ in range(count)]
    engine.dispose()
    return [f"{COOKIE}={demo.TENANT}.{token}" for token in tokens]


def sign_in(port: int) -> list[str]:
    """Sign in with every login that may see the floor; return their cookies."""
    cookies = []
    for login in LOGINS:
        talk = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        body = urlencode({"login": login, "password": demo.PASSWORD, "next": "/wall"})
        kind = {"content-type": "application/x-www-form-urlencoded"}
        talk.request("POST", "/login", body, kind)
        answer = talk.getresponse()
        cookie = answer.getheader("set-cookie", "") or ""
        talk.close()
        if answer.status != 303 or not cookie:
            raise RuntimeError(f"{login} cannot sign in: {answer.status}")
        cookies.append(cookie.partition(";")[0])
    return cookies
