"""Append-only, hash-chained logs: audit and event log, and the check that nobody touched them."""

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import ColumnElement, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.store.db import tenant_of
from models.tables import Audit, EventLog

READ_AT_ONCE = 500
"""Rows made into objects at a time."""
_LOCKS = {Audit: 1, EventLog: 2}
_sorted = msgspec.json.Encoder(order="deterministic")


def audit(
    session: Session, *, actor: str, verb: str, subject: str, now: Instant, **detail: object
) -> None:
    """Write who did or saw what, in the caller's transaction."""
    tenant = _lock(session, Audit)
    previous = session.scalar(select(Audit.hash).order_by(Audit.id.desc()).limit(1)) or ""
    row = {"at": now, "actor": actor, "verb": verb, "subject": subject, "detail": detail}
    session.add(
        Audit(
            tenant_id=tenant, at=to_datetime(now), actor=actor, verb=verb, subject=subject,
            detail={**detail, "_at": now}, prev_hash=previous, hash=_hash(previous, row),
        )
    )  # fmt: skip
    session.flush()


def log_event(session: Session, event: dict[str, Any]) -> bool:
    """Keep one event for replay; False when it is there already (delivered twice)."""
    tenant = _lock(session, EventLog)
    previous = session.scalar(select(EventLog.hash).order_by(EventLog.id.desc()).limit(1)) or ""
    done = session.execute(
        insert(EventLog)
        .values(
            tenant_id=tenant, event_id=event["id"], at=to_datetime(event["at"]),
            kind=event["type"], event=event, prev_hash=previous, hash=_hash(previous, event),
        )
        .on_conflict_do_nothing()
        .returning(EventLog.id)
    )  # fmt: skip
    return done.first() is not None


def verify(session: Session) -> list[str]:
    """Return what is wrong with the tenant's chains; empty when both are whole."""
    faults = []
    previous = ""
    for row in session.scalars(select(Audit).order_by(Audit.id)):
        at = float(row.detail.get("_at", 0))
        detail = {key: value for key, value in row.detail.items() if key != "_at"}
        said = {
            "at": row.detail.get("_at"), "actor": row.actor, "verb": row.verb,
            "subject": row.subject, "detail": detail,
        }  # fmt: skip
        expected = _hash(previous, said) if row.at == to_datetime(at) else "another time"
        faults += _fault("audit", row.id, previous, row, expected)
        previous = row.hash
    previous = ""
    for entry in session.scalars(select(EventLog).order_by(EventLog.id)):
        says = _says(entry.event, entry.event_id, entry.at, entry.kind)
        expected = _hash(previous, entry.event) if says else "another event"
        faults += _fault("event_log", entry.id, previous, entry, expected)
        previous = entry.hash
    return faults


class Sealed(NamedTuple):
    """A row of the event log as it stands: what it says, and whether its own seal fits."""

    id: int
    event: dict[str, Any]
    whole: bool


def sealed(session: Session, *where: ColumnElement[bool]) -> Iterator[Sealed]:
    """Yield the rows of the event log that meet `where`, in their order, each with its seal looked at."""
    rows = session.execute(
        select(
            EventLog.id, EventLog.event_id, EventLog.at, EventLog.kind, EventLog.event,
            EventLog.prev_hash, EventLog.hash,
        )
        .where(*where)
        .order_by(EventLog.id)
    )  # fmt: skip
    for number, event_id, at, kind, event, previous, seal in rows.yield_per(READ_AT_ONCE):
        whole = _says(event, event_id, at, kind) and _fits(event, previous, seal)
        yield Sealed(number, event, whole)


def _says(event: dict[str, Any], event_id: str, at: datetime, kind: str) -> bool:
    """Return whether an event says what the columns beside it say."""
    try:
        told = to_datetime(event["at"]), event["type"], event["id"]
    except (KeyError, TypeError, ValueError, OverflowError):  # no instant, or none there is
        return False
    same: bool = told == (at, kind, event_id)
    return same


def broken_links(session: Session, first: int, last: int) -> list[int]:
    """Return the rows of the event log from `first` to the one after `last` whose predecessor is not what they say."""
    found = session.scalars(
        text(
            "SELECT id FROM (SELECT id, prev_hash, lag(hash, 1, '') OVER (ORDER BY id) AS before FROM event_log"
            " WHERE id >= coalesce((SELECT max(id) FROM event_log WHERE id < :first), :first)"
            " AND id <= coalesce((SELECT min(id) FROM event_log WHERE id > :last), :last)) near"
            " WHERE id >= :first AND prev_hash <> before ORDER BY id"
        ),
        {"first": first, "last": last},
    )
    return [int(number) for number in found]


def _fault(
    table: str, number: int, previous: str, row: Audit | EventLog, expected: str
) -> list[str]:
    if row.prev_hash != previous:
        return [f"{table} {number}: the row before it is missing or was changed"]
    return [] if row.hash == expected else [f"{table} {number}: the row was changed"]


def _lock(session: Session, table: type[Audit | EventLog]) -> int:
    """Take the tenant's turn on the chain until the transaction ends; return the tenant."""
    tenant = tenant_of(session)
    session.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": tenant, "b": _LOCKS[table]})
    return tenant


def _hash(previous: str, row: dict[str, Any]) -> str:
    """Return the seal of what a row says, bound to the one before it."""
    text_ = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(f"{previous}\n{text_}".encode()).hexdigest()


def _fits(event: dict[str, Any], previous: str, seal: str) -> bool:
    """Return whether a seal is the one of an event behind the row whose seal is `previous`.

    msgspec writes the same text in a quarter of the time, but for very large and very small numbers. Where that
    text does not fit, the seal is reckoned as it was made.
    """
    quick = msgspec.json.format(_sorted.encode(event), indent=0)
    told = hashlib.sha256(b"%b\n%b" % (previous.encode(), quick)).hexdigest()
    return told == seal or _hash(previous, event) == seal
