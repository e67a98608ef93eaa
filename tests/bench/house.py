"""(d), (e) The demo house as `up` starts it, with 50 screens: CPU a screen beside a polling panel, and memory."""

import json
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.bench import polling, screens
from tests.bench.stage import Stage, say, sign_in, until
from tests.bench.usage import Usage, memory_mb

SCREENS = 50
SETTLE_S = 5.0


def measure(stage: Stage, *, quick: bool) -> dict[str, Any]:
    """Return CPU seconds a screen and minute of both sides, and the memory of ours."""
    seconds = 4 if quick else 20
    data = stage.folder / "up"
    process = stage.app("up", "up", "--data", str(data), "--port", "0", env=stage.plain_env())
    state = _state(process, data)
    port = int(state["url"].rpartition(":")[2])
    crowd = stage.helper(screens, str(port), *sign_in(port))
    crowd.ask(f"open {SCREENS}")
    time.sleep(1 if quick else SETTLE_S)
    usage = Usage(state["pids"])
    crowd.ask("start")
    time.sleep(seconds)
    ours = usage.cpu()
    minutes = usage.seconds() / 60
    news = crowd.ask("delivery")["frames"]
    memory = _memory(state["pids"], process.pid)
    stage.end(keep=2)
    theirs, refreshes = _polling(stage, seconds)
    return _report(ours, theirs, minutes, {"updates": news, "refreshes": refreshes}) | memory


def _state(process: "subprocess.Popen[bytes]", data: Path) -> dict[str, Any]:
    path = data / "run" / "up.json"

    def ready() -> bool:
        if process.poll() is not None:
            raise RuntimeError(f"up ended with {process.returncode}")
        return path.exists() and path.read_text(encoding="utf-8").endswith("}")

    until(ready, "up", 60)
    state: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return state


def _polling(stage: Stage, seconds: int) -> tuple[dict[str, float], int]:
    exchange = stage.exchange(seats=120)
    panel = stage.helper(polling, str(exchange.port), str(SCREENS))
    for _ in range(3):
        before = panel.hear()["made"]
    usage = Usage({"exchange": exchange.pid, "panel": panel.pid})
    end = time.monotonic() + seconds
    made = before
    while time.monotonic() < end:
        made = panel.hear()["made"]
    spent = usage.cpu()
    scale = seconds / usage.seconds()
    stage.end(keep=2)
    return {name: cpu * scale for name, cpu in spent.items()}, made - before


def _report(
    ours: dict[str, float], theirs: dict[str, float], minutes: float, counts: dict[str, int]
) -> dict[str, Any]:
    def a_screen(cpu: dict[str, float]) -> float:
        return sum(cpu.values()) / SCREENS / minutes

    ratio = a_screen(ours) / a_screen(theirs)
    without = {name: cpu for name, cpu in ours.items() if name != "exchange"}
    say(f"cpu a screen and minute: push {a_screen(ours):.3f} s, polling {a_screen(theirs):.3f} s")
    return {
        "cpu_per_screen_vs_polling": round(ratio, 4),
        "cpu": {
            "screens": SCREENS,
            "push_s_per_screen_minute": round(a_screen(ours), 4),
            "polling_s_per_screen_minute": round(a_screen(theirs), 4),
            "without_exchange": round(a_screen(without) / a_screen({"panel": theirs["panel"]}), 4),
            "push_cpu_s": {name: round(cpu, 2) for name, cpu in ours.items()},
            "polling_cpu_s": {name: round(cpu, 2) for name, cpu in theirs.items()},
            **counts,
        },
    }


def _memory(pids: dict[str, int], supervisor: int) -> dict[str, Any]:
    found = {name: memory_mb(pid) for name, pid in pids.items()}
    parts = {name: round(mb, 1) for name, (mb, _) in found.items()}
    parts["up"] = round(memory_mb(supervisor, alone=True)[0], 1)
    kinds = sorted({kind for _, kind in found.values()})
    total = round(sum(parts.values()), 1)
    ingest = max(parts[name] for name in ("ami", "floor", "ledger") if name in parts)
    say(f"memory: {total:.0f} MB in all ({'+'.join(kinds)}), web {parts['web']} MB")
    return {"rss_mb": {"total": total, "ingest": ingest, **parts, "kind": "+".join(kinds)}}
