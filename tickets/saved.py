"""Queries a person keeps by name."""

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput
from models.store.db import tenant_of
from models.tables import SavedQuery

MOST = 30


def keep(session: Session, user_id: int, name: str, query: str, *, now: Instant) -> None:
    """Keep an address's query under a name, over an earlier one of that name."""
    name = name.strip()
    if not name or len(name) > 40 or "\0" in name or len(query) > 2000:
        raise BadInput("a saved query needs a short name", field="name")
    count = select(func.count()).select_from(SavedQuery)
    if (session.scalar(count.where(SavedQuery.user_id == user_id)) or 0) >= MOST:
        raise BadInput(f"more than {MOST} saved queries", field="name")
    values = {"query": query, "saved_at": to_datetime(now)}
    session.execute(
        insert(SavedQuery)
        .values(tenant_id=tenant_of(session), user_id=user_id, name=name, **values)
        .on_conflict_do_update(index_elements=["tenant_id", "user_id", "name"], set_=values)
    )


def of(session: Session, user_id: int) -> list[tuple[int, str, str]]:
    """Return a person's saved queries as (id, name, query)."""
    rows = session.execute(
        select(SavedQuery.id, SavedQuery.name, SavedQuery.query)
        .where(SavedQuery.user_id == user_id)
        .order_by(SavedQuery.id)
    )
    return [(row.id, row.name, row.query) for row in rows]


def drop(session: Session, user_id: int, number: int) -> None:
    """Throw one away; harmless when it is not the person's."""
    session.execute(
        delete(SavedQuery).where(SavedQuery.id == number, SavedQuery.user_id == user_id)
    )
