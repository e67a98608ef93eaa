"""Writing the archive: ledger rows, seat intervals, alarms and the event log, each at most once."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import to_datetime
from models.events import floor as e
from models.rules.floor.state import Call
from models.store import ledger_seal
from models.store.chain import log_event
from models.store.streams import id_key
from models.tables import AlarmLog, CallerIdentity, CallLedger, SeatInterval

LoggedEvent = e.LinkUp | e.LinkDown | e.AlarmRaised | e.AlarmAcknowledged | e.AlarmCleared


class Interval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A seat's stay in a state; `end` 0 while it lasts."""

    seat: str
    state: str
    reason: str
    start: float
    end: float


class _Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    calls: list[Call]
    intervals: list[Interval]
    events: list[LoggedEvent]


class Change(msgspec.Struct, frozen=True):
    """One ledger entry; `version` is its place in the stream, greater = newer."""

    version: int
    calls: list[Call]
    intervals: list[Interval]
    events: list[LoggedEvent]


_decoder = msgspec.json.Decoder(_Record)


def read_change(entry_id: str, raw: bytes) -> Change:
    """Read a ledger entry; msgspec errors on a foreign shape."""
    record = _decoder.decode(raw)
    ms, n = id_key(entry_id)
    return Change(ms * 10_000 + min(n, 9_999), record.calls, record.intervals, record.events)


def write(
    session: Session,
    tenant_id: int,
    changes: Iterable[Change],
    hasher: ledger_seal.Hasher | None = None,
) -> None:
    """Write changes in the caller's transaction; of several versions of a row only the newest.

    hasher : seals the rows of calls; without one they stay unsealed.
    """
    calls: dict[str, tuple[int, Call]] = {}
    stays: dict[tuple[str, float], tuple[int, Interval]] = {}
    for change in sorted(changes, key=lambda change: change.version):
        for call in change.calls:
            calls[call.key] = (change.version, call)
        for stay in change.intervals:
            stays[stay.seat, stay.start] = (change.version, stay)
        for event in change.events:
            _log(session, tenant_id, event)
    if calls:
        _write_calls(session, tenant_id, list(calls.values()), hasher)
    if stays:
        _write_stays(session, tenant_id, list(stays.values()))


def _write_calls(
    session: Session,
    tenant_id: int,
    calls: list[tuple[int, Call]],
    hasher: ledger_seal.Hasher | None,
) -> None:
    identities = {call.caller.digest: call.caller.sealed for _, call in calls if call.caller.sealed}
    if identities:
        session.execute(
            insert(CallerIdentity).on_conflict_do_nothing(),
            [
                {"tenant_id": tenant_id, "digest": digest, "sealed": sealed}
                for digest, sealed in sorted(identities.items())
            ],
        )
    rows = [_call_row(tenant_id, version, call) for version, call in calls]
    for row in rows:
        row["seal"] = ledger_seal.seal(row, hasher) if hasher else ""
    rows.sort(key=lambda row: str(row["key"]))  # in one order, so that two writers never deadlock
    statement = insert(CallLedger)
    kept = ("tenant_id", "key", "callback_at", "callback_by", "callback_note")
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "key"],
            set_={name: statement.excluded[name] for name in rows[0] if name not in kept},
            where=CallLedger.version < statement.excluded.version,
        ),
        rows,
    )


def _call_row(tenant_id: int, version: int, call: Call) -> dict[str, Any]:
    return {
        "tenant_id": tenant_id, "key": call.key, "version": version, "pbx": call.pbx,
        "call": call.call, "visit": call.visit, "outcome": call.outcome,
        "caller_masked": call.caller.masked, "caller_digest": call.caller.digest,
        "queue": call.queue, "arrived_at": _at(call.arrived), "entered_at": _at(call.entered),
        "answered_at": _at(call.answered), "ended_at": _at(call.ended),
        "counted_at": to_datetime(call.entered or call.arrived or call.ended),
        "seat": call.seat, "agent_name": call.name, "wait": call.wait, "talk": call.talk,
        "held": call.held, "ring_outs": call.ring_outs, "transferred": call.transferred,
        "reason": call.reason, "gap": call.gap, "callback_note": "",
    }  # fmt: skip


def _write_stays(session: Session, tenant_id: int, stays: list[tuple[int, Interval]]) -> None:
    rows = [
        {
            "tenant_id": tenant_id, "seat": stay.seat, "start_at": to_datetime(stay.start),
            "version": version, "state": stay.state, "reason": stay.reason, "end_at": _at(stay.end),
        }
        for version, stay in sorted(stays, key=lambda pair: (pair[1].seat, pair[1].start))
    ]  # fmt: skip
    statement = insert(SeatInterval)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["tenant_id", "seat", "start_at"],
            set_={
                name: statement.excluded[name] for name in ("version", "state", "reason", "end_at")
            },
            where=(SeatInterval.version < statement.excluded.version)
            & (SeatInterval.end_at.is_(None) | statement.excluded.end_at.is_not(None)),
        ),
        rows,
    )


def _at(instant: float) -> datetime | None:
    return to_datetime(instant) if instant else None


def _log(session: Session, tenant_id: int, event: LoggedEvent) -> None:
    if not log_event(session, msgspec.to_builtins(event)):
        return
    match event:
        case e.AlarmRaised():
            session.execute(
                insert(AlarmLog)
                .values(
                    tenant_id=tenant_id, key=event.alarm, rule=event.rule, subject=event.subject,
                    value=event.value, threshold=event.threshold,
                    raised_at=to_datetime(event.at), ack_name="",
                )
                .on_conflict_do_nothing()
            )  # fmt: skip
        case e.AlarmAcknowledged():  # pressed before the row was there, see watch.acknowledge
            session.execute(
                update(AlarmLog)
                .where(AlarmLog.key == event.alarm, AlarmLog.ack_at.is_(None))
                .values(
                    ack_at=to_datetime(event.at), ack_by=int(event.actor.rpartition(":")[2]),
                    ack_name=event.name,
                )
            )  # fmt: skip
        case e.AlarmCleared():
            session.execute(
                update(AlarmLog)
                .where(AlarmLog.key == event.alarm)
                .values(cleared_at=func.coalesce(AlarmLog.cleared_at, to_datetime(event.at)))
            )
        case _:
            pass
