"""Child processes that never outlive us, not even when we are killed with -9."""

import shutil
import signal
import socket
import subprocess
import sys
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from os import getpid
from pathlib import Path
from threading import Lock

LOOPBACK = "127.0.0.1"

# A shim that execs rather than a preexec_fn: forking Python code in a threaded process may
# deadlock. It exits when the parent died before prctl took effect, so nothing is left behind.
_SHIM = (
    "import ctypes,os,sys;"
    "ctypes.CDLL(None).prctl(1,int(sys.argv[1]));"
    "os.getppid()==int(sys.argv[2]) or sys.exit(1);"
    "os.execvp(sys.argv[3],sys.argv[3:])"
)

# The kernel sends the death signal when the *thread* that spawned the child ends. One thread that
# lives as long as the process does all spawning, so callers may use short-lived worker threads.
_NURSERY = ThreadPoolExecutor(max_workers=1, thread_name_prefix="bed-children")


def spawn(
    argv: Sequence[str], *, death_signal: signal.Signals, output: Path, cwd: Path
) -> subprocess.Popen[bytes]:
    """Start `argv` with stdout and stderr appended to `output`; it gets `death_signal` if we die."""
    return _NURSERY.submit(_popen, tethered(argv, death_signal), output, cwd).result()


def tethered(argv: Sequence[str], death_signal: signal.Signals) -> list[str]:
    """Return the command line that runs `argv` and sends it `death_signal` when its spawner ends."""
    shim = [sys.executable, "-I", "-S", "-c", _SHIM, str(int(death_signal)), str(getpid())]
    return [*shim, *argv]


def _popen(argv: list[str], output: Path, cwd: Path) -> subprocess.Popen[bytes]:
    with output.open("ab") as sink:
        return subprocess.Popen(
            argv, stdin=subprocess.DEVNULL, stdout=sink, stderr=subprocess.STDOUT, cwd=cwd
        )


def end(process: subprocess.Popen[bytes], *, grace_s: float) -> None:
    """Ask the child to end, and kill it when it has not after `grace_s` seconds."""
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(grace_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def which(program: str) -> str | None:
    """Find a program, looking in the system folders too, which a plain user's PATH may lack."""
    return shutil.which(program) or shutil.which(program, path="/usr/sbin:/sbin:/usr/bin:/bin")


def free_ports(count: int, kind: socket.SocketKind) -> list[int]:
    """Return `count` different loopback ports that are free now and were not given out lately."""
    return [_claim(kind, (0,)) for _ in range(count)]


def free_media_port() -> int:
    """Return a UDP port for sipp's audio; the one for its video, two above, is free as well."""
    return _claim(socket.SOCK_DGRAM, (0, 2))


# A child binds its ports a moment after they were given to it: until then they still look free.
_GIVEN: deque[int] = deque(maxlen=512)
_CLAIMING = Lock()


def _claim(kind: socket.SocketKind, offsets: Sequence[int]) -> int:
    with _CLAIMING:
        while True:
            with ExitStack() as held:
                port = _bind(held, kind, 0)
                wanted = {port + offset for offset in offsets}
                if wanted.isdisjoint(_GIVEN) and _all_free(held, kind, wanted - {port}):
                    _GIVEN.extend(wanted)
                    return port


def _all_free(held: ExitStack, kind: socket.SocketKind, ports: set[int]) -> bool:
    with suppress(OSError, OverflowError):
        for port in ports:
            _bind(held, kind, port)
        return True
    return False


def _bind(held: ExitStack, kind: socket.SocketKind, port: int) -> int:
    one = held.enter_context(socket.socket(socket.AF_INET, kind))
    one.bind((LOOPBACK, port))
    return int(one.getsockname()[1])
