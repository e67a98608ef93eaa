"""Seats and citizens on sipp: SIP phones that answer, hold, transfer, refuse or run out of patience."""

import re
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count as counter
from pathlib import Path
from typing import Literal

from pbx.bed.children import LOOPBACK, end, free_media_port, free_ports, spawn, which
from pbx.bed.errors import BedUnavailable
from pbx.bed.exchange import Bed
from pbx.bed.registrar import register, unregister
from pbx.bed.render import CONF, fill

Kind = Literal["answer", "silent", "busy", "hold", "transfer"]

_SCENARIOS: Mapping[Kind, str] = {
    "answer": "answer",
    "silent": "answer",
    "busy": "busy",
    "hold": "hold",
    "transfer": "transfer",
}
_FOREVER_MS = 24 * 3600 * 1000
_READY_LIMIT_S = 5.0
_GRACE_S = 1.0
_STARTS = 4
_COULD_NOT_BEGIN = (254, 255)  # sipp's exit codes for a port taken and for any other fatal fault
_ALWAYS = f"-i {LOOPBACK} -mi {LOOPBACK} -ci {LOOPBACK} -nostdin -aa".split()
_ALWAYS += ["-recv_timeout", "60000", "-max_retrans", "4"]
_serial = counter(1)


@dataclass(frozen=True, slots=True)
class Behaviour:
    """What a seat's phone does with a call; times in seconds.

    It rings `ring_s`, talks `talk_s` and hangs up. `hold` talks, holds the caller `hold_s`, talks
    again; `transfer` talks, then sends the caller to the extension `transfer_to` without asking;
    `silent` rings until the exchange gives up; `busy` refuses with 486.
    """

    kind: Kind = "answer"
    ring_s: float = 1.0
    talk_s: float = 4.0
    hold_s: float = 2.0
    transfer_to: str = "7001"


class Sipp:
    """One sipp process; close it or use it as a context manager."""

    def __init__(
        self,
        bed: Bed,
        scenario: str,
        fields: Mapping[str, object],
        options: Sequence[str] = (),
        callers: str = "",
    ) -> None:
        program = which("sipp")
        if program is None:
            raise BedUnavailable("sipp is not on this machine: install the package sip-tester.")
        folder = bed.folders.work / "sipp"
        folder.mkdir(exist_ok=True)
        base = folder / f"{next(_serial)}-{scenario}"
        self._files = (base.with_suffix(".xml"), base.with_suffix(".csv"), base.with_suffix(".out"))
        xml, table, self._said = self._files
        xml.write_text(fill(CONF / "sipp" / f"{scenario}.xml", fields), encoding="utf-8")
        argv = [program, f"{LOOPBACK}:{bed.sip_port}", "-sf", str(xml), *options, *_ALWAYS]
        self._calls = bool(callers)  # else it answers, and ends only when told to
        if callers:
            table.write_text(callers, encoding="utf-8")
            argv += ["-inf", str(table)]
        self._start(argv)

    def _start(self, argv: list[str]) -> None:
        for _ in range(_STARTS):
            self.port, control = free_ports(2, socket.SOCK_DGRAM)
            ports = ["-p", str(self.port), "-cp", str(control), "-mp", str(free_media_port())]
            self._process = spawn(
                [*argv, *ports],
                death_signal=signal.SIGKILL,
                output=self._said,
                cwd=self._said.parent,
            )
            if self._began():
                return
        said = self._complaint()
        self.close()
        raise BedUnavailable(f"sipp did not start: {said}")

    def _began(self) -> bool:
        """Wait until the phone listens; False when a port was taken from under it."""
        deadline = time.monotonic() + _READY_LIMIT_S
        while time.monotonic() < deadline:
            code = self._process.poll()
            if code is not None:
                return self._calls and code not in _COULD_NOT_BEGIN
            if _bound(self.port):
                return True
            time.sleep(0.01)
        end(self._process, grace_s=_GRACE_S)
        return False

    def __enter__(self) -> "Sipp":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The sipp process's id."""
        return self._process.pid

    @property
    def done(self) -> bool:
        """Whether the process has ended; its files are then gone."""
        if self._process.poll() is None:
            return False
        self._forget()
        return True

    def wait(self, timeout_s: float) -> bool:
        """Wait for the process to end; False when it has not within `timeout_s` seconds."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout_s)
        return self.done

    def _complaint(self) -> str:
        said = self._said.read_text(encoding="utf-8", errors="replace").splitlines()
        dated = [line for line in said if re.match(r"\d{4}-\d\d-\d\d\s", line)]
        return (dated or said or ["it said nothing"])[0]

    def close(self) -> None:
        """End the process at once; calls it has stay for Asterisk to clean up."""
        end(self._process, grace_s=_GRACE_S)
        self._forget()

    def _forget(self) -> None:
        for path in self._files:
            path.unlink(missing_ok=True)


class Phones:
    """The seats that are signed in: one sipp for each distinct behaviour."""

    def __init__(self, bed: Bed) -> None:
        self._bed = bed
        self._sipps: list[Sipp] = []
        self._contacts: dict[str, int] = {}

    def __enter__(self) -> "Phones":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def extensions(self) -> tuple[str, ...]:
        """The seats that are signed in."""
        return tuple(self._contacts)

    @property
    def pids(self) -> tuple[int, ...]:
        """The process ids of their phones."""
        return tuple(sipp.pid for sipp in self._sipps)

    def add(self, behaviour: Behaviour, extensions: list[str]) -> None:
        """Sign these seats in, all behaving alike."""
        sipp = Sipp(self._bed, _SCENARIOS[behaviour.kind], _seat_fields(behaviour))
        self._sipps.append(sipp)
        for extension in extensions:
            register(self._bed.sip_port, extension, sipp.port)
            self._contacts[extension] = sipp.port

    def close(self) -> None:
        """Sign all seats out and end their phones."""
        for extension, port in self._contacts.items():
            with suppress(OSError):  # the exchange may be gone already
                unregister(self._bed.sip_port, extension, port)
        for sipp in self._sipps:
            sipp.close()
        self._contacts.clear()
        self._sipps.clear()


def start_seats(bed: Bed, behaviours: Mapping[str, Behaviour]) -> Phones:
    """Sign the seats (by extension) in with their behaviours; they stay until `close`."""
    phones = Phones(bed)
    try:
        for behaviour in dict.fromkeys(behaviours.values()):
            phones.add(behaviour, [ext for ext, each in behaviours.items() if each == behaviour])
    except BaseException:
        phones.close()
        raise
    return phones


def call(
    bed: Bed,
    queue_extension: str,
    *,
    number: str = "13800000001",
    name: str = "",
    patience_s: float = 90.0,
    count: int = 1,
    rate: float = 1.0,
) -> Sipp:
    """Let `count` citizens call, `rate` a second, from `number` upwards; return their process.

    Each hangs up `patience_s` seconds after the exchange answered, waiting or talking: SIP tells a
    caller in a queue nothing about the difference. Asterisk listens up to 0.5 s for a voice before
    the queue begins, so less than that never enters it. The process ends with its last call.
    """
    period_ms = 1000 if rate >= 1 else round(1000 / rate)
    rhythm = ["-m", str(count), "-r", str(max(1, round(rate))), "-rp", str(period_ms)]
    return Sipp(
        bed,
        "caller",
        {"patience_ms": round(patience_s * 1000)},
        ["-s", queue_extension, *rhythm],
        _callers(number, name, count),
    )


def _callers(number: str, name: str, count: int) -> str:
    if not number.isdigit() or re.search(r'[;"\r\n]', name):
        raise ValueError("a caller has a number of digits and a name without quotes or semicolons")
    rows = (f"{int(number) + index:0{len(number)}};{name}\n" for index in range(count))
    return "".join(("SEQUENTIAL\n", *rows))


def _seat_fields(behaviour: Behaviour) -> dict[str, object]:
    ring_ms = _FOREVER_MS if behaviour.kind == "silent" else round(behaviour.ring_s * 1000)
    return {
        "ring_ms": max(1, ring_ms),
        "talk_ms": max(1, round(behaviour.talk_s * 1000)),
        "hold_ms": max(1, round(behaviour.hold_s * 1000)),
        "transfer_to": behaviour.transfer_to,
    }


def _bound(port: int) -> bool:
    # Read, not tried: a trial bind could take the port in the very moment sipp wants it.
    table = Path("/proc/net/udp").read_text(encoding="ascii")
    return f":{port:04X} " in table
