"""The call ledger as pages read it: lists, filters, sums, timelines, a seat's day, call-back marks."""

from typing import Any

import pytest
from conftest import Place
from cryptography.fernet import Fernet
from factories import AT, make_call, make_missed, make_queue, make_user, put_calls
from sqlalchemy import select
from sqlalchemy.orm import Session

from dashboard.views.kpis import figures
from models.errors import NotFound, WrongStatus
from models.events.floor import Caller
from models.rules.board import kpi
from models.rules.floor.state import Outcome
from models.rules.metrics import Limits, Tally, total
from models.store import archive, ledger
from models.store.chain import verify
from models.store.crypto import Vault
from models.tables import Audit, Seat

DAY: dict[str, Any] = {"start": AT - 3600, "end": AT + 3600}


@pytest.fixture
def calls(session: Session, tenant: Place) -> dict[str, str]:
    """Five visits of every kind; return their keys by a short name."""
    session.add(
        Seat(
            tenant_id=tenant.id, key="pbx1:PJSIP/8001", extension="8001", team_code="t1",
            agent_no="1001",
        )
    )  # fmt: skip
    make_queue(session, tenant.id, "consult")
    made = {
        "short": make_call(entered=AT + 10, wait=2, talk=30),
        "long": make_call(
            entered=AT + 20, wait=40, talk=300, seat="pbx1:PJSIP/8002", name="李文博"
        ),
        "lost": make_missed(entered=AT + 30),
        "late": make_missed(entered=AT + 40, outcome="timeout", queue="night", wait=9),
        "early": make_missed(
            entered=0.0, arrived=AT + 5, ended=AT + 7, outcome="quick", queue="", wait=-1
        ),
    }
    put_calls(session, tenant.id, *made.values())
    return {name: call.key for name, call in made.items()}


def make_vault() -> Vault:
    return Vault((Fernet.generate_key().decode(),), "hash")


def names(calls: dict[str, str], page: ledger.CallPage) -> list[str]:
    back = {key: name for name, key in calls.items()}
    return [back[row.key] for row in page.rows]


def test_it_works(session: Session, calls: dict[str, str]) -> None:
    page = ledger.search_calls(session, **DAY)
    assert names(calls, page) == ["late", "lost", "long", "short", "early"]
    assert page.total == 5
    row = page.rows[3]
    assert (row.queue_label, row.agent_no, row.caller) == ("consult队列", "1001", "138****0001")


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"queue": "night"}, ["late"]),
        ({"outcome": "answered"}, ["long", "short"]),
        ({"outcome": "abandoned,timeout"}, ["late", "lost"]),
        ({"seat": "pbx1:PJSIP/8002"}, ["long"]),
        ({"missed_only": True}, ["late", "lost", "early"]),
        ({"text": "李文"}, ["long"]),
        ({"text": "1001"}, ["short"]),
        ({"text": "8001"}, ["short"]),
        ({"text": "****0001"}, ["late", "lost", "long", "short", "early"]),
        ({"text": "%"}, []),
        ({"text": "_"}, []),
        ({"text": "\\"}, []),
        ({"callback": "todo"}, ["late", "lost", "early"]),
        ({"callback": "done"}, []),
        ({"queue": "nowhere"}, []),
    ],
)
def test_filters(
    session: Session, calls: dict[str, str], filters: dict[str, Any], found: list[str]
) -> None:
    page = ledger.search_calls(session, **DAY, **filters)
    assert names(calls, page) == found
    assert page.total == len(found)


@pytest.mark.parametrize(
    ("sort", "descending", "found"),
    [
        ("entered", False, ["early", "short", "long", "lost", "late"]),
        ("wait", True, ["long", "lost", "late", "short", "early"]),
        ("talk", True, ["long", "short"]),
        ("answered", False, ["short", "long"]),
        ("no such column", True, ["late", "lost", "long", "short", "early"]),
        ("key; DROP TABLE call_ledger", True, ["late", "lost", "long", "short", "early"]),
    ],
)
def test_order(
    session: Session, calls: dict[str, str], sort: str, descending: bool, found: list[str]
) -> None:
    page = ledger.search_calls(session, **DAY, sort=sort, descending=descending)
    assert names(calls, page)[: len(found)] == found


def test_pages_do_not_overlap_even_between_equals(session: Session, tenant: Place) -> None:
    put_calls(session, tenant.id, *(make_call() for _ in range(25)))
    seen = []
    for offset in range(0, 30, 10):
        page = ledger.search_calls(session, **DAY, offset=offset, limit=10)
        assert page.total == 25
        seen += [row.key for row in page.rows]
    assert len(seen) == len(set(seen)) == 25


def test_the_span_is_half_open(session: Session, calls: dict[str, str]) -> None:
    page = ledger.search_calls(session, start=AT + 10, end=AT + 20)
    assert names(calls, page) == ["short"]


def test_day_tally_counts_what_the_list_shows(session: Session, calls: dict[str, str]) -> None:
    tallies = ledger.day_tally(session, AT - 3600, AT + 3600, {}, Limits(10, 15, 5))
    assert tallies["consult"] == Tally(
        arrived=3, entered=3, answered=2, within_sl=1, within_standard=1, abandoned=1,
        wait_known=2, wait_s=42, talk_known=2, talk_s=330,
    )  # fmt: skip
    assert tallies["night"].timeout == 1
    assert tallies[""].quick == 1
    everything = total(tallies)
    assert everything.entered == 4
    assert everything.arrived == 5


@pytest.mark.parametrize("limits", [Limits(15, 15, 5), Limits(10, 20, 3)])
def test_every_figure_of_the_wall_opens_exactly_its_calls(
    session: Session, tenant: Place, limits: Limits
) -> None:
    outcomes: tuple[Outcome, ...] = (
        "waiting", "talking", "answered", "abandoned", "timeout", "overflow", "left", "unknown",
    )  # fmt: skip
    put_calls(session, tenant.id, *(
        make_call(outcome=outcome, wait=wait, talk=talk, entered=entered)
        for outcome in outcomes
        for wait in (-1, 0, 4, 5, 15, 16, 60)
        for talk in (-1, 0, 30)
        for entered in (AT, 0.0)
        if entered or outcome in ("overflow", "unknown")
    ))  # fmt: skip
    put_calls(session, tenant.id, make_call(outcome="quick", entered=0.0, wait=-1, talk=-1))
    span = (AT - 3600, AT + 3600)
    tallies = ledger.day_tally(session, *span, {}, limits)

    def listed(figure: str) -> int:
        page = ledger.search_calls(
            session, start=span[0], end=span[1], figure=figure, limits=limits
        )
        return page.total

    shown = kpi(total(tallies))
    for figure in figures():
        value = shown.get(figure.key, {})
        if figure.base:
            assert value["d"] == listed(figure.base), figure
            if figure.rows:
                assert value["n"] == listed(figure.rows), figure
        elif figure.key not in ("waiting", "ring_outs"):
            assert value["v"] == listed(figure.rows), figure


def test_an_unknown_figure_lists_all(session: Session, calls: dict[str, str]) -> None:
    assert ledger.search_calls(session, **DAY, figure="nonsense").total == len(calls)


def test_revealing_a_caller_is_written_down(session: Session, tenant: Place) -> None:
    vault = make_vault()
    call = make_call(caller=vault.seal("13812345678"))
    put_calls(session, tenant.id, call)
    shown = ledger.reveal_caller(
        session, call.key, vault=vault, user_id=7, reason="紧急回拨", now=AT
    )
    assert shown == "13812345678"
    row = session.scalars(select(Audit).where(Audit.verb == "reveal_caller")).one()
    assert (row.actor, row.subject) == ("user:7", call.key)
    assert row.detail["reason"] == "紧急回拨"
    assert verify(session) == []


def test_a_caller_nobody_knows_cannot_be_revealed(session: Session, tenant: Place) -> None:
    call = make_call(caller=Caller())
    put_calls(session, tenant.id, call)
    with pytest.raises(NotFound):
        ledger.reveal_caller(session, call.key, vault=make_vault(), user_id=7, reason="x", now=AT)


def test_series_counts_by_quarter(session: Session, calls: dict[str, str]) -> None:
    quarter = AT // 900 * 900
    assert ledger.series(session, AT - 3600, AT + 3600) == [[quarter, 4, 2, 1, 1]]


def test_a_timeline_goes_over_all_visits_in_order(session: Session, tenant: Place) -> None:
    first = make_call(transferred="blind:9002", ring_outs=1, held=6.0)
    second = make_call(
        key=f"{first.key[:-1]}2", call=first.call, visit=2, queue="complaint", arrived=0.0,
        entered=AT + 44, answered=AT + 50, ended=AT + 60,
    )  # fmt: skip
    put_calls(session, tenant.id, first, second)
    steps = ledger.call_timeline(session, second.key)
    assert [step.what for step in steps] == [
        "arrived", "entered", "rang_out", "answered", "held", "transferred", "end_answered",
        "entered", "answered", "end_answered",
    ]  # fmt: skip
    assert [step.at for step in steps] == sorted(step.at for step in steps)


def test_the_timeline_of_an_unknown_call_is_not_found(session: Session) -> None:
    with pytest.raises(NotFound):
        ledger.call_timeline(session, "pbx1|none|1")


def test_mark_callback(session: Session, calls: dict[str, str]) -> None:
    ledger.mark_callback(session, calls["lost"], user_id=7, note="已回访", now=AT + 99)
    done = ledger.search_calls(session, **DAY, callback="done")
    assert names(calls, done) == ["lost"]
    assert (done.rows[0].callback_by, done.rows[0].callback_at) == (7, AT + 99)
    assert names(calls, ledger.search_calls(session, **DAY, callback="todo")) == ["late", "early"]
    assert verify(session) == []


def test_mark_callback_twice_is_refused(session: Session, calls: dict[str, str]) -> None:
    ledger.mark_callback(session, calls["lost"], user_id=7, note="", now=AT + 99)
    with pytest.raises(WrongStatus):
        ledger.mark_callback(session, calls["lost"], user_id=8, note="", now=AT + 100)


@pytest.mark.parametrize("name", ["short", "nobody"])
def test_only_a_missed_call_is_called_back(
    session: Session, calls: dict[str, str], name: str
) -> None:
    with pytest.raises(WrongStatus):
        ledger.mark_callback(session, calls.get(name, name), user_id=7, note="", now=AT)


def test_a_seats_day(session: Session, tenant: Place, calls: dict[str, str]) -> None:
    seat = "pbx1:PJSIP/8001"
    make_user(session, tenant.id, "agent", agent_no="1001")
    stays = [
        archive.Interval(seat, "idle", "", AT - 7200, AT - 3000),
        archive.Interval(seat, "rest", "小休", AT - 3000, AT - 2400),
        archive.Interval(seat, "talk", "", AT - 2400, 0.0),
        archive.Interval("pbx1:PJSIP/8002", "idle", "", AT, 0.0),
    ]
    archive.write(session, tenant.id, [archive.Change(1, [], stays, [])])
    day = ledger.seat_day(session, seat, AT - 3600, AT + 3600)
    assert [(s.state, s.reason, s.start, s.end) for s in day.intervals] == [
        ("idle", "", AT - 3600, AT - 3000), ("rest", "小休", AT - 3000, AT - 2400),
        ("talk", "", AT - 2400, 0.0),
    ]  # fmt: skip
    assert day.sums == {"idle": 600, "rest": 600}
    assert [row.key for row in day.calls] == [calls["short"]]
    assert day.desk == "offline"
