"""A gas leak of two hours, through the services people press: what live screens showed is kept after every verb."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
from conftest import Place
from cryptography.fernet import Fernet
from factories import AT, make_call, make_missed, make_queue, put_calls
from msgspec.structs import replace
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from command import incidents, levels, moving, plans, plotting, records, tasks
from command.pictures import picture
from command.plotting import Op, Town
from models.clock import to_datetime
from models.events.incident import course as c
from models.events.incident import response as r
from models.events.incident.course import Place as Where
from models.events.incident.plotting import AreaAssessed, Drawing
from models.events.incident.response import Card, Contact, PlannedNeed
from models.rules.incident.plans import Body, Trigger
from models.rules.incident.state import Picture
from models.store import db
from models.store.chain import log_event
from models.store.crypto import Vault
from models.store.people import PERMISSIONS
from models.tables import Category, IncidentType, Outbox, Ticket, Unit, UnitTrack
from tickets import assignment, intake, workflow
from tickets.moving import Actor

COORD = Actor(21, "指挥员", PERMISSIONS - {"command.approve"})
CHIEF = Actor(22, "带班领导", PERMISSIONS)
UNIT = Actor(23, "燃气集团", PERMISSIONS, "gas")
WATCHER = Actor(24, "值班员", frozenset({"command.view"}))
VAULT = Vault((Fernet.generate_key().decode(),), "replay")
SPOT = (114.31, 33.63)
UNITS = {"F1": "消防一中队", "G1": "燃气抢修一组", "M1": "急救一组"}


@dataclass
class Leak:
    """What was played: the incident, its tickets, and (instant, events, picture) as live screens had it."""

    engine: Engine
    tenant: Place
    incident: int = 0
    tickets: list[int] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    layer: str = ""
    live: list[tuple[float, Picture]] = field(default_factory=list)

    @contextmanager
    def session(self) -> Iterator[Session]:
        with db.transaction(self.engine, self.tenant.id) as session:
            yield session


def nowhere() -> Town:
    """No drawing of this incident closes a road: nobody asks for the city."""
    raise AssertionError("the city was asked for")


def live(session: Session, incident: int) -> Picture:
    """Return the picture as the screens have it: rows of the incident and of what is drawn."""
    found = picture(session, incident)
    assert found is not None
    drawn = plotting.board(session, incident)
    return replace(found, drawings=drawn.drawings, layers=drawn.layers, snapshots=drawn.snapshots)


def seal(session: Session) -> int:
    """Copy what waits in the outbox into the sealed log, as the archiver does; return how many rows."""
    rows = session.scalars(select(Outbox).where(Outbox.sent_at.is_(None)).order_by(Outbox.id)).all()
    for row in rows:
        log_event(session, row.event)
        row.sent_at = row.created_at
    session.flush()
    return len(rows)


def play(engine: Engine, tenant: Place) -> Leak:
    """Play the incident from the first call to the final report, two hours long."""
    leak = Leak(engine, tenant)
    with leak.session() as session:
        _city(session, tenant.id)
        plan = _plan(session)
        make_queue(session, tenant.id, "consult")
    put = _calls(leak)
    with leak.session() as session:
        put_calls(session, tenant.id, *put)
    _ticket(leak, AT + 60, put[0].key, "楼道里有很浓的燃气味")
    for after, verb in _course(leak, plan):
        now = AT + after
        with leak.session() as session:
            verb(session, now)
            if after != 4000:  # an interruption of the archiver
                seal(session)
            leak.live.append((now, live(session, leak.incident)))
    return leak


def _city(session: Session, tenant_id: int) -> None:
    session.add_all([
        Category(tenant_id=tenant_id, version=1, code="G01", parent="", label="燃气", unit="gas"),
        Unit(tenant_id=tenant_id, code="gas", name="燃气集团"),
        IncidentType(tenant_id=tenant_id, code="gas", kind="accident", label="燃气泄漏"),
        IncidentType(tenant_id=tenant_id, code="fire", kind="accident", label="火灾"),
    ])  # fmt: skip
    for minute in range(0, 130):
        for at, code in enumerate(UNITS):
            session.add(
                UnitTrack(
                    tenant_id=tenant_id, unit=code, at=to_datetime(AT + minute * 60 + at),
                    lon=SPOT[0] + 0.0001 * minute, lat=SPOT[1] + 0.001 * at, speed=30.0, heading=90.0,
                )
            )  # fmt: skip
    session.flush()


def _plan(session: Session) -> int:
    body = Body(
        triggers=(Trigger(types=("gas",)),),
        cards=(
            Card("valve", "关闭阀门", "燃气集团", 20), Card("clear", "疏散居民", "街道", 30),
            Card("check", "复测浓度", "燃气集团", 60, ("valve",)),
        ),
        needs=(PlannedNeed("fire", 1), PlannedNeed("gas", 1)), contacts=(Contact("调度", "王", "12345678"),),
        sections=(("适用范围", "城镇燃气管道泄漏"), ("处置原则", "先断气，再疏散")),
    )  # fmt: skip
    draft = plans.save_draft(
        session, "gas", title="燃气泄漏预案", body=body, rev=0, actor=CHIEF, now=AT
    )
    plans.publish(session, draft.id, rev=1, actor=CHIEF, now=AT)
    return draft.id


def _calls(leak: Leak) -> list[Any]:
    told = make_call(entered=AT + 5, arrived=AT, answered=AT + 12, ended=AT + 200, wait=7, talk=188)
    again = make_call(entered=AT + 595, answered=AT + 625, ended=AT + 700, wait=30, talk=75)
    others = [make_call(entered=AT - 3600 + 40 * n) for n in range(60)]
    lost = [make_missed(entered=AT + 300 + 400 * n) for n in range(12)]
    leak.calls = [told.key, again.key]
    return [told, again, *others, *lost]


def _ticket(leak: Leak, now: float, call: str, title: str) -> None:
    form = intake.Form(
        kind="help", title=title, content=title, phone="13900001111", call=call, category="G01",
        district="990101", address="人民路 8 号", lon=SPOT[0], lat=SPOT[1],
    )  # fmt: skip
    with leak.session() as session:
        leak.tickets.append(intake.open_ticket(session, form, actor=COORD, now=now, vault=VAULT).id)
        seal(session)


Verb = Callable[[Session, float], Any]


def _course(leak: Leak, plan: int) -> Iterator[tuple[float, Verb]]:  # noqa: C901 - a script
    """Yield (seconds after the first call, what is done)."""

    def id_() -> int:
        return leak.incident

    def escalate(s: Session, now: float) -> None:
        leak.incident = incidents.escalate(s, leak.tickets[0], "gas", now=now, actor=COORD).id

    def tell(make: Callable[[dict[str, Any]], Any], verb: Any = "assign") -> Verb:
        def told(s: Session, now: float) -> None:
            actor = CHIEF if verb == "approve_alert" else COORD
            held = moving.take(s, leak.incident, verb, actor=actor, now=now)
            moving.tell(s, held, make(held.facts()))

        return told

    def sent(number: int, code: str, seconds: float) -> Verb:
        return tell(lambda f: r.UnitAssigned(
            assignment=number, unit=code, label=UNITS[code], capability="fire", seconds=seconds,
            metres=seconds * 9, rank=1, best=code, **f,
        ))  # fmt: skip

    def went(number: int, code: str, progress: r.Progress, *, implied: bool = False) -> Verb:
        return tell(
            lambda f: r.UnitMoved(
                assignment=number, unit=code, progress=progress, implied=implied, **f
            ),
            "move_unit",
        )

    def said(member: str, state: Literal["joined", "ringing", "speaking"]) -> Verb:
        return tell(
            lambda f: r.ConferenceMoved(conference=1, member=member, state=state, **f),
            "move_conference",
        )

    def drawn(name: str, body: Drawing, base: int = 0) -> Verb:
        return lambda s, now: plotting.put(
            s,
            id_(),
            Op(f"op-{name}-{base}", "put", name, base, body),
            town=nowhere,
            now=now,
            actor=COORD,
        )

    def layered(s: Session, now: float) -> None:
        leak.layer = plotting.set_layer(
            s, id_(), title="东侧封控", team="交警", now=now, actor=COORD
        )

    def fenced(s: Session, now: float) -> None:
        drawn("line", replace(line, layer=leak.layer))(s, now)

    ring = Drawing("circle", (SPOT,), "", metres=300.0)
    line = Drawing("line", (SPOT, (114.32, 33.64)), "", text="封控线")
    yield 90, escalate
    yield 150, lambda s, now: incidents.verify(s, id_(), note="电话核实", now=now, actor=COORD)
    yield (
        160,
        lambda s, now: plans.activate(
            s, id_(), plan, level="III", reason="燃气泄漏", now=now, actor=COORD
        ),
    )
    yield 170, sent(1, "F1", 300.0)
    yield 175, sent(2, "G1", 420.0)
    yield 180, lambda s, now: incidents.respond(s, id_(), note="", now=now, actor=COORD)
    yield 200, went(1, "F1", "acknowledged")
    yield 215, went(2, "G1", "acknowledged", implied=True)
    yield 215, went(2, "G1", "en_route")
    yield 230, went(1, "F1", "en_route")
    yield (
        260,
        lambda s, now: levels.ask_level(
            s, id_(), "grade", "III", was="", reason="影响一个小区", now=now, actor=COORD
        ),
    )
    yield 320, lambda s, now: levels.approve_level(s, id_(), _asked(s, id_()), now=now, actor=CHIEF)
    yield (
        380,
        lambda s, now: records.file_report(
            s, id_(), "first", said="人民路 8 号燃气泄漏", to="市应急委", now=now, actor=COORD
        ),
    )
    yield 400, drawn("ring", ring)
    yield 420, layered
    yield 440, fenced
    yield 500, went(1, "F1", "on_scene")
    yield (
        520,
        tell(
            lambda f: r.RouteChanged(
                assignment=2,
                unit="G1",
                cause="closure",
                was=300.0,
                seconds=360.0,
                metres=3300.0,
                **f,
            ),
            "assign",
        ),
    )
    yield 600, lambda s, now: tasks.start_task(s, id_(), 1, now=now, actor=COORD)
    yield 640, lambda s, now: _second_ticket(leak, s, now)
    yield 660, went(2, "G1", "on_scene")
    yield (
        700,
        lambda s, now: records.order(
            s, id_(), to="燃气集团", said="关闭上游阀门", now=now, actor=COORD
        ),
    )
    yield (
        800,
        lambda s, now: records.ask_decision(
            s, id_(), question="是否停供东片区", now=now, actor=COORD
        ),
    )
    yield 900, lambda s, now: records.decide(s, id_(), 1, answer="同意停供", now=now, actor=CHIEF)
    yield 960, lambda s, now: tasks.progress_task(s, id_(), 2, 40, now=now, actor=COORD)
    yield 1000, lambda s, now: tasks.finish_task(s, id_(), 1, note="阀门已关", now=now, actor=COORD)
    yield (
        1020,
        lambda s, now: records.answer_order(
            s, id_(), 1, said="已关闭", done=True, now=now, actor=COORD
        ),
    )
    yield 1100, drawn("ring", replace(ring, metres=500.0), 1)
    yield 1200, lambda s, now: plotting.snapshot(s, id_(), "疏散前", now=now, actor=COORD)
    yield (
        1300,
        lambda s, now: records.remark(
            s, id_(), said="东门有老人需转移", about=AT + 1250, now=now, actor=COORD
        ),
    )
    yield 1320, tell(lambda f: r.NeedSet(capability="medical", count=2, **f), "set_need")
    yield 1330, tell(
        lambda f: r.SupplySent(
            transfer=1, depot="D1", supply="mask", label="防毒面具", amount=40.0, measure="件",
            seconds=300.0, **f,
        ),
        "send_supply",
    )  # fmt: skip
    yield (
        1340,
        lambda s, now: records.notify(
            s, id_(), to=("街道值班",), said="请组织疏散", now=now, actor=COORD
        ),
    )
    yield 1345, tell(
        lambda f: r.ConferenceAsked(
            conference=1, title="现场会商", groups=("指挥部",),
            members={"contact:1": "王队", "contact:2": "李工"},
            chair="王队", **f
        ),
        "confer",
    )  # fmt: skip
    yield 1350, said("contact:1", "joined")
    yield 1351, said("contact:2", "ringing")
    yield 1352, said("contact:2", "speaking")
    yield (
        1360,
        tell(
            lambda f: r.FloorGranted(conference=1, member="contact:2", granted=True, **f),
            "move_conference",
        ),
    )
    yield (
        1370,
        tell(lambda f: r.ConferenceEnded(conference=1, recording="rec-1", **f), "move_conference"),
    )
    yield (
        1380,
        tell(
            lambda f: c.AlertDrafted(
                alert=1, identifier="cap-1", headline="燃气泄漏", msg_type="Alert", **f
            ),
            "draft_alert",
        ),
    )
    yield 1390, tell(lambda f: c.AlertApproved(alert=1, expires=AT + 9000, **f), "approve_alert")
    yield (
        1395,
        tell(
            lambda f: AreaAssessed(
                drawing="ring", places=12, people=800, unknown=3, protected=1, tickets=2, **f
            ),
            "assess",
        ),
    )
    yield (
        1398,
        lambda s, now: incidents.amend(s, id_(), title="人民路燃气泄漏", now=now, actor=COORD),
    )
    yield (
        1400,
        lambda s, now: assignment.assign(
            s, leak.tickets[0], units=["gas"], mode="assign", actor=CHIEF, now=now
        ),
    )
    yield (
        1500,
        lambda s, now: tasks.add_task(
            s, id_(), title="安置转移人员", role="民政", due=AT + 3600, now=now, actor=COORD
        ),
    )
    yield 1600, lambda s, now: incidents.control(s, id_(), note="浓度下降", now=now, actor=COORD)
    yield 1700, lambda s, now: incidents.relapse(s, id_(), note="二次泄漏", now=now, actor=COORD)
    yield 1750, sent(3, "M1", 500.0)
    yield 1800, lambda s, now: workflow.start(s, leak.tickets[0], actor=UNIT, now=now)
    yield 2300, went(3, "M1", "cancelled")
    yield (
        2400,
        lambda s, now: records.file_report(
            s, id_(), "follow", said="二次泄漏已处置", to="市应急委", now=now, actor=COORD
        ),
    )
    yield (
        2600,
        lambda s, now: records.change_remark(
            s, id_(), 1, said="东门两位老人已转移", now=now, actor=COORD
        ),
    )
    yield 3000, lambda s, now: tasks.finish_task(s, id_(), 2, now=now, actor=COORD)
    yield 3500, lambda s, now: incidents.control(s, id_(), note="浓度归零", now=now, actor=COORD)
    yield 4000, lambda s, now: tasks.finish_task(s, id_(), 4, now=now, actor=COORD)
    yield 4200, lambda s, now: tasks.finish_task(s, id_(), 3, now=now, actor=COORD)
    yield (
        4500,
        lambda s, now: plotting.remove(
            s, id_(), Op("op-gone", "remove", "line", 1), town=nowhere, now=now, actor=COORD
        ),
    )
    yield 4800, lambda s, now: records.link_media(
        s, id_(), form="recording", ref=leak.calls[0], title="首次来电录音", about=AT + 12, now=now, actor=COORD
    )  # fmt: skip
    yield 5400, went(1, "F1", "clear")
    yield 5600, tell(lambda f: r.SupplyReturned(transfer=1, amount=12.0, **f), "return_supply")
    yield 5700, went(2, "G1", "clear")
    yield 6000, lambda s, now: incidents.end(s, id_(), note="应急终止", now=now, actor=COORD)
    yield (
        6600,
        lambda s, now: records.file_report(
            s, id_(), "final", said="处置完毕，无人员伤亡", to="市应急委", now=now, actor=COORD
        ),
    )
    yield 7200, lambda s, now: incidents.close(s, id_(), note="结案", now=now, actor=COORD)


def _asked(session: Session, incident: int) -> int:
    found = live(session, incident).incident.revisions
    return next(n for n, revision in found.items() if revision.state == "asked")


def _second_ticket(leak: Leak, session: Session, now: float) -> None:
    form = intake.Form(
        kind="help", title="小区停气", content="燃气停了", phone="13900002222", call=leak.calls[1],
        district="990101", lon=SPOT[0], lat=SPOT[1],
    )  # fmt: skip
    row: Ticket = intake.open_ticket(session, form, actor=COORD, now=now, vault=VAULT)
    leak.tickets.append(row.id)
    incidents.merge_report(session, leak.incident, row.id, actor=COORD, now=now)


def builtins(picture_: Picture | None) -> Any:
    """Return a picture as plain values, so that a difference is shown."""
    return msgspec.to_builtins(picture_, str_keys=True)


PLACE = Where(SPOT[0], SPOT[1], "人民路 8 号", "990101")
