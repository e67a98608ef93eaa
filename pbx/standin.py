"""Stand-in exchanges as processes: the simulator, a played recording, and the real Asterisk of the bed."""

import asyncio
import logging
import signal
import threading
from dataclasses import replace
from pathlib import Path

from models.errors import BadInput, Unavailable
from models.process import settle
from pbx import recording, simulator
from pbx.dialect import Account, AmiServer, controller, reader

log = logging.getLogger(__name__)

READER = "hotline_reader"
CONTROLLER = "hotline_control"


def _accounts(secret: str) -> dict[str, Account]:
    return {READER: reader(secret), CONTROLLER: controller(secret)}


async def run_simulator(
    *, port: int, secret: str, speed: float, seed: int, seats: int, calls_per_s: float | None
) -> None:
    """Run the simulated exchange until SIGTERM."""
    server = await simulator.serve(
        accounts=_accounts(secret), port=port, seats=seats, calls_per_s=calls_per_s,
        seed=seed, speed=speed,
    )  # fmt: skip
    await _until_told(server)


async def run_recording(path: Path, *, port: int, secret: str, pace: float) -> None:
    """Play a recording, as if it happened now, until SIGTERM; BadInput when it is none."""
    try:
        server = await recording.serve(
            path, accounts=_accounts(secret), port=port, pace=pace, rebase=True
        )
    except (recording.NotARecording, OSError) as error:
        raise BadInput(str(error)) from error
    await _until_told(server)


async def _until_told(server: AmiServer) -> None:
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, told.set)
    log.info("exchange: listening on port %d", server.port)
    settle()
    await told.wait()
    await server.close()


def fetch_asterisk(data: Path) -> None:
    """Make a real Asterisk available below `data` (once), telling each step; Unavailable says why not."""
    from pbx.bed.errors import BedUnavailable
    from pbx.bed.fetch import fetch

    try:
        fetch(data / "asterisk", lambda step: print(f"  {step}", flush=True))
    except BedUnavailable as error:
        raise Unavailable(str(error)) from error


def run_asterisk(data: Path, *, port: int, secret: str) -> None:
    """Run the fetched Asterisk with sipp seats and callers until SIGTERM."""
    from pbx.bed.drive import drive
    from pbx.bed.errors import BedUnavailable
    from pbx.bed.exchange import free_bed_ports, start
    from pbx.bed.render import Secrets

    told = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: told.set())
    try:
        ports = replace(free_bed_ports(), ami=port)
        with start(data / "asterisk", ports=ports, secrets=Secrets(secret, secret, secret)) as bed:
            log.info("asterisk: %s, AMI on port %d", bed.version, bed.ami_port)
            settle()
            drive(bed, stop=told)
    except BedUnavailable as error:
        raise Unavailable(str(error)) from error
