"""The demo city's incident types, plans, and an exercise that goes on, for trying the command centre."""

import msgspec
from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command import demo_plotting, dispatch, incidents, plans, records, tasks
from command.incident_types import STANDARD
from command.plans import Policy
from gis_data.city.present import present
from models import demo
from models.clock import Instant, to_datetime
from models.events.incident.course import Place
from models.events.incident.response import Card, Contact, PlannedNeed
from models.rules.incident.plans import Body, LevelRule, Trigger
from models.store import db
from models.store.db import tenant_of
from models.store.files import Files
from models.tables import Incident, IncidentType, Parameter, Plan, ResponseUnit
from tickets.moving import Actor

COORDINATOR = Actor(
    0, "江协调", frozenset({"command.view", "command.report", "command.act", "command.approve", "command.edit"})
)  # fmt: skip


GAUGE = 3
"""The task of the gas plan's third card: to gauge the gas."""
_REPORTS = {
    "first": "{no} {title}。地点：{address}。已派出力量 {units} 支，到场 {on_scene} 支。详情续报。",
    "follow": "{no} {title}。到场力量 {on_scene} 支，任务完成 {done}/{tasks}。",
    "final": "{no} {title} 已处置完毕。共投入力量 {units} 支，任务完成 {done}/{tasks}。",
}
_CONTACTS = (
    Contact("总指挥", "市应急管理局", "0631-5200110"),
    Contact("医疗救治", "市急救中心", "0631-5200120"),
    Contact("信息发布", "市政府新闻办", "0631-5200100"),
)

PLANS: tuple[tuple[str, str, Body], ...] = (
    ("gas", "燃气泄漏事故应急预案", Body(
        triggers=(Trigger(types=("gas_leak",)),),
        levels=(
            LevelRule("I", grades=("I",)),
            LevelRule("II", grades=("II",), people=3000),
            LevelRule("III", grades=("III",), people=500, words=("爆炸", "人员伤亡", "学校", "医院")),
            LevelRule("IV"),
        ),
        cards=(
            Card("cordon", "划定警戒区，疏散周边人员", "公安分局", 15, (), "下风向不少于 300 米，禁止明火和手机通话。"),
            Card("shut", "关闭上游阀门", "燃气公司抢修队", 20),
            Card("gauge", "检测可燃气体浓度", "消防救援站", 20, ("cordon",)),
            Card("shelter", "安置转移人员", "街道办事处", 60, ("cordon",)),
            Card("repair", "抢修泄漏点", "燃气公司抢修队", 180, ("shut", "gauge")),
            Card("inform", "发布提示信息，答复来电", "12345 值班室", 30),
            Card("clear", "复测合格，解除警戒", "现场指挥部", 240, ("repair",)),
        ),
        needs=(
            PlannedNeed("fire", 2), PlannedNeed("gas_repair", 1), PlannedNeed("police", 1),
            PlannedNeed("ambulance", 1),
        ),
        contacts=(Contact("抢修", "云州燃气 24 小时抢修", "0631-5277777"), *_CONTACTS),
        templates=_REPORTS,
        sections=(
            ("适用范围", "本市行政区域内管道燃气、瓶装燃气泄漏、燃烧和爆炸事故。"),
            ("处置原则", "先控制、后消除；先救人、后抢修；下风向优先疏散。"),
        ),
        automatic=True,
    )),
    ("fire", "火灾事故应急预案", Body(
        triggers=(Trigger(types=("fire",)),),
        levels=(
            LevelRule("II", grades=("I", "II"), people=2000),
            LevelRule("III", grades=("III",), people=300, words=("高层", "商场", "学校", "医院", "养老院")),
            LevelRule("IV"),
        ),
        cards=(
            Card("rescue", "搜救被困人员", "消防救援站", 15),
            Card("cordon", "交通管制，开辟救援通道", "交警大队", 10),
            Card("cut", "切断电源、气源", "供电公司 / 燃气公司", 20),
            Card("treat", "伤员救治与转运", "急救中心", 30, ("rescue",)),
            Card("settle", "安置受灾群众", "街道办事处", 120, ("rescue",)),
            Card("cause", "火因调查", "消防救援支队", 1440, ("settle",)),
        ),
        needs=(PlannedNeed("fire", 3), PlannedNeed("ambulance", 1), PlannedNeed("police", 1)),
        contacts=_CONTACTS, templates=_REPORTS, automatic=True,
        sections=(
            ("适用范围", "本市行政区域内建筑、市场、仓库等火灾事故。"),
            ("处置原则", "救人第一；先控制、后消灭；火场内外同时警戒。"),
        ),
    )),
    ("hazmat", "危险化学品事故应急预案", Body(
        triggers=(Trigger(types=("hazmat",)), Trigger(kinds=("accident",), hazards=("hazard",), metres=300.0)),
        levels=(
            LevelRule("I", grades=("I",)),
            LevelRule("II", grades=("II",), people=1000),
            LevelRule("III", grades=("III",)),
            LevelRule("IV"),
        ),
        cards=(
            Card("identify", "查明物质与泄漏量", "消防救援站", 20),
            Card("evacuate", "下风向疏散", "公安分局", 30, (), "按扩散分析结果确定范围。"),
            Card("monitor", "大气、水体监测", "生态环境局", 45, ("identify",)),
            Card("stop", "堵漏、收容", "危化品处置队", 120, ("identify",)),
            Card("decon", "洗消", "危化品处置队", 240, ("stop",)),
        ),
        needs=(PlannedNeed("hazmat", 1), PlannedNeed("fire", 2), PlannedNeed("ambulance", 1), PlannedNeed("police", 2)),
        contacts=_CONTACTS, templates=_REPORTS,
        sections=(
            ("适用范围", "本市行政区域内危险化学品生产、储存、运输中的泄漏、燃烧和爆炸事故。"),
            ("处置原则", "先查明物质再进入；上风向接近，下风向疏散；防止流入水体。"),
        ),
    )),
    ("flood", "城市内涝应急预案", Body(
        triggers=(Trigger(types=("rainstorm",)),),
        levels=(
            LevelRule("I", grades=("I",)), LevelRule("II", grades=("II",)), LevelRule("III", grades=("III",)),
            LevelRule("IV"),
        ),
        cards=(
            Card("close", "封闭积水路段和下穿通道", "交警大队", 15),
            Card("pump", "排水抢险", "市政排水队", 60, ("close",)),
            Card("move", "转移低洼地区群众", "街道办事处", 90),
            Card("supply", "调运沙袋、水泵", "应急物资库", 60),
        ),
        needs=(PlannedNeed("pump", 2), PlannedNeed("police", 1)),
        contacts=_CONTACTS, templates=_REPORTS, automatic=True,
        sections=(
            ("适用范围", "强降雨造成的城区道路、下穿通道、小区和地下空间积水。"),
            ("处置原则", "先封路、后排水；优先转移低洼地区和地下空间人员。"),
        ),
    )),
    ("water", "供水突发事件应急预案", Body(
        triggers=(Trigger(types=("water_main",)),),
        levels=(LevelRule("II", grades=("I", "II")), LevelRule("III", grades=("III",)), LevelRule("IV")),
        cards=(
            Card("valve", "关阀止水", "云州供水公司", 30),
            Card("repair", "抢修主管", "云州供水公司", 480, ("valve",)),
            Card("truck", "应急送水", "云州供水公司", 120),
            Card("inform", "发布停水通知", "12345 值班室", 30),
        ),
        needs=(PlannedNeed("water_repair", 1),), contacts=_CONTACTS, templates=_REPORTS,
        sections=(
            ("适用范围", "供水主管爆裂、水质异常等造成的大面积停水。"),
            ("处置原则", "先止水、后抢修；医院、学校、养老院优先送水。"),
        ),
    )),
)  # fmt: skip


def seed(session: Session, *, now: Instant) -> None:
    """Put types, plans and the parameters of command into the tenant; what is there stays."""
    tenant = tenant_of(session)
    rows = [
        {"tenant_id": tenant, "position": place, **kind._asdict()} for place, kind in enumerate(STANDARD)
    ]  # fmt: skip
    session.execute(insert(IncidentType).values(rows).on_conflict_do_nothing())
    policy = {
        "tenant_id": tenant, "name": plans.PARAMETER, "value": msgspec.to_builtins(Policy()),
        "set_at": to_datetime(now), "set_by": "system",
    }  # fmt: skip
    session.execute(insert(Parameter).values(policy).on_conflict_do_nothing())
    known = set(session.scalars(select(Plan.code)))
    for code, title, body in PLANS:
        if code not in known:
            draft = plans.save_draft(
                session, code, title=title, body=body, rev=0, actor=COORDINATOR, now=now
            )
            plans.publish(session, draft.id, rev=draft.rev, actor=COORDINATOR, now=now)


def base(engine: Engine, tenant_id: int, *, now: Instant) -> None:
    """Give a tenant the types, plans and parameters without which no incident can be reported."""
    with db.transaction(engine, tenant_id) as session:
        seed(session, now=now)


def fill(engine: Engine, tenant_id: int, store: Files, *, now: Instant) -> int:
    """Begin the demo's exercise at a market of the city; return the incident's id, 0 if there was one already."""
    with db.transaction(engine, tenant_id) as session:
        city = present(session, store)
        if city is None:
            return 0
        market = city.places[city.places["name"] == "金桥市场"].geometry.iloc[0]
        areas = city.layer("districts")
        here = areas[areas.contains(market)]["adcode"].iloc[0]
        spot = Place(round(market.x, 6), round(market.y, 6), "金桥市场东门", here)
        begun = exercise(session, spot, now=now)
        if begun:
            reinforce(session, begun, now=now)
            demo_plotting.draw(
                session, begun, round(market.x, 6), round(market.y, 6), actor=COORDINATOR, now=now
            )
        return begun


def reinforce(session: Session, incident: int, *, now: Instant) -> None:
    """Send the demo's crew from the far end of the city to the exercise, with a task and an order, if it is there."""
    for unit in demo.FORCE_OF.values():
        if session.get(ResponseUnit, (tenant_of(session), unit)) is None:
            continue
        dispatch.assign(
            session, incident, unit, capability="fire", network=None, override="跨区增援科目",
            actor=COORDINATOR, now=now - 60,
        )  # fmt: skip
        tasks.hand_task(session, incident, GAUGE, unit, actor=COORDINATOR, now=now - 55)
        records.order(
            session, incident, to="", unit=unit, said="从东门进入，先测浓度，再设第二道警戒线。", actor=COORDINATOR,
            now=now - 50,
        )  # fmt: skip


def exercise(session: Session, place: Place, *, now: Instant) -> int:
    """Begin an exercise at a place, unless there is an incident already; return its id, 0 if none was begun."""
    if session.scalar(select(Incident.id).limit(1)) is not None:
        return 0
    form = incidents.Form(
        type="gas_leak", title="金桥市场地下燃气管道泄漏", place=place, happened=now - 900, exercise=True,
        note="季度联合演练",
    )  # fmt: skip
    began = now - 780
    state = incidents.report(session, form, actor=COORDINATOR, now=began)
    incidents.verify(
        session, state.id, note="物业电话核实，现场有明显气味", actor=COORDINATOR, now=began + 120
    )
    plan = session.scalars(select(Plan.id).where(Plan.code == "gas", Plan.state == "active")).one()
    why = "人员密集场所，疑似地下管道泄漏"
    plans.activate(
        session, state.id, plan, level="III", reason=why, actor=COORDINATOR, now=began + 180
    )
    incidents.respond(session, state.id, note="", actor=COORDINATOR, now=began + 190)
    tasks.start_task(session, state.id, 1, actor=COORDINATOR, now=began + 240)
    records.order(
        session, state.id, to="金桥市场管理处", said="立即广播疏散，关闭所有明火和电气设备。", actor=COORDINATOR,
        now=began + 260,
    )  # fmt: skip
    tasks.finish_task(
        session, state.id, 2, note="上游阀室已关闭", actor=COORDINATOR, now=began + 600
    )
    return state.id
