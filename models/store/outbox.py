"""The outbox: an event in the transaction of its row; the relay publishes it, at least once."""

from typing import Any

import msgspec
from sqlalchemy import delete, select, text, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.events.envelope import Event
from models.store.db import tenant_of
from models.tables import EventLog, Outbox

FROZEN = "10s"
"""A relay that stands still this long in the middle of its turn loses it, and what it marked, to the next."""
_TURN = 51


def record(session: Session, stream: str, event: Event) -> None:
    """Write `event` to be published on `stream`; it leaves only if the transaction commits."""
    session.add(
        Outbox(
            tenant_id=tenant_of(session), stream=stream, event=msgspec.to_builtins(event),
            created_at=to_datetime(event.at),
        )
    )  # fmt: skip


def claim(session: Session, limit: int = 100) -> list[tuple[int, str, dict[str, Any]]]:
    """Return unsent rows as (id, stream, event), in order; none while another transaction has its turn with them.

    One relay of a tenant publishes at a time: two that shared the rows would publish later ones before earlier ones.
    The turn lasts until the transaction ends.
    """
    turn = text("SELECT pg_try_advisory_xact_lock(:a, :b)")
    if not session.scalar(turn, {"a": tenant_of(session), "b": _TURN}):
        return []
    frozen = text("SELECT set_config('idle_in_transaction_session_timeout', :most, true)")
    session.execute(frozen, {"most": FROZEN})
    rows = session.execute(
        select(Outbox.id, Outbox.stream, Outbox.event)
        .where(Outbox.sent_at.is_(None))
        .order_by(Outbox.id)
        .limit(limit)
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
