"""Alarms as people handle them: history and acknowledgement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import WrongStatus
from models.events.floor import AlarmAcknowledged
from models.store import outbox, streams
from models.store.chain import audit
from models.tables import AlarmLog, Tenant


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm of the history; instants are seconds since epoch, 0 = not yet."""

    key: str
    rule: str
    subject: str
    value: float
    threshold: float
    raised_at: float
    cleared_at: float
    ack_at: float
    ack_name: str


def alarm_history(
    session: Session, *, start: Instant, end: Instant, limit: int = 200
) -> list[AlarmRow]:
    """Return the alarms raised in [start, end), newest first."""
    rows = session.scalars(
        select(AlarmLog)
        .where(AlarmLog.raised_at >= to_datetime(start), AlarmLog.raised_at < to_datetime(end))
        .order_by(AlarmLog.raised_at.desc())
        .limit(limit)
    )
    return [
        AlarmRow(
            row.key, row.rule, row.subject, row.value, row.threshold, row.raised_at.timestamp(),
            _instant(row.cleared_at), _instant(row.ack_at), row.ack_name,
        )
        for row in rows
    ]  # fmt: skip


def _instant(at: datetime | None) -> float:
    return at.timestamp() if at else 0.0


def acknowledge(session: Session, key: str, *, user_id: int, name: str, now: Instant) -> None:
    """Take an alarm on; WrongStatus when it is not there or somebody was first."""
    taken = session.execute(
        update(AlarmLog)
        .where(AlarmLog.key == key, AlarmLog.ack_at.is_(None))
        .values(ack_at=to_datetime(now), ack_by=user_id, ack_name=name)
        .returning(AlarmLog.tenant_id)
    )
    taken_row = taken.first()
    if taken_row is None:
        raise WrongStatus(f"alarm {key} is not open")
    tenant = session.scalar(select(Tenant.slug).where(Tenant.id == taken_row.tenant_id)) or ""
    event = AlarmAcknowledged(
        id=f"ack:{key}", at=now, actor=f"user:{user_id}", pbx="", epoch=0, seq=0,
        alarm=key, name=name,
    )  # fmt: skip
    outbox.record(session, streams.floor_stream(tenant), event)
    audit(session, actor=f"user:{user_id}", verb="acknowledge", subject=key, now=now)
