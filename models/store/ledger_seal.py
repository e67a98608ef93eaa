"""Seals of the call ledger (O-08): a keyed hash of every row, so that nobody changes a past call unseen."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.tables import CallLedger

SEALED = (
    "key", "version", "pbx", "call", "visit", "outcome", "caller_masked", "caller_digest", "queue", "arrived_at",
    "entered_at", "answered_at", "ended_at", "counted_at", "seat", "agent_name", "wait", "talk", "held", "ring_outs",
    "transferred", "reason", "gap",
)  # fmt: skip
"""The archiver's columns; what people mark on a missed call is theirs to change, and audited."""


class Hasher(Protocol):
    """What holds the house's hash key."""

    def digest(self, number: str) -> str:
        """Return the keyed hash of a text."""


def seal(row: Mapping[str, Any], hasher: Hasher) -> str:
    """Return the seal of a ledger row."""
    return hasher.digest("\n".join(f"{name}={_plain(row[name])}" for name in SEALED))


def _plain(value: Any) -> str:  # noqa: ANN401 - a column's value
    if isinstance(value, datetime):
        return f"{value.timestamp():.6f}"
    return f"{value:.6f}" if isinstance(value, float) else str(value)


def check(session: Session, hasher: Hasher) -> tuple[list[str], int]:
    """Return which rows of the ledger are not as they were sealed, and how many are older than the seals.

    A row without one that is younger than the first sealed row had its seal taken off.
    """
    first = session.scalar(select(func.min(CallLedger.version)).where(CallLedger.seal != ""))
    faults, older = [], 0
    for row in session.scalars(select(CallLedger).execution_options(yield_per=1000)):
        if not row.seal and (first is None or row.version < first):
            older += 1
        elif row.seal != seal({name: getattr(row, name) for name in SEALED}, hasher):
            faults.append(f"call {row.key}: its row in the ledger was changed")
    return faults, older
