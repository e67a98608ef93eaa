"""A tenant never sees nor writes another's rows; nobody sees any without a tenant; logs cannot be changed."""

import pytest
from conftest import Place
from factories import AT, make_call, make_user, put_calls
from sqlalchemy import Engine, delete, func, select, text, update
from sqlalchemy.exc import DBAPIError, ProgrammingError
from sqlalchemy.orm import Session

from models.errors import NotFound, Unavailable
from models.store import db
from models.store.chain import audit, log_event
from models.tables import Audit, Base, CallLedger, EventLog, User

OWNED = [table for table in Base.metadata.sorted_tables if "tenant_id" in table.c]


@pytest.fixture
def filled(engine: Engine, tenant: Place) -> Place:
    """A tenant with a row in the ledger, in the logs and among the people."""
    with db.transaction(engine, tenant.id) as session:
        put_calls(session, tenant.id, make_call())
        make_user(session, tenant.id)
        audit(session, actor="user:1", verb="test", subject="x", now=AT)
        log_event(session, {"type": "LinkUp", "id": "1", "at": AT})
    return tenant


def test_it_works(engine: Engine, filled: Place) -> None:
    with db.transaction(engine, filled.id) as session:
        assert session.scalar(select(func.count()).select_from(CallLedger)) == 1
        assert session.scalar(select(func.count()).select_from(User)) == 1


def test_a_neighbour_sees_nothing(engine: Engine, filled: Place, neighbour: Place) -> None:
    with db.transaction(engine, neighbour.id) as session:
        for table in OWNED:
            assert session.scalar(select(func.count()).select_from(table)) == 0, table.name


def test_without_a_tenant_nothing_is_seen(engine: Engine, filled: Place) -> None:
    with Session(engine) as session:
        for table in OWNED:
            assert session.scalar(select(func.count()).select_from(table)) == 0, table.name


def test_the_tenant_ends_with_its_transaction(engine: Engine, filled: Place) -> None:
    with engine.connect() as connection:
        with connection.begin():
            connection.execute(text(f"SELECT set_config('hotline.tenant', '{filled.id}', true)"))
            assert connection.scalar(select(func.count()).select_from(CallLedger)) == 1
        assert connection.scalar(select(func.count()).select_from(CallLedger)) == 0


def test_a_row_for_a_neighbour_is_refused(engine: Engine, filled: Place, neighbour: Place) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        db.transaction(engine, neighbour.id) as session,
    ):
        put_calls(session, filled.id, make_call())


def test_a_row_without_a_tenant_is_refused(engine: Engine, filled: Place) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        Session(engine) as session,
        session.begin(),
    ):
        put_calls(session, filled.id, make_call())


def test_a_neighbour_changes_and_deletes_nothing(
    engine: Engine, filled: Place, neighbour: Place
) -> None:
    with db.transaction(engine, neighbour.id) as session:
        changed = session.execute(
            update(CallLedger).values(outcome="quick").returning(CallLedger.key)
        )
        assert changed.all() == []
        gone = session.execute(delete(CallLedger).returning(CallLedger.key))
        assert gone.all() == []
    with db.transaction(engine, filled.id) as session:
        assert session.scalar(select(CallLedger.outcome)) == "answered"


def test_a_row_cannot_be_given_away(engine: Engine, filled: Place, neighbour: Place) -> None:
    with (
        pytest.raises(ProgrammingError, match="row-level security"),
        db.transaction(engine, filled.id) as session,
    ):
        session.execute(update(CallLedger).values(tenant_id=neighbour.id))


@pytest.mark.parametrize("table", [Audit, EventLog])
def test_the_application_cannot_change_a_log(
    engine: Engine, filled: Place, table: type[Audit | EventLog]
) -> None:
    for statement in (update(table).values(hash="x"), delete(table)):
        with (
            pytest.raises(ProgrammingError, match="permission denied"),
            db.transaction(engine, filled.id) as session,
        ):
            session.execute(statement)


def test_the_application_cannot_switch_the_fence_off(engine: Engine, filled: Place) -> None:
    for words in (
        "ALTER TABLE call_ledger DISABLE ROW LEVEL SECURITY",
        "DROP POLICY tenant ON call_ledger",
        "TRUNCATE audit",
        "SET ROLE hotline_owner",
    ):
        with pytest.raises(DBAPIError), db.transaction(engine, filled.id) as session:
            session.execute(text(words))


def test_an_unknown_tenant_is_not_found(engine: Engine) -> None:
    with pytest.raises(NotFound):
        db.tenant_id_of(engine, "nobody")


def test_a_database_that_is_away_is_unavailable() -> None:
    engine = db.engine_for("postgresql://x:y@127.0.0.1:9/none")
    with pytest.raises(Unavailable):
        db.tenant_id_of(engine, "nobody")
    with pytest.raises(Unavailable), db.transaction(engine, 1):
        pass
    engine.dispose()


def test_a_fault_inside_takes_everything_back(engine: Engine, tenant: Place) -> None:
    with pytest.raises(RuntimeError), db.transaction(engine, tenant.id) as session:
        put_calls(session, tenant.id, make_call())
        raise RuntimeError
    with db.transaction(engine, tenant.id) as session:
        assert session.scalar(select(func.count()).select_from(CallLedger)) == 0
