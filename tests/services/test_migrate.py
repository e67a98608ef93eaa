"""The database is what the tables say, migrating again changes nothing, and every row has a tenant."""

from real_stores import Stores
from sqlalchemy import Engine, text

from models.store import migrate
from models.tables import Base


def test_it_works(owner: Engine) -> None:
    with owner.connect() as connection:
        tables = set(
            connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
        )
    assert tables == {*Base.metadata.tables, "alembic_version"}


def test_migrations_match_the_tables(owner: Engine) -> None:
    with owner.connect() as connection:
        assert migrate.pending(connection) == []


def test_migrating_again_changes_nothing(stores: Stores, owner: Engine) -> None:
    first = migrate.migrate(stores.owner_url, stores.database_url)
    assert migrate.migrate(stores.owner_url, stores.database_url) == first
    with owner.connect() as connection:
        assert migrate.pending(connection) == []


def test_every_table_with_a_tenant_is_under_forced_row_level_security(owner: Engine) -> None:
    with owner.connect() as connection:
        bound = set(
            connection.scalars(
                text(
                    "SELECT c.relname FROM pg_class c JOIN pg_policy p ON p.polrelid = c.oid "
                    "WHERE c.relrowsecurity AND c.relforcerowsecurity"
                )
            )
        )
    assert bound == {name for name, table in Base.metadata.tables.items() if "tenant_id" in table.c}


def test_only_the_tenants_own_table_has_no_tenant() -> None:
    free = {name for name, table in Base.metadata.tables.items() if "tenant_id" not in table.c}
    assert free == {"tenant"}


def test_the_application_owns_nothing_and_is_no_superuser(engine: Engine) -> None:
    with engine.connect() as connection:
        role = connection.execute(
            text(
                "SELECT rolsuper, rolbypassrls, rolcreatedb FROM pg_roles WHERE rolname = current_user"
            )
        ).one()
        owned = connection.scalar(
            text("SELECT count(*) FROM pg_tables WHERE tableowner = current_user")
        )
    assert tuple(role) == (False, False, False)
    assert owned == 0
