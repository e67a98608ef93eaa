"""(a) Raw AMI events a second from the socket to the published delta, beside panoramisk's parser alone."""

import time
from statistics import median
from typing import Any

import msgspec

from models import demo
from models.store import streams
from tests.bench import bare, capture, flood
from tests.bench.stage import Helper, Stage, say, until

ROUNDS = 3
LIMIT_S = 60.0


def measure(stage: Stage, *, quick: bool) -> dict[str, Any]:
    """Alternate both sides on the very same bytes; return medians."""
    times, rounds = (3, 1) if quick else (12, ROUNDS)
    source = stage.helper(flood, str(times))
    facts = source.hear()
    port, events = int(facts["port"]), int(facts["events"])
    ours: list[float] = []
    theirs: list[float] = []
    folded: list[int] = []
    for turn in range(rounds):
        rate, calls = _ours(stage, source, port, events)
        ours.append(rate)
        folded.append(calls)
        theirs.append(_bare(stage, source, port, events))
        say(f"pipeline {turn + 1}/{rounds}: ours {ours[-1]:,.0f}/s, panoramisk {theirs[-1]:,.0f}/s")
    stage.clear()
    return {
        "pipeline_events_per_s": round(median(ours)),
        "panoramisk_events_per_s": round(median(theirs)),
        "pipeline_ratio": round(median(ours) / median(theirs), 3),
        "pipeline": {
            "events": events,
            "bytes": facts["bytes"],
            "rounds": [[round(rate) for rate in ours], [round(rate) for rate in theirs]],
            "calls_folded": folded,
            "calls_expected": times * capture.CALLS,
        },
    }


def _ours(stage: Stage, source: Helper, port: int, events: int) -> tuple[float, int]:
    stage.end(keep=3)
    stage.redis.flushall()
    env = stage.reads(port, HOTLINE_SNAPSHOT_S="3600")
    stage.app("ami", "ingest", "--loops", "ami", env=env)
    stage.app("projector", "ingest", "--loops", "projector", env=env)
    until(stage.floor_is_up, "floor")
    time.sleep(0.5)
    began = source.ask("go")["began"]
    ended, calls = _last_delta(stage)
    stage.end(keep=3)
    return events / (ended - began), calls


def _last_delta(stage: Stage) -> tuple[float, int]:
    """Return when the delta that carries the capture's last event came, and the calls counted by then."""
    seat = f"pbx1:{capture.LAST_SEAT}"
    after, calls = "0-0", 0
    end = time.monotonic() + LIMIT_S
    while time.monotonic() < end:
        found: Any = stage.redis.xread({streams.floor_delta(demo.TENANT): after}, block=500)
        at = time.monotonic()
        for _, rows in found or []:
            for key, fields in rows:
                after = key
                seats, counted = _told(stage, msgspec.json.decode(fields[b"m"]))
                calls = counted or calls
                if seat in seats:
                    return at, calls
    raise TimeoutError(f"the last event was not published within {LIMIT_S:.0f} s")


def _told(stage: Stage, message: dict[str, Any]) -> tuple[dict[str, Any], int]:
    """Return the seats a message tells of and the calls counted; a reset points to the saved floor."""
    if message["kind"] == "delta":
        board = message["board"]
        return board.get("seats", {}), board.get("kpi", {}).get("entered", {"v": 0})["v"]
    saved: Any = stage.redis.hget(streams.floor_state(demo.TENANT), "floor")
    floor = msgspec.json.decode(saved or b'{"seats":{},"tallies":{}}')
    return floor["seats"], sum(tally.get("entered", 0) for tally in floor["tallies"].values())


def _bare(stage: Stage, source: Helper, port: int, events: int) -> float:
    reader = stage.helper(bare, str(port))
    reader.hear()
    time.sleep(0.5)
    began = source.ask("go")["began"]
    ended = reader.hear()["ended"]
    stage.end(keep=3)
    return events / float(ended - began)
