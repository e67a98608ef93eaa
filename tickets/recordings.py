"""Recordings of calls: the telephony side says where one lies, and the tickets of that call refer to it.

Either may come first. What is known of a call before its ticket is kept in the sealed event log, which has the
event of a call once.
"""

import msgspec
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import BadInput, Refused, WrongStatus
from models.events.ticket import CallRecorded, RecordingLinked
from models.rules.tickets.moves import CLOCK
from models.store.chain import log_event
from models.store.db import tenant_of
from models.tables import EventLog, Ticket
from tickets.moving import Actor, facts, take, tell

KEY_MAX, REFERENCE_MAX = 200, 500


def link_recording(
    session: Session, call_key: str, reference: str, *, actor: Actor, now: Instant
) -> int:
    """Keep where the recording of a visit of a call lies; return how many tickets it was linked to now.

    Said again it changes nothing. reference : the recorder's own name for it, a file or an id, never a
    caller's number. WrongStatus when another one is known of this call; Refused but to the machinery.
    """
    if CLOCK not in actor.can:
        raise Refused(f"{actor.ref} is not the telephony side", permission=CLOCK)
    for field, value, most in (
        ("call", call_key, KEY_MAX),
        ("recording", reference, REFERENCE_MAX),
    ):
        if not value.strip() or len(value) > most or "\0" in value:
            raise BadInput(f"no {field}", field=field)
    _turn(session, call_key)
    event = CallRecorded(
        id=_id(call_key), at=now, actor=actor.ref, call=call_key, recording=reference
    )
    if known := _known(session, call_key):
        if known != reference:
            raise WrongStatus(f"call {call_key} has another recording", cap="recording")
    else:
        log_event(session, msgspec.to_builtins(event))
    waiting = session.scalars(
        select(Ticket.id).where(Ticket.call_key == call_key, Ticket.recording == "").order_by(Ticket.id)
    ).all()  # fmt: skip
    for ticket in waiting:
        taken = take(session, ticket, "record", actor, recording=reference)
        linked = RecordingLinked(call=call_key, recording=reference, **facts(taken, actor, now))
        tell(session, taken, actor, linked)
    return len(waiting)


def recording_of(session: Session, call_key: str) -> str:
    """Return where the recording of a call lies, empty while nobody has said; hold it until the ticket is in."""
    if not call_key:
        return ""
    _turn(session, call_key)
    return _known(session, call_key)


def _known(session: Session, call_key: str) -> str:
    event = session.scalar(select(EventLog.event).where(EventLog.event_id == _id(call_key)))
    return str(event["recording"]) if event else ""


def _id(call_key: str) -> str:
    return f"recording-{call_key}"


def _turn(session: Session, call_key: str) -> None:
    """One at a time for a call: a ticket that is opened this moment misses no recording that comes with it."""
    session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, :tenant))"),
        {"key": _id(call_key), "tenant": tenant_of(session)},
    )
