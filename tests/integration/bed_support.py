"""What tests need to stand on a real Asterisk: where it is kept, and skip or fail without it."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from pbx.bed.children import which
from pbx.bed.errors import BedUnavailable
from pbx.bed.fetch import fetch


def asterisk_root() -> Path:
    """Return the folder that keeps the fetched Asterisk between test runs."""
    cache = os.environ.get("HOTLINE_CACHE")
    return Path(cache or Path.home() / ".cache/hotline-watch").expanduser() / "asterisk"


def require_bed() -> Path:
    """Fetch Asterisk once and return its root; without it or sipp skip here, fail in CI."""
    try:
        if which("sipp") is None:
            raise BedUnavailable("sipp is not on this machine: install the package sip-tester.")
        fetch(asterisk_root(), print)
    except BedUnavailable as missing:
        if os.environ.get("CI"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))
    return asterisk_root()


def until(true: Callable[[], bool], *, within_s: float) -> None:
    """Poll until `true()` holds; fail when it does not within `within_s` seconds."""
    deadline = time.monotonic() + within_s
    while not true():
        assert time.monotonic() < deadline, "it did not become true in time"
        time.sleep(0.05)


def gone(pid: int) -> bool:
    """Whether no process with this id runs any more (a zombie does not run)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except (FileNotFoundError, ProcessLookupError):
        return True
    return stat.rpartition(") ")[2].startswith("Z")
