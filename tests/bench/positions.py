"""Part of `hotline bench command`: 500 units send a position a second, 50 screens watch, 20 incidents are open.

How old is a unit's position when its bytes reach a screen: from the time in the fix itself, through door, stream,
tracker, stream and push. Nothing is asserted.
"""

import time
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert

from command import incidents
from gis_data.city.manifest import SHIPPED, read_manifest
from models import demo
from models.clock import now
from models.events.incident.course import Place
from models.store import embedded
from models.store.db import engine_for, tenant_id_of, transaction
from models.tables import IncidentType, ResponseUnit, UnitTrack
from tests.bench import command_screens, fleet
from tests.bench.stage import Stage, listens, say, sessions, until
from tests.bench.usage import Usage, memory_mb
from tickets.moving import Actor

UNITS = 500
SCREENS = 50
INCIDENTS = 20
SETTLE_S = 5.0
TOKEN = "bench-gateway"
WHO = Actor(0, "bench", frozenset({"command.view", "command.report", "command.act"}))


def measure(stage: Stage, *, quick: bool) -> dict[str, Any]:
    """Return the ages of positions at the screens, and what the processes used."""
    seconds = 6 if quick else 30
    _people_the_city(stage)
    port = embedded.free_port()
    settings = {"HOTLINE_POSITIONS_PORT": str(port), "HOTLINE_POSITIONS_TOKEN": TOKEN}
    tracker = stage.app("positions", "ingest", "--loops", "positions", env=stage.env(**settings))
    relay = stage.app("relay", "ingest", "--loops", "relay")
    web = stage.web()
    until(lambda: listens(port), "positions")
    screens = stage.helper(command_screens, str(web.port), *sessions(stage, SCREENS))
    screens.ask(f"open {SCREENS}")
    box = [str(edge) for edge in read_manifest(SHIPPED)[1].bbox]
    devices = stage.helper(fleet, str(port), TOKEN, str(UNITS), *box)
    devices.ask("open")
    devices.ask("start")
    time.sleep(SETTLE_S)
    usage = Usage({"positions": tracker.pid, "relay": relay.pid, "web": web.pid})
    before = devices.ask("sent")
    screens.ask("start")
    time.sleep(seconds)
    rate = (devices.ask("sent") - before) / usage.seconds()
    shares = usage.shares()
    found = screens.ask("positions")
    memory, kind = memory_mb(web.pid)
    say(f"positions: p50 {found['p50']} ms, p99 {found['p99']} ms at {rate:.0f} fixes/s")
    return {
        "position_to_screen_ms": {"p50": found["p50"], "p99": found["p99"]},
        "positions": {
            "fixes_per_s": round(rate), "units": UNITS, "screens": SCREENS, "incidents": INCIDENTS,
            "seconds": seconds, "cpu_share": shares, "track_points": _track_points(stage),
            **{name: found[name] for name in ("max", "fixes", "frames", "frame_bytes", "complete", "lost")},
        },
        "web_mb": {"mb": round(memory, 1), "kind": kind},
    }  # fmt: skip


def _people_the_city(stage: Stage) -> None:
    """Put the units and the open incidents into the demo tenant."""
    west, south, east, north = read_manifest(SHIPPED)[1].bbox
    engine = engine_for(stage.env()["HOTLINE_DATABASE_URL"])
    tenant_id = tenant_id_of(engine, demo.TENANT)
    with transaction(engine, tenant_id) as session:
        rows = [
            {
                "tenant_id": tenant_id, "code": fleet.device(n), "label": f"{n} 号车", "type": "fire",
                "capabilities": ["fire"], "staff": 6, "min_staff": 4, "device": fleet.device(n),
                "station_lon": (west + east) / 2, "station_lat": (south + north) / 2,
            }
            for n in range(UNITS)
        ]  # fmt: skip
        session.execute(insert(ResponseUnit).values(rows))
        kind = {"tenant_id": tenant_id, "code": "bench", "kind": "accident", "label": "演练"}
        session.execute(insert(IncidentType).values(kind).on_conflict_do_nothing())
        for n in range(INCIDENTS):
            place = Place((west + east) / 2, (south + north) / 2, f"演练路{n}号", "")
            form = incidents.Form("bench", f"演练事件 {n}", place)
            incidents.report(session, form, actor=WHO, now=now())
    engine.dispose()


def _track_points(stage: Stage) -> int:
    engine = engine_for(stage.env()["HOTLINE_DATABASE_URL"])
    with transaction(engine, tenant_id_of(engine, demo.TENANT)) as session:
        count = session.scalar(select(func.count()).select_from(UnitTrack)) or 0
    engine.dispose()
    return count
