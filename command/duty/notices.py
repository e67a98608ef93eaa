"""短信通知 (L-03): one text to chosen people, levels on duty and groups; each delivery says where it stands.

The gateway is another process: a notice waits for it in the outbox as `DutyNoticeSent`, a delivery stays `waiting`
until the gateway itself says otherwise.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from command.duty import roster
from command.duty.acting import EDIT, VIEW, envelope, owed, require, tell
from models.clock import Instant, to_datetime
from models.errors import BadInput
from models.events.duty import DutyNoticeSent
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import DutyContact, DutyDelivery, DutyMember, DutyNotice
from tickets.moving import Actor

TEXT_MAX = 300
WAITING, NO_MOBILE = "waiting", "no_mobile"


class Line(NamedTuple):
    """A notice, and how many deliveries stand where."""

    row: DutyNotice
    states: dict[str, int]


def send(
    session: Session,
    text: str,
    *,
    people: Sequence[int] = (),
    groups: Sequence[int] = (),
    levels: Sequence[str] = (),
    actor: Actor,
    now: Instant,
) -> DutyNotice:
    """Order a text to people, to groups, and to who is on duty now on the levels; each gets it once.

    BadInput when nobody of them has a mobile.
    """
    require(actor, EDIT)
    said = owed(text, "text", TEXT_MAX)
    rows = recipients(session, people=people, groups=groups, levels=levels, now=now)
    reached = [row for row in rows if row.masks]
    if not reached:
        raise BadInput("nobody of them has a mobile", field="people", reason="nobody")
    notice = DutyNotice(
        tenant_id=tenant_of(session), text=said, sent_at=to_datetime(now), sent_by=actor.user_id,
        sent_name=actor.name,
    )  # fmt: skip
    session.add(notice)
    session.flush()
    session.add_all(
        DutyDelivery(
            tenant_id=notice.tenant_id, notice_id=notice.id, contact_id=row.id, name=row.name,
            masked=row.masks[0] if row.masks else "", state=WAITING if row.masks else NO_MOBILE,
            state_at=to_datetime(now),
        )
        for row in rows
    )  # fmt: skip
    session.flush()
    tell(
        session,
        DutyNoticeSent(
            **envelope(actor, now, f"notice-{notice.id}"), notice=notice.id, text=said,
            people=len(reached), without=len(rows) - len(reached),
        ),
    )  # fmt: skip
    audit(
        session, actor=actor.ref, verb="send_notice", subject=f"notice:{notice.id}", now=now,
        people=len(reached),
    )  # fmt: skip
    return notice


def recipients(
    session: Session,
    *,
    people: Iterable[int] = (),
    groups: Sequence[int] = (),
    levels: Sequence[str] = (),
    now: Instant,
) -> list[DutyContact]:
    """Return whom a choice means, each once, by name."""
    wanted = set(people)
    wanted |= set(
        session.scalars(select(DutyMember.contact_id).where(DutyMember.group_id.in_(groups)))
    )
    if levels:
        wanted |= {
            each.contact for each in roster.on_duty(session, now=now) if each.level in levels
        }
    return list(
        session.scalars(
            select(DutyContact)
            .where(DutyContact.id.in_(wanted), DutyContact.active)
            .order_by(DutyContact.name, DutyContact.id)
        )
    )


def listing(session: Session, *, actor: Actor, limit: int = 30) -> list[Line]:
    """Return the notices, the newest first."""
    require(actor, VIEW)
    rows = session.scalars(select(DutyNotice).order_by(DutyNotice.id.desc()).limit(limit)).all()
    found = session.execute(
        select(DutyDelivery.notice_id, DutyDelivery.state, func.count())
        .where(DutyDelivery.notice_id.in_([row.id for row in rows]))
        .group_by(DutyDelivery.notice_id, DutyDelivery.state)
    )
    states: dict[int, dict[str, int]] = {}
    for notice, state, number in found:
        states.setdefault(notice, {})[state] = number
    return [Line(row, states.get(row.id, {})) for row in rows]


def deliveries(session: Session, notice_id: int, *, actor: Actor) -> list[DutyDelivery]:
    """Return where a notice stands with each of its people."""
    require(actor, VIEW)
    rows = select(DutyDelivery).where(DutyDelivery.notice_id == notice_id)
    return list(session.scalars(rows.order_by(DutyDelivery.name)))
