"""(c) How many screens, each with a session of its own, does one web process hold at two updates a second?"""

import time
from typing import Any

from models.rules.board import Board
from tests.bench import screens
from tests.bench.stage import Running, Stage, say, sessions
from tests.bench.updates import Teller
from tests.bench.usage import Usage

LEVELS = (500, 1000, 1500, 2000)
QUICK_LEVELS = (1000,)
P99_MS = 250.0


def measure(stage: Stage, web: Running, boards: list[Board], *, quick: bool) -> dict[str, Any]:
    """Return the largest crowd of which everybody got everything in time, and every level's figures."""
    seconds = 3 if quick else 16  # longer than a stream goes without its session looked up
    held, levels = 0, []
    levels_asked = QUICK_LEVELS if quick else LEVELS
    crowd = stage.helper(screens, str(web.port), *sessions(stage, max(levels_asked)))
    for count in levels_asked:
        crowd.ask(f"open {count}")
        with Teller(stage, boards) as teller:
            time.sleep(2)
            usage = Usage({"web": web.pid})
            crowd.ask("start")
            time.sleep(seconds)
            found = crowd.ask("delivery")
            share = usage.shares()["web"]
        level = {
            "clients": count, "p50_ms": found["p50"], "p99_ms": found["p99"], "lost": found["lost"],
            "updates": found["frames"], "update_bytes": teller.mean_bytes, "web_cpu_share": share,
        }  # fmt: skip
        levels.append(level)
        say(f"crowd: {count} screens, p99 {found['p99']} ms, {found['lost']} lost")
        whole = found["complete"] >= found["frames"] - 1 and found["frames"] >= seconds * 2 - 1
        if found["p99"] > P99_MS or found["lost"] or not whole:
            break
        held = count
    return {"sse_clients_held": held, "sse_p99_ms": _p99(levels, held), "sse_levels": levels}


def _p99(levels: list[dict[str, Any]], held: int) -> float | None:
    return next((level["p99_ms"] for level in levels if level["clients"] == held), None)
