"""滚动通知 (J-01): one line that scrolls on every wall until an end, written at a console and audited."""

import msgspec
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.clock import Instant, to_datetime
from models.errors import BadInput, Refused
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Parameter
from tickets.moving import Actor

PARAMETER = "notice"
PERMISSIONS = frozenset({"alarms.ack", "admin.parameters"})
"""Duty officers and administrators."""
TEXT_MAX = 100
LONGEST_S = 7 * 86_400.0


class Notice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What scrolls until `until`; an empty text is none."""

    text: str = ""
    until: Instant = 0.0
    by: str = ""


def present(session: Session, *, now: Instant) -> Notice:
    """Return what scrolls now; an empty notice when nothing does."""
    value = session.scalar(select(Parameter.value).where(Parameter.name == PARAMETER))
    told = msgspec.convert(value, Notice) if value is not None else Notice()
    return told if told.until > now else Notice()


def write(session: Session, text: str, until: Instant, *, actor: Actor, now: Instant) -> None:
    """Let a line scroll on every wall of the tenant until an end, in place of the one before; an empty one ends it."""
    if PERMISSIONS.isdisjoint(actor.can) or actor.unit:
        raise Refused(f"{actor.ref} may write no notice", permission="alarms.ack")
    said = " ".join(text.split())
    if len(said) > TEXT_MAX or "\0" in said:
        raise BadInput("a notice is too long", field="text")
    if said and not now < until <= now + LONGEST_S:
        raise BadInput("a notice ends within a week", field="until")
    told = msgspec.to_builtins(Notice(said, until if said else 0.0, actor.name))
    row = {"value": told, "set_at": to_datetime(now), "set_by": actor.ref}
    put = insert(Parameter).values(tenant_id=tenant_of(session), name=PARAMETER, **row)
    session.execute(put.on_conflict_do_update(index_elements=["tenant_id", "name"], set_=row))
    audit(
        session, actor=actor.ref, verb="write_notice", subject="wall", now=now, text=said,
        until=until,
    )  # fmt: skip
