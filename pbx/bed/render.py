"""Write Asterisk's configuration and sipp's scenarios from the templates in pbx/conf."""

import re
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from models.demo import DemoQueue, DemoSeat
from pbx.bed.install import Install

CONF = Path(__file__).resolve().parent.parent / "conf"
FIRST_QUEUE_EXTENSION = 9001
# Read at start by Asterisk's core; an absent file is a warning each, an empty one is not.
_EMPTY = (
    "acl.conf",
    "ccss.conf",
    "cli.conf",
    "cli_aliases.conf",
    "cli_permissions.conf",
    "codecs.conf",
    "dnsmgr.conf",
    "dsp.conf",
    "extconfig.conf",
    "pjproject.conf",
    "queuerules.conf",
    "sorcery.conf",
    "stasis.conf",
    "udptl.conf",
)


@dataclass(frozen=True, slots=True)
class BedPorts:
    """Loopback ports: AMI over TCP, SIP over UDP, and the inclusive RTP range over UDP."""

    ami: int
    sip: int
    rtp_start: int
    rtp_end: int


@dataclass(frozen=True, slots=True)
class QueueRules:
    """How the queues ring; all times in seconds.

    `ring_s` is how long one member rings, `caller_timeout_s` how long a caller waits at most;
    `caller_timeout_by_queue` overrides the latter for single queues.
    """

    strategy: str = "rrmemory"
    ring_s: int = 5
    retry_s: int = 1
    wrapup_s: int = 3
    caller_timeout_s: int = 120
    caller_timeout_by_queue: Mapping[str, int] = field(
        default_factory=lambda: MappingProxyType({"night": 9})
    )


@dataclass(frozen=True, slots=True)
class Secrets:
    """The AMI secrets of one start."""

    reader: str
    control: str
    norights: str


@dataclass(frozen=True, slots=True)
class Folders:
    """Where one Asterisk keeps its files: `run` holds its control socket (a short path)."""

    work: Path
    run: Path

    @property
    def etc(self) -> Path:
        """The configuration."""
        return self.work / "etc"

    @property
    def log(self) -> Path:
        """queue_log, messages.log and what Asterisk prints."""
        return self.work / "log"


class ConfTemplate(string.Template):
    """A template whose fields look like @@{name}: Asterisk keeps ${...}, SIP keeps its @."""

    delimiter = "@@"


def fill(template: Path, fields: Mapping[str, object]) -> str:
    """Return the template's text with every field filled; a missing one is a KeyError."""
    return ConfTemplate(template.read_text(encoding="utf-8")).substitute(fields)


def module_names() -> list[str]:
    """Return the modules our Asterisk loads, as file names."""
    text = (CONF / "bed/modules.conf").read_text(encoding="utf-8")
    return re.findall(r"^load = (\S+)", text, flags=re.MULTILINE)


def queue_extension(index: int) -> str:
    """Return the number a caller dials for the queue at `index`: 9001, 9002, ..."""
    return str(FIRST_QUEUE_EXTENSION + index)


def write_configuration(
    folders: Folders,
    install: Install,
    *,
    ports: BedPorts,
    secrets: Secrets,
    rules: QueueRules,
    seats: Sequence[DemoSeat],
    queues: Sequence[DemoQueue],
) -> None:
    """Write everything Asterisk reads into `folders.etc`, readable by its owner only."""
    for folder in (folders.etc, folders.log, *(folders.work / each for each in _STATE)):
        folder.mkdir(parents=True, exist_ok=True)
    fields: dict[str, object] = {
        "etc": folders.etc, "work": folders.work, "run": folders.run,
        "modules": install.modules, "data": install.data,
        "ami_port": ports.ami, "sip_port": ports.sip,
        "rtp_start": ports.rtp_start, "rtp_end": ports.rtp_end,
        "reader_secret": secrets.reader, "control_secret": secrets.control,
        "norights_secret": secrets.norights,
        "strategy": rules.strategy, "ring_s": rules.ring_s, "retry_s": rules.retry_s,
        "wrapup_s": rules.wrapup_s, "first_extension": queue_extension(0),
        "seats": "\n".join(map(_seat, seats)),
        "queues": "\n".join(_queue(queue, seats) for queue in queues),
        "entries": "\n".join(_entry(index, queue, rules) for index, queue in enumerate(queues)),
    }  # fmt: skip
    for template in sorted((CONF / "bed").glob("*.conf")):
        _write_private(folders.etc / template.name, fill(template, fields))
    for name in _EMPTY:
        _write_private(folders.etc / name, "")
    # One second of mu-law silence: hold is heard by nobody here, but must be a class with a file.
    (folders.work / "moh/silence.ulaw").write_bytes(b"\xff" * 8000)


_STATE = ("lib", "spool", "moh")


def _write_private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.chmod(0o600)
    path.write_text(text, encoding="utf-8")


def _seat(seat: DemoSeat) -> str:
    number = seat.extension
    return (
        f"[{number}](seat)\naors = {number}\ncallerid = {seat.agent_no} <{number}>\n"
        f"[{number}](seat-place)\n"
    )


def _queue(queue: DemoQueue, seats: Sequence[DemoSeat]) -> str:
    members = [
        f"member => {seat.interface},0,{seat.agent_name},{seat.interface}"
        for seat in seats
        if queue.name in seat.queues
    ]
    return "\n".join([f"[{queue.name}](hotline)", f"servicelevel = {queue.target_s}", *members, ""])


def _entry(index: int, queue: DemoQueue, rules: QueueRules) -> str:
    wait_s = rules.caller_timeout_by_queue.get(queue.name, rules.caller_timeout_s)
    number = queue_extension(index)
    return (
        f"exten => {number},1,Gosub(hotline-wait,s,1({queue.name},{wait_s}))\n same => n,Hangup()"
    )
