"""Bringing a database up to date: roles, tables, row-level security and rights."""

import logging
from pathlib import Path

import psycopg
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine, make_url, text

from models.tables import Base

log = logging.getLogger(__name__)

APPEND_ONLY = ("audit", "event_log", "drawing_step")


def migrate(owner_url: str, app_url: str) -> str:
    """Create what is missing and return the revision reached.

    `owner_url` belongs to the owner of the tables; `app_url` names the role the product runs as,
    which owns nothing and is no superuser, so that row-level security binds it.
    """
    _prepare(owner_url, app_url)
    engine = create_engine(owner_url.replace("postgresql://", "postgresql+psycopg://", 1))
    with engine.begin() as connection:
        # two `up` at once: the second waits and finds nothing to do
        connection.execute(text("SELECT pg_advisory_xact_lock(12345)"))
        config = _config()
        head = ScriptDirectory.from_config(config).get_current_head() or ""
        if MigrationContext.configure(connection).get_current_revision() != head:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
        _grant(connection, make_url(app_url).username or "")
        _let_text_use_its_index(connection)
    engine.dispose()
    return head


def _let_text_use_its_index(connection: Connection) -> None:
    """Mark PostgreSQL's text match as leakproof: else row-level security keeps it from its index.

    It tells nothing of a row but whether it matches. Only a superuser may say so, and a dump does not
    keep it, so it is said at every migration; where the owner may not, docs/runbook.md says who can.
    """
    may = connection.scalar(text("SELECT usesuper FROM pg_user WHERE usename = current_user"))
    if may:
        connection.execute(text("ALTER FUNCTION ts_match_vq(tsvector, tsquery) LEAKPROOF"))
    elif not connection.scalar(
        text(
            "SELECT proleakproof FROM pg_proc WHERE oid = 'ts_match_vq(tsvector,tsquery)'::regprocedure"
        )
    ):
        log.warning(
            "full text cannot use its index: ts_match_vq is not leakproof, see docs/runbook.md"
        )


def pending(connection: Connection) -> list[object]:
    """Return the differences between the tables here and in the database; empty when they agree."""
    return list(compare_metadata(MigrationContext.configure(connection), Base.metadata))


def new_revision(connection: Connection, message: str) -> None:
    """Write a migration from the differences (for developers)."""
    config = _config()
    config.attributes["connection"] = connection
    command.revision(config, message=message, autogenerate=True)


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    return config


def _prepare(owner_url: str, app_url: str) -> None:
    """Create the application's role and the database where the owner may do so."""
    app, owner = make_url(app_url), make_url(owner_url)
    maintenance = owner.set(drivername="postgresql", database="postgres")
    with psycopg.connect(
        maintenance.render_as_string(hide_password=False), autocommit=True
    ) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_roles WHERE rolname = %s", (app.username,)
        ).fetchone():
            connection.execute(
                sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}").format(
                    sql.Identifier(app.username or ""), sql.Literal(app.password)
                )
            )
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", (owner.database,)
        ).fetchone():
            connection.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(owner.database or ""))
            )


def _grant(connection: Connection, role: str) -> None:
    """Give the application's role what it needs and no more."""
    name = connection.dialect.identifier_preparer.quote(role)
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    for table in Base.metadata.sorted_tables:
        rights = "SELECT, INSERT" if table.name in APPEND_ONLY else "SELECT, INSERT, UPDATE, DELETE"
        connection.execute(text(f"REVOKE ALL ON {table.name} FROM {name}"))
        connection.execute(text(f"GRANT {rights} ON {table.name} TO {name}"))
    connection.execute(text(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {name}"))
