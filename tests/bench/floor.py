"""`hotline bench floor`: the live floor measured, from the exchange's socket to the screens.

Every part runs the product's own processes on embedded stores and stands beside a baseline or a
limit of the same run. Figures depend on the machine and on what else it does (`others_cpu_share`: of all
cores, 0 on a quiet one); ratios much less. Nothing is asserted.
"""

import os
import tempfile
import time
from pathlib import Path
from typing import Any

import psutil

from tests.bench import browser, crowd, house, latency, pipeline, updates
from tests.bench.stage import Stage, say


def run(*, quick: bool) -> dict[str, Any]:
    """Measure everything in one run; `quick` is rougher. Needs nothing but this checkout."""
    began, busy = time.monotonic(), _busy_s()
    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with Stage(folder) as stage:
            figures |= pipeline.measure(stage, quick=quick)
            figures |= latency.measure(stage, quick=quick)
            boards = updates.recorded(stage, 20)
            stage.end(keep=2)  # the floor's state and deltas stay for the next two
            web = stage.web()
            figures |= browser.measure(stage, web, boards, quick=quick)
            figures |= crowd.measure(stage, web, boards, quick=quick)
            stage.clear()
            figures |= house.measure(stage, quick=quick)
    seconds = time.monotonic() - began
    figures["machine"] = {
        "cores": os.cpu_count(),
        "others_cpu_share": round((_busy_s() - busy) / seconds / (os.cpu_count() or 1), 3),
        "seconds": round(seconds),
        "quick": quick,
    }
    say(f"done in {figures['machine']['seconds']} s")
    return figures


def _busy_s() -> float:
    """Return the CPU seconds this machine has spent on others than us and our ended children."""
    spent = psutil.cpu_times()
    own = os.times()
    mine = own.user + own.system + own.children_user + own.children_system
    return float(spent.user + spent.nice + spent.system + spent.irq + spent.softirq - mine)
