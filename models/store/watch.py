"""Alarms as people handle them: history and acknowledgement."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import WrongStatus
from models.events.floor import AlarmAcknowledged
from models.rules.alarms import RULES
from models.store import outbox, streams
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import AlarmLog, Tenant

UNWRITTEN_S = 60
"""The archiver is a second behind the screens, more when it comes back after a fault."""


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
    """Take an alarm on; WrongStatus when it is not there or somebody was first.

    An alarm is on the screens up to a second before the archiver has written its row: who presses that
    early is told to the floor like any other, and the archiver writes the name.
    """
    taken = session.execute(
        update(AlarmLog)
        .where(AlarmLog.key == key, AlarmLog.ack_at.is_(None))
        .values(ack_at=to_datetime(now), ack_by=user_id, ack_name=name)
        .returning(AlarmLog.key)
    ).first()
    if taken is None and not _is_unwritten(session, key, now):
        raise WrongStatus(f"alarm {key} is not open")
    tenant = session.scalar(select(Tenant.slug).where(Tenant.id == tenant_of(session))) or ""
    event = AlarmAcknowledged(
        id=f"ack:{key}", at=now, actor=f"user:{user_id}", pbx="", epoch=0, seq=0,
        alarm=key, name=name,
    )  # fmt: skip
    outbox.record(session, streams.floor_stream(tenant), event)
    audit(session, actor=f"user:{user_id}", verb="acknowledge", subject=key, now=now)


def _is_unwritten(session: Session, key: str, now: Instant) -> bool:
    """Whether the key, rule:subject:second, is of an alarm so new that its row may be still to come."""
    rule, raised = key.partition(":")[0], key.rpartition(":")[2]
    if rule not in {known.name for known in RULES} or not raised.isdecimal():
        return False
    if not 0 <= now - int(raised) <= UNWRITTEN_S:
        return False
    return session.scalar(select(AlarmLog.key).where(AlarmLog.key == key)) is None
