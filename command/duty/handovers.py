"""交接班: the outgoing writes what is open, the incoming signs; once signed, the database lets nobody change it."""

from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from command.duty import roster
from command.duty.acting import VIEW, contact, envelope, mine, owed, require, tell
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.duty import HandoverAmended, HandoverSigned, HandoverWritten
from models.store.db import tenant_of
from models.tables import DutyHandover
from tickets.moving import Actor

MATTERS_MAX = 4000
LATE_S = 4 * 3600.0
"""Who was relieved this long ago may still write the handover."""


def write(
    session: Session, level: str, incoming_id: int, matters: str, *, actor: Actor, now: Instant
) -> DutyHandover:
    """Write what is open for the one who relieves; Refused unless the actor is, or just was, on duty on the level."""
    require(actor, VIEW)
    me, what = mine(session, actor), roster.level(session, level)
    if me is None or not _served(session, level, me.id, now):
        raise Refused(
            f"{actor.ref} is not on duty as {level}", permission="duty.edit", reason="off"
        )
    incoming = contact(session, incoming_id)
    if incoming.id == me.id or not incoming.user_id:
        raise BadInput("who relieves needs a login to sign", field="incoming", reason="no_login")
    row = DutyHandover(
        tenant_id=tenant_of(session), level=level, outgoing_id=me.id, outgoing=me.name,
        incoming_id=incoming.id, incoming=incoming.name,
        matters=owed(matters, "matters", MATTERS_MAX), written_at=to_datetime(now),
        written_by=actor.user_id, version=1,
    )  # fmt: skip
    session.add(row)
    session.flush()
    tell(session, HandoverWritten(**_told(row, what.label, actor, now)))
    return row


def _served(session: Session, level: str, contact_id: int, now: Instant) -> bool:
    lately = roster.serving(session, now - LATE_S, now)
    return any(row.level == level and who.id == contact_id for row, who in lately)


def amend(
    session: Session, handover_id: int, version: int, matters: str, *, actor: Actor, now: Instant
) -> None:
    """Write it anew before it is signed; Refused for anybody but who wrote it."""
    require(actor, VIEW)
    before = one(session, handover_id)
    if before.written_by != actor.user_id:
        raise Refused(f"handover {handover_id} is not {actor.ref}'s", permission="duty.edit")
    matters = owed(matters, "matters", MATTERS_MAX)
    if before.matters == matters:
        return
    row = _moved(session, handover_id, version, matters=matters)
    label = roster.level(session, row.level).label
    tell(session, HandoverAmended(**_told(row, label, actor, now)))


def sign(session: Session, handover_id: int, version: int, *, actor: Actor, now: Instant) -> None:
    """Sign what one has read (`version`): from now on it stands. Refused for anybody but the incoming."""
    require(actor, VIEW)
    me, before = mine(session, actor), one(session, handover_id)
    if me is None or me.id != before.incoming_id:
        raise Refused(f"{before.incoming} signs this handover", permission="duty.edit")
    row = _moved(session, handover_id, version, signed_at=to_datetime(now))
    label = roster.level(session, row.level).label
    tell(session, HandoverSigned(**_told(row, label, actor, now)))


def _moved(session: Session, handover_id: int, version: int, **values: object) -> DutyHandover:
    row = session.scalar(
        update(DutyHandover)
        .where(
            DutyHandover.id == handover_id, DutyHandover.version == version,
            DutyHandover.signed_at.is_(None),
        )
        .values(version=version + 1, **values)
        .returning(DutyHandover)
        .execution_options(populate_existing=True)
    )  # fmt: skip
    if row is None:
        signed = one(session, handover_id).signed_at is not None
        raise WrongStatus(
            f"handover {handover_id} was changed or signed", reason="signed" if signed else "edited"
        )
    return row


def _told(row: DutyHandover, label: str, actor: Actor, now: Instant) -> dict[str, Any]:
    return {
        **envelope(actor, now, f"handover-{row.id}-{row.version}"), "handover": row.id,
        "level": row.level, "label": label, "outgoing": row.outgoing, "incoming": row.incoming,
        "matters": row.matters,
    }  # fmt: skip


def one(session: Session, handover_id: int) -> DutyHandover:
    """Return a handover; NotFound for none."""
    row = session.get(DutyHandover, handover_id, populate_existing=True)
    if row is None:
        raise NotFound(f"no handover {handover_id}")
    return row


def listing(session: Session, *, actor: Actor, limit: int = 20) -> list[DutyHandover]:
    """Return the handovers, those not signed and the newest first."""
    require(actor, VIEW)
    order = (DutyHandover.signed_at.is_(None).desc(), DutyHandover.id.desc())
    return list(session.scalars(select(DutyHandover).order_by(*order).limit(limit)))
