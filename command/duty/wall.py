"""Who is on duty, as the head of a wall names them."""

from typing import Any

from sqlalchemy.orm import Session

from command.duty import roster
from models.clock import Instant

SHOWN = ("chief", "leader")
"""The levels a wall names, in its order: 值班长 / 带班领导."""


def header(session: Session, *, now: Instant) -> list[dict[str, Any]]:
    """Return level, label and names of those a wall names; a level with nobody on duty has no names.

    A tenant without a roster has none of it.
    """
    known = {what.code: what.label for what in roster.levels(session)}
    serving = roster.on_duty(session, now=now)
    return [
        {
            "level": code, "label": known[code],
            "names": [each.name for each in serving if each.level == code],
        }
        for code in SHOWN if code in known
    ]  # fmt: skip
