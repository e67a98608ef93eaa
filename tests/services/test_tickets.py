"""The workflow on the real database: lawful moves only, history = row, two at once, nothing without its event."""

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from conftest import Place
from cryptography.fernet import Fernet
from factories import AT, make_call, put_calls
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select, update
from sqlalchemy.orm import Session

from models.clock import to_datetime
from models.errors import BadInput, HotlineError, NotFound, Refused, WrongStatus
from models.events.ticket import from_row
from models.rules.tickets import MOVES, Ticket, reduce
from models.rules.tickets.moves import ELSEWHERE
from models.store import db
from models.store.crypto import Vault
from models.tables import Category, Outbox, Parameter, TicketHistory, TicketLeg, TicketParty, Unit
from models.tables import Ticket as Row
from tickets import assignment as a
from tickets import (
    contacts,
    duplicates,
    pausing,
    queries,
    recount_texts,
    reexamination,
    search,
    timing,
)
from tickets import workflow as w
from tickets.amending import FLAGS, amend, facts_of
from tickets.criteria import Criteria, Desk
from tickets.intake import Form, answer, open_ticket
from tickets.moving import Actor, legs
from tickets.screening import Sheet, screen

DAY = 86_400.0
VAULT = Vault((Fernet.generate_key().decode(),), "hash")
ALL = frozenset(move.permission for move in MOVES.values())
CENTRE = Actor(1, "林值班", ALL - {"ticket.handle"})
UNIT = Actor(2, "住建局经办", frozenset({"ticket.handle"}), "zjj")
SUB = Actor(3, "供水科经办", frozenset({"ticket.handle"}), "zjj-water")
OTHER = Actor(4, "交通局经办", frozenset({"ticket.handle"}), "jtj")
FORM = Form(
    kind="complaint", title="小区停水", content="家里停水两天", phone="13812345678", name="李女士"
)


@pytest.fixture
def units(session: Session, tenant: Place) -> None:
    for code, parent, duties in (
        ("zjj", "", "停水 供水 物业"), ("zjj-water", "zjj", ""), ("jtj", "", "公交 停车"),
    ):  # fmt: skip
        session.add(
            Unit(tenant_id=tenant.id, code=code, parent=parent, name=code, duties=duties, level=1)
        )
    session.flush()


def opened(session: Session, form: Form = FORM, at: float = AT) -> Row:
    return open_ticket(session, form, actor=CENTRE, now=at, vault=VAULT)


def assigned(session: Session, *units: str) -> Row:
    row = opened(session)
    a.assign(session, row.id, units=units or ("zjj",), mode="assign", actor=CENTRE, now=AT + 60)
    return row


def folded(session: Session, ticket_id: int) -> Ticket:
    state: Ticket | None = None
    for event in session.scalars(
        select(TicketHistory.event)
        .where(TicketHistory.ticket_id == ticket_id)
        .order_by(TicketHistory.id)
    ):
        state = reduce(state, from_row(event))
    assert state is not None
    return state


def same_as_history(session: Session, row: Row) -> None:
    """The row says what its history says, and every line of it is in the outbox."""
    session.flush()
    session.refresh(row)
    told = folded(session, row.id)
    assert row.status == told.status
    assert (row.bounces, row.reopened, row.contested) == (
        told.bounces,
        told.reopened,
        told.contested,
    )
    assert (row.grade or "none", row.solved) == (told.grade, told.solved)
    assert (row.kind, row.category, row.urgency) == (told.kind, told.category, told.urgency)
    assert {flag for flag in FLAGS if getattr(row, flag)} == (told.flags or set())
    assert (row.quality, row.called_back_at is not None) == (told.quality, bool(told.called_back))
    assert (row.replied_at is not None) == bool(told.replied)
    assert (row.merged_into or 0) == told.merged_into
    for at, since in ((row.paused_at, told.paused), (row.urge_at, told.urge_on)):
        assert (at.timestamp() if at else 0.0) == pytest.approx(since)
    present = {leg.number: leg for leg in legs(session, row.id)}
    assert present.keys() == {n for n, leg in told.legs.items() if not leg.returned}
    for number, leg in present.items():
        known = told.legs[number]
        was = (known.unit, known.holder, known.extensions, known.urges)
        assert (leg.unit, leg.holder, leg.extensions, leg.urges) == was
        assert (leg.due_at.timestamp() if leg.due_at else 0.0) == pytest.approx(known.due)
        assert (leg.handled_at is not None) == bool(known.handled)
    count = select(func.count())
    lines = session.scalar(
        count.select_from(TicketHistory).where(TicketHistory.ticket_id == row.id)
    )
    events = session.scalar(
        count.select_from(Outbox).where(Outbox.event["ticket"].as_integer() == row.id)
    )
    assert row.version == lines == events
    told_of = select(TicketHistory.event).where(TicketHistory.ticket_id == row.id)
    course = {row.id: list(session.scalars(told_of.order_by(TicketHistory.id)))}
    assert recount_texts.texts(row, course[row.id]) == []
    for written in (recount_texts.requests, recount_texts.supervisions):
        assert written(session, [row.id], course) == {row.id: []}


# --- one ticket's whole way -----------------------------------------------------------------


@pytest.mark.usefixtures("units")
def test_it_works(session: Session) -> None:
    row = opened(session)
    assert (len(row.no), row.status) == (8, "pending_assign")
    assert a.propose(session, row) == ("zjj", "duties:停水")
    a.assign(session, row.id, units=["jtj"], mode="forward", actor=CENTRE, now=AT + 60)
    a.ask_return(session, row.id, ground="function", reason="不属我局", actor=OTHER, now=AT + 120)
    a.grant_return(session, row.id, actor=CENTRE, now=AT + 180)
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 240)
    a.sub_assign(session, row.id, unit="zjj-water", actor=UNIT, now=AT + 300)
    a.ask_extension(session, row.id, days=5, reason="等材料", actor=SUB, now=AT + 400)
    before = legs(session, row.id)[0].due_at
    a.grant_extension(session, row.id, actor=CENTRE, now=AT + 500)
    after = legs(session, row.id)[0].due_at
    assert before is not None
    assert after is not None
    assert after > before
    w.urge(session, row.id, actor=CENTRE, now=AT + 600)
    watched = w.supervise(session, row.id, note="尽快恢复供水", actor=CENTRE, now=AT + 700)
    w.submit(session, row.id, result="已恢复", actor=SUB, now=AT + 800)
    w.send_back(session, row.id, note="请附照片", actor=CENTRE, now=AT + 900)
    w.start(session, row.id, actor=UNIT, now=AT + 950)
    w.submit(session, row.id, result="已恢复，附照片", actor=UNIT, now=AT + 1000)
    w.approve(session, row.id, actor=CENTRE, now=AT + 1100)
    w.reply(session, row.id, text="供水已恢复", actor=CENTRE, now=AT + 1200)
    w.call_back(
        session, row.id, reached=True, grade="good", solved=True, actor=CENTRE, now=AT + 1300
    )
    w.rate_supervision(session, row.id, watched, rating=4, actor=CENTRE, now=AT + 1400)
    w.archive(session, row.id, actor=CENTRE, now=AT + 1500)
    assert row.status == "archived"
    same_as_history(session, row)


def test_a_consult_is_answered_at_once(session: Session) -> None:
    row = opened(session, Form(kind="consult", title="社保", content="怎么缴费"))
    answer(session, row.id, reply="可在网上办理", actor=CENTRE, now=AT + 9)
    w.archive(session, row.id, actor=CENTRE, now=AT + 10)
    same_as_history(session, row)


# --- intake ---------------------------------------------------------------------------------


def test_who_asked_is_kept_apart_and_sealed(session: Session) -> None:
    row = opened(session)
    party = session.get_one(TicketParty, row.id)
    assert (party.masked, VAULT.open(party.phone_sealed)) == ("138****5678", "13812345678")
    assert VAULT.open(party.name_sealed) == "李女士"
    for event in session.scalars(select(Outbox.event)):
        assert "13812345678" not in str(event)
        assert "李女士" not in str(event)


def test_the_caller_of_a_call_needs_no_typing(session: Session, tenant: Place) -> None:
    call = make_call(caller=VAULT.seal("13900001111"))
    put_calls(session, tenant.id, call)
    row = opened(session, Form(kind="help", title="求助", content="路灯不亮", call=call.key))
    party = session.get_one(TicketParty, row.id)
    assert party.digest == VAULT.digest("13900001111")
    told = session.scalars(select(Outbox).where(Outbox.stream == f"floor:{tenant.slug}")).all()
    assert [each.event["seat"] for each in told] == [call.seat]  # its after-call work is over
    with pytest.raises(NotFound):
        opened(session, Form(kind="help", title="求助", content="路灯", call="pbx1|none|1"))


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "nonsense"}, "kind"), ({"title": " "}, "title"), ({"content": ""}, "content"),
        ({"content": "长" * 5001}, "content"), ({"title": "a\0b"}, "title"),
        ({"phone": "not-a-number"}, "phone"), ({"lon": 200.0, "lat": 1.0}, "point"),
        ({"lon": 117.0}, "point"), ({"category": "X99"}, "category"),
        ({"urgency": "soon"}, "urgency"),
    ],
)  # fmt: skip
def test_a_wrong_form_names_its_field(session: Session, wrong: dict[str, Any], field: str) -> None:
    given: dict[str, Any] = {"kind": "help", "title": "求助", "content": "路灯", **wrong}
    with pytest.raises(BadInput) as caught:
        opened(session, Form(**given))
    assert caught.value.facts["field"] == field


def test_a_form_sent_twice_is_one_ticket(engine: Engine, tenant: Place) -> None:
    form = Form(kind="help", title="停水", content="停水", token="abc")
    with db.transaction(engine, tenant.id) as session:
        first = opened(session, form).no
    with db.transaction(engine, tenant.id) as session:
        assert opened(session, form).no == first
    ready, seen = threading.Barrier(4), []

    def press() -> None:
        ready.wait()
        again = Form(kind="help", title="停水", content="停水", token="xyz")
        while True:
            try:
                with db.transaction(engine, tenant.id) as own:
                    seen.append(opened(own, again).no)
                return
            except WrongStatus:
                continue

    threads = [threading.Thread(target=press) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(seen)) == 1
    with db.transaction(engine, tenant.id) as session:
        assert session.scalar(select(func.count()).select_from(Row)) == 2


def test_an_emergency_and_a_dispute_are_recognised(session: Session) -> None:
    row = opened(session, Form(kind="help", title="楼下着火", content="有人被困，邻里纠纷引起"))
    assert (row.emergency, row.disputed) == (True, True)


def test_a_dispute_may_be_ticked(session: Session) -> None:
    assert opened(
        session, Form(kind="help", title="求助", content="两家不和", disputed=True)
    ).disputed


def test_a_reporter_is_always_protected(session: Session) -> None:
    assert opened(session, Form(kind="report", title="举报", content="违建")).confidential


def test_the_category_keeps_its_version(session: Session, tenant: Place) -> None:
    for version in (1, 2):
        session.add(Category(tenant_id=tenant.id, version=version, code="H01", label="供水"))
    session.flush()
    row = opened(session, Form(kind="help", title="停水", content="停水", category="H01"))
    assert row.category_version == 2


# --- what is refused ------------------------------------------------------------------------


@pytest.mark.usefixtures("units")
def test_a_unit_moves_only_what_it_holds(session: Session) -> None:
    row = assigned(session)
    with pytest.raises(Refused):
        w.start(session, row.id, actor=OTHER, now=AT + 70)
    with pytest.raises(Refused):
        w.approve(session, row.id, actor=UNIT, now=AT + 70)


@pytest.mark.usefixtures("units")
def test_the_lead_waits_for_its_co_units(session: Session) -> None:
    row = assigned(session, "zjj", "jtj")
    w.start(session, row.id, actor=UNIT, now=AT + 70)
    with session.begin_nested() as inner, pytest.raises(WrongStatus) as caught:
        w.submit(session, row.id, result="好了", actor=UNIT, now=AT + 80)
    assert not inner.is_active or inner.rollback() is None
    assert caught.value.facts["owing"] == ["jtj"]


@pytest.mark.usefixtures("units")
def test_a_wrong_state_says_what_may_be_done(session: Session) -> None:
    row = opened(session)
    with pytest.raises(WrongStatus) as caught:
        w.approve(session, row.id, actor=CENTRE, now=AT)
    assert caught.value.facts["status"] == "pending_assign"
    assert caught.value.facts["may"]["assign"] == "ticket.assign"  # type: ignore[index]
    with pytest.raises(NotFound):
        w.approve(session, 999_999, actor=CENTRE, now=AT)


@pytest.mark.usefixtures("units")
def test_the_bounce_cap_ends_the_tug_of_war(session: Session) -> None:
    row = opened(session)
    for turn in range(2):
        a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + turn)
        a.ask_return(session, row.id, ground="area", reason="不在辖区", actor=UNIT, now=AT + turn)
        a.grant_return(session, row.id, actor=CENTRE, now=AT + turn)
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT + 9)
    with pytest.raises(WrongStatus) as caught:
        a.ask_return(session, row.id, ground="area", reason="不在辖区", actor=UNIT, now=AT + 10)
    assert caught.value.facts["cap"] == "bounce"


@pytest.mark.usefixtures("units")
def test_an_extension_comes_before_the_due_date_and_once(session: Session) -> None:
    row = assigned(session)
    with session.begin_nested(), pytest.raises(WrongStatus) as late:
        a.ask_extension(session, row.id, days=3, reason="忙", actor=UNIT, now=AT + 90 * DAY)
    assert late.value.facts["cap"] == "due"
    a.ask_extension(session, row.id, days=3, reason="忙", actor=UNIT, now=AT + 100)
    a.grant_extension(session, row.id, actor=CENTRE, now=AT + 200)
    with pytest.raises(WrongStatus) as again:
        a.ask_extension(session, row.id, days=3, reason="还忙", actor=UNIT, now=AT + 300)
    assert again.value.facts["cap"] == "extension"


def test_two_dispatchers_at_once_one_wins(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as session:
        for code in ("zjj", "jtj"):
            session.add(Unit(tenant_id=tenant.id, code=code, name=code))
        ticket_id = opened(session).id
    results: list[str] = []
    ready = threading.Barrier(2)

    def dispatch(unit: str) -> None:
        ready.wait()
        try:
            with db.transaction(engine, tenant.id) as own:
                a.assign(own, ticket_id, units=[unit], mode="assign", actor=CENTRE, now=AT + 5)
            results.append("done")
        except WrongStatus:
            results.append("late")

    threads = [threading.Thread(target=dispatch, args=(unit,)) for unit in ("zjj", "jtj")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(results) == ["done", "late"]
    with db.transaction(engine, tenant.id) as session:
        parts = select(func.count()).select_from(TicketLeg).where(TicketLeg.number > 0)
        assert session.scalar(parts) == 1


# --- any order of verbs ---------------------------------------------------------------------


def closed(session: Session, code: str, *, active: bool = False) -> None:
    session.execute(update(Unit).where(Unit.code == code).values(active=active))


Act = Callable[[Session, int, float], object]
ACTS: dict[str, Act] = {
    "assign": lambda s, i, t: a.assign(
        s, i, units=["zjj", "jtj"], mode="assign", actor=CENTRE, now=t
    ),
    "assign_one": lambda s, i, t: a.assign(
        s, i, units=["zjj"], mode="forward", actor=CENTRE, now=t
    ),
    "reject": lambda s, i, t: a.reject(s, i, ground="court", note="涉诉", actor=CENTRE, now=t),
    "start": lambda s, i, t: w.start(s, i, actor=UNIT, now=t),
    "start_other": lambda s, i, t: w.start(s, i, actor=OTHER, now=t),
    "sub": lambda s, i, t: a.sub_assign(s, i, unit="zjj-water", actor=UNIT, now=t),
    "part": lambda s, i, t: w.finish_part(s, i, result="已办", actor=OTHER, now=t),
    "submit": lambda s, i, t: w.submit(s, i, result="已办", actor=UNIT, now=t),
    "submit_sub": lambda s, i, t: w.submit(s, i, result="已办", actor=SUB, now=t),
    "approve": lambda s, i, t: w.approve(s, i, actor=CENTRE, now=t),
    "send_back": lambda s, i, t: w.send_back(s, i, note="不实", actor=CENTRE, now=t),
    "ask_return": lambda s, i, t: a.ask_return(
        s, i, ground="area", reason="不在辖区", actor=UNIT, now=t
    ),
    "grant_return": lambda s, i, t: a.grant_return(s, i, actor=CENTRE, now=t),
    "deny_return": lambda s, i, t: a.deny_return(s, i, note="请办理", actor=CENTRE, now=t),
    "recall": lambda s, i, t: a.recall(s, i, note="改派", actor=CENTRE, now=t),
    "ask_more": lambda s, i, t: a.ask_extension(s, i, days=3, reason="忙", actor=UNIT, now=t),
    "grant_more": lambda s, i, t: a.grant_extension(s, i, actor=CENTRE, now=t),
    "deny_more": lambda s, i, t: a.deny_extension(s, i, note="按期", actor=CENTRE, now=t),
    "urge": lambda s, i, t: w.urge(s, i, actor=CENTRE, now=t),
    "plan": lambda s, i, t: w.plan_urge(s, i, on=t + 900, actor=CENTRE, now=t),
    "clock": lambda s, i, t: timing.tell(s, i, now=t + 40 * DAY),
    "pause": lambda s, i, t: pausing.pause_clock(s, i, note="等市民补充", actor=UNIT, now=t),
    "resume": lambda s, i, t: pausing.resume_clock(s, i, actor=UNIT, now=t),
    "merge": lambda s, i, t: duplicates.merge(s, i, into=opened(s).no, actor=CENTRE, now=t),
    "unmerge": lambda s, i, t: duplicates.unmerge(s, i, note="误并", actor=CENTRE, now=t),
    "supervise": lambda s, i, t: w.supervise(s, i, note="跟踪", actor=CENTRE, now=t),
    "instruct": lambda s, i, t: w.instruct(s, i, note="速办", actor=CENTRE, now=t),
    "reply": lambda s, i, t: w.reply(s, i, text="已办结", actor=CENTRE, now=t),
    "call": lambda s, i, t: w.call_back(
        s, i, reached=True, grade="bad", solved=False, actor=CENTRE, now=t
    ),
    "reopen": lambda s, i, t: w.reopen(s, i, note="再办", actor=CENTRE, now=t),
    "contest": lambda s, i, t: reexamination.contest(s, i, note="不服", actor=CENTRE, now=t),
    "conclude": lambda s, i, t: reexamination.conclude(
        s, i, upheld=True, note="维持", actor=CENTRE, now=t
    ),
    "overturn": lambda s, i, t: reexamination.conclude(
        s, i, upheld=False, note="不维持", actor=CENTRE, now=t
    ),
    "call_none": lambda s, i, t: w.call_back(s, i, reached=False, actor=CENTRE, now=t),
    "call_again": lambda s, i, t: w.call_back(s, i, reached=True, solved=True, actor=CENTRE, now=t),
    "contact": lambda s, i, t: contacts.contact(
        s, i, how="phone", reached=True, note="已说明", actor=UNIT, now=t
    ),
    "ask_return_co": lambda s, i, t: a.ask_return(
        s, i, ground="function", reason="不属我局", actor=OTHER, now=t
    ),
    "agree": lambda s, i, t: a.coordinate(s, i, units=["jtj"], what="协助", actor=CENTRE, now=t),
    "resume_centre": lambda s, i, t: pausing.resume_clock(s, i, actor=CENTRE, now=t),
    "close_unit": lambda s, i, t: closed(s, "zjj"),
    "open_unit": lambda s, i, t: closed(s, "zjj", active=True),
    "amend": lambda s, i, t: amend(
        s,
        i,
        said=replace(facts_of(s.get_one(Row, i)), kind="help", urgency="urgent"),
        version=s.get_one(Row, i).version,
        actor=CENTRE,
        now=t,
    ),
    "screen": lambda s, i, t: screen(
        s,
        i,
        sheet=Sheet("甲乙两户", "neighbour", 4, "low", "上门调解", "王调解员"),
        actor=CENTRE,
        now=t,
    ),
    "archive": lambda s, i, t: w.archive(s, i, note="已解释", actor=CENTRE, now=t),
}
LAWFUL = {
    (source, target)
    for verb, move in MOVES.items()
    for source in move.sources
    for target in (move.target or source, *ELSEWHERE.get(verb, ()))
}


@pytest.mark.usefixtures("units")
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.sampled_from(sorted(ACTS)), min_size=4, max_size=24))
def test_no_order_of_verbs_leaves_the_law(session: Session, verbs: list[str]) -> None:
    row = opened(session)
    for step, verb in enumerate(["assign_one", *verbs] if len(verbs) % 2 else verbs):
        before = row.status
        inner = session.begin_nested()
        try:
            ACTS[verb](session, row.id, AT + step * 600)
            inner.commit()
        except HotlineError:
            inner.rollback()
        session.refresh(row)
        assert (before, row.status) in LAWFUL | {(before, before)}
    same_as_history(session, row)
    closed(session, "zjj", active=True)


# --- what a desk shows ----------------------------------------------------------------------


@pytest.mark.usefixtures("units")
def test_each_desk_has_its_own_and_a_unit_only_what_it_holds(session: Session) -> None:
    waiting, held = opened(session), assigned(session, "jtj")
    viewers = {
        name: Actor(who.user_id, who.name, who.can | {"ticket.view"}, who.unit)
        for name, who in (("centre", CENTRE), ("zjj", UNIT), ("jtj", OTHER))
    }

    def shown(desk: Desk, who: str) -> set[str]:
        page = search.find(session, Criteria(desk), actor=viewers[who], now=AT + 100)
        assert page.total == len(page.lines)
        return {line.row.no for line in page.lines}

    assert shown("dispatch", "centre") == {waiting.no}
    assert shown("all", "centre") == {waiting.no, held.no}
    assert shown("handle", "jtj") == {held.no}
    assert shown("all", "zjj") == set()
    with pytest.raises(Refused):
        search.find(session, Criteria("review"), actor=viewers["zjj"], now=AT)
    with pytest.raises(NotFound):
        queries.whole(session, held.no, actor=viewers["zjj"], now=AT)
    whole = queries.whole(session, held.no, actor=viewers["jtj"], now=AT)
    assert set(whole.verbs) == {
        "start", "sub_assign", "ask_return", "ask_extension", "pause_clock", "contact",
    }  # fmt: skip


@pytest.mark.usefixtures("units")
def test_a_unit_never_sees_a_protected_caller(session: Session) -> None:
    row = opened(session, Form(kind="report", title="举报", content="违建", phone="13812345678"))
    a.assign(session, row.id, units=["zjj"], mode="assign", actor=CENTRE, now=AT)
    viewer = Actor(2, "经办", frozenset({"ticket.view", "ticket.handle"}), "zjj")
    assert queries.whole(session, row.no, actor=viewer, now=AT).caller == ""


@pytest.mark.usefixtures("units")
def test_a_parameter_counts_at_once(session: Session, tenant: Place) -> None:
    row = assigned(session)
    session.add(
        Parameter(
            tenant_id=tenant.id, name="workflow", value={"bounce_cap": 0}, set_by="user:1",
            set_at=to_datetime(AT),
        )
    )  # fmt: skip
    session.flush()
    with pytest.raises(WrongStatus) as caught:
        a.ask_return(session, row.id, ground="area", reason="不在辖区", actor=UNIT, now=AT + 99)
    assert caught.value.facts["cap"] == "bounce"


@pytest.mark.usefixtures("units")
def test_forged_choices_and_endless_texts_change_nothing(session: Session) -> None:
    row = opened(session)
    forged: Any = "nonsense"
    tries: tuple[Callable[[], object], ...] = (
        lambda: a.assign(session, row.id, units=["zjj"], mode=forged, actor=CENTRE, now=AT),
        lambda: a.reject(session, row.id, ground=forged, note="x", actor=CENTRE, now=AT),
        lambda: a.reject(session, row.id, ground="court", note="长" * 5001, actor=CENTRE, now=AT),
        lambda: a.reject(session, row.id, ground="court", note="a\0b", actor=CENTRE, now=AT),
    )
    for wrong in tries:
        with pytest.raises(BadInput):
            wrong()
    session.refresh(row)
    assert row.status == "pending_assign"
    same_as_history(session, row)


@pytest.mark.usefixtures("units")
def test_a_conclusion_is_offered_to_an_open_re_examination_only(session: Session) -> None:
    row = opened(session)
    answer(session, row.id, reply="可以", actor=CENTRE, now=AT + 60)
    viewer = Actor(1, "林值班", CENTRE.can | {"ticket.view"})

    def offered() -> set[str]:
        verbs = queries.whole(session, row.no, actor=viewer, now=AT + 70).verbs
        return {"contest", "conclude"} & set(verbs)

    assert offered() == {"contest"}
    reexamination.contest(session, row.id, note="不服", actor=CENTRE, now=AT + 80)
    assert offered() == {"conclude"}
    reexamination.conclude(session, row.id, upheld=True, note="维持", actor=CENTRE, now=AT + 90)
    assert offered() == {"contest"}
