"""预警: a CAP message drafted, changed, approved and so published, refused, updated, cancelled, and run out.

What belongs to an incident moves with it, through its row and its log; what belongs to none is audited. The file is
made once, at the approval, and served as it is for ever; its hash stands in the sealed audit.
"""

import hashlib
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from command import alert_drafts
from command.alert_policy import policy, sender_of
from command.moving import SYSTEM, Held, take, tell, text
from models.clock import Instant, to_datetime
from models.errors import BadInput, NotFound, Refused, WrongStatus
from models.events.incident.course import AlertApproved, AlertDrafted, AlertRefused
from models.rules import cap
from models.rules.cap.draft import Draft, expires_at
from models.rules.cap.message import Message, MsgType
from models.rules.cap.wrong import VALID_MAX_S, Fault
from models.rules.incident.moves import AFTER, MOVES, Verb
from models.store.chain import audit
from models.store.db import tenant_of
from models.tables import Alert, Tenant
from models.tables.alert import ALERT_NUMBERS
from tickets.moving import Actor

BATCH = 100
LATER: tuple[MsgType, ...] = ("Update", "Cancel")


class Hand(NamedTuple):
    """An alert in the hand of a verb: its row, locked, and its incident's, if it has one."""

    row: Alert
    held: Held | None


def draft_alert(
    session: Session, incident_id: int | None, draft: Draft, *, actor: Actor, now: Instant
) -> Alert:
    """Write the draft of a first message; return its row. It may still be incomplete: approval asks for the rest.

    Refused without command.act, NotFound outside the actor's scope, WrongStatus when the incident is over,
    BadInput for what cannot be kept.
    """
    held = _held(session, incident_id, "draft_alert", actor, now)
    return _write(session, held, _checked(replace(draft, msg_type="Alert")), None, actor, now)


def draft_by_itself(session: Session, held: Held) -> None:
    """Draft the warning an incident suggests round its place, where the tenant lets that be; its writer is nobody.

    Where the tenant says so it goes out at once, if it may go out as it is: else it waits for a person like any draft.
    """
    how = policy(session).by_itself
    if how == "no":
        return
    try:
        draft = _checked(alert_drafts.of_state(session, held.state))
    except (
        BadInput
    ):  # a plan's template that no message could carry keeps nobody from reporting an incident
        return
    own = Held(
        held.row, held.state, SYSTEM, held.now
    )  # it is not the word of who pressed something else
    row = _write(session, own, draft, None, SYSTEM, held.now)
    if how == "publish" and not cap.wrong(_message(session, row, draft, held.now)):
        _publish(session, Hand(row, own), "", SYSTEM, held.now)
    held.state = own.state


def succeed_alert(
    session: Session, alert_id: int, msg_type: MsgType, draft: Draft, *, actor: Actor, now: Instant
) -> Alert:
    """Write the draft of an update, or of the cancel, of a published message; return its row.

    WrongStatus when it holds no more (cap `gone`) or has a successor already (cap `asked`).
    """
    if msg_type not in LATER:
        raise BadInput(f"{msg_type} follows nothing", field="msg_type")
    before = _take(session, alert_id, "draft_alert", actor, now)
    if before.row.state != "published" or _over(before.row, now):
        raise WrongStatus(f"alert {alert_id} is {before.row.state}", cap="gone")
    made = replace(draft, msg_type=msg_type, exercise=before.row.exercise)
    return _write(session, before.held, _checked(made), alert_id, actor, now)


def change_draft(
    session: Session, alert_id: int, draft: Draft, *, rev: int, actor: Actor, now: Instant
) -> None:
    """Save a draft anew; what kind of message it is and whether it is an exercise's stay.

    rev : of the draft on the actor's screen: WrongStatus, cap `moved`, when somebody saved or decided meanwhile.
    BadInput when nothing is changed.
    """
    row, held = _take(session, alert_id, "draft_alert", actor, now)
    _is_draft(row, rev)
    old = body_of(row)
    made = _checked(
        replace(draft, msg_type=old.msg_type, exercise=old.exercise, incident=old.incident)
    )
    if made == old:
        raise BadInput("nothing is changed", field="draft")
    row.body, row.headline, row.rev = msgspec.to_builtins(made), made.chinese.headline, row.rev + 1
    row.written_at, row.written_by = to_datetime(now), actor.user_id
    _tell_draft(session, row, held, actor, now)


def approve_alert(
    session: Session, alert_id: int, *, rev: int, note: str = "", actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Publish a draft, as the actor saw it: its file is made now and never again.

    Refused (cap `own`) for who wrote it, unless the tenant allows that; WrongStatus when it was changed or decided
    meanwhile (cap `moved`), its incident is over (cap `over`), or what it follows holds no more (cap `gone`);
    BadInput, with `faults`, for a message that may not go out.
    """
    row, held = _take(session, alert_id, "approve_alert", actor, now)
    _is_draft(row, rev)
    if row.written_by == actor.user_id and not policy(session).self_approve:
        raise Refused(f"{actor.ref} wrote it", cap="own")
    _publish(session, Hand(row, held), note, actor, now)


def _publish(session: Session, hand: Hand, note: str, actor: Actor, now: Instant) -> None:
    row, held = hand
    draft = body_of(row)
    _lawful(draft.msg_type, held)
    made = _message(session, row, draft, now)
    faults = cap.wrong(made)
    if faults:
        raise BadInput(
            f"the message's {', '.join(faults)} cannot be", field=faults[0], faults=faults
        )
    if row.supersedes is not None:
        _end(
            session, row.supersedes, "replaced" if draft.msg_type == "Update" else "cancelled", now
        )
    file = cap.text_of(made)
    row.xml, row.reference, row.state = file.decode(), made.reference, "published"
    row.sent_at, row.expires_at = to_datetime(int(now)), to_datetime(expires_at(draft, now))
    _decided(row, actor, now)
    if held:
        event = AlertApproved(alert=row.number, expires=expires_at(draft, now), **held.facts(note))
        tell(session, held, event)
    _audit(
        session, "approve_alert", row, actor, now, sha256=hashlib.sha256(file).hexdigest(),
        incident=row.incident_id or 0, msg_type=row.msg_type, headline=row.headline,
    )  # fmt: skip


def refuse_alert(
    session: Session, alert_id: int, *, rev: int, note: str, actor: Actor, now: Instant
) -> None:
    """Refuse a draft; why is owed. WrongStatus, cap `moved`, when it was changed or decided meanwhile."""
    row, held = _take(session, alert_id, "approve_alert", actor, now)
    _is_draft(row, rev)
    row.state, row.reason = "refused", text(note, "note")
    _decided(row, actor, now)
    if held:
        tell(session, held, AlertRefused(alert=row.number, **held.facts(row.reason)))
    else:
        _audit(session, "refuse_alert", row, actor, now)


def expire_due(session: Session, *, now: Instant) -> list[int]:
    """Let the messages run out whose time has come; return their numbers. For the timers: any number may run."""
    due = (
        select(Alert.id)
        .where(Alert.state == "published", Alert.expires_at <= to_datetime(now))
        .order_by(Alert.expires_at)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
    )
    numbers = session.scalars(
        update(Alert)
        .where(Alert.id.in_(due.scalar_subquery()), Alert.state == "published")
        .values(state="expired")
        .returning(Alert.number)
        .execution_options(synchronize_session=False)
    ).all()
    for number in sorted(numbers):
        audit(
            session, actor="system:timers", verb="expire_alert", subject=f"alert:{number}", now=now
        )
    return sorted(numbers)


# --- reading --------------------------------------------------------------------------------


def body_of(row: Alert) -> Draft:
    """Return what a message says."""
    return msgspec.convert(row.body, Draft)


def checked_codes(draft: Draft) -> Draft:
    """Return a draft made of what a form sent; BadInput for a code that is none of CAP's."""
    try:
        return msgspec.convert(msgspec.to_builtins(draft), Draft)
    except msgspec.ValidationError as error:
        raise BadInput(str(error), field="code") from error


def preview(session: Session, draft: Draft, *, now: Instant) -> tuple[Message, tuple[Fault, ...]]:
    """Return a draft as the message it would be now, and what is wrong with it; nothing is written."""
    fits = 0 < draft.hours <= VALID_MAX_S / 3600
    made = cap.message(
        draft if fits else replace(draft, hours=0.0),
        sender_of(session),
        identifier="preview",
        sent=now,
    )
    ours = replace(made, msg_type="Alert")  # references come with the row
    return made, cap.wrong(ours)


# --- inside ---------------------------------------------------------------------------------


def _held(
    session: Session, incident_id: int | None, verb: Verb, actor: Actor, now: Instant
) -> Held | None:
    if incident_id is not None:
        return take(session, incident_id, verb, actor=actor, now=now)
    right = MOVES[verb].permission
    if right not in actor.can or actor.unit or actor.district:
        # a warning that belongs to no incident is the city's: not for who has one district
        raise Refused(f"{actor.ref} lacks {right}", permission=right)
    return None


def _take(session: Session, alert_id: int, verb: Verb, actor: Actor, now: Instant) -> Hand:
    """Lock the incident, then the alert: always in this order."""
    found = session.execute(select(Alert.incident_id).where(Alert.id == alert_id)).first()
    if found is None:
        right = MOVES[verb].permission
        if right not in actor.can:
            raise Refused(f"{actor.ref} lacks {right}", permission=right)
        raise NotFound(f"no alert {alert_id}")
    held = _held(session, found.incident_id, verb, actor, now)
    row = session.scalar(
        select(Alert)
        .where(Alert.id == alert_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        raise NotFound(f"no alert {alert_id}")
    return Hand(row, held)


def _write(
    session: Session, held: Held | None, draft: Draft, supersedes: int | None, actor: Actor, now: Instant
) -> Alert:  # fmt: skip
    _lawful(draft.msg_type, held)
    tenant = tenant_of(session)
    number = int(session.scalar(ALERT_NUMBERS) or 0)
    slug = session.scalar(select(Tenant.slug).where(Tenant.id == tenant))
    draft = replace(
        draft,
        incident=held.state.no if held else "",
        exercise=held.state.exercise if held else draft.exercise,
    )
    row = Alert(
        tenant_id=tenant, incident_id=held.row.id if held else None, number=number,
        identifier=f"{slug}-YJ{number}", state="draft", msg_type=draft.msg_type, exercise=draft.exercise,
        headline=draft.chinese.headline, body=msgspec.to_builtins(draft), supersedes=supersedes, rev=1,
        written_at=to_datetime(now), written_by=actor.user_id,
    )  # fmt: skip
    session.add(row)
    try:
        session.flush()
    except IntegrityError as error:
        raise WrongStatus(f"alert {supersedes} has a successor", cap="asked") from error
    _tell_draft(session, row, held, actor, now)
    return row


def _tell_draft(
    session: Session, row: Alert, held: Held | None, actor: Actor, now: Instant
) -> None:
    if held is None:
        _audit(session, "draft_alert", row, actor, now)
        return
    event = AlertDrafted(
        alert=row.number, identifier=row.identifier, headline=row.headline,
        msg_type=msgspec.convert(row.msg_type, MsgType), supersedes=_follows(session, row), **held.facts(),
    )  # fmt: skip
    tell(session, held, event)


def _follows(session: Session, row: Alert) -> int:
    """Return the number of the message another one follows, 0 for none."""
    return session.scalar(select(Alert.number).where(Alert.id == row.supersedes)) or 0


def _lawful(msg_type: MsgType, held: Held | None) -> None:
    """Raise WrongStatus for a warning of an incident that is over: what is out may still be cancelled."""
    if held and msg_type != "Cancel" and held.state.status not in AFTER:
        raise WrongStatus(f"{msg_type} of an incident {held.state.status}", cap="over")


def _is_draft(row: Alert, rev: int) -> None:
    if row.state != "draft" or row.rev != rev:
        raise WrongStatus(f"alert {row.number} is {row.state}, rev {row.rev}", cap="moved")


def _checked(draft: Draft) -> Draft:
    """Return a draft that can be kept; BadInput names hours, or the text that no file could carry."""
    if not 0 < draft.hours <= VALID_MAX_S / 3600:
        raise BadInput("hours", field="hours")
    for field, words in (("chinese", draft.chinese), ("english", draft.english)):
        for said in (words.event, words.headline, words.description, words.instruction):
            _can_be_kept(said, field)
    for area in draft.areas:
        _can_be_kept(area.desc, "areas")
    _can_be_kept(draft.contact + draft.web, "contact")
    return draft


def _can_be_kept(said: str, field: str) -> None:
    if len(said) > 10_000 or "\0" in said or any("\ud800" <= letter <= "\udfff" for letter in said):
        raise BadInput(f"wrong {field}", field=field)


def _over(row: Alert, now: Instant) -> bool:
    return row.expires_at is None or row.expires_at.timestamp() <= now


def _end(session: Session, alert_id: int, state: str, now: Instant) -> None:
    """End the message that another one follows, if it still holds."""
    done = session.scalar(
        update(Alert)
        .where(
            Alert.id == alert_id, Alert.state == "published", Alert.expires_at > to_datetime(now)
        )
        .values(state=state)
        .returning(Alert.id)
    )
    if done is None:
        raise WrongStatus(f"alert {alert_id} holds no more", cap="gone")


def _message(session: Session, row: Alert, draft: Draft, now: Instant) -> Message:
    references: list[str] = []
    before = row.supersedes
    while before is not None:
        found = session.execute(
            select(Alert.reference, Alert.supersedes).where(Alert.id == before)
        ).one()
        references.insert(0, found.reference)
        before = found.supersedes
    return cap.message(
        draft, sender_of(session), identifier=row.identifier, sent=now, references=tuple(references)
    )


def _decided(row: Alert, actor: Actor, now: Instant) -> None:
    row.decided_at, row.decided_by = to_datetime(now), actor.user_id


def _audit(
    session: Session, verb: str, row: Alert, actor: Actor, now: Instant, **more: Any  # noqa: ANN401 - facts
) -> None:  # fmt: skip
    session.flush()
    subject = f"alert:{row.number}"
    audit(session, actor=actor.ref, verb=verb, subject=subject, now=now, rev=row.rev, **more)
