"""Demo of looking back: incidents of the weeks past, told by the verbs people press, sealed, mostly evaluated."""

import random
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy import Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from command import evaluation, incidents, moving, records, tasks
from gis_data.city import bundle
from gis_data.city.manifest import SHIPPED
from models.clock import Instant, to_datetime
from models.events.incident import plotting as p
from models.events.incident import response as r
from models.events.incident.course import Place
from models.rules.incident.measures import JUDGED
from models.store import db
from models.store.chain import log_event
from models.store.people import PERMISSIONS
from models.tables import Evaluation, Outbox, ResponseUnit, UnitTrack
from tickets.demo_history import Town
from tickets.moving import Actor

DAY_S = 86_400.0
COORD = Actor(0, "周指挥", PERMISSIONS - {"command.approve"})
CHIEF = Actor(0, "带班领导", PERMISSIONS)
FORCES = (
    ("XF01", "消防一中队"), ("XF02", "消防二中队"),
    ("RQ01", "燃气抢修一组"), ("YL01", "急救一组"), ("PS01", "排水抢险队"),
)  # fmt: skip


class Past(NamedTuple):
    """One incident of the demo: days ago, type, title, whether an exercise, how slow it went (1 = as planned)."""

    days: float
    type: str
    title: str
    exercise: bool
    pace: float
    state: str


PASTS = (
    Past(26.4, "gas_leak", "人民路小区燃气泄漏", False, 1.0, "approved"),
    Past(19.2, "gas_leak", "东关街餐饮店燃气泄漏", False, 1.6, "approved"),
    Past(14.7, "gas_leak", "望江花园燃气泄漏演练", True, 0.8, "approved"),
    Past(11.3, "rainstorm", "下穿通道积水倒灌", False, 1.3, "approved"),
    Past(6.5, "fire", "建材市场仓库起火", False, 1.1, "submitted"),
    Past(3.2, "gas_leak", "学府路施工挖断燃气管道", False, 1.2, "draft"),
    Past(1.1, "rainstorm", "老城片区路面积水", False, 1.0, ""),
)  # fmt: skip


def fill(engine: Engine, tenant_id: int, *, now: Instant) -> int:
    """Give the demo its past incidents, unless it has them; return how many."""
    with db.transaction(engine, tenant_id) as session:
        if session.scalar(select(Evaluation.id).limit(1)) is not None:
            return 0
    chance = random.Random(110)  # noqa: S311 - the same demo every time
    town = Town(bundle.read(SHIPPED), chance)
    for past in PASTS:
        with db.transaction(engine, tenant_id) as session:
            _one(session, tenant_id, past, town, now - past.days * DAY_S)
    return len(PASTS)


def _one(session: Session, tenant_id: int, past: Past, town: Town, began: Instant) -> None:
    spot = town.near(town.quarter("990101"), 900)
    place = Place(spot.lon, spot.lat, spot.address or "人民路", spot.district)
    form = incidents.Form(
        type=past.type, title=past.title, place=place, exercise=past.exercise, happened=began - 180,
        origin=f"demo-review-{past.days}",
    )  # fmt: skip
    number = incidents.report(session, form, actor=COORD, now=began).id
    forces = _forces(session, town.chance)
    _track(session, tenant_id, forces, place, began, past.pace)
    for minutes, verb in _course(session, number, place, forces, town.chance):
        verb(began + minutes * 60 * past.pace)
    _seal(session, number)
    if past.state:
        _evaluate(session, number, past.state, began + DAY_S / 2, town.chance)
        _seal(session, number)


def _forces(session: Session, chance: random.Random) -> list[tuple[str, str]]:
    """Return three of the units the demo has, else some of the names alone."""
    known = session.execute(
        select(ResponseUnit.code, ResponseUnit.label).order_by(ResponseUnit.code)
    )
    return chance.sample([(code, label) for code, label in known] or list(FORCES), 3)


def _track(
    session: Session, tenant_id: int, forces: list[tuple[str, str]], place: Place, began: Instant, pace: float
) -> None:  # fmt: skip
    """Put the units' positions of that day: they come nearer, stay, and leave."""
    lon, lat = place.lon or 0.0, place.lat or 0.0
    rows = []
    for turn, (code, _) in enumerate(forces):
        for minute in range(0, 130):
            away = max(0.0, 1 - max(0.0, minute - 3) / (9 + 3 * turn)) + max(0.0, minute - 105) / 25
            rows.append({
                "tenant_id": tenant_id, "unit": code, "at": to_datetime(began + minute * 60 * pace),
                "lon": lon + 0.02 * away * (1 - turn) + 0.0004 * turn, "lat": lat + 0.015 * away * (turn - 0.6),
                "speed": 40.0 if 0 < away < 1 else 0.0, "heading": 90.0,
            })  # fmt: skip
    session.execute(insert(UnitTrack).values(rows).on_conflict_do_nothing())


Verb = Callable[[Instant], Any]


def _course(
    session: Session,
    number: int,
    place: Place,
    forces: list[tuple[str, str]],
    chance: random.Random,
) -> list[tuple[float, Verb]]:
    """Return (minutes after the report, what is done)."""
    s = session
    own: list[int] = []

    def tell(verb: Any, kind: Any, **facts: Any) -> Verb:  # noqa: ANN401 - any verb, any event of it
        def told(now: Instant) -> None:
            held = moving.take(s, number, verb, actor=COORD, now=now)
            moving.tell(s, held, kind(**facts, **held.facts()))

        return told

    steps: list[tuple[float, Verb]] = [
        (2, lambda now: incidents.verify(s, number, note="电话核实", now=now, actor=COORD)),
        (9, lambda now: records.file_report(s, number, "first", said="事件首报", to="市应急委", now=now, actor=COORD)),
        (4, lambda now: own.append(tasks.add_task(
            s, number, title="设置警戒区", role="公安", due=now + 1500, now=now, actor=COORD
        ))),
        (4.5, lambda now: own.append(tasks.add_task(
            s, number, title="疏散周边群众", role="街道", due=now + 2400, now=now, actor=COORD
        ))),
        (5, lambda now: incidents.respond(s, number, note="", now=now, actor=COORD)),
        (6, lambda now: records.order(s, number, to="现场指挥", said="控制现场，防止次生灾害", now=now, actor=COORD)),
        (24, lambda now: tasks.finish_task(s, number, own[0], note="警戒区已设置", now=now, actor=COORD)),
        (30, lambda now: records.remark(s, number, said="现场风向转东北，疏散方向调整", now=now, actor=COORD)),
        (40, lambda now: records.answer_order(s, number, 1, said="已落实", done=True, now=now, actor=COORD)),
        (46, lambda now: tasks.finish_task(s, number, own[1], note="疏散完毕", now=now, actor=COORD)),
        (62, lambda now: _finish(s, number, now)),
        (70, lambda now: incidents.control(s, number, note="险情已控制", now=now, actor=COORD)),
        (112, lambda now: incidents.end(s, number, note="现场恢复正常", now=now, actor=COORD)),
        (118, lambda now: records.file_report(
            s, number, "final", said="处置完毕，无人员伤亡", to="市应急委", now=now, actor=COORD
        )),
        (124, lambda now: incidents.close(s, number, note="结案", now=now, actor=COORD)),
        (12, tell("draw", p.DrawingPut, drawing="cordon", rev=1, base=0, body=p.Drawing(
            "circle", ((place.lon or 0.0, place.lat or 0.0),), "", metres=300.0, text="警戒区", effect="buffer",
        ))),
        (28, tell("draw", p.DrawingPut, drawing="way", rev=1, base=0, body=p.Drawing(
            "arrow", ((place.lon or 0.0, place.lat or 0.0), ((place.lon or 0.0) + 0.008, (place.lat or 0.0) + 0.005)),
            "", text="疏散方向",
        ))),
    ]  # fmt: skip
    for turn, (code, label) in enumerate(forces, start=1):
        drive = 360.0 + 180 * turn + chance.random() * 120
        came = 3.2 + drive / 60
        steps += [
            (3 + turn / 10, tell(
                "assign", r.UnitAssigned, assignment=-number * 10 - turn, unit=code, label=label, capability="",
                seconds=drive, metres=drive * 9, rank=turn, best=forces[0][0],
            )),
            *((at, tell(
                "move_unit", r.UnitMoved, assignment=-number * 10 - turn, unit=code, progress=progress,
            )) for at, progress in (
                (3.8 + turn / 5, "acknowledged"), (4.6 + turn / 4, "en_route"), (came + turn, "on_scene"),
                (105.0 + turn, "clear"),
            )),
        ]  # fmt: skip
    return sorted(steps, key=lambda step: step[0])


def _finish(session: Session, number: int, now: Instant) -> None:
    """Finish what a plan that started by itself asked for, each task after those before it."""
    while open_ := [t for t in moving.read(session, number, actor=COORD).tasks.values() if t.open]:
        state = moving.read(session, number, actor=COORD)
        ready = next(task for task in open_ if not tasks.waits(state, task))
        tasks.finish_task(session, number, ready.task, actor=COORD, now=now)


def _evaluate(
    session: Session, number: int, state: str, now: Instant, chance: random.Random
) -> None:
    row = evaluation.draw(session, number, actor=COORD, now=now)
    if state == "draft":
        return
    judged: dict[str, float | None] = {
        each.code: 70.0 + chance.randrange(25)
        for each in evaluation.rows_of(row)
        if each.measure == JUDGED
    }
    sections = {
        "course": "接报后立即核实，按预案调派力量，现场设置警戒并疏散群众，险情得到控制。",
        "good": "接报与调派衔接紧密，首报及时；现场指挥与街道配合顺畅。",
        "bad": "第二批力量到场偏慢；疏散路线未提前告知社区网格员。",
        "advice": "在高峰时段预置一支备勤力量；预案中补充社区联络人。",
    }
    row = evaluation.save(
        session,
        row.id,
        rev=row.rev,
        sections=sections,
        judged=judged,
        notes={},
        actor=COORD,
        now=now + 60,
    )
    evaluation.submit(session, row.id, rev=row.rev, actor=COORD, now=now + 120)
    if state == "approved":
        evaluation.approve(session, row.id, rev=row.rev, note="同意", actor=CHIEF, now=now + 3600)


def _seal(session: Session, number: int) -> None:
    """Seal what these verbs told at once: it happened weeks ago, and the archiver leaves out what it finds there."""
    rows = session.scalars(
        select(Outbox)
        .where(Outbox.sent_at.is_(None), Outbox.event["incident"].as_integer() == number)
        .order_by(Outbox.id)
    )
    for row in rows:
        log_event(session, row.event)
