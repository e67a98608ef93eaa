"""Grade, warning colour, response level: three fields, each with its revisions and who approved them."""

from typing import get_args

from sqlalchemy.orm import Session

from command.moving import Held, take, tell, text
from command.revising import change
from command.starting import start_by_itself
from gis_data.city.bundle import City
from models.clock import Instant
from models.errors import BadInput, WrongStatus
from models.events.incident.course import (
    Colour,
    Field,
    Grade,
    LevelRefused,
    LevelSet,
)
from models.rules.incident.state import Revision
from tickets.moving import Actor

CHOICES: dict[Field, tuple[str, ...]] = {
    "grade": get_args(Grade),
    "colour": get_args(Colour),
    "level": get_args(Grade),
}


def ask_level(
    session: Session, incident_id: int, field: Field, value: str, *, was: str, reason: str,
    city: City | None = None, actor: Actor, now: Instant,
) -> bool:  # fmt: skip
    """Propose a value; return True when it holds at once, because the actor may approve it himself.

    was : the value on the actor's screen: WrongStatus, cap `moved`, when it is another by now; cap `asked` while
    another proposal for the field waits. BadInput names field, value or reason. A grade that holds may start a plan,
    see `starting`.
    """
    approver = "command.approve" in actor.can
    held = take(
        session, incident_id, "set_level" if approver else "ask_level", actor=actor, now=now
    )
    _check(held, field, value, was)
    holds = change(session, held, field, value, text(reason, "reason"))
    if holds and field == "grade":
        start_by_itself(session, held, city)
    return holds


def approve_level(
    session: Session, incident_id: int, revision: int, *, note: str = "", city: City | None = None,
    actor: Actor, now: Instant,
) -> None:  # fmt: skip
    """Let a proposed value hold; WrongStatus when it was decided already. A grade may start a plan, see `starting`."""
    held = take(session, incident_id, "set_level", actor=actor, now=now)
    asked = _waiting(held, revision)
    was = getattr(held.state, asked.field)
    facts = held.facts(note)
    tell(
        session,
        held,
        LevelSet(revision=revision, field=asked.field, was=was, now=asked.now, **facts),
    )
    if asked.field == "grade":
        start_by_itself(session, held, city)


def refuse_level(
    session: Session, incident_id: int, revision: int, *, note: str, actor: Actor, now: Instant
) -> None:  # fmt: skip
    """Refuse a proposed value; why is owed."""
    held = take(session, incident_id, "set_level", actor=actor, now=now)
    _waiting(held, revision)
    tell(session, held, LevelRefused(revision=revision, **held.facts(text(note, "note"))))


def _check(held: Held, field: Field, value: str, was: str) -> None:
    if field not in CHOICES:
        raise BadInput(f"no field {field!r}", field="field")
    if value not in CHOICES[field] or value == was:
        raise BadInput(f"{field} {value!r}", field="value")
    if getattr(held.state, field) != was:
        raise WrongStatus(f"{field} is not {was!r} any more", cap="moved")


def _waiting(held: Held, revision: int) -> Revision:
    found = held.state.revisions.get(revision)
    if found is None or found.state != "asked":
        raise WrongStatus(f"revision {revision} does not wait", cap="moved")
    return found
