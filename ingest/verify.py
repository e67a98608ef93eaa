"""`verify`: everything counted again from the tables, both chains walked, and what the screens show compared."""

import time
from collections.abc import Callable
from typing import Any

import msgspec
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from command.recount import incidents
from gis_data.hotspots.result import Period
from models.clock import day_of, now
from models.rules import board
from models.rules.floor import Floor
from models.rules.floor.book import limits
from models.rules.metrics import total
from models.settings import Settings
from models.store import chain, db, ledger, ledger_seal, streams
from models.store.crypto import Vault
from tickets import recount, recount_texts

TRIES = 6
PAUSE_S = 1.0
"""Screens and tables are read one after the other: what moved in between is asked for again."""
SAVED_S = 2.5
"""A floor is saved at least this often."""
SETTLED_S = 60.0
"""An event older than this has reached the log."""


def verify(settings: Settings, engine: Engine, say: Callable[[str], None]) -> list[str]:
    """Return every fault found; `say` hears how many of what were found whole."""
    tenant = db.tenant_id_of(engine, settings.tenant)
    redis = Redis.from_url(settings.redis_url, protocol=2, socket_timeout=3)
    faults: list[str] = []

    def check(what: str, found: list[str]) -> None:
        say(f"{'ok   ' if not found else 'FAULT'} {what}")
        faults.extend(found)

    with db.transaction(engine, tenant) as session:
        check("audit and event log are whole chains", chain.verify(session))
    with db.transaction(engine, tenant) as session:
        tickets, lines = recount.totals(session)
        wrong = [fault for batch in recount.tickets(session) for fault in batch]
        check(f"{tickets:,} tickets are what their {lines:,} history lines say", wrong)
        if older := recount_texts.unsealed(session):
            say(
                f"note  {older:,} tickets are older than the seals: their first texts cannot be checked"
            )
    with db.transaction(engine, tenant) as session:
        late = recount.events(session, before=now() - SETTLED_S)
        check("every event of the tickets is in the sealed log, word for word", late)
    check(
        "every incident is what its sealed events say",
        _same(engine, tenant, redis, settings, lambda session, *_: incidents(session)),
    )
    check(
        "the day's tickets: screen = tables = lists", _same(engine, tenant, redis, settings, _day)
    )
    check(
        "the day's hotspots: live = counted again = lists",
        _same(engine, tenant, redis, settings, _hotspots),
    )
    with db.transaction(engine, tenant) as session:
        vault = Vault(settings.encryption_keys, settings.hash_key)
        wrong, older = ledger_seal.check(session, vault)
        check("every call of the ledger is as it was sealed", wrong)
        if older:
            say(f"note  {older:,} calls are older than the seals and cannot be checked")
    check("the call floor: screen = ledger", _same(engine, tenant, redis, settings, _floor))
    return faults


Compare = Callable[[Session, Redis, Settings], list[str]]


def _same(
    engine: Engine, tenant: int, redis: "Redis", settings: Settings, compare: Compare
) -> list[str]:
    """Compare until both sides agree, a few times: what goes on differing is a fault."""
    found = ["nothing is shown"]
    for attempt in range(TRIES):
        if attempt:
            time.sleep(PAUSE_S)
        try:
            with db.transaction(engine, tenant) as session:
                found = compare(session, redis, settings)
        except RedisError as error:
            return [f"what the screens show cannot be read: {error}"]
        if not found:
            return []
    return found


def _day(session: Session, redis: "Redis", settings: Settings) -> list[str]:
    raw: Any = redis.get(streams.tickets_today(settings.tenant))
    if not raw:
        return ["today: nothing is shown"]
    return recount.day(session, msgspec.json.decode(raw), now=now())


def _hotspots(session: Session, redis: "Redis", settings: Settings) -> list[str]:
    day = Period(*day_of(now(), settings.zone))
    shown: Any = redis.hgetall(f"{streams.hot_day(settings.tenant, day.since)}:cells")
    live = {name.decode(): int(number) for name, number in shown.items()}
    return recount.hotspots(session, live, day, settings.zone, now=now())


def _floor(session: Session, redis: "Redis", settings: Settings) -> list[str]:
    """Calls go on while this counts: the ledger must stand between the floor just before and just after."""
    before = _shown(redis, settings)
    if before is None:
        return ["floor: nothing is shown"]
    start, end = day_of(now(), before.plan.zone)
    queues = {queue: limits(before, queue) for queue in before.plan.service_level}
    counted = ledger.day_tally(session, start, end, queues, limits(before, ""))
    time.sleep(SAVED_S)
    after = _shown(redis, settings) or before
    told, old, new = (board.kpi(total(each)) for each in (counted, before.tallies, after.tallies))
    return [
        f"floor {name}: shown {old[name]!r} to {new[name]!r}, the ledger has {told[name]!r}"
        for name in told
        if not all(_between(told[name], old[name], new[name], part) for part in told[name])
    ]


def _shown(redis: "Redis", settings: Settings) -> Floor | None:
    saved: Any = redis.hget(streams.floor_state(settings.tenant), "floor")
    return msgspec.json.decode(saved, type=Floor) if saved else None


def _between(
    told: dict[str, Any], before: dict[str, Any], after: dict[str, Any], part: str
) -> bool:
    """Compare a count, or a rate's numerator and denominator; the rate itself follows from them."""
    if part == "v" and "d" in told:
        return True
    return bool(before[part] <= told[part] <= after[part])
