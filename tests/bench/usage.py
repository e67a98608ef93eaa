"""What processes use: CPU seconds and memory, children included, by name."""

import time
from collections.abc import Mapping
from pathlib import Path

import psutil


class Usage:
    """CPU seconds spent by named process trees since this was made."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._trees = {name: psutil.Process(pid) for name, pid in pids.items()}
        self._began = time.monotonic()
        self._before = {name: _cpu(tree) for name, tree in self._trees.items()}

    def seconds(self) -> float:
        """Return the wall seconds since the start."""
        return time.monotonic() - self._began

    def cpu(self) -> dict[str, float]:
        """Return the CPU seconds by name."""
        return {
            name: round(_cpu(tree) - self._before[name], 2) for name, tree in self._trees.items()
        }

    def shares(self) -> dict[str, float]:
        """Return the share of one core by name."""
        seconds = self.seconds()
        return {name: round(spent / seconds, 3) for name, spent in self.cpu().items()}


def _tree(root: psutil.Process) -> list[psutil.Process]:
    return [root, *root.children(recursive=True)]


def _cpu(root: psutil.Process) -> float:
    """Return user and system seconds of a tree, of ended children too."""
    total = 0.0
    for process in _tree(root):
        times = process.cpu_times()
        total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(pid: int, *, alone: bool = False) -> tuple[float, str]:
    """Return the memory of a process tree in MB and its kind: PSS shares pages fairly, RSS counts them twice."""
    root = psutil.Process(pid)
    found = []
    kind = "pss"
    for process in [root] if alone else _tree(root):
        try:
            rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text(encoding="ascii")
            line = next(line for line in rollup.splitlines() if line.startswith("Pss:"))
            found.append(int(line.split()[1]) * 1024)
        except (OSError, StopIteration):
            kind = "rss"
            found.append(process.memory_info().rss)
    return sum(found) / 1e6, kind
