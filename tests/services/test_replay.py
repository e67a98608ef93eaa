"""Live = replay: a two-hour incident at fifty random moments; and a log somebody touched is never shown in silence."""

import random
from collections.abc import Callable

import pytest
from conftest import Place, new_tenant
from factories import AT
from gas_leak import UNIT, UNITS, WATCHER, Leak, builtins, play, seal
from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from command import chain as chains
from command import records, replay
from dashboard.texts import t
from dashboard.views import replay_frame
from models.clock import day_of
from models.errors import NotFound, Refused
from models.rules.floor import FloorPlan
from models.rules.floor.then import cut
from models.rules.incident import frames, reduce
from models.rules.metrics import STANDARD, Tally, counted, service_level
from models.store import db, ledger
from models.store.chain import verify
from models.tables import Ticket
from tickets.moving import Actor

PLAN = FloorPlan(service_level={"consult": 10})
COORD = Actor(21, "指挥员", frozenset({"command.view", "command.act"}))


@pytest.fixture(scope="module")
def leak(engine: Engine) -> Leak:
    return play(engine, new_tenant(engine))


@pytest.fixture
def fresh(engine: Engine) -> Leak:
    """One of its own, to be tampered with."""
    return play(engine, new_tenant(engine))


def look(leak: Leak, moment: float) -> replay.Seen:
    with leak.session() as session:
        film = replay.film(session, leak.incident, actor=WATCHER)
        return replay.at(session, film, moment, plan=PLAN)


def faults(leak: Leak) -> set[tuple[str, int]]:
    with leak.session() as session:
        found = replay.film(session, leak.incident, actor=WATCHER).faults
    return {(fault.what, fault.seq) for fault in found}


def test_live_is_replay_at_fifty_random_moments(leak: Leak) -> None:
    chance = random.Random(50)
    moments = [AT + 90 + chance.random() * 7300 for _ in range(50)]
    assert faults(leak) == set()
    with leak.session() as session:
        assert verify(session) == []
    for moment in moments:
        shown = [picture for at, picture in leak.live if at <= moment][-1]
        seen = look(leak, moment)
        assert builtins(seen.picture) == builtins(shown)
        assert seen.picture == shown
        assert seen.number == shown.incident.seq


def test_every_event_is_a_moment_and_the_last_is_the_row(leak: Leak) -> None:
    with leak.session() as session:
        film = replay.film(session, leak.incident, actor=WATCHER)
    assert len(film.reel.events) == film.state.seq >= 50
    assert [event.seq for event in film.reel.events] == list(range(1, film.state.seq + 1))
    assert film.reel.at(film.end).incident == film.state  # type: ignore[union-attr]
    assert film.reel.at(film.start - 1) is None


def test_seeking_folds_the_same_whatever_is_kept(
    leak: Leak, monkeypatch: pytest.MonkeyPatch
) -> None:
    with leak.session() as session:
        events = replay.film(session, leak.incident, actor=WATCHER).reel.events
    for every in (1, 2, 7, 1000):
        monkeypatch.setattr(frames, "EVERY", every)
        made = frames.reel(events)
        for number in range(len(events) + 1):
            expected = None
            for event in events[:number]:
                expected = reduce(expected, event)
            assert made.after(number) == expected


def test_the_tickets_stand_as_they_stood(leak: Leak) -> None:
    first, second = leak.tickets
    states = {
        after: {t.ticket: t.state.status for t in look(leak, AT + after).tickets if t.state}
        for after in (100, 700, 1450, 1900)
    }
    assert states == {
        100: {first: "pending_assign"},
        700: {first: "pending_assign", second: "pending_assign"},
        1450: {first: "assigned", second: "pending_assign"},
        1900: {first: "in_progress", second: "pending_assign"},
    }
    assert all(ticket.whole for ticket in look(leak, AT + 7200).tickets)


def test_the_units_are_where_they_were(leak: Leak) -> None:
    assert look(leak, AT + 100).units == ()
    seen = {fix.unit: fix for fix in look(leak, AT + 1930).units}
    assert seen.keys() == UNITS.keys()
    assert seen["F1"].at == AT + 1920
    assert seen["G1"].lon == pytest.approx(114.31 + 0.0001 * 32)
    assert all(fix.at <= AT + 1930 for fix in seen.values())


def test_the_calls_are_cut_at_the_moment(leak: Leak) -> None:
    def told(after: float) -> list[tuple[str, str]]:
        return [(call.key, call.outcome) for call in look(leak, AT + after).calls]

    first, second = leak.calls
    assert told(100) == [(first, "talking")]
    assert told(300) == [(first, "answered")]
    assert told(650) == [(first, "answered"), (second, "talking")]
    assert told(800) == [(first, "answered"), (second, "answered")]


@pytest.mark.parametrize("after", [-3000, 5, 20, 300, 310, 640, 2000, 7200])
def test_the_floor_is_counted_by_the_rules_of_the_board(leak: Leak, after: float) -> None:
    moment = AT + after
    with leak.session() as session:
        film = replay.film(session, leak.incident, actor=WATCHER)
        shown = replay.at(session, film, moment, plan=PLAN).floor
        start, end = day_of(moment, PLAN.zone)
        parts = [cut(visit, moment) for visit in ledger.visits(session, start, end)]
    visits = [visit for visit in parts if visit is not None]
    expected = Tally()
    for visit in visits:
        expected = expected.plus(counted(visit, STANDARD._replace(target_s=10)))
    assert shown.tally == expected
    assert shown.waiting == sum(visit.outcome == "waiting" for visit in visits)
    assert shown.talking == sum(visit.outcome == "talking" for visit in visits)
    assert service_level(shown.tally) == service_level(expected)


def test_the_days_figures_at_its_end_are_those_of_the_reports(leak: Leak) -> None:
    start, end = day_of(AT, PLAN.zone)
    with leak.session() as session:
        film = replay.film(session, leak.incident, actor=WATCHER)
        shown = replay.at(session, film, end - 1, plan=PLAN).floor
        limits = {"consult": STANDARD._replace(target_s=10)}
        told = ledger.day_tally(session, start, end, limits, STANDARD)
    assert shown.tally == told["consult"]


def frame(leak: Leak, moment: float) -> dict[str, list[list[str]]]:
    """What the page shows of a moment and its export writes: section -> its lines."""
    with leak.session() as session:
        film = replay.film(session, leak.incident, actor=WATCHER)
        seen = replay.at(session, film, moment, plan=PLAN)
    shown = replay_frame.Shown(t("zh"), "Asia/Shanghai", {}, {}, None, True, {})
    sections = replay_frame.frame(film, seen, shown)["sections"]
    return {name: replay_frame.rows(items) for name, items in sections.items()}


def test_the_whole_handling_is_shown_as_far_as_it_was(leak: Leak) -> None:
    """Plans, reports, orders, decisions, supplies, talks and warnings: each with its words."""
    before, after = frame(leak, AT + 100), frame(leak, AT + 7200)
    assert [before[name] for name in replay_frame.SOMETIMES] == [[]] * len(replay_frame.SOMETIMES)
    state = leak.live[-1][1].incident
    said = {name: "\n".join("|".join(row) for row in after[name]) for name in after}
    for name, kept in replay_frame.SOMETIMES.items():
        assert kept(state), name
        assert after[name], name
    assert len(after["reports"]) == len(state.reports)
    assert all(report.text in said["reports"] for report in state.reports.values())
    assert len(after["orders"]) == len(state.orders) + len(state.decisions)
    assert all(words in said["orders"] for o in state.orders.values() for _, _, words in o.answers)
    assert all(d.answer in said["orders"] for d in state.decisions.values())
    assert said["supplies"].count("退回") == 1
    assert "已发布" in said["alerts"]


def test_the_chain_of_the_incident(leak: Leak) -> None:
    with leak.session() as session:
        found = chains.of(session, replay.film(session, leak.incident, actor=WATCHER).state)
    after = {step: at - AT if at is not None else None for step, at in found.items()}
    assert after == {
        "call": 0, "answer": 12, "ticket": 60, "incident": 90, "dispatch": 170, "acknowledge": 200,
        "en_route": 215, "on_scene": 500, "controlled": 3500, "clear": 5700,
    }  # fmt: skip


# --- who may --------------------------------------------------------------------------------


def test_who_may_not(leak: Leak, engine: Engine, neighbour: Place) -> None:
    with leak.session() as session:
        with pytest.raises(Refused):
            replay.film(session, leak.incident, actor=Actor(1, "x", frozenset({"ticket.view"})))
        with pytest.raises(Refused):
            replay.film(session, leak.incident, actor=UNIT)
        afar = Actor(1, "x", frozenset({"command.view"}), district="990102")
        with pytest.raises(NotFound):
            replay.film(session, leak.incident, actor=afar)
    with (
        db.transaction(engine, neighbour.id) as session,
        pytest.raises(NotFound),
    ):
        replay.film(session, leak.incident, actor=WATCHER)


# --- tampering ------------------------------------------------------------------------------


def tamper(owner: Engine, leak: Leak, words: str) -> None:
    """Do what only the owner of the tables can."""
    with Session(owner) as session, session.begin():
        session.execute(
            text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(leak.tenant.id)}
        )
        assert session.execute(text(words)).rowcount  # type: ignore[attr-defined]


def of(leak: Leak, seq: int) -> str:
    return f"event_id = 'incident-{leak.incident}-{seq}'"


def hers(leak: Leak, words: str) -> Callable[[int], str]:
    return lambda seq: words.format(of=of(leak, seq))


CHANGES = {
    "text": """UPDATE event_log SET event = jsonb_set(event, '{{note}}', '"x"') WHERE {of}""",
    "instant": "UPDATE event_log SET event = jsonb_set(event, '{{at}}', '1795300095') WHERE {of}",
    "column": "UPDATE event_log SET at = at - interval '1 hour' WHERE {of}",
    "seal": "UPDATE event_log SET hash = repeat('0', 64) WHERE {of}",
    "empty field": "UPDATE event_log SET event = event - 'note' WHERE {of}",
    "kind": "UPDATE event_log SET kind = 'LinkUp' WHERE {of}",
}


@pytest.mark.parametrize("how", CHANGES)
def test_a_changed_row_is_found_even_after_it_was_looked_at(
    fresh: Leak, owner: Engine, how: str
) -> None:
    assert faults(fresh) == set()  # kept folded from now on
    tamper(owner, fresh, CHANGES[how].format(of=of(fresh, 20)))
    assert ("changed", 20) in faults(fresh)


def test_a_row_that_was_sealed_anew_breaks_the_chain(fresh: Leak, owner: Engine) -> None:
    """Who changes a row and reckons its seal anew is found by the row behind it."""
    from models.store.chain import _hash

    with Session(owner) as session, session.begin():
        session.execute(
            text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(fresh.tenant.id)}
        )
        event, previous = session.execute(
            text(f"SELECT event, prev_hash FROM event_log WHERE {of(fresh, 20)}")
        ).one()
        event["note"] = "改过"
        session.execute(
            text(
                "UPDATE event_log SET event = jsonb_set(event, '{note}', '\"改过\"'), hash = :hash"
                f" WHERE {of(fresh, 20)}"
            ),
            {"hash": _hash(previous, event)},
        )
    found = {what for what, _ in faults(fresh)}
    assert "link" in found
    assert "changed" not in found


def test_a_deleted_row_is_found_and_the_picture_stops_before_it(fresh: Leak, owner: Engine) -> None:
    whole = look(fresh, AT + 7200)
    assert whole.picture is not None
    tamper(owner, fresh, f"DELETE FROM event_log WHERE {of(fresh, 30)}")
    assert {("gap", 30)} <= faults(fresh)
    assert any(what == "link" for what, _ in faults(fresh))
    seen = look(fresh, AT + 7200)
    assert seen.number == 29
    assert seen.picture is not None
    assert seen.picture.incident.seq == 29


def test_the_last_row_deleted_is_found(fresh: Leak, owner: Engine) -> None:
    with fresh.session() as session:
        last = replay.film(session, fresh.incident, actor=WATCHER).state.seq
    tamper(owner, fresh, "DELETE FROM outbox")
    tamper(owner, fresh, f"DELETE FROM event_log WHERE {of(fresh, last)}")
    assert ("missing", last) in faults(fresh)


def test_two_rows_swapped_are_found(fresh: Leak, owner: Engine) -> None:
    tamper(
        owner, fresh,
        "UPDATE event_log a SET event = b.event FROM event_log b WHERE"
        f" (a.{of(fresh, 20)} AND b.{of(fresh, 21)}) OR (a.{of(fresh, 21)} AND b.{of(fresh, 20)})",
    )  # fmt: skip
    assert {("changed", 20), ("changed", 21)} <= faults(fresh)


def test_an_event_nobody_can_read_stops_the_picture(fresh: Leak, owner: Engine) -> None:
    tamper(
        owner, fresh,
        f"""UPDATE event_log SET event = event || '{{"more": 1}}' WHERE {of(fresh, 25)}""",
    )  # fmt: skip
    assert {("changed", 25), ("unreadable", 25)} <= faults(fresh)
    assert look(fresh, AT + 7200).number == 24


def test_an_event_without_its_instant_is_found(fresh: Leak, owner: Engine) -> None:
    tamper(owner, fresh, f"UPDATE event_log SET event = event - 'at' WHERE {of(fresh, 25)}")
    assert {("changed", 25), ("unreadable", 25)} <= faults(fresh)


def test_two_events_nobody_can_read_are_each_named(fresh: Leak, owner: Engine) -> None:
    for seq in (25, 26):
        tamper(owner, fresh, f"UPDATE event_log SET event = event - 'id' WHERE {of(fresh, seq)}")
    assert {("unreadable", 25), ("unreadable", 26)} <= faults(fresh)


def test_a_row_that_says_something_else_than_its_log(fresh: Leak, owner: Engine) -> None:
    tamper(
        owner, fresh,
        "UPDATE incident SET picture = jsonb_set(picture, '{title}', '\"无事\"')"
        f" WHERE id = {fresh.incident}",
    )  # fmt: skip
    assert [what for what, _ in faults(fresh)] == ["differs"]


def test_a_ticket_whose_log_was_touched_says_so(fresh: Leak, owner: Engine) -> None:
    with fresh.session() as session:
        row = session.get_one(Ticket, fresh.tickets[0])
        moved = f"ticket-{row.id}-2"
    tamper(owner, fresh, f"DELETE FROM event_log WHERE event_id = '{moved}'")
    seen = {ticket.ticket: ticket for ticket in look(fresh, AT + 7200).tickets}
    assert not seen[fresh.tickets[0]].whole
    assert seen[fresh.tickets[1]].whole


def test_events_on_their_way_to_the_log_are_late_not_lost(fresh: Leak) -> None:
    with fresh.session() as session:
        records.remark(session, fresh.incident, said="补记", actor=COORD, now=AT + 9000)
        state = replay.film(session, fresh.incident, actor=WATCHER).state
    assert faults(fresh) == {("late", state.seq)}
    with fresh.session() as session:
        assert seal(session) == 1
    assert faults(fresh) == set()
    seen = look(fresh, AT + 9000)
    assert seen.picture is not None
    assert seen.picture.incident.remarks[2].text == "补记"


def test_the_shelf_keeps_no_more_than_it_may() -> None:
    shelf: replay._Shelf[str] = replay._Shelf(10)
    for number in range(8):
        shelf.put(number, "m", f"v{number}", 4)
    assert [n for n in range(8) if shelf.get(n, "m")] == [6, 7]
    assert shelf.get(7, "other") is None
    shelf.put(9, "m", "large", 100)
    assert shelf.get(9, "m") == "large"
    assert shelf.get(7, "m") is None
