"""复查复核: a citizen contests the outcome; it is upheld, or the matter is handled again."""

from sqlalchemy.orm import Session

from models.clock import Instant
from models.errors import WrongStatus
from models.events import ticket as e
from tickets.again import ANEW, again, from_now
from tickets.moving import Actor, facts, moves, owed, take, tell


def contest(session: Session, ticket_id: int, *, note: str, actor: Actor, now: Instant) -> None:
    """The citizen contests the outcome: the centre owes a finding, by a clock of its own."""
    owed(note, "note")
    taken = take(session, ticket_id, "contest", actor)
    if taken.row.contested:
        raise WrongStatus("a re-examination is open", cap="contest")
    taken.row.contested = True
    tell(session, taken, actor, e.ReexaminationOpened(**facts(taken, actor, now, note)))


def conclude(
    session: Session, ticket_id: int, *, upheld: bool, note: str, actor: Actor, now: Instant
) -> None:
    """End the re-examination with a reasoned finding; an outcome that is not upheld is handled again.

    By the unit that led it, by a new due instant; what was not accepted, or has no active unit, waits for one.
    """
    owed(note, "note")
    taken = take(session, ticket_id, "conclude", actor)
    row, due = taken.row, 0.0
    if not row.contested:
        raise WrongStatus("no re-examination is open", cap="contest")
    row.contested = False
    if not upheld:
        for name, value in ANEW.items():
            setattr(row, name, value)
        row.result, row.merged_into = "", None
        lead = again(session, taken, now=now)
        if lead is not None:
            row.status = moves(session)["reopen"].target or "assigned"
        due = from_now(session, taken, lead, now=now)
    event = e.ReexaminationClosed(upheld=upheld, due=due, **facts(taken, actor, now, note))
    tell(session, taken, actor, event)
