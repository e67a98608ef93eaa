"""The door to PostgreSQL: engines and transactions scoped to one tenant by row-level security."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine, create_engine, select, text
from sqlalchemy.exc import InterfaceError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from models.errors import NotFound, Unavailable
from models.tables import Tenant


def engine_for(url: str, *, pool: int = 4) -> Engine:
    """Return an engine for a `postgresql://` address; it connects on first use.

    A connection is checked before use, so a database that came back is found without a restart. Every
    statement is planned for the values it asks for: a plan made for any values walks a million tickets
    for a word that ten of them hold.
    """
    return create_engine(
        url.replace("postgresql://", "postgresql+psycopg://", 1),
        pool_size=pool,
        max_overflow=pool,
        pool_pre_ping=True,
        hide_parameters=True,  # a logged fault must not carry what citizens said
        pool_timeout=5,
        connect_args={
            "connect_timeout": 3,
            "options": "-c timezone=UTC -c plan_cache_mode=force_custom_plan",
        },
    )


@contextmanager
def transaction(engine: Engine, tenant_id: int) -> Iterator[Session]:
    """Open a transaction that sees and writes only `tenant_id`'s rows; Unavailable when the store is down."""
    try:
        with Session(engine, expire_on_commit=False) as session, session.begin():
            session.execute(
                text("SELECT set_config('hotline.tenant', :t, true)"), {"t": str(tenant_id)}
            )
            session.info["tenant"] = tenant_id
            yield session
    except (OperationalError, InterfaceError) as error:
        raise Unavailable(f"database: {error.orig}") from error


def tenant_of(session: Session) -> int:
    """Return the tenant whose transaction this is, 0 outside one."""
    if "tenant" in session.info:
        return int(session.info["tenant"])
    return int(session.scalar(text("SELECT current_setting('hotline.tenant')")) or 0)


def tenant_id_of(engine: Engine, slug: str) -> int:
    """Return the id of the tenant `slug`; NotFound if there is none."""
    try:
        with Session(engine) as session:
            found = session.scalar(select(Tenant.id).where(Tenant.slug == slug))
    except (OperationalError, InterfaceError, ProgrammingError) as error:
        # a programming error here is a database not migrated yet
        raise Unavailable(f"database: {error.orig}") from error
    if found is None:
        raise NotFound(f"no tenant {slug!r}", slug=slug)
    return found
