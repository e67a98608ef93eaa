"""Audit and event log are chains: a row changed, taken out or put in shows."""

import msgspec
import pytest
from conftest import Place
from factories import AT
from sqlalchemy import Engine, func, select, text
from sqlalchemy.orm import Session

from models.events.incident import decode
from models.events.incident.course import RemarkMade
from models.store import db
from models.store.chain import audit, log_event, sealed, verify
from models.tables import Audit, EventLog


@pytest.fixture
def logged(engine: Engine, tenant: Place) -> Place:
    """A tenant with three rows in each log."""
    with db.transaction(engine, tenant.id) as session:
        for number in range(3):
            audit(
                session,
                actor="user:1",
                verb="reveal",
                subject=f"号码{number}",
                now=AT + number,
                why="回访",
            )
            event = {"type": "LinkUp", "id": f"e{number}", "at": AT + number / 7, "seq": number}
            assert log_event(session, event)
    return tenant


def faults(engine: Engine, tenant: Place) -> list[str]:
    with db.transaction(engine, tenant.id) as session:
        return verify(session)


def tamper(owner: Engine, tenant: Place, words: str) -> None:
    """Do what only the owner of the tables can."""
    with Session(owner) as session, session.begin():
        session.execute(
            text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(tenant.id)}
        )
        assert session.execute(text(words)).rowcount  # type: ignore[attr-defined]


def test_it_works(engine: Engine, logged: Place) -> None:
    assert faults(engine, logged) == []


def test_an_empty_chain_is_whole(engine: Engine, tenant: Place) -> None:
    assert faults(engine, tenant) == []


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE audit SET actor = 'user:2' WHERE subject = '号码1'",
        "UPDATE audit SET verb = 'look' WHERE subject = '号码0'",
        """UPDATE audit SET detail = jsonb_set(detail, '{why}', '"x"') WHERE subject = '号码2'""",
        "UPDATE audit SET subject = '号码9' WHERE subject = '号码1'",
        "DELETE FROM audit WHERE subject = '号码1'",
        """UPDATE event_log SET event = jsonb_set(event, '{seq}', '7') WHERE event_id = 'e1'""",
        "DELETE FROM event_log WHERE event_id = 'e0'",
    ],
)
def test_tampering_shows(engine: Engine, owner: Engine, logged: Place, words: str) -> None:
    tamper(owner, logged, words)
    assert len(faults(engine, logged)) == 1


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE audit SET at = at - interval '1 day' WHERE subject = '号码1'",
        "UPDATE event_log SET at = at - interval '1 day' WHERE event_id = 'e1'",
        "UPDATE event_log SET kind = 'LinkDown' WHERE event_id = 'e1'",
    ],
)
def test_the_columns_lists_are_sorted_by_are_under_the_seal(
    engine: Engine, owner: Engine, logged: Place, words: str
) -> None:
    tamper(owner, logged, words)
    assert len(faults(engine, logged)) == 1


def test_the_same_event_is_kept_once(engine: Engine, logged: Place) -> None:
    with db.transaction(engine, logged.id) as session:
        assert not log_event(session, {"type": "LinkUp", "id": "e1", "at": AT})
        assert session.scalar(select(func.count()).select_from(EventLog)) == 3
    assert faults(engine, logged) == []


def test_chains_of_tenants_do_not_meet(engine: Engine, logged: Place, neighbour: Place) -> None:
    with db.transaction(engine, neighbour.id) as session:
        audit(session, actor="user:1", verb="sign_in", subject="x", now=AT)
        assert session.scalar(select(Audit.prev_hash)) == ""
    assert faults(engine, logged) == faults(engine, neighbour) == []


def test_two_writers_at_once_make_one_chain(engine: Engine, tenant: Place) -> None:
    with db.transaction(engine, tenant.id) as first:
        audit(first, actor="user:1", verb="a", subject="", now=AT)
        with Session(engine) as probe:
            free = probe.scalar(text("SELECT pg_try_advisory_lock(:a, 1)"), {"a": tenant.id})
            assert free is False
    with db.transaction(engine, tenant.id) as second:
        audit(second, actor="user:2", verb="b", subject="", now=AT)
    assert faults(engine, tenant) == []


# --- rows read as events ------------------------------------------------------------------------


def seals(engine: Engine, tenant: Place, *events: dict[str, object]) -> list[tuple[bool, bool]]:
    """Log events, and return of each row whether it was read, and whether its seal fits."""
    with db.transaction(engine, tenant.id) as session:
        for event in events:
            assert log_event(session, event)
    with db.transaction(engine, tenant.id) as session:
        return [(row.event is not None, row.whole) for row in sealed(session, decode)]


def remark(**more: object) -> dict[str, object]:
    made = RemarkMade(
        id="i-1", at=AT + 0.1, actor="user:1", incident=1, seq=1, remark=1, text="水位\n\"高\"", about=AT,
    )  # fmt: skip
    return {**msgspec.to_builtins(made), **more}


@pytest.mark.parametrize("about", [AT, 0.0, 1e-7, 123456789012345.0, 0.1 + 0.2, -1.0])
def test_a_seal_fits_however_the_number_is_written(
    engine: Engine, tenant: Place, about: float
) -> None:
    assert seals(engine, tenant, remark(about=about)) == [(True, True)]


def test_an_event_sealed_before_its_class_had_a_field_is_whole(
    engine: Engine, tenant: Place
) -> None:
    older = {key: value for key, value in remark().items() if key not in ("note", "by")}
    assert seals(engine, tenant, older) == [(True, True)]


def test_an_event_nobody_can_read_may_be_whole(engine: Engine, tenant: Place) -> None:
    assert seals(engine, tenant, remark(more=1)) == [(False, True)]


@pytest.mark.parametrize(
    "words",
    [
        "UPDATE event_log SET event = event - 'note'",
        """UPDATE event_log SET event = event || '{"seq": 1.0}'""",
        """UPDATE event_log SET event = event || '{"more": ""}'""",
        """UPDATE event_log SET event = event - 'note' || '{"nota": ""}'""",
        "UPDATE event_log SET event = event - 'at'",
        "UPDATE event_log SET at = at + interval '1 microsecond'",
        "UPDATE event_log SET kind = 'LinkUp'",
        "UPDATE event_log SET event_id = 'i-2'",
        "UPDATE event_log SET prev_hash = repeat('0', 64)",
    ],
)
def test_what_was_changed_does_not_fit(
    engine: Engine, owner: Engine, tenant: Place, words: str
) -> None:
    assert seals(engine, tenant, remark()) == [(True, True)]
    tamper(owner, tenant, f"{words} WHERE tenant_id = {tenant.id}")
    assert [whole for _, whole in seals(engine, tenant)] == [False]
