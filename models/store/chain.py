"""Append-only, hash-chained logs: audit and event log, and the check that nobody touched them."""

import hashlib
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from sqlalchemy import ColumnElement, Text, cast, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.events.envelope import Event
from models.store.db import tenant_of
from models.tables import Audit, EventLog

READ_AT_ONCE = 500
"""Rows made into objects at a time."""
_LOCKS = {Audit: 1, EventLog: 2}
_writer = msgspec.json.Encoder(order="sorted")
E = TypeVar("E", bound=Event)


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


class Sealed(NamedTuple, Generic[E]):
    """A row of the event log as it stands: its event, None where nobody can read it, and whether its seal fits."""

    id: int
    event_id: str
    event: E | None
    whole: bool


def sealed(
    session: Session, decode: Callable[[str], E], *where: ColumnElement[bool]
) -> Iterator[Sealed[E]]:
    """Yield the rows of the event log that meet `where`, in their order, each with its seal looked at.

    An event that is written back, its fields sorted, gives the text that was sealed. Where it does not (its class had
    fewer fields then, a number is written in another way, or the row was changed), what is stored is sealed anew as it
    was at first. A text longer or shorter than what is stored says that the row holds something else as well.
    """
    rows = session.execute(
        select(
            EventLog.id, EventLog.event_id, EventLog.at, EventLog.kind, cast(EventLog.event, Text),
            EventLog.prev_hash, EventLog.hash,
        )
        .where(*where)
        .order_by(EventLog.id)
    )  # fmt: skip
    for number, event_id, at, kind, stored, previous, seal in rows.yield_per(READ_AT_ONCE):
        event: E | None
        try:
            event = decode(stored)
        except msgspec.MsgspecError:
            event, whole = None, False
        else:
            written = msgspec.json.format(_writer.encode(event), indent=0)
            whole = (
                _digest(previous, written) == seal
                and len(written) == len(stored.encode())
                and (to_datetime(event.at), type(event).__name__, event.id) == (at, kind, event_id)
            )
        if not whole:
            said = json.loads(stored)
            whole = _says(said, event_id, at, kind) and _hash(previous, said) == seal
        yield Sealed(number, event_id, event, whole)


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
    text_ = json.dumps(row, sort_keys=True, ensure_ascii=False, default=str)
    return _digest(previous, text_.encode())


def _digest(previous: str, written: bytes) -> str:
    return hashlib.sha256(b"%b\n%b" % (previous.encode(), written)).hexdigest()
