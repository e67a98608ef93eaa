"""This very process: its name, its memory, and when the interpreter may clean up."""

import ctypes
import gc
import os
import socket

YOUNG = 10_000
"""Objects made before the youngest are looked through; Python's 700 suits scripts, not servers."""


def process_name(kind: str) -> str:
    """Return this process's name in beats and leases: kind, host and pid."""
    return f"{kind}@{socket.gethostname()}:{os.getpid()}"


def rss_mb() -> float:
    """Return this process's resident memory in MB (Linux), 0 where it cannot be read."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:  # noqa: PTH123 - a pseudo file
            return round(int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6, 1)
    except OSError:
        return 0.0


def start() -> None:
    """Call before the imports of a server: they make no garbage, and searching them costs a fifth of the start."""
    gc.disable()


def settle() -> None:
    """Call once everything is imported: what is here now is never searched for garbage again.

    A full collection over a server's modules stands still for 60 to 120 ms, which a screen shows.
    """
    gc.collect()
    gc.freeze()
    gc.enable()
    gc.set_threshold(YOUNG, 20, 20)


def give_back() -> None:
    """Hand what is free back to the system: glibc keeps it after something large was made (Linux)."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim:
        trim(0)
