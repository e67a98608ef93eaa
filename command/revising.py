"""How a grade, a colour or a level changes: at once by who may approve it, else as a proposal that waits."""

from sqlalchemy.orm import Session

from command.moving import Held, tell
from models.errors import WrongStatus
from models.events.incident.course import Field, Grade, LevelAsked, LevelSet


def change(session: Session, held: Held, field: Field, value: str, reason: str) -> bool:
    """Set a field, or propose it; return True when it holds. WrongStatus, cap `asked`, while another proposal waits."""
    was = getattr(held.state, field)
    if "command.approve" in held.actor.can:
        facts = held.facts(reason)
        tell(session, held, LevelSet(revision=0, field=field, was=was, now=value, **facts))
        return True
    if _waits(held, field):
        raise WrongStatus(f"a proposal for {field} waits", cap="asked")
    facts, number = held.facts(reason), held.state.seq + 1
    tell(session, held, LevelAsked(revision=number, field=field, was=was, now=value, **facts))
    return False


def follow_plan(session: Session, held: Held, level: Grade, reason: str) -> None:
    """Let the response level follow a plan that was started at it: at once if the actor may approve it, else asked."""
    approves = "command.approve" in held.actor.can
    if level != held.state.level and (approves or not _waits(held, "level")):
        change(session, held, "level", level, reason)


def _waits(held: Held, field: Field) -> bool:
    return any(r.field == field and r.state == "asked" for r in held.state.revisions.values())
