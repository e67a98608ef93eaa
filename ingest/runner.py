"""Runner: `up`'s supervisor. Starts children in order, restarts what dies, leaves nothing behind.

In production compose or systemd do this with the same subcommands; here one small parent does,
because process managers tried (honcho, circus, supervisor) left orphans when killed. Every child
gets SIGTERM from the kernel when this process dies, however it dies.
"""

import asyncio
import contextlib
import logging
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.store.embedded import die_with_parent

log = logging.getLogger(__name__)

RESTART_S = (0.2, 0.5, 1.0, 2.0, 5.0)
"""Pauses before the restarts of a child that keeps dying."""
STABLE_S = 10.0
STOP_S = 5.0


@dataclass(slots=True)
class Child:
    """A process to keep alive.

    needs : names of children that must be ready first.
    once : it runs to its end and is ready then; `store` : others write to it, so it is stopped last.
    """

    name: str
    argv: tuple[str, ...]
    needs: tuple[str, ...] = ()
    ready: Callable[[], Awaitable[bool]] | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    before_exec: Callable[[], None] = die_with_parent
    stop_signal: signal.Signals = signal.SIGTERM
    cwd: Path | None = None
    once: bool = False
    store: bool = False


class Supervisor:
    """Runs children until told to stop."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._processes: dict[str, asyncio.subprocess.Process] = {}
        self._ready: dict[str, asyncio.Event] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._stopping = asyncio.Event()
        self.failed: dict[str, int] = {}

    def start(self, *children: Child) -> None:
        """Start children; each waits for what it needs."""
        self._logs.mkdir(parents=True, exist_ok=True)
        for child in children:
            self._ready.setdefault(child.name, asyncio.Event())
        for child in children:
            self._tasks[child.name] = asyncio.ensure_future(self._keep(child))

    async def wait_ready(self, *names: str) -> None:
        """Return when all of `names` are ready; RuntimeError if a once-child failed meanwhile."""
        waits = [asyncio.ensure_future(self._ready[name].wait()) for name in names]
        while not all(wait.done() for wait in waits):
            if self.failed:
                raise RuntimeError(f"{', '.join(self.failed)} failed, see {self._logs}")
            await asyncio.sleep(0.02)

    def pid(self, name: str) -> int:
        """Return the pid of a running child, 0 if it is not running now."""
        process = self._processes.get(name)
        return process.pid if process is not None and process.returncode is None else 0

    async def _keep(self, child: Child) -> None:
        await asyncio.gather(*(self._ready[name].wait() for name in child.needs))
        deaths = 0
        loop = asyncio.get_running_loop()
        while not self._stopping.is_set():
            started = loop.time()
            code = await self._run(child)
            if self._stopping.is_set():
                return
            if child.once:
                if code == 0:
                    self._ready[child.name].set()
                else:
                    self.failed[child.name] = code
                return
            deaths = 1 if loop.time() - started > STABLE_S else deaths + 1
            pause = RESTART_S[min(deaths, len(RESTART_S)) - 1]
            log.warning("%s: running -> died (%s) -> restart in %.1f s", child.name, code, pause)
            await asyncio.sleep(pause)

    async def _run(self, child: Child) -> int:
        with (self._logs / f"{child.name}.log").open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **child.env},
                cwd=child.cwd,
                preexec_fn=_own_group(child.before_exec),
            )
        self._processes[child.name] = process
        watch = asyncio.ensure_future(self._watch_ready(child))
        try:
            return await process.wait()
        finally:
            watch.cancel()

    async def _watch_ready(self, child: Child) -> None:
        if child.once:
            return
        while child.ready is not None and not await child.ready():
            await asyncio.sleep(0.03)
        self._ready[child.name].set()

    async def end(self, children: list[Child]) -> None:
        """Stop all children, those who write first, stores last; what does not obey is killed."""
        self._stopping.set()
        for stores in (False, True):
            await asyncio.gather(*(self._end(c) for c in children if c.store is stores))
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)

    async def _end(self, child: Child) -> None:
        process = self._processes.get(child.name)
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(child.stop_signal)
        try:
            await asyncio.wait_for(process.wait(), STOP_S)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _own_group(before_exec: Callable[[], None]) -> Callable[[], None]:
    """Put the child in its own group, so that Ctrl-C reaches only the parent, which stops in order."""

    def prepare() -> None:
        os.setpgid(0, 0)
        before_exec()

    return prepare


def port_open(port: int, host: str = "127.0.0.1") -> Callable[[], Awaitable[bool]]:
    """Return a readiness check: something listens on the port."""

    async def check() -> bool:
        with socket.socket() as probe:
            probe.setblocking(False)
            try:
                await asyncio.wait_for(
                    asyncio.get_running_loop().sock_connect(probe, (host, port)), 0.5
                )
            except (OSError, TimeoutError):
                return False
            return True

    return check
