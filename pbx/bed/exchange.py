"""Start, kill, restart and stop one real Asterisk that is our child and listens on loopback only."""

import contextlib
import json
import secrets as random_secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from models.demo import QUEUES, DemoQueue, DemoSeat
from models.demo import seats as demo_seats
from pbx.bed.children import LOOPBACK, end, free_ports, spawn
from pbx.bed.control import Account, AmiLine, Refused
from pbx.bed.errors import BedUnavailable
from pbx.bed.install import Install, find
from pbx.bed.render import (
    BedPorts,
    Folders,
    QueueRules,
    Secrets,
    queue_extension,
    write_configuration,
)

BOOT_LIMIT_S = 30.0
STOP_GRACE_S = 5.0
_RTP_PORTS = 1000
_RUN_PATH_LIMIT = 80  # a Unix socket's path may have 107 bytes, our control socket's name included


@dataclass(slots=True)
class Bed:
    """A running Asterisk; use it as a context manager or call `stop`."""

    ports: BedPorts
    secrets: Secrets
    folders: Folders
    seats: tuple[DemoSeat, ...]
    queues: tuple[DemoQueue, ...]
    rules: QueueRules
    _install: Install
    _process: subprocess.Popen[bytes] | None = None
    ami_host: str = LOOPBACK

    def __enter__(self) -> "Bed":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def ami_port(self) -> int:
        """The AMI's TCP port."""
        return self.ports.ami

    @property
    def sip_port(self) -> int:
        """The SIP UDP port."""
        return self.ports.sip

    @property
    def pid(self) -> int:
        """Asterisk's process id."""
        return self._child.pid

    @property
    def alive(self) -> bool:
        """Whether Asterisk's process runs."""
        return self._process is not None and self._process.poll() is None

    @property
    def version(self) -> str:
        """Which Asterisk this is."""
        return self._install.version

    @property
    def queue_log_path(self) -> Path:
        """The queue_log of all starts of this bed."""
        return self.folders.log / "queue_log"

    @property
    def reader(self) -> Account:
        """The account of the watch: reads the floor."""
        return Account("hotline_reader", self.secrets.reader)

    @property
    def control(self) -> Account:
        """The account of the actor: pause, transfer, hang up."""
        return Account("hotline_control", self.secrets.control)

    @property
    def norights(self) -> Account:
        """An account that logs in and has no class of rights at all."""
        return Account("hotline_norights", self.secrets.norights)

    def extension_of(self, queue: str) -> str:
        """Return the number to dial for a queue's name; KeyError when there is none."""
        numbers = {each.name: queue_extension(i) for i, each in enumerate(self.queues)}
        return numbers[queue]

    def cli(self, command: str) -> str:
        """Run one command of Asterisk's own console and return what it prints."""
        argv = [*_command(self._install, self.folders), "-nrx", command]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=10)
        return done.stdout

    def act(self, action: str, **fields: str) -> dict[str, str]:
        """Do one AMI action as the controller, on a line of its own; raise Refused when refused."""
        with AmiLine(self.ami_port, self.control, events=False) as line:
            return line.ask(action, fields)

    def kill9(self) -> None:
        """Kill Asterisk as a crash would."""
        self._child.kill()
        self._child.wait()

    def stop(self) -> None:
        """End Asterisk, calls and all; harmless when it is down already."""
        if self._process is not None:
            end(self._process, grace_s=STOP_GRACE_S)
        if not self.folders.run.is_relative_to(self.folders.work):
            shutil.rmtree(self.folders.run, ignore_errors=True)

    def restart(self) -> None:
        """Start Asterisk again with the same ports, secrets, registrations and queue_log."""
        end(self._child, grace_s=STOP_GRACE_S)
        self.folders.run.mkdir(parents=True, exist_ok=True)
        self._boot()

    def launch(self) -> None:
        """Write the configuration and start Asterisk for the first time."""
        write_configuration(
            self.folders,
            self._install,
            ports=self.ports,
            secrets=self.secrets,
            rules=self.rules,
            seats=self.seats,
            queues=self.queues,
        )
        self._boot()

    @property
    def _child(self) -> subprocess.Popen[bytes]:
        if self._process is None:
            raise BedUnavailable("Asterisk has not been started.")
        return self._process

    def _boot(self) -> None:
        argv = [*_command(self._install, self.folders), "-nf"]
        output = self.folders.log / "stdout.log"
        self._process = spawn(
            argv, death_signal=signal.SIGTERM, output=output, cwd=self.folders.work
        )
        _await_boot(self)


def start(
    root: Path,
    *,
    work: Path | None = None,
    ports: BedPorts | None = None,
    seats: Sequence[DemoSeat] | None = None,
    queues: Sequence[DemoQueue] = QUEUES,
    rules: QueueRules | None = None,
    secrets: Secrets | None = None,
) -> Bed:
    """Start the Asterisk that `fetch(root)` made available and wait until it is fully booted.

    Everything it writes goes to `work` (default `root/work`), emptied first; one work folder serves
    one bed at a time. Without `ports` free ones are taken, without `secrets` random ones are made,
    without `seats` the whole demo roster sits there. Raise BedUnavailable when it does not start.
    """
    install = find(root.resolve())
    if install is None:
        raise BedUnavailable("Asterisk has not been fetched yet.")
    folders = _fresh_folders((work or root / "work").resolve())
    bed = Bed(
        ports=ports or free_bed_ports(),
        secrets=secrets or Secrets(*(random_secrets.token_urlsafe(18) for _ in range(3))),
        folders=folders,
        seats=tuple(demo_seats() if seats is None else seats),
        queues=tuple(queues),
        rules=rules or QueueRules(),
        _install=install,
    )
    try:
        bed.launch()
    except BaseException:
        bed.stop()
        raise
    return bed


def _fresh_folders(work: Path) -> Folders:
    for stale in ("etc", "log", "lib", "spool", "moh", "run", "sipp"):
        shutil.rmtree(work / stale, ignore_errors=True)
    run = work / "run"
    if len(str(run).encode()) > _RUN_PATH_LIMIT:
        run = Path(tempfile.mkdtemp(prefix="bed-"))
    run.mkdir(parents=True, exist_ok=True)
    return Folders(work, run)


def free_bed_ports() -> BedPorts:
    """Return loopback ports for a bed that nothing listens on now."""
    # Below the kernel's own range for outgoing ports; Asterisk skips single ports in use.
    rtp_start = 10000 + 2 * random_secrets.randbelow(10000)
    (ami,) = free_ports(1, socket.SOCK_STREAM)
    (sip,) = free_ports(1, socket.SOCK_DGRAM)
    return BedPorts(ami, sip, rtp_start, rtp_start + _RTP_PORTS)


def _command(install: Install, folders: Folders) -> list[str]:
    return [*install.argv, "-C", str(folders.etc / "asterisk.conf")]


def _await_boot(bed: Bed) -> None:
    deadline = time.monotonic() + BOOT_LIMIT_S
    while time.monotonic() < deadline:
        if not bed.alive:
            raise BedUnavailable(f"Asterisk ended while starting: {_last_words(bed)}")
        with contextlib.suppress(OSError, Refused):
            if _fully_booted(bed, deadline):
                return
        time.sleep(0.05)
    raise BedUnavailable(f"Asterisk did not start within {BOOT_LIMIT_S:.0f} s: {_last_words(bed)}")


def _fully_booted(bed: Bed, deadline: float) -> bool:
    with AmiLine(bed.ami_port, bed.reader, events=True, timeout_s=2.0) as line:
        while time.monotonic() < deadline:
            if line.frame().get("Event") == "FullyBooted":
                return True
    return False


def _last_words(bed: Bed) -> str:
    text = (bed.folders.log / "stdout.log").read_text(encoding="utf-8", errors="replace")
    lines = [line for line in text.splitlines() if "ERROR" in line] or text.splitlines()
    return json.dumps(lines[-1].strip()) if lines else "it said nothing"
