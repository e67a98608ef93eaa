"""Demo tickets: eight weeks of a fictional city's matters, the newest moved by the very verbs people press."""

import random
from collections.abc import Callable, Iterator
from dataclasses import replace

from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from gis_data.city import bundle
from gis_data.city.manifest import SHIPPED
from models.clock import Instant, day_of
from models.errors import HotlineError
from models.events.ticket import Grade
from models.rules.tickets import MOVES
from models.rules.tickets.choices import GRADES
from models.store import db
from models.store.crypto import Vault
from models.tables import Agent, Ticket
from tickets import assignment, demo_history, duplicates, intake, workflow
from tickets.demo_history import Matter, Town
from tickets.intake import Form
from tickets.moving import Actor

DAY_S = 86_400.0
DAYS = 14
MOVED, TODAY, TODAY_LEAST = 100, 30, 6
"""Tickets moved by verbs, and how many of them may be today's: as many as the hour lets expect."""
BURST = 12
BURST_S = 3 * 3600.0
CENTRE = Actor(0, "云州中心", frozenset(move.permission for move in MOVES.values()))
MATTERS = (
    ("help", "C02", "cgj", "路灯不亮已经三天", "夜里行走很不安全，希望尽快维修。"),
    ("complaint", "H05", "zjj", "物业乱收停车费", "没有公示收费标准，业主多次反映无果。"),
    ("complaint", "C01", "cgj", "夜间施工噪音扰民", "凌晨仍在施工，老人孩子无法休息。"),
    ("help", "H01", "zjj", "自来水停水没有通知", "从昨天傍晚停水至今，生活困难。"),
    ("consult", "", "", "医保报销比例咨询", "异地就医回来后怎样报销。"),
    ("consult", "", "", "孩子入学材料咨询", "外来务工人员子女入学需要哪些材料。"),
    ("complaint", "T01", "jtj", "公交车长时间不来", "早高峰等了四十分钟。"),
    ("report", "", "rsj", "拖欠工资两个月", "工地十几名工人的工资没有发放。"),
    ("complaint", "", "scj", "健身房关门不退款", "办卡三个月门店关门，联系不上负责人。"),
    ("help", "T02", "jtj", "井盖缺失十分危险", "车行道上井盖缺失，已有电动车摔倒。"),
    ("suggestion", "", "jtj", "建议增加夜间班车", "下夜班后没有公交可乘。"),
    ("thanks", "", "", "感谢供水抢修人员", "半夜抢修两小时恢复供水，特此感谢。"),
    ("help", "H0502", "zjj", "电梯困人", "电梯里有人被困，请立即派人。"),
    ("complaint", "", "hbj", "饭店油烟直排居民楼", "油烟味很大，不能开窗。"),
)  # fmt: skip

OF_STAFF = Form(
    kind="staff", title="反映接线员态度生硬", content="昨天来电时接线员没有听完就挂断，要求调查。",
    about="1003", phone="13800000077", name="市民",
)  # fmt: skip


def fill(engine: Engine, tenant_id: int, vault: Vault, zone: str, *, now: Instant) -> int:
    """Give an empty demo its tickets, most of them of the days past, some of today; return how many."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(Ticket.id).limit(1)) is not None:
            return 0
    chance = random.Random(12345)  # noqa: S311 - the same demo every time
    town = Town(bundle.read(SHIPPED), chance)
    today, _ = day_of(now, zone)
    share = demo_history.elapsed_share(now, zone)
    new = min(max(round(demo_history.A_DAY * share), TODAY_LEAST), TODAY)
    moments = [today - chance.random() * DAYS * DAY_S for _ in range(MOVED - new)]
    moments += [today + chance.random() * max(now - today, 60.0) for _ in range(new)]
    for at in sorted(moments):
        _one(engine, tenant_id, vault, town, at, now)
    with db.transaction(engine, tenant_id) as session:
        known = session.scalar(select(Agent.id).where(Agent.agent_no == OF_STAFF.about))
        form = OF_STAFF if known else replace(OF_STAFF, about="")
        intake.open_ticket(session, form, actor=CENTRE, now=today - DAY_S, vault=vault)
    return len(moments) + 1 + _burst(engine, tenant_id, vault, town, today, now)


def fill_history(engine: Engine, tenant_id: int, vault: Vault, zone: str, *, now: Instant) -> int:
    """Give the demo the eight weeks before, unless it has them; return how many tickets."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(Ticket.id).where(Ticket.origin.startswith("demo-")).limit(1)):
            return 0
    chance = random.Random(54321)  # noqa: S311 - the same demo every time
    town = Town(bundle.read(SHIPPED), chance)
    matters = [Matter(*matter) for matter in MATTERS]
    return demo_history.put(engine, tenant_id, vault, zone, town, matters, now=now)


def _one(
    engine: Engine, tenant_id: int, vault: Vault, town: Town, at: Instant, now: Instant
) -> None:
    chance = town.chance
    kind, category, unit, title, content = chance.choice(MATTERS)
    spot = town.as_told()
    place = spot.address
    form = Form(
        kind=kind, title=f"{place}{title}"[:100], content=f"{place}：{content}", category=category,
        district=spot.district, address=place, lon=spot.lon, lat=spot.lat, name="市民",
        urgency="critical" if "困" in title else "normal",
        phone=f"1380000{chance.randint(0, 60):04}", channel=chance.choice(("phone", "phone", "web")),
    )  # fmt: skip
    with db.transaction(engine, tenant_id) as session:
        row = intake.open_ticket(session, form, actor=CENTRE, now=at, vault=vault)
        row.precision, ticket = spot.precision, row.id
    # as far as the time since then, and luck, let it come
    clock = at
    for verb in _course(unit, chance, ticket):
        clock += chance.random() * 9 * 3600 + 120
        if clock > now or chance.random() < 0.06:
            return
        try:
            with db.transaction(engine, tenant_id) as session:
                verb(session, clock)
        except HotlineError:
            return  # lost its turn, as in life


def _burst(
    engine: Engine, tenant_id: int, vault: Vault, town: Town, today: Instant, now: Instant
) -> int:
    """A water main burst within the last hours: many call about one matter."""
    kind, category, unit, title, content = demo_history.BURST
    centre = town.quarter("990101")
    since = max(today, now - BURST_S)
    moments = sorted(since + town.chance.random() * (now - since) for _ in range(BURST))
    for number, at in enumerate(moments):
        spot = town.near(centre, 250)
        form = Form(
            kind=kind, title=f"{centre.address}附近{title}"[:100], content=content, category=category,
            district=spot.district, address=f"{centre.address}附近", lon=spot.lon, lat=spot.lat,
            name="市民", urgency="urgent", phone=f"1370000{number:04}",
        )  # fmt: skip
        with db.transaction(engine, tenant_id) as session:
            row = intake.open_ticket(session, form, actor=CENTRE, now=at, vault=vault)
            if number == 0:
                assignment.assign(
                    session, row.id, units=[unit], mode="assign", note="请立即抢修。", actor=CENTRE,
                    now=at + 60,
                )  # fmt: skip
    return len(moments)


Step = Callable[[Session, Instant], object]


def _course(unit: str, chance: random.Random, t: int) -> Iterator[Step]:
    """Yield the steps of one ticket's way."""
    who = Actor(0, "承办单位", CENTRE.can, unit)
    if not unit:
        yield lambda s, at: intake.answer(s, t, reply="已当场解答。", actor=CENTRE, now=at)
        yield lambda s, at: workflow.archive(s, t, actor=CENTRE, now=at)
        return
    if chance.random() < 0.04:
        yield lambda s, at: assignment.reject(
            s, t, ground="court", note="已进入司法程序。", actor=CENTRE, now=at
        )
        return
    if chance.random() < 0.08:
        yield lambda s, at: _merge(s, t, at)
    yield lambda s, at: assignment.assign(
        s, t, units=[unit], mode="assign", note="请按时办理。", actor=CENTRE, now=at
    )
    if chance.random() < 0.15:
        yield lambda s, at: workflow.urge(s, t, note="市民再次来电", actor=CENTRE, now=at)
    if chance.random() < 0.1:
        yield lambda s, at: workflow.supervise(s, t, note="请每日报进展", actor=CENTRE, now=at)
    yield lambda s, at: workflow.start(s, t, actor=who, now=at)
    if chance.random() < 0.15:
        yield lambda s, at: assignment.ask_extension(
            s, t, days=3, reason="等待配件", actor=who, now=at
        )
        yield lambda s, at: assignment.grant_extension(s, t, actor=CENTRE, now=at)
    yield lambda s, at: workflow.submit(s, t, result="已到现场处理完毕。", actor=who, now=at)
    yield lambda s, at: workflow.approve(s, t, actor=CENTRE, now=at)
    yield lambda s, at: workflow.reply(s, t, text="您反映的事项已处理。", actor=CENTRE, now=at)
    grade: Grade = chance.choices(GRADES[:4], (4, 5, 2, 2))[0]
    yield lambda s, at: workflow.call_back(
        s, t, reached=True, grade=grade, solved=grade != "bad", actor=CENTRE, now=at
    )
    if grade != "bad":
        yield lambda s, at: workflow.archive(s, t, actor=CENTRE, now=at)


def _merge(session: Session, ticket: int, at: Instant) -> None:
    row = session.get_one(Ticket, ticket)
    found = duplicates.candidates(
        session, title=row.title, address=row.address, but=ticket, actor=CENTRE, now=at
    )  # fmt: skip
    if found:
        duplicates.merge(session, ticket, into=found[0].row.no, actor=CENTRE, now=at)
