"""`hotline bench tickets`: a hundred thousand and a million tickets on real PostgreSQL, through the services.

The tickets are written in bulk as history is, then measured as people work: eight writers at once,
combined queries, full text, desks, a ticket page, an export. Figures depend on the machine; the growth
from the small to the large table in the same run says how it scales. Nothing is asserted.
"""

import gc
import os
import random
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import psycopg
from cryptography.fernet import Fernet
from sqlalchemy import Engine, func, select

from models import demo_tickets
from models.clock import now, to_datetime
from models.demo import TENANT
from models.process import rss_mb
from models.rules.grams import grams
from models.rules.tickets.choices import KINDS, STAFF
from models.store import db
from models.store.crypto import Vault
from models.tables import Ticket
from tests.bench.stage import Stage, say
from tickets import queries, search
from tickets.criteria import Criteria
from tickets.intake import Form, open_ticket
from tickets.moving import Actor

DAY_S = 86_400.0
YEARS_S = 3 * 365 * DAY_S
BATCH = 20_000
WRITERS = 8
OPEN_S = 25 * DAY_S
"""How far back tickets are still open: some two of a hundred."""
WHO = Actor(1, "bench", frozenset({
    "ticket.view", "ticket.open", "ticket.assign", "ticket.review", "ticket.call_back", "ticket.supervise",
}))  # fmt: skip
VAULT = Vault((Fernet.generate_key().decode(),), "bench")
NAMES = "幸福 望江 建设 人民 解放 莲湖 东风 新华 长江 金桥 学府 滨河 云岭 锦绣 和平 青年"
ASKED = tuple(kind for kind in KINDS if kind != STAFF)
"""What everybody at the centre may see."""
KINDS_OF_PLACE = "小区 路口 花园 大街 市场 一巷 二期 广场"
PLACES = tuple(f"{name}{kind}" for name in NAMES.split() for kind in KINDS_OF_PLACE.split())
WISHES = ("尽快处理", "给出答复", "上门核实")
GRADES = (("good", "very_good", "fair", "bad", "very_bad"), (60, 20, 12, 5, 3))
LIVE = ("pending_assign", "assigned", "in_progress", "pending_review")
MATTERS = (
    "路灯不亮已经三天", "夜间施工噪音扰民", "自来水停水没有通知", "物业乱收停车费", "电梯故障困人无人维修",
    "垃圾堆放无人清运", "公交车长时间不来", "拖欠工资两个月", "饭店油烟直排居民楼", "井盖缺失十分危险",
    "学校附近摊贩占道", "暖气温度不达标", "网约车司机拒载", "健身房关门不退款", "下水道堵塞污水横流",
    "医保报销比例咨询", "孩子入学材料咨询", "邻里漏水纠纷无法解决", "绿化带被占为菜地", "宽带安装迟迟不到",
)  # fmt: skip


def run(*, quick: bool) -> dict[str, Any]:
    """Build, measure, build more, measure again; `quick` has a tenth of the tickets."""
    sizes = (10_000, 100_000) if quick else (100_000, 1_000_000)
    runs: list[dict[str, Any]] = []
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="hotline-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with Stage(folder) as stage:
            env = stage.env()
            engine = db.engine_for(env["HOTLINE_DATABASE_URL"], pool=WRITERS)
            tenant_id = db.tenant_id_of(engine, TENANT)
            for size in sizes:
                _build(env["HOTLINE_OWNER_DATABASE_URL"], tenant_id, size)
                runs.append(
                    {"tickets": size, **_measure(engine, tenant_id, size, folder, quick=quick)}
                )
                say(f"{size:,}: {runs[-1]}")
            engine.dispose()
    figures: dict[str, Any] = {"runs": runs, "growth": _growth(*runs)}
    figures["machine"] = {
        "cores": os.cpu_count(),
        "seconds": round(time.monotonic() - began),
        "quick": quick,
    }
    return figures


def _growth(small: dict[str, Any], large: dict[str, Any]) -> dict[str, float]:
    """How many times slower each query is with ten times the tickets."""
    times = large["query_p95_ms"]
    return {
        name: round(times[name] / max(ms, 0.1), 2) for name, ms in small["query_p95_ms"].items()
    }


# --- building ---------------------------------------------------------------------------------


def _build(owner_url: str, tenant_id: int, size: int) -> None:
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SELECT set_config('hotline.tenant', %s, false)", (str(tenant_id),))
        connection.execute("DROP INDEX IF EXISTS ix_ticket_grams")
        connection.execute("TRUNCATE ticket, outbox RESTART IDENTITY CASCADE")
        started = time.monotonic()
        for first in range(0, size, BATCH):
            rows = list(_tickets(tenant_id, first, min(first + BATCH, size), size))
            for table, columns, values in _tables(rows):
                with connection.cursor().copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
                    for value in values:
                        copy.write_row(value)
            done = first + len(rows)
            rate = done / (time.monotonic() - started)
            say(f"built {done:,} of {size:,} tickets ({rate:,.0f}/s)")
        say("indexing the texts")
        connection.execute("SET maintenance_work_mem = '1GB'")
        connection.execute("CREATE INDEX ix_ticket_grams ON ticket USING gin (grams)")
        for sequence in ("ticket", "ticket_history", "ticket_leg"):
            top = f"SELECT setval(pg_get_serial_sequence('{sequence}', 'id'), (SELECT max(id) FROM {sequence}))"
            connection.execute(top)
        connection.execute("SELECT setval('ticket_no', %s)", (10_000_000 + size,))
        connection.execute("VACUUM ANALYZE")


def _tickets(tenant_id: int, first: int, end: int, size: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(first)
    codes = [code for code, *_ in demo_tickets.CATEGORIES if len(code) > 1]
    units = [unit.code for unit in demo_tickets.UNITS if unit.level == 1]
    until = now()
    for number in range(first, end):
        age = YEARS_S * (1 - number / size)  # written as they come, so the newest lie together
        live = age < OPEN_S and chance.random() < 0.8
        opened = to_datetime(until - age)
        place, matter = chance.choice(PLACES), chance.choice(MATTERS)
        title = f"{place}{matter}"
        street = f"{place}{chance.randint(1, 90)}号"
        content = (
            f"市民反映{street}{matter}，{chance.choice(MATTERS)}，要求{chance.choice(WISHES)}。"
        )
        status = chance.choice(LIVE) if live else "archived"
        yield {
            "id": number + 1, "tenant_id": tenant_id, "no": str(10_000_001 + number), "status": status,
            "version": 3, "kind": chance.choice(ASKED), "category": chance.choice(codes), "title": title,
            "content": content, "address": place, "district": chance.choice(("990101", "990102", "")),
            "urgency": "urgent" if chance.random() < 0.05 else "normal", "channel": "phone",
            "opened_at": opened, "opened_by": 1, "due_at": to_datetime(until - age + 7 * DAY_S),
            "mode": "assign", "result": "" if live else "已处理", "reply": "" if live else "已办结",
            "grade": "" if live else chance.choices(*GRADES)[0],
            "lead": chance.choice(units), "expired_at": to_datetime(until - age) if chance.random() < 0.05 else None,
            "digest": f"caller-{chance.randint(1, 400_000)}",
            "grams": " ".join(f"'{pair}'" for pair in grams(title, content, place)),
        }  # fmt: skip


def _tables(rows: list[dict[str, Any]]) -> Iterator[tuple[str, str, Iterator[tuple[Any, ...]]]]:
    kept = [name for name in rows[0] if name not in ("digest",)]
    yield "ticket", ", ".join(kept), (tuple(row[name] for name in kept) for row in rows)
    yield (
        "ticket_party",
        "tenant_id, ticket_id, digest, masked",
        ((row["tenant_id"], row["id"], row["digest"], "138****0000") for row in rows),
    )
    yield (
        "ticket_leg",
        "tenant_id, ticket_id, turn, number, unit, holder, assigned_at, due_at, warn_at, handled_at",
        (
            (
                row["tenant_id"], row["id"], 1, 1, row["lead"], row["lead"], row["opened_at"], row["due_at"],
                row["due_at"], None if row["status"] in ("assigned", "in_progress") else row["due_at"],
            )
            for row in rows if row["status"] != "pending_assign"
        ),
    )  # fmt: skip
    yield "ticket_history", "tenant_id, ticket_id, at, actor, verb, status, event", (
        (row["tenant_id"], row["id"], row["opened_at"], "user:1", verb, row["status"], "{}")
        for row in rows for verb in ("open", "assign", "archive")
    )  # fmt: skip


# --- measuring --------------------------------------------------------------------------------


def _measure(
    engine: Engine, tenant_id: int, size: int, folder: Path, *, quick: bool
) -> dict[str, Any]:
    times = 20 if quick else 60
    per_s, writes = _create(engine, tenant_id, 3.0 if quick else 10.0)
    chance = random.Random(size)
    codes = [code for code, *_ in demo_tickets.CATEGORIES]
    units = [unit.code for unit in demo_tickets.UNITS if unit.level == 1]
    at = now()

    def combined() -> Criteria:
        since = at - chance.choice((7, 30, 90, 365)) * DAY_S
        return Criteria(
            since=since, kind=chance.choice((*ASKED, "")), category=chance.choice((*codes, "", "")),
            unit=chance.choice((*units, "", "")), grade=chance.choice(("", "discontent", "good")),
            district=chance.choice(("990101", "")), late=chance.choice(("", "", "yes")),
        )  # fmt: skip

    def fulltext() -> Criteria:
        place, matter = chance.choice(PLACES), chance.choice(MATTERS)
        words = chance.choice((place, matter[:4], f"{place} {matter[:2]}"))
        return Criteria(words=words)

    def desks() -> Criteria:
        return Criteria(
            chance.choice(("all", "dispatch", "review", "urge", "supervise", "archive"))
        )

    def listed(criteria: Callable[[], Criteria]) -> Callable[[], object]:
        def ask() -> object:
            with db.transaction(engine, tenant_id) as session:
                return search.find(session, criteria(), actor=WHO, now=at)

        return ask

    def page() -> object:
        no = str(10_000_001 + chance.randrange(size))
        with db.transaction(engine, tenant_id) as session:
            return queries.whole(session, no, actor=WHO, now=at)

    asked = {
        "combined": listed(combined),
        "fulltext": listed(fulltext),
        "desk": listed(desks),
        "page": page,
    }
    spent = {name: [_ms(ask) for _ in range(times)] for name, ask in asked.items()}
    return {
        "create_per_s": round(per_s),
        "create_ms": {"p50": _part(writes, 0.5), "p99": _part(writes, 0.99)},
        "query_p50_ms": {name: _part(values, 0.5) for name, values in spent.items()},
        "query_p95_ms": {name: _part(values, 0.95) for name, values in spent.items()},
        "export": _export(engine, tenant_id, folder),
        "database_mb": _size_mb(engine),
    }


def _create(engine: Engine, tenant_id: int, seconds: float) -> tuple[float, list[float]]:
    """Open tickets with eight writers at once; return how many a second and each one's milliseconds."""
    spent: list[float] = []
    end = time.monotonic() + seconds

    def write(number: int) -> None:
        chance = random.Random(number)
        while time.monotonic() < end:
            form = Form(
                kind="complaint", title=f"{chance.choice(PLACES)}{chance.choice(MATTERS)}",
                content=chance.choice(MATTERS) * 3, address=chance.choice(PLACES), phone="13800000000",
            )  # fmt: skip
            started = time.perf_counter()
            with db.transaction(engine, tenant_id) as session:
                open_ticket(session, form, actor=WHO, now=now(), vault=VAULT)
            spent.append((time.perf_counter() - started) * 1000)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(spent) / seconds, spent


def _export(engine: Engine, tenant_id: int, folder: Path) -> dict[str, float]:
    """Stream the longest list an export may have; return its seconds and the memory it held."""
    gc.collect()
    before, most, count, started = rss_mb(), 0.0, 0, time.perf_counter()
    with (
        db.transaction(engine, tenant_id) as session,
        (folder / "export.jsonl").open("wb") as target,
    ):
        for line in search.stream(session, Criteria(), actor=WHO, now=now()):
            target.write(msgspec.json.encode([line.row.no, line.row.title, line.unit, line.lamp]))
            count += 1
            if count % 1000 == 0:
                most = max(most, rss_mb() - before)
    return {
        "rows": count,
        "seconds": round(time.perf_counter() - started, 1),
        "held_mb": round(most, 1),
    }


def _size_mb(engine: Engine) -> int:
    with engine.connect() as connection:
        return round(
            (connection.scalar(select(func.pg_total_relation_size(Ticket.__tablename__))) or 0)
            / 1e6
        )


def _ms(ask: Callable[[], object]) -> float:
    started = time.perf_counter()
    ask()
    return (time.perf_counter() - started) * 1000


def _part(values: list[float], share: float) -> float:
    """Return a percentile, rounded to a tenth of a millisecond."""
    return round(sorted(values)[min(int(len(values) * share), len(values) - 1)], 1)
