"""`hotline bench hotspots`: a million and ten million placed tickets on real PostgreSQL, counted, tested, kept live.

The tickets fill twelve weeks, so the board of the last week with its eight weeks of history and its three earlier
weeks, each with theirs, counts every one of them. Beside ours stand, in the same run, one plain count of the
table and one shuffle after another. The live figure is the whole loop: events from the stream, rows read again,
counts put into Valkey, boards drawn meanwhile. Nothing is asserted.
"""

import asyncio
import contextlib
import gc
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import psycopg
from redis.asyncio import Redis
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from gis_data.city import bundle
from gis_data.city.present import present
from gis_data.hotspots import cells, clusters
from gis_data.hotspots.result import Frame, LeftOut, Period
from gis_data.hotspots.terrain import terrain_of_city
from ingest.hotspots import Hotspots
from models.clock import day_of, now
from models.demo import TENANT
from models.process import give_back, rss_mb
from models.rules.places import cell_of
from models.store import db, streams
from models.store.files import Files
from tests.bench.stage import Stage, say
from tickets import default_points, hotspots
from tickets.criteria import Criteria
from tickets.moving import Actor

SHIPPED = Path(__file__).parents[2] / "gis_data/city/yunzhou.zip"
ZONE = "Asia/Shanghai"
DAY_S = 86_400.0
WEEKS = 12
BATCH = 500_000
LIVE = 100_000
SHUFFLED = 200
CELLS = 1_500
WHO = Actor(1, "bench", frozenset({"ticket.view", default_points.PERMISSION}))

_SPOTS = """
CREATE UNLOGGED TABLE bench_spot (
  n int PRIMARY KEY, h9 bigint, district text, lon float8, lat float8, address text)
"""
_FILL = """
INSERT INTO ticket (tenant_id, no, status, kind, category, title, content, address, district, lon, lat, precision,
                    h9, opened_at, opened_by, lead, channel, mode, result)
SELECT %(tenant)s, (10000000 + i)::text, 'archived', (ARRAY['consult','help','complaint','suggestion'])[1 + i %% 4],
       (ARRAY['A01','B02','C01','C02','H01','H02','S01','S02'])[1 + i %% 8], '翠湖苑小区停水两天',
       '市民反映某小区自昨日起停水，物业未通知，要求尽快恢复供水并给出答复。', s.address, s.district,
       s.lon, s.lat, CASE WHEN i %% 100 < 88 THEN 'address' WHEN i %% 100 < 94 THEN 'street' WHEN i %% 100 < 97
       THEN 'default' ELSE '' END, CASE WHEN i %% 100 < 97 THEN s.h9 END,
       to_timestamp(%(start)s + (%(until)s - %(start)s) * i / %(size)s), 1, '', 'phone', 'assign', ''
FROM (SELECT i, (%(spots)s * power(random(), 2.0))::int AS n FROM generate_series(%(first)s::int, %(last)s::int) i) t
JOIN bench_spot s USING (n)
"""
"""Written as they come, the newest last; busy spots have most of them."""


def run(*, quick: bool) -> dict[str, Any]:
    """Build, count, test, keep live; `quick` has a tenth of the tickets."""
    sizes = (100_000, 1_000_000) if quick else (1_000_000, 10_000_000)
    began = time.monotonic()
    runs: list[dict[str, Any]] = []
    permutation = _permutation()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with Stage(folder) as stage:
            env = stage.env()
            files = Files(Path(env["HOTLINE_FILES"]))
            engine = db.engine_for(env["HOTLINE_DATABASE_URL"])
            tenant_id = db.tenant_id_of(engine, TENANT)
            for size in sizes:
                until = _build(env["HOTLINE_OWNER_DATABASE_URL"], tenant_id, size)
                figures = _recompute(engine, tenant_id, files, until)
                live = asyncio.run(_live(stage, engine, files, size))
                gc.collect()
                runs.append({"tickets": size, **figures, **permutation, **live, "rss_mb": rss_mb()})
                say(f"{size:,}: {runs[-1]}")
            engine.dispose()
    return {
        "runs": runs,
        "shuffled_maps_flagged_pct": _shuffled(),
        "machine": {"cores": os.cpu_count(), "seconds": round(time.monotonic() - began), "quick": quick},
    }  # fmt: skip


# --- building ---------------------------------------------------------------------------------


def _build(owner_url: str, tenant_id: int, size: int) -> float:
    """Fill twelve weeks that end with this day, so that the newest are today's whatever the hour; return when."""
    until = day_of(now(), ZONE)[1] - 1
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('hotline.tenant', %s, false)", (str(tenant_id),))
        connection.execute("TRUNCATE ticket, outbox RESTART IDENTITY CASCADE")
        spots = _spots(connection)
        kept = _indexes_away(connection)
        started = time.monotonic()
        for first in range(1, size + 1, BATCH):
            last = min(first + BATCH - 1, size)
            connection.execute(
                _FILL,
                {
                    "tenant": tenant_id, "size": size, "first": first, "last": last, "spots": spots - 1,
                    "until": until, "start": until - WEEKS * 7 * DAY_S + 60,
                },
            )  # fmt: skip
            say(
                f"built {last:,} of {size:,} tickets ({last / (time.monotonic() - started):,.0f}/s)"
            )
        connection.execute("SET maintenance_work_mem = '1GB'")
        for number, command in enumerate(kept, 1):
            say(f"index {number} of {len(kept)}")
            connection.execute(command)
        connection.execute("DROP TABLE bench_spot")
        connection.execute("VACUUM ANALYZE ticket")
    return until


def _spots(connection: "psycopg.Connection[Any]") -> int:
    """Say where tickets may be: at the city's addresses, in any order."""
    rows = bundle.read(SHIPPED).addresses
    lons, lats = rows.geometry.x.tolist(), rows.geometry.y.tolist()
    texts = (rows["road"] + rows["number"]).tolist()
    found = [
        (cell_of(lon, lat), code, lon, lat, text)
        for lon, lat, code, text in zip(lons, lats, rows["district"], texts, strict=True)
    ]
    order = np.random.default_rng(1).permutation(len(found)).tolist()
    connection.execute(_SPOTS)
    with connection.cursor().copy("COPY bench_spot FROM STDIN") as copy:
        for number, at in enumerate(order):
            copy.write_row((number, *found[at]))
    return len(found)


def _indexes_away(connection: "psycopg.Connection[Any]") -> list[str]:
    """Drop what would be kept up row by row; return the commands that bring it back."""
    rows = connection.execute(
        "SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i"
        " LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid"
        " WHERE i.indrelid = 'ticket'::regclass AND c.oid IS NULL"
    ).fetchall()
    for name, _ in rows:
        connection.execute(f"DROP INDEX {name}")
    return [command for _, command in rows]


# --- the board of a week, over all there are --------------------------------------------------


def _recompute(engine: Engine, tenant_id: int, files: Files, until: float) -> dict[str, float]:
    criteria = Criteria(since=until - 7 * DAY_S, until=until)

    def ours() -> hotspots.Board:
        with db.transaction(engine, tenant_id) as session:
            city = present(session, files)
            return hotspots.board(
                session, criteria, city=city, actor=WHO, now=until, zone=ZONE
            )  # fmt: skip

    def plain(session: Session) -> None:
        session.execute(text("SELECT h9, count(*) FROM ticket GROUP BY h9")).all()

    ours()  # the city is read once
    spent, board = min(((_s(ours)) for _ in range(2)), key=lambda one: one[0])
    with db.transaction(engine, tenant_id) as session:
        base = min(_s(lambda: plain(session))[0] for _ in range(2))
    counted = len(board.surge.baseline_periods)
    with db.transaction(engine, tenant_id) as session:
        apart, _ = _s(lambda: default_points.set_apart(session, actor=WHO, now=until))
        told, _ = _s(
            lambda: default_points.set_apart(session, actor=WHO, now=until, fresh=until - 600)
        )
    return {
        "default_points_s": {"all": round(apart, 2), "ten_minutes": round(told, 3)},
        "recompute_s": round(spent, 2),
        "plain_count_s": round(base, 2),
        "recompute_vs_plain_count": round(spent / base, 2),
        "counted_this_week": board.total,
        "baseline_weeks": counted,
    }


# --- the test ---------------------------------------------------------------------------------


def _map() -> tuple[cells.Grid, Any]:
    """Return 1,500 neighbouring cells of the city, and a skewed count in each."""
    whole = terrain_of_city(bundle.read(SHIPPED), 8).grid
    near = np.argsort(np.abs(whole.ids - whole.ids[len(whole) // 2]))[:CELLS]
    grid = cells.grid_from(whole.ids[near], 8)
    chance = np.random.default_rng(3)
    return grid, chance.poisson(chance.gamma(0.7, 4.0, len(grid))).astype(float)


def _permutation() -> dict[str, float]:
    """Time the test of 999 shuffles, and the same shuffled and summed one after another."""
    grid, values = _map()
    weights, strata = cells.neighbours(grid), clusters.stratify(values)
    residual = clusters.deviations(values, np.full(len(grid), values.mean()))

    def naive() -> None:
        chance = np.random.default_rng(1)
        for _ in range(clusters.PERMUTATIONS):
            moved = residual.copy()
            for stratum in np.unique(strata):
                own = np.flatnonzero(strata == stratum)
                moved[own] = chance.permutation(moved[own])
            (weights @ moved).max()

    clusters.gi_star(weights, residual, strata)
    ours = min(_s(lambda: clusters.gi_star(weights, residual, strata))[0] for _ in range(5))
    theirs = min(_s(naive)[0] for _ in range(3))
    return {
        "permutation_ms": round(ours * 1000, 1),
        "permutation_one_by_one_ms": round(theirs * 1000, 1),
    }


def _shuffled() -> float:
    """Return how many of 200 shuffled maps show any significant cell, in percent; 5 is nominal."""
    grid, values = _map()
    chance = np.random.default_rng(1)
    frame = Frame(Period(0, 1), (), LeftOut(), 0.0)
    maps = (chance.permutation(values) for _ in range(SHUFFLED))
    flagged = sum(bool(clusters.clusters(grid, one, frame).raised) for one in maps)
    return round(100 * flagged / SHUFFLED, 1)


# --- live -------------------------------------------------------------------------------------


async def _live(stage: Stage, engine: Engine, files: Files, size: int) -> dict[str, float]:
    """Tell the loop of the newest tickets' events, one an entry, and wait until the last is counted."""
    redis: Redis = streams.connect(stage.env()["HOTLINE_REDIS_URL"])
    tenant_id = await asyncio.to_thread(db.tenant_id_of, engine, TENANT)
    day, _ = day_of(now(), ZONE)
    told = [
        msgspec.json.encode([{"type": "TicketOpened", "ticket": ticket}])
        for ticket in range(max(size - LIVE, 0) + 1, size + 1)
    ]
    stream = streams.ticket_stream(tenant_id)
    await redis.delete(stream)
    loop: Any = Hotspots(redis, engine, TENANT, ZONE, files)
    task = asyncio.create_task(loop.run())
    try:
        board = streams.hot_today(TENANT)
        await redis.delete(board)
        while not await redis.exists(board):
            await asyncio.sleep(0.1)
        for first in range(0, len(told), 1000):
            async with redis.pipeline(transaction=False) as pipe:
                for entry in told[first : first + 1000]:
                    pipe.xadd(stream, {"e": entry})
                await pipe.execute()
        seen, began = loop.seen, time.perf_counter()
        while loop.seen < len(told):
            await asyncio.sleep(0.02)
        spent = time.perf_counter() - began
        counted = await redis.hlen(f"{streams.hot_day(TENANT, day)}:tickets")
        return {
            "live_per_s": round((len(told) - seen) / spent),
            "live_tickets_of_today": counted - 1,
        }
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await redis.aclose()
        give_back()


def _s(call: Any) -> tuple[float, Any]:
    began = time.perf_counter()
    found = call()
    return time.perf_counter() - began, found
