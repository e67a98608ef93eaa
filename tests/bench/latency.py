"""(b) A busy floor: 1,000 seats and 2,000 AMI events a second, 50 screens. How old is what they show?"""

import json
import time
from typing import Any

from models import demo
from models.store.db import engine_for, tenant_id_of, transaction
from models.tables import Agent, Seat
from tests.bench import screens
from tests.bench.stage import Stage, say, sign_in, until
from tests.bench.usage import Usage

SEATS = 1000
CALLS_PER_S = 60.0
"""About 2,000 AMI events a second."""
SCREENS = 50
SETTLE_S = 4.0


def measure(stage: Stage, *, quick: bool) -> dict[str, Any]:
    """Return the latency from the exchange's Timestamp to the screens, and what the processes used."""
    seconds = 5 if quick else 25
    more_seats(stage)
    exchange = stage.exchange(seats=SEATS, calls_per_s=CALLS_PER_S)
    env = stage.reads(exchange.port)
    ami = stage.app("ami", "ingest", "--loops", "ami", env=env)
    floor = stage.app("floor", "ingest", "--loops", "projector", env=env)
    ledger = stage.app("ledger", "ingest", "--loops", "archiver,relay", env=env)
    web = stage.web()
    until(stage.floor_is_up, "floor")
    crowd = stage.helper(screens, str(web.port), *sign_in(web.port))
    crowd.ask(f"open {SCREENS}")
    time.sleep(1 if quick else SETTLE_S)
    usage = Usage(
        {
            "exchange": exchange.pid, "ami": ami.pid, "floor": floor.pid,
            "ledger": ledger.pid, "web": web.pid,
        }
    )  # fmt: skip
    read = _frames_read(stage)
    crowd.ask("start")
    time.sleep(seconds)
    found = crowd.ask("latency")
    rate = (_frames_read(stage) - read) / usage.seconds()
    say(f"latency: p50 {found['p50']} ms, p99 {found['p99']} ms at {rate:,.0f} AMI events/s")
    return {
        "latency_ms": {"p50": found["p50"], "p99": found["p99"]},
        "latency": {
            "ami_events_per_s": round(rate),
            "seats": SEATS,
            "screens": SCREENS,
            "seconds": seconds,
            "max_ms": found["max"],
            "events_seen": found["events"],
            "updates_per_s": round(found["frames"] / seconds, 1),
            "update_bytes": found["frame_bytes"],
            "cpu_share": usage.shares(),
        },
    }


def more_seats(stage: Stage) -> None:
    """Put the exchange's 1,000 seats into the roster, as a centre of that size would."""
    seats = demo.seats(SEATS)[len(demo.seats()) :]
    engine = engine_for(stage.env()["HOTLINE_DATABASE_URL"])
    tenant_id = tenant_id_of(engine, demo.TENANT)
    with transaction(engine, tenant_id) as session:
        for seat in seats:
            session.add(Agent(tenant_id=tenant_id, agent_no=seat.agent_no, name=seat.agent_name))
            session.add(
                Seat(
                    tenant_id=tenant_id, key=f"pbx1:{seat.interface}", extension=seat.extension,
                    team_code=seat.team, agent_no=seat.agent_no,
                )
            )  # fmt: skip
    engine.dispose()


def _frames_read(stage: Stage) -> int:
    """Return how many AMI events the worker says it has read."""
    for key in stage.redis.scan_iter("beat:ami-*"):
        body: Any = stage.redis.get(key)
        if body:
            return int(json.loads(body)["frames"])
    return 0
