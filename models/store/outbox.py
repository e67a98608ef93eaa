"""The outbox: an event in the transaction of its row; the relay publishes it, at least once."""

from typing import Any

import msgspec
from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.events.envelope import Event
from models.store.db import tenant_of
from models.tables import EventLog, Outbox


def record(session: Session, stream: str, event: Event) -> None:
    """Write `event` to be published on `stream`; it leaves only if the transaction commits."""
    session.add(
        Outbox(
            tenant_id=tenant_of(session), stream=stream, event=msgspec.to_builtins(event),
            created_at=to_datetime(event.at),
        )
    )  # fmt: skip


def claim(session: Session, limit: int = 100) -> list[tuple[int, str, dict[str, Any]]]:
    """Return unsent rows as (id, stream, event), locked until the transaction ends."""
    rows = session.execute(
        select(Outbox.id, Outbox.stream, Outbox.event)
        .where(Outbox.sent_at.is_(None))
        .order_by(Outbox.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [(row.id, row.stream, row.event) for row in rows]


def mark_sent(session: Session, ids: list[int], now: Instant) -> None:
    """Mark rows as published; called after publishing, so a crash publishes again, never less."""
    session.execute(update(Outbox).where(Outbox.id.in_(ids)).values(sent_at=to_datetime(now)))


def forget(session: Session, before: Instant, most: int = 1000) -> int:
    """Delete up to `most` rows that were published before an instant and stand in the event log; return how many.

    A row the log does not have stays: it is the only copy.
    """
    kept = select(EventLog.id).where(
        EventLog.tenant_id == Outbox.tenant_id, EventLog.event_id == Outbox.event["id"].astext
    )
    old = (
        select(Outbox.id)
        .where(Outbox.sent_at < to_datetime(before), kept.exists())
        .order_by(Outbox.id)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    gone = session.scalars(delete(Outbox).where(Outbox.id.in_(old)).returning(Outbox.id))
    return len(gone.all())
