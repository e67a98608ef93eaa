"""Child processes that never outlive us, not even when we are killed with -9."""

import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from os import getpid
from pathlib import Path

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
    """Return `count` different loopback ports that are free now."""
    held = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    try:
        for one in held:
            one.bind((LOOPBACK, 0))
        return [int(one.getsockname()[1]) for one in held]
    finally:
        for one in held:
            one.close()
