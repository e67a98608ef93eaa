"""Part of `hotline bench command`: seeking in an incident of ten thousand events, as the replay page asks for it.

Cold: the log read, every seal looked at, and the whole of it folded. Warm: what every step of the slider costs, the
log compared each time with the one that was folded. Figures depend on the machine.
"""

import random
import statistics
import time
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from sqlalchemy import Engine

from command import replay
from models.clock import now, to_datetime
from models.events.floor import Caller
from models.events.incident import AnyIncidentEvent
from models.events.incident import course as c
from models.events.incident import plotting as p
from models.events.incident import response as r
from models.rules import incident as rules
from models.rules.floor import Call, FloorPlan
from models.rules.incident.state import Picture
from models.store import archive, db
from models.store.chain import log_event
from models.tables import Incident, UnitTrack
from tests.bench.stage import say
from tickets.moving import Actor

EVENTS = 10_000
HOURS = 6
UNITS, TASKS, DRAWINGS = 60, 120, 150
CALLS = 2_600
SEEKS, COLD = 200, 40
WATCHER = Actor(1, "bench", frozenset({"command.view"}))
PLAN = FloorPlan()


def seek(engine: Engine, tenant_id: int, *, quick: bool) -> dict[str, Any]:
    """Build the incident in a tenant and seek: `replay_seek_ms` {p50, p95} warm, `replay_cold_ms` {p50, p95}."""
    began = now() - HOURS * 3600
    say(f"an incident of {EVENTS:,} events, {CALLS:,} calls")
    with db.transaction(engine, tenant_id) as session:
        incident = _build(session, tenant_id, began)
    chance = random.Random(1)
    cold = [
        _cold(engine, tenant_id, incident, began, chance)
        for _ in range(COLD // 10 if quick else COLD)
    ]
    warm = [
        _seek(engine, tenant_id, incident, began, chance)
        for _ in range(SEEKS // 4 if quick else SEEKS)
    ]
    return {
        "replay_seek_ms": {"p50": _ms(warm, 0.5), "p95": _ms(warm, 0.95)},
        "replay_cold_ms": {"p50": _ms(cold, 0.5), "p95": _ms(cold, 0.95)},
        "events": EVENTS,
    }


def _cold(
    engine: Engine, tenant_id: int, incident: int, began: float, chance: random.Random
) -> float:
    replay.forget()
    return _seek(engine, tenant_id, incident, began, chance)


def _seek(
    engine: Engine, tenant_id: int, incident: int, began: float, chance: random.Random
) -> float:
    moment = began + chance.random() * HOURS * 3600
    started = time.perf_counter()
    with db.transaction(engine, tenant_id) as session:
        film = replay.film(session, incident, actor=WATCHER)
        seen = replay.at(session, film, moment, plan=PLAN)
    took = time.perf_counter() - started
    assert not film.faults, film.faults
    assert seen.picture is not None
    return took


def _ms(times: Sequence[float], share: float) -> float:
    if share == 0.5:
        return round(statistics.median(times) * 1000, 1)
    return round(sorted(times)[max(round(share * len(times)) - 1, 0)] * 1000, 1)


# --- building ---------------------------------------------------------------------------------


def _build(session: Any, tenant_id: int, began: float) -> int:
    row = Incident(
        tenant_id=tenant_id, no="TF-bench", seq=0, status="reported", kind="natural", type="flood",
        title="内涝", reported_at=to_datetime(began), reported_by=0, picture={},
    )  # fmt: skip
    session.add(row)
    session.flush()
    picture: Picture | None = None
    for event in _events(row.id, began):
        picture = rules.reduce(picture, event)
        log_event(session, msgspec.to_builtins(event))
        if event.seq % 4 == 0:  # the log is that of the whole tenant
            log_event(session, {"type": "LinkUp", "id": f"other-{event.seq}", "at": event.at})
    assert picture is not None
    row.seq, row.picture = (
        picture.incident.seq,
        msgspec.to_builtins(picture.incident, str_keys=True),
    )
    session.add_all(
        UnitTrack(
            tenant_id=tenant_id, unit=f"U{unit}", at=to_datetime(began + second), lon=114.3, lat=33.6,
            speed=None, heading=None,
        )
        for unit in range(UNITS)
        for second in range(0, HOURS * 3600, 60)
    )  # fmt: skip
    archive.write(session, tenant_id, [archive.Change(1, list(_calls(began)), [], [])])
    return row.id


def _calls(began: float) -> Iterator[Call]:
    for number in range(CALLS):
        at = began + number * HOURS * 3600 / CALLS
        yield Call(
            key=f"b|{number}|1", pbx="b", call=str(number), visit=1, outcome="answered",
            caller=Caller("138****0001", "d", "s"), queue="consult", arrived=at, entered=at + 1,
            answered=at + 9, ended=at + 150, seat="b:1", name="王", wait=8, talk=141,
        )  # fmt: skip


def _events(incident: int, began: float) -> Iterator[AnyIncidentEvent]:
    """Yield the events of a great incident: units moving and drawings moved by the hundred, tasks, remarks."""
    chance = random.Random(2)
    seq = 0

    def facts() -> dict[str, Any]:
        nonlocal seq
        seq += 1
        at = began + seq * HOURS * 3600 / EVENTS
        return {
            "id": f"incident-{incident}-{seq}", "at": at, "actor": "user:1", "by": "指挥员",
            "incident": incident, "seq": seq,
        }  # fmt: skip

    yield c.IncidentReported(
        no="TF-bench", kind="natural", incident_type="flood", title="内涝", source="manual",
        place=c.Place(114.3, 33.6), happened=began, **facts(),
    )  # fmt: skip
    for unit in range(UNITS):
        yield r.UnitAssigned(
            assignment=unit, unit=f"U{unit}", label=f"队 {unit}", capability="pump", seconds=600.0,
            metres=5000.0, rank=1, **facts(),
        )  # fmt: skip
    for task in range(1, TASKS + 1):
        yield r.TaskAdded(task=task, title=f"任务 {task}", role="街道", due=began + 9000, **facts())
    revisions = [0] * DRAWINGS
    remarks = 0
    while seq < EVENTS:
        what = chance.random()
        if what < 0.4:
            which = chance.randrange(DRAWINGS)
            revisions[which] += 1
            points = tuple(
                (114.3 + chance.random() / 10, 33.6 + chance.random() / 10) for _ in range(12)
            )
            yield p.DrawingPut(
                drawing=f"d{which}", rev=revisions[which], base=revisions[which] - 1,
                body=p.Drawing("area", points, "east"), **facts(),
            )  # fmt: skip
        elif what < 0.65:
            unit = chance.randrange(UNITS)
            yield r.UnitMoved(
                assignment=unit,
                unit=f"U{unit}",
                progress=chance.choice(("en_route", "on_scene")),
                **facts(),
            )
        elif what < 0.8:
            unit = chance.randrange(UNITS)
            yield r.RouteChanged(
                assignment=unit, unit=f"U{unit}", cause="closure", was=600.0, seconds=700.0, metres=5100.0,
                **facts(),
            )  # fmt: skip
        elif what < 0.95:
            yield r.TaskProgressed(
                task=chance.randrange(1, TASKS + 1), percent=chance.randrange(100), **facts()
            )
        else:
            remarks += 1
            yield c.RemarkMade(remark=remarks, text="水位记录", about=began, **facts())
