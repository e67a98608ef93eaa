"""`hotline bench command`: positions to screens, the recommendation of units, and seeking in a replay.

Three parts on one machine, one after the other: what each measures stands in its own file. Nothing is asserted.
"""

import os
import tempfile
from pathlib import Path
from typing import Any

from models import process
from models.demo import TENANT
from models.store import db
from tests.bench import dispatch, positions, replay
from tests.bench.stage import Stage, say


def run(*, quick: bool) -> dict[str, Any]:
    """Return `position_to_screen_ms`, `recommend_ms`, `replay_seek_ms`, the web's memory, and what lies behind."""
    process.settle()  # garbage is looked for as in the web, where these services run
    say("a recommendation over 500 units on 200,000 nodes")
    recommended = dispatch.recommend_ms(times=20 if quick else 100)
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        for each in (folder, folder / "positions", folder / "replay"):
            each.mkdir(exist_ok=True)
            each.chmod(0o755)  # PostgreSQL may run as another user
        with Stage(folder / "positions") as stage:
            moved = positions.measure(stage, quick=quick)
        with Stage(folder / "replay") as stage:
            engine = db.engine_for(stage.env()["HOTLINE_DATABASE_URL"], pool=2)
            try:
                sought = replay.seek(engine, db.tenant_id_of(engine, TENANT), quick=quick)
            finally:
                engine.dispose()
    return {
        **moved,
        "recommend_ms": recommended,
        **sought,
        "machine": {"cores": os.cpu_count(), "quick": quick},
    }
